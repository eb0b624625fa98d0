//! Owns why an operation could not be planned.

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanError {
    /// One of the gateway's `extensions.code`.
    pub code: &'static str,
    pub message: String,
}

impl PlanError {
    /// The operation is beyond what the planner will look at.
    pub(super) fn too_complex(what: String) -> Self {
        Self { code: "COST_ESTIMATED_TOO_EXPENSIVE", message: format!("The operation is too complex to plan: {what}.") }
    }

    /// The supergraph lets nobody answer the operation: it was loaded with a known lack.
    pub(super) fn unreachable(what: String) -> Self {
        Self { code: "INTERNAL_SERVER_ERROR", message: format!("No subgraph can be asked for {what}.") }
    }

    /// The gateway answers for its schema at the root of an operation alone.
    pub(super) fn introspection_below(key: &str) -> Self {
        let message = format!("The schema can be asked for at the operation's root only, and \"{key}\" is below it.");
        Self { code: "GRAPHQL_VALIDATION_FAILED", message }
    }

    /// Nobody waits for the plan, so nobody is told this either.
    pub(super) fn unwanted() -> Self {
        let message = "Planning was given up, since nobody waits for the plan any more.";
        Self { code: "GATEWAY_TIMEOUT", message: message.to_owned() }
    }

    pub(super) fn internal(what: String) -> Self {
        Self { code: "INTERNAL_SERVER_ERROR", message: format!("The operation could not be planned: {what}.") }
    }
}

impl std::fmt::Display for PlanError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for PlanError {}
