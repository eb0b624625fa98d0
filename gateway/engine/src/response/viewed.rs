//! Owns writing what a view makes of a slot: the value at the end of a path, its lists joined to one, cut to a limit, masked,
//! renamed; and what stands in for it where it is not there.
//!
//! What the client sees is decided here and nowhere else: paths of errors are the client's, since they are taken down while its
//! answer is written.

use weft_federation::plan::{ProjectedField, ProjectionId, ProjectionKind, ProjectionSource, ViewedSource};
use weft_federation::schema::{Id, Wrapping};
use weft_federation::view::{Fallback, ListStep, Need, Treatment};

use super::arena::{ErrorRef, ObjectId, SlotValue};
use super::project::{Stop, Target, Writer};
use super::report::{Mark as ReportMark, Segment};
use super::shown::Shown;

/// A field's value while a path to it is followed.
struct Value<'a> {
    treatment: &'a Treatment,
    coordinate: &'a str,
    wrapping: Wrapping,
    /// How many items the client's list has so far; `None` while there is no list.
    items: Option<u32>,
    /// How many causes of nulls were known before the first of them.
    causes: usize,
}

/// What is at a place of the path.
#[derive(Clone, Copy)]
struct Found<'a> {
    value: SlotValue,
    /// What the supergraph says of it.
    promised: Wrapping,
    /// It is not there, since an object on the way is of a type on which the rest of the path is refused.
    refused: Option<&'a Need>,
}

impl<'a> Found<'a> {
    fn new(value: SlotValue, promised: Wrapping) -> Self {
        Self { value, promised, refused: None }
    }

    /// Nothing, as may be.
    fn nothing() -> Self {
        Self::new(SlotValue::Null, Wrapping::default())
    }

    fn refused(need: &'a Need) -> Self {
        Self { refused: Some(need), ..Self::nothing() }
    }
}

impl<'a> Writer<'a> {
    /// Writes a field of a view.
    pub(super) fn viewed(
        &mut self,
        object: ObjectId,
        field: &'a ProjectedField,
        source: &'a ViewedSource,
    ) -> Result<(), Stop> {
        let treatment = &source.treatment;
        // Where there is a fallback, null is first of all the question whether it stands in.
        let wrapping = if treatment.fallback.is_some() { field.wrapping.nullable() } else { field.wrapping };
        let mut value = Value { treatment, coordinate: &field.coordinate, wrapping, items: None, causes: 0 };
        let found = self.arena.slot(object, self.shape.slots[source.slot.index()].index);
        let lost = match found {
            SlotValue::Lost(errors) => Some(errors),
            SlotValue::Absent
            | SlotValue::Null
            | SlotValue::Error(_)
            | SlotValue::Leaf { .. }
            | SlotValue::Object(_)
            | SlotValue::List { .. } => None,
        };
        let found = Found::new(found, field.promised);
        let Some(fallback) = &treatment.fallback else {
            lost.into_iter().for_each(|errors| self.lack(errors));
            return self.lists(found, &source.lists, source, &mut value);
        };
        let (start, mark) = (self.out.len(), self.report.watch());
        lost.into_iter().for_each(|errors| self.note_causes(errors));
        let written = self.lists(found, &source.lists, source, &mut value);
        let written = self.fall_back(written, start, &mark, fallback, lost);
        self.report.unwatch();
        let is_null = written.is_ok() && &self.out[start..] == b"null";
        if is_null && field.wrapping.is_non_null() {
            let errors_before = if self.report.has_told_since(&mark) { usize::MAX } else { self.report.count() };
            self.cut(start);
            return self.null(field.wrapping, Target::of(field), lost.is_some(), errors_before);
        }
        written
    }

