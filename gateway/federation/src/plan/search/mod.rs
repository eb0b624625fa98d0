//! Owns the search: which source answers what, at the least cost.
//!
//! The problem is a directed Steiner tree: reach all that is demanded, from the root, over the planner graph. Since the
//! demands form a tree of positions, it is solved from the leaves up: for each demand and each set of nodes that its
//! objects may come from, the best way is found once and remembered. What is left at one position is a
//! small choice of lookups ([`cover`]), searched exhaustively while it is small and greedily beyond.
//! So the work is polynomial, and every operation has an answer or a reason why there is none.

mod choose;
mod cost;
mod cover;
mod label;
mod one_source;
mod reach;
mod untyped;

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use smallvec::{SmallVec, smallvec};

use super::contexts::{SetContexts, setters};
use super::demand::{Demand, DemandId, Demands, Item, Whom};
use super::graph::{ContextId, Edge, NodeId, PlannerGraph};
use super::shape::{PositionId, ROOT, Shape};
use super::work::{Stopped, Work};
use crate::connect::ConnectorId;
use crate::schema::{Id, Model, SubgraphId, TypeId, TypeSet};

pub(super) use cost::Cost;
pub(super) use cover::{Assignment, Cover, Station, StationId, Via};
pub(super) use reach::{Reached, cheapest, gives, reach, tellers};

/// The nodes that the objects of a position come from: the one that makes them first, then any that add to them.
pub(super) type Nodes = SmallVec<[NodeId; 2]>;

/// The same, for objects of one type: each node narrowed to it, beside its place in [`Nodes`].
pub(super) type Bases = SmallVec<[(usize, NodeId); 2]>;

/// A call for objects of one position: a subgraph's or a connector's, at a depth.
pub(super) type Call = (SubgraphId, Option<ConnectorId>, u32);

/// Members of an abstract type that look the same subgraph up share the call.
pub(super) type Calls = BTreeSet<Call>;

/// Up to this many members are covered a second time, once it is known which calls the others make.
const MAX_REVISED: usize = 16;

/// Per type, what is asked of its objects.
type Covers = Vec<(TypeId, Cover)>;

/// How the demand at one position is met.
#[derive(Debug)]
pub(super) struct Decision {
    pub cost: Cost,
    /// Items asked on the abstract type itself: the slot, the node (by its place in [`Nodes`]), and the demand under it.
    pub at_once: Vec<(Item, usize)>,
    /// What is asked of objects whose types their sources cannot tell.
    pub untyped: Option<Untyped>,
    /// Per type, in order: what is asked of objects of that type.
    pub by_type: Vec<(TypeId, Cover)>,
}

/// What is asked of objects that come from interface objects, before their types are known.
#[derive(Debug)]
pub(super) struct Untyped {
    pub whom: Whom,
    pub cover: Cover,
    /// The station that tells the types, where they have to be known. The objects come from it too, for what is
    /// asked of each type.
    pub teller: Option<StationId>,
}

pub(super) struct Search<'a> {
    pub model: &'a Model,
    pub graph: &'a PlannerGraph,
    pub shape: Shape,
    pub demands: Demands,
    /// Contexts that are set around the root position, if it stands for some place that is no root.
    set: SetContexts,
    /// The context whose value is asked for at the root position.
    giving: Option<ContextId>,
    pub work: &'a Work<'a>,
    known: HashMap<(DemandId, Nodes), Option<Rc<Decision>>>,
}

impl<'a> Search<'a> {
    pub fn new(model: &'a Model, graph: &'a PlannerGraph, shape: Shape, demands: Demands, work: &'a Work<'a>) -> Self {
        Self { model, graph, shape, demands, set: SetContexts::new(), giving: None, work, known: HashMap::new() }
    }

    /// The best way to meet a demand for objects that come from `nodes`; `None` if there is no way.
    pub fn best(&mut self, demand: DemandId, nodes: &Nodes) -> Result<Option<Rc<Decision>>, Stopped> {
        let key = (demand, nodes.clone());
        if let Some(known) = self.known.get(&key) {
            return Ok(known.clone());
        }
        let decision = self.decide(demand, nodes)?.map(Rc::new);
        self.known.insert(key, decision.clone());
        Ok(decision)
    }

