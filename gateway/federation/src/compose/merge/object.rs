//! Owns the merge of object types, and what interface objects add to them.

use apollo_compiler::Name;
use apollo_compiler::collections::{IndexMap, IndexSet};
use apollo_compiler::schema::ExtendedType;

use super::field::{self, FieldSources};
use super::{Merge, Source, consistency};
use crate::compose::merged::{Applied, MergedField, MergedKind, MergedType};
use crate::schema::subgraph::field_set::fields_of;

pub(crate) fn merge(merge: &mut Merge<'_>, name: &Name) -> MergedType {
    let sources = merge.sources(name);
    consistency::entity(merge, name, &sources);
    let fields = merge_fields(merge, name, &sources, false);
    let implements = merge.implements.get(name).cloned().unwrap_or_default();
    let mut joins = merge.join_implements(&sources);
    joins.extend(merge.join_types(name, &sources));
    merge.merged_type(name, &sources, joins, MergedKind::Object { implements, fields })
}

/// The fields that any source has, in the order in which the sources bring them.
pub(crate) fn merge_fields<'a>(
    merge: &mut Merge<'a>,
    name: &Name,
    sources: &[Source<'a, ExtendedType>],
    on_interface: bool,
) -> IndexMap<Name, MergedField> {
    let mut all: IndexSet<&Name> = IndexSet::default();
    for source in sources {
        all.extend(fields_of(source.node).into_iter().flat_map(|fields| fields.keys()));
    }
    let mut merged = IndexMap::default();
    for field_name in all {
        let mut field = FieldSources {
            parent: name,
            name: field_name,
            on_interface,
            defined: Vec::new(),
            missing: Vec::new(),
            abstracted: Vec::new(),
        };
        for source in sources {
            match fields_of(source.node).and_then(|fields| fields.get(field_name)) {
                Some(node) => field.defined.push(Source { subgraph: source.subgraph, node: node.node.as_ref() }),
                None => field.missing.push(source.subgraph),
            }
        }
        if !on_interface {
            field.abstracted = abstracted(merge, name, field_name);
        }
        consistency::value_type_field(merge, sources, &field);
        if let Some(found) = field::merge(merge, &field) {
            merged.insert(field_name.clone(), found);
        }
    }
    merged
}

/// The same field of interface objects whose interface the type implements.
fn abstracted<'a>(
    merge: &Merge<'a>,
    name: &Name,
    field: &Name,
) -> Vec<Source<'a, apollo_compiler::ast::FieldDefinition>> {
    let subgraphs = merge.subgraphs;
    let mut found = Vec::new();
    for interface in merge.implements.get(name).into_iter().flatten() {
        for (index, subgraph) in subgraphs.iter().enumerate() {
            if subgraph.facts().interface_objects.contains(interface)
                && let Some(ExtendedType::Object(ty)) = subgraph.schema.types.get(interface)
                && let Some(node) = ty.fields.get(field)
            {
                found.push(Source { subgraph: index, node: node.node.as_ref() });
            }
        }
    }
    found
}

/// What only interface objects resolve, every implementation has: with a `@join__field` that names no subgraph.
pub(crate) fn add_fields_of_interface_objects(merge: &Merge<'_>, types: &mut IndexMap<Name, MergedType>) {
    let mut additions: Vec<(Name, Name, MergedField)> = Vec::new();
    for (interface, ty) in types.iter() {
        let MergedKind::Interface { fields, .. } = &ty.kind else { continue };
        let from_interface_object = |field: &Name| {
            merge.subgraphs.iter().any(|subgraph| {
                subgraph.facts().interface_objects.contains(interface)
                    && subgraph.schema.get_object(interface).is_some_and(|ty| ty.fields.contains_key(field))
            })
        };
        for (name, field) in fields.iter().filter(|(name, _)| from_interface_object(name)) {
            for (implementation, other) in types.iter() {
                let is_implementation =
                    matches!(&other.kind, MergedKind::Object { implements, .. } if implements.contains(interface));
                if is_implementation && other.fields().is_some_and(|fields| !fields.contains_key(name)) {
                    let mut field = field.clone();
                    field.applied.retain(|applied| applied.name != "join__field");
                    field.applied.push(Applied::new("join__field"));
                    additions.push((implementation.clone(), name.clone(), field));
                }
            }
        }
    }
    for (implementation, name, field) in additions {
        if let Some(MergedType { kind: MergedKind::Object { fields, .. }, .. }) = types.get_mut(&implementation) {
            fields.entry(name).or_insert(field);
        }
    }
}

/// A root type without fields is not a root.
pub(crate) fn drop_empty_roots(types: &mut IndexMap<Name, MergedType>) {
    types.retain(|name, ty| {
        let root = matches!(name.as_str(), "Query" | "Mutation" | "Subscription");
        !(root && ty.fields().is_some_and(|fields| fields.is_empty()))
    });
}
