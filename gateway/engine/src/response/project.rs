//! Owns writing the client's answer from the arena: its keys, its order, its nullability.
//!
//! Everything is written once. Where a null breaks the schema's promise, what was written of the parent
//! is cut off again. An object that many places share is copied from where it was written first, if
//! nothing below it went wrong. So an answer can be far larger than what backends sent, and has a bound.

use bytes::Bytes;
use hashbrown::HashMap;
use weft_federation::plan::{
    ProjectedField, Projection, ProjectionClass, ProjectionId, ProjectionKind, ProjectionSource, Shape,
};
use weft_federation::schema::{Id, Need, Wrapping};

use super::arena::{ErrorRef, ObjectId, ResponseArena, SlotValue};
use super::report::{Report, Segment};
use crate::execute::SubgraphError;

/// The gateway's own answers to `__schema` and `__type`, by the client's key, as JSON.
pub type IntrospectionAnswers = Vec<(String, Box<str>)>;

/// The largest `data` that is written, in bytes. What backends send is bounded; what a client makes of it, with aliases of
/// an object that many places share, is not. A client that wants more than this wants pages.
const MAX_DATA: usize = 256 << 20;

/// The response as it is sent.
#[derive(Debug)]
pub struct Projected {
    pub body: Bytes,
    pub error_count: usize,
    /// In how many places a view's fallback stands in for an error.
    pub degraded_count: usize,
}

/// Writes the response.
pub fn project(shape: &Shape, arena: &ResponseArena, introspection: &IntrospectionAnswers) -> Projected {
    project_up_to(MAX_DATA, shape, arena, introspection)
}

/// Writes the response, with `data` of at most `max_data` bytes.
pub(super) fn project_up_to(
    max_data: usize,
    shape: &Shape,
    arena: &ResponseArena,
    introspection: &IntrospectionAnswers,
) -> Projected {
    let mut writer = Writer {
        shape,
        arena,
        introspection,
        // An answer has about what the backends sent, and a growing one is copied again and again.
        out: Vec::with_capacity(arena.part_bytes().min(max_data) + 64),
        max: max_data.saturating_add(DATA.len()),
        report: Report::default(),
        lacks: Lacks::default(),
        copies: HashMap::new(),
        copied: vec![],
    };
    writer.out.extend_from_slice(DATA);
    match writer.object(ObjectId::ROOT, shape.root) {
        Ok(()) => {}
        Err(Stop::Nulled) => writer.null_data(),
        Err(Stop::TooLarge) => {
            writer.null_data();
            // The others are about what is not there.
            writer.report = Report::default();
            let message = format!("The data of this answer is larger than {max_data} bytes; ask for less at a time.");
            writer.report.add_unlocated(&SubgraphError::too_large(message));
        }
    }
    for error in arena.errors(arena.unlocated) {
        writer.report.add_unlocated(error);
    }
    let (error_count, degraded_count) = (writer.report.count(), writer.report.degraded_count());
    let mut out = writer.out;
    let (errors, degraded) = writer.report.finish();
    if !errors.is_empty() {
        out.extend_from_slice(b",\"errors\":[");
        out.extend_from_slice(errors.as_bytes());
        out.push(b']');
    }
    if !degraded.is_empty() {
        out.extend_from_slice(b",\"extensions\":{\"degraded\":[");
        out.extend_from_slice(degraded.as_bytes());
        out.extend_from_slice(b"]}");
    }
    out.push(b'}');
    Projected { body: out.into(), error_count, degraded_count }
}

/// What the response begins with.
const DATA: &[u8] = b"{\"data\":";

/// Why something is not written.
#[derive(Debug)]
pub(super) enum Stop {
    /// The value is null where the schema promises none: what holds it becomes null.
    Nulled,
    /// The answer is too large: all of it becomes null.
    TooLarge,
}

/// What a value is written for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Target<'a> {
    /// What the client sees of objects there.
    pub below: Option<ProjectionId>,
    /// The field, for errors.
    pub coordinate: &'a str,
    /// What the supergraph says of the value, of which a view may make less.
    pub promised: Wrapping,
}

impl<'a> Target<'a> {
    pub fn of(field: &'a ProjectedField) -> Self {
        Self { below: field.source.below(), coordinate: &field.coordinate, promised: field.promised }
    }

