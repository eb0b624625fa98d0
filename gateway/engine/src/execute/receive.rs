//! Owns taking in what a fetch brought: its data into the arena, its errors to their places.
//!
//! Entities go to their objects by index. A list that is not as long as what was sent is refused whole.

use std::ops::Range;

use weft_federation::plan::{FetchContent, FetchNode, Shape};
use weft_federation::schema::{Id, Model};

use super::errors::{ErrorOrigin, SubgraphError};
use super::locate::{Locator, PathSegment, UpstreamError, read_errors};
use super::representations::{Targets, asks_typename};
use crate::connector::{About, Part, PartError, PartForm};
use crate::response::{Deserializer, ErrorRef, JsonError, ObjectId, Reader, ResponseArena, SlotValue};

/// One fetch, at the time that it ends.
pub struct Receiver<'a> {
    pub shape: &'a Shape,
    pub model: &'a Model,
    pub arena: &'a mut ResponseArena,
    pub fetch: &'a FetchNode,
    pub origin: &'a ErrorOrigin,
    /// For entities.
    pub targets: Option<&'a Targets>,
}

/// What stands for all that went wrong with a fetch.
#[derive(Debug, Clone, Copy)]
pub struct Cause {
    pub error: ErrorRef,
    /// Whether it has a place.
    pub is_told: bool,
}

/// Why an answer cannot be used at all.
enum Broken {
    Json(JsonError),
    Shape(String),
}

impl From<JsonError> for Broken {
    fn from(error: JsonError) -> Self {
        Self::Json(error)
    }
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Json(error) => error.fmt(f),
            Self::Shape(message) => f.write_str(message),
        }
    }
}

/// What an answer held, apart from the data that is in the arena now.
#[derive(Default)]
struct Answer {
    has_data: bool,
    /// Where its errors are.
    errors: Option<Range<usize>>,
    /// The entities that are null, by index.
    nulls: Vec<usize>,
}

