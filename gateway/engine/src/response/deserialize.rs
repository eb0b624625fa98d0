//! Owns reading a backend's data into the arena, driven by what the fetch asked for.
//!
//! Keys are matched in the order asked first, since backends answer in it. What does not fit its place
//! is an error at that place and nothing else: the rest of the answer stands.
//!
//! Answers repeat themselves: the same author at each review, the same product at each of its reviews. An object that comes in
//! the very words of the last one at its position is that one, and is not read again.

use std::ops::Range;

use weft_federation::plan::{FetchContent, FetchField, FetchSelection, Leaf, Shape};
use weft_federation::schema::{Id, Model, TypeId};

use super::arena::{ErrorRef, ObjectId, PartId, ResponseArena, SlotValue};
use super::json::{JsonError, Reader};
use super::laid_out::Memory;
use super::layout::ObjectLayout;
use super::leaf::{self, Token};
use crate::execute::{ErrorOrigin, SubgraphError};

/// More misfits in one answer than people read share one error.
const MAX_MISFITS: usize = 200;

/// Reads one part.
pub struct Deserializer<'a> {
    pub shape: &'a Shape,
    pub model: &'a Model,
    pub arena: &'a mut ResponseArena,
    pub reader: Reader<'a>,
    part: PartId,
    origin: &'a ErrorOrigin,
    /// Nulls that stand for an error: the byte after each, in order. Only connectors know them.
    pub gaps: Vec<(usize, ErrorRef)>,
    pub(super) misfits: usize,
    last_misfit: Option<ErrorRef>,
    /// Items of the lists that are being read, innermost last.
    items: Vec<SlotValue>,
    /// By position, the object that was read last; empty where objects are kept apart.
    last: Vec<Option<(Range<usize>, ObjectId)>>,
    /// Whether objects that come in the same words are kept apart.
    apart: bool,
    /// Whether some were not.
    repeats: bool,
    pub(super) memory: Memory,
}

/// What is where an object comes.
pub(super) enum Before {
    Object(ObjectId),
    Nothing,
    /// Another fetch has said that there is no object.
    Settled,
}

impl Before {
    pub fn of(present: SlotValue) -> Self {
        match present {
            SlotValue::Object(object) => Self::Object(object),
            SlotValue::Absent | SlotValue::Error(_) | SlotValue::Lost(_) => Self::Nothing,
            SlotValue::Null | SlotValue::Leaf { .. } | SlotValue::List { .. } => Self::Settled,
        }
    }
}

impl<'a> Deserializer<'a> {
    /// `part` must hold the bytes that `reader` reads.
    pub fn new(
        shape: &'a Shape,
        model: &'a Model,
        arena: &'a mut ResponseArena,
        reader: Reader<'a>,
        part: PartId,
        origin: &'a ErrorOrigin,
    ) -> Self {
        Self {
            shape,
            model,
            arena,
            reader,
            part,
            origin,
            misfits: 0,
            last_misfit: None,
            items: vec![],
            gaps: vec![],
            last: vec![],
            apart: false,
            repeats: false,
            memory: Memory::default(),
        }
    }

    /// From now on, every object that comes is one of its own. An error with a path is about one place, and so are objects
    /// that errors can be about.
    pub fn keep_apart(&mut self) {
        self.apart = true;
    }

    /// Takes back what was read, to read it again with every object kept apart.
    pub fn start_apart(&mut self, reader: Reader<'a>) {
        self.arena.roll_back();
        self.reader = reader;
        self.misfits = 0;
        self.last_misfit = None;
        self.items.clear();
        self.keep_apart();
    }

    /// Whether an object stands for several that came.
    pub fn has_repeats(&self) -> bool {
        self.repeats
    }

    /// Reads the value of an object that exists; what comes instead of an object is an error on it. A null leaves
    /// it as it is and gives false. It is in the fetch's words, or in the backend's own where there is a layout of them.
    pub fn read_into(
        &mut self,
        selection: &FetchSelection,
        object: ObjectId,
        layout: Option<&ObjectLayout>,
    ) -> Result<bool, JsonError> {
        match self.reader.peek()? {
            b'n' => {
                self.reader.word("null")?;
                if let Some(error) = self.gap() {
                    self.arena.lose(self.shape, selection, object, error);
                    return Ok(true);
                }
                Ok(false)
            }
            b'{' => {
                if let Some(error) = self.object(selection, object, layout)? {
                    self.arena.lose(self.shape, selection, object, error);
                }
                Ok(true)
            }
            _ => {
                self.reader.skip()?;
                let error = self.misfit("something else than an object", "an object");
                self.arena.lose(self.shape, selection, object, error);
                Ok(true)
            }
        }
    }

