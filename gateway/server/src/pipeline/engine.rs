//! Owns the seam to planner and engine: the only place that knows both.

use std::sync::Arc;

use axum::http::HeaderMap;
use tokio::time::Instant;
use weft_engine::policy::{EndpointHealth, Guards};
use weft_engine::{
    ConfigError, Connectors, ErrorDetail, EventStream, PreparedPlan, RequestContext, Subscription, SubscriptionLimits,
    execute, subscribe,
};
use weft_federation::diagnostics::Diagnostic;
use weft_federation::operation::{BoundOperation, OperationError, Variables};
use weft_federation::plan::Planner;
use weft_federation::schema::{Satisfiable, Supergraph};

use super::answer::Answer;
use super::clients::Client;
use super::overrides::{ActiveLabels, Overrides};
use crate::config::{Errors, GatewayConfig};

/// Plans operations on one supergraph, and runs the plans.
pub struct Engine {
    overrides: Overrides,
    connectors: Connectors,
    forwards_headers: bool,
}

impl Engine {
    /// Fails if a subgraph cannot be called as the supergraph says, such as one at an invalid URL.
    pub fn new(
        supergraph: &Supergraph<Satisfiable>,
        config: &GatewayConfig,
        guards: &Guards,
    ) -> Result<Self, Vec<Diagnostic>> {
        let connectors = Connectors::new(supergraph, &config.connectors, guards)
            .map_err(|errors| errors.into_iter().map(invalid_subgraph).collect::<Vec<_>>())?;
        let overrides = Overrides::new(&supergraph.model, Planner::new(supergraph), &config.override_labels);
        let forwards_headers = config.connectors.forward_headers() || supergraph.connectors.forward_headers();
        Ok(Self { overrides, connectors, forwards_headers })
    }

    /// Whether answers can hang on headers of the client's, beside its credential.
    pub fn forwards_headers(&self) -> bool {
        self.forwards_headers
    }

    /// How the endpoints of all subgraphs are now.
    pub fn health(&self) -> Vec<EndpointHealth> {
        self.connectors.health()
    }

    /// Which field is with which subgraph, where that differs from request to request.
    pub fn overrides(&self) -> &Overrides {
        &self.overrides
    }

    /// Plans an operation for one value of its conditions and one set of labels, and prepares the plan's fetches. It is given
    /// up once `is_wanted` says that nobody waits for it.
    pub fn plan(
        &self,
        operation: &BoundOperation,
        condition_bits: u64,
        labels: &ActiveLabels,
        is_wanted: &dyn Fn() -> bool,
    ) -> Result<PreparedPlan, Vec<OperationError>> {
        match self.overrides.planner(labels).plan_while(operation, condition_bits, is_wanted) {
            Ok(plan) => Ok(PreparedPlan::new(plan, operation, &self.connectors)),
            Err(error) => Err(vec![OperationError::new(error.code, error.message)]),
        }
    }

    /// Runs a plan, until `deadline` at most. What goes wrong on the way is in the answer.
    pub async fn execute(
        &self,
        plan: &PreparedPlan,
        operation: &BoundOperation,
        client: &Client,
        variables: &Variables,
        headers: &HeaderMap,
        deadline: Instant,
    ) -> Answer {
        let context = RequestContext { headers, deadline, errors: detail(client.policy.errors) };
        let result = execute(plan, operation, &client.schema, variables, &context).await;
        Answer::executed(result.body, result.error_count)
    }

    /// Starts a subscription. What goes wrong with it is in its events.
    pub fn subscribe(
        &self,
        prepared: Arc<PreparedPlan>,
        operation: Arc<BoundOperation>,
        client: &Client,
        variables: Variables,
        headers: HeaderMap,
    ) -> EventStream {
        let limits = SubscriptionLimits { event_timeout: client.policy.timeout, ..SubscriptionLimits::default() };
        let (errors, client) = (detail(client.policy.errors), Arc::clone(&client.schema));
        subscribe(Subscription { prepared, operation, client, variables, headers, errors, limits })
    }
}

fn detail(errors: Errors) -> ErrorDetail {
    match errors {
        Errors::Full => ErrorDetail::Full,
        Errors::Masked => ErrorDetail::Masked,
    }
}

fn invalid_subgraph(error: ConfigError) -> Diagnostic {
    Diagnostic::error("INVALID_SUBGRAPH", error.message).in_subgraph(error.subgraph)
}
