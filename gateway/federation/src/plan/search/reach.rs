//! Owns what can be reached at all from a place: the question that satisfiability asks, answered by
//! the very code that plans.

use super::cover::{Station, Via};
use super::label::Stations;
use super::{Bases, Calls, Search, Stopped};
use crate::plan::contexts::SetContexts;
use crate::plan::demand::{Demands, Item, Whom, add_slot};
use crate::plan::graph::{ContextId, LookupId, NodeId, PlannerGraph};
use crate::plan::shape::{Position, ROOT, Shape};
use crate::plan::work::Work;
use crate::schema::{FieldId, Id, Model, TypeId};

/// A field, and the nodes that it leads to from the sources that can be asked for it.
#[derive(Debug)]
pub(in crate::plan) struct Reached {
    pub field: FieldId,
    /// Whether anyone can be asked for it.
    pub is_reachable: bool,
    /// Empty for a leaf.
    pub targets: Vec<NodeId>,
}

/// Which of these fields can be asked, with all lookups that are possible, of objects of type `ty` that come from `nodes`
/// and are within what sets these contexts.
pub(in crate::plan) fn reach(
    model: &Model,
    graph: &PlannerGraph,
    ty: TypeId,
    (nodes, set): (&[NodeId], &SetContexts),
    fields: &[FieldId],
    work: &Work<'_>,
) -> Result<Vec<Reached>, Stopped> {
    let whom = Whom::one(ty);
    let (mut search, items) = asked_for(model, graph, &whom, fields, work);
    search.set.clone_from(set);
    let stations = stations(&mut search, &whom, nodes, &items)?;
    work.spend(items.len() * stations.iter().len())?;
    let mut reached = Vec::with_capacity(items.len());
    for (field, item) in fields.iter().zip(&items) {
        let mut found = Reached { field: *field, is_reachable: false, targets: vec![] };
        for (_, station) in stations.iter() {
            if search.by_station(station, item)?.is_none() {
                continue;
            }
            found.is_reachable = true;
            let target = graph.edge(station.node, model.field(*field).name).and_then(|edge| edge.target);
            // What is asked without a call is what the planner would take; calls to elsewhere only add to it.
            debug_assert!(matches!(station.via, Via::Base(_)) || station.depth > 0);
            found.targets.extend(target.filter(|target| !found.targets.contains(target)));
        }
        reached.push(found);
    }
    Ok(reached)
}

/// The lookups on the cheapest way to a field of objects of type `ty` that come from `nodes`, nearest first; `None` if
/// there is no way. It is the way of a plan that wants this field alone.
pub(in crate::plan) fn cheapest(
    model: &Model,
    graph: &PlannerGraph,
    ty: TypeId,
    nodes: &[NodeId],
    field: FieldId,
    work: &Work<'_>,
) -> Result<Option<Vec<LookupId>>, Stopped> {
    let whom = Whom::one(ty);
    let (mut search, items) = asked_for(model, graph, &whom, &[field], work);
    let bases: Bases = nodes.iter().copied().enumerate().collect();
    let cover = search.cover(ROOT, &whom, &bases, &items, &Calls::new())?;
    let lookup = |station: &Station| match station.via {
        Via::Base(_) => None,
        Via::Lookup { lookup, .. } => Some(lookup),
    };
    Ok(cover.map(|cover| cover.stations.iter().filter_map(lookup).collect()))
}

/// Whether the value of a context can be had of objects of type `ty` that come from `nodes`.
pub(in crate::plan) fn gives(
    model: &Model,
    graph: &PlannerGraph,
    ty: TypeId,
    (nodes, set): (&[NodeId], &SetContexts),
    context: ContextId,
    work: &Work<'_>,
) -> Result<bool, Stopped> {
    let (mut search, _) = asked_for(model, graph, &Whom::one(ty), &[], work);
    search.set.clone_from(set);
    search.giving = Some(context);
    let selection = &graph.context(context).selection;
    let demand = search.demands.require(model, &mut search.shape, ROOT, &Whom::one(ty), selection);
    let found = search.best(demand, &nodes.iter().copied().collect())?;
    Ok(found.is_some())
}

/// The nodes that can tell the types of objects that come from interface objects of `interface`.
pub(in crate::plan) fn tellers(
    model: &Model,
    graph: &PlannerGraph,
    interface: TypeId,
    nodes: &[NodeId],
    work: &Work<'_>,
) -> Result<Vec<NodeId>, Stopped> {
    let whom = Whom::all(model, interface);
    let (mut search, items) = asked_for(model, graph, &whom, &[], work);
    let stations = stations(&mut search, &whom, nodes, &items)?;
    let nodes = stations.iter().map(|(_, station)| station.node);
    Ok(nodes.filter(|node| graph.node(*node).tells_types()).collect())
}

/// A search for fields of objects at a place of their own.
fn asked_for<'a>(
    model: &'a Model,
    graph: &'a PlannerGraph,
    whom: &Whom,
    fields: &[FieldId],
    work: &'a Work<'a>,
) -> (Search<'a>, Vec<Item>) {
    let mut shape = Shape::default();
    shape.positions.push(Position::new(None, whom.types.clone()));
    let mut items = vec![];
    for field in fields {
        let slot = add_slot(model, &mut shape, ROOT, *field, [].into());
        shape.slots[slot.index()].types = whom.types.clone();
        items.push(Item { slot, types: whom.types.clone(), child: None });
    }
    (Search::new(model, graph, shape, Demands::default(), work), items)
}

fn stations(search: &mut Search<'_>, whom: &Whom, nodes: &[NodeId], items: &[Item]) -> Result<Stations, Stopped> {
    let bases: Bases = nodes.iter().copied().enumerate().collect();
    Stations::label(search, ROOT, whom, &bases, items)
}
