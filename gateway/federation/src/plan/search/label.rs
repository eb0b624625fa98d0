//! Owns reach: every station that objects can get to by lookups, each with its shortest way.
//!
//! Dijkstra's algorithm on a hypergraph: a lookup is passable once stations that are reached give
//! all of its key and of what it requires; the nearest passable one is settled next.

use super::cover::{Assignment, Station, StationId, Via};
use super::{Bases, Cost, Exhausted, Search};
use crate::plan::demand::{Item, Whom};
use crate::plan::graph::LookupId;
use crate::plan::shape::{PositionId, SlotId};
use crate::schema::{FieldSet, Id};

/// The stations in reach. One that needs another stands behind it.
#[derive(Debug, Default)]
pub(super) struct Stations {
    list: Vec<Station>,
}

/// A lookup that may become a station.
struct Candidate {
    lookup: LookupId,
    requires: Option<FieldSet>,
    only: Option<SlotId>,
    inputs: Vec<Item>,
}

impl Stations {
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (StationId, &Station)> {
        self.list.iter().enumerate().map(|(at, station)| (StationId::from_index(at), station))
    }

    pub fn get(&self, id: StationId) -> &Station {
        &self.list[id.index()]
    }

    pub fn label(
        search: &mut Search<'_>,
        position: PositionId,
        whom: &Whom,
        bases: &Bases,
        items: &[Item],
    ) -> Result<Self, Exhausted> {
        let mut stations = Self::default();
        for (at, node) in bases {
            stations.list.push(Station { node: *node, via: Via::Base(*at), depth: 0, inputs: vec![] });
        }
        let mut candidates = candidates(search, position, whom, bases, items);
        loop {
            search.spend(candidates.len() * stations.list.len())?;
            let mut nearest: Option<(Cost, usize, Vec<Assignment>)> = None;
            for (at, candidate) in candidates.iter().enumerate() {
                let Some((reach, inputs)) = stations.suppliers(search, &candidate.inputs)? else { continue };
                let batch = search.graph.lookup(candidate.lookup).batch;
                let cost = reach.beside(Cost::call(reach.depth + 1, batch));
                if nearest.as_ref().is_none_or(|(best, _, _)| cost < *best) {
                    nearest = Some((cost, at, inputs));
                }
            }
            let Some((cost, at, inputs)) = nearest else { return Ok(stations) };
            let Candidate { lookup, requires, only, .. } = candidates.remove(at);
            let node = search.graph.lookup(lookup).enters;
            stations.list.push(Station {
                node,
                via: Via::Lookup { lookup, requires, only },
                depth: cost.depth,
                inputs,
            });
        }
    }

    /// The nearest stations that give each input, and what that costs; `None` if one has none.
    fn suppliers(
        &self,
        search: &mut Search<'_>,
        inputs: &[Item],
    ) -> Result<Option<(Cost, Vec<Assignment>)>, Exhausted> {
        let mut total = Cost::ZERO;
        let mut assignments = Vec::with_capacity(inputs.len());
        for item in inputs {
            let mut best: Option<(Cost, StationId)> = None;
            for (id, station) in self.iter() {
                let Some(cost) = search.by_station(station, item)? else { continue };
                let cost = cost.after(station.depth);
                if best.is_none_or(|(known, _)| cost < known) {
                    best = Some((cost, id));
                }
            }
            let Some((cost, station)) = best else { return Ok(None) };
            total = total.beside(cost);
            assignments.push(Assignment { slot: item.slot, child: item.child, stations: vec![station] });
        }
        Ok(Some((total, assignments)))
    }
}

/// Every lookup of the objects' type, and one more for each set of inputs that a wanted field requires there.
fn candidates(
    search: &mut Search<'_>,
    position: PositionId,
    whom: &Whom,
    bases: &Bases,
    items: &[Item],
) -> Vec<Candidate> {
    let graph = search.graph;
    let mut candidates: Vec<Candidate> = vec![];
    let mut wanted: Vec<Item> = items.to_vec();
    let mut looked = 0;
    for lookup in graph.lookups_of(whom.ty) {
        let lookup = graph.lookup(*lookup);
        if lookup.field.is_some() || bases.iter().any(|(_, node)| *node == lookup.enters) {
            continue;
        }
        let inputs = inputs(search, position, whom, &lookup.key, None);
        wanted.extend(inputs.iter().cloned());
        candidates.push(Candidate { lookup: lookup.id, requires: None, only: None, inputs });
    }
    while let Some(item) = wanted.get(looked).cloned() {
        looked += 1;
        let name = search.shape.slots[item.slot.index()].name;
        for lookup in graph.lookups_of(whom.ty) {
            let lookup = graph.lookup(*lookup);
            let Some(edge) = graph.edge(lookup.enters, name) else { continue };
            let only = match lookup.field {
                Some(field) if field == name => Some(item.slot),
                Some(_) => continue,
                None => None,
            };
            if edge.requires.is_none() && only.is_none() {
                continue;
            }
            let requires = edge.requires.clone();
            let known = |c: &Candidate| c.lookup == lookup.id && c.requires == requires && c.only == only;
            if candidates.iter().any(known) {
                continue;
            }
            let inputs = inputs(search, position, whom, &lookup.key, requires.as_ref());
            for input in &inputs {
                if !wanted.contains(input) {
                    wanted.push(input.clone());
                }
            }
            candidates.push(Candidate { lookup: lookup.id, requires, only, inputs });
        }
    }
    candidates
}

fn inputs(
    search: &mut Search<'_>,
    position: PositionId,
    whom: &Whom,
    key: &FieldSet,
    requires: Option<&FieldSet>,
) -> Vec<Item> {
    let mut items = vec![];
    for fields in [Some(key), requires].into_iter().flatten() {
        let demand = search.demands.require(search.model, &mut search.shape, position, whom, fields);
        for item in &search.demands.get(demand).items {
            if !items.contains(item) {
                items.push(item.clone());
            }
        }
    }
    items
}
