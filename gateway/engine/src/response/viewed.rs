//! Owns writing what a view makes of a slot: the value at the end of a path, its lists joined to one, cut to a limit, masked,
//! renamed; and what stands in for it where it is not there.
//!
//! What the client sees is decided here and nowhere else: paths of errors are the client's, since they are taken down while its
//! answer is written.

use std::borrow::Cow;

use weft_federation::plan::{ProjectedField, ProjectionId, ProjectionKind, ProjectionSource, ViewedSource};
use weft_federation::schema::{Id, Wrapping, write_json_string};
use weft_federation::view::{EnumMap, Fallback, ListStep, Mask, Need, Treatment};

use super::arena::{ObjectId, SlotValue};
use super::project::{Stop, Target, Writer};
use super::report::{Code, Mark as ReportMark, Segment};
use crate::execute::SubgraphError;

/// A field's value while a path to it is followed.
struct Value<'a> {
    treatment: &'a Treatment,
    coordinate: &'a str,
    wrapping: Wrapping,
    /// How many items the client's list has so far; `None` while there is no list.
    items: Option<u32>,
}

/// What is at a place of the path.
#[derive(Clone, Copy)]
struct Found<'a> {
    value: SlotValue,
    /// What the supergraph says of it.
    promised: Wrapping,
    /// Why it is not there, if it is not.
    reason: Reason<'a>,
}

impl Found<'_> {
    /// Nothing, as may be.
    fn nothing() -> Self {
        Self { value: SlotValue::Null, promised: Wrapping::default(), reason: Reason::None }
    }
}

