//! Owns the tokens of the mapping language, each with its span.

use super::MappingError;
use std::borrow::Cow;
use std::ops::Range;

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token<'t> {
    pub kind: TokenKind<'t>,
    pub span: Range<usize>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum TokenKind<'t> {
    Name(&'t str),
    /// `$name`, without the dollar.
    Variable(&'t str),
    /// A quoted text, unescaped.
    String(Cow<'t, str>),
    /// A number, as it was written.
    Number(&'t str),
    Dollar,
    At,
    Dot,
    Arrow,
    Colon,
    Comma,
    Question,
    NullCoalesce,
    MissingCoalesce,
    BraceOpen,
    BraceClose,
    ParenOpen,
    ParenClose,
    BracketOpen,
    BracketClose,
    Spread,
    End,
}

impl TokenKind<'_> {
    /// The token as an error message names it.
    pub fn describe(&self) -> String {
        let punctuation = match self {
            Self::Name(name) => return format!("`{name}`"),
            Self::Variable(name) => return format!("`${name}`"),
            Self::String(text) => return format!("the text \"{text}\""),
            Self::Number(raw) => return format!("the number {raw}"),
            Self::End => return "the end".to_owned(),
            Self::Dollar => "$",
            Self::At => "@",
            Self::Dot => ".",
            Self::Arrow => "->",
            Self::Colon => ":",
            Self::Comma => ",",
            Self::Question => "?",
            Self::NullCoalesce => "??",
            Self::MissingCoalesce => "?!",
            Self::BraceOpen => "{",
            Self::BraceClose => "}",
            Self::ParenOpen => "(",
            Self::ParenClose => ")",
            Self::BracketOpen => "[",
            Self::BracketClose => "]",
            Self::Spread => "...",
        };
        format!("`{punctuation}`")
    }
}

/// All tokens of `text`, the last of them [`TokenKind::End`].
pub(super) fn tokens(text: &str) -> Result<Vec<Token<'_>>, MappingError> {
    let mut lexer = Lexer { text, bytes: text.as_bytes(), at: 0 };
    let mut tokens = Vec::new();
    loop {
        let token = lexer.next()?;
        let end = token.kind == TokenKind::End;
        tokens.push(token);
        if end {
            return Ok(tokens);
        }
    }
}

struct Lexer<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
}

impl<'t> Lexer<'t> {
    fn next(&mut self) -> Result<Token<'t>, MappingError> {
        self.skip_blank();
        let start = self.at;
        let kind = match self.peek(0) {
            None => TokenKind::End,
            Some(byte) => match byte {
                b'$' => {
                    self.at += 1;
                    if self.peek(0).is_some_and(is_name_start) {
                        TokenKind::Variable(self.name())
                    } else {
                        TokenKind::Dollar
                    }
                }
                b'"' | b'\'' => self.string(byte)?,
                b'-' if self.peek(1) == Some(b'>') => self.take(2, TokenKind::Arrow),
                b'-' | b'0'..=b'9' => self.number()?,
                b'.' if self.bytes[self.at..].starts_with(b"...") => self.take(3, TokenKind::Spread),
                b'.' => self.take(1, TokenKind::Dot),
                b'?' => match self.peek(1) {
                    Some(b'?') => self.take(2, TokenKind::NullCoalesce),
                    Some(b'!') => self.take(2, TokenKind::MissingCoalesce),
                    _ => self.take(1, TokenKind::Question),
                },
                b'@' => self.take(1, TokenKind::At),
                b':' => self.take(1, TokenKind::Colon),
                b',' => self.take(1, TokenKind::Comma),
                b'{' => self.take(1, TokenKind::BraceOpen),
                b'}' => self.take(1, TokenKind::BraceClose),
                b'(' => self.take(1, TokenKind::ParenOpen),
                b')' => self.take(1, TokenKind::ParenClose),
                b'[' => self.take(1, TokenKind::BracketOpen),
                b']' => self.take(1, TokenKind::BracketClose),
                byte if is_name_start(byte) => TokenKind::Name(self.name()),
                _ => {
                    // `at` is always on a character's first byte, so there is a character.
                    let odd = self.text[start..].chars().next().unwrap_or('\u{fffd}');
                    let span = start..start + odd.len_utf8();
                    let help = match method_of(odd) {
                        Some(method) => format!("there are no operators: use `->{method}`"),
                        None => {
                            "a name with other characters than letters, digits and `_` is written in quotes".to_owned()
                        }
                    };
                    return Err(MappingError::new(span, format!("`{odd}` has no meaning in a mapping")).help(help));
                }
            },
        };
        Ok(Token { kind, span: start..self.at })
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    fn take(&mut self, length: usize, kind: TokenKind<'t>) -> TokenKind<'t> {
        self.at += length;
        kind
    }

    fn skip_blank(&mut self) {
        while let Some(byte) = self.peek(0) {
            match byte {
                b' ' | b'\t' | b'\n' | b'\r' => self.at += 1,
                b'#' => self.skip_while(|byte| byte != b'\n'),
                _ => break,
            }
        }
    }

    fn skip_while(&mut self, condition: impl Fn(u8) -> bool) {
        while self.peek(0).is_some_and(&condition) {
            self.at += 1;
        }
    }

    fn name(&mut self) -> &'t str {
        let start = self.at;
        self.skip_while(|byte| is_name_start(byte) || byte.is_ascii_digit());
        &self.text[start..self.at]
    }

