//! Owns the response in memory: objects and values in flat tables, addressed by index.
//!
//! A leaf is a span of the bytes that a backend sent; nothing is decoded and nothing is keyed by a
//! string. While a part is read, writes to objects that were there before are kept in a journal, so
//! that a part that turns out to be broken leaves no trace.

use bytes::Bytes;
use weft_federation::plan::{PositionId, Shape};
use weft_federation::schema::{Id, TypeId};

use crate::execute::SubgraphError;

/// An answer takes no more memory than this many values and objects do (about 256 MB and 100 MB): `[{},{},…]` is small
/// on the wire and large here.
const MAX_VALUES: usize = 1 << 24;
const MAX_OBJECTS: usize = 1 << 22;

/// An object of the arena.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId(u32);

impl ObjectId {
    /// The object that every response has, in a table that starts with it.
    pub const ROOT: Self = Self(0);

    /// The object's row in the table of objects.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// One or more errors at one place: the head of a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ErrorRef(u32);

/// Bytes that leaves are spans of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PartId(u32);

impl PartId {
    /// Values that had to be written anew, such as an ID that came as a number.
    const COMPUTED: Self = Self(0);
}

/// What a slot or a list's item holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlotValue {
    /// No fetch has written it.
    Absent,
    Null,
    /// A JSON value, as it is to be copied.
    Leaf {
        part: PartId,
        start: u32,
        len: u32,
    },
    Object(ObjectId),
    /// Items side by side in the table of items.
    List {
        start: u32,
        len: u32,
    },
    /// Null, and the reason.
    Error(ErrorRef),
    /// Null, and the reason, which is one of the object's own errors: the object tells it.
    Lost(ErrorRef),
}

impl SlotValue {
    /// Whether a fetch has answered: even a null is an answer.
    pub fn is_filled(self) -> bool {
        match self {
            Self::Absent | Self::Error(_) | Self::Lost(_) => false,
            Self::Null | Self::Leaf { .. } | Self::Object(_) | Self::List { .. } => true,
        }
    }
}

#[derive(Debug)]
struct Object {
    position: PositionId,
    /// `None` while only the interface is known, as an interface object's subgraph leaves it.
    ty: Option<TypeId>,
    /// Where the object's slots start in the table of slots.
    slots: u32,
    errors: Option<ErrorRef>,
    /// Referenced from more than one place.
    shared: bool,
}

/// A link of a chain of errors.
#[derive(Debug)]
struct ErrorLink {
    error: u32,
    next: Option<ErrorRef>,
}

/// A value as it was before the part that is being read.
#[derive(Debug)]
enum Undo {
    Slot { at: u32, value: SlotValue },
    Type { object: ObjectId },
    Errors { object: ObjectId, errors: Option<ErrorRef> },
}

/// All that was fetched for one request.
#[derive(Debug)]
pub struct ResponseArena {
    parts: Vec<Bytes>,
    computed: Vec<u8>,
    objects: Vec<Object>,
    slots: Vec<SlotValue>,
    items: Vec<SlotValue>,
    errors: Vec<SubgraphError>,
    links: Vec<ErrorLink>,
    /// Errors that belong to no place.
    pub(crate) unlocated: Option<ErrorRef>,
    journal: Vec<Undo>,
    /// Objects below this were there before the part that is being read.
    committed: u32,
    /// And so were items and computed bytes below these.
    committed_items: usize,
    committed_bytes: usize,
}

impl ResponseArena {
    /// An arena that holds the root object alone.
    pub fn new(shape: &Shape, root: TypeId) -> Self {
        let mut arena = Self {
            // The first part stands for the computed bytes.
            parts: vec![Bytes::new()],
            computed: vec![],
            objects: Vec::with_capacity(16),
            slots: Vec::with_capacity(64),
            items: vec![],
            errors: vec![],
            links: vec![],
            unlocated: None,
            journal: vec![],
            committed: 0,
            committed_items: 0,
            committed_bytes: 0,
        };
        arena.new_object(shape, weft_federation::plan::ROOT, Some(root));
        arena.commit();
        arena
    }

    /// Keeps the bytes of a part.
    pub fn add_part(&mut self, bytes: Bytes) -> PartId {
        self.parts.push(bytes);
        PartId(row(self.parts.len() - 1))
    }

    /// How many bytes all parts have.
    pub fn part_bytes(&self) -> usize {
        self.parts.iter().map(Bytes::len).sum()
    }