impl Receiver<'_> {
    /// Gives the cause of whatever the fetch turns out to have left empty, if something went wrong.
    pub fn receive(mut self, result: Result<Part, SubgraphError>) -> Option<Cause> {
        let cause = match result {
            Ok(part) => self.part(part),
            Err(error) => Some(self.fail(error)),
        };
        self.arena.commit();
        cause
    }

    fn part(&mut self, part: Part) -> Option<Cause> {
        let answer = match self.read(&part) {
            Ok(answer) => answer,
            Err(broken) => {
                self.arena.roll_back();
                // A backend that said how it failed need not say it in GraphQL.
                let said = part.errors.into_iter().find(|error| error.about == About::Fetch);
                let error = said.map(|error| error.error);
                let error = error.unwrap_or_else(|| SubgraphError::malformed(self.origin, &broken.to_string()));
                return Some(self.fail(error));
            }
        };
        self.arena.commit();
        let mut errors: Vec<UpstreamError> = vec![];
        if let Some(range) = answer.errors {
            // The reader has seen that the body is UTF-8.
            let json = std::str::from_utf8(&part.body[range]).unwrap_or("null");
            errors.extend(read_errors(json, self.origin));
        }
        let mut whole = vec![];
        for PartError { error, about } in part.errors {
            match about {
                About::Fetch => whole.push(error),
                About::Entity(at) => self.attach_to(at as usize, error),
                About::Value => {
                    let error = self.arena.new_error(error);
                    self.arena.add_unlocated(error);
                }
            }
        }
        if !answer.has_data && errors.is_empty() && whole.is_empty() {
            whole.push(SubgraphError::malformed(self.origin, "it has neither data nor errors"));
        }
        // What became null together with the place of an error has the same cause.
        let mut cause = None;
        let mut taken = vec![];
        for error in errors {
            if self.locate(&error) {
                taken.extend(null_entity(&error, &answer.nulls).map(|at| (at, error.error.clone())));
                cause.get_or_insert(error.error);
            } else {
                whole.push(error.error);
            }
        }
        taken.into_iter().for_each(|(at, error)| self.explain_entity(at, error));
        let mut cause = cause.map(|error| Cause { error: self.arena.new_error(error), is_told: true });
        if let Some(cause) = cause.filter(|_| whole.is_empty() && !answer.has_data) {
            self.fill_empty(cause.error, false);
        }
        // Errors of the fetch as a whole stand where it brought nothing, or else at no place.
        for error in whole {
            let error = self.arena.new_error(error);
            let is_told = self.fill_empty(error, true);
            match cause {
                None => cause = Some(Cause { error, is_told }),
                Some(_) if is_told => {}
                Some(_) => self.arena.add_unlocated(error),
            }
        }
        cause
    }

    fn read(&mut self, part: &Part) -> Result<Answer, Broken> {
        let id = self.arena.add_part(part.body.clone());
        let reader = Reader::new(&part.body)?;
        let mut deserializer = Deserializer::new(self.shape, self.model, self.arena, reader, id, self.origin);
        let mut answer = Answer::default();
        match part.form {
            PartForm::Data => {
                answer.has_data = data(&mut deserializer, self.fetch, self.targets, false, &mut answer.nulls)?
            }
            PartForm::GraphQl => {
                if deserializer.reader.peek()? != b'{' {
                    return Err(Broken::Shape("it is no GraphQL response".into()));
                }
                deserializer.reader.open(b'{')?;
                let mut first = true;
                let mut known = false;
                while let Some(key) = deserializer.reader.next_key(&mut first)? {
                    match &*key.text(&deserializer.reader) {
                        "data" => {
                            known = true;
                            answer.has_data =
                                data(&mut deserializer, self.fetch, self.targets, true, &mut answer.nulls)?;
                        }
                        "errors" => {
                            known = true;
                            answer.errors = Some(deserializer.reader.skip()?);
                        }
                        _ => {
                            deserializer.reader.skip()?;
                        }
                    }
                }
                if !known {
                    return Err(Broken::Shape("it has neither data nor errors".into()));
                }
            }
        }
        deserializer.reader.end()?;
        Ok(answer)
    }

    fn locate(&mut self, error: &UpstreamError) -> bool {
        let selection = &self.fetch.selection;
        let mut locator = Locator { shape: self.shape, arena: self.arena, error: &error.error, placed: None };
        match (self.targets, &error.path[..]) {
            (None, []) => false,
            (None, path) => locator.locate(ObjectId::ROOT, selection, path),
            (Some(targets), [PathSegment::Key(key), PathSegment::Index(at), path @ ..])
                if key == "_entities" && (*at as usize) < targets.count() =>
            {
                // All of them, though the first may suffice: objects that share an answer have slots of their own.
                let objects = targets.of(*at as usize).iter();
                objects.fold(false, |found, object| locator.locate(*object, selection, path) | found)
            }
            (Some(_), _) => false,
        }
    }

    fn attach_to(&mut self, at: usize, error: SubgraphError) {
        let Some(targets) = self.targets.filter(|targets| at < targets.count()) else { return };
        let error = self.arena.new_error(error);
        for object in targets.of(at) {
            self.arena.attach(*object, error);
        }
    }

    /// An error of one field took the entity with it: what else was asked of it is null for the same reason, which the
    /// object tells.
    fn explain_entity(&mut self, at: usize, error: SubgraphError) {
        let Some(targets) = self.targets else { return };
        let error = self.arena.new_error(error);
        for object in targets.of(at) {
            let ty = self.arena.ty(*object);
            let mut fields =
                self.fetch.selection.fields.iter().filter(|field| ty.is_none_or(|ty| field.types.contains(ty)));
            let silent = fields.any(|field| {
                let value = self.arena.slot(*object, self.shape.slots[field.slot.index()].index);
                matches!(value, SlotValue::Null)
            });
            if silent && self.arena.object_errors(*object).is_none() {
                self.arena.attach(*object, error);
            }
        }
    }

    /// The fetch brought nothing.
    fn fail(&mut self, error: SubgraphError) -> Cause {
        let error = self.arena.new_error(error);
        let is_told = match self.targets {
            Some(targets) => {
                targets.all().iter().for_each(|object| self.arena.attach(*object, error));
                true
            }
            None => self.fill_empty(error, true),
        };
        Cause { error, is_told }
    }

    /// Puts the error wherever the fetch was to bring something and did not; false if there is no such place. Places
    /// that have an error already get this one too only if `join` says so.
    fn fill_empty(&mut self, error: ErrorRef, join: bool) -> bool {
        let mut placed = false;
        match self.targets {
            None => {
                let ty = self.arena.ty(ObjectId::ROOT);
                for field in &self.fetch.selection.fields {
                    let index = self.shape.slots[field.slot.index()].index;
                    let present = self.arena.slot(ObjectId::ROOT, index);
                    let empty = match present {
                        SlotValue::Absent | SlotValue::Null => true,
                        SlotValue::Error(_) => join,
                        SlotValue::Leaf { .. } | SlotValue::Object(_) | SlotValue::List { .. } => false,
                    };
                    if empty && ty.is_none_or(|ty| field.types.contains(ty)) {
                        let error = self.arena.join(error, present);
                        self.arena.set_slot(ObjectId::ROOT, index, SlotValue::Error(error));
                        placed = true;
                    }
                }
            }
            Some(targets) => {
                for object in targets.all() {
                    if self.is_empty(*object) && (join || self.arena.object_errors(*object).is_none()) {
                        self.arena.attach(*object, error);
                        placed = true;
                    }
                }
            }
        }
        placed
    }

    fn is_empty(&self, object: ObjectId) -> bool {
        let ty = self.arena.ty(object);
        let mut fields =
            self.fetch.selection.fields.iter().filter(|field| ty.is_none_or(|ty| field.types.contains(ty)));
        fields.all(|field| match self.arena.slot(object, self.shape.slots[field.slot.index()].index) {
            SlotValue::Absent | SlotValue::Null | SlotValue::Error(_) => true,
            SlotValue::Leaf { .. } | SlotValue::Object(_) | SlotValue::List { .. } => false,
        })
    }
}

