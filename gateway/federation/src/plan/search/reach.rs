//! Owns what can be reached at all from a place: the question that satisfiability asks, answered by
//! the very code that plans.

use super::cover::Via;
use super::label::Stations;
use super::{Bases, Exhausted, Search};
use crate::plan::demand::{Demands, Item, add_slot};
use crate::plan::graph::{NodeId, PlannerGraph};
use crate::plan::shape::{Position, ROOT, Shape};
use crate::schema::{FieldId, Id, Model, TypeId, TypeSet};

/// A field, and the nodes that it leads to from the sources that can be asked for it.
#[derive(Debug)]
pub(in crate::plan) struct Reached {
    pub field: FieldId,
    /// Whether anyone can be asked for it.
    pub is_reachable: bool,
    /// Empty for a leaf.
    pub targets: Vec<NodeId>,
}

/// What can be asked, with all lookups that are possible, of objects of type `ty` that come from `nodes`.
pub(in crate::plan) fn reach(
    model: &Model,
    graph: &PlannerGraph,
    ty: TypeId,
    nodes: &[NodeId],
) -> Result<Vec<Reached>, Exhausted> {
    let mut shape = Shape::default();
    shape.positions.push(Position { parent: None, types: TypeSet::one(ty), slots: vec![], width: 0 });
    let mut items = vec![];
    for field in &model.ty(ty).fields {
        let slot = add_slot(model, &mut shape, ROOT, *field, [].into());
        shape.slots[slot.index()].types = TypeSet::one(ty);
        items.push(Item { slot, types: TypeSet::one(ty), child: None });
    }
    let bases: Bases = nodes.iter().copied().enumerate().collect();
    let mut search = Search::new(model, graph, shape, Demands::default());
    let stations = Stations::label(&mut search, ROOT, ty, &bases, &items)?;
    let mut reached = Vec::with_capacity(items.len());
    for (field, item) in model.ty(ty).fields.iter().zip(&items) {
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
