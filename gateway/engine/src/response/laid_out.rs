//! Owns reading a backend's own words into the arena, by a [`Layout`](super::Layout).
//!
//! The objects of a list mostly have the same keys in the same order. So the keys of the last object are remembered with what
//! was done about them, and where the same bytes come, they are not read again.

use std::ops::Range;

use weft_federation::plan::{FetchContent, FetchField, FetchSelection};
use weft_federation::schema::Id;

use super::arena::{ObjectId, SlotValue};
use super::deserialize::{Before, Deserializer, has};
use super::json::JsonError;
use super::layout::{Later, MadeLayout, ObjectLayout, Walk};

/// No more keys of an object are remembered.
const MAX_KEYS: usize = 64;

/// A key of the last object that was read by a layout.
#[derive(Debug)]
struct KnownKey {
    /// All of it, with the comma before and the colon after.
    text: Range<usize>,
    /// Which of the layout's keys it is.
    key: Option<usize>,
}

/// What reading by layouts remembers.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// The keys of the last object of each layout, in their order.
    keys: Vec<Vec<KnownKey>>,
    /// Where the values of keys are, of the objects that are being read: innermost last.
    noted: Vec<Option<Range<usize>>>,
    /// By position, the object that was made last.
    made: Vec<Option<Made>>,
}

/// An object that the backend does not have as one.
#[derive(Debug)]
struct Made {
    object: ObjectId,
    /// The values that it is made of, as far as they are there.
    of: Vec<Option<Range<usize>>>,
}

/// An object while it is read.
#[derive(Clone, Copy)]
struct Filling<'l> {
    selection: &'l FetchSelection,
    object: ObjectId,
    /// Where its notes start.
    notes: usize,
}

