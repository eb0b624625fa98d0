//! Owns what can only be checked when all types are merged: that there are queries, and that types have the fields of
//! the interfaces that they implement somewhere.

use apollo_compiler::Name;
use apollo_compiler::collections::{IndexMap, IndexSet};
use apollo_compiler::schema::ExtendedType;

use super::type_reference::is_subtype;
use super::{Merge, Source, authorization};
use crate::compose::merged::{MergedKind, MergedType};
use crate::compose::names::{quoted_list, subgraph_list};
use crate::schema::subgraph::facts::interfaces_of;
use crate::schema::subgraph::field_set::fields_of;

pub(crate) fn check(merge: &mut Merge<'_>, types: &IndexMap<Name, MergedType>) {
    extensions_without_base(merge);
    interface_keys(merge, types);
    // What failed to merge would only be reported again as missing.
    if merge.diagnostics.iter().any(|diagnostic| diagnostic.is_error()) {
        return;
    }
    if !types.contains_key("Query") {
        merge.error(
            "NO_QUERIES",
            "No queries found in any subgraph: a supergraph must have a query root type.",
            Vec::new(),
        );
    }
    interface_fields(merge, types);
    if merge.diagnostics.iter().all(|diagnostic| !diagnostic.is_error()) {
        interface_types(merge, types);
    }
    authorization::check_requires(merge, types);
}

/// A type that is extended must be defined somewhere. Federation 1 subgraphs were asked before their upgrade.
fn extensions_without_base(merge: &mut Merge<'_>) {
    let names: IndexSet<&Name> =
        merge.subgraphs.iter().flat_map(|subgraph| subgraph.types().map(|(name, _)| name)).collect();
    for name in names.into_iter().filter(|name| !matches!(name.as_str(), "Query" | "Mutation" | "Subscription")) {
        let sources = merge.sources(name);
        let extends = |source: &&Source<'_, ExtendedType>| merge.subgraphs[source.subgraph].extended.contains(name);
        let baseless: Vec<_> = sources
            .iter()
            .filter(|source| {
                let alike = |other: &&Source<'_, ExtendedType>| {
                    std::mem::discriminant(other.node) == std::mem::discriminant(source.node)
                };
                sources.iter().filter(alike).all(|other| extends(&other))
            })
            .collect();
        for source in baseless {
            let subgraph = &merge.subgraphs[source.subgraph];
            let message = format!(
                "Type \"{name}\" is an extension type, but there is no type definition for \"{name}\" in any subgraph."
            );
            merge.diagnostics.push(subgraph.error("EXTENSION_WITH_NO_BASE", message, source.node.name().location()));
        }
    }
}

fn interface_fields(merge: &mut Merge<'_>, types: &IndexMap<Name, MergedType>) {
    for (name, ty) in types {
        let MergedKind::Object { implements, fields } = &ty.kind else { continue };
        for interface in implements {
            let Some(interface_fields) = types.get(interface).and_then(MergedType::fields) else { continue };
            for field in interface_fields.keys().filter(|field| !fields.contains_key(*field)) {
                let sources = merge.sources(interface);
                let declaring = sources
                    .iter()
                    .filter(|source| fields_of(source.node).is_some_and(|fields| fields.contains_key(field)));
                let declaring = subgraph_list(declaring.map(|source| merge.name(source.subgraph)));
                let implementing: Vec<&str> = merge
                    .sources(name)
                    .iter()
                    .filter(|source| interfaces_of(source.node).any(|found| found == interface))
                    .map(|source| merge.name(source.subgraph))
                    .collect();
                let message = format!(
                    "Interface field \"{interface}.{field}\" is declared in {declaring} but type \"{name}\", which implements \"{interface}\" only in {} does not have field \"{field}\".",
                    subgraph_list(implementing)
                );
                merge.error("INTERFACE_FIELD_NO_IMPLEM", message, Vec::new());
            }
        }
    }
}

/// The types of merged fields must still go with those of the interfaces that they implement.
fn interface_types(merge: &mut Merge<'_>, types: &IndexMap<Name, MergedType>) {
    for (name, ty) in types {
        let (Some(interfaces), Some(fields)) = (ty.implements(), ty.fields()) else { continue };
        for interface in interfaces {
            for (field, declared) in types.get(interface).and_then(MergedType::fields).into_iter().flatten() {
                let Some(own) = fields.get(field) else { continue };
                if !is_subtype(merge, &declared.ty, &own.ty) {
                    let message = format!(
                        "Interface field {interface}.{field} expects type {} but {name}.{field} of type {} is not a proper subtype.",
                        declared.ty, own.ty
                    );
                    merge.error("INVALID_GRAPHQL", message, Vec::new());
                }
            }
        }
    }
}

/// A subgraph that can look an interface up must know all its implementations; one with an interface object, none.
fn interface_keys(merge: &mut Merge<'_>, types: &IndexMap<Name, MergedType>) {
    for (interface, ty) in types {
        if !matches!(ty.kind, MergedKind::Interface { .. }) {
            continue;
        }
        let implementations: Vec<&Name> = types
            .iter()
            .filter(
                |(_, ty)| matches!(&ty.kind, MergedKind::Object { implements, .. } if implements.contains(interface)),
            )
            .map(|(name, _)| name)
            .collect();
        for source in merge.sources(interface) {
            let subgraph = &merge.subgraphs[source.subgraph];
            let defines = |name: &&&Name| subgraph.schema.types.contains_key(**name);
            if subgraph.facts().interface_objects.contains(interface) {
                let defined: Vec<&str> = implementations.iter().filter(defines).map(|name| name.as_str()).collect();
                if !defined.is_empty() {
                    let message = format!(
                        "[{0}] Interface type \"{interface}\" is defined as an @interfaceObject in subgraph \"{0}\" so that subgraph should not define any of the implementation types of \"{interface}\", but it defines type{1} {2}",
                        subgraph.name,
                        if defined.len() == 1 { "" } else { "s" },
                        quoted_list(defined)
                    );
                    merge.error("INTERFACE_OBJECT_USAGE_ERROR", message, Vec::new());
                }
                continue;
            }
            let Some(key) =
                subgraph.facts().keys.get(interface).and_then(|keys| keys.iter().find(|key| key.resolvable))
            else {
                continue;
            };
            let missing: Vec<&str> = implementations
                .iter()
                .filter(|name| {
                    !subgraph
                        .schema
                        .types
                        .get(**name)
                        .is_some_and(|ty| interfaces_of(ty).any(|found| found == interface))
                })
                .map(|name| name.as_str())
                .collect();
            if !missing.is_empty() {
                let message = format!(
                    "[{0}] Interface type \"{interface}\" has a resolvable key (@key(fields: \"{1}\")) in subgraph \"{0}\" but that subgraph is missing some of the supergraph implementation types of \"{interface}\". Subgraph \"{0}\" should define {2} (and have {3} implement \"{interface}\").",
                    subgraph.name,
                    key.text,
                    quoted_list(missing.iter().copied()),
                    if missing.len() == 1 { "it" } else { "them" },
                );
                merge.error("INTERFACE_KEY_MISSING_IMPLEMENTATION_TYPE", message, Vec::new());
            }
        }
    }
}
