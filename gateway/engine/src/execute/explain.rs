//! Owns explaining what a fetch that went wrong left empty, once all fetches have ended.
//!
//! Several fetches can bring fields of the same objects. While one fails, the objects that it was to fill may not be there yet, or
//! another's answer may take the place where its error stood. So the last look is at the end: a field that a fetch
//! was to bring and nobody did has the fetch's error.

use weft_federation::plan::{FetchContent, FetchSelection, QueryPlan, Shape};
use weft_federation::schema::Id;

use super::batch::Target;
use crate::response::{ErrorRef, ObjectId, ResponseArena, SlotValue};

/// Puts `cause` wherever one of the targets' objects, or an object in them, lacks a field of the target's fetch and has no error
/// yet; false if there is no such place.
pub fn explain(plan: &QueryPlan, arena: &mut ResponseArena, targets: &[Target], cause: ErrorRef) -> bool {
    let mut explainer = Explainer { shape: &plan.shape, arena, cause, found: false };
    targets.iter().for_each(|target| explainer.object(&plan.fetch(target.fetch).selection, target.object));
    explainer.found
}

struct Explainer<'a> {
    shape: &'a Shape,
    arena: &'a mut ResponseArena,
    cause: ErrorRef,
    found: bool,
}

impl Explainer<'_> {
    fn object(&mut self, selection: &FetchSelection, object: ObjectId) {
        let ty = self.arena.ty(object);
        for field in selection.fields.iter().filter(|field| ty.is_none_or(|ty| field.types.contains(ty))) {
            let index = self.shape.slots[field.slot.index()].index;
            match (self.arena.slot(object, index), &field.content) {
                // The root's fields are told one by one, as the client asked for them.
                (SlotValue::Absent, _) if object == ObjectId::ROOT => {
                    self.arena.set_slot(object, index, SlotValue::Error(self.cause));
                    self.found = true;
                }
                (SlotValue::Absent, _) if self.arena.object_errors(object).is_none() => {
                    self.arena.attach(object, self.cause);
                    self.found = true;
                }
                (value, FetchContent::Objects(below)) => self.value(below, value),
                (_, FetchContent::Leaf(_)) => {}
            }
        }
    }

    fn value(&mut self, selection: &FetchSelection, value: SlotValue) {
        match value {
            SlotValue::Object(object) => self.object(selection, object),
            SlotValue::List { start, len } => {
                for at in 0..len {
                    let item = self.arena.item(start, at);
                    self.value(selection, item);
                }
            }
            SlotValue::Absent | SlotValue::Null | SlotValue::Leaf { .. } | SlotValue::Error(_) => {}
        }
    }
}