    /// Lets a fallback stand in for what is null; `lost` is those of its causes that the object tells.
    fn fall_back(
        &mut self,
        written: Result<(), Stop>,
        start: usize,
        mark: &ReportMark,
        fallback: &'a Fallback,
        lost: Option<ErrorRef>,
    ) -> Result<(), Stop> {
        let is_null = match &written {
            Ok(()) => &self.out[start..] == b"null",
            Err(Stop::Nulled) => true,
            Err(Stop::TooLarge) => return written,
        };
        if !is_null {
            return written;
        }
        let causes = self.report.causes_since(mark);
        let is_refused = causes.iter().any(|code| code.refuses);
        let cause = causes.first().map(|code| code.text.to_string());
        let stands_in = !is_refused && if cause.is_some() { fallback.on_error } else { fallback.on_null };
        if !stands_in {
            self.lacks.open.extend(lost.into_iter().flat_map(|errors| self.arena.rows(errors)));
            return written;
        }
        self.cut(start);
        let tells = cause.is_some_and(|code| self.report.degrade(start, mark, &code, fallback.report));
        let which = if tells { &mut self.lacks.open } else { &mut self.lacks.covered };
        which.extend(lost.into_iter().flat_map(|errors| self.arena.rows(errors)));
        self.raw(fallback.value.as_bytes())
    }

