//! Owns the tokens of a path. Commas and white space are nothing, as in GraphQL.

use std::ops::Range;

use super::PathError;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Name(String),
    Int(String),
    Float(String),
    /// With its escapes read.
    String(String),
    /// One of `. ( ) [ ] { } < > : $`.
    Mark(char),
}

impl Token {
    pub fn shown(&self) -> String {
        match self {
            Self::Name(text) | Self::Int(text) | Self::Float(text) => format!("`{text}`"),
            Self::String(_) => "a string".to_owned(),
            Self::Mark(mark) => format!("`{mark}`"),
        }
    }
}

pub(super) fn tokens(text: &str) -> Result<Vec<(Token, Range<usize>)>, PathError> {
    let mut found = vec![];
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let start = at;
        let token = match first {
            ',' | '\u{feff}' => None,
            _ if first.is_whitespace() => None,
            '.' | '(' | ')' | '[' | ']' | '{' | '}' | '<' | '>' | ':' | '$' => Some(Token::Mark(first)),
            '"' => {
                let (value, end) = string(text, at)?;
                found.push((Token::String(value), start..end));
                at = end;
                continue;
            }
            '-' | '0'..='9' => {
                let length = text[at..].bytes().take_while(|byte| is_numeric(*byte)).count();
                let number = &text[at..at + length];
                found.push((read_number(number, start..at + length)?, start..at + length));
                at += length;
                continue;
            }
            '_' | 'a'..='z' | 'A'..='Z' => {
                let length =
                    text[at..].bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
                found.push((Token::Name(text[at..at + length].to_owned()), start..at + length));
                at += length;
                continue;
            }
            _ => {
                let message = format!("`{first}` has no meaning in a path");
                return Err(PathError { message, span: start..start + first.len_utf8(), help: None });
            }
        };
        at += first.len_utf8();
        found.extend(token.map(|token| (token, start..at)));
    }
    Ok(found)
}

/// Also what follows a number wrongly, so that `1x` is told as one mistake.
fn is_numeric(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.' | b'_')
}

fn read_number(text: &str, span: Range<usize>) -> Result<Token, PathError> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    // JSON and GraphQL write numbers alike.
    if serde_json::from_str::<serde_json::Number>(text).is_err() {
        return Err(PathError { message: format!("`{text}` is no number"), span, help: None });
    }
    Ok(if is_plain { Token::Int(text.to_owned()) } else { Token::Float(text.to_owned()) })
}

/// The value of the string that starts at a quote, and where it ends.
fn string(text: &str, start: usize) -> Result<(String, usize), PathError> {
    let mut is_escaped = false;
    let rest = text[start..].char_indices().skip(1);
    for (at, character) in rest {
        match character {
            '"' if !is_escaped => {
                let end = start + at + 1;
                // The escapes of GraphQL are those of JSON.
                return match serde_json::from_str(&text[start..end]) {
                    Ok(value) => Ok((value, end)),
                    Err(_) => Err(PathError {
                        message: "this string has an escape that GraphQL does not know".to_owned(),
                        span: start..end,
                        help: None,
                    }),
                };
            }
            _ => is_escaped = character == '\\' && !is_escaped,
        }
    }
    Err(PathError {
        message: "this string does not end".to_owned(),
        span: start..text.len(),
        help: Some("close it with a quote; inside of the path's own quotes it is `\\\"`".to_owned()),
    })
}
