//! Owns the short way for what most of an answer is: leaves that are there, in the object itself or in one that a view looks
//! through. What is anything else is left to those who know nulls, errors and paths.

use weft_federation::plan::{ProjectedField, ProjectionId, ProjectionSource, SlotId, ViewedSource};
use weft_federation::schema::Id;

use super::arena::{ObjectId, SlotValue};
use super::project::{Stop, Writer};
use super::shown::Shown;

impl<'a> Writer<'a> {
    /// Writes a field, and with it those that are of its run, if there is nothing to it. Gives how many were written. It is
    /// the whole of what is done for most fields, so no call is made for it.
    #[inline(always)]
    pub(super) fn plainly(&mut self, object: ObjectId, field: &'a ProjectedField) -> Result<usize, Stop> {
        match &field.source {
            ProjectionSource::Leaf(slot) => self.leaf(object, *slot, field).map(usize::from),
            ProjectionSource::Viewed(viewed) => self.plainly_viewed(object, viewed, field),
            ProjectionSource::Objects(..)
            | ProjectionSource::Typename(_)
            | ProjectionSource::Introspection
            | ProjectionSource::Unshared
            | ProjectionSource::Here(_)
            | ProjectionSource::Constant(_)
            | ProjectionSource::Denied(_) => Ok(0),
        }
    }

    #[inline(never)]
    fn plainly_viewed(
        &mut self,
        object: ObjectId,
        viewed: &'a ViewedSource,
        field: &'a ProjectedField,
    ) -> Result<usize, Stop> {
        match viewed.run {
            Some(run) => self.run(object, viewed.slot, run),
            None if viewed.lists.is_empty() => self.changed_leaf(object, viewed, field).map(usize::from),
            None => Ok(0),
        }
    }

    #[inline(always)]
    fn leaf(&mut self, object: ObjectId, slot: SlotId, field: &ProjectedField) -> Result<bool, Stop> {
        let value = self.arena.slot(object, self.shape.slots[slot.index()].index);
        let SlotValue::Leaf { part, start, len } = value else { return self.plain_null(value, field) };
        self.raw(field.prefix.as_bytes())?;
        self.raw(self.arena.leaf(part, start, len))?;
        Ok(true)
    }

    /// Writes a null that breaks no promise and has no reason.
    #[inline(never)]
    fn plain_null(&mut self, value: SlotValue, field: &ProjectedField) -> Result<bool, Stop> {
        let is_promised = field.wrapping.is_non_null() || field.promised.is_non_null();
        if value != SlotValue::Null || is_promised {
            return Ok(false);
        }
        self.raw(field.prefix.as_bytes())?;
        self.raw(b"null")?;
        Ok(true)
    }

    /// Writes a leaf that a view makes something else of. What stands in for one that is not there need not be known.
    fn changed_leaf(&mut self, object: ObjectId, source: &ViewedSource, field: &ProjectedField) -> Result<bool, Stop> {
        let SlotValue::Leaf { part, start, len } = self.arena.slot(object, self.shape.slots[source.slot.index()].index)
        else {
            return Ok(false);
        };
        let Some(shown) = Shown::of(self.arena.leaf(part, start, len), &source.treatment) else { return Ok(false) };
        self.raw(field.prefix.as_bytes())?;
        self.shown(shown)?;
        Ok(true)
    }

    /// Writes the fields of a run, all or none.
    fn run(&mut self, object: ObjectId, slot: SlotId, run: ProjectionId) -> Result<usize, Stop> {
        let SlotValue::Object(object) = self.arena.slot(object, self.shape.slots[slot.index()].index) else {
            return Ok(0);
        };
        let Some(class) = self.class(object, run) else { return Ok(0) };
        let shared = self.arena.is_shared(object);
        if shared && self.copy(object, run)? {
            return Ok(class.fields.len());
        }
        let start = self.out.len();
        let mut rest = &class.fields[..];
        while let [field, ..] = rest {
            let written = self.plainly(object, field)?;
            if written == 0 {
                self.cut(start);
                return Ok(0);
            }
            rest = rest.get(written..).unwrap_or_default();
        }
        if shared {
            self.keep(object, run, start);
        }
        Ok(class.fields.len())
    }
}
