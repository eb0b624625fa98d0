//! Owns the merge of directives for operations: those that every subgraph defines, where all of them allow it.

use apollo_compiler::Name;
use apollo_compiler::ast::{DirectiveDefinition, DirectiveLocation, InputValueDefinition};
use apollo_compiler::collections::IndexSet;

use super::{Merge, Source, argument};
use crate::compose::values;
use crate::schema::subgraph::SpecDirective;

/// The definitions, by name, as their texts.
pub(crate) fn merge(merge: &mut Merge<'_>) -> Vec<(String, String)> {
    let subgraphs = merge.subgraphs;
    let names: IndexSet<&Name> = subgraphs
        .iter()
        .flat_map(|subgraph| subgraph.schema.directive_definitions.values())
        .filter(|definition| !definition.is_built_in() && SpecDirective::from_canonical(&definition.name).is_none())
        .map(|definition| &definition.name)
        .filter(|name| *name != "link")
        .collect();
    let mut merged = Vec::new();
    for name in names {
        let sources: Vec<Source<'_, DirectiveDefinition>> = subgraphs
            .iter()
            .enumerate()
            .filter_map(|(subgraph, found)| {
                let node = found.schema.directive_definitions.get(name)?;
                Some(Source { subgraph, node: node.as_ref() })
            })
            .collect();
        if sources.len() < subgraphs.len() || merge.composed.contains_key(name.as_str()) {
            continue;
        }
        let locations: Vec<DirectiveLocation> = sources[0]
            .node
            .locations
            .iter()
            .copied()
            .filter(|location| is_executable(*location))
            .filter(|location| sources.iter().all(|source| source.node.locations.contains(location)))
            .collect();
        if !locations.is_empty() {
            merged.push((name.to_string(), definition(merge, name, &sources, &locations)));
        }
    }
    merged
}

fn definition(
    merge: &mut Merge<'_>,
    name: &Name,
    sources: &[Source<'_, DirectiveDefinition>],
    locations: &[DirectiveLocation],
) -> String {
    let names: IndexSet<&Name> =
        sources.iter().flat_map(|source| source.node.arguments.iter().map(|argument| &argument.name)).collect();
    let mut arguments = Vec::new();
    for argument_name in names {
        let found: Vec<Source<'_, InputValueDefinition>> = sources
            .iter()
            .filter_map(|source| {
                let node = source.node.argument_by_name(argument_name)?;
                Some(Source { subgraph: source.subgraph, node: node.as_ref() })
            })
            .collect();
        if found.len() < sources.len() {
            continue;
        }
        let coordinate = format!("@{name}({argument_name}:)");
        if let Some((argument, _)) = argument::merge(merge, &coordinate, &argument::ARGUMENT, &found) {
            let default =
                argument.default.map_or_else(String::new, |value| format!(" = {}", values::to_string(&value)));
            arguments.push(format!("{argument_name}: {}{default}", argument.ty));
        }
    }
    let arguments = if arguments.is_empty() { String::new() } else { format!("({})", arguments.join(", ")) };
    let repeatable = if sources.iter().all(|source| source.node.repeatable) { " repeatable" } else { "" };
    let locations: Vec<&str> = locations.iter().map(|location| location.name()).collect();
    format!("directive @{name}{arguments}{repeatable} on {}", locations.join(" | "))
}

fn is_executable(location: DirectiveLocation) -> bool {
    use DirectiveLocation as L;
    match location {
        L::Query
        | L::Mutation
        | L::Subscription
        | L::Field
        | L::FragmentDefinition
        | L::FragmentSpread
        | L::InlineFragment
        | L::VariableDefinition => true,
        L::Schema
        | L::Scalar
        | L::Object
        | L::FieldDefinition
        | L::ArgumentDefinition
        | L::Interface
        | L::Union
        | L::Enum
        | L::EnumValue
        | L::InputObject
        | L::InputFieldDefinition => false,
    }
}
