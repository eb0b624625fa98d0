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
        let candidates = candidates(search, position, whom, bases, items);
        let mut inputs: Vec<Item> = vec![];
        let mut waiting: Vec<(Candidate, Vec<usize>)> = Vec::with_capacity(candidates.len());
        for candidate in candidates {
            let mut needs = Vec::with_capacity(candidate.inputs.len());
            for input in &candidate.inputs {
                needs.push(inputs.iter().position(|known| known == input).unwrap_or_else(|| {
                    inputs.push(input.clone());
                    inputs.len() - 1
                }));
            }
            waiting.push((candidate, needs));
        }
        // The nearest station that gives each input, of those that were looked at.
        let mut suppliers: Vec<Option<(Cost, StationId)>> = vec![None; inputs.len()];
        let mut looked = 0;
        loop {
            for (id, station) in stations.iter().skip(looked) {
                search.spend(inputs.len())?;
                for (input, best) in inputs.iter().zip(&mut suppliers) {
                    let Some(cost) = search.by_station(station, input)? else { continue };
                    let cost = cost.after(station.depth);
                    if best.is_none_or(|(known, _)| cost < known) {
                        *best = Some((cost, id));
                    }
                }
            }
            looked = stations.list.len();
            search.spend(waiting.len())?;
            let mut nearest: Option<(Cost, usize)> = None;
            for (at, (candidate, needs)) in waiting.iter().enumerate() {
                let reach = needs.iter().try_fold(Cost::ZERO, |reach, input| Some(reach.beside(suppliers[*input]?.0)));
                let Some(reach) = reach else { continue };
                let batch = search.graph.lookup(candidate.lookup).batch;
                let cost = reach.beside(Cost::call(reach.depth + 1, batch));
                if nearest.is_none_or(|(best, _)| cost < best) {
                    nearest = Some((cost, at));
                }
            }
            let Some((cost, at)) = nearest else { return Ok(stations) };
            let (Candidate { lookup, requires, only, inputs }, needs) = waiting.remove(at);
            // All of them have one, or it could not be reached.
            let from = inputs.iter().zip(needs).filter_map(|(input, at)| Some((input, suppliers[at]?.1)));
            let assign = |(input, station): (&Item, StationId)| Assignment {
                slot: input.slot,
                child: input.child,
                stations: vec![station],
            };
            let assigned = from.map(assign).collect();
            stations.list.push(Station {
                node: search.graph.lookup(lookup).enters,
                via: Via::Lookup { lookup, requires, only },
                depth: cost.depth,
                inputs: assigned,
            });
        }
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
                None if edge.contexts.is_empty() => None,
                None if search.are_set(edge, position) => Some(item.slot),
                None => continue,
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