    /// Writes a value that no part has; it must be one JSON value.
    pub fn compute(&mut self, json: &[u8]) -> SlotValue {
        let start = row(self.computed.len());
        self.computed.extend_from_slice(json);
        SlotValue::Leaf { part: PartId::COMPUTED, start, len: row(json.len()) }
    }

    /// The JSON of a leaf.
    #[inline]
    pub fn leaf(&self, part: PartId, start: u32, len: u32) -> &[u8] {
        let bytes = if part == PartId::COMPUTED { &self.computed[..] } else { &self.parts[part.0 as usize][..] };
        &bytes[start as usize..][..len as usize]
    }

    pub fn new_object(&mut self, shape: &Shape, position: PositionId, ty: Option<TypeId>) -> ObjectId {
        let slots = row(self.slots.len());
        let width = shape.positions[position.index()].width as usize;
        self.slots.resize(self.slots.len() + width, SlotValue::Absent);
        self.objects.push(Object { position, ty, slots, errors: None, shared: false });
        ObjectId(row(self.objects.len() - 1))
    }

    /// Whether the response has more in it than a gateway should hold.
    pub fn is_full(&self) -> bool {
        self.slots.len() + self.items.len() > MAX_VALUES || self.objects.len() > MAX_OBJECTS
    }

    pub fn object_count(&self) -> usize {
        self.objects.len()
    }

    #[inline]
    pub fn position(&self, object: ObjectId) -> PositionId {
        self.objects[object.index()].position
    }

    /// The object's own type; `None` while only its interface is known.
    #[inline]
    pub fn ty(&self, object: ObjectId) -> Option<TypeId> {
        self.objects[object.index()].ty
    }

    /// Says what type an object is, where that was not known.
    pub fn set_type(&mut self, object: ObjectId, ty: TypeId) {
        if object.0 < self.committed {
            self.journal.push(Undo::Type { object });
        }
        self.objects[object.index()].ty = Some(ty);
    }

    /// The value at `index` of the object's memory (`Slot::index`).
    #[inline]
    pub fn slot(&self, object: ObjectId, index: u32) -> SlotValue {
        self.slots[(self.objects[object.index()].slots + index) as usize]
    }

    #[inline]
    pub fn set_slot(&mut self, object: ObjectId, index: u32, value: SlotValue) {
        let at = self.objects[object.index()].slots + index;
        if object.0 < self.committed {
            self.journal.push(Undo::Slot { at, value: self.slots[at as usize] });
        }
        self.slots[at as usize] = value;
    }

    /// Keeps the items as a list.
    pub fn new_list(&mut self, items: &[SlotValue]) -> SlotValue {
        let start = row(self.items.len());
        self.items.extend_from_slice(items);
        SlotValue::List { start, len: row(items.len()) }
    }

    #[inline]
    pub fn item(&self, start: u32, at: u32) -> SlotValue {
        self.items[(start + at) as usize]
    }

    /// The items of a list.
    #[inline]
    pub fn items(&self, start: u32, len: u32) -> &[SlotValue] {
        &self.items[start as usize..][..len as usize]
    }

    /// Replaces an item in place. Only for parts that were read to their end: it is not in the journal.
    pub fn set_item(&mut self, start: u32, at: u32, value: SlotValue) {
        self.items[(start + at) as usize] = value;
    }

    /// Notes that the object is referenced once more.
    pub fn share_object(&mut self, object: ObjectId) {
        self.objects[object.index()].shared = true;
    }

    /// Notes that the value is referenced once more.
    pub fn share(&mut self, value: SlotValue) {
        match value {
            SlotValue::Object(object) => self.share_object(object),
            SlotValue::List { start, len } => {
                for at in 0..len {
                    self.share(self.item(start, at));
                }
            }
            SlotValue::Absent | SlotValue::Null | SlotValue::Leaf { .. } | SlotValue::Error(_) | SlotValue::Lost(_) => {
            }
        }
    }

    #[inline]
    pub fn is_shared(&self, object: ObjectId) -> bool {
        self.objects[object.index()].shared
    }

    /// Records an error, at no place yet.
    pub fn new_error(&mut self, error: SubgraphError) -> ErrorRef {
        self.errors.push(error);
        self.links.push(ErrorLink { error: row(self.errors.len() - 1), next: None });
        ErrorRef(row(self.links.len() - 1))
    }

