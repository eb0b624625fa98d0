//! Owns the rule that a field is resolved by one subgraph, unless all that resolve it say that it is shareable.

use super::field::FieldSources;
use super::overriding::Overrides;
use super::{Merge, SubgraphIndex};
use crate::compose::names::subgraph_list;

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
