//! Owns finding the calls that are made once per item of a list (N+1), where plans take them: for all that a supergraph has, or for
//! what a client's schema has of it.

mod supergraph;
mod view;

use std::collections::{BTreeSet, HashSet};

use super::alike::Alike;
use super::contexts::SetContexts;
use super::graph::{LookupId, NodeId, PlannerGraph};
use super::search::{cheapest, reach};
use super::work::{Stopped, Work};
use crate::connect::ConnectorId;
use crate::schema::{FieldId, Model, Satisfiable, Supergraph, TypeId};

pub(crate) use supergraph::Unbatched;
pub(crate) use view::UnbatchedInView;

/// As for the proof: far above what a large supergraph needs.
const BUDGET: u64 = 40_000_000;

/// A supergraph, with what is worked out once to find the calls.
pub(crate) struct Calls<'a> {
    model: &'a Model,
    graph: PlannerGraph,
    alike: Alike,
    /// The types that some lookup takes one object at a time of.
    suspects: HashSet<TypeId>,
    /// The proof has seen to it that contexts are set wherever they are needed.
    set: SetContexts,
}

impl<'a> Calls<'a> {
    pub fn new(supergraph: &'a Supergraph<Satisfiable>) -> Self {
        let graph = PlannerGraph::build(&supergraph.model, &supergraph.connectors, &BTreeSet::new());
        let model = &*supergraph.model;
        let roots = roots(model);
        let suspects = graph.lookups().filter(|lookup| !lookup.batch && !roots.contains(&lookup.entity));
        let suspects = suspects.map(|lookup| lookup.entity).collect();
        let (alike, set) = (Alike::of(&graph), graph.context_ids().collect());
        Self { model, graph, alike, suspects, set }
    }

    /// Where operations begin.
    fn begin(&self) -> Vec<State> {
        let of_root = |root: TypeId| {
            let lookups = self.graph.lookups_of(root).iter();
            lookups.map(move |lookup| State { ty: root, nodes: vec![self.graph.lookup(*lookup).enters], list: None })
        };
        roots(self.model).into_iter().flat_map(of_root).collect()
    }

    /// The targets of a field that is where the objects come from. `None` if it is not there.
    fn here(&self, state: &State, field: FieldId) -> Option<Vec<NodeId>> {
        let name = self.model.field(field).name;
        let edges = state.nodes.iter().filter_map(|node| self.graph.edge(*node, name));
        let mut here = edges.filter(|edge| edge.is_plain()).peekable();
        here.peek()?;
        Some(here.filter_map(|edge| edge.target).collect())
    }

    /// Which of these fields, which are not where the objects come from, can be had elsewhere, and their targets.
    fn elsewhere(
        &self,
        state: &State,
        fields: &[FieldId],
        work: &Work<'_>,
    ) -> Result<Vec<(FieldId, Vec<NodeId>)>, Stopped> {
        // Every root field is entered by a lookup of its own; and a type without any has no elsewhere.
        let has_elsewhere = !self.graph.lookups_of(state.ty).is_empty() && !roots(self.model).contains(&state.ty);
        if fields.is_empty() || !has_elsewhere {
            return Ok(vec![]);
        }
        let reached = reach(self.model, &self.graph, state.ty, (&state.nodes, &self.set), fields, work)?;
        let reached = reached.into_iter().filter(|reached| reached.is_reachable);
        Ok(reached.map(|reached| (reached.field, reached.targets)).collect())
    }

    /// The connectors that take one object at a time on the way to a field that is elsewhere, nearest first.
    fn one_by_one(&self, state: &State, field: FieldId, work: &Work<'_>) -> Result<Vec<ConnectorId>, Stopped> {
        if !self.suspects.contains(&state.ty) {
            return Ok(vec![]);
        }
        let way = cheapest(self.model, &self.graph, state.ty, &state.nodes, field, work)?;
        let lookups = way.into_iter().flatten().map(|lookup: LookupId| self.graph.lookup(lookup));
        Ok(lookups.filter(|lookup| !lookup.batch).filter_map(|lookup| lookup.connector).collect())
    }

    /// The objects that a field leads to, type by type.
    fn follow(&self, state: &State, field: FieldId, targets: &[NodeId]) -> Vec<State> {
        let def = self.model.field(field);
        let list = if def.wrapping.lists() > 0 { Some(field) } else { state.list };
        let of_type = |ty| {
            let narrowed = targets.iter().filter_map(|node| self.graph.narrow(*node, ty));
            let mut nodes: Vec<NodeId> = narrowed.map(|node| self.alike.first(node)).collect();
            nodes.sort_unstable();
            nodes.dedup();
            (!nodes.is_empty()).then_some(State { ty, nodes, list })
        };
        self.model.ty(def.base).possible.iter().filter_map(of_type).collect()
    }
}

/// Objects of one type, where they come from, and the last list above them.
#[derive(Debug, Clone)]
struct State {
    ty: TypeId,
    nodes: Vec<NodeId>,
    list: Option<FieldId>,
}

fn roots(model: &Model) -> Vec<TypeId> {
    [model.query, model.mutation, model.subscription].into_iter().flatten().collect()
}