/// The null entity that an error is in.
fn null_entity(error: &UpstreamError, nulls: &[usize]) -> Option<usize> {
    let [PathSegment::Key(_), PathSegment::Index(at), ..] = &error.path[..] else { return None };
    let at = *at as usize;
    nulls.binary_search(&at).is_ok().then_some(at)
}

/// Reads the data of an answer; false if there is none.
fn data(
    deserializer: &mut Deserializer<'_>,
    fetch: &FetchNode,
    targets: Option<&Targets>,
    enveloped: bool,
    nulls: &mut Vec<usize>,
) -> Result<bool, Broken> {
    let Some(targets) = targets else {
        return match deserializer.reader.peek()? {
            b'{' | b'n' => Ok(deserializer.read_into(&fetch.selection, ObjectId::ROOT)?),
            _ => Err(Broken::Shape("its data is no object".into())),
        };
    };
    if !enveloped {
        return entities(deserializer, fetch, targets, nulls);
    }
    match deserializer.reader.peek()? {
        b'n' => {
            deserializer.reader.word("null")?;
            return Ok(false);
        }
        b'{' => deserializer.reader.open(b'{')?,
        _ => return Err(Broken::Shape("its data is no object".into())),
    }
    let mut first = true;
    let mut found = false;
    while let Some(key) = deserializer.reader.next_key(&mut first)? {
        if key.text(&deserializer.reader) == "_entities" {
            found = entities(deserializer, fetch, targets, nulls)?;
        } else {
            deserializer.reader.skip()?;
        }
    }
    Ok(found)
}

