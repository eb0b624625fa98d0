//! Owns choosing: of the ways to get each item, the ones that are cheapest together.

use std::collections::BTreeSet;

use super::cover::{Assignment, Cover, Station, StationId, Via, Way};
use super::label::Stations;
use super::{Calls, Cost, Exhausted, Search};
use crate::plan::demand::Item;
use crate::plan::shape::PositionId;
use crate::schema::Id;

/// Up to this many stations every subset is tried; beyond, the choice is greedy.
const EXHAUSTIVE: usize = 8;

type Open = BTreeSet<StationId>;

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
    ) -> Result<Option<Cover>, Exhausted> {
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
    ) -> Result<Option<Open>, Exhausted> {
        self.spend(options.len() << lookups.len())?;
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
    ) -> Result<Option<Open>, Exhausted> {
        let mut order: Vec<usize> = (0..options.len()).collect();
        order.sort_by_key(|at| (options[*at].len(), *at));
        let mut open = bases.clone();
        for (done, at) in order.iter().enumerate() {
            self.spend(options[*at].len() * (done + 1))?;
            let so_far: Vec<Vec<Way>> = order[..=done].iter().map(|at| options[*at].clone()).collect();
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
        for options in options {
            let option = cheapest(options, open)?;
            cost = cost.beside(option.cost);
            used.extend(option.stations.iter().copied());
        }
        for id in needed(stations, used) {
            let station = stations.get(id);
            if let Via::Lookup { lookup, .. } = &station.via {
                let call = Cost::call(station.depth, self.graph.lookup(*lookup).batch);
                let is_shared = self.call(station).is_some_and(|call| calls.contains(&call));
                cost = cost.beside(if is_shared { call.without_call() } else { call });
                // A way around is longer, also where its calls are shared.
                cost = station.inputs.iter().fold(cost, |cost, _| cost.beside(Cost::FIELD));
            }
        }
        Some(cost)
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
        let mut used = Open::new();
        for (item, options) in items.iter().zip(options) {
            let option = cheapest(options, open)?;
            used.extend(option.stations.iter().copied());
            slots.push(Assignment { slot: item.slot, child: item.child, stations: option.stations.clone() });
        }
        for options in &options[items.len()..] {
            used.extend(cheapest(options, open)?.stations.iter().copied());
        }
        let kept: Vec<StationId> = needed(stations, used).into_iter().collect();
        // What some lookup takes as an input is there, and not asked a second time.
        for slot in &mut slots {
            let mut inputs = kept.iter().flat_map(|id| &stations.get(*id).inputs);
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
        let mut list: Vec<Station> = kept.iter().map(|id| stations.get(*id).clone()).collect();
        list.iter_mut().flat_map(|station| &mut station.inputs).for_each(renumber);
        Some(Cover { position, cost, alone, stations: list, slots })
    }
}

fn cheapest<'o>(options: &'o [Way], open: &Open) -> Option<&'o Way> {
    let available = options.iter().filter(|option| option.stations.iter().all(|station| open.contains(station)));
    available.min_by_key(|option| (option.cost, option.stations.first().copied()))
}

/// The stations, and those that their lookups take their inputs from.
fn needed(stations: &Stations, used: Open) -> Open {
    let mut needed = Open::new();
    let mut waiting: Vec<StationId> = used.into_iter().collect();
    while let Some(id) = waiting.pop() {
        if needed.insert(id) {
            waiting.extend(stations.get(id).inputs.iter().flat_map(|input| input.stations.iter().copied()));
        }
    }
    needed
}
