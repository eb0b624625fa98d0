//! Owns reading JSON token by token, with every rule checked and nothing kept.

use std::borrow::Cow;

use super::json::{JsonError, MAX_DEPTH};
use super::number::json_number_length;
use crate::json_text::plain_length;

type Result<T> = std::result::Result<T, JsonError>;

/// Where something stands in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    start: usize,
    end: usize,
}

/// A string's place, without its quotes.
#[derive(Debug, Clone, Copy)]
pub(super) struct RawString {
    span: Span,
    is_plain: bool,
}

/// A cursor over JSON text.
#[derive(Debug, Clone)]
pub(super) struct Tokens<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    depth: usize,
}

impl<'a> Tokens<'a> {
    pub fn new(bytes: &'a [u8]) -> Result<Self> {
        let text = std::str::from_utf8(bytes)
            .map_err(|error| JsonError { offset: error.valid_up_to(), message: "invalid UTF-8" })?;
        Ok(Self { text, bytes, at: 0, depth: 0 })
    }

    /// A cursor at a value that this one has gone past.
    pub fn again(&self, value: Span) -> Self {
        Self { at: value.start, depth: 0, ..*self }
    }

    pub fn bytes(&self, span: Span) -> &'a [u8] {
        &self.bytes[span.start..span.end]
    }

    /// A string as it stands there, still escaped.
    pub fn raw(&self, string: RawString) -> &'a str {
        &self.text[string.span.start..string.span.end]
    }

    /// A number's token, or that of any value.
    pub fn token(&self, span: Span) -> &'a str {
        &self.text[span.start..span.end]
    }

    /// A string's characters; borrowed unless there is something to unescape.
    pub fn decoded(&self, string: RawString) -> Cow<'a, str> {
        let raw = self.raw(string);
        if string.is_plain { raw.into() } else { unescape(raw).into() }
    }

    /// Whether a string has these characters, of which none has to be escaped.
    #[inline]
    pub fn is(&self, string: RawString, text: &str) -> bool {
        self.bytes(string.span) == text.as_bytes() || (!string.is_plain && self.decoded(string) == text)
    }

    /// Says that nothing but blanks is left.
    pub fn end(&mut self) -> Result<()> {
        self.skip_blank();
        if self.at == self.bytes.len() { Ok(()) } else { Err(self.error("more follows after the value")) }
    }

    pub fn error(&self, message: &'static str) -> JsonError {
        JsonError { offset: self.at, message }
    }

    #[inline]
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

    /// The byte that the next value starts with, which stays unread; `None` where the text ends.
    #[inline]
    pub fn peek(&mut self) -> Option<u8> {
        self.skip_blank();
        self.bytes.get(self.at).copied()
    }

    /// Goes past the bracket that comes next.
    pub fn open(&mut self) -> Result<()> {
        if self.depth == MAX_DEPTH {
            return Err(self.error("nested more than 512 deep"));
        }
        self.depth += 1;
        self.at += 1;
        Ok(())
    }

    /// Reads the next key of an object and its colon; `None` at its end. `first` is true before the first.
    #[inline]
    pub fn next_key(&mut self, first: &mut bool) -> Result<Option<RawString>> {
        self.skip_blank();
        if self.eat(b'}') {
            self.depth -= 1;
            return Ok(None);
        }
        if !std::mem::replace(first, false) {
            if !self.eat(b',') {
                return Err(self.error("expected `,` or `}`"));
            }
            self.skip_blank();
        }
        if self.bytes.get(self.at) != Some(&b'"') {
            return Err(self.error("expected a key"));
        }
        let key = self.string()?;
        self.skip_blank();
        if !self.eat(b':') {
            return Err(self.error("expected `:`"));
        }
        Ok(Some(key))
    }

    /// Goes to the next item of a list; false at its end. `first` is true before the first.
    pub fn next_item(&mut self, first: &mut bool) -> Result<bool> {
        self.skip_blank();
        if self.eat(b']') {
            self.depth -= 1;
            return Ok(false);
        }
        if !std::mem::replace(first, false) && !self.eat(b',') {
            return Err(self.error("expected `,` or `]`"));
        }
        Ok(true)
    }

    /// Reads a string. A quote comes next.
    #[inline]
    pub fn string(&mut self) -> Result<RawString> {
        let start = self.at + 1;
        self.at = start + plain_length(&self.bytes[start..]);
        let mut is_plain = true;
        while self.bytes.get(self.at) != Some(&b'"') {
            self.escape()?;
            is_plain = false;
        }
        self.at += 1;
        Ok(RawString { span: Span { start, end: self.at - 1 }, is_plain })
    }

    /// Goes past an escape and the plain text after it.
    #[cold]
    fn escape(&mut self) -> Result<()> {
        match self.bytes.get(self.at) {
            Some(b'\\') => self.check_escape()?,
            Some(_) => return Err(self.error("a control character in a string")),
            None => return Err(self.error("a string that does not end")),
        }
        self.at += plain_length(&self.bytes[self.at..]);
        Ok(())
    }

    fn check_escape(&mut self) -> Result<()> {
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

    /// Reads a number, which starts at the next byte.
    pub fn number(&mut self) -> Result<Span> {
        let length = json_number_length(&self.bytes[self.at..]);
        let length = length.ok_or_else(|| self.error("a number that is not complete"))?;
        self.at += length;
        Ok(Span { start: self.at - length, end: self.at })
    }

    /// Reads `true`, `false` or `null`, which starts at the next byte.
    pub fn word(&mut self, word: &str) -> Result<()> {
        if !self.bytes[self.at..].starts_with(word.as_bytes()) {
            return Err(self.expected_value());
        }
        self.at += word.len();
        Ok(())
    }

    /// Where a value should be, something else is.
    pub fn expected_value(&self) -> JsonError {
        self.error(if self.at < self.bytes.len() { "expected a value" } else { "it ends where a value should be" })
    }

    /// Reads any value, and gives its place.
    pub fn skip(&mut self) -> Result<Span> {
        let first = self.peek();
        let start = self.at;
        match first {
            Some(b'"') => {
                self.string()?;
            }
            Some(b'-' | b'0'..=b'9') => {
                self.number()?;
            }
            Some(b'{') => {
                self.open()?;
                let mut first = true;
                while self.next_key(&mut first)?.is_some() {
                    self.skip()?;
                }
            }
            Some(b'[') => {
                self.open()?;
                let mut first = true;
                while self.next_item(&mut first)? {
                    self.skip()?;
                }
            }
            Some(b't') => self.word("true")?,
            Some(b'f') => self.word("false")?,
            Some(b'n') => self.word("null")?,
            Some(_) | None => return Err(self.expected_value()),
        }
        Ok(Span { start, end: self.at })
    }
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

fn hex(bytes: &[u8], at: usize) -> Option<u32> {
    let digits = bytes.get(at..at + 4)?;
    digits.iter().try_fold(0, |code, byte| Some(code * 16 + char::from(*byte).to_digit(16)?))
}
