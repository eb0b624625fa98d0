//! Owns the proof that every field of a supergraph can be reached, on every path that leads to it.

use std::collections::{BTreeSet, HashMap, VecDeque};

use super::graph::{NodeId, PlannerGraph};
use super::search::reach;
use crate::schema::{FieldId, FieldSet, Model, SubgraphId, TypeId};

/// A field that cannot be asked for on some path.
#[derive(Debug)]
pub(crate) struct Unreachable {
    /// The fields that lead to it, from a root type on.
    pub path: Vec<FieldId>,
    pub field: FieldId,
    /// For each subgraph that has the field: why it cannot be asked.
    pub reasons: Vec<(SubgraphId, String)>,
}

/// States looked at before the proof gives up; far above what supergraphs of thousands of types have.
const MAX_STATES: usize = 500_000;

/// Where objects of one type come from.
struct State {
    ty: TypeId,
    nodes: BTreeSet<NodeId>,
    path: Vec<FieldId>,
}

/// Follows every path from the root types; `is_visible` says whether clients can see a field.
///
/// The second value is false if the supergraph is too large to be proved.
pub(crate) fn unreachable(
    model: &Model,
    graph: &PlannerGraph,
    is_visible: &dyn Fn(FieldId) -> bool,
) -> (Vec<Unreachable>, bool) {
    let mut found = vec![];
    let mut said: BTreeSet<FieldId> = BTreeSet::new();
    let mut seen: HashMap<TypeId, Vec<BTreeSet<NodeId>>> = HashMap::new();
    let mut waiting: VecDeque<State> = [model.query, model.mutation, model.subscription]
        .into_iter()
        .flatten()
        .map(|ty| State { ty, nodes: BTreeSet::new(), path: vec![] })
        .collect();
    let mut states = 0;
    while let Some(state) = waiting.pop_front() {
        // From more places one gets at least as far.
        let known = seen.entry(state.ty).or_default();
        if known.iter().any(|nodes| nodes.is_subset(&state.nodes)) {
            continue;
        }
        known.push(state.nodes.clone());
        states += 1;
        let nodes: Vec<NodeId> = state.nodes.iter().copied().collect();
        let (true, Ok(reached)) = (states <= MAX_STATES, reach(model, graph, state.ty, &nodes)) else {
            return (found, false);
        };
        for field in reached {
            if !is_visible(field.field) {
                continue;
            }
            if !field.is_reachable {
                if said.insert(field.field) {
                    let reasons = reasons(model, graph, state.ty, field.field, &nodes);
                    found.push(Unreachable { path: state.path.clone(), field: field.field, reasons });
                }
                continue;
            }
            let mut path = state.path.clone();
            path.push(field.field);
            for ty in model.ty(model.field(field.field).base).possible.iter() {
                let nodes: BTreeSet<NodeId> = field.targets.iter().filter_map(|node| graph.narrow(*node, ty)).collect();
                if !nodes.is_empty() {
                    waiting.push_back(State { ty, nodes, path: path.clone() });
                }
            }
        }
    }
    (found, true)
}

fn reasons(
    model: &Model,
    graph: &PlannerGraph,
    ty: TypeId,
    field: FieldId,
    nodes: &[NodeId],
) -> Vec<(SubgraphId, String)> {
    let name = model.field(field).name;
    let here: Vec<&str> = nodes.iter().map(|node| model.subgraph(graph.node(*node).subgraph).name.as_str()).collect();
    let mut reasons = vec![];
    for join in &model.field(field).joins {
        if join.external || join.overridden {
            continue;
        }
        let keys: Vec<&FieldSet> = graph
            .lookups_of(ty)
            .iter()
            .map(|lookup| graph.lookup(*lookup))
            .filter(|lookup| lookup.subgraph == join.subgraph && graph.edge(lookup.enters, name).is_some())
            .map(|lookup| &lookup.key)
            .collect();
        let reason = if keys.is_empty() {
            format!("it cannot be entered at {}: it has no resolvable key or connector there", model.type_name(ty))
        } else {
            let keys: Vec<String> = keys.iter().map(|key| format!("\"{}\"", key.display(model))).collect();
            let requires =
                join.requires.as_ref().map(|r| format!(", and {} requires \"{}\"", model.name(name), r.display(model)));
            format!(
                "it is entered by {}, which cannot be had from {}{}",
                keys.join(" or "),
                if here.is_empty() { "the root".to_owned() } else { here.join(", ") },
                requires.unwrap_or_default()
            )
        };
        reasons.push((join.subgraph, reason));
    }
    reasons
}
