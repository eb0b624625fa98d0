//! Owns reading JSON as tokens over bytes: no tree, no decoding, every rule of RFC 8259 checked.

use std::borrow::Cow;
use std::ops::Range;

use weft_federation::json_text::plain_length;

/// Values nested deeper than this are refused.
const MAX_DEPTH: u16 = 512;

/// Why bytes are not JSON that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonError {
    /// The bytes end within a value.
    Truncated,
    /// Something else than JSON has at this byte.
    Syntax {
        at: usize,
    },
    TooDeep {
        at: usize,
    },
    InvalidUtf8 {
        at: usize,
    },
    /// It is JSON, and too much of it.
    TooLarge,
}

impl std::fmt::Display for JsonError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Truncated => write!(f, "the JSON ends too early"),
            Self::Syntax { at } => write!(f, "not valid JSON at byte {at}"),
            Self::TooDeep { at } => write!(f, "nested deeper than {MAX_DEPTH} levels at byte {at}"),
            Self::InvalidUtf8 { at } => write!(f, "not UTF-8 at byte {at}"),
            Self::TooLarge => write!(f, "it has more values than the gateway holds for one request"),
        }
    }
}

impl std::error::Error for JsonError {}

type Result<T> = std::result::Result<T, JsonError>;

/// A string's place, without its quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawString {
    start: usize,
    end: usize,
    escaped: bool,
}

impl RawString {
    /// The string's text.
    pub fn text<'a>(self, reader: &Reader<'a>) -> Cow<'a, str> {
        let raw = &reader.text[self.start..self.end];
        if !self.escaped {
            return Cow::Borrowed(raw);
        }
        // Only lone surrogates fail, which no name that is looked for can have.
        let quoted = &reader.text[self.start - 1..self.end + 1];
        serde_json::from_str(quoted).map_or(Cow::Borrowed(raw), Cow::Owned)
    }

    /// Whether this is its text.
    #[inline]
    pub fn is(self, text: &str, reader: &Reader<'_>) -> bool {
        if self.escaped {
            self.text(reader) == text
        } else {
            reader.text.as_bytes()[self.start..self.end] == *text.as_bytes()
        }
    }

    /// The bytes as they came, quotes included.
    pub fn quoted(self) -> Range<usize> {
        self.start - 1..self.end + 1
    }
}

/// A number's place, and whether it has neither fraction nor exponent.
#[derive(Debug, Clone)]
pub struct RawNumber {
    pub range: Range<usize>,
    pub is_integer: bool,
}

