//! Owns URLs: `/users/{$args.id}?page={$args.page}`, `path` and `queryParams`, and their rendering as one.

use super::{Piece, RenderError, RenderErrorKind, TemplateExpression, pieces};
use crate::connect::mapping::{MappingError, Selection, Value, Vars};
use std::ops::Range;

/// A connector's URL: absolute, or relative to its source's base.
#[derive(Debug, Clone, PartialEq)]
pub struct UrlTemplate {
    /// Scheme and authority, such as `https://example.org:8080`; none for a relative URL.
    pub origin: Option<String>,
    segments: Vec<Vec<Piece>>,
    query: Vec<Parameter>,
}

#[derive(Debug, Clone, Default, PartialEq)]
struct Parameter {
    name: Vec<Piece>,
    value: Vec<Piece>,
}

/// A source's `baseURL`: its path and query are text, without expressions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl {
    /// Everything up to the query, without a slash at its end.
    pub prefix: String,
    pub query: Option<String>,
}

impl BaseUrl {
    pub fn parse(text: &str) -> Result<Self, MappingError> {
        let trimmed = text.trim();
        let refuse = |message: &str| Err(MappingError::new(0..text.len(), message));
        let Some(authority) = origin_length(trimmed) else {
            return refuse("a base URL starts with `http://` or `https://` and a host");
        };
        if trimmed.contains(['{', '}', '#']) || trimmed.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return refuse("a base URL has no expressions, no fragment and no blanks");
        }
        if trimmed[..authority].contains('@') {
            return refuse("credentials do not belong in a URL; send an `authorization` header");
        }
        let (prefix, query) = match trimmed.split_once('?') {
            Some((prefix, query)) => (prefix, Some(query.to_owned())),
            None => (trimmed, None),
        };
        Ok(Self { prefix: prefix.trim_end_matches('/').to_owned(), query: query.filter(|query| !query.is_empty()) })
    }
}

/// Length of scheme and authority, if both are there.
fn origin_length(text: &str) -> Option<usize> {
    let scheme = ["http://", "https://"].into_iter().find(|scheme| text.starts_with(scheme))?.len();
    let host = text[scheme..].find(['/', '?', '#']).unwrap_or(text.len() - scheme);
    (host > 0).then_some(scheme + host)
}

impl UrlTemplate {
    /// Reads a template. Blanks around line breaks are left out, so that a long URL may stand on several lines.
    pub fn parse(text: &str) -> Result<Self, MappingError> {
        let mut origin = None;
        let mut segments: Vec<Vec<Piece>> = Vec::new();
        let mut query: Vec<Parameter> = Vec::new();
        // Where the next literal text goes.
        let mut place = Place::Path;
        for piece in pieces(text)? {
            let literal = match piece {
                Piece::Expression(_) if place == Place::Path && segments.is_empty() && origin.is_none() => {
                    return Err(MappingError::new(0..text.len(), "an expression cannot begin a URL")
                        .help("begin with `/`; what comes before the path is the source's `baseURL`"));
                }
                Piece::Expression(_) if place == Place::Path && segments.is_empty() => {
                    return Err(MappingError::new(0..text.len(), "an expression cannot be a part of the host"));
                }
                piece @ Piece::Expression(_) => {
                    target(place, &mut segments, &mut query).push(piece);
                    continue;
                }
                Piece::Literal(literal) => literal,
            };
            let unwrapped: String = literal.split('\n').map(str::trim).collect();
            let mut rest = unwrapped.as_str();
            if segments.is_empty() && origin.is_none() && place == Place::Path {
                if let Some(length) = origin_length(rest) {
                    if rest[..length].contains('@') {
                        return Err(MappingError::new(0..text.len(), "credentials do not belong in a URL")
                            .help("send an `authorization` header"));
                    }
                    origin = Some(rest[..length].to_owned());
                    rest = &rest[length..];
                } else if rest.contains("://") {
                    return Err(MappingError::new(0..text.len(), "a URL starts with `http://`, `https://` or `/`"));
                } else if !rest.is_empty() && !rest.starts_with(['/', '?']) {
                    // `users/1` is meant as `/users/1`.
                    segments.push(Vec::new());
                }
            }
            if let Some(at) = literal.find('#') {
                let span = span_of(text, &literal, at);
                return Err(MappingError::new(span, "a request's URL has no fragment").help("write `%23` for a `#`"));
            }
            for character in rest.chars() {
                match (character, place) {
                    ('/', Place::Path) => segments.push(Vec::new()),
                    ('?', Place::Path) => {
                        place = Place::Name;
                        query.push(Parameter::default());
                    }
                    ('&', Place::Name | Place::Value) => {
                        place = Place::Name;
                        query.push(Parameter::default());
                    }
                    ('=', Place::Name) => place = Place::Value,
                    (character, place) => {
                        let pieces = target(place, &mut segments, &mut query);
                        match pieces.last_mut() {
                            Some(Piece::Literal(text)) => push_literal(character, text),
                            Some(Piece::Expression(_)) | None => {
                                let mut text = String::new();
                                push_literal(character, &mut text);
                                pieces.push(Piece::Literal(text));
                            }
                        }
                    }
                }
            }
        }
        // `/users?` and `?a=1&` have parameters without a name.
        query.retain(|parameter| !parameter.name.is_empty());
        Ok(Self { origin, segments, query })
    }