    /// Lets whoever gives what `demand` wants give what a context takes of the same objects too. False if that was so, and
    /// nothing changes.
    pub fn join(&mut self, demand: DemandId, taken: DemandId) -> bool {
        self.known.clear();
        self.demands.join(demand, taken)
    }

    /// Whether all contexts that a field needs are set around the objects of its position.
    fn are_set(&self, edge: &Edge, position: PositionId) -> bool {
        edge.contexts.iter().all(|id| match setters(&self.shape, position, &self.graph.context(*id).types) {
            // What a context's own value needs is not within it.
            Some(setters) => self.giving != Some(*id) || setters.iter().all(|setter| setter.position != ROOT),
            None => self.set.contains(id),
        })
    }

    /// The types that objects coming from `nodes` can have.
    pub fn possible(&self, demand: DemandId, nodes: &Nodes) -> TypeSet {
        let position = &self.shape.positions[self.demands.get(demand).position.index()];
        let Some(first) = nodes.first() else { return position.types.clone() };
        let node = self.graph.node(*first);
        if node.members.is_empty() {
            return TypeSet::one(node.ty);
        }
        position.types.iter().filter(|ty| self.graph.narrow(*first, *ty).is_some()).collect()
    }

    fn decide(&mut self, demand: DemandId, nodes: &Nodes) -> Result<Option<Decision>, Stopped> {
        let possible = self.possible(demand, nodes);
        let Demand { mut items, beside, .. } = self.demands.get(demand).clone();
        items.extend(beside);
        self.work.spend(items.len())?;
        if !self.is_of_one_source(demand, nodes, &possible)? {
            return Ok(None);
        }
        if self.is_untyped(&possible, nodes) {
            return self.decide_untyped(demand, nodes, &possible, items);
        }
        let mut at_once: Vec<(Item, usize, Cost)> = vec![];
        let mut apart: Vec<Item> = vec![];
        for mut item in items {
            item.types = item.types.intersect(&possible);
            if item.types.is_empty() {
                continue;
            }
            match if item.types == possible { self.at_once(&item, nodes)? } else { None } {
                Some((node, cost)) => at_once.push((item, node, cost)),
                None => apart.push(item),
            }
        }
        let Some(mut best) = self.split(demand, nodes, &possible, &at_once, &apart)? else { return Ok(None) };
        // What needs calls when it is asked of all may need fewer when it is asked of each: there is more on a path, or
        // at a station that is used anyway.
        let mut at = 0;
        while let Some((item, _, cost)) = at_once.get(at) {
            if cost.calls > 0 {
                let (mut fewer, mut more) = (at_once.clone(), apart.clone());
                more.push(item.clone());
                fewer.remove(at);
                let found = self.split(demand, nodes, &possible, &fewer, &more)?;
                if let Some(found) = found.filter(|found| found.cost < best.cost) {
                    (best, at_once, apart) = (found, fewer, more);
                    continue;
                }
            }
            at += 1;
        }
        Ok(Some(best))
    }

    /// The decision in which some items are asked of all objects, and the others of those of each type.
    fn split(
        &mut self,
        demand: DemandId,
        nodes: &Nodes,
        possible: &TypeSet,
        at_once: &[(Item, usize, Cost)],
        apart: &[Item],
    ) -> Result<Option<Decision>, Stopped> {
        let of_type = |ty: TypeId| apart.iter().filter(|item| item.types.contains(ty)).cloned().collect();
        let wanted: Vec<(TypeId, Vec<Item>)> = possible.iter().map(|ty| (ty, of_type(ty))).collect();
        let bases: Bases = nodes.iter().copied().enumerate().collect();
        let Some((mut cost, by_type)) = self.by_type(demand, wanted, &bases)? else { return Ok(None) };
        let mut asked = Vec::with_capacity(at_once.len());
        for (item, node, each) in at_once {
            cost = cost.beside(*each);
            asked.push((item.clone(), *node));
        }
        Ok(Some(Decision { cost, at_once: asked, untyped: None, by_type }))
    }

