//! Owns which parts of a client's schema lean on which of the supergraph.

use std::collections::{BTreeSet, HashMap};

use apollo_compiler::Name;

use super::Coordinate;
use crate::schema::{FieldId, Model, TypeId};
use crate::view::{ClientSchema, FieldMap, FieldSource, Step, ViewMap};

/// Of one client: the parts of its schema by the parts of the supergraph behind them.
#[derive(Debug)]
pub(super) struct Leaning(HashMap<Coordinate, BTreeSet<Coordinate>>);

impl Leaning {
    /// `None` for a schema that is the supergraph's own.
    pub fn of(client: &ClientSchema) -> Option<Self> {
        let map = client.map()?;
        let mut gathering = Gathering { model: &client.model, leaning: HashMap::new() };
        gathering.view(map);
        Some(Self(gathering.leaning))
    }

    /// What leans on any of these, in order.
    pub fn on(&self, theirs: &[Coordinate]) -> BTreeSet<Coordinate> {
        theirs.iter().filter_map(|theirs| self.0.get(theirs)).flatten().cloned().collect()
    }
}

struct Gathering<'a> {
    model: &'a Model,
    leaning: HashMap<Coordinate, BTreeSet<Coordinate>>,
}

impl Gathering<'_> {
    fn view(&mut self, map: &ViewMap) {
        for (ours, ty) in &map.types {
            self.lean(Coordinate::Type(ours.clone()), self.ty(ty.ty));
        }
        for (ours, fields) in &map.fields {
            for (name, field) in fields {
                self.field(&Coordinate::Member(ours.clone(), name.clone()), field);
            }
        }
        for (ours, values) in &map.enums {
            let theirs = values.name.as_ref().unwrap_or(ours);
            self.lean(Coordinate::Type(ours.clone()), Coordinate::Type(theirs.clone()));
            let read = values.read.iter().map(|(theirs, ours)| (ours, theirs));
            for (our_value, their_value) in read.chain(values.written.iter().map(|(ours, theirs)| (ours, theirs))) {
                let at = Coordinate::Member(ours.clone(), our_value.clone());
                self.lean(at, Coordinate::Member(theirs.clone(), their_value.clone()));
            }
        }
        for (ours, input) in &map.inputs {
            self.lean(Coordinate::Type(ours.clone()), Coordinate::Type(input.name.clone()));
            for (our_field, their_field) in &input.fields {
                let at = Coordinate::Member(ours.clone(), our_field.clone());
                self.lean(at, Coordinate::Member(input.name.clone(), their_field.clone()));
            }
        }
    }

    fn field(&mut self, ours: &Coordinate, map: &FieldMap) {
        match &map.source {
            FieldSource::Path(steps) => steps.iter().for_each(|step| self.step(ours, step)),
            // What an interface has, its members have.
            FieldSource::Members(members) => members.iter().for_each(|(_, map)| self.field(ours, map)),
            FieldSource::Here | FieldSource::Constant(_) => {}
        }
    }

    fn step(&mut self, ours: &Coordinate, step: &Step) {
        let (parent, field) = self.named(step.field);
        self.lean(ours.clone(), Coordinate::Member(parent.clone(), field.clone()));
        for (argument, _) in &step.arguments {
            self.lean(ours.clone(), Coordinate::Argument(parent.clone(), field.clone(), argument.clone()));
        }
        self.lean(ours.clone(), self.ty(self.model.field(step.field).base));
        if let Some(narrow) = step.narrow {
            self.lean(ours.clone(), self.ty(narrow));
        }
    }

    fn named(&self, field: FieldId) -> (Name, Name) {
        let def = self.model.field(field);
        (self.model.type_name(def.parent).clone(), self.model.name(def.name).clone())
    }

    fn ty(&self, ty: TypeId) -> Coordinate {
        Coordinate::Type(self.model.type_name(ty).clone())
    }

    fn lean(&mut self, ours: Coordinate, theirs: Coordinate) {
        self.leaning.entry(theirs).or_default().insert(ours);
    }
}
