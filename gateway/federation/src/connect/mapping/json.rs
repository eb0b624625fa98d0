//! Owns the reading and writing of JSON as [`Value`]s.
//!
//! The reader copies nothing but keys that have escapes; the writer copies tokens. Both refuse what is not JSON:
//! the reader by an error, the writer because a [`Value`] cannot hold it.

use super::reads::{Interest, Reads};
use super::tokens::Tokens;
use super::value::{Text, Value};
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

/// How deep lists and objects may nest; deeper is refused, so that no body overflows the stack.
pub const MAX_DEPTH: usize = 512;

/// More values than this are refused: `[0,0,…]` is small on the wire, and here each takes over a hundred bytes by the time
/// that it is mapped.
pub const MAX_VALUES: usize = 1 << 21;

/// An object with more keys than this is checked for duplicates by a map, not by looking through it.
const LINEAR_KEYS: usize = 16;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonError {
    /// The byte at which reading stopped.
    pub offset: usize,
    pub message: &'static str,
}

impl std::fmt::Display for JsonError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "not valid JSON at byte {}: {}", self.offset, self.message)
    }
}

impl std::error::Error for JsonError {}

/// Reads one JSON value that fills `bytes`. Of a key that comes twice the last value counts, at the first's place.
pub fn parse(bytes: &[u8]) -> Result<Value<'_>, JsonError> {
    parse_within(bytes, Interest::Whole, MAX_VALUES)
}

/// As [`parse`], and leaves out what nobody reads, though it is checked to be JSON. What is left out does not count as a
/// value of which only so many are read.
pub fn parse_read<'a>(bytes: &'a [u8], reads: &Reads) -> Result<Value<'a>, JsonError> {
    parse_within(bytes, reads.interest(), MAX_VALUES)
}

/// The text of each item of a list; `None` for what is no list.
pub fn items(bytes: &[u8]) -> Option<Vec<&str>> {
    let mut tokens = Tokens::new(bytes).ok()?;
    if tokens.peek() != Some(b'[') {
        return None;
    }
    tokens.open().ok()?;
    let (mut items, mut first) = (vec![], true);
    while tokens.next_item(&mut first).ok()? {
        let item = tokens.skip().ok()?;
        items.push(tokens.token(item));
    }
    Some(items)
}

/// As [`parse_read`], with at most this many values.
pub(super) fn parse_within<'a>(
    bytes: &'a [u8],
    interest: Interest<'_>,
    max_values: usize,
) -> Result<Value<'a>, JsonError> {
    let mut reader = Reader { tokens: Tokens::new(bytes)?, left: max_values };
    let value = reader.value(interest)?;
    reader.tokens.end()?;
    Ok(value)
}

struct Reader<'a> {
    tokens: Tokens<'a>,
    /// How many values more may come.
    left: usize,
}

impl<'a> Reader<'a> {
    fn value(&mut self, interest: Interest<'_>) -> Result<Value<'a>, JsonError> {
        let first = self.tokens.peek();
        self.left = self.left.checked_sub(1).ok_or_else(|| self.tokens.error("it has more values than are read"))?;
        Ok(match first {
            Some(b'"') => {
                let string = self.tokens.string()?;
                Value::String(Text::Escaped(self.tokens.raw(string)))
            }
            Some(b'{') => Value::Object(self.object(interest)?),
            Some(b'[') => {
                self.tokens.open()?;
                let mut items = Vec::new();
                let mut first = true;
                while self.tokens.next_item(&mut first)? {
                    items.push(self.value(interest)?);
                }
                Value::Array(items)
            }
            Some(b'-' | b'0'..=b'9') => {
                let number = self.tokens.number()?;
                Value::Number(Cow::Borrowed(self.tokens.token(number)))
            }
            Some(b't') => self.tokens.word("true").map(|()| Value::Bool(true))?,
            Some(b'f') => self.tokens.word("false").map(|()| Value::Bool(false))?,
            Some(b'n') => self.tokens.word("null").map(|()| Value::Null)?,
            Some(_) | None => return Err(self.tokens.expected_value()),
        })
    }

    fn object(&mut self, interest: Interest<'_>) -> Result<Vec<(Cow<'a, str>, Value<'a>)>, JsonError> {
        self.tokens.open()?;
        let mut fields: Vec<(Cow<'a, str>, Value<'a>)> = Vec::with_capacity(interest.width());
        // Filled once the object is wide, so that a hostile one costs no quadratic time.
        let mut index: HashMap<Cow<'a, str>, usize> = HashMap::new();
        let mut first = true;
        while let Some(key) = self.tokens.next_key(&mut first)? {
            let key = self.tokens.decoded(key);
            let Some(below) = interest.of(&key) else {
                self.tokens.skip()?;
                continue;
            };
            let value = self.value(below)?;
            if fields.len() == LINEAR_KEYS {
                index = fields.iter().enumerate().map(|(at, (key, _))| (key.clone(), at)).collect();
            }
            let seen = if fields.len() < LINEAR_KEYS {
                fields.iter().position(|(name, _)| *name == key)
            } else {
                index.get(&key).copied()
            };
            match seen {
                Some(at) => fields[at].1 = value,
                None => {
                    if fields.len() >= LINEAR_KEYS {
                        index.insert(key.clone(), fields.len());
                    }
                    fields.push((key, value));
                }
            }
        }
        Ok(fields)
    }
}

/// Appends `value` as JSON.
pub fn write(value: &Value<'_>, out: &mut Vec<u8>) {
    write_telling(value, out, &mut |_| {});
}

/// Appends `value` as JSON, and tells of each [`Value::Unfit`] in it.
pub fn write_telling(value: &Value<'_>, out: &mut Vec<u8>, tell: &mut impl FnMut(&Arc<str>)) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Unfit(why) => {
            out.extend_from_slice(b"null");
            tell(why);
        }
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Number(raw) => out.extend_from_slice(raw.as_bytes()),
        Value::String(Text::Escaped(raw)) => {
            out.push(b'"');
            out.extend_from_slice(raw.as_bytes());
            out.push(b'"');
        }
        Value::String(Text::Plain(text)) => write_string(text, out),
        Value::Array(items) => {
            out.push(b'[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                write_telling(item, out, tell);
            }
            out.push(b']');
        }
        Value::Object(fields) => {
            out.push(b'{');
            for (at, (key, value)) in fields.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                write_string(key, out);
                out.push(b':');
                write_telling(value, out, tell);
            }
            out.push(b'}');
        }
    }
}

/// Appends `text` as a JSON string, quotes included.
pub fn write_string(text: &str, out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut copied = 0;
    for (at, byte) in bytes.iter().copied().enumerate() {
        let short = match byte {
            b'"' => Some(b'"'),
            b'\\' => Some(b'\\'),
            b'\n' => Some(b'n'),
            b'\r' => Some(b'r'),
            b'\t' => Some(b't'),
            8 => Some(b'b'),
            12 => Some(b'f'),
            0..=0x1f => None,
            _ => continue,
        };
        out.extend_from_slice(&bytes[copied..at]);
        copied = at + 1;
        match short {
            Some(letter) => out.extend_from_slice(&[b'\\', letter]),
            None => {
                let (high, low) = (HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]);
                out.extend_from_slice(&[b'\\', b'u', b'0', b'0', high, low]);
            }
        }
    }
    out.extend_from_slice(&bytes[copied..]);
    out.push(b'"');
}