    /// For the items of its list.
    pub fn item(self) -> Self {
        Self { promised: self.promised.item(), ..self }
    }
}

/// Which of an object's own errors something in it is null for, by their rows in the table of errors.
#[derive(Debug, Default)]
pub(super) struct Lacks {
    /// For what fallbacks stand in.
    pub covered: Vec<u32>,
    /// For other things.
    pub open: Vec<u32>,
}

pub(super) struct Writer<'a> {
    pub(super) shape: &'a Shape,
    pub(super) arena: &'a ResponseArena,
    introspection: &'a IntrospectionAnswers,
    pub(super) out: Vec<u8>,
    /// What is written may be as long.
    max: usize,
    pub(super) report: Report<'a>,
    /// Of the object that is being written.
    pub(super) lacks: Lacks,
    /// Where a shared object has been written without errors.
    copies: HashMap<(ObjectId, ProjectionId), (usize, usize)>,
    /// Their keys in the order of their ends, so that what is cut off is forgotten.
    copied: Vec<(ObjectId, ProjectionId)>,
}

impl<'a> Writer<'a> {
    fn object(&mut self, object: ObjectId, projection: ProjectionId) -> Result<(), Stop> {
        let shared = self.arena.is_shared(object);
        if shared && self.copy(object, projection)? {
            return Ok(());
        }
        let start = self.out.len();
        let reported = (self.report.count(), self.report.degraded_count());
        // An error of what the object's fields are computed from has a place that is no part of them.
        match self.arena.object_errors(object) {
            None => self.fields(object, projection)?,
            Some(errors) => self.troubled(object, projection, errors)?,
        }
        if shared && (self.report.count(), self.report.degraded_count()) == reported {
            self.keep(object, projection, start);
        }
        Ok(())
    }

    /// Writes a shared object as it was written before; false if it was not, or not without errors.
    pub(super) fn copy(&mut self, object: ObjectId, projection: ProjectionId) -> Result<bool, Stop> {
        let Some((start, end)) = self.copies.get(&(object, projection)).copied() else { return Ok(false) };
        self.reserve(end - start)?;
        self.out.extend_from_within(start..end);
        Ok(true)
    }

    /// Notes that what was written since `start` is all of a shared object.
    pub(super) fn keep(&mut self, object: ObjectId, projection: ProjectionId, start: usize) {
        self.copies.insert((object, projection), (start, self.out.len()));
        self.copied.push((object, projection));
    }

    /// Writes an object that has errors of its own, and reports these.
    fn troubled(&mut self, object: ObjectId, projection: ProjectionId, errors: ErrorRef) -> Result<(), Stop> {
        let is_view = match self.shape.projections[projection.index()].kind {
            ProjectionKind::Objects => false,
            ProjectionKind::View | ProjectionKind::Through | ProjectionKind::Run => true,
        };
        if !is_view {
            self.arena.errors(Some(errors)).for_each(|error| self.report.tell_here(error));
        }
        let outer = std::mem::take(&mut self.lacks);
        let written = self.fields(object, projection);
        let lacks = std::mem::replace(&mut self.lacks, outer);
        if is_view {
            // Nothing is lost where fallbacks stand in for all that an error took.
            let is_covered = |row| lacks.covered.contains(&row) && !lacks.open.contains(&row);
            for row in self.arena.rows(errors).filter(|row| !is_covered(*row)) {
                self.report.tell_here(self.arena.error(row));
            }
        }
        written
    }

    /// Notes that something of the object is null because of errors of the object's own.
    pub(super) fn lack(&mut self, errors: ErrorRef) {
        self.lacks.open.extend(self.arena.rows(errors));
        self.note_causes(errors);
    }

    pub(super) fn note_causes(&mut self, errors: ErrorRef) {
        self.arena.errors(Some(errors)).for_each(|error| self.report.note_cause(error));
    }

