//! Owns the merge of input object types: the fields that every subgraph with the type has.

use apollo_compiler::Name;
use apollo_compiler::ast::InputValueDefinition;
use apollo_compiler::collections::{IndexMap, IndexSet};
use apollo_compiler::schema::ExtendedType;

use super::{Merge, Source, applied, argument, one_of};
use crate::compose::merged::{Applied, MergedKind, MergedType};
use crate::compose::names::subgraph_list;
use crate::schema::subgraph::SpecDirective;

pub(crate) fn merge(merge: &mut Merge<'_>, name: &Name) -> MergedType {
    let sources = merge.sources(name);
    let mut all: IndexSet<Name> = IndexSet::default();
    for source in &sources {
        if let ExtendedType::InputObject(ty) = source.node {
            all.extend(ty.fields.keys().cloned());
        }
    }
    let mut fields = IndexMap::default();
    // Where types that do not go together are why a field is not there, that the type is empty is no news.
    let mut failed = false;
    for field in all {
        let found: Vec<Source<'_, InputValueDefinition>> = sources
            .iter()
            .filter_map(|source| match source.node {
                ExtendedType::InputObject(ty) => {
                    ty.fields.get(&field).map(|node| Source { subgraph: source.subgraph, node: node.node.as_ref() })
                }
                _ => None,
            })
            .collect();
        // What is not in the API need not be known everywhere.
        let inaccessible = SpecDirective::Inaccessible.canonical();
        let is_hidden = found.iter().any(|source| source.node.directives.has(inaccessible));
        let everywhere = found.len() == sources.len();
        if !everywhere && !is_hidden {
            drop_partial(merge, name, &field, &sources, &found);
            continue;
        }
        let coordinate = format!("{name}.{field}");
        let Some((mut merged, same_type)) = argument::merge(merge, &coordinate, &argument::INPUT_FIELD, &found) else {
            failed = true;
            continue;
        };
        if !same_type || !everywhere {
            let joins = found.iter().map(|source| {
                let join = Applied::new("join__field").graph(merge.graph(source.subgraph));
                if same_type { join } else { join.string("type", &source.node.ty.to_string()) }
            });
            let joins: Vec<Applied> = joins.collect();
            merged.applied.splice(0..0, joins);
            applied::sort(merge, &mut merged.applied);
        }
        fields.insert(field, merged);
    }
    if fields.is_empty() && !failed {
        let places = sources.iter().map(|source| merge.place(source.subgraph, source.node.name())).collect();
        merge.error(
            "EMPTY_MERGED_INPUT_TYPE",
            format!("None of the fields of input object type \"{name}\" are consistently defined in all the subgraphs defining that type. As only fields common to all subgraphs are merged, this would result in an empty type."),
            places,
        );
    }
    let joins = merge.join_types(name, &sources);
    let mut merged = merge.merged_type(name, &sources, joins, MergedKind::InputObject { fields });
    one_of::merge(merge, name, &sources, &mut merged);
    merged
}

/// Reports a field that only some subgraphs have, and that is left out.
fn drop_partial(
    merge: &mut Merge<'_>,
    name: &Name,
    field: &Name,
    sources: &[Source<'_, ExtendedType>],
    found: &[Source<'_, InputValueDefinition>],
) {
    let with: Vec<usize> = found.iter().map(|source| source.subgraph).collect();
    let without = subgraph_list(
        sources
            .iter()
            .map(|source| source.subgraph)
            .filter(|index| !with.contains(index))
            .map(|index| merge.name(index)),
    );
    let required: Vec<_> = found.iter().filter(|source| source.node.is_required()).collect();
    if required.is_empty() {
        let with = subgraph_list(with.iter().map(|index| merge.name(*index)));
        merge.hint(
            "INCONSISTENT_INPUT_OBJECT_FIELD",
            format!("Input object field \"{field}\" will not be added to \"{name}\" in the supergraph as it does not appear in all subgraphs: it is defined in {with} but not in {without}"),
        );
        return;
    }
    let required_in = subgraph_list(required.iter().map(|source| merge.name(source.subgraph)));
    let places = required.iter().map(|source| merge.place(source.subgraph, &source.node.name)).collect();
    merge.error(
        "REQUIRED_INPUT_FIELD_MISSING_IN_SOME_SUBGRAPH",
        format!("Input object field \"{name}.{field}\" is required in some subgraphs but does not appear in all subgraphs: it is required in {required_in} but does not appear in {without}"),
        places,
    );
}
