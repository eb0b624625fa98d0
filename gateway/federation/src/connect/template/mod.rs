//! Owns templates: text with `{expressions}`, as in `/users/{$args.id}` and `Bearer {$env.TOKEN}`.
//!
//! A value that a template takes in stays a value. In a URL it is percent-encoded whole, so that it can add no
//! segment and no parameter; in a header it may hold no control character, so that it can add no line.

mod form;
mod header;
mod url;

#[cfg(test)]
mod tests;

pub use form::render_form;
pub use header::HeaderTemplate;
pub use url::{BaseUrl, UrlParts, UrlTemplate, render_url};

use super::mapping::{MappingError, Selection, Value, Variable, Vars};
use std::ops::Range;

/// A part of a template.
#[derive(Debug, Clone, PartialEq)]
pub enum Piece {
    Literal(String),
    Expression(TemplateExpression),
}

/// What stood between braces.
#[derive(Debug, Clone, PartialEq)]
pub struct TemplateExpression {
    pub selection: Selection,
    /// As it was written, for messages.
    pub text: String,
    /// Where `text` starts in the template, in bytes.
    pub offset: usize,
}

impl TemplateExpression {
    fn eval<'a>(&'a self, vars: &Vars<'a>) -> Value<'a> {
        self.selection.eval_request(vars).0
    }
}

/// Why a request cannot be built from these values. It is a fault of the input or of the connector, never of the backend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderError {
    pub kind: RenderErrorKind,
    /// The expression, parameter or header that it is about.
    pub what: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RenderErrorKind {
    /// A path parameter is null or missing: leaving it out would ask for something else.
    NoPathValue,
    /// A path segment would be empty, `.` or `..`, which backends and proxies take for a step in the path.
    PathStep,
    /// A list or an object where one scalar fits.
    NotScalar,
    /// A control character in a header.
    ControlCharacter,
    /// A form that is made of something else than names with values.
    NotAnObject,
}

impl std::fmt::Display for RenderError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let what = &self.what;
        match self.kind {
            RenderErrorKind::NoPathValue => write!(f, "`{what}` in the URL's path has no value"),
            RenderErrorKind::PathStep => write!(f, "`{what}` would make a path segment that is empty, `.` or `..`"),
            RenderErrorKind::NotScalar => write!(f, "`{what}` is not a string, a number or a boolean"),
            RenderErrorKind::NotAnObject => write!(f, "`{what}` is not an object, which a form is made of"),
            RenderErrorKind::ControlCharacter => write!(f, "`{what}` has a control character in its value"),
        }
    }
}

impl std::error::Error for RenderError {}

impl RenderError {
    fn new(kind: RenderErrorKind, what: impl Into<String>) -> Self {
        Self { kind, what: what.into() }
    }
}

/// Cuts a template into its pieces. Spans of errors are in bytes of `text`.
fn pieces(text: &str) -> Result<Vec<Piece>, MappingError> {
    let mut pieces = Vec::new();
    let mut at = 0;
    while let Some(found) = text[at..].find(['{', '}']) {
        let open = at + found;
        if text.as_bytes()[open] == b'}' {
            return Err(MappingError::new(open..open + 1, "this `}` closes nothing"));
        }
        if open > at {
            pieces.push(Piece::Literal(text[at..open].to_owned()));
        }
        let inner = inside_braces(text, open)?;
        let source = &text[inner.clone()];
        let selection = Selection::parse_expression(source).map_err(|error| MappingError {
            span: error.span.start + inner.start..error.span.end + inner.start,
            ..error
        })?;
        pieces.push(Piece::Expression(TemplateExpression {
            selection,
            text: source.trim().to_owned(),
            offset: inner.start,
        }));
        at = inner.end + 1;
    }
    if at < text.len() {
        pieces.push(Piece::Literal(text[at..].to_owned()));
    }
    Ok(pieces)
}

/// Variables that stand outside of braces, where they are sent as they are written: `/users/$args.id`. In bytes of `text`.
pub fn bare_variables(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(next) = text[at..].find(['{', '$']).map(|next| at + next) {
        if text.as_bytes()[next] == b'{' {
            // What has no end has been told of.
            let Ok(inner) = inside_braces(text, next) else { break };
            at = inner.end + 1;
            continue;
        }
        let after = &text[next + 1..];
        let word = |text: &str, also: &str| {
            text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && !also.contains(c)).unwrap_or(text.len())
        };
        let name = &after[..word(after, "")];
        at = next + 1 + name.len();
        if Variable::from_name(name).is_some() {
            at += word(&text[at..], ".");
            found.push(next..at);
        }
    }
    found
}

/// What stands between the brace at `open` and its match. Braces inside quotes do not count.
fn inside_braces(text: &str, open: usize) -> Result<Range<usize>, MappingError> {
    let bytes = text.as_bytes();
    let mut depth = 0usize;
    let mut quote: Option<u8> = None;
    let mut at = open;
    while let Some(byte) = bytes.get(at).copied() {
        match (quote, byte) {
            (Some(_), b'\\') => at += 1,
            (Some(open), byte) if byte == open => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'{') => depth += 1,
            (None, b'}') => {
                depth -= 1;
                if depth == 0 {
                    return Ok(open + 1..at);
                }
            }
            (None, _) => {}
        }
        at += 1;
    }
    Err(MappingError::new(open..open + 1, "this `{` is never closed"))
}
