//! Owns running such a mapping: JSON in, JSON out.

use super::super::json::{JsonError, MAX_VALUES, parse, write};
use super::super::tokens::{Span, Tokens};
use super::{Braces, End, Member, Pick, Picks, Walk};

type Result<T> = std::result::Result<T, PickError>;

/// Why nothing was picked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PickError {
    Json(JsonError),
    /// There would be more than there is room for.
    TooLarge,
}

impl From<JsonError> for PickError {
    fn from(error: JsonError) -> Self {
        Self::Json(error)
    }
}

impl Picks {
    /// Appends what the mapping makes of the JSON: at most `max` bytes, since a mapping may say the same over and over. Nothing
    /// is appended in case of an error.
    pub fn write(&self, json: &[u8], max: usize, out: &mut Vec<u8>) -> Result<()> {
        let start = out.len();
        let written = self.try_write(json, start.saturating_add(max), out);
        if written.is_err() {
            out.truncate(start);
        }
        written
    }

    fn try_write(&self, json: &[u8], max_length: usize, out: &mut Vec<u8>) -> Result<()> {
        let mut tokens = Tokens::new(json)?;
        let mut picker = Picker { out, max_length, slots: vec![], left: MAX_VALUES };
        picker.item(&mut tokens, &self.root)?;
        tokens.end()?;
        picker.check_room()
    }
}

struct Picker<'o> {
    out: &'o mut Vec<u8>,
    /// As many bytes there may be in `out`.
    max_length: usize,
    /// The fields of the objects that are being read, innermost last: where each is, if it is there.
    slots: Vec<Option<Span>>,
    /// How many values more may be written.
    left: usize,
}

impl Picker<'_> {
    /// Writes what a walk finds, or null.
    fn item(&mut self, tokens: &mut Tokens<'_>, walk: &Walk) -> Result<()> {
        if !self.walk(tokens, &walk.keys, &walk.end)? {
            self.out.extend_from_slice(b"null");
        }
        Ok(())
    }

    /// Writes what the keys lead to from the next value; false if nothing is there, and then nothing is written.
    fn walk(&mut self, tokens: &mut Tokens<'_>, keys: &[String], end: &End) -> Result<bool> {
        let Some((key, rest)) = keys.split_first() else {
            return self.end(tokens, end).map(|()| true);
        };
        match tokens.peek() {
            Some(b'{') => {
                tokens.open()?;
                let (mut first, mut found) = (true, false);
                let start = self.out.len();
                while let Some(name) = tokens.next_key(&mut first)? {
                    if tokens.is(name, key) {
                        // Of a key that comes twice the last value counts.
                        self.out.truncate(start);
                        found = self.walk(tokens, rest, end)?;
                    } else {
                        tokens.skip()?;
                    }
                }
                Ok(found)
            }
            Some(b'[') => self.list(tokens, |this, tokens| {
                if !this.walk(tokens, keys, end)? {
                    this.out.extend_from_slice(b"null");
                }
                Ok(())
            }),
            Some(b'n') => self.copy_next(tokens).map(|()| true),
            Some(_) | None => {
                tokens.skip()?;
                Ok(false)
            }
        }
    }

    fn end(&mut self, tokens: &mut Tokens<'_>, end: &End) -> Result<()> {
        match end {
            End::Copy => self.copy_next(tokens),
            End::Braces(braces) => self.braces(tokens, braces),
        }
    }

    /// Braces on a value.
    fn braces(&mut self, tokens: &mut Tokens<'_>, braces: &Braces) -> Result<()> {
        match tokens.peek() {
            Some(b'[') => self.list(tokens, |this, tokens| this.braces(tokens, braces)).map(drop),
            Some(b'n') => self.copy_next(tokens),
            first => {
                let base = self.slots.len();
                self.slots.resize(base + braces.sources.len(), None);
                if first == Some(b'{') {
                    self.sources(tokens, braces, base)?;
                } else {
                    tokens.skip()?;
                }
                self.object(tokens, &braces.members, base)?;
                self.slots.truncate(base);
                Ok(())
            }
        }
    }

    /// Notes where the fields of an object are.
    fn sources(&mut self, tokens: &mut Tokens<'_>, braces: &Braces, base: usize) -> Result<()> {
        let sources = &braces.sources[..];
        tokens.open()?;
        let mut first = true;
        while let Some(name) = tokens.next_key(&mut first)? {
            let found = sources.iter().position(|source| tokens.is(name, source));
            let value = tokens.skip()?;
            if let Some(slot) = found {
                self.slots[base + slot] = Some(value);
            }
        }
        Ok(())
    }

    /// Writes the members whose fields are there.
    fn object(&mut self, tokens: &Tokens<'_>, members: &[Member], base: usize) -> Result<()> {
        self.out.push(b'{');
        let empty = self.out.len();
        for Member { key, value, .. } in members {
            let start = self.out.len();
            self.check_room()?;
            if start > empty {
                self.out.push(b',');
            }
            self.out.extend_from_slice(key);
            let found = match value {
                Pick::Object(members) => self.object(tokens, members, base).map(|()| true)?,
                Pick::Constant(json) => {
                    self.out.extend_from_slice(json);
                    true
                }
                Pick::Source { slot, walk } => match self.slots[base + slot] {
                    Some(value) => self.source(tokens, value, walk)?,
                    None => false,
                },
            };
            if !found {
                self.out.truncate(start);
            }
        }
        self.out.push(b'}');
        Ok(())
    }

    /// Writes what a walk from this value finds; false if nothing is there.
    #[inline]
    fn source(&mut self, tokens: &Tokens<'_>, value: Span, walk: &Walk) -> Result<bool> {
        if walk.keys.is_empty() && matches!(walk.end, End::Copy) {
            self.copy(tokens, value).map(|()| true)
        } else {
            self.walk(&mut tokens.again(value), &walk.keys, &walk.end)
        }
    }

    fn list(
        &mut self,
        tokens: &mut Tokens<'_>,
        mut item: impl FnMut(&mut Self, &mut Tokens<'_>) -> Result<()>,
    ) -> Result<bool> {
        tokens.open()?;
        self.out.push(b'[');
        let mut first = true;
        let empty = self.out.len();
        while tokens.next_item(&mut first)? {
            if self.out.len() > empty {
                self.out.push(b',');
            }
            self.check_room()?;
            self.left = self.left.checked_sub(1).ok_or_else(|| tokens.error("it has more values than are read"))?;
            item(self, tokens)?;
        }
        self.out.push(b']');
        Ok(true)
    }

    /// Asked before every value, so that what is too much is one value.
    fn check_room(&self) -> Result<()> {
        if self.out.len() <= self.max_length { Ok(()) } else { Err(PickError::TooLarge) }
    }

    fn copy_next(&mut self, tokens: &mut Tokens<'_>) -> Result<()> {
        let value = tokens.skip()?;
        self.copy(tokens, value)
    }

    /// Writes a value as it is.
    fn copy(&mut self, tokens: &Tokens<'_>, value: Span) -> Result<()> {
        let json = tokens.bytes(value);
        match json.first() {
            // Blanks go, and so do keys that come twice.
            Some(b'{' | b'[') => write(&parse(json)?, self.out),
            Some(_) | None => self.out.extend_from_slice(json),
        }
        Ok(())
    }
}
