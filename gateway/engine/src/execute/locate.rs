//! Owns finding the place of a backend's error: its path, in the backend's names, down the arena.

use serde::Deserialize;
use serde_json::value::RawValue;
use weft_federation::plan::{FetchContent, FetchField, FetchSelection, Shape};
use weft_federation::schema::{Id, TypeId};

use super::errors::{ErrorOrigin, RestSegment, SubgraphError};
use crate::response::{ErrorRef, ObjectId, ResponseArena, SlotValue};

/// More errors than this in one answer are not looked at.
const MAX_ERRORS: usize = 1000;

/// A step of a path in a backend's answer.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum PathSegment {
    Index(u32),
    Key(String),
}

/// An error of a GraphQL answer, with the path that it had there.
#[derive(Debug)]
pub struct UpstreamError {
    pub error: SubgraphError,
    pub path: Vec<PathSegment>,
}

#[derive(Deserialize)]
struct RawError<'j> {
    #[serde(borrow, default)]
    message: Option<&'j RawValue>,
    #[serde(borrow, default)]
    path: Option<&'j RawValue>,
    #[serde(borrow, default)]
    extensions: Option<&'j RawValue>,
}

/// Reads the `errors` of a GraphQL answer. What is not as it should be is left out, never refused: an error is
/// still an error if its path is odd.
pub fn read_errors(json: &str, origin: &ErrorOrigin) -> Vec<UpstreamError> {
    let Ok(raw) = serde_json::from_str::<Vec<&RawValue>>(json) else {
        return if json == "null" { vec![] } else { vec![upstream(None, origin)] };
    };
    raw.into_iter().take(MAX_ERRORS).map(|raw| upstream(serde_json::from_str(raw.get()).ok(), origin)).collect()
}

fn upstream(raw: Option<RawError<'_>>, origin: &ErrorOrigin) -> UpstreamError {
    let message = raw.as_ref().and_then(|raw| serde_json::from_str::<String>(raw.message?.get()).ok());
    let message = message.unwrap_or_else(|| format!("The subgraph \"{}\" failed without saying why.", origin.service));
    let mut error = SubgraphError::new(origin, "SUBREQUEST_FAILED", message);
    let Some(raw) = raw else { return UpstreamError { error, path: vec![] } };
    if let Some(extensions) = raw.extensions {
        error.extensions = serde_json::from_str(extensions.get()).unwrap_or_default();
        let code = error.extensions.remove("code").and_then(|code| serde_json::from_str::<String>(code.get()).ok());
        if let Some(code) = code {
            error.code = code.into();
        }
    }
    let path = raw.path.and_then(|path| serde_json::from_str(path.get()).ok()).unwrap_or_default();
    UpstreamError { error: error.bounded(), path }
}

/// Puts one error at its places.
pub struct Locator<'a> {
    pub shape: &'a Shape,
    pub arena: &'a mut ResponseArena,
    pub error: &'a SubgraphError,
    /// The error in the arena, once it has a place.
    pub placed: Option<ErrorRef>,
}

/// Where a value is kept.
#[derive(Clone, Copy)]
enum Place {
    Slot(ObjectId, u32),
    Item(u32, u32),
}

impl Locator<'_> {
    /// Puts the error where `path` leads from the object; false if it leads nowhere.
    pub fn locate(&mut self, object: ObjectId, selection: &FetchSelection, path: &[PathSegment]) -> bool {
        let Some((first, path)) = path.split_first() else {
            let error = self.place(vec![]);
            self.arena.lose_nulls(self.shape, selection, object, error);
            return true;
        };
        let Some(field) = field_of(selection, first, self.arena.ty(object)) else {
            // Before an object's type was known, it was asked for what others have: nobody misses that.
            return field_of(selection, first, None).is_some();
        };
        let index = self.shape.slots[field.slot.index()].index;
        let value = self.arena.slot(object, index);
        self.descend(Place::Slot(object, index), value, field, path, object)
    }

    fn descend(
        &mut self,
        place: Place,
        value: SlotValue,
        field: &FetchField,
        path: &[PathSegment],
        parent: ObjectId,
    ) -> bool {
        match (value, path.split_first()) {
            (SlotValue::Absent | SlotValue::Null | SlotValue::Error(_) | SlotValue::Lost(_), _) => {
                let error = self.place(rest(field, path));
                let error = self.arena.join(error, value);
                self.set(place, SlotValue::Error(error));
                true
            }
            (SlotValue::Object(object), _) => match &field.content {
                FetchContent::Objects(selection) => self.locate(object, selection, path),
                FetchContent::Leaf(_) => false,
            },
            (SlotValue::List { start, len }, Some((PathSegment::Index(at), path))) if *at < len => {
                self.descend(Place::Item(start, *at), self.arena.item(start, *at), field, path, parent)
            }
            // There is a value in spite of the error: both are told.
            (SlotValue::List { .. } | SlotValue::Leaf { .. }, None) => {
                let error = self.place(vec![]);
                self.arena.attach(parent, error);
                true
            }
            (SlotValue::List { .. } | SlotValue::Leaf { .. }, Some(_)) => false,
        }
    }

    fn set(&mut self, place: Place, value: SlotValue) {
        match place {
            Place::Slot(object, index) => self.arena.set_slot(object, index, value),
            Place::Item(start, at) => self.arena.set_item(start, at, value),
        }
    }

    /// The error in the arena. Objects that share an answer share the error too.
    fn place(&mut self, rest: Vec<RestSegment>) -> ErrorRef {
        let (arena, error) = (&mut *self.arena, self.error);
        *self.placed.get_or_insert_with(|| arena.new_error(SubgraphError { rest: rest.into(), ..error.clone() }))
    }
}

fn field_of<'s>(selection: &'s FetchSelection, segment: &PathSegment, ty: Option<TypeId>) -> Option<&'s FetchField> {
    let PathSegment::Key(key) = segment else { return None };
    let mut fields = selection.fields.iter().filter(|field| *field.response_name == **key);
    fields.find(|field| ty.is_none_or(|ty| field.types.contains(ty)))
}

/// The rest of a path below `field`, in slots; it ends where the path leaves what was asked for.
fn rest(field: &FetchField, path: &[PathSegment]) -> Vec<RestSegment> {
    let mut rest = vec![];
    let mut field = field;
    for segment in path {
        match (segment, &field.content) {
            (PathSegment::Index(at), _) => rest.push(RestSegment::Index(*at)),
            (PathSegment::Key(_), FetchContent::Objects(selection)) => {
                let Some(next) = field_of(selection, segment, None) else { break };
                rest.push(RestSegment::Slot(next.slot));
                field = next;
            }
            (PathSegment::Key(_), FetchContent::Leaf(_)) => break,
        }
    }
    rest
}
