//! Owns the directives that travel in `@join__directive`, word for word and with the subgraphs that have them: those of
//! connectors, and `@cacheTag`.

use apollo_compiler::Node;
use apollo_compiler::ast::{Directive, Value};

use super::applied::{Application, same_arguments};
use super::{Merge, SubgraphIndex};
use crate::compose::merged::Applied;
use crate::schema::subgraph::{SpecDirective, spec};

/// What a supergraph calls a directive that travels so; `None` for the others.
fn name(directive: &Directive) -> Option<&'static str> {
    match SpecDirective::from_canonical(&directive.name)? {
        directive @ (SpecDirective::Connect | SpecDirective::Source) => Some(directive.name()),
        // Under its full name, whatever the files call it.
        directive @ SpecDirective::CacheTag => Some(directive.canonical()),
        _ => None,
    }
}

/// `@join__directive`s for those of the applications that travel so; `@cacheTag`s that say the same become one.
pub(crate) fn merge(merge: &Merge<'_>, applications: &[Application<'_>]) -> Vec<Applied> {
    let mut groups: Vec<(&'static str, Vec<SubgraphIndex>, &Directive)> = Vec::new();
    for (subgraph, directive) in applications {
        let Some(name) = name(directive) else { continue };
        let alike = |(other, _, found): &&mut (&'static str, Vec<SubgraphIndex>, &Directive)| {
            let is_cache_tag = name == SpecDirective::CacheTag.canonical();
            is_cache_tag && *other == name && same_arguments(found, directive)
        };
        match groups.iter_mut().find(alike) {
            Some((_, subgraphs, _)) => subgraphs.push(*subgraph),
            None => groups.push((name, vec![*subgraph], directive)),
        }
    }
    groups.into_iter().map(|(name, subgraphs, directive)| join(merge, &subgraphs, name, directive)).collect()
}

/// What stands on the supergraph's schema: each subgraph's links to connector specifications, and its sources.
pub(crate) fn on_schema(merge: &Merge<'_>) -> Vec<Applied> {
    let mut all = Vec::new();
    for (index, subgraph) in merge.subgraphs.iter().enumerate() {
        let links = subgraph
            .links
            .0
            .iter()
            .filter(|link| link.identity == spec::CONNECT || link.identity == spec::WEFT_CONNECT);
        all.extend(links.map(|link| join(merge, &[index], "link", &link.directive)));
        let source = SpecDirective::Source;
        let sources = subgraph.schema_directives.iter().filter(|directive| directive.name == source.canonical());
        all.extend(sources.map(|directive| join(merge, &[index], source.name(), directive)));
    }
    all
}

fn join(merge: &Merge<'_>, subgraphs: &[SubgraphIndex], name: &str, directive: &Directive) -> Applied {
    let graphs = subgraphs.iter().map(|subgraph| Node::new(Value::Enum(merge.graph(*subgraph).clone())));
    let arguments =
        directive.arguments.iter().map(|argument| (argument.name.clone(), argument.value.clone())).collect();
    Applied::new("join__directive")
        .with("graphs", Value::List(graphs.collect()))
        .string("name", name)
        .with("args", Value::Object(arguments))
}