/// A cursor over JSON text.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: u16,
    /// Whether half of a surrogate pair, which is no character, is refused.
    whole_characters: bool,
}

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Result<Self> {
        let text =
            simdutf8::compat::from_utf8(bytes).map_err(|error| JsonError::InvalidUtf8 { at: error.valid_up_to() })?;
        Ok(Self { text, at: 0, depth: 0, whole_characters: false })
    }

    /// From now on, strings have to be text: GraphQL servers are believed to send nothing else.
    pub fn refuse_half_characters(self) -> Self {
        Self { whole_characters: true, ..self }
    }

    /// A cursor at a value that was read before.
    pub fn at(&self, start: usize) -> Self {
        Self { at: start, ..*self }
    }

    /// The byte that comes next.
    pub fn offset(&self) -> usize {
        self.at
    }

    /// The text of a range that this reader gave.
    pub fn slice(&self, range: Range<usize>) -> &'a str {
        &self.text[range]
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn wrong<T>(&self) -> Result<T> {
        Err(if self.at >= self.text.len() { JsonError::Truncated } else { JsonError::Syntax { at: self.at } })
    }

    /// The first byte of the next token, which stays unread.
    pub fn peek(&mut self) -> Result<u8> {
        loop {
            match self.byte() {
                Some(b' ' | b'\n' | b'\r' | b'\t') => self.at += 1,
                Some(byte) => return Ok(byte),
                None => return Err(JsonError::Truncated),
            }
        }
    }

    /// Whether this byte comes next, with no blanks before it.
    #[inline]
    pub fn is_next(&self, byte: u8) -> bool {
        self.byte() == Some(byte)
    }

    fn expect(&mut self, byte: u8) -> Result<()> {
        if self.peek()? != byte {
            return self.wrong();
        }
        self.at += 1;
        Ok(())
    }

    /// Reads the byte that opens an object or a list.
    pub fn open(&mut self, bracket: u8) -> Result<()> {
        self.expect(bracket)?;
        self.depth += 1;
        if self.depth > MAX_DEPTH { Err(JsonError::TooDeep { at: self.at - 1 }) } else { Ok(()) }
    }

    /// Reads the next key of an object and its colon; `None` at the object's end. `first` is true before the first.
    pub fn next_key(&mut self, first: &mut bool) -> Result<Option<RawString>> {
        if !self.next(b'}', first)? {
            return Ok(None);
        }
        self.peek()?;
        let key = self.string()?;
        self.expect(b':')?;
        Ok(Some(key))
    }

    /// Goes past the next key of an object and its colon if it is this one, plainly written; otherwise reads nothing.
    /// `name` must be a GraphQL name, which has nothing to escape.
    pub fn take_key(&mut self, name: &str, first: &mut bool) -> bool {
        let text = self.text.as_bytes();
        let mut rest = &text[self.at..];
        if !*first {
            let Some(key) = rest.strip_prefix(b",") else { return false };
            rest = key;
        }
        let value = rest.strip_prefix(b"\"").and_then(|key| key.strip_prefix(name.as_bytes()));
        let Some(value) = value.and_then(|rest| rest.strip_prefix(b"\":")) else { return false };
        self.at = text.len() - value.len();
        *first = false;
        true
    }

    /// Goes past a value that this reader has read at this depth before, if the same text comes next; otherwise reads nothing.
    #[inline]
    pub fn take_again(&mut self, value: &Range<usize>) -> bool {
        let text = self.text.as_bytes();
        let end = self.at + value.len();
        let comes = text.get(self.at..end).is_some_and(|next| is_same(next, &text[value.clone()]));
        if comes {
            self.at = end;
        }
        comes
    }

    /// Goes past a string without escapes or an integer of few digits, and gives its place; reads nothing of anything else.
    #[inline]
    pub fn take_plain(&mut self) -> Option<Range<usize>> {
        let start = self.at;
        let text = self.text.as_bytes().get(start..)?;
        let length = match text.first()? {
            b'"' => {
                let end = 1 + plain_length(&text[1..]);
                (text.get(end) == Some(&b'"')).then_some(end + 1)
            }
            b'0'..=b'9' => small_integer(text),
            _ => None,
        }?;
        self.at = start + length;
        Some(start..self.at)
    }

    /// Goes to the next item of a list; false at the list's end. `first` is true before the first.
    pub fn next_item(&mut self, first: &mut bool) -> Result<bool> {
        self.next(b']', first)
    }

    fn next(&mut self, close: u8, first: &mut bool) -> Result<bool> {
        let byte = self.peek()?;
        if byte == close {
            self.at += 1;
            self.depth -= 1;
            return Ok(false);
        }
        if !std::mem::replace(first, false) {
            self.expect(b',')?;
        }
        Ok(true)
    }

    /// Reads a string, which starts at the next byte.
    #[inline]
    pub fn string(&mut self) -> Result<RawString> {
        if self.byte() != Some(b'"') {
            return self.wrong();
        }
        let start = self.at + 1;
        self.at = start + plain_length(&self.text.as_bytes()[start..]);
        if self.byte() != Some(b'"') {
            return self.escaped_string(start);
        }
        self.at += 1;
        Ok(RawString { start, end: self.at - 1, escaped: false })
    }

    /// Goes on with a string that is plain no more.
    #[cold]
    fn escaped_string(&mut self, start: usize) -> Result<RawString> {
        loop {
            match self.byte() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(RawString { start, end: self.at - 1, escaped: true });
                }
                Some(b'\\') => {
                    self.at += 1;
                    self.escape()?;
                }
                Some(_) | None => return self.wrong(),
            }
            self.at += plain_length(&self.text.as_bytes()[self.at..]);
        }
    }

    fn escape(&mut self) -> Result<()> {
        match self.byte() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 1,
            Some(b'u') => {
                self.at += 1;
                let unit = self.code_unit()?;
                let is_half = self.whole_characters && (0xd800..0xe000).contains(&unit);
                if is_half && !(unit < 0xdc00 && self.takes_low_half()?) {
                    return self.wrong();
                }
            }
            Some(_) | None => return self.wrong(),
        }
        Ok(())
    }

    /// Reads the four digits of a `\u`.
    fn code_unit(&mut self) -> Result<u32> {
        let mut unit = 0;
        for _ in 0..4 {
            let Some(digit) = self.byte().and_then(|byte| char::from(byte).to_digit(16)) else { return self.wrong() };
            unit = unit * 16 + digit;
            self.at += 1;
        }
        Ok(unit)
    }

    /// Reads the second half of a surrogate pair, if it comes next.
    fn takes_low_half(&mut self) -> Result<bool> {
        if !self.text.as_bytes()[self.at..].starts_with(br"\u") {
            return Ok(false);
        }
        self.at += 2;
        Ok((0xdc00..0xe000).contains(&self.code_unit()?))
    }

    /// Reads a number, which starts at the next byte.
    pub fn number(&mut self) -> Result<RawNumber> {
        let start = self.at;
        let mut is_integer = true;
        if self.byte() == Some(b'-') {
            self.at += 1;
        }
        match self.byte() {
            Some(b'0') => self.at += 1,
            _ => self.digits()?,
        }
        if self.byte() == Some(b'.') {
            is_integer = false;
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.byte() {
            is_integer = false;
            self.at += 1;
            if let Some(b'+' | b'-') = self.byte() {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(RawNumber { range: start..self.at, is_integer })
    }

    fn digits(&mut self) -> Result<()> {
        if !self.byte().is_some_and(|byte| byte.is_ascii_digit()) {
            return self.wrong();
        }
        while self.byte().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        Ok(())
    }

    /// Reads `true`, `false` or `null`.
    pub fn word(&mut self, word: &'static str) -> Result<Range<usize>> {
        let start = self.at;
        for expected in word.bytes() {
            if self.byte() != Some(expected) {
                return self.wrong();
            }
            self.at += 1;
        }
        Ok(start..self.at)
    }

    /// Reads any value and gives its place.
    #[inline]
    pub fn skip(&mut self) -> Result<Range<usize>> {
        match self.take_plain() {
            Some(place) => Ok(place),
            None => self.skip_any(),
        }
    }

    fn skip_any(&mut self) -> Result<Range<usize>> {
        let byte = self.peek()?;
        let start = self.at;
        match byte {
            b'{' => {
                self.open(b'{')?;
                let mut first = true;
                while self.next_key(&mut first)?.is_some() {
                    self.skip()?;
                }
            }
            b'[' => {
                self.open(b'[')?;
                let mut first = true;
                while self.next_item(&mut first)? {
                    self.skip()?;
                }
            }
            b'"' => {
                self.string()?;
            }
            b't' => {
                self.word("true")?;
            }
            b'f' => {
                self.word("false")?;
            }
            b'n' => {
                self.word("null")?;
            }
            _ => {
                self.number()?;
            }
        }
        Ok(start..self.at)
    }

    /// The text of a string, number or boolean at this place; `None` for other values.
    pub fn scalar_text(&self, value: Range<usize>) -> Option<Cow<'a, str>> {
        let text = &self.text[value];
        match text.as_bytes().first()? {
            b'"' if text.contains('\\') => serde_json::from_str(text).ok().map(Cow::Owned),
            b'"' => text.get(1..text.len() - 1).map(Cow::Borrowed),
            b'{' | b'[' | b'n' => None,
            _ => Some(Cow::Borrowed(text)),
        }
    }

    /// Says that nothing but white space is left.
    pub fn end(&mut self) -> Result<()> {
        match self.peek() {
            Err(JsonError::Truncated) => Ok(()),
            Ok(_) | Err(_) => Err(JsonError::Syntax { at: self.at }),
        }
    }
}

/// Whether two texts of one length are the same. Keys are short, and compared without a call.
#[inline]
fn is_same(one: &[u8], other: &[u8]) -> bool {
    match (one.first_chunk::<8>(), other.first_chunk::<8>(), one.last_chunk::<8>(), other.last_chunk::<8>()) {
        (Some(one_first), Some(other_first), Some(one_last), Some(other_last)) if one.len() <= 16 => {
            one_first == other_first && one_last == other_last
        }
        _ => one == other,
    }
}

/// The digits of a number that is no more than them and less than a billion.
#[inline]
fn small_integer(text: &[u8]) -> Option<usize> {
    let length = text.iter().take(10).take_while(|byte| byte.is_ascii_digit()).count();
    let is_whole = matches!(text.get(length), Some(b',' | b'}' | b']'));
    (is_whole && length < 10 && (length == 1 || text.first() != Some(&b'0'))).then_some(length)
}

#[cfg(test)]
mod tests;
