//! Owns the rule that a field selected on an interface is given by one source of the objects, whatever their types are.
//!
//! Sources that are asked for the same objects each tell the types by themselves. What is selected on one type may come
//! from another source than what is selected on the next; but a field of the interface is promised for every object,
//! and with the types split among sources it would be there only as long as these agree.

use smallvec::smallvec;

use super::{Nodes, Search, Stopped};
use crate::plan::demand::{Demand, DemandId};
use crate::schema::TypeSet;

impl Search<'_> {
    /// Whether each field that is selected on the position's interface is to be had from one of these nodes alone.
    pub(super) fn is_of_one_source(
        &mut self,
        demand: DemandId,
        nodes: &Nodes,
        possible: &TypeSet,
    ) -> Result<bool, Stopped> {
        if nodes.len() < 2 || possible.len() < 2 {
            return Ok(true);
        }
        let Demand { position, items, on_interface, .. } = self.demands.get(demand).clone();
        'items: for item in items.into_iter().filter(|item| on_interface.contains(&item.slot)) {
            let alone = Demand { items: vec![item], ..Demand::new(position) };
            let alone = self.demands.add(alone);
            for node in nodes {
                if self.best(alone, &smallvec![*node])?.is_some() {
                    continue 'items;
                }
            }
            return Ok(false);
        }
        Ok(true)
    }
}
