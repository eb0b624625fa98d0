//! Owns `@oneOf`, an addition of weft: the reference does not carry it. A subgraph has it that defines it as GraphQL does, or
//! that links weft's specification, since a protobuf oneof is such an input.

use apollo_compiler::Name;
use apollo_compiler::ast::DirectiveLocation;
use apollo_compiler::schema::ExtendedType;

use super::{Merge, Source};
use crate::compose::merged::{Applied, MergedKind, MergedType};
use crate::compose::names::subgraph_list;
use crate::schema::subgraph::spec;

/// Puts `@oneOf` on an input object type whose subgraphs agree that it is one.
pub(crate) fn merge(merge: &mut Merge<'_>, name: &Name, sources: &[Source<'_, ExtendedType>], merged: &mut MergedType) {
    let says = |source: &&Source<'_, ExtendedType>| source.node.directives().has(spec::ONE_OF);
    let knows = |source: &Source<'_, ExtendedType>| {
        let directives = &merge.subgraphs[source.subgraph].schema.directive_definitions;
        // Any other of that name is the subgraph's own affair.
        directives.get(spec::ONE_OF).is_some_and(|definition| {
            definition.arguments.is_empty() && definition.locations == [DirectiveLocation::InputObject]
        })
    };
    if !sources.iter().filter(says).any(knows) {
        return;
    }
    let without: Vec<usize> = sources.iter().filter(|source| !says(source)).map(|source| source.subgraph).collect();
    if !without.is_empty() {
        let places = sources.iter().map(|source| merge.place(source.subgraph, source.node.name())).collect();
        let without = subgraph_list(without.into_iter().map(|index| merge.name(index)));
        let message = format!(
            "Input object type \"{name}\" is @oneOf in some subgraphs but not in {without}: add it there too, or give the type another name."
        );
        merge.error("ONE_OF_MISMATCH", message, places);
        return;
    }
    let MergedKind::InputObject { fields } = &merged.kind else { return };
    if let Some((field, _)) = fields.iter().find(|(_, field)| field.ty.is_non_null() || field.default.is_some()) {
        let places = sources.iter().map(|source| merge.place(source.subgraph, source.node.name())).collect();
        let message = format!(
            "Input object type \"{name}\" is @oneOf, so that \"{name}.{field}\" can be neither required nor have a default."
        );
        merge.error("INVALID_ONE_OF", message, places);
        return;
    }
    merged.applied.push(Applied::new(spec::ONE_OF));
}
