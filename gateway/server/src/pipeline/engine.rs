//! Owns the seam to planner and engine: the only place that knows both.

use std::time::Duration;

use axum::http::HeaderMap;
use tokio::time::Instant;
use weft_engine::{Connectors, ConnectorsConfig, PreparedPlan, RequestContext, execute};
use weft_federation::diagnostics::Diagnostic;
use weft_federation::operation::{BoundOperation, OperationError, Variables};
use weft_federation::plan::Planner;
use weft_federation::schema::{Satisfiable, Supergraph};
use weft_federation::view::ClientSchema;

use super::answer::Answer;

/// The longest that a whole request may take. What is not there by then is null.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// Plans operations on one supergraph, and runs the plans.
pub struct Engine {
    planner: Planner,
    connectors: Connectors,
}

impl Engine {
    pub fn new(supergraph: &Supergraph<Satisfiable>) -> Result<Self, Vec<Diagnostic>> {
        let connectors = Connectors::new(supergraph, &ConnectorsConfig::default()).map_err(|errors| {
            let found = errors.into_iter();
            found
                .map(|error| Diagnostic::error("INVALID_SUBGRAPH", error.message).in_subgraph(error.subgraph))
                .collect::<Vec<_>>()
        })?;
        Ok(Self { planner: Planner::new(supergraph), connectors })
    }

    /// Plans an operation for one value of its conditions, and prepares the plan's fetches.
    pub fn plan(&self, operation: &BoundOperation, condition_bits: u64) -> Result<PreparedPlan, Vec<OperationError>> {
        let plan = self.planner.plan(operation, condition_bits);
        let plan = plan.map_err(|error| vec![OperationError::new(error.code, error.message)])?;
        Ok(PreparedPlan::new(plan, operation, &self.connectors))
    }

    /// Runs a plan. What goes wrong on the way is in the answer.
    pub async fn execute(
        &self,
        plan: &PreparedPlan,
        operation: &BoundOperation,
        client: &ClientSchema,
        variables: &Variables,
        headers: &HeaderMap,
    ) -> Answer {
        let context = RequestContext { headers, deadline: Instant::now() + REQUEST_TIMEOUT };
        let result = execute(plan, operation, client, variables, &context).await;
        Answer::executed(result.body)
    }
}