    pub fn expressions(&self) -> impl Iterator<Item = &TemplateExpression> {
        let parameters = self.query.iter().flat_map(|parameter| parameter.name.iter().chain(&parameter.value));
        self.segments.iter().flatten().chain(parameters).filter_map(|piece| match piece {
            Piece::Literal(_) => None,
            Piece::Expression(expression) => Some(expression),
        })
    }

    fn render_path<'a>(&'a self, vars: &Vars<'a>, out: &mut String) -> Result<(), RenderError> {
        for segment in &self.segments {
            out.push('/');
            let start = out.len();
            let mut taken: Option<&TemplateExpression> = None;
            for piece in segment {
                match piece {
                    Piece::Literal(literal) => out.push_str(literal),
                    Piece::Expression(expression) => {
                        taken = Some(expression);
                        push_scalar(&expression.eval(vars), &expression.text, out)?;
                    }
                }
            }
            if let Some(expression) = taken {
                check_segment(&out[start..], &expression.text)?;
            }
        }
        Ok(())
    }

    fn render_query<'a>(&'a self, vars: &Vars<'a>, query: &mut Query<'_>) -> Result<(), RenderError> {
        for parameter in &self.query {
            let Some(name) = text_of(&parameter.name, vars)? else { continue };
            if let [Piece::Expression(expression)] = parameter.value.as_slice() {
                query.push_value(&name, &expression.eval(vars), &expression.text)?;
            } else if let Some(value) = text_of(&parameter.value, vars)? {
                query.push(&name, &value);
            }
        }
        Ok(())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Path,
    Name,
    Value,
}

/// The pieces that the text at `place` belongs to.
fn target<'p>(place: Place, segments: &'p mut Vec<Vec<Piece>>, query: &'p mut Vec<Parameter>) -> &'p mut Vec<Piece> {
    if segments.is_empty() && place == Place::Path {
        segments.push(Vec::new());
    }
    if query.is_empty() && place != Place::Path {
        query.push(Parameter::default());
    }
    // Both lists have an item by now; index 0 is it where the last would be missing.
    let (last_segment, last_parameter) = (segments.len().saturating_sub(1), query.len().saturating_sub(1));
    match place {
        Place::Path => &mut segments[last_segment],
        Place::Name => &mut query[last_parameter].name,
        Place::Value => &mut query[last_parameter].value,
    }
}

fn span_of(text: &str, literal: &str, at: usize) -> Range<usize> {
    let start = text.find(literal).map_or(0, |start| start + at);
    start..start + 1
}

/// The text of pieces, percent-encoded; `None` where an expression has no value.
fn text_of<'a>(pieces: &'a [Piece], vars: &Vars<'a>) -> Result<Option<String>, RenderError> {
    let mut text = String::new();
    for piece in pieces {
        match piece {
            Piece::Literal(literal) => text.push_str(literal),
            Piece::Expression(expression) => match expression.eval(vars) {
                Value::Null | Value::Unfit(_) => return Ok(None),
                value => push_scalar(&value, &expression.text, &mut text)?,
            },
        }
    }
    Ok(Some(text))
}

/// The parts of a connector's URL, most general first.
#[derive(Debug, Clone, Copy, Default)]
pub struct UrlParts<'p> {
    pub base: Option<&'p BaseUrl>,
    pub source_path: Option<&'p Selection>,
    pub source_query: Option<&'p Selection>,
    pub template: Option<&'p UrlTemplate>,
    pub path: Option<&'p Selection>,
    pub query: Option<&'p Selection>,
}

