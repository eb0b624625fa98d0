//! Owns explaining what a fetch that went wrong left empty, once all fetches have ended.
//!
//! Several fetches can bring fields of the same objects. While one fails, the objects that it was to fill may not be there yet, or
//! another's answer may take the place where its error stood. So the last look is at the end: a field that a fetch
//! was to bring and nobody did has the fetch's error.
//!
//! A fetch that was not sent for an object has no error of its own but that of what it lacked: a field that was not answered,
//! a type that nobody told, or the object itself, which came too late. Fetches are explained in their order, so that
//! this one is known before it.

use std::collections::HashMap;

use weft_federation::plan::{FetchContent, FetchId, FetchNode, FetchSelection, QueryPlan};
use weft_federation::schema::Id;

use super::batch::Target;
use super::receive::Cause;
use super::representations::{Missing, RepresentationWriter};
use crate::response::{ErrorRef, ObjectId, ResponseArena, SlotValue};

/// An object that a fetch could not be asked for.
pub struct Blocked {
    pub target: Target,
    pub why: Why,
}

pub enum Why {
    Error(ErrorRef),
    /// It shows at these objects in the end.
    Unanswered(Vec<ObjectId>),
}

/// Puts errors where fetches were to bring something and did not.
pub struct Explainer<'a> {
    plan: &'a QueryPlan,
    arena: &'a mut ResponseArena,
    /// Per fetch, the error that it ended with or that kept it from being sent, for some object at least.
    causes: Vec<Option<ErrorRef>>,
    /// The errors of the fetches that were to tell objects' types and did not.
    untold: HashMap<ObjectId, ErrorRef>,
    /// Errors that have no place yet.
    unplaced: Vec<ErrorRef>,
}

impl<'a> Explainer<'a> {
    pub fn new(plan: &'a QueryPlan, arena: &'a mut ResponseArena) -> Self {
        let causes = vec![None; plan.fetches.len()];
        Self { plan, arena, causes, untold: HashMap::new(), unplaced: vec![] }
    }

    /// Explains what a request that went wrong left empty of its objects.
    pub fn failed(&mut self, fetches: &[FetchId], targets: &[Target], cause: Cause) {
        for fetch in fetches {
            self.causes[fetch.index()].get_or_insert(cause.error);
        }
        if !cause.is_told {
            self.unplaced.push(cause.error);
        }
        targets.iter().for_each(|target| self.explain(*target, cause.error));
    }

    /// Explains what an object lacks that a fetch could not be asked for. Objects below it can come from elsewhere, and lack
    /// what was to be asked of them.
    pub fn blocked(&mut self, target: Target, why: &Why) {
        let cause = match why {
            Why::Error(error) => Some(*error),
            Why::Unanswered(objects) => self.cause(objects),
        };
        if let Some(cause) = cause {
            self.causes[target.fetch.index()].get_or_insert(cause);
            self.explain(target, cause);
        }
    }

    /// Explains what objects lack that came after the fetch was written, which had `known` objects to be asked for: what it
    /// waited for has failed, and they are another's.
    pub fn late(&mut self, fetch: &FetchNode, writer: &RepresentationWriter, known: usize) {
        let before = fetch.depends_on.iter().find_map(|id| self.causes[id.index()]);
        let Some(before) = before else { return };
        self.causes[fetch.id.index()].get_or_insert(before);
        for (object, missing) in writer.late(&self.plan.shape, self.arena, fetch, known) {
            let cause = match missing {
                // There is nothing to ask for, which is an answer.
                Some(Missing::Nothing) => continue,
                Some(Missing::Error(error)) => error,
                Some(Missing::Unanswered(objects)) => self.cause(&objects).unwrap_or(before),
                Some(Missing::Null(_) | Missing::Context(_)) | None => before,
            };
            self.explain(Target { fetch: fetch.id, object }, cause);
        }
    }

    /// Tells errors without a place that have none.
    pub fn finish(self) {
        self.unplaced.into_iter().for_each(|error| self.arena.add_unlocated(error));
    }

    /// Puts `cause` wherever the target's object, or an object in it, lacks a field of the target's fetch without a reason.
    fn explain(&mut self, target: Target, cause: ErrorRef) {
        let plan = self.plan;
        if self.object(&plan.fetch(target.fetch).selection, target.object, cause) {
            self.unplaced.retain(|error| *error != cause);
        }
    }

    /// Why the first of the objects lacks an answer or its type, each in the next one; `None` if nothing failed.
    fn cause(&self, objects: &[ObjectId]) -> Option<ErrorRef> {
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
            SlotValue::Error(error) | SlotValue::Lost(error) => Some(error),
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
                (SlotValue::Absent, _) => {
                    self.arena.lose_slot(object, index, cause);
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
            SlotValue::Absent | SlotValue::Null | SlotValue::Leaf { .. } | SlotValue::Error(_) | SlotValue::Lost(_) => {
                false
            }
        }
    }
}
