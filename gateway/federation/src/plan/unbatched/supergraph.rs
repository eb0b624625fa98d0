//! Owns the walk through all that a supergraph has, from the root fields on. It asks the search for the cheapest way to each field
//! that is not where the objects come from.

use std::collections::{BTreeSet, HashSet, VecDeque};

use super::{BUDGET, Calls, State};
use crate::connect::ConnectorId;
use crate::plan::graph::NodeId;
use crate::plan::work::{Stopped, Work};
use crate::schema::{FieldId, TypeId};

/// A connector that plans call for each item of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unbatched {
    /// The first list that was found, of the shortest path to one.
    pub list: FieldId,
    /// The field that is not in the list's items.
    pub field: FieldId,
    pub connector: ConnectorId,
}

impl Calls<'_> {
    /// One finding a connector. The flag is false if the supergraph was too large to be looked through.
    pub fn of_supergraph(&self) -> (Vec<Unbatched>, bool) {
        if self.suspects.is_empty() {
            return (vec![], true);
        }
        let mut walk = Walk {
            calls: self,
            waiting: VecDeque::new(),
            seen: HashSet::new(),
            work: Work::new(BUDGET),
            said: BTreeSet::new(),
            found: vec![],
        };
        let is_complete = walk.run().is_ok();
        (walk.found, is_complete)
    }
}

struct Walk<'a> {
    calls: &'a Calls<'a>,
    waiting: VecDeque<State>,
    /// Of the list only whether there is one: which it is does not change what is called.
    seen: HashSet<(TypeId, Vec<NodeId>, bool)>,
    work: Work<'static>,
    said: BTreeSet<ConnectorId>,
    found: Vec<Unbatched>,
}

impl Walk<'_> {
    fn run(&mut self) -> Result<(), Stopped> {
        self.calls.begin().into_iter().for_each(|state| self.push(state));
        while let Some(state) = self.waiting.pop_front() {
            self.objects(&state)?;
        }
        Ok(())
    }

    fn objects(&mut self, state: &State) -> Result<(), Stopped> {
        let calls = self.calls;
        let fields = &calls.model.ty(state.ty).fields;
        self.work.spend(fields.len())?;
        let mut elsewhere = vec![];
        for field in fields {
            match calls.here(state, *field) {
                Some(targets) => self.follow(state, *field, &targets),
                None => elsewhere.push(*field),
            }
        }
        for (field, targets) in calls.elsewhere(state, &elsewhere, &self.work)? {
            if let Some(list) = state.list {
                for connector in calls.one_by_one(state, field, &self.work)? {
                    if self.said.insert(connector) {
                        self.found.push(Unbatched { list, field, connector });
                    }
                }
            }
            self.follow(state, field, &targets);
        }
        Ok(())
    }

    fn follow(&mut self, state: &State, field: FieldId, targets: &[NodeId]) {
        self.calls.follow(state, field, targets).into_iter().for_each(|state| self.push(state));
    }

    fn push(&mut self, state: State) {
        if self.seen.insert((state.ty, state.nodes.clone(), state.list.is_some())) {
            self.waiting.push_back(state);
        }
    }
}
