//! Owns covering: for objects of one type at one position, which stations give the slots that are wanted.
//!
//! A *station* is a node that the objects are at: the ones that they come from, and those that lookups enter.

use smallvec::smallvec;

use super::label::Stations;
use super::{Bases, Calls, Cost, Nodes, Search, Stopped};
use crate::plan::demand::{DemandId, Item, Whom};
use crate::plan::graph::{LookupId, NodeId};
use crate::plan::shape::{PositionId, SlotId};
use crate::schema::{FieldSet, Id};

crate::schema::ids! {
    /// A node that the objects of one type at one position are at.
    StationId,
}

/// Up to this many stations are asked for a value that one of them could give alone, to save a step.
const MAX_BESIDE: usize = 4;

/// How one gets to a station.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::plan) enum Via {
    /// The objects come from there: the node's place in [`Nodes`].
    Base(usize),
    Lookup {
        lookup: LookupId,
        /// What `@requires` wants handed in beside the key.
        requires: Option<FieldSet>,
        /// The one slot that it answers: by a connector on a field, or with what is handed in from contexts.
        only: Option<SlotId>,
    },
}

#[derive(Debug, Clone)]
pub(in crate::plan) struct Station {
    pub node: NodeId,
    pub via: Via,
    /// Calls before its data is there; 0 for where the objects come from.
    pub depth: u32,
    /// What its lookup needs, and which station gives it.
    pub inputs: Vec<Assignment>,
}

/// Which stations give a slot. More than one where no single one has all that is wanted under it.
#[derive(Debug, Clone)]
pub(in crate::plan) struct Assignment {
    pub slot: SlotId,
    pub child: Option<DemandId>,
    pub stations: Vec<StationId>,
}

/// How the slots of some objects are met.
#[derive(Debug)]
pub(in crate::plan) struct Cover {
    pub position: PositionId,
    /// With the calls that others make for the same position too left out.
    pub cost: Cost,
    /// With all calls.
    pub alone: Cost,
    /// Those that are used. One that needs another stands behind it.
    pub stations: Vec<Station>,
    pub slots: Vec<Assignment>,
}

/// What is handed in where a node is entered, beside a key.
#[derive(Clone, Copy, Default)]
pub(super) struct Handed<'h> {
    requires: Option<&'h FieldSet>,
    contexts: bool,
}

/// A way to get one item.
#[derive(Debug, Clone)]
pub(super) struct Way {
    pub stations: Vec<StationId>,
    /// Counted from where the objects come from, the stations' own calls aside.
    pub cost: Cost,
}