/// Reads the list of entities, each into the objects that wait for it.
fn entities(
    deserializer: &mut Deserializer<'_>,
    fetch: &FetchNode,
    targets: &Targets,
    nulls: &mut Vec<usize>,
) -> Result<bool, Broken> {
    match deserializer.reader.peek()? {
        b'n' => {
            deserializer.reader.word("null")?;
            return Ok(false);
        }
        b'[' => deserializer.reader.open(b'[')?,
        _ => return Err(Broken::Shape("its entities are no list".into())),
    }
    let mut first = true;
    let mut at = 0;
    while deserializer.reader.next_item(&mut first)? {
        if at == targets.count() {
            return Err(Broken::Shape(format!("it has more entities than the {at} that were asked for")));
        }
        if !entity(deserializer, fetch, targets.of(at))? {
            nulls.push(at);
        }
        at += 1;
    }
    if at < targets.count() {
        return Err(Broken::Shape(format!("it has {at} entities where {} were asked for", targets.count())));
    }
    Ok(true)
}

/// Reads one entity; false if it is null.
fn entity(deserializer: &mut Deserializer<'_>, fetch: &FetchNode, objects: &[ObjectId]) -> Result<bool, JsonError> {
    let Some((first, others)) = objects.split_first() else {
        deserializer.reader.skip()?;
        return Ok(true);
    };
    deserializer.reader.peek()?;
    let start = deserializer.reader.clone();
    let errors_before = deserializer.arena.object_errors(*first);
    let typename = asks_typename(fetch);
    let found = deserializer.read_entity(&fetch.selection, *first, typename)?;
    if !found {
        objects.iter().for_each(|object| answer_null(deserializer, fetch, *object));
        return Ok(false);
    }
    let errors = deserializer.arena.object_errors(*first).filter(|errors| Some(*errors) != errors_before);
    let end = deserializer.reader.clone();
    for object in others {
        if !copy(deserializer, fetch, *first, *object) {
            deserializer.reader = start.clone();
            deserializer.read_entity(&fetch.selection, *object, typename)?;
        } else if let Some(errors) = errors {
            deserializer.arena.attach(*object, errors);
        }
    }
    deserializer.reader = end;
    Ok(true)
}

/// There is no such entity: its fields are null, which is an answer.
fn answer_null(deserializer: &mut Deserializer<'_>, fetch: &FetchNode, object: ObjectId) {
    for_slots(deserializer, fetch, object, |deserializer, index, _| {
        if !deserializer.arena.slot(object, index).is_filled() {
            deserializer.arena.set_slot(object, index, SlotValue::Null);
        }
        true
    });
}

/// Gives `to` what `from` got from the fetch. False if that does not do, since `to` has objects of its own there, or an
/// answer's type to learn.
fn copy(deserializer: &mut Deserializer<'_>, fetch: &FetchNode, from: ObjectId, to: ObjectId) -> bool {
    if deserializer.arena.ty(from) != deserializer.arena.ty(to) {
        return false;
    }
    for_slots(deserializer, fetch, to, |deserializer, index, holds_objects| {
        let present = deserializer.arena.slot(to, index);
        if present.is_filled() {
            return !holds_objects;
        }
        let value = deserializer.arena.slot(from, index);
        deserializer.arena.share(value);
        deserializer.arena.set_slot(to, index, value);
        true
    })
}

/// Goes over the places that the fetch fills in the object, as long as `visit` says true.
fn for_slots(
    deserializer: &mut Deserializer<'_>,
    fetch: &FetchNode,
    object: ObjectId,
    mut visit: impl FnMut(&mut Deserializer<'_>, u32, bool) -> bool,
) -> bool {
    let ty = deserializer.arena.ty(object);
    let mut fields = fetch.selection.fields.iter().filter(|field| ty.is_none_or(|ty| field.types.contains(ty)));
    fields.all(|field| {
        let index = deserializer.shape.slots[field.slot.index()].index;
        let holds_objects = matches!(field.content, FetchContent::Objects(_));
        visit(deserializer, index, holds_objects)
    })
}
