//! Owns reach: every station that objects can get to by lookups, each with its shortest way.
//!
//! Dijkstra's algorithm on a hypergraph: a lookup is passable once stations that are reached give
//! all of its key and of what it requires; the nearest passable one is settled next.

use std::collections::BTreeSet;

use super::cover::{Assignment, Station, StationId, Via};
use super::{Bases, Cost, Search, Stopped};
use crate::plan::demand::{Item, Whom};
use crate::plan::graph::LookupId;
use crate::plan::shape::{PositionId, SlotId};
use crate::schema::{FieldSet, Id};

/// The stations in reach. One that needs another stands behind it.
#[derive(Debug, Default)]
pub(super) struct Stations {
    list: Vec<Station>,
    /// Which stations can give each input of a station's lookup, the nearest one first. All of them let the station stand
    /// where it does, and cost no more calls.
    suppliers: Vec<Vec<Vec<StationId>>>,
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

    pub fn suppliers(&self, id: StationId) -> &[Vec<StationId>] {
        &self.suppliers[id.index()]
    }

    fn push(&mut self, station: Station, suppliers: Vec<Vec<StationId>>) {
        self.list.push(station);
        self.suppliers.push(suppliers);
    }

    pub fn label(
        search: &mut Search<'_>,
        position: PositionId,
        whom: &Whom,
        bases: &Bases,
        items: &[Item],
    ) -> Result<Self, Stopped> {
        let mut stations = Self::default();
        for (at, node) in bases {
            stations.push(Station { node: *node, via: Via::Base(*at), depth: 0, inputs: vec![] }, vec![]);
        }
        let candidates = candidates(search, position, whom, bases, items);
        let mut inputs: Vec<Item> = vec![];
        let mut waiting = Waiting::default();
        for candidate in candidates {
            let mut needs = Vec::with_capacity(candidate.inputs.len());
            for input in &candidate.inputs {
                needs.push(inputs.iter().position(|known| known == input).unwrap_or_else(|| {
                    inputs.push(input.clone());
                    inputs.len() - 1
                }));
            }
            waiting.list.push(Some((candidate, needs)));
        }
        waiting.suppliers = vec![vec![]; inputs.len()];
        for at in 0..waiting.list.len() {
            waiting.price(search, at);
        }
        let mut looked = 0;
        loop {
            for (id, station) in stations.iter().skip(looked) {
                search.work.spend(inputs.len())?;
                for (at, input) in inputs.iter().enumerate() {
                    if let Some(cost) = search.by_station(station, input)? {
                        waiting.supply(search, at, (cost.after(station.depth), id))?;
                    }
                }
            }
            looked = stations.list.len();
            let Some((cost, Candidate { lookup, requires, only, inputs }, needs)) = waiting.nearest() else {
                return Ok(stations);
            };
            let mut assigned = Vec::with_capacity(inputs.len());
            let mut as_good = Vec::with_capacity(inputs.len());
            for (input, at) in inputs.iter().zip(needs) {
                let suppliers = &waiting.suppliers[at];
                // All of them have one, or it could not be reached.
                let Some((least, nearest)) = suppliers.first().copied() else { continue };
                assigned.push(Assignment { slot: input.slot, child: input.child, stations: vec![nearest] });
                let in_time = suppliers.iter().filter(|(other, _)| other.depth < cost.depth);
                let in_time = in_time.filter(|(other, _)| other.calls <= least.calls);
                as_good.push(in_time.map(|(_, id)| *id).collect());
            }
            let node = search.graph.lookup(lookup).enters;
            let via = Via::Lookup { lookup, requires, only };
            stations.push(Station { node, via, depth: cost.depth, inputs: assigned }, as_good);
        }
    }
}

/// The lookups that are no stations yet.
#[derive(Default)]
struct Waiting {
    /// Each with its inputs, by their numbers; `None` once it is a station.
    list: Vec<Option<(Candidate, Vec<usize>)>>,
    /// The stations that give each input, of those that were looked at; the nearest first.
    suppliers: Vec<Vec<(Cost, StationId)>>,
    /// Those of which all inputs are given, by their costs.
    passable: BTreeSet<(Cost, usize)>,
}

impl Waiting {
    /// Takes a supplier of an input down, and the lookups that are nearer by it.
    fn supply(&mut self, search: &mut Search<'_>, input: usize, supplier: (Cost, StationId)) -> Result<(), Stopped> {
        let known = &self.suppliers[input];
        let at = known.partition_point(|(other, _)| *other <= supplier.0);
        let users = |(at, waiting): (usize, &Option<(Candidate, Vec<usize>)>)| {
            waiting.as_ref().is_some_and(|(_, needs)| needs.contains(&input)).then_some(at)
        };
        let nearer: Vec<usize> =
            if at == 0 { self.list.iter().enumerate().filter_map(users).collect() } else { vec![] };
        search.work.spend(nearer.len())?;
        let before: Vec<Option<Cost>> = nearer.iter().map(|at| self.cost(search, *at)).collect();
        self.suppliers[input].insert(at, supplier);
        for (at, before) in nearer.into_iter().zip(before) {
            if let Some(before) = before {
                self.passable.remove(&(before, at));
            }
            self.price(search, at);
        }
        Ok(())
    }

    fn price(&mut self, search: &Search<'_>, at: usize) {
        self.passable.extend(self.cost(search, at).map(|cost| (cost, at)));
    }

    /// What it costs to get there, if all its inputs are given.
    fn cost(&self, search: &Search<'_>, at: usize) -> Option<Cost> {
        let (candidate, needs) = self.list[at].as_ref()?;
        let mut reach = Cost::ZERO;
        for input in needs {
            reach = reach.beside(self.suppliers[*input].first()?.0);
        }
        let batch = search.graph.lookup(candidate.lookup).batch;
        Some(reach.beside(Cost::call(reach.depth + 1, batch)))
    }

    fn nearest(&mut self) -> Option<(Cost, Candidate, Vec<usize>)> {
        let (cost, at) = self.passable.pop_first()?;
        let (candidate, needs) = self.list[at].take()?;
        Some((cost, candidate, needs))
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
        if lookup.field.is_some() {
            continue;
        }
        // Objects that come from there are not looked up there, unless that is how not to ask too many of them.
        let is_base = bases.iter().any(|(_, node)| *node == lookup.enters);
        if is_base && !items.iter().any(|item| search.is_hazard(position, lookup.enters, item)) {
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
