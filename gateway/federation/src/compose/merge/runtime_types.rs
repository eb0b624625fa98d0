//! Owns the rule that whoever resolves a shared field of an abstract type can give the same objects. Only where operations
//! can get to does it matter, which is known when all is merged.

use apollo_compiler::Name;
use apollo_compiler::collections::{HashSet, IndexMap, IndexSet};
use apollo_compiler::schema::ExtendedType;

use super::field::FieldSources;
use super::overriding::Overrides;
use super::{Merge, SubgraphIndex};
use crate::compose::merged::{MergedField, MergedKind, MergedType};
use crate::compose::names::quoted_list;
use crate::diagnostics::Diagnostic;

/// A finding about the fields of a type, if operations get to it.
pub(crate) struct Finding {
    parent: Name,
    diagnostic: Diagnostic,
}

pub(crate) fn check(merge: &mut Merge<'_>, sources: &FieldSources<'_>, overrides: &Overrides) {
    let mut runtime: Vec<(SubgraphIndex, IndexSet<&Name>)> = Vec::new();
    let mut is_abstract = true;
    for source in &sources.defined {
        let subgraph = &merge.subgraphs[source.subgraph];
        let skipped = overrides.is_overridden(source.subgraph)
            || subgraph.facts().is_fully_external(sources.parent, sources.name);
        let returned = source.node.ty.inner_named_type();
        // A value that is only reached elsewhere is not resolved here.
        let reached = subgraph.facts().entered.contains(sources.parent);
        // An interface object stands for implementations that its subgraph does not know.
        if skipped || !reached || subgraph.facts().interface_objects.contains(returned) {
            continue;
        }
        let types: IndexSet<&Name> = match subgraph.schema.types.get_key_value(returned) {
            Some((name, ExtendedType::Object(_))) => {
                is_abstract = false;
                IndexSet::from_iter([name])
            }
            Some((name, ExtendedType::Interface(_) | ExtendedType::Union(_))) => subgraph
                .schema
                .types
                .iter()
                .filter(|(other, ty)| ty.is_object() && subgraph.schema.is_subtype(name, other))
                .map(|(other, _)| other)
                .collect(),
            _ => return,
        };
        // Without any it can only give null.
        if !types.is_empty() {
            runtime.push((source.subgraph, types));
        }
    }
    let Some(((_, first), rest)) = runtime.split_first() else { return };
    let common: IndexSet<&&Name> =
        first.iter().filter(|name| rest.iter().all(|(_, types)| types.contains(*name))).collect();
    if rest.is_empty() || runtime.iter().all(|(_, types)| types.len() == common.len()) {
        return;
    }
    let parts: Vec<String> = runtime
        .iter()
        .map(|(subgraph, types)| {
            let names = quoted_list(types.iter().map(|name| name.as_str()));
            format!("in subgraph \"{}\", possible runtime types are {names}", merge.name(*subgraph))
        })
        .collect();
    let (coordinate, parts) = (sources.coordinate(), parts.join("; "));
    let mut diagnostic = if common.is_empty() {
        let message = format!(
            "Shared field \"{coordinate}\" has a non-intersecting set of possible runtime types across subgraphs: {parts}. A shared field must be resolved to a type that all of them know."
        );
        Diagnostic::error("SHAREABLE_HAS_MISMATCHED_RUNTIME_TYPES", message)
    } else if is_abstract {
        let message = format!(
            "Shared field \"{coordinate}\" has different sets of possible runtime types across subgraphs: {parts}. Make sure that only {} are returned: all subgraphs know them.",
            quoted_list(common.iter().map(|name| name.as_str()))
        );
        Diagnostic::hint("INCONSISTENT_RUNTIME_TYPES_FOR_SHAREABLE_RETURN", message)
    } else {
        return;
    };
    for source in &sources.defined {
        let (subgraph, place) = merge.place(source.subgraph, &source.node.name);
        diagnostic = diagnostic.at(place, format!("in subgraph \"{}\"", merge.name(subgraph)));
    }
    merge.deferred.push(Finding { parent: sources.parent.clone(), diagnostic });
}

/// The findings about what operations can get to.
pub(crate) fn reachable(
    findings: Vec<Finding>,
    types: &IndexMap<Name, MergedType>,
    inaccessible: Option<&String>,
) -> Vec<Diagnostic> {
    let mut seen: HashSet<&str> = HashSet::default();
    let mut next: Vec<&str> = vec!["Query", "Mutation", "Subscription"];
    while let Some(name) = next.pop() {
        let Some((name, ty)) = types.get_key_value(name) else { continue };
        if !seen.insert(name) {
            continue;
        }
        let visible = |field: &&MergedField| field.applied.iter().all(|applied| Some(&applied.name) != inaccessible);
        let fields = ty.fields().into_iter().flat_map(|fields| fields.values()).filter(visible);
        next.extend(fields.map(|field| field.ty.inner_named_type().as_str()));
        match &ty.kind {
            MergedKind::Union { members } => next.extend(members.iter().map(Name::as_str)),
            MergedKind::Interface { .. } => {
                let implementing = types.iter().filter(|(_, ty)| ty.implements().is_some_and(|all| all.contains(name)));
                next.extend(implementing.map(|(name, _)| name.as_str()));
            }
            MergedKind::Scalar
            | MergedKind::Object { .. }
            | MergedKind::Enum { .. }
            | MergedKind::InputObject { .. } => {}
        }
    }
    findings.into_iter().filter(|found| seen.contains(found.parent.as_str())).map(|found| found.diagnostic).collect()
}
