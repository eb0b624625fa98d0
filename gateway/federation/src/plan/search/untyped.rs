//! Owns what is decided for objects that come from interface objects: their sources know the interface alone, so what
//! is asked of all of them is asked of the interface, and another subgraph has to tell their types before anything
//! can be asked of one of them.

use super::cover::{StationId, Way};
use super::label::Stations;
use super::{Bases, Calls, Cost, Decision, Nodes, Search, Stopped, Untyped, Via};
use crate::plan::demand::{DemandId, Item, Whom};
use crate::schema::{Id, TypeId, TypeSet};

/// What is wanted of untyped objects, and the ways to get it.
struct Asked {
    demand: DemandId,
    whom: Whom,
    bases: Bases,
    stations: Stations,
    /// Asked of the interface, each with its ways.
    at_once: Vec<Item>,
    options: Vec<Vec<Way>>,
    /// Asked once the types are known.
    later: Vec<Item>,
}

impl Search<'_> {
    /// Whether nothing that the objects come from can tell which of several types they are.
    pub(super) fn is_untyped(&self, possible: &TypeSet, nodes: &Nodes) -> bool {
        possible.len() > 1 && !nodes.is_empty() && nodes.iter().all(|node| self.graph.node(*node).is_interface_object)
    }

    pub(super) fn decide_untyped(
        &mut self,
        demand: DemandId,
        nodes: &Nodes,
        possible: &TypeSet,
        items: Vec<Item>,
    ) -> Result<Option<Decision>, Stopped> {
        let Some(first) = nodes.first() else { return Ok(None) };
        let whom = Whom { ty: self.graph.node(*first).ty, types: possible.clone() };
        let bases: Bases = nodes.iter().copied().enumerate().collect();
        let items = items.into_iter().map(|item| Item { types: item.types.intersect(possible), ..item });
        let (whole, mut later): (Vec<Item>, Vec<Item>) =
            items.filter(|item| !item.types.is_empty()).partition(|item| item.types == *possible);
        let position = self.demands.get(demand).position;
        let stations = Stations::label(self, position, &whom, &bases, &whole)?;
        let (mut at_once, mut options) = (vec![], vec![]);
        for item in whole {
            let found = self.options(position, &stations, &item)?;
            if found.is_empty() {
                later.push(item);
            } else {
                at_once.push(item);
                options.push(found);
            }
        }
        let typed = self.demands.get(demand).typed || !later.is_empty();
        let tellers: Vec<StationId> =
            stations.iter().filter(|(_, at)| self.graph.node(at.node).tells_types()).map(|(id, _)| id).collect();
        let asked = Asked { demand, whom, bases, stations, at_once, options, later };
        if !typed {
            return self.ask(&asked, None);
        }
        let mut best: Option<Decision> = None;
        for teller in tellers {
            if let Some(found) = self.ask(&asked, Some(teller))?
                && best.as_ref().is_none_or(|best| found.cost < best.cost)
            {
                best = Some(found);
            }
        }
        Ok(best)
    }

    /// The best answer in which `teller`, if there is one, tells the types.
    fn ask(&mut self, asked: &Asked, teller: Option<StationId>) -> Result<Option<Decision>, Stopped> {
        let Asked { demand, whom, bases, stations, at_once, options, later } = asked;
        let position = self.demands.get(*demand).position;
        let mut options = options.clone();
        options.extend(teller.map(|id| {
            let cost = Cost::ZERO.after(stations.get(id).depth);
            vec![Way { stations: vec![id], cost }]
        }));
        let Some(cover) = self.choose(position, stations, at_once, &options, &Calls::new())? else { return Ok(None) };
        let Some(id) = teller else {
            let cost = cover.cost;
            let untyped = Some(Untyped { whom: whom.clone(), cover, teller: None });
            return Ok(Some(Decision { cost, at_once: vec![], untyped, by_type: vec![] }));
        };
        let via = &stations.get(id).via;
        let at = cover.stations.iter().position(|station| station.via == *via);
        let depth = stations.get(id).depth;

        let mut typed = bases.clone();
        let looked_up = cover.stations.iter().enumerate().filter(|(_, at)| matches!(at.via, Via::Lookup { .. }));
        typed.extend(looked_up.map(|(at, station)| (bases.len() + at, station.node)));
        let mut wanted: Vec<(TypeId, Vec<Item>)> = whom.types.iter().map(|ty| (ty, vec![])).collect();
        for (ty, items) in &mut wanted {
            items.extend(later.iter().filter(|item| item.types.contains(*ty)).cloned());
        }
        let Some((cost, by_type)) = self.by_type(*demand, wanted, &typed)? else { return Ok(None) };
        // Calls for one of the types wait until the types are known.
        let cost = if cost.depth > 0 { cost.after(depth) } else { cost };
        let cost = cover.cost.beside(cost);
        let untyped = Untyped { whom: whom.clone(), cover, teller: at.map(StationId::from_index) };
        Ok(Some(Decision { cost, at_once: vec![], untyped: Some(untyped), by_type }))
    }
}