    fn number(&mut self) -> Result<TokenKind<'t>, MappingError> {
        let start = self.at;
        self.skip_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'+' | b'-'));
        // `1->add(2)`: the arrow is not a part of the number.
        if self.peek(0) == Some(b'>') && self.at > start + 1 {
            self.at -= 1;
        }
        let raw = &self.text[start..self.at];
        if super::number::is_json_number(raw) {
            Ok(TokenKind::Number(raw))
        } else if raw.strip_prefix('-').is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_digit())) {
            Err(MappingError::new(start..start + 1, "`-` has no meaning in a mapping")
                .help("there are no operators: use `->sub`; a name with a `-` is written in quotes"))
        } else {
            Err(MappingError::new(start..self.at, format!("`{raw}` is not a number"))
                .help("numbers are written as in JSON: `1`, `-2.5`, `1e3`"))
        }
    }

    fn string(&mut self, quote: u8) -> Result<TokenKind<'t>, MappingError> {
        let start = self.at;
        self.at += 1;
        let from = self.at;
        self.skip_while(|byte| byte != quote && byte != b'\\');
        let mut text = Cow::Borrowed(&self.text[from..self.at]);
        loop {
            match self.peek(0) {
                None => {
                    return Err(MappingError::new(start..self.at, "this text has no closing quote"));
                }
                Some(byte) if byte == quote => {
                    self.at += 1;
                    return Ok(TokenKind::String(text));
                }
                Some(b'\\') => {
                    let escaped = self.escape()?;
                    text.to_mut().push(escaped);
                }
                Some(_) => {
                    let from = self.at;
                    self.skip_while(|byte| byte != quote && byte != b'\\');
                    text.to_mut().push_str(&self.text[from..self.at]);
                }
            }
        }
    }

    fn escape(&mut self) -> Result<char, MappingError> {
        let start = self.at;
        let after = self.text.get(start + 1..).and_then(|rest| rest.chars().next());
        self.at += 1 + after.map_or(0, char::len_utf8);
        let character = match after {
            Some(same @ ('"' | '\'' | '\\' | '/')) => same,
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('u') => return self.unicode_escape(start),
            _ => return Err(MappingError::new(start..self.at, "this escape has no meaning")),
        };
        Ok(character)
    }

    fn unicode_escape(&mut self, start: usize) -> Result<char, MappingError> {
        let first = self.four_digits(start)?;
        if let Some(character) = char::from_u32(first) {
            return Ok(character);
        }
        // Outside the basic plane a character is two escapes.
        if (0xd800..0xdc00).contains(&first) && self.bytes[self.at..].starts_with(b"\\u") {
            self.at += 2;
            let second = self.four_digits(start)?;
            if (0xdc00..0xe000).contains(&second) {
                let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                if let Some(character) = char::from_u32(code) {
                    return Ok(character);
                }
            }
        }
        Err(MappingError::new(start..self.at, "this escape is not a character"))
    }

    fn four_digits(&mut self, start: usize) -> Result<u32, MappingError> {
        let digits = self.text.get(self.at..self.at + 4).filter(|text| text.bytes().all(|b| b.is_ascii_hexdigit()));
        match digits.and_then(|text| u32::from_str_radix(text, 16).ok()) {
            Some(code) => {
                self.at += 4;
                Ok(code)
            }
            None => Err(MappingError::new(start..self.at, "`\\u` wants four hexadecimal digits")),
        }
    }
}

/// The method that does what the operator does elsewhere.
fn method_of(operator: char) -> Option<&'static str> {
    Some(match operator {
        '+' => "add",
        '*' => "mul",
        '/' => "div",
        '%' => "mod",
        '=' => "eq",
        '<' => "lt",
        '>' => "gt",
        '!' => "not",
        '&' => "and",
        '|' => "or",
        _ => return None,
    })
}

fn is_name_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_'
}