impl Deserializer<'_> {
    /// Reads the value of a field of an object that exists. What is missing is null.
    pub fn read_field(&mut self, field: &FetchField, object: ObjectId, walk: &Walk) -> Result<(), JsonError> {
        let index = self.shape.slots[field.slot.index()].index;
        let present = self.arena.slot(object, index);
        let value = self.walk(field, present, object, walk)?;
        if value.is_some() || !present.is_filled() {
            self.arena.set_slot(object, index, value.unwrap_or(SlotValue::Null));
        }
        Ok(())
    }

    /// Reads the fields of an object, or those of none where something else comes.
    pub(super) fn laid_out(
        &mut self,
        layout: &ObjectLayout,
        selection: &FetchSelection,
        object: ObjectId,
    ) -> Result<(), JsonError> {
        let notes = self.memory.noted.len();
        if !layout.later.is_empty() {
            self.memory.noted.resize(notes + layout.keys.len(), None);
        }
        let filling = Filling { selection, object, notes };
        if self.reader.peek()? == b'{' {
            self.keys(layout, filling)?;
        } else {
            self.reader.skip()?;
        }
        self.fill_later(&layout.later, filling)?;
        self.memory.noted.truncate(notes);
        Ok(())
    }

    fn keys(&mut self, layout: &ObjectLayout, filling: Filling<'_>) -> Result<(), JsonError> {
        self.reader.open(b'{')?;
        // Taken out while it is used: objects below have others.
        let mut known = self.memory.keys.get_mut(layout.id).map(std::mem::take).unwrap_or_default();
        let mut first = true;
        let mut count = 0;
        // The keys whose fields were filled, so that one that comes twice does not add to its first value.
        let mut filled = 0u64;
        while let Some(key) = self.next_key(layout, &mut known, count, &mut first)? {
            count += 1;
            let Some((at, key)) = key.and_then(|at| Some((at, layout.keys.get(at)?))) else {
                self.reader.skip()?;
                continue;
            };
            let bit = 1u64.checked_shl(u32::try_from(at).unwrap_or(u32::MAX)).unwrap_or(0);
            self.reader.peek()?;
            let start = self.reader.offset();
            match &key.field {
                Some((field, walk)) => {
                    let field = &filling.selection.fields[*field];
                    if self.fill(field, walk, filling.object, filled & bit != 0)? {
                        filled |= bit;
                    }
                }
                None => {
                    self.reader.skip()?;
                }
            }
            if key.is_noted {
                self.memory.noted[filling.notes + at] = Some(start..self.reader.offset());
            }
        }
        if self.memory.keys.len() <= layout.id {
            self.memory.keys.resize_with(layout.id + 1, Vec::new);
        }
        self.memory.keys[layout.id] = known;
        Ok(())
    }

    /// Goes past the next key of an object and gives which of the layout's it is; `None` at the object's end.
    #[inline]
    fn next_key(
        &mut self,
        layout: &ObjectLayout,
        known: &mut Vec<KnownKey>,
        at: usize,
        first: &mut bool,
    ) -> Result<Option<Option<usize>>, JsonError> {
        if let Some(KnownKey { text, key }) = known.get(at)
            && self.reader.take_again(text)
        {
            *first = false;
            return Ok(Some(*key));
        }
        let start = self.reader.offset();
        let Some(name) = self.reader.next_key(first)? else { return Ok(None) };
        let key = layout.keys.iter().position(|key| name.is(&key.name, &self.reader));
        let came = KnownKey { text: start..self.reader.offset(), key };
        // Those before it are known by now.
        match known.get_mut(at) {
            Some(before) => *before = came,
            None if at < MAX_KEYS => known.push(came),
            None => {}
        }
        Ok(Some(key))
    }

    /// Reads what a walk finds into a field; false if another fetch has filled it, which stays. `again` tells that it is read
    /// once more for a key that came twice, of which the last counts.
    #[inline]
    fn fill(&mut self, field: &FetchField, walk: &Walk, object: ObjectId, again: bool) -> Result<bool, JsonError> {
        if !has(field, self.arena.ty(object)) {
            self.reader.skip()?;
            return Ok(false);
        }
        let index = self.shape.slots[field.slot.index()].index;
        let present = if again { SlotValue::Absent } else { self.arena.slot(object, index) };
        match &field.content {
            FetchContent::Leaf(leaf) if walk.keys.is_empty() && !field.wrapping.is_list() => {
                self.leaf(leaf, object, index, present)?;
            }
            FetchContent::Leaf(_) | FetchContent::Objects(_) => match self.walk(field, present, object, walk)? {
                Some(value) => self.arena.set_slot(object, index, value),
                None if again => self.arena.set_slot(object, index, SlotValue::Absent),
                None => {}
            },
        }
        Ok(!present.is_filled())
    }

    /// Reads what the keys of a walk lead to from the next value; `None` if nothing is there.
    fn walk(
        &mut self,
        field: &FetchField,
        present: SlotValue,
        parent: ObjectId,
        walk: &Walk,
    ) -> Result<Option<SlotValue>, JsonError> {
        self.follow(&walk.keys, (field, walk.object.as_ref()), field.wrapping.lists(), present, parent)
    }

    fn follow(
        &mut self,
        keys: &[String],
        to: (&FetchField, Option<&ObjectLayout>),
        lists: u8,
        present: SlotValue,
        parent: ObjectId,
    ) -> Result<Option<SlotValue>, JsonError> {
        let (field, layout) = to;
        let Some((key, rest)) = keys.split_first() else {
            return self.value(field, lists, present, parent, layout).map(Some);
        };
        match self.reader.peek()? {
            b'{' => {
                self.reader.open(b'{')?;
                let (mut first, mut found) = (true, None);
                while let Some(name) = self.reader.next_key(&mut first)? {
                    if name.is(key, &self.reader) {
                        found = self.follow(rest, to, lists, present, parent)?;
                    } else {
                        self.reader.skip()?;
                    }
                }
                Ok(found)
            }
            b'[' if lists > 0 => {
                let item = |this: &mut Self, present| {
                    let found = this.follow(keys, to, lists - 1, present, parent)?;
                    Ok(found.unwrap_or(if present.is_filled() { present } else { SlotValue::Null }))
                };
                self.list(present, parent, item).map(Some)
            }
            // A null goes on, and a list that has no place there is refused there.
            b'[' | b'n' => self.value(field, lists, present, parent, layout).map(Some),
            _ => self.reader.skip().map(|_| None),
        }
    }

    fn fill_later(&mut self, later: &[(usize, Later)], filling: Filling<'_>) -> Result<(), JsonError> {
        for (at, later) in later {
            let field = &filling.selection.fields[*at];
            match later {
                Later::Key(key, walk) => {
                    let Some(value) = self.memory.noted[filling.notes + key].clone() else { continue };
                    let here = self.reader.clone();
                    self.reader = here.at(value.start);
                    self.fill(field, walk, filling.object, false)?;
                    self.reader = here;
                }
                Later::Object(made) => {
                    if let FetchContent::Objects(selection) = &field.content
                        && has(field, self.arena.ty(filling.object))
                    {
                        let index = self.shape.slots[field.slot.index()].index;
                        let present = self.arena.slot(filling.object, index);
                        let value = self.made(made, selection, present, filling.notes)?;
                        self.arena.set_slot(filling.object, index, value);
                    }
                }
            }
        }
        Ok(())
    }

    /// Makes an object of what was noted of another one.
    fn made(
        &mut self,
        made: &MadeLayout,
        selection: &FetchSelection,
        present: SlotValue,
        notes: usize,
    ) -> Result<SlotValue, JsonError> {
        let position = selection.position.index();
        let may_repeat = self.may_repeat(position);
        let object = match Before::of(present) {
            Before::Object(object) => object,
            Before::Settled => return Ok(present),
            Before::Nothing if self.arena.is_full() => return Err(JsonError::TooLarge),
            Before::Nothing => {
                if may_repeat && let Some(object) = self.made_before(made, position, notes) {
                    return Ok(self.repeat(object));
                }
                self.arena.new_object(self.shape, selection.position, selection.types.single())
            }
        };
        let misfits = self.misfits;
        self.fill_later(&made.fields, Filling { selection, object, notes })?;
        // What is wrong with an object is told at each place, and what it had before is its own.
        if may_repeat && self.misfits == misfits && !present.is_filled() {
            let of = made.keys.iter().map(|key| self.memory.noted[notes + key].clone());
            if self.memory.made.len() <= position {
                self.memory.made.resize_with(self.shape.positions.len(), || None);
            }
            match &mut self.memory.made[position] {
                Some(last) => {
                    last.object = object;
                    last.of.clear();
                    last.of.extend(of);
                }
                none => *none = Some(Made { object, of: of.collect() }),
            }
        }
        Ok(SlotValue::Object(object))
    }

    /// The object that was made last at this position, if it was made of the same words.
    fn made_before(&self, made: &MadeLayout, position: usize, notes: usize) -> Option<ObjectId> {
        let last = self.memory.made.get(position)?.as_ref()?;
        let text = |value: &Option<Range<usize>>| value.clone().map(|value| self.reader.slice(value));
        let mut pairs = made.keys.iter().map(|key| &self.memory.noted[notes + key]).zip(&last.of);
        pairs.all(|(now, known)| text(now) == text(known)).then_some(last.object)
    }
}
