//! Owns the rule that a field is resolved by one subgraph, unless all that resolve it say that it is shareable.

use apollo_compiler::Name;
use apollo_compiler::collections::IndexSet;
use apollo_compiler::schema::ExtendedType;

use super::field::FieldSources;
use super::overriding::Overrides;
use super::{Merge, SubgraphIndex};
use crate::compose::names::{quoted_list, subgraph_list};

/// Fields that return an interface or union from several subgraphs must be able to return some object from all of them.
pub(crate) fn check_runtime_types(merge: &mut Merge<'_>, sources: &FieldSources<'_>, overrides: &Overrides) {
    let mut runtime: Vec<(usize, IndexSet<&Name>)> = Vec::new();
    for source in &sources.defined {
        let subgraph = &merge.subgraphs[source.subgraph];
        let skipped = overrides.is_overridden(source.subgraph)
            || subgraph.facts().is_fully_external(sources.parent, sources.name);
        let returned = source.node.ty.inner_named_type();
        // An interface object stands for implementations that its subgraph does not know.
        if skipped || subgraph.facts().interface_objects.contains(returned) {
            continue;
        }
        let types = match subgraph.schema.types.get_key_value(returned) {
            Some((name, ExtendedType::Object(_))) => IndexSet::from_iter([name]),
            Some((name, ExtendedType::Interface(_) | ExtendedType::Union(_))) => subgraph
                .schema
                .types
                .iter()
                .filter(|(other, ty)| ty.is_object() && subgraph.schema.is_subtype(name, other))
                .map(|(other, _)| other)
                .collect(),
            _ => return,
        };
        runtime.push((source.subgraph, types));
    }
    let Some(((_, first), rest)) = runtime.split_first() else { return };
    if rest.is_empty() || first.iter().any(|name| rest.iter().all(|(_, types)| types.contains(name))) {
        return;
    }
    let parts: Vec<String> = runtime
        .iter()
        .map(|(subgraph, types)| {
            let names = quoted_list(types.iter().map(|name| name.as_str()));
            format!("in subgraph \"{}\", possible runtime types are {names}", merge.name(*subgraph))
        })
        .collect();
    let places = sources.defined.iter().map(|source| merge.place(source.subgraph, &source.node.name)).collect();
    let message = format!(
        "Shared field \"{}\" has a non-intersecting set of possible runtime types across subgraphs: {}. A shared field must be resolved to a type that all of them know.",
        sources.coordinate(),
        parts.join("; ")
    );
    merge.error("SHAREABLE_HAS_MISMATCHED_RUNTIME_TYPES", message, places);
}

/// Events of one subscription come from one subgraph.
pub(crate) fn check_subscription(merge: &mut Merge<'_>, sources: &FieldSources<'_>) {
    if sources.parent != "Subscription" {
        return;
    }
    let subgraphs = merge.subgraphs;
    let shareable = |subgraph: SubgraphIndex| subgraphs[subgraph].facts().is_shareable(sources.parent, sources.name);
    for source in sources.defined.iter().filter(|source| shareable(source.subgraph)) {
        let place = vec![merge.place(source.subgraph, &source.node.name)];
        let message = format!(
            "Fields on root level subscription object cannot be marked as shareable: \"{}\" is, in subgraph \"{}\"",
            sources.coordinate(),
            merge.name(source.subgraph)
        );
        merge.error("INVALID_FIELD_SHARING", message, place);
    }
}

pub(crate) fn check(merge: &mut Merge<'_>, sources: &FieldSources<'_>, overrides: &Overrides) {
    let mut shareable = Vec::new();
    let mut alone = Vec::new();
    let own = sources.defined.iter().map(|source| (source, sources.parent));
    for (source, parent) in own {
        let facts = merge.subgraphs[source.subgraph].facts();
        if overrides.is_overridden(source.subgraph) || facts.is_fully_external(parent, sources.name) {
            continue;
        }
        let list = if facts.is_shareable(parent, sources.name) { &mut shareable } else { &mut alone };
        list.push(source);
    }
    for source in &sources.abstracted {
        let facts = merge.subgraphs[source.subgraph].facts();
        let implemented = merge.implements.get(sources.parent).into_iter().flatten();
        let of: Vec<_> = implemented.filter(|interface| facts.interface_objects.contains(*interface)).collect();
        if of.iter().any(|interface| facts.is_fully_external(interface, sources.name)) {
            continue;
        }
        let is_shareable = of.iter().any(|interface| facts.is_shareable(interface, sources.name));
        let list = if is_shareable { &mut shareable } else { &mut alone };
        list.push(source);
    }
    if alone.is_empty() || (shareable.is_empty() && alone.len() == 1) {
        return;
    }
    let mut resolving: Vec<usize> = shareable.iter().chain(&alone).map(|source| source.subgraph).collect();
    resolving.sort_unstable();
    let resolving = subgraph_list(resolving.into_iter().map(|subgraph| merge.name(subgraph)));
    let non_shareable = if shareable.is_empty() {
        "all of them".to_owned()
    } else {
        subgraph_list(alone.iter().map(|source| merge.name(source.subgraph)))
    };
    let places = alone.iter().map(|source| merge.place(source.subgraph, &source.node.name)).collect();
    let message = format!(
        "Non-shareable field \"{}\" is resolved from multiple subgraphs: it is resolved from {resolving} and defined as non-shareable in {non_shareable}",
        sources.coordinate()
    );
    merge.error("INVALID_FIELD_SHARING", message, places);
}