    /// What a projection shows of an object; `None` if it is of a type that the client does not know.
    pub(super) fn class(&self, object: ObjectId, projection: ProjectionId) -> Option<&'a ProjectionClass> {
        let ty = self.arena.ty(object);
        let Projection { position, classes, .. } = &self.shape.projections[projection.index()];
        match (ty, &classes[..]) {
            // Where all types look the same it does not matter that the type is not known.
            (None, [only]) => {
                Some(only).filter(|_| self.shape.positions[position.index()].types.is_subset(&only.types))
            }
            (None, _) => None,
            (Some(ty), classes) => classes.iter().find(|class| class.types.contains(ty)),
        }
    }

    fn fields(&mut self, object: ObjectId, projection: ProjectionId) -> Result<(), Stop> {
        let Some(class) = self.class(object, projection) else {
            let is_objects = self.shape.projections[projection.index()].kind == ProjectionKind::Objects;
            match self.untold(object) {
                Some(errors) => self.note_causes(errors),
                None if is_objects => {
                    self.report_here("The object here is of a type that this schema does not have.");
                }
                None => {}
            }
            return Err(Stop::Nulled);
        };
        if class.fields.is_empty() {
            self.out.push(b'{');
        }
        let before = self.report.causes();
        let mut rest = &class.fields[..];
        while let [field, others @ ..] = rest {
            let written = self.plainly(object, field)?;
            if written > 0 {
                rest = rest.get(written..).unwrap_or_default();
                continue;
            }
            self.raw(field.prefix.as_bytes())?;
            self.report.path.push(Segment::Key(&field.key));
            let here = self.report.causes();
            let written = self.field(object, field);
            self.report.path.pop();
            if written.is_err() {
                self.report.forget_causes(before..here);
                return written;
            }
            rest = others;
        }
        self.out.push(b'}');
        Ok(())
    }

    /// Why nobody has told the type of an object: who was to tell it has failed.
    pub(super) fn untold(&self, object: ObjectId) -> Option<ErrorRef> {
        self.arena.object_errors(object).filter(|_| self.arena.ty(object).is_none())
    }

    fn field(&mut self, object: ObjectId, field: &'a ProjectedField) -> Result<(), Stop> {
        match &field.source {
            ProjectionSource::Leaf(slot) | ProjectionSource::Objects(slot, _) => {
                let value = self.arena.slot(object, self.shape.slots[slot.index()].index);
                if let SlotValue::Lost(errors) = value {
                    self.lack(errors);
                }
                self.value(value, field.wrapping, Target::of(field))
            }
            ProjectionSource::Typename(names) => {
                let name = match self.arena.ty(object) {
                    Some(ty) => names.iter().find(|(known, _)| *known == ty).map(|(_, name)| name),
                    None => match &names[..] {
                        [(_, only)] => Some(only),
                        _ => None,
                    },
                };
                match name {
                    Some(name) => self.raw(name.as_bytes()),
                    None => self.null(field.wrapping, Target::of(field), false, self.report.count()),
                }
            }
            ProjectionSource::Unshared => self.null(field.wrapping, Target::of(field), false, self.report.count()),
            ProjectionSource::Here(below) => {
                let (start, errors_before) = (self.out.len(), self.report.count());
                match self.fields(object, *below) {
                    Err(Stop::Nulled) => {
                        self.cut(start);
                        self.null(field.wrapping, Target::of(field), false, errors_before)
                    }
                    written @ (Ok(()) | Err(Stop::TooLarge)) => written,
                }
            }
            ProjectionSource::Constant(json) => self.raw(json.as_bytes()),
            ProjectionSource::Denied(need) => self.refuse(need, field.wrapping, Target::of(field)),
            ProjectionSource::Viewed(viewed) => self.viewed(object, field, viewed),
            ProjectionSource::Introspection => match self.introspection.iter().find(|(key, _)| *key == *field.key) {
                Some((_, json)) => self.raw(json.as_bytes()),
                None => self.null(field.wrapping, Target::of(field), false, self.report.count()),
            },
        }
    }

    /// Writes a value under the lists and promises of `wrapping`.
    pub(super) fn value(&mut self, value: SlotValue, wrapping: Wrapping, target: Target<'a>) -> Result<(), Stop> {
        let errors_before = self.report.count();
        let start = self.out.len();
        let below = target.below;
        match (value, below) {
            (SlotValue::Absent | SlotValue::Null, _) => return self.null(wrapping, target, false, errors_before),
            // The object that it is in tells why.
            (SlotValue::Lost(_), _) => return self.null(wrapping, target, true, errors_before),
            (SlotValue::Error(errors), _) => {
                for error in self.arena.errors(Some(errors)) {
                    self.report.add(error, self.shape, below);
                }
            }
            (SlotValue::Leaf { part, start, len }, None) => {
                return self.raw(self.arena.leaf(part, start, len));
            }
            (SlotValue::Object(object), Some(below)) => match self.object(object, below) {
                Err(Stop::Nulled) => {}
                written @ (Ok(()) | Err(Stop::TooLarge)) => return written,
            },
            (SlotValue::List { start, len }, _) if wrapping.is_list() => {
                match self.list(start, len, wrapping.item(), target.item()) {
                    Err(Stop::Nulled) => {}
                    written @ (Ok(()) | Err(Stop::TooLarge)) => return written,
                }
            }
            // Slots are filled by their own shape; this is a plan that contradicts itself.
            (SlotValue::Leaf { .. } | SlotValue::Object(_) | SlotValue::List { .. }, _) => {
                self.report_here("The plan of this operation reads a value that it did not ask for.");
            }
        }
        self.cut(start);
        // What was wrong is told; or it is an object of a type that the client does not know, which breaks no promise.
        self.null(wrapping, Target { promised: Wrapping::default(), ..target }, false, errors_before)
    }

    fn list(&mut self, start: u32, len: u32, wrapping: Wrapping, target: Target<'a>) -> Result<(), Stop> {
        // Nulls are short, but there may be many.
        self.reserve(len as usize)?;
        self.out.push(b'[');
        let before = self.report.causes();
        for at in 0..len {
            if at > 0 {
                self.out.push(b',');
            }
            self.report.path.push(Segment::Index(at));
            let here = self.report.causes();
            let written = self.value(self.arena.item(start, at), wrapping, target);
            self.report.path.pop();
            if written.is_err() {
                self.report.forget_causes(before..here);
                return written;
            }
        }
        self.out.push(b']');
        Ok(())
    }

    /// Writes null, or passes it up where the schema promises a value. A promise that is broken for no reason
    /// known is reported.
    pub(super) fn null(
        &mut self,
        wrapping: Wrapping,
        target: Target<'_>,
        explained: bool,
        errors_before: usize,
    ) -> Result<(), Stop> {
        let is_promised = wrapping.is_non_null() || target.promised.is_non_null();
        if is_promised && !explained && self.report.count() == errors_before {
            self.report_here(&format!("Cannot return null for the non-nullable field {}.", target.coordinate));
        }
        if !wrapping.is_non_null() {
            self.out.extend_from_slice(b"null");
            return Ok(());
        }
        Err(Stop::Nulled)
    }

    /// Writes null for what the one who asks may not see.
    pub(super) fn refuse(&mut self, need: &Need, wrapping: Wrapping, target: Target<'_>) -> Result<(), Stop> {
        let errors_before = self.report.count();
        self.report.add_here(&SubgraphError::denied(need));
        self.null(wrapping, target, true, errors_before)
    }

    /// Writes bytes of JSON, if so many may be written.
    #[inline]
    pub(super) fn raw(&mut self, json: &[u8]) -> Result<(), Stop> {
        self.reserve(json.len())?;
        self.out.extend_from_slice(json);
        Ok(())
    }

    /// Makes sure that so many bytes more may be written. What is not asked about, such as brackets, is in proportion to
    /// what is.
    pub(super) fn reserve(&self, more: usize) -> Result<(), Stop> {
        if self.out.len().saturating_add(more) > self.max { Err(Stop::TooLarge) } else { Ok(()) }
    }

    /// Cuts off all data.
    fn null_data(&mut self) {
        self.cut(DATA.len());
        self.out.extend_from_slice(b"null");
    }

    /// Cuts off what was written since `start`.
    pub(super) fn cut(&mut self, start: usize) {
        self.out.truncate(start);
        self.report.cut(start);
        while let Some(last) = self.copied.last() {
            if self.copies.get(last).is_some_and(|(_, end)| *end <= start) {
                break;
            }
            self.copies.remove(last);
            self.copied.pop();
        }
    }

    pub(super) fn report_here(&mut self, message: &str) {
        self.report.add_here(&SubgraphError::internal(message));
    }
}
