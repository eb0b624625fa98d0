//! Owns explaining what a fetch that went wrong left empty, once all fetches have ended.
//!
//! Several fetches can bring fields of the same objects. While one fails, the objects that it was to fill may not be there yet, or
//! another's answer may take the place where its error stood. So the last look is at the end: a field that a fetch
//! was to bring and nobody did has the fetch's error.
//!
//! A fetch that could not be sent for an object has no error of its own but that of what it lacked: a field that was not
//! answered, or a type that nobody told. Fetches are explained in their order, so that this one is known before it.

use std::collections::HashMap;

use weft_federation::plan::{FetchContent, FetchSelection, QueryPlan};
use weft_federation::schema::Id;

use super::batch::Target;
use crate::response::{ErrorRef, ObjectId, ResponseArena, SlotValue};

/// Puts errors where fetches were to bring something and did not.
pub struct Explainer<'a> {
    plan: &'a QueryPlan,
    arena: &'a mut ResponseArena,
    /// The errors of the fetches that were to tell objects' types and did not.
    untold: HashMap<ObjectId, ErrorRef>,
}

impl<'a> Explainer<'a> {
    pub fn new(plan: &'a QueryPlan, arena: &'a mut ResponseArena) -> Self {
        Self { plan, arena, untold: HashMap::new() }
    }

    /// Puts `cause` wherever one of the targets' objects, or an object in them, lacks a field of the target's fetch and has no
    /// error yet; false if there is no such place.
    pub fn explain(&mut self, targets: &[Target], cause: ErrorRef) -> bool {
        let plan = self.plan;
        let mut found = false;
        for target in targets {
            found |= self.object(&plan.fetch(target.fetch).selection, target.object, cause);
        }
        found
    }

    /// Why the first of the objects lacks an answer or its type, each in the next one; `None` if nothing failed.
    pub fn cause(&self, objects: &[ObjectId]) -> Option<ErrorRef> {
        let first = objects.first().copied();
        let untyped = first.filter(|object| self.arena.ty(*object).is_none());
        untyped
            .and_then(|object| self.untold.get(&object).copied().or_else(|| self.error_in(object)))
            .or_else(|| objects.iter().find_map(|object| self.arena.object_errors(*object)))
    }

    /// The error of one of the object's fields: it may have taken the object's type with it.
    fn error_in(&self, object: ObjectId) -> Option<ErrorRef> {
        let shape = &self.plan.shape;
        let slots = &shape.positions[self.arena.position(object).index()].slots;
        slots.iter().find_map(|slot| match self.arena.slot(object, shape.slots[slot.index()].index) {
            SlotValue::Error(error) => Some(error),
            SlotValue::Absent
            | SlotValue::Null
            | SlotValue::Leaf { .. }
            | SlotValue::Object(_)
            | SlotValue::List { .. } => None,
        })
    }

    fn object(&mut self, selection: &FetchSelection, object: ObjectId, cause: ErrorRef) -> bool {
        let mut found = false;
        let mut is_answered = false;
        let ty = self.arena.ty(object);
        for field in selection.fields.iter().filter(|field| ty.is_none_or(|ty| field.types.contains(ty))) {
            let index = self.plan.shape.slots[field.slot.index()].index;
            let value = self.arena.slot(object, index);
            is_answered |= value == SlotValue::Null;
            match (value, &field.content) {
                // The root's fields are told one by one, as the client asked for them.
                (SlotValue::Absent, _) if object == ObjectId::ROOT => {
                    self.arena.set_slot(object, index, SlotValue::Error(cause));
                    found = true;
                }
                (SlotValue::Absent, _) if self.arena.object_errors(object).is_none() => {
                    self.arena.attach(object, cause);
                    found = true;
                }
                (value, FetchContent::Objects(below)) => found |= self.value(below, value, cause),
                (_, FetchContent::Leaf(_)) => {}
            }
        }
        // An entity that is not there has nulls for an answer, and needs no type.
        if ty.is_none() && selection.typename && !is_answered {
            self.untold.entry(object).or_insert(cause);
        }
        found
    }

    fn value(&mut self, selection: &FetchSelection, value: SlotValue, cause: ErrorRef) -> bool {
        match value {
            SlotValue::Object(object) => self.object(selection, object, cause),
            SlotValue::List { start, len } => {
                let mut found = false;
                for at in 0..len {
                    let item = self.arena.item(start, at);
                    found |= self.value(selection, item, cause);
                }
                found
            }
            SlotValue::Absent | SlotValue::Null | SlotValue::Leaf { .. } | SlotValue::Error(_) => false,
        }
    }
}
