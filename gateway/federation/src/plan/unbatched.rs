//! Owns finding the calls that are made once per item of a list (N+1), where plans take them.
//!
//! It walks the planner graph from the root fields on, and asks the search for the cheapest way to each field that is not
//! where the objects come from.

use std::collections::{BTreeSet, HashSet, VecDeque};

use super::alike::Alike;
use super::contexts::SetContexts;
use super::graph::{LookupId, NodeId, PlannerGraph};
use super::search::{cheapest, reach};
use super::work::{Stopped, Work};
use crate::connect::ConnectorId;
use crate::schema::{FieldId, Model, Satisfiable, Supergraph, TypeId};

/// A connector that plans call for each item of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unbatched {
    /// The first list that was found, of the shortest path to one.
    pub list: FieldId,
    /// The field that is not in the list's items.
    pub field: FieldId,
    pub connector: ConnectorId,
}

/// As for the proof: far above what a large supergraph needs.
const BUDGET: u64 = 40_000_000;

/// One finding a connector. The flag is false if the supergraph was too large to be looked through.
pub(crate) fn unbatched(supergraph: &Supergraph<Satisfiable>) -> (Vec<Unbatched>, bool) {
    let graph = PlannerGraph::build(&supergraph.model, &supergraph.connectors, &BTreeSet::new());
    let model = &*supergraph.model;
    let roots: Vec<TypeId> = [model.query, model.mutation, model.subscription].into_iter().flatten().collect();
    let suspects = graph.lookups().filter(|lookup| !lookup.batch && !roots.contains(&lookup.entity));
    let mut walk = Walk {
        model,
        graph: &graph,
        alike: Alike::of(&graph),
        suspects: suspects.map(|lookup| lookup.entity).collect(),
        set: graph.context_ids().collect(),
        waiting: VecDeque::new(),
        seen: HashSet::new(),
        work: Work::new(BUDGET),
        said: BTreeSet::new(),
        found: vec![],
    };
    if walk.suspects.is_empty() {
        return (vec![], true);
    }
    let is_complete = walk.run(&roots).is_ok();
    (walk.found, is_complete)
}

/// Objects of one type, where they come from, and the last list above them.
#[derive(Debug, Clone)]
struct State {
    ty: TypeId,
    nodes: Vec<NodeId>,
    list: Option<FieldId>,
}

struct Walk<'a> {
    model: &'a Model,
    graph: &'a PlannerGraph,
    alike: Alike,
    /// The types that some lookup takes one object at a time of.
    suspects: HashSet<TypeId>,
    /// The proof has seen to it that contexts are set wherever they are needed.
    set: SetContexts,
    waiting: VecDeque<State>,
    /// Of the list only whether there is one: which it is does not change what is called.
    seen: HashSet<(TypeId, Vec<NodeId>, bool)>,
    work: Work<'static>,
    said: BTreeSet<ConnectorId>,
    found: Vec<Unbatched>,
}

impl Walk<'_> {
    fn run(&mut self, roots: &[TypeId]) -> Result<(), Stopped> {
        for root in roots {
            for lookup in self.graph.lookups_of(*root) {
                let node = self.graph.lookup(*lookup).enters;
                self.push(State { ty: *root, nodes: vec![node], list: None });
            }
        }
        while let Some(state) = self.waiting.pop_front() {
            self.objects(&state)?;
        }
        Ok(())
    }

    fn objects(&mut self, state: &State) -> Result<(), Stopped> {
        let (model, graph) = (self.model, self.graph);
        self.work.spend(model.ty(state.ty).fields.len())?;
        let mut elsewhere = vec![];
        for field in &model.ty(state.ty).fields {
            let name = model.field(*field).name;
            let edges = state.nodes.iter().filter_map(|node| graph.edge(*node, name));
            let mut here = edges.filter(|edge| edge.is_plain()).peekable();
            if here.peek().is_none() {
                elsewhere.push(*field);
            }
            let targets = here.filter_map(|edge| edge.target).collect();
            self.follow(state, *field, targets);
        }
        // Every root field is entered by a lookup of its own; and a type without any has no elsewhere.
        if elsewhere.is_empty() || graph.lookups_of(state.ty).is_empty() || self.is_root(state.ty) {
            return Ok(());
        }
        let reached = reach(model, graph, state.ty, (&state.nodes, &self.set), &elsewhere, &self.work)?;
        for reached in reached.into_iter().filter(|reached| reached.is_reachable) {
            if let (Some(list), true) = (state.list, self.suspects.contains(&state.ty)) {
                self.one_by_one(state, list, reached.field)?;
            }
            self.follow(state, reached.field, reached.targets);
        }
        Ok(())
    }

    /// Notes the first call on the way to a field that takes one object at a time.
    fn one_by_one(&mut self, state: &State, list: FieldId, field: FieldId) -> Result<(), Stopped> {
        let way = cheapest(self.model, self.graph, state.ty, &state.nodes, field, &self.work)?;
        for lookup in way.into_iter().flatten().map(|lookup: LookupId| self.graph.lookup(lookup)) {
            if let (false, Some(connector)) = (lookup.batch, lookup.connector)
                && self.said.insert(connector)
            {
                self.found.push(Unbatched { list, field, connector });
            }
        }
        Ok(())
    }

    /// Queues the objects that a field leads to, type by type.
    fn follow(&mut self, state: &State, field: FieldId, targets: Vec<NodeId>) {
        let def = self.model.field(field);
        let list = if def.wrapping.lists() > 0 { Some(field) } else { state.list };
        if targets.is_empty() {
            return;
        }
        for ty in self.model.ty(def.base).possible.iter() {
            let nodes: Vec<NodeId> = targets.iter().filter_map(|node| self.graph.narrow(*node, ty)).collect();
            if !nodes.is_empty() {
                self.push(State { ty, nodes, list });
            }
        }
    }

    fn push(&mut self, mut state: State) {
        state.nodes.iter_mut().for_each(|node| *node = self.alike.first(*node));
        state.nodes.sort_unstable();
        state.nodes.dedup();
        if self.seen.insert((state.ty, state.nodes.clone(), state.list.is_some())) {
            self.waiting.push_back(state);
        }
    }

    fn is_root(&self, ty: TypeId) -> bool {
        [self.model.query, self.model.mutation, self.model.subscription].contains(&Some(ty))
    }
}
