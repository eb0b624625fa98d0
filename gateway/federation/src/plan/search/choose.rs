//! Owns choosing: of the ways to get each item, the ones that are cheapest together.

use std::collections::{BTreeMap, BTreeSet};

use super::cover::{Assignment, Cover, Station, StationId, Via, Way};
use super::label::Stations;
use super::{Calls, Cost, Search, Stopped};
use crate::plan::demand::Item;
use crate::plan::shape::PositionId;
use crate::schema::Id;

/// Up to this many stations every subset is tried; beyond, the choice is greedy.
const EXHAUSTIVE: usize = 8;

type Open = BTreeSet<StationId>;

/// Stations, each with the ones that give its lookup's inputs.
type Needed = BTreeMap<StationId, Vec<StationId>>;

impl Search<'_> {
    /// Chooses a way for each of the options, where `calls` are made anyway. Those behind the items' are for stations that have to be used, whatever
    /// is asked there.
    pub(super) fn choose(
        &mut self,
        position: PositionId,
        stations: &Stations,
        items: &[Item],
        options: &[Vec<Way>],
        calls: &Calls,
    ) -> Result<Option<Cover>, Stopped> {
        let bases: Open =
            stations.iter().filter(|(_, station)| matches!(station.via, Via::Base(_))).map(|(id, _)| id).collect();
        let used: Open = options.iter().flatten().flat_map(|option| option.stations.iter().copied()).collect();
        let lookups: Vec<StationId> = used.difference(&bases).copied().collect();
        let open = if lookups.len() <= EXHAUSTIVE {
            self.exhaustive(stations, options, &bases, &lookups, calls)?
        } else {
            self.greedy(stations, options, &bases, calls)?
        };
        Ok(open.and_then(|open| self.settle(position, stations, items, options, &open, calls)))
    }

    fn exhaustive(
        &mut self,
        stations: &Stations,
        options: &[Vec<Way>],
        bases: &Open,
        lookups: &[StationId],
        calls: &Calls,
    ) -> Result<Option<Open>, Stopped> {
        self.work.spend(options.iter().map(Vec::len).sum::<usize>() << lookups.len())?;
        let mut best: Option<(Cost, Open)> = None;
        for subset in 0..1_usize << lookups.len() {
            let mut open = bases.clone();
            for (at, station) in lookups.iter().enumerate() {
                if subset >> at & 1 == 1 {
                    open.insert(*station);
                }
            }
            if let Some(cost) = self.price(stations, options, &open, calls)
                && best.as_ref().is_none_or(|(known, _)| cost < *known)
            {
                best = Some((cost, open));
            }
        }
        Ok(best.map(|(_, open)| open))
    }

    /// Items with the fewest options first; each takes what adds the least. Then what turned out not to be needed goes.
    fn greedy(
        &mut self,
        stations: &Stations,
        options: &[Vec<Way>],
        bases: &Open,
        calls: &Calls,
    ) -> Result<Option<Open>, Stopped> {
        let mut order: Vec<usize> = (0..options.len()).collect();
        order.sort_by_key(|at| (options[*at].len(), *at));
        let mut open = bases.clone();
        for (done, at) in order.iter().enumerate() {
            let so_far: Vec<Vec<Way>> = order[..=done].iter().map(|at| options[*at].clone()).collect();
            // Each is priced with all that was chosen from before.
            self.work.spend(options[*at].len() * so_far.iter().map(Vec::len).sum::<usize>())?;
            let mut best: Option<(Cost, Open)> = None;
            for option in &options[*at] {
                let mut with = open.clone();
                with.extend(option.stations.iter().copied());
                if let Some(cost) = self.price(stations, &so_far, &with, calls)
                    && best.as_ref().is_none_or(|(known, _)| cost < *known)
                {
                    best = Some((cost, with));
                }
            }
            match best {
                Some((_, with)) => open = with,
                None => return Ok(None),
            }
        }
        self.work.spend(open.len() * options.iter().map(Vec::len).sum::<usize>())?;
        let mut cost = self.price(stations, options, &open, calls);
        for station in open.clone().difference(bases) {
            let mut without = open.clone();
            without.remove(station);
            let cheaper = self.price(stations, options, &without, calls);
            if let (Some(now), Some(before)) = (cheaper, cost)
                && now <= before
            {
                (open, cost) = (without, cheaper);
            }
        }
        Ok(Some(open))
    }

    /// What it costs to get every item from the open stations; `None` if one is not to be had.
    fn price(&self, stations: &Stations, options: &[Vec<Way>], open: &Open, calls: &Calls) -> Option<Cost> {
        let mut cost = Cost::ZERO;
        let mut used = Open::new();
        for option in cheapest(options, open)? {
            cost = cost.beside(option.cost);
            used.extend(option.stations.iter().copied());
        }
        for (id, inputs) in self.needed(stations, used, calls) {
            let station = stations.get(id);
            if let Via::Lookup { lookup, .. } = &station.via {
                let call = Cost::call(station.depth, self.graph.lookup(*lookup).batch);
                cost = cost.beside(if self.is_made(station, calls) { call.without_call() } else { call });
                // A way around is longer, also where its calls are shared.
                cost = inputs.iter().fold(cost, |cost, _| cost.beside(Cost::FIELD));
            }
        }
        Some(cost)
    }

    fn is_made(&self, station: &Station, calls: &Calls) -> bool {
        self.call(station).is_some_and(|call| calls.contains(&call))
    }

    /// The stations, and those that their lookups take their inputs from; each with what gives its inputs. Of suppliers
    /// that are as good, one that is needed anyway is taken, or one whose call is made anyway.
    fn needed(&self, stations: &Stations, used: Open, calls: &Calls) -> Needed {
        let mut needed = Needed::new();
        let mut waiting: Vec<StationId> = used.into_iter().collect();
        // What there is a choice for: it is made once it is known what is needed anyway.
        let mut open: Vec<(StationId, usize)> = vec![];
        loop {
            while let Some(id) = waiting.pop() {
                let suppliers = stations.suppliers(id);
                if needed.contains_key(&id) {
                    continue;
                }
                // The nearest one is among them.
                needed.insert(id, suppliers.iter().map(|suppliers| suppliers[0]).collect());
                for (at, suppliers) in suppliers.iter().enumerate() {
                    let nearest = stations.get(suppliers[0]);
                    if suppliers.len() == 1 || matches!(nearest.via, Via::Base(_)) {
                        waiting.push(suppliers[0]);
                    } else {
                        open.push((id, at));
                    }
                }
            }
            let Some((id, at)) = open.pop() else { return needed };
            let suppliers = &stations.suppliers(id)[at];
            let is_needed = suppliers.iter().find(|supplier| needed.contains_key(supplier));
            let is_made = || suppliers.iter().find(|supplier| self.is_made(stations.get(**supplier), calls));
            let supplier = is_needed.or_else(is_made).copied().unwrap_or(suppliers[0]);
            if let Some(inputs) = needed.get_mut(&id) {
                inputs[at] = supplier;
            }
            waiting.push(supplier);
        }
    }

    /// Writes the choice down, with the stations that are used and no others.
    fn settle(
        &self,
        position: PositionId,
        stations: &Stations,
        items: &[Item],
        options: &[Vec<Way>],
        open: &Open,
        calls: &Calls,
    ) -> Option<Cover> {
        let cost = self.price(stations, options, open, calls)?;
        let alone = self.price(stations, options, open, &Calls::new())?;
        let mut slots = Vec::with_capacity(items.len());
        let chosen = cheapest(options, open)?;
        let used: Open = chosen.iter().flat_map(|option| option.stations.iter().copied()).collect();
        // Behind the items' are those for stations that have to be used.
        for (item, option) in items.iter().zip(chosen) {
            slots.push(Assignment { slot: item.slot, child: item.child, stations: option.stations.clone() });
        }
        let needed = self.needed(stations, used, calls);
        let kept: Vec<StationId> = needed.keys().copied().collect();
        let mut list: Vec<Station> = vec![];
        for (id, suppliers) in needed {
            let mut station = stations.get(id).clone();
            for (input, supplier) in station.inputs.iter_mut().zip(suppliers) {
                input.stations = vec![supplier];
            }
            list.push(station);
        }
        // What some lookup takes as an input is there, and not asked a second time.
        for slot in &mut slots {
            let mut inputs = list.iter().flat_map(|station| &station.inputs);
            if let Some(input) = inputs.find(|input| input.slot == slot.slot && input.child == slot.child) {
                slot.stations.clone_from(&input.stations);
            }
        }
        // The places of the stations change with those that are left out.
        let renumber = |assignment: &mut Assignment| {
            for station in &mut assignment.stations {
                let at = kept.binary_search(station).unwrap_or_default();
                *station = StationId::from_index(at);
            }
        };
        slots.iter_mut().for_each(renumber);
        list.iter_mut().flat_map(|station| &mut station.inputs).for_each(renumber);
        Some(Cover { position, cost, alone, stations: list, slots })
    }
}

/// For each of the options a way from open stations, with as few hazards as can be. What has to wait for others takes the way
/// with the fewest calls that is no longer than theirs.
fn cheapest<'o>(options: &'o [Vec<Way>], open: &Open) -> Option<Vec<&'o Way>> {
    fn available<'o>(options: &'o [Way], open: &Open) -> impl Iterator<Item = &'o Way> {
        let is_open = |option: &&Way| option.stations.iter().all(|station| open.contains(station));
        let hazards = options.iter().filter(is_open).map(|option| option.cost.hazards).min();
        options.iter().filter(move |option| is_open(option) && Some(option.cost.hazards) == hazards)
    }
    let mut depth = 0;
    for options in options {
        depth = depth.max(available(options, open).map(|option| option.cost.depth).min()?);
    }
    let least = |options: &'o Vec<Way>| {
        let in_time = available(options, open).filter(|option| option.cost.depth <= depth);
        in_time.min_by_key(|option| (option.cost.calls, option.cost, option.stations.first().copied()))
    };
    options.iter().map(least).collect()
}
