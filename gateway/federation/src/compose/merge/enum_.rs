//! Owns the merge of enum types, which depends on how the merged schema uses them: what clients send must be known to
//! every subgraph (intersection), what subgraphs send must be known to clients (union), and both together leave no freedom.

use apollo_compiler::Name;
use apollo_compiler::collections::{IndexMap, IndexSet};
use apollo_compiler::schema::ExtendedType;

use super::{ByName, Merge, Source, applied, description};
use crate::compose::merged::{Applied, MergedDirective, MergedEnumValue, MergedKind, MergedType};
use crate::compose::names::subgraph_list;
use crate::schema::subgraph::SpecDirective;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    pub input: bool,
    pub output: bool,
}

/// Where each type is used: in the merged types, in the arguments of the directives that are carried, and in all input
/// fields of all subgraphs, whether they are merged or not.
pub(crate) fn usage(
    merge: &Merge<'_>,
    types: &IndexMap<Name, MergedType>,
    directives: &[MergedDirective],
) -> ByName<Usage> {
    let mut usage: ByName<Usage> = ByName::default();
    for argument in directives.iter().flat_map(|directive| directive.arguments.values()) {
        usage.entry(argument.ty.inner_named_type().clone()).or_default().input = true;
    }
    for (_, ty) in merge.subgraphs.iter().flat_map(|subgraph| subgraph.types()) {
        if let ExtendedType::InputObject(ty) = ty {
            for field in ty.fields.values() {
                usage.entry(field.ty.inner_named_type().clone()).or_default().input = true;
            }
        }
    }
    for ty in types.values() {
        for field in ty.fields().into_iter().flat_map(|fields| fields.values()) {
            usage.entry(field.ty.inner_named_type().clone()).or_default().output = true;
            for argument in field.arguments.values() {
                usage.entry(argument.ty.inner_named_type().clone()).or_default().input = true;
            }
        }
    }
    usage
}

pub(crate) fn merge(merge: &mut Merge<'_>, name: &Name, usage: Usage) -> MergedType {
    let sources = merge.sources(name);
    let mut all: IndexSet<Name> = IndexSet::default();
    for source in &sources {
        if let ExtendedType::Enum(ty) = source.node {
            all.extend(ty.values.keys().cloned());
        }
    }
    if usage == Usage::default() {
        merge.hint(
            "UNUSED_ENUM_TYPE",
            format!("Enum type \"{name}\" is defined but unused. It will be included in the supergraph with all the values appearing in any subgraph (\"as if\" it was only used as an output type)."),
        );
    }
    let mut values = IndexMap::default();
    for value in all {
        let found: Vec<_> = sources
            .iter()
            .filter_map(|source| match source.node {
                ExtendedType::Enum(ty) => {
                    ty.values.get(&value).map(|node| Source { subgraph: source.subgraph, node: node.node.as_ref() })
                }
                _ => None,
            })
            .collect();
        let everywhere = found.len() == sources.len();
        if !everywhere && !keep_partial(merge, name, &value, usage, &sources, &found) {
            continue;
        }
        let coordinate = format!("{name}.{value}");
        let mut joins: Vec<Applied> =
            found.iter().map(|source| Applied::new("join__enumValue").graph(merge.graph(source.subgraph))).collect();
        let descriptions: Vec<_> =
            found.iter().map(|source| source.node.description.as_ref().map(|text| text.as_str())).collect();
        let description = description::merge(merge, &coordinate, descriptions.into_iter());
        let directives: Vec<_> =
            found.iter().map(|source| Source { subgraph: source.subgraph, node: &source.node.directives }).collect();
        joins.extend(applied::merge_nodes(merge, &coordinate, &directives));
        applied::sort(merge, &mut joins);
        values.insert(value, MergedEnumValue { description, applied: joins });
    }
    if values.is_empty() {
        let places = sources.iter().map(|source| merge.place(source.subgraph, source.node.name())).collect();
        merge.error(
            "EMPTY_MERGED_ENUM_TYPE",
            format!("None of the values of enum type \"{name}\" are defined consistently in all the subgraphs defining that type. As only values common to all subgraphs are merged, this would result in an empty type."),
            places,
        );
    }
    let joins = merge.join_types(name, &sources);
    merge.merged_type(name, &sources, joins, MergedKind::Enum { values })
}

/// Whether a value that only some subgraphs have stays.
fn keep_partial(
    merge: &mut Merge<'_>,
    name: &Name,
    value: &Name,
    usage: Usage,
    sources: &[Source<'_, ExtendedType>],
    found: &[Source<'_, apollo_compiler::ast::EnumValueDefinition>],
) -> bool {
    let has = |subgraph: usize| found.iter().any(|source| source.subgraph == subgraph);
    let (with, without): (Vec<usize>, Vec<usize>) =
        sources.iter().map(|source| source.subgraph).partition(|subgraph| has(*subgraph));
    let names = |merge: &Merge<'_>, list: &[usize]| subgraph_list(list.iter().map(|subgraph| merge.name(*subgraph)));
    match usage {
        Usage { input: true, output: true } => {
            // Nobody can send or receive a value that is not in the API.
            let inaccessible = SpecDirective::Inaccessible.canonical();
            if !found.iter().any(|source| source.node.directives.has(inaccessible)) {
                let message = format!(
                    "Enum type \"{name}\" is used as both input type and output type, but value \"{value}\" is not defined in all the subgraphs defining \"{name}\": \"{value}\" is defined in {} but not in {}",
                    names(merge, &with),
                    names(merge, &without)
                );
                let places = found.iter().map(|source| merge.place(source.subgraph, &source.node.value)).collect();
                merge.error("ENUM_VALUE_MISMATCH", message, places);
            }
            true
        }
        Usage { input: true, output: false } => {
            let message = format!(
                "Value \"{value}\" of enum type \"{name}\" will not be part of the supergraph as it is not defined in all the subgraphs defining \"{name}\": \"{value}\" is defined in {} but not in {}",
                names(merge, &with),
                names(merge, &without)
            );
            merge.hint("INCONSISTENT_ENUM_VALUE_FOR_INPUT_ENUM", message);
            false
        }
        Usage { input: false, .. } => {
            let message = format!(
                "Value \"{value}\" of enum type \"{name}\" has been added to the supergraph but is only defined in a subset of the subgraphs defining \"{name}\": {}",
                names(merge, &with)
            );
            merge.hint("INCONSISTENT_ENUM_VALUE_FOR_OUTPUT_ENUM", message);
            true
        }
    }
}
