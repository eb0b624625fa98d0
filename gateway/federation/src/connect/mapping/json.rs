//! Owns the reading and writing of JSON as [`Value`]s.
//!
//! The reader copies nothing but keys that have escapes; the writer copies tokens. Both refuse what is not JSON:
//! the reader by an error, the writer because a [`Value`] cannot hold it.

use super::number::json_number_length;
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
    parse_within(bytes, MAX_VALUES)
}

/// The same with at most this many values.
pub(super) fn parse_within(bytes: &[u8], max_values: usize) -> Result<Value<'_>, JsonError> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| JsonError { offset: error.valid_up_to(), message: "invalid UTF-8" })?;
    let mut reader = Reader { text, bytes, at: 0, left: max_values };
    let value = reader.value(0)?;
    reader.skip_blank();
    if reader.at == bytes.len() { Ok(value) } else { Err(reader.error("more follows after the value")) }
}

struct Reader<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    /// How many values more may come.
    left: usize,
}

impl<'a> Reader<'a> {
    fn error(&self, message: &'static str) -> JsonError {
        JsonError { offset: self.at, message }
    }

    fn skip_blank(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.bytes.get(self.at) {
            self.at += 1;
        }
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.bytes.get(self.at) == Some(&byte);
        self.at += usize::from(found);
        found
    }

    fn value(&mut self, depth: usize) -> Result<Value<'a>, JsonError> {
        self.skip_blank();
        self.left = self.left.checked_sub(1).ok_or_else(|| self.error("it has more values than are read"))?;
        match self.bytes.get(self.at) {
            Some(b'"') => Ok(Value::String(Text::Escaped(self.string()?))),
            Some(b'{') => self.object(depth + 1),
            Some(b'[') => self.array(depth + 1),
            Some(b'-' | b'0'..=b'9') => match json_number_length(&self.bytes[self.at..]) {
                Some(length) => {
                    let raw = &self.text[self.at..self.at + length];
                    self.at += length;
                    Ok(Value::Number(Cow::Borrowed(raw)))
                }
                None => Err(self.error("a number that is not complete")),
            },
            Some(b't') => self.word("true", Value::Bool(true)),
            Some(b'f') => self.word("false", Value::Bool(false)),
            Some(b'n') => self.word("null", Value::Null),
            Some(_) => Err(self.error("expected a value")),
            None => Err(self.error("it ends where a value should be")),
        }
    }

    fn word(&mut self, word: &str, value: Value<'a>) -> Result<Value<'a>, JsonError> {
        if self.bytes[self.at..].starts_with(word.as_bytes()) {
            self.at += word.len();
            Ok(value)
        } else {
            Err(self.error("expected a value"))
        }
    }

    fn array(&mut self, depth: usize) -> Result<Value<'a>, JsonError> {
        self.check_depth(depth)?;
        self.at += 1;
        let mut items = Vec::new();
        self.skip_blank();
        if self.eat(b']') {
            return Ok(Value::Array(items));
        }
        loop {
            items.push(self.value(depth)?);
            self.skip_blank();
            if self.eat(b']') {
                return Ok(Value::Array(items));
            }
            if !self.eat(b',') {
                return Err(self.error("expected `,` or `]`"));
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<Value<'a>, JsonError> {
        self.check_depth(depth)?;
        self.at += 1;
        let mut fields: Vec<(Cow<'a, str>, Value<'a>)> = Vec::new();
        // Filled once the object is wide, so that a hostile one costs no quadratic time.
        let mut index: HashMap<Cow<'a, str>, usize> = HashMap::new();
        self.skip_blank();
        if self.eat(b'}') {
            return Ok(Value::Object(fields));
        }
        loop {
            self.skip_blank();
            if self.bytes.get(self.at) != Some(&b'"') {
                return Err(self.error("expected a key"));
            }
            let raw = self.string()?;
            let key = if raw.contains('\\') { Cow::Owned(unescape(raw)) } else { Cow::Borrowed(raw) };
            self.skip_blank();
            if !self.eat(b':') {
                return Err(self.error("expected `:`"));
            }
            let value = self.value(depth)?;
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
            self.skip_blank();
            if self.eat(b'}') {
                return Ok(Value::Object(fields));
            }
            if !self.eat(b',') {
                return Err(self.error("expected `,` or `}`"));
            }
        }
    }

    fn check_depth(&self, depth: usize) -> Result<(), JsonError> {
        if depth > MAX_DEPTH { Err(self.error("nested more than 512 deep")) } else { Ok(()) }
    }

    /// What stands between the quotes, checked and still escaped.
    fn string(&mut self) -> Result<&'a str, JsonError> {
        self.at += 1;
        let start = self.at;
        loop {
            match self.bytes.get(self.at) {
                Some(b'"') => {
                    let raw = &self.text[start..self.at];
                    self.at += 1;
                    return Ok(raw);
                }
                Some(b'\\') => self.check_escape()?,
                Some(0..=0x1f) => return Err(self.error("a control character in a string")),
                Some(_) => self.at += 1,
                None => return Err(self.error("a string that does not end")),
            }
        }
    }

    fn check_escape(&mut self) -> Result<(), JsonError> {
        match self.bytes.get(self.at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {
                self.at += 2;
                Ok(())
            }
            Some(b'u') => match hex(self.bytes, self.at + 2) {
                // A half of a pair alone is not a character, and could not be written as UTF-8.
                Some(0xd800..=0xdbff) => {
                    let low = (self.bytes.get(self.at + 6..self.at + 8) == Some(b"\\u".as_slice()))
                        .then(|| hex(self.bytes, self.at + 8));
                    if matches!(low, Some(Some(0xdc00..=0xdfff))) {
                        self.at += 12;
                        Ok(())
                    } else {
                        Err(self.error("half of a surrogate pair"))
                    }
                }
                Some(0xdc00..=0xdfff) => Err(self.error("half of a surrogate pair")),
                Some(_) => {
                    self.at += 6;
                    Ok(())
                }
                None => Err(self.error("`\\u` without four hexadecimal digits")),
            },
            _ => Err(self.error("an unknown escape")),
        }
    }
}