/// Whose errors say why a value is not there.
#[derive(Clone, Copy)]
enum Reason<'a> {
    None,
    /// Those of the object that is being written, which tells them itself.
    Told,
    /// Those of an object on the way.
    Of(ObjectId),
    /// An object on the way is of a type on which the rest of the path is refused.
    Refused(&'a Need),
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
        let mut value = Value { treatment, coordinate: &field.coordinate, wrapping, items: None };
        let found = self.arena.slot(object, self.shape.slots[source.slot.index()].index);
        let explained = self.is_lost(object, found);
        let reason = if explained { Reason::Told } else { Reason::None };
        let found = Found { value: found, promised: field.promised, reason };
        let Some(fallback) = &treatment.fallback else {
            self.lacks.open |= explained;
            return self.lists(found, &source.lists, source, &mut value);
        };
        let (start, mark) = (self.out.len(), self.report.watch());
        let written = self.lists(found, &source.lists, source, &mut value);
        let written = self.fall_back(written, start, &mark, fallback, explained.then_some(object));
        self.report.unwatch();
        let is_null = written.is_ok() && &self.out[start..] == b"null";
        if is_null && field.wrapping.is_non_null() {
            let errors_before = if self.report.has_told_since(&mark) { usize::MAX } else { self.report.count() };
            self.cut(start);
            return self.null(field.wrapping, Target::of(field), explained, errors_before);
        }
        written
    }

    /// Whether nobody has answered for a value, because of an error of the object that it is in.
    fn is_lost(&self, object: ObjectId, value: SlotValue) -> bool {
        value == SlotValue::Absent && self.is_explained(object, value)
    }

    /// Lets a fallback stand in for what is null; `explained` is the object whose errors say why.
    fn fall_back(
        &mut self,
        written: Result<(), Stop>,
        start: usize,
        mark: &ReportMark,
        fallback: &'a Fallback,
        explained: Option<ObjectId>,
    ) -> Result<(), Stop> {
        let is_null = match &written {
            Ok(()) => &self.out[start..] == b"null",
            Err(Stop::Nulled) => true,
            Err(Stop::TooLarge) => return written,
        };
        if !is_null {
            return written;
        }
        // Which of an object's errors has taken a value is not known: one of them that refuses is enough.
        let own = explained.into_iter().flat_map(|object| self.arena.errors(self.arena.object_errors(object)));
        let own: Vec<Code> = own.map(Code::of).collect();
        let codes: Vec<&Code> = self.report.codes_since(mark).iter().chain(&own).collect();
        let is_refused = codes.iter().any(|code| code.refuses);
        let cause = codes.first().map(|code| code.text.to_string());
        let stands_in = !is_refused && if cause.is_some() { fallback.on_error } else { fallback.on_null };
        if explained.is_some() {
            self.lacks.covered |= stands_in && !fallback.report;
            self.lacks.open |= !stands_in || fallback.report;
        }
        if !stands_in {
            return written;
        }
        self.cut(start);
        if let Some(code) = cause {
            self.report.degrade(start, mark, &code, fallback.report);
        }
        self.reserve(fallback.value.len())?;
        self.out.extend_from_slice(fallback.value.as_bytes());
        Ok(())
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
        let item = |value| Found { value, promised, reason: Reason::None };
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
                    return self.land(Found { reason: Reason::Refused(need), ..Found::nothing() }, None, value);
                }
                let Some((ProjectionSource::Viewed(next), promised)) = next else {
                    // The path does not go on for objects of this type.
                    let reason = self.reason_of(object, SlotValue::Absent);
                    return self.land(Found { reason, ..Found::nothing() }, None, value);
                };
                let found = self.arena.slot(object, self.shape.slots[next.slot.index()].index);
                let reason = self.reason_of(object, found);
                self.lists(Found { value: found, promised, reason }, &next.lists, next, value)
            }
            (_, Some(_)) => self.land(found, None, value),
            // A list that stays as it is, but for its length and its items.
            (SlotValue::List { start, len }, None) if value.items.is_none() && value.wrapping.is_list() => {
                let promised = found.promised.item();
                self.listed(value, |writer, value| {
                    (0..len).try_for_each(|at| {
                        let found = Found { value: writer.arena.item(start, at), promised, reason: Reason::None };
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

    fn reason_of(&self, object: ObjectId, found: SlotValue) -> Reason<'a> {
        if self.is_lost(object, found) { Reason::Of(object) } else { Reason::None }
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
        let Some(at) = value.items else { return self.told(found, below, value, value.wrapping) };
        if value.treatment.limit.is_some_and(|limit| at >= limit) {
            return Ok(());
        }
        if value.treatment.drop_unknown
            && let (SlotValue::Object(object), Some(below)) = (found.value, below)
            && self.class(object, below).is_none()
        {
            return Ok(());
        }
        if at > 0 {
            self.out.push(b',');
        }
        value.items = Some(at + 1);
        self.report.path.push(Segment::Index(at));
        let written = self.told(found, below, value, value.wrapping.item());
        self.report.path.pop();
        written
    }

    /// Writes what was found, after the errors of an object on the way that say why it is not there.
    fn told(
        &mut self,
        found: Found<'a>,
        below: Option<ProjectionId>,
        value: &Value<'a>,
        wrapping: Wrapping,
    ) -> Result<(), Stop> {
        let explained = match found.reason {
            Reason::None => false,
            Reason::Told => true,
            Reason::Of(object) => {
                self.tell(object);
                true
            }
            Reason::Refused(need) => {
                self.report.add_here(&SubgraphError::denied(need));
                true
            }
        };
        let target = Target { below, coordinate: value.coordinate, promised: found.promised };
        self.treated(found.value, target, value, wrapping, explained)
    }

    fn treated(
        &mut self,
        found: SlotValue,
        target: Target<'a>,
        value: &Value<'a>,
        wrapping: Wrapping,
        explained: bool,
    ) -> Result<(), Stop> {
        match found {
            SlotValue::Leaf { part, start, len } if value.treatment.changes_leaves() => {
                let leaf = self.arena.leaf(part, start, len);
                match changed(leaf, value.treatment) {
                    Some(text) => {
                        self.reserve(text.len())?;
                        self.out.extend_from_slice(text.as_bytes());
                        Ok(())
                    }
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
                        self.null(wrapping, target, explained, errors_before)
                    }
                    written @ (Ok(()) | Err(Stop::TooLarge)) => written,
                }
            }
            SlotValue::Absent
            | SlotValue::Null
            | SlotValue::Error(_)
            | SlotValue::Object(_)
            | SlotValue::Leaf { .. }
            | SlotValue::List { .. } => self.value(found, wrapping, target, explained),
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
        for at in 0..len {
            if at > 0 {
                self.out.push(b',');
            }
            self.report.path.push(Segment::Index(at));
            let written = self.treated(self.arena.item(start, at), target, value, wrapping, false);
            self.report.path.pop();
            written?;
        }
        self.out.push(b']');
        Ok(())
    }
}

/// A leaf as the client sees it; `None` if it is nothing that the client knows.
fn changed(leaf: &[u8], treatment: &Treatment) -> Option<String> {
    // What stands in a leaf is one JSON token, of an enum or a text.
    let text: Cow<'_, str> = serde_json::from_slice::<String>(leaf).ok()?.into();
    let text = match &treatment.values {
        Some(values) => Cow::Owned(renamed(&text, values)?),
        None => text,
    };
    let text = match &treatment.mask {
        Some(mask) => Cow::Owned(masked(&text, mask)),
        None => text,
    };
    let mut json = String::with_capacity(text.len() + 2);
    write_json_string(&text, &mut json);
    Some(json)
}

fn renamed(text: &str, values: &EnumMap) -> Option<String> {
    let known = values.read.iter().find(|(upstream, _)| upstream == text).map(|(_, client)| client);
    known.or(values.catch_all.as_ref()).map(ToString::to_string)
}

/// The text with all but its last characters hidden. One that is too short to keep a secret beside them is hidden whole.
fn masked(text: &str, mask: &Mask) -> String {
    let length = text.chars().count();
    let keep = mask.keep_last as usize;
    let hidden = if length < keep.saturating_mul(2) { length } else { length - keep };
    let hide = std::iter::repeat_n(mask.char, hidden);
    hide.chain(text.chars().skip(hidden)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_keep_the_end_of_what_is_long_enough() {
        let masked = |text: &str, keep_last| masked(text, &Mask { keep_last, char: '*', unless: [].into() });
        assert_eq!(masked("4111111111111234", 4), "************1234");
        assert_eq!(masked("12345678", 4), "****5678");
        assert_eq!(masked("1234567", 4), "*******", "shorter than twice what is kept");
        assert_eq!(masked("1234", 0), "****");
        assert_eq!(masked("", 4), "");
        assert_eq!(masked("äöüß", 2), "**üß");
    }
}
