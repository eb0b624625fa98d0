//! Owns the names of subgraphs and sources in `weft.yaml`, and their comparison with the supergraph.

use weft_federation::diagnostics::{Diagnostic, Span};
use weft_federation::schema::Supergraph;
use weft_federation::suggest::closest;

use super::values::SourceName;
use super::{GatewayConfig, Resolving};
use crate::config::yaml::{self, Located};

const CODE: &str = "UNUSED_CONFIG";

/// A name that the file speaks of, and where.
#[derive(Debug, Clone)]
pub struct Named {
    what: What,
    span: Span,
}

#[derive(Debug, Clone)]
enum What {
    Subgraph(String),
    Source(SourceName),
}

impl Resolving<'_> {
    /// Notes that a section speaks of this subgraph.
    pub fn subgraph(&mut self, name: &Located<String>) {
        let span = yaml::span(self.source, &name.span);
        self.named.push(Named { what: What::Subgraph(name.value.clone()), span });
    }

    /// Notes that a section speaks of this source.
    pub fn source(&mut self, name: &Located<SourceName>) {
        let span = yaml::span(self.source, &name.span);
        self.named.push(Named { what: What::Source(name.value.clone()), span });
    }
}

impl GatewayConfig {
    /// A warning for each name that the supergraph does not have: what is said of it does nothing.
    pub fn unused<State>(&self, supergraph: &Supergraph<State>) -> Vec<Diagnostic> {
        let subgraphs: Vec<&str> = supergraph.model.subgraphs.iter().map(|subgraph| subgraph.name.as_str()).collect();
        let sources: Vec<String> =
            supergraph.connectors.sources.iter().map(|source| format!("{}.{}", source.subgraph, source.name)).collect();
        let sources: Vec<&str> = sources.iter().map(String::as_str).collect();
        self.named.iter().filter_map(|named| named.unused(&subgraphs, &sources)).collect()
    }
}

impl Named {
    fn unused(&self, subgraphs: &[&str], sources: &[&str]) -> Option<Diagnostic> {
        let (kind, name, known) = match &self.what {
            What::Subgraph(name) => ("subgraph", name.clone(), subgraphs),
            What::Source(name) => ("source", format!("{}.{}", name.subgraph, name.source), sources),
        };
        if known.contains(&name.as_str()) {
            return None;
        }
        let message = format!("the supergraph has no {kind} \"{name}\"; what is said of it does nothing");
        let found = Diagnostic::warning(CODE, message).at(self.span.clone(), "");
        Some(match (closest(&name, known.iter().copied()), known) {
            (Some(near), _) => found.help(format!("did you mean `{near}`?")),
            (None, []) => found.help(format!("it has no {kind}s at all")),
            (None, known) => found.help(format!("it has {}", known.join(", "))),
        })
    }
}