fn hex(bytes: &[u8], at: usize) -> Option<u32> {
    let digits = bytes.get(at..at + 4)?;
    digits.iter().try_fold(0, |code, byte| Some(code * 16 + char::from(*byte).to_digit(16)?))
}

/// Unescapes the content of a JSON string that the reader has checked.
pub(super) fn unescape(raw: &str) -> String {
    let bytes = raw.as_bytes();
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let here = raw.len() - rest.len() + at;
        let (character, length) = match bytes.get(here + 1) {
            Some(b'n') => ('\n', 2),
            Some(b'r') => ('\r', 2),
            Some(b't') => ('\t', 2),
            Some(b'b') => ('\u{8}', 2),
            Some(b'f') => ('\u{c}', 2),
            Some(b'u') => unescape_unicode(bytes, here),
            Some(byte @ (b'"' | b'\\' | b'/')) => (char::from(*byte), 2),
            // Not reached for text that the reader has checked.
            _ => ('\u{fffd}', 1),
        };
        out.push(character);
        rest = raw.get(here + length..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

fn unescape_unicode(bytes: &[u8], at: usize) -> (char, usize) {
    match (hex(bytes, at + 2), hex(bytes, at + 8)) {
        (Some(high @ 0xd800..=0xdbff), Some(low @ 0xdc00..=0xdfff)) => {
            let code = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
            (char::from_u32(code).unwrap_or('\u{fffd}'), 12)
        }
        (Some(code), _) => (char::from_u32(code).unwrap_or('\u{fffd}'), 6),
        (None, _) => ('\u{fffd}', 2),
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