/// Renders a URL from its parts: base, source's `path`, template, `path`; then all their query parameters.
/// A template that is absolute stands for the base.
pub fn render_url<'a>(parts: &UrlParts<'a>, vars: &Vars<'a>) -> Result<String, RenderError> {
    let mut url = String::with_capacity(128);
    let base = parts.base.filter(|_| parts.template.is_none_or(|template| template.origin.is_none()));
    match (base, parts.template.and_then(|template| template.origin.as_ref())) {
        (Some(base), _) => url.push_str(&base.prefix),
        (None, Some(origin)) => url.push_str(origin),
        (None, None) => {}
    }
    push_path(parts.source_path, vars, &mut url)?;
    if let Some(template) = parts.template {
        template.render_path(vars, &mut url)?;
    }
    push_path(parts.path, vars, &mut url)?;
    let mut query = Query { url: &mut url, any: false };
    if let Some(text) = base.and_then(|base| base.query.as_deref()) {
        query.separate();
        query.url.push_str(text);
    }
    push_query(parts.source_query, vars, &mut query)?;
    if let Some(template) = parts.template {
        template.render_query(vars, &mut query)?;
    }
    push_query(parts.query, vars, &mut query)?;
    Ok(url)
}

/// Appends the segments that a `path` mapping yields: a scalar or a list of them.
fn push_path<'a>(path: Option<&'a Selection>, vars: &Vars<'a>, url: &mut String) -> Result<(), RenderError> {
    let Some(path) = path else { return Ok(()) };
    let value = path.eval_request(vars).0;
    let segments = match &value {
        Value::Array(items) => items.as_slice(),
        single => std::slice::from_ref(single),
    };
    if url.ends_with('/') {
        url.pop();
    }
    for segment in segments {
        url.push('/');
        let start = url.len();
        push_scalar(segment, "path", url)?;
        check_segment(&url[start..], "path")?;
    }
    Ok(())
}

/// Appends the parameters that a `queryParams` mapping yields.
fn push_query<'a>(params: Option<&'a Selection>, vars: &Vars<'a>, query: &mut Query<'_>) -> Result<(), RenderError> {
    let Some(params) = params else { return Ok(()) };
    match params.eval_request(vars).0 {
        Value::Object(fields) => {
            for (name, value) in &fields {
                let mut encoded = String::new();
                encode(name, &mut encoded);
                query.push_value(&encoded, value, name)?;
            }
            Ok(())
        }
        Value::Null | Value::Unfit(_) => Ok(()),
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Err(RenderError::new(RenderErrorKind::NotScalar, "queryParams"))
        }
    }
}

struct Query<'u> {
    url: &'u mut String,
    any: bool,
}

impl Query<'_> {
    fn separate(&mut self) {
        self.url.push(if self.any { '&' } else { '?' });
        self.any = true;
    }

    /// Both are encoded already.
    fn push(&mut self, name: &str, value: &str) {
        self.separate();
        self.url.push_str(name);
        self.url.push('=');
        self.url.push_str(value);
    }

    /// A list repeats the parameter; null leaves it out.
    fn push_value(&mut self, name: &str, value: &Value<'_>, what: &str) -> Result<(), RenderError> {
        let items = match value {
            Value::Array(items) => items.as_slice(),
            single => std::slice::from_ref(single),
        };
        for item in items.iter().filter(|item| !item.is_null()) {
            let Some(text) = item.scalar_text() else {
                return Err(RenderError::new(RenderErrorKind::NotScalar, what));
            };
            self.push(name, "");
            encode(&text, self.url);
        }
        Ok(())
    }
}

fn push_scalar(value: &Value<'_>, what: &str, out: &mut String) -> Result<(), RenderError> {
    match value.scalar_text() {
        Some(text) => {
            encode(&text, out);
            Ok(())
        }
        None if value.is_null() => Err(RenderError::new(RenderErrorKind::NoPathValue, what)),
        None => Err(RenderError::new(RenderErrorKind::NotScalar, what)),
    }
}

/// Refuses a segment that is a step in the path. To encode the dots would not help: `%2e%2e` is a step too, by
/// the URL standard.
fn check_segment(segment: &str, what: &str) -> Result<(), RenderError> {
    match segment {
        "" | "." | ".." => Err(RenderError::new(RenderErrorKind::PathStep, what)),
        _ => Ok(()),
    }
}

const HEX: &[u8; 16] = b"0123456789ABCDEF";

pub(super) fn push_encoded(byte: u8, out: &mut String) {
    out.push('%');
    out.push(char::from(HEX[usize::from(byte >> 4)]));
    out.push(char::from(HEX[usize::from(byte & 15)]));
}

/// Percent-encodes a value: all but RFC 3986's unreserved characters.
fn encode(text: &str, out: &mut String) {
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            _ => push_encoded(byte, out),
        }
    }
}

/// A character of the template's own text: what a URL may hold stays, `%` among it.
fn push_literal(character: char, out: &mut String) {
    if character.is_ascii_graphic() && !matches!(character, '"' | '<' | '>' | '\\' | '^' | '`' | '|') {
        out.push(character);
    } else {
        let mut buffer = [0; 4];
        for byte in character.encode_utf8(&mut buffer).bytes() {
            push_encoded(byte, out);
        }
    }
}