    /// Covers what is wanted of objects of each type that come from `bases`.
    fn by_type(
        &mut self,
        demand: DemandId,
        wanted: Vec<(TypeId, Vec<Item>)>,
        bases: &Bases,
    ) -> Result<Option<(Cost, Covers)>, Stopped> {
        let position = self.demands.get(demand).position;
        let mut covers: Covers = vec![];
        let mut wanted: Vec<(TypeId, Vec<Item>)> = wanted.into_iter().filter(|(_, items)| !items.is_empty()).collect();
        // Where there is nothing to choose comes first, as near as can be told: the others follow it.
        wanted.sort_by_key(|(ty, _)| (self.graph.lookups_of(*ty).len(), *ty));
        let mut calls = Calls::new();
        for (ty, items) in &wanted {
            let Some(cover) = self.cover_type(position, *ty, bases, items, &calls)? else { return Ok(None) };
            calls.extend(self.calls_of(&cover));
            covers.push((*ty, cover));
        }
        if (2..=MAX_REVISED).contains(&covers.len()) {
            for (at, (ty, items)) in wanted.iter().enumerate() {
                let calls = self.calls_but(&covers, *ty);
                if covers[at].1.alone.calls > 0
                    && let Some(cover) = self.cover_type(position, *ty, bases, items, &calls)?
                    && cover.cost <= self.priced(&covers[at].1, &calls)
                {
                    covers[at].1 = cover;
                }
            }
        }
        covers.sort_by_key(|(ty, _)| *ty);
        let mut cost = Cost::ZERO;
        let mut calls = Calls::new();
        for (_, cover) in &covers {
            cost = cost.beside(self.priced(cover, &calls));
            calls.extend(self.calls_of(cover));
        }
        Ok(Some((cost, covers)))
    }

    fn cover_type(
        &mut self,
        position: PositionId,
        ty: TypeId,
        bases: &Bases,
        items: &[Item],
        calls: &Calls,
    ) -> Result<Option<Cover>, Stopped> {
        let narrowed = bases.iter().filter_map(|(at, node)| Some((*at, self.graph.narrow(*node, ty)?)));
        let narrowed: Bases = narrowed.collect();
        self.cover(position, &Whom::one(ty), &narrowed, items, calls)
    }

    /// The calls that covers make, but for those of one type.
    fn calls_but(&self, covers: &Covers, but: TypeId) -> Calls {
        covers.iter().filter(|(ty, _)| *ty != but).flat_map(|(_, cover)| self.calls_of(cover)).collect()
    }

    fn calls_of(&self, cover: &Cover) -> Vec<Call> {
        cover.stations.iter().filter_map(|station| self.call(station)).collect()
    }

    /// The call that a station's lookup makes, if it makes one that can be shared.
    fn call(&self, station: &Station) -> Option<Call> {
        let Via::Lookup { lookup, .. } = &station.via else { return None };
        let lookup = self.graph.lookup(*lookup);
        lookup.batch.then_some((lookup.subgraph, lookup.connector, station.depth))
    }

    /// What a cover costs where these calls are made anyway.
    fn priced(&self, cover: &Cover, calls: &Calls) -> Cost {
        let shared = cover.stations.iter().filter_map(|station| self.call(station)).filter(|call| calls.contains(call));
        shared.fold(cover.alone, |cost, _| cost.without_call())
    }

    /// A node at which a field of an abstract type can be asked for all its members at once.
    fn at_once(&mut self, item: &Item, nodes: &Nodes) -> Result<Option<(usize, Cost)>, Stopped> {
        let name = self.shape.slots[item.slot.index()].name;
        for (at, node) in nodes.iter().enumerate() {
            if self.graph.node(*node).members.is_empty() {
                continue;
            }
            let Some(edge) = self.graph.edge(*node, name).filter(|edge| edge.is_plain()) else { continue };
            match (item.child, edge.target) {
                (None, _) => return Ok(Some((at, Cost::FIELD))),
                (Some(child), Some(target)) => {
                    if let Some(decision) = self.best(child, &smallvec![target])? {
                        return Ok(Some((at, decision.cost.beside(Cost::FIELD))));
                    }
                }
                (Some(_), None) => {}
            }
        }
        Ok(None)
    }
}
