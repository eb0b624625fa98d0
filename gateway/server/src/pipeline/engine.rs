//! Owns the seam to planner and engine: the only place that knows both.

use axum::http::HeaderMap;
use weft_federation::diagnostics::Diagnostic;
use weft_federation::operation::{BoundOperation, OperationError, Variables};
use weft_federation::plan::{Planner, QueryPlan};
use weft_federation::schema::{Satisfiable, Supergraph};

use super::answer::Answer;

/// Plans operations on one supergraph, and runs the plans.
pub struct Engine {
    planner: Planner,
}

/// What the cache of plans holds.
pub struct Plan {
    plan: QueryPlan,
}

impl Engine {
    pub fn new(supergraph: &Supergraph<Satisfiable>) -> Result<Self, Vec<Diagnostic>> {
        Ok(Self { planner: Planner::new(supergraph) })
    }

    /// Plans an operation for one value of its conditions, and prepares the plan's fetches.
    pub fn plan(&self, operation: &BoundOperation, condition_bits: u64) -> Result<Plan, Vec<OperationError>> {
        let plan = self.planner.plan(operation, condition_bits);
        let plan = plan.map_err(|error| vec![OperationError::new(error.code, error.message)])?;
        Ok(Plan { plan })
    }

    /// Runs a plan. What goes wrong on the way is in the answer.
    pub async fn execute(
        &self,
        plan: &Plan,
        _operation: &BoundOperation,
        _variables: &Variables,
        _headers: &HeaderMap,
    ) -> Answer {
        let message = format!("This build cannot run the {} fetches of the plan yet.", plan.plan.fetches.len());
        Answer::refused(&[OperationError::new("INTERNAL_SERVER_ERROR", message)])
    }
}