    /// Reads the fields of an object, whose brace comes next. Its type may turn out to be wrong: then nothing is
    /// written, and the error is returned.
    fn object(
        &mut self,
        selection: &FetchSelection,
        object: ObjectId,
        layout: Option<&ObjectLayout>,
    ) -> Result<Option<ErrorRef>, JsonError> {
        if let Some(layout) = layout {
            return self.laid_out(layout, selection, object).map(|()| None);
        }
        if selection.typename
            && let Err(error) = self.learn_type(selection, object)?
        {
            self.reader.skip()?;
            return Ok(Some(error));
        }
        let ty = self.arena.ty(object);
        self.reader.open(b'{')?;
        let mut first = true;
        let mut next = 0;
        let mut fresh = 0u64;
        loop {
            // Whoever answers in the order asked is not read letter by letter.
            let expected = (next..selection.fields.len()).find(|at| has(&selection.fields[*at], ty));
            let at = match expected {
                Some(at) if self.reader.take_key(&selection.fields[at].response_name, &mut first) => at,
                Some(_) | None => {
                    let Some(key) = self.reader.next_key(&mut first)? else { break };
                    let Some(at) = find(&selection.fields, next, &key.text(&self.reader), ty) else {
                        self.reader.skip()?;
                        continue;
                    };
                    at
                }
            };
            next = at + 1;
            let field = &selection.fields[at];
            let index = self.shape.slots[field.slot.index()].index;
            // A key that comes twice: the last one wins, and does not add to the first. What another fetch put
            // there stays.
            let bit = 1u64.checked_shl(u32::try_from(at).unwrap_or(u32::MAX)).unwrap_or(0);
            let mut present = self.arena.slot(object, index);
            if fresh & bit != 0 {
                present = SlotValue::Absent;
            } else if !present.is_filled() {
                fresh |= bit;
            }
            match &field.content {
                // Most leaves are copied as they came. They are put where they belong at once: a value that is handed over
                // in memory is waited for.
                FetchContent::Leaf(leaf) if !field.wrapping.is_list() => self.leaf(leaf, object, index, present)?,
                FetchContent::Leaf(_) | FetchContent::Objects(_) => {
                    let value = self.value(field, field.wrapping.lists(), present, object, None)?;
                    self.arena.set_slot(object, index, value);
                }
            }
        }
        Ok(None)
    }

    /// Reads a leaf into an object.
    #[inline]
    pub(super) fn leaf(
        &mut self,
        leaf: &Leaf,
        object: ObjectId,
        index: u32,
        present: SlotValue,
    ) -> Result<(), JsonError> {
        if let Some(range) = leaf::take(&mut self.reader, leaf) {
            if !present.is_filled() {
                self.arena.set_slot(object, index, self.span(range));
            }
            return Ok(());
        }
        match leaf::read(&mut self.reader, leaf)? {
            _ if present.is_filled() => {}
            Token::Raw(range) => self.arena.set_slot(object, index, self.span(range)),
            token => {
                let value = self.judged(token, leaf);
                self.arena.set_slot(object, index, value);
            }
        }
        Ok(())
    }

    /// Reads a value under `lists` lists, into what is there already: another fetch's objects are filled further, other
    /// values stay.
    pub(super) fn value(
        &mut self,
        field: &FetchField,
        lists: u8,
        present: SlotValue,
        parent: ObjectId,
        layout: Option<&ObjectLayout>,
    ) -> Result<SlotValue, JsonError> {
        let value = if lists > 0 {
            match self.reader.peek()? {
                b'n' => {
                    self.reader.word("null")?;
                    self.null()
                }
                b'[' => {
                    let item = |this: &mut Self, present| this.value(field, lists - 1, present, parent, layout);
                    return self.list(present, parent, item);
                }
                _ => {
                    self.reader.skip()?;
                    SlotValue::Error(self.misfit("something else than a list", "a list"))
                }
            }
        } else {
            match &field.content {
                FetchContent::Leaf(leaf) => {
                    let token = leaf::read(&mut self.reader, leaf)?;
                    self.judged(token, leaf)
                }
                FetchContent::Objects(selection) => match self.reader.peek()? {
                    b'n' => {
                        self.reader.word("null")?;
                        self.null()
                    }
                    b'{' => return self.nested(selection, present, layout),
                    // A mapping makes an object of any value.
                    byte if byte != b'[' && layout.is_some() => return self.nested(selection, present, layout),
                    _ => {
                        self.reader.skip()?;
                        SlotValue::Error(self.misfit("something else than an object", "an object"))
                    }
                },
            }
        };
        Ok(if present.is_filled() { present } else { value })
    }

    /// The value of a leaf's token.
    fn judged(&mut self, token: Token, leaf: &Leaf) -> SlotValue {
        match token {
            Token::Null => self.null(),
            Token::Raw(range) => self.span(range),
            Token::Rewritten(text) => self.arena.compute(text.as_bytes()),
            Token::Misfit(came) => SlotValue::Error(self.misfit(came, leaf::name(leaf))),
        }
    }

    /// The null that was just read.
    fn null(&self) -> SlotValue {
        self.gap().map_or(SlotValue::Null, SlotValue::Error)
    }

    /// What the null that was just read stands for, if that is an error.
    fn gap(&self) -> Option<ErrorRef> {
        let end = self.reader.offset();
        self.gaps.binary_search_by_key(&end, |(end, _)| *end).ok().map(|at| self.gaps[at].1)
    }

