//! Owns the names of subgraphs, sources and policies in `weft.yaml`, and their comparison with the supergraph.

use std::ops::Range;

use weft_federation::connect::Source;
use weft_federation::diagnostics::{Diagnostic, Span};
use weft_federation::schema::Supergraph;
use weft_federation::suggest::closest;

use super::authorization::policies_of;
use super::{GatewayConfig, Resolving};
use crate::config::values::SourceName;
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
    /// The address of this subgraph.
    Url(String),
    Policy(String),
}

impl Resolving<'_> {
    /// Notes that a section speaks of this subgraph.
    pub fn subgraph(&mut self, name: &Located<String>) {
        let span = yaml::span(self.source, &name.span);
        self.named.push(Named { what: What::Subgraph(name.value.clone()), span });
    }

    /// Notes that this subgraph is given an address.
    pub fn subgraph_url(&mut self, name: &Located<String>, place: &Range<usize>) {
        let span = yaml::span(self.source, place);
        self.named.push(Named { what: What::Url(name.value.clone()), span });
    }

    /// Notes that this policy is defined.
    pub fn policy(&mut self, name: &Located<String>) {
        let span = yaml::span(self.source, &name.span);
        self.named.push(Named { what: What::Policy(name.value.clone()), span });
    }

    /// Notes that a section speaks of this source.
    pub fn source(&mut self, name: &Located<SourceName>) {
        let span = yaml::span(self.source, &name.span);
        self.named.push(Named { what: What::Source(name.value.clone()), span });
    }
}

impl GatewayConfig {
    /// A warning for each name that the supergraph does not have: what is said of it does nothing. And one for an address that
    /// several sources take from their subgraph, since hardly two services are at one address.
    pub fn unused<State>(&self, supergraph: &Supergraph<State>) -> Vec<Diagnostic> {
        let subgraphs: Vec<&str> = supergraph.model.subgraphs.iter().map(|subgraph| subgraph.name.as_str()).collect();
        let name = |source: &Source| format!("{}.{}", source.subgraph, source.name);
        let sources: Vec<String> = supergraph.connectors.sources.iter().map(name).collect();
        let sources: Vec<&str> = sources.iter().map(String::as_str).collect();
        let policies = policies_of(supergraph.model.needs());
        let found = self.named.iter().filter_map(|Named { what, span }| {
            let found = match what {
                What::Subgraph(name) => unused("subgraph", name, &subgraphs),
                What::Source(name) => unused("source", &format!("{}.{}", name.subgraph, name.source), &sources),
                What::Policy(name) => unused("field that asks for the policy", name, &policies),
                What::Url(subgraph) => self.shared_url(subgraph, &supergraph.connectors.sources),
            };
            found.map(|found| found.at(span.clone(), ""))
        });
        found.collect()
    }

    fn shared_url(&self, subgraph: &str, sources: &[Source]) -> Option<Diagnostic> {
        let url = &self.connectors.of(subgraph).url;
        let takes_it = |source: &&Source| {
            source.subgraph == subgraph && self.connectors.of_source(subgraph, &source.name).url == *url
        };
        let names: Vec<&str> = sources.iter().filter(takes_it).map(|source| source.name.as_str()).collect();
        let (first, _) = names.split_first().filter(|(_, others)| !others.is_empty())?;
        let message = format!("all of the sources {} are called at this address", names.join(", "));
        let help = format!("say the `url` of each in `traffic.sources`, such as `{subgraph}.{first}`");
        Some(Diagnostic::warning("SHARED_URL", message).help(help))
    }
}

fn unused(kind: &str, name: &str, known: &[&str]) -> Option<Diagnostic> {
    if known.contains(&name) {
        return None;
    }
    let message = format!("the supergraph has no {kind} \"{name}\"; what is said of it does nothing");
    let found = Diagnostic::warning(CODE, message);
    Some(match (closest(name, known.iter().copied()), known) {
        (Some(near), _) => found.help(format!("did you mean `{near}`?")),
        (None, []) => found.help(format!("it has no {kind}s at all")),
        (None, known) => found.help(format!("it has {}", known.join(", "))),
    })
}
