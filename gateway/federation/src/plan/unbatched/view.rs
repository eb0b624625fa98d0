//! Owns the walk through what a client's schema has of a supergraph: along the paths of its fields, and no further.

use std::collections::{HashSet, VecDeque};

use apollo_compiler::Name;

use super::{BUDGET, Calls, State};
use crate::connect::ConnectorId;
use crate::plan::graph::NodeId;
use crate::plan::work::{Stopped, Work};
use crate::schema::{FieldId, TypeId};
use crate::view::{ClientSchema, FieldMap, FieldSource, Step, ViewMap};

/// A field of a client's for which plans call a connector for each item of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UnbatchedInView {
    /// The client's type and field.
    pub at: (Name, Name),
    /// The supergraph's list that the field is below, or goes through.
    pub list: FieldId,
    /// What of its path is not in the list's items.
    pub field: FieldId,
    pub connector: ConnectorId,
}

impl Calls<'_> {
    /// One finding a field and connector. The flag is false if the client's schema was too large to be looked through.
    pub fn of_view(&self, client: &ClientSchema) -> (Vec<UnbatchedInView>, bool) {
        let Some(map) = client.map().filter(|_| !self.suspects.is_empty()) else { return (vec![], true) };
        let mut walk = Walk {
            calls: self,
            client,
            map,
            waiting: VecDeque::new(),
            seen: HashSet::new(),
            work: Work::new(BUDGET),
            found: vec![],
        };
        let is_complete = walk.run().is_ok();
        (walk.found, is_complete)
    }
}

struct Walk<'a> {
    calls: &'a Calls<'a>,
    client: &'a ClientSchema,
    map: &'a ViewMap,
    /// Objects, and the client's type that they are seen as.
    waiting: VecDeque<(Name, State)>,
    seen: HashSet<(Name, TypeId, Vec<NodeId>, bool)>,
    work: Work<'static>,
    found: Vec<UnbatchedInView>,
}

impl Walk<'_> {
    fn run(&mut self) -> Result<(), Stopped> {
        let definition = &self.client.schema.schema_definition;
        let roots = [&definition.query, &definition.mutation, &definition.subscription];
        let roots: Vec<&Name> = roots.into_iter().flatten().map(|root| &root.name).collect();
        for state in self.calls.begin() {
            for root in &roots {
                if self.map.types.get(*root).is_some_and(|map| map.ty == state.ty) {
                    self.push(root, state.clone());
                }
            }
        }
        while let Some((seen_as, state)) = self.waiting.pop_front() {
            self.objects(&seen_as, &state)?;
        }
        Ok(())
    }

    fn objects(&mut self, seen_as: &Name, state: &State) -> Result<(), Stopped> {
        let map = self.map;
        let Some(members) = map.types.get(seen_as).map(|map| &map.members) else { return Ok(()) };
        let named = members.iter().find(|(ty, _)| *ty == state.ty).map(|(_, name)| name.trim_matches('"'));
        let Some((member, fields)) = named.and_then(|name| map.fields.get_key_value(name)) else { return Ok(()) };
        self.work.spend(fields.len())?;
        let mut fields: Vec<(&Name, &FieldMap)> = fields.iter().map(|(name, map)| (name, &**map)).collect();
        fields.sort_unstable_by_key(|(name, _)| *name);
        for (name, field) in fields {
            let ends = match &field.source {
                FieldSource::Path(steps) => self.along(&(member.clone(), name.clone()), steps, state)?,
                FieldSource::Here => vec![state.clone()],
                // Objects have their fields from one place.
                FieldSource::Members(_) | FieldSource::Constant(_) => vec![],
            };
            if let Ok(definition) = self.client.schema.type_field(member, name) {
                let seen_as = definition.ty.inner_named_type();
                ends.into_iter().for_each(|state| self.push(seen_as, state));
            }
        }
        Ok(())
    }

    /// The objects at the end of a path.
    fn along(&mut self, at: &(Name, Name), steps: &[Step], from: &State) -> Result<Vec<State>, Stopped> {
        let mut states = vec![from.clone()];
        for step in steps {
            let mut next = vec![];
            for state in &states {
                next.extend(self.step(at, step, state)?);
            }
            states = next;
        }
        Ok(states)
    }

    fn step(&mut self, at: &(Name, Name), step: &Step, state: &State) -> Result<Vec<State>, Stopped> {
        let (calls, model) = (self.calls, self.calls.model);
        let Some(field) = model.field_of(state.ty, model.field(step.field).name) else { return Ok(vec![]) };
        let targets = match calls.here(state, field) {
            Some(targets) => targets,
            None => {
                let Some((_, targets)) = calls.elsewhere(state, &[field], &self.work)?.pop() else { return Ok(vec![]) };
                if let Some(list) = state.list {
                    for connector in calls.one_by_one(state, field, &self.work)? {
                        self.note(UnbatchedInView { at: at.clone(), list, field, connector });
                    }
                }
                targets
            }
        };
        let mut states = calls.follow(state, field, &targets);
        if let Some(narrow) = step.narrow {
            states.retain(|state| model.ty(narrow).possible.contains(state.ty));
        }
        Ok(states)
    }

    fn note(&mut self, call: UnbatchedInView) {
        if !self.found.iter().any(|known| known.at == call.at && known.connector == call.connector) {
            self.found.push(call);
        }
    }

    fn push(&mut self, seen_as: &Name, state: State) {
        let key = (seen_as.clone(), state.ty, state.nodes.clone(), state.list.is_some());
        if self.seen.insert(key) {
            self.waiting.push_back((seen_as.clone(), state));
        }
    }
}
