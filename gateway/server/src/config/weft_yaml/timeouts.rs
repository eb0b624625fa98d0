//! Owns telling which sources have a timeout only because there is a default.

use std::collections::BTreeSet;

use weft_federation::diagnostics::Diagnostic;
use weft_federation::schema::Supergraph;

use super::GatewayConfig;
use super::values::SourceName;

/// Where the file says how long a call may take.
#[derive(Debug, Clone, Default)]
pub struct Timeouts {
    pub for_all: bool,
    pub subgraphs: BTreeSet<String>,
    pub sources: BTreeSet<SourceName>,
}

impl GatewayConfig {
    /// A warning for each source of connectors for which nothing is said.
    pub fn default_timeouts<State>(&self, supergraph: &Supergraph<State>) -> Vec<Diagnostic> {
        let Timeouts { for_all, subgraphs, sources } = &self.timeouts;
        if *for_all {
            return vec![];
        }
        let found = supergraph.connectors.sources.iter().filter_map(|source| {
            let name = SourceName { subgraph: source.subgraph.clone(), source: source.name.clone() };
            if subgraphs.contains(&name.subgraph) || sources.contains(&name) {
                return None;
            }
            let default = self.connectors.of_source(&source.subgraph, &source.name).timeout;
            let name = format!("{}.{}", source.subgraph, source.name);
            let message = format!(
                "nothing says how long a call to the source \"{name}\" may take; the default of {default:?} holds"
            );
            let help = format!("say `timeout` in weft.yaml, in `traffic.sources` for `{name}` or in `traffic.all`");
            Some(Diagnostic::warning("DEFAULT_TIMEOUT", message).in_subgraph(source.subgraph.clone()).help(help))
        });
        found.collect()
    }
}
