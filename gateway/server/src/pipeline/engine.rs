//! Owns the seam to planner and engine: the only place that knows both.

use std::sync::Arc;

use axum::http::HeaderMap;
use weft_federation::diagnostics::Diagnostic;
use weft_federation::operation::{BoundOperation, OperationError, Variables};
use weft_federation::schema::{Satisfiable, Supergraph};

use super::answer::Answer;

pub struct Engine {
    supergraph: Supergraph<Satisfiable>,
}

/// What the cache of plans holds.
pub struct Plan {}

impl Engine {
    pub fn new(supergraph: Supergraph<Satisfiable>) -> Result<Self, Vec<Diagnostic>> {
        Ok(Self { supergraph })
    }

    pub fn plan(&self, _operation: &BoundOperation, _condition_bits: u64) -> Result<Plan, Vec<OperationError>> {
        let _ = &self.supergraph;
        Err(vec![OperationError::new("INTERNAL_SERVER_ERROR", "This build has no planner yet.")])
    }

    pub async fn execute(
        &self,
        _plan: &Arc<Plan>,
        _operation: &BoundOperation,
        _variables: &Variables,
        _headers: &HeaderMap,
    ) -> Answer {
        Answer::refused(&[])
    }
}
