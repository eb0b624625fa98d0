//! Owns noting what an error took that is about an object and not about one of its fields.
//!
//! Such an error stands at the object, which tells it once. But it is no reason for what other fetches were to bring: each slot that
//! is empty because of it says so.

use weft_federation::plan::{FetchSelection, Shape};
use weft_federation::schema::Id;

use super::arena::{ErrorRef, ObjectId, ResponseArena, SlotValue};

impl ResponseArena {
    /// Attaches an error to an object of which nothing came that `selection` asks for. What others answered stands.
    pub fn lose(&mut self, shape: &Shape, selection: &FetchSelection, object: ObjectId, error: ErrorRef) {
        self.lose_where(shape, selection, object, error, |value| !value.is_filled());
    }

    /// Attaches an error to an object that came with it: the nulls of its answer are the error's too.
    pub fn lose_nulls(&mut self, shape: &Shape, selection: &FetchSelection, object: ObjectId, error: ErrorRef) {
        self.lose_where(shape, selection, object, error, |value| value == SlotValue::Null || !value.is_filled());
    }

    /// Attaches an error to an object that tells it, and notes that a slot is empty because of it.
    pub fn lose_slot(&mut self, object: ObjectId, index: u32, error: ErrorRef) {
        self.attach(object, error);
        let error = match self.slot(object, index) {
            // Each of the fetches would have done.
            SlotValue::Lost(before) => self.joined(error, before),
            SlotValue::Absent
            | SlotValue::Null
            | SlotValue::Error(_)
            | SlotValue::Leaf { .. }
            | SlotValue::Object(_)
            | SlotValue::List { .. } => error,
        };
        self.set_slot(object, index, SlotValue::Lost(error));
    }

    fn lose_where(
        &mut self,
        shape: &Shape,
        selection: &FetchSelection,
        object: ObjectId,
        error: ErrorRef,
        is_lost: impl Fn(SlotValue) -> bool,
    ) {
        self.attach(object, error);
        let ty = self.ty(object);
        for field in selection.fields.iter().filter(|field| ty.is_none_or(|ty| field.types.contains(ty))) {
            let index = shape.slots[field.slot.index()].index;
            let value = self.slot(object, index);
            // A slot with an error of its own says more.
            if is_lost(value) && !matches!(value, SlotValue::Error(_)) {
                self.lose_slot(object, index, error);
            }
        }
    }
}
