//! Owns the hints about types that subgraphs do not see alike: entities that some take for value types, and value types
//! with other fields elsewhere.

use apollo_compiler::Name;
use apollo_compiler::schema::ExtendedType;

use super::field::FieldSources;
use super::{Merge, Source, SubgraphIndex};
use crate::compose::names::subgraph_list;
use crate::schema::subgraph::field_set::fields_of;

/// Whether a source has the type as an entity.
fn has_key(merge: &Merge<'_>, name: &Name, source: &Source<'_, ExtendedType>) -> bool {
    merge.subgraphs[source.subgraph].facts().keys.contains_key(name)
}

/// An object type with a key in only some subgraphs.
pub(crate) fn entity(merge: &mut Merge<'_>, name: &Name, sources: &[Source<'_, ExtendedType>]) {
    let (with, without): (Vec<_>, Vec<_>) = sources.iter().partition(|source| has_key(merge, name, source));
    if with.is_empty() || without.is_empty() {
        return;
    }
    let names = |list: Vec<&Source<'_, ExtendedType>>| {
        subgraph_list(list.into_iter().map(|source| merge.name(source.subgraph)))
    };
    let message = format!(
        "Type \"{name}\" is declared as an entity (has a @key applied) in some but not all defining subgraphs: it has no @key in {} but has some @key in {}.",
        names(without),
        names(with)
    );
    merge.hint("INCONSISTENT_ENTITY", message);
}

/// A field of a value type that only some of the subgraphs with the type have.
pub(crate) fn value_type_field(merge: &mut Merge<'_>, sources: &[Source<'_, ExtendedType>], field: &FieldSources<'_>) {
    let is_root = matches!(field.parent.as_str(), "Query" | "Mutation" | "Subscription");
    // Where all that is declared is external, the subgraph only refers to the type.
    let resolves = |subgraph: &&SubgraphIndex| {
        let fields = merge.subgraphs[**subgraph].schema.types.get(field.parent).and_then(fields_of);
        let facts = merge.subgraphs[**subgraph].facts();
        fields.into_iter().flatten().any(|(name, _)| !facts.is_external(field.parent, name))
    };
    let missing: Vec<SubgraphIndex> = field.missing.iter().filter(resolves).copied().collect();
    if is_root || missing.is_empty() || sources.iter().any(|source| has_key(merge, field.parent, source)) {
        return;
    }
    let (code, kind) = if field.on_interface {
        ("INCONSISTENT_INTERFACE_VALUE_TYPE_FIELD", "interface type")
    } else {
        ("INCONSISTENT_OBJECT_VALUE_TYPE_FIELD", "non-entity object type")
    };
    let message = format!(
        "Field \"{}\" of {kind} \"{}\" is defined in some but not all subgraphs that define \"{1}\": it is defined in {} but not in {}.",
        field.coordinate(),
        field.parent,
        subgraph_list(field.defined.iter().map(|source| merge.name(source.subgraph))),
        subgraph_list(missing.iter().map(|subgraph| merge.name(*subgraph))),
    );
    merge.hint(code, message);
}