impl Search<'_> {
    /// The best way to give `items` to objects that come from `bases`, where `calls` are made anyway.
    pub(super) fn cover(
        &mut self,
        position: PositionId,
        whom: &Whom,
        bases: &Bases,
        items: &[Item],
        calls: &Calls,
    ) -> Result<Option<Cover>, Stopped> {
        if let Some(cover) = self.cover_by_bases(position, bases, items)? {
            return Ok(Some(cover));
        }
        let stations = Stations::label(self, position, whom, bases, items)?;
        let mut options = Vec::with_capacity(items.len());
        for item in items {
            let found = self.options(position, &stations, item)?;
            if found.is_empty() {
                return Ok(None);
            }
            options.push(found);
        }
        self.choose(position, &stations, items, &options, calls)
    }

    /// The common case: all is where the objects come from, and nothing below needs another call.
    fn cover_by_bases(
        &mut self,
        position: PositionId,
        bases: &Bases,
        items: &[Item],
    ) -> Result<Option<Cover>, Stopped> {
        let mut cost = Cost::ZERO;
        let mut slots = Vec::with_capacity(items.len());
        'items: for item in items {
            for (at, (_, node)) in bases.iter().enumerate() {
                if let Some(found) = self.by_edge(*node, Handed::default(), item)?
                    && found.depth == 0
                    && !self.is_hazard(position, *node, item)
                {
                    cost = cost.beside(found);
                    let stations = vec![StationId::from_index(at)];
                    slots.push(Assignment { slot: item.slot, child: item.child, stations });
                    continue 'items;
                }
            }
            return Ok(None);
        }
        let stations = bases.iter();
        let stations =
            stations.map(|(at, node)| Station { node: *node, via: Via::Base(*at), depth: 0, inputs: vec![] });
        Ok(Some(Cover { position, cost, alone: cost, stations: stations.collect(), slots }))
    }

    /// What an item costs when it is asked at a node that was entered with `handed` in; `None` if it is not there.
    pub(super) fn by_edge(&mut self, node: NodeId, handed: Handed<'_>, item: &Item) -> Result<Option<Cost>, Stopped> {
        let name = self.shape.slots[item.slot.index()].name;
        let Some(edge) = self.graph.edge(node, name) else { return Ok(None) };
        if edge.requires.is_some() && edge.requires.as_ref() != handed.requires
            || !edge.contexts.is_empty() && !handed.contexts
        {
            return Ok(None);
        }
        match (item.child, edge.target) {
            (None, _) => Ok(Some(Cost::FIELD)),
            (Some(_), None) => Ok(None),
            (Some(child), Some(target)) => {
                let decision = self.best(child, &smallvec![target])?;
                Ok(decision.map(|decision| decision.cost.beside(Cost::FIELD)))
            }
        }
    }

    /// The ways to get an item from the stations in reach.
    pub(super) fn options(
        &mut self,
        position: PositionId,
        stations: &Stations,
        item: &Item,
    ) -> Result<Vec<Way>, Stopped> {
        let mut options = vec![];
        for (id, station) in stations.iter() {
            if let Some(cost) = self.by_station(station, item)? {
                let cost = cost.after(station.depth).at_risk(self.hazards(position, station, item));
                options.push(Way { stations: vec![id], cost });
            }
        }
        // Where no one has all that is wanted under it; or where asking several saves a step.
        let ends_here = |way: &Way| {
            way.cost.hazards == 0 && way.stations.iter().any(|id| stations.get(*id).depth == way.cost.depth)
        };
        if item.child.is_some() && !options.iter().any(ends_here) {
            let most = if options.is_empty() { usize::MAX } else { MAX_BESIDE };
            options.extend(self.shared(position, stations, item, most)?);
        }
        Ok(options)
    }

    pub(super) fn by_station(&mut self, station: &Station, item: &Item) -> Result<Option<Cost>, Stopped> {
        match &station.via {
            Via::Base(_) => self.by_edge(station.node, Handed::default(), item),
            Via::Lookup { only: Some(only), .. } if *only != item.slot => Ok(None),
            Via::Lookup { requires, only, .. } => {
                // A lookup for one slot alone is there because the slot's contexts are set.
                let handed = Handed { requires: requires.as_ref(), contexts: only.is_some() };
                self.by_edge(station.node, handed, item)
            }
        }
    }

    /// How many hazards it is to ask for an item at a station: objects are looked up once it is known that they want it.
    fn hazards(&self, position: PositionId, station: &Station, item: &Item) -> u32 {
        match station.via {
            Via::Base(_) => self.is_hazard(position, station.node, item).into(),
            Via::Lookup { .. } => 0,
        }
    }

    /// Whether objects of types that do not want an item are asked for it too where they come from, and are lost with it if it
    /// fails: an interface object cannot tell its types, and what is selected on one of them is asked of all.
    pub(super) fn is_hazard(&self, position: PositionId, node: NodeId, item: &Item) -> bool {
        let at = self.graph.node(node);
        if !at.is_interface_object || self.shape.positions[position.index()].types.is_subset(&item.types) {
            return false;
        }
        let name = self.shape.slots[item.slot.index()].name;
        let Some(field) = self.model.field_of(at.ty, name) else { return false };
        let join = self.model.field_join(field, at.subgraph);
        let wrapping = join.and_then(|join| join.ty).map_or(self.model.field(field).wrapping, |(wrapping, _)| wrapping);
        wrapping.is_non_null()
    }

    /// A shared value whose parts are in several places: asked in each of the `most` nearest, as few as will do.
    fn shared(
        &mut self,
        position: PositionId,
        stations: &Stations,
        item: &Item,
        most: usize,
    ) -> Result<Option<Way>, Stopped> {
        let name = self.shape.slots[item.slot.index()].name;
        let mut parts: Vec<(StationId, NodeId)> = vec![];
        for (id, station) in stations.iter() {
            let plain = matches!(&station.via, Via::Base(_) | Via::Lookup { requires: None, only: None, .. });
            let edge = self.graph.edge(station.node, name).filter(|edge| plain && edge.is_plain());
            parts.extend(edge.and_then(|edge| edge.target).map(|target| (id, target)));
        }
        parts.truncate(most);
        // One alone was looked at before; and from nowhere come objects of which nothing is wanted, but not their slot.
        if parts.len() < 2 {
            return Ok(None);
        }
        let Some(mut best) = self.together(position, stations, item, &parts)? else { return Ok(None) };
        // From the last on: what comes first is where the objects come from, or nearest to it.
        let mut at = parts.len();
        while at > 0 && parts.len() > 2 {
            at -= 1;
            let mut fewer = parts.clone();
            fewer.remove(at);
            if let Some(found) = self.together(position, stations, item, &fewer)?
                && found.0 <= best.0
            {
                (parts, best) = (fewer, found);
            }
        }
        Ok(Some(Way { stations: parts.iter().map(|(id, _)| *id).collect(), cost: best.1 }))
    }

    /// What it costs to ask all of these for what is wanted of a shared value: with the stations' own calls, and without.
    fn together(
        &mut self,
        position: PositionId,
        stations: &Stations,
        item: &Item,
        parts: &[(StationId, NodeId)],
    ) -> Result<Option<(Cost, Cost)>, Stopped> {
        let Some(child) = item.child else { return Ok(None) };
        let nodes: Nodes = parts.iter().map(|(_, node)| *node).collect();
        let Some(decision) = self.best(child, &nodes)? else { return Ok(None) };
        let (mut depth, mut calls, mut hazards) = (0, Cost::ZERO, 0);
        for (id, _) in parts {
            let station = stations.get(*id);
            hazards += self.hazards(position, station, item);
            depth = depth.max(station.depth);
            if let Via::Lookup { lookup, .. } = station.via {
                calls = calls.beside(Cost::call(station.depth, self.graph.lookup(lookup).batch));
            }
        }
        let own = decision.cost.beside(Cost::FIELD).after(depth).at_risk(hazards);
        Ok(Some((own.beside(calls), own)))
    }
}