    fn span(&self, range: std::ops::Range<usize>) -> SlotValue {
        // Parts are far below 2^32 bytes: the limit on bodies sees to it.
        let narrow = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        SlotValue::Leaf { part: self.part, start: narrow(range.start), len: narrow(range.len()) }
    }

    fn nested(
        &mut self,
        selection: &FetchSelection,
        present: SlotValue,
        layout: Option<&ObjectLayout>,
    ) -> Result<SlotValue, JsonError> {
        let object = match Before::of(present) {
            Before::Object(object) => object,
            Before::Settled => {
                self.reader.skip()?;
                return Ok(present);
            }
            Before::Nothing if self.arena.is_full() => return Err(JsonError::TooLarge),
            Before::Nothing => return self.new_object(selection, layout),
        };
        match self.object(selection, object, layout)? {
            None => Ok(SlotValue::Object(object)),
            Some(error) => {
                self.arena.lose(self.shape, selection, object, error);
                Ok(present)
            }
        }
    }

    /// Reads an object where none is yet.
    fn new_object(
        &mut self,
        selection: &FetchSelection,
        layout: Option<&ObjectLayout>,
    ) -> Result<SlotValue, JsonError> {
        let position = selection.position.index();
        let may_repeat = self.may_repeat(position) && self.reader.peek()? == b'{';
        if may_repeat
            && let Some(Some((text, object))) = self.last.get(position)
            && self.reader.take_again(text)
        {
            let object = *object;
            return Ok(self.repeat(object));
        }
        let ty = if selection.typename { None } else { selection.types.single() };
        let object = self.arena.new_object(self.shape, selection.position, ty);
        let (start, misfits) = (self.reader.offset(), self.misfits);
        if let Some(error) = self.object(selection, object, layout)? {
            return Ok(SlotValue::Error(error));
        }
        // What is wrong with an object is told at each place.
        if may_repeat && self.misfits == misfits {
            if self.last.len() <= position {
                self.last.resize(self.shape.positions.len(), None);
            }
            self.last[position] = Some((start..self.reader.offset(), object));
        }
        Ok(SlotValue::Object(object))
    }

    /// Whether objects of a position may stand for several that came.
    pub(super) fn may_repeat(&self, position: usize) -> bool {
        !self.apart && self.shape.positions[position].may_repeat()
    }

    /// The value of an object that came again.
    pub(super) fn repeat(&mut self, object: ObjectId) -> SlotValue {
        self.arena.share_object(object);
        self.repeats = true;
        SlotValue::Object(object)
    }

    /// Reads a list, whose bracket comes next. `read` reads an item into what is there already.
    pub(super) fn list(
        &mut self,
        present: SlotValue,
        parent: ObjectId,
        mut read: impl FnMut(&mut Self, SlotValue) -> Result<SlotValue, JsonError>,
    ) -> Result<SlotValue, JsonError> {
        let before = match present {
            SlotValue::List { start, len } => Some((start, len)),
            SlotValue::Null | SlotValue::Leaf { .. } | SlotValue::Object(_) => {
                self.reader.skip()?;
                return Ok(present);
            }
            SlotValue::Absent | SlotValue::Error(_) | SlotValue::Lost(_) => None,
        };
        self.reader.open(b'[')?;
        let base = self.items.len();
        let mut first = true;
        let mut count = 0;
        while self.reader.next_item(&mut first)? {
            let present = match before {
                Some((start, len)) if count < len => self.arena.item(start, count),
                // More items than the other fetch had: they go nowhere.
                Some(_) => {
                    self.reader.skip()?;
                    count += 1;
                    continue;
                }
                None => SlotValue::Absent,
            };
            let item = read(self, present)?;
            self.items.push(item);
            count += 1;
        }
        if let Some((_, len)) = before
            && len != count
        {
            self.items.truncate(base);
            let error = self.malformed(&format!("{count} items for a list of which another fetch gave {len}"));
            self.arena.attach(parent, error);
            return Ok(present);
        }
        if self.arena.is_full() {
            return Err(JsonError::TooLarge);
        }
        let list = self.arena.new_list(&self.items[base..]);
        self.items.truncate(base);
        Ok(list)
    }

    fn misfit(&mut self, came: &str, expected: &str) -> ErrorRef {
        self.malformed(&format!("{came} where {expected} was expected"))
    }

    /// An error that says what came instead of what was asked for.
    pub(super) fn malformed(&mut self, came: &str) -> ErrorRef {
        self.misfits += 1;
        if let Some(last) = self.last_misfit
            && self.misfits > MAX_MISFITS
        {
            return last;
        }
        let error = self.arena.new_error(SubgraphError::malformed(self.origin, &format!("it answered with {came}")));
        self.last_misfit = Some(error);
        error
    }
}

pub(super) fn has(field: &FetchField, ty: Option<TypeId>) -> bool {
    ty.is_none_or(|ty| field.types.contains(ty))
}

/// The field of this key that objects of this type have, tried from the one expected next.
fn find(fields: &[FetchField], next: usize, key: &str, ty: Option<TypeId>) -> Option<usize> {
    let fits = |field: &FetchField| *field.response_name == *key && has(field, ty);
    (next..fields.len()).chain(0..next.min(fields.len())).find(|at| fits(&fields[*at]))
}