    /// Takes out of all errors what is not for the client. To be called when no more come.
    pub fn mask_errors(&mut self) {
        self.errors.iter_mut().for_each(SubgraphError::mask);
    }

    /// A chain of its own for `errors`, with those of `before` after them.
    fn chain(&mut self, errors: ErrorRef, before: Option<ErrorRef>) -> ErrorRef {
        let links: Vec<u32> = self.links_of(Some(errors)).collect();
        let mut next = before;
        for error in links.into_iter().rev() {
            self.links.push(ErrorLink { error, next });
            next = Some(ErrorRef(row(self.links.len() - 1)));
        }
        // A chain has at least one link.
        next.unwrap_or(errors)
    }

    /// Adds errors to an object as a whole. Those that it has already are not added again.
    pub fn attach(&mut self, object: ObjectId, errors: ErrorRef) {
        let before = self.objects[object.index()].errors;
        let first = self.links[errors.0 as usize].error;
        if self.links_of(before).any(|known| known == first) {
            return;
        }
        if object.0 < self.committed {
            self.journal.push(Undo::Errors { object, errors: before });
        }
        let errors = if before.is_none() { errors } else { self.chain(errors, before) };
        self.objects[object.index()].errors = Some(errors);
    }

    /// `errors`, with those that the place has already. A place that several objects share may have them all.
    pub fn join(&mut self, errors: ErrorRef, present: SlotValue) -> ErrorRef {
        match present {
            SlotValue::Error(before) => self.joined(errors, before),
            SlotValue::Absent
            | SlotValue::Null
            | SlotValue::Leaf { .. }
            | SlotValue::Object(_)
            | SlotValue::List { .. }
            | SlotValue::Lost(_) => errors,
        }
    }

    /// `errors`, with those of `before`, unless they are among them.
    pub(super) fn joined(&mut self, errors: ErrorRef, before: ErrorRef) -> ErrorRef {
        let first = self.links[errors.0 as usize].error;
        if self.links_of(Some(before)).any(|known| known == first) { before } else { self.chain(errors, Some(before)) }
    }

    /// Adds errors that belong to no place.
    pub fn add_unlocated(&mut self, errors: ErrorRef) {
        self.unlocated = Some(self.chain(errors, self.unlocated));
    }

    /// The errors of an object as a whole.
    #[inline]
    pub fn object_errors(&self, object: ObjectId) -> Option<ErrorRef> {
        self.objects[object.index()].errors
    }

    /// The errors of a chain, by their rows in the table of errors.
    pub fn rows(&self, errors: ErrorRef) -> impl Iterator<Item = u32> + '_ {
        self.links_of(Some(errors))
    }

    fn links_of(&self, errors: Option<ErrorRef>) -> impl Iterator<Item = u32> + '_ {
        let link = |at: ErrorRef| &self.links[at.0 as usize];
        std::iter::successors(errors.map(link), move |current| current.next.map(link)).map(|link| link.error)
    }

    /// The errors of a chain.
    pub fn errors(&self, errors: Option<ErrorRef>) -> impl Iterator<Item = &SubgraphError> + '_ {
        self.links_of(errors).map(|error| self.error(error))
    }

    /// The error in a row of the table.
    pub fn error(&self, row: u32) -> &SubgraphError {
        &self.errors[row as usize]
    }

    /// Keeps what the last part brought.
    pub fn commit(&mut self) {
        self.journal.clear();
        self.committed = row(self.objects.len());
        self.committed_items = self.items.len();
        self.committed_bytes = self.computed.len();
    }

    /// Takes back what the last part brought to objects that were there before it.
    pub fn roll_back(&mut self) {
        for undo in self.journal.drain(..).rev() {
            match undo {
                Undo::Slot { at, value } => self.slots[at as usize] = value,
                Undo::Type { object } => self.objects[object.index()].ty = None,
                Undo::Errors { object, errors } => self.objects[object.index()].errors = errors,
            }
        }
        if let Some(first) = self.objects.get(self.committed as usize) {
            self.slots.truncate(first.slots as usize);
        }
        self.objects.truncate(self.committed as usize);
        self.items.truncate(self.committed_items);
        self.computed.truncate(self.committed_bytes);
    }
}

/// Tables are bounded by the size of what backends send, which is far from 2^32 rows; an index beyond
/// saturates and then misses every table.
fn row(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_small() {
        assert!(size_of::<SlotValue>() <= 16);
    }
}