    /// Goes through the lists of a step.
    fn lists(
        &mut self,
        found: Found<'a>,
        lists: &'a [ListStep],
        source: &'a ViewedSource,
        value: &mut Value<'a>,
    ) -> Result<(), Stop> {
        let Some((first, rest)) = lists.split_first() else { return self.arrive(found, source, value) };
        let promised = found.promised.item();
        let item = |value| Found::new(value, promised);
        match (found.value, *first) {
            (SlotValue::List { start, len }, ListStep::At(at)) => {
                let found = if at < len { item(self.arena.item(start, at)) } else { Found::nothing() };
                self.lists(found, rest, source, value)
            }
            (SlotValue::List { start, len }, ListStep::Each) => {
                let each = |writer: &mut Self, value: &mut Value<'a>| {
                    (0..len).try_for_each(|at| writer.lists(item(writer.arena.item(start, at)), rest, source, value))
                };
                // The first one opens the client's list, and others add to it.
                if value.items.is_none() { self.listed(value, each) } else { each(self, value) }
            }
            (
                SlotValue::Absent
                | SlotValue::Null
                | SlotValue::Error(_)
                | SlotValue::Lost(_)
                | SlotValue::Leaf { .. }
                | SlotValue::Object(_),
                _,
            ) => self.land(found, None, value),
        }
    }

    /// Is at the end of a step: the path goes on from here, or has come to its end.
    fn arrive(&mut self, found: Found<'a>, source: &'a ViewedSource, value: &mut Value<'a>) -> Result<(), Stop> {
        let through = source.below.filter(|below| self.is_through(*below));
        match (found.value, through) {
            (SlotValue::Object(object), Some(below)) => {
                let next = self.class(object, below).and_then(|class| class.fields.first());
                let next = next.map(|field| (&field.source, field.promised));
                if let Some((ProjectionSource::Denied(need), _)) = next {
                    return self.land(Found::refused(need), None, value);
                }
                let Some((ProjectionSource::Viewed(next), promised)) = next else {
                    // The path does not go on for objects of this type, or of a type that nobody has told.
                    let value_there = self.untold(object).map_or(SlotValue::Null, SlotValue::Error);
                    return self.land(Found { value: value_there, ..Found::nothing() }, None, value);
                };
                let found = match self.arena.slot(object, self.shape.slots[next.slot.index()].index) {
                    // An object on the way tells nothing itself.
                    SlotValue::Lost(errors) => SlotValue::Error(errors),
                    found => found,
                };
                self.lists(Found::new(found, promised), &next.lists, next, value)
            }
            (_, Some(_)) => self.land(found, None, value),
            // A list that stays as it is, but for its length and its items.
            (SlotValue::List { start, len }, None) if value.items.is_none() && value.wrapping.is_list() => {
                let promised = found.promised.item();
                self.listed(value, |writer, value| {
                    (0..len).try_for_each(|at| {
                        let found = Found::new(writer.arena.item(start, at), promised);
                        writer.land(found, source.below, value)
                    })
                })
            }
            (_, None) => self.land(found, source.below, value),
        }
    }

    fn is_through(&self, projection: ProjectionId) -> bool {
        self.shape.projections[projection.index()].kind == ProjectionKind::Through
    }

    /// Writes the client's list, with the items that `write` gives. An item that may not be null takes the list with it.
    fn listed(
        &mut self,
        value: &mut Value<'a>,
        write: impl FnOnce(&mut Self, &mut Value<'a>) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        let (start, errors_before) = (self.out.len(), self.report.count());
        self.out.push(b'[');
        value.items = Some(0);
        value.causes = self.report.causes();
        let written = write(self, value);
        value.items = None;
        match written {
            Ok(()) => {
                self.out.push(b']');
                Ok(())
            }
            Err(Stop::Nulled) => {
                self.cut(start);
                let target = Target { below: None, coordinate: value.coordinate, promised: Wrapping::default() };
                self.null(value.wrapping, target, false, errors_before)
            }
            Err(Stop::TooLarge) => written,
        }
    }

    /// Writes what was found at the end of a path: the field's value, or an item of it.
    fn land(&mut self, found: Found<'a>, below: Option<ProjectionId>, value: &mut Value<'a>) -> Result<(), Stop> {
        let target = Target { below, coordinate: value.coordinate, promised: found.promised };
        let write = |writer: &mut Self, value: &Value<'a>, wrapping| match found.refused {
            Some(need) => writer.refuse(need, wrapping, target),
            None => writer.treated(found.value, target, value, wrapping),
        };
        let Some(at) = value.items else { return write(self, value, value.wrapping) };
        if value.treatment.limit.is_some_and(|limit| at >= limit) {
            return Ok(());
        }
        if value.treatment.drop_unknown
            && let (SlotValue::Object(object), Some(below)) = (found.value, below)
            && self.class(object, below).is_none()
            && self.untold(object).is_none()
        {
            return Ok(());
        }
        if at > 0 {
            self.out.push(b',');
        }
        value.items = Some(at + 1);
        self.report.path.push(Segment::Index(at));
        let here = self.report.causes();
        let written = write(self, value, value.wrapping.item());
        self.report.path.pop();
        if written.is_err() {
            self.report.forget_causes(value.causes..here);
        }
        written
    }

    fn treated(
        &mut self,
        found: SlotValue,
        target: Target<'a>,
        value: &Value<'a>,
        wrapping: Wrapping,
    ) -> Result<(), Stop> {
        match found {
            SlotValue::Leaf { part, start, len } if value.treatment.changes_leaves() => {
                let leaf = self.arena.leaf(part, start, len);
                match Shown::of(leaf, value.treatment) {
                    Some(shown) => self.shown(shown),
                    None => {
                        let errors_before = self.report.count();
                        self.report_here("The value here is none that this schema knows.");
                        self.null(wrapping, target, false, errors_before)
                    }
                }
            }
            SlotValue::List { start, len } if value.treatment.changes_leaves() && wrapping.is_list() => {
                let (before, errors_before) = (self.out.len(), self.report.count());
                match self.inner_list((start, len), target.item(), value, wrapping.item()) {
                    Err(Stop::Nulled) => {
                        self.cut(before);
                        self.null(wrapping, target, false, errors_before)
                    }
                    written @ (Ok(()) | Err(Stop::TooLarge)) => written,
                }
            }
            SlotValue::Absent
            | SlotValue::Null
            | SlotValue::Error(_)
            | SlotValue::Lost(_)
            | SlotValue::Object(_)
            | SlotValue::Leaf { .. }
            | SlotValue::List { .. } => self.value(found, wrapping, target),
        }
    }

    pub(super) fn shown(&mut self, leaf: Shown<'_>) -> Result<(), Stop> {
        match leaf {
            Shown::Raw(json) => self.raw(json),
            Shown::Name(name) => {
                self.out.push(b'"');
                self.raw(name.as_bytes())?;
                self.out.push(b'"');
                Ok(())
            }
            Shown::Masked(json) => self.raw(json.as_bytes()),
        }
    }

    /// A list in the client's list.
    fn inner_list(
        &mut self,
        (start, len): (u32, u32),
        target: Target<'a>,
        value: &Value<'a>,
        wrapping: Wrapping,
    ) -> Result<(), Stop> {
        self.out.push(b'[');
        let before = self.report.causes();
        for at in 0..len {
            if at > 0 {
                self.out.push(b',');
            }
            self.report.path.push(Segment::Index(at));
            let here = self.report.causes();
            let written = self.treated(self.arena.item(start, at), target, value, wrapping);
            self.report.path.pop();
            if written.is_err() {
                self.report.forget_causes(before..here);
                return written;
            }
        }
        self.out.push(b']');
        Ok(())
    }
}
