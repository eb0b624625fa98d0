//! Owns which timeouts `weft.yaml` says, and which sources are left to the default.

use std::collections::BTreeSet;

use weft_federation::compose::Definitions;
use weft_federation::connect::Source;
use weft_federation::diagnostics::Diagnostic;
use weft_federation::schema::Supergraph;

use super::GatewayConfig;
use crate::config::values::SourceName;

const CODE: &str = "SOURCE_WITHOUT_TIMEOUT";

/// Where a `timeout` is written.
#[derive(Debug, Clone, Default)]
pub struct Timeouts {
    pub all: bool,
    pub subgraphs: BTreeSet<String>,
    pub sources: BTreeSet<SourceName>,
}

impl Timeouts {
    fn say(&self, source: &Source) -> bool {
        let name = SourceName { subgraph: source.subgraph.clone(), source: source.name.clone() };
        self.all || self.subgraphs.contains(&source.subgraph) || self.sources.contains(&name)
    }
}

impl GatewayConfig {
    /// A warning for each source that takes the timeout that nobody has chosen.
    pub fn without_timeout<State>(&self, supergraph: &Supergraph<State>, definitions: &Definitions) -> Vec<Diagnostic> {
        let unsaid = supergraph.connectors.sources.iter().filter(|source| !self.timeouts.say(source));
        let found = unsaid.map(|Source { name, subgraph, .. }| {
            let default = self.connectors.of_source(subgraph, name).timeout;
            let message = format!("nothing says how long a call to `{subgraph}.{name}` may take; {default:?}, the default, holds");
            let help = format!(
                "say it in weft.yaml: `traffic: {{ sources: {{ {subgraph}.{name}: {{ timeout: 2s }} }} }}`, or for all in `traffic.all`"
            );
            Diagnostic::warning(CODE, message).in_subgraph(subgraph).at(definitions.source(subgraph, name), "").help(help)
        });
        found.collect()
    }
}
