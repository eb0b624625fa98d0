//! Owns the check that an `@external` declaration agrees with the field as it is merged.

use apollo_compiler::ast::FieldDefinition;

use super::directive::Origin;
use super::type_reference::is_subtype;
use super::{Merge, Source};
use crate::compose::merged::MergedField;
use crate::compose::names::subgraph_list;
use crate::compose::values;
use crate::schema::subgraph::SpecDirective;

/// What the supergraph says of a field must be said where the field is resolved.
pub(crate) fn check_directives(merge: &mut Merge<'_>, coordinate: &str, external: &[Source<'_, FieldDefinition>]) {
    for source in external {
        for directive in source.node.directives.iter() {
            let merged = match merge.composed.get(directive.name.as_str()) {
                Some(composed) => {
                    matches!(composed.origin, Origin::Spec(directive) if directive != SpecDirective::CacheTag)
                }
                None => directive.name == "deprecated",
            };
            if !merged {
                continue;
            }
            let name =
                SpecDirective::from_canonical(&directive.name).map_or(directive.name.as_str(), |spec| spec.name());
            let message = format!("Cannot apply merged directive @{name} to external field \"{coordinate}\"");
            let subgraph = &merge.subgraphs[source.subgraph];
            merge.diagnostics.push(
                subgraph
                    .error("MERGED_DIRECTIVE_APPLICATION_ON_EXTERNAL", message, directive.location())
                    .help(format!("apply @{name} in the subgraph that resolves the field")),
            );
        }
    }
}

/// Reports what disagrees; returns whether all the declarations have the merged type.
pub(crate) fn check(
    merge: &mut Merge<'_>,
    coordinate: &str,
    merged: &MergedField,
    external: &[Source<'_, FieldDefinition>],
) -> bool {
    let mut same = true;
    for source in external {
        let place = || source.node.name.clone();
        let subgraph = merge.name(source.subgraph).to_owned();
        if source.node.ty != merged.ty {
            same = false;
            if !is_subtype(merge, &merged.ty, &source.node.ty) {
                let message = format!(
                    "Type of field \"{coordinate}\" is incompatible across subgraphs (where marked @external): it has type \"{}\" but type \"{}\" in subgraph \"{subgraph}\"",
                    merged.ty, source.node.ty
                );
                let places = vec![merge.place(source.subgraph, &place())];
                merge.error("EXTERNAL_TYPE_MISMATCH", message, places);
            }
        }
        for (name, argument) in &merged.arguments {
            let places = vec![merge.place(source.subgraph, &place())];
            let Some(own) = source.node.argument_by_name(name) else {
                let message = format!(
                    "Field \"{coordinate}\" is missing argument \"{name}\" in {} where it is marked @external",
                    subgraph_list([subgraph.as_str()])
                );
                merge.error("EXTERNAL_ARGUMENT_MISSING", message, places);
                continue;
            };
            if *own.ty != argument.ty && !is_subtype(merge, &own.ty, &argument.ty) {
                let message = format!(
                    "Type of argument \"{coordinate}({name}:)\" is incompatible across subgraphs (where \"{coordinate}\" is marked @external): it has type \"{}\" but type \"{}\" in subgraph \"{subgraph}\"",
                    argument.ty, own.ty
                );
                merge.error("EXTERNAL_ARGUMENT_TYPE_MISMATCH", message, places);
            } else if !match (&own.default_value, &argument.default) {
                (Some(own), Some(merged)) => values::same(own, merged),
                (None, None) => true,
                (Some(_), None) | (None, Some(_)) => false,
            } {
                let message = format!(
                    "Argument \"{coordinate}({name}:)\" has incompatible defaults across subgraphs (where \"{coordinate}\" is marked @external): subgraph \"{subgraph}\" has another"
                );
                merge.error("EXTERNAL_ARGUMENT_DEFAULT_MISMATCH", message, places);
            }
        }
    }
    same
}
