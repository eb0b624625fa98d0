//! Owns the merge of directives for operations: those that every subgraph defines, where all of them allow it.

use apollo_compiler::Name;
use apollo_compiler::ast::{DirectiveDefinition, DirectiveLocation};
use apollo_compiler::collections::IndexSet;

use super::{Merge, Source, argument, description};
use crate::compose::merged::MergedDirective;
use crate::compose::names::subgraph_list;
use crate::schema::is_executable;
use crate::schema::subgraph::SpecDirective;

/// The definitions that the supergraph has, in the order in which they are met.
pub(crate) fn merge(merge: &mut Merge<'_>) -> Vec<MergedDirective> {
    let subgraphs = merge.subgraphs;
    let names: IndexSet<&Name> = subgraphs
        .iter()
        .flat_map(|subgraph| subgraph.schema.directive_definitions.values())
        .filter(|definition| !definition.is_built_in() && SpecDirective::from_canonical(&definition.name).is_none())
        .filter(|definition| definition.locations.iter().any(|location| is_executable(*location)))
        .map(|definition| &definition.name)
        .filter(|name| *name != "link" && !merge.composed.contains_key(name.as_str()))
        .collect();
    let mut merged = Vec::new();
    for name in names {
        let sources: Vec<Source<'_, DirectiveDefinition>> = subgraphs
            .iter()
            .enumerate()
            .filter_map(|(subgraph, found)| {
                let node = found.schema.directive_definitions.get(name)?;
                // Where no operation may use it, it is another matter.
                let executable = node.locations.iter().any(|location| is_executable(*location));
                executable.then_some(Source { subgraph, node: node.as_ref() })
            })
            .collect();
        merged.extend(definition(merge, name, &sources));
    }
    merged
}

fn definition(
    merge: &mut Merge<'_>,
    name: &Name,
    sources: &[Source<'_, DirectiveDefinition>],
) -> Option<MergedDirective> {
    let list = |merge: &Merge<'_>, keep: &dyn Fn(&Source<'_, DirectiveDefinition>) -> bool| {
        subgraph_list(sources.iter().filter(|source| keep(source)).map(|source| merge.name(source.subgraph)))
    };
    if sources.len() < merge.subgraphs.len() {
        let message = format!(
            "Executable directive \"@{name}\" will not be part of the supergraph as it does not appear in all subgraphs: it is defined only in {}",
            list(merge, &|_| true)
        );
        merge.hint("INCONSISTENT_EXECUTABLE_DIRECTIVE_PRESENCE", message);
        return None;
    }
    let executable = |source: &Source<'_, DirectiveDefinition>| -> Vec<DirectiveLocation> {
        source.node.locations.iter().copied().filter(|location| is_executable(*location)).collect()
    };
    let locations: Vec<DirectiveLocation> = executable(&sources[0])
        .into_iter()
        .filter(|location| sources.iter().all(|source| source.node.locations.contains(location)))
        .collect();
    if locations.is_empty() {
        let message = format!(
            "Executable directive \"@{name}\" has no location that is common to all subgraphs: it will not appear in the supergraph"
        );
        merge.hint("NO_EXECUTABLE_DIRECTIVE_INTERSECTION", message);
        return None;
    }
    if sources.iter().any(|source| executable(source).len() != locations.len()) {
        let names: Vec<&str> = locations.iter().map(|location| location.name()).collect();
        let message = format!(
            "Executable directive \"@{name}\" has inconsistent locations across subgraphs and will use what is common to all: {}",
            names.join(", ")
        );
        merge.hint("INCONSISTENT_EXECUTABLE_DIRECTIVE_LOCATIONS", message);
    }
    let repeatable = sources.iter().all(|source| source.node.repeatable);
    if !repeatable && sources.iter().any(|source| source.node.repeatable) {
        let message = format!(
            "Executable directive \"@{name}\" will not be marked repeatable in the supergraph: it is repeatable only in {}",
            list(merge, &|source| source.node.repeatable)
        );
        merge.hint("INCONSISTENT_EXECUTABLE_DIRECTIVE_REPEATABLE", message);
    }
    let coordinate = format!("@{name}");
    let descriptions: Vec<_> =
        sources.iter().map(|source| source.node.description.as_ref().map(|text| text.as_str())).collect();
    let description = description::merge(merge, &coordinate, descriptions.into_iter());
    let lists: Vec<_> = sources.iter().map(|source| (source.subgraph, source.node.arguments.as_slice())).collect();
    let arguments = argument::merge_all(merge, &coordinate, &lists);
    Some(MergedDirective { name: name.to_string(), description, arguments, repeatable, locations })
}
