//! Owns the tree of a YAML file: its nodes with their places, before anything is known of what they should be.

use std::ops::Range;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::{self, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Location, Spanned};
use weft_federation::diagnostics::{Diagnostic, Source, Span};

use super::error::Fault;
use super::{CODE, Lookup};
use crate::config::environment::expand;

/// A value of the file. Its number is its own in the file.
#[derive(Debug)]
pub struct Node {
    pub id: usize,
    pub span: Range<usize>,
    pub body: Body,
    /// A number, or true or false, as the file has it: `1.10` where a text is wanted is no `1.1`.
    pub written: Option<String>,
    /// Something was taken out of it.
    pub is_damaged: bool,
}

#[derive(Debug)]
pub enum Body {
    Null,
    Bool(bool),
    Integer(i64),
    Float(f64),
    Text(String),
    /// What came of a text with variables in it: it is of whatever type is wanted.
    Expanded(String),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

#[derive(Debug)]
pub struct Entry {
    pub key: String,
    pub key_span: Range<usize>,
    pub value: Node,
}

/// Reads the text as YAML. An empty one is null.
pub fn parse(source: &Arc<Source>) -> Result<Node, Diagnostic> {
    // A file of nothing but comments is no document to the parser.
    if source.text.lines().all(|line| matches!(line.trim_start().as_bytes(), [] | [b'#', ..])) {
        return Ok(Node { id: 0, span: 0..0, body: Body::Null, written: None, is_damaged: false });
    }
    let raw: Spanned<Raw> = serde_saphyr::from_str(&source.text).map_err(|error| syntax(source, &error))?;
    Ok(Numbering { source, next: 0 }.node(raw))
}

/// What is no YAML at all.
fn syntax(source: &Arc<Source>, error: &serde_saphyr::Error) -> Diagnostic {
    let place = error.location().map(|location| range(source, location));
    // The excerpt is drawn from the span, so the message goes without one, and without the place that it ends with; nor does
    // what a program could set concern people.
    let text = error.without_snippet().to_string();
    let message = text.split(" at line ").next().unwrap_or(&text);
    let message = message.split(", set ").next().unwrap_or(message);
    let found = Diagnostic::error(CODE, message);
    let Some(place) = place else { return found };
    let is_variable = source.text.get(place.start..).is_some_and(|rest| rest.starts_with("{env."));
    let found = found.at(Span::new(source, place), "");
    if is_variable {
        found.help("inside of { } and [ ], quote a value with a variable: \"${env.NAME}\"")
    } else {
        found
    }
}

/// The bytes of a place.
fn range(source: &Source, location: Location) -> Range<usize> {
    let bytes = location.span();
    let length = usize::try_from(bytes.byte_len().unwrap_or_default()).unwrap_or_default();
    let start = match bytes.byte_offset() {
        // Beyond usize only on a machine whose files could not be that long.
        Some(start) => usize::try_from(start).unwrap_or(usize::MAX).min(source.text.len()),
        None => {
            let number = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
            source.offset(number(location.line()), number(location.column()))
        }
    };
    start..start.saturating_add(length).min(source.text.len())
}

impl Node {
    /// Puts the values of variables in their places. What has none is a fault.
    pub fn expand(&mut self, environment: Lookup<'_>) -> Vec<Fault> {
        let mut faults = vec![];
        self.for_each(&mut |node| {
            let Body::Text(text) = &node.body else { return };
            if !text.contains("${") {
                return;
            }
            match expand(text, environment) {
                Ok(expanded) => node.body = Body::Expanded(expanded),
                Err(message) => faults.push(Fault::new(message).of(node)),
            }
        });
        faults
    }

    fn for_each(&mut self, visit: &mut dyn FnMut(&mut Self)) {
        visit(self);
        match &mut self.body {
            Body::List(items) => items.iter_mut().for_each(|item| item.for_each(visit)),
            Body::Map(entries) => entries.iter_mut().for_each(|entry| entry.value.for_each(visit)),
            Body::Null | Body::Bool(_) | Body::Integer(_) | Body::Float(_) | Body::Text(_) | Body::Expanded(_) => {}
        }
    }

    /// Where texts and numbers stand under one of these keys, be it directly or deeper.
    pub fn spans_under(&self, keys: &[&str]) -> Vec<Range<usize>> {
        let mut spans = vec![];
        self.gather_under(keys, false, &mut spans);
        spans
    }

    fn gather_under(&self, keys: &[&str], is_under: bool, spans: &mut Vec<Range<usize>>) {
        match &self.body {
            Body::List(items) => items.iter().for_each(|item| item.gather_under(keys, is_under, spans)),
            Body::Map(entries) => entries.iter().for_each(|entry| {
                let is_under = is_under || keys.contains(&entry.key.as_str());
                entry.value.gather_under(keys, is_under, spans);
            }),
            Body::Integer(_) | Body::Float(_) | Body::Text(_) | Body::Expanded(_) if is_under => {
                spans.push(self.span.clone());
            }
            Body::Null | Body::Bool(_) | Body::Integer(_) | Body::Float(_) | Body::Text(_) | Body::Expanded(_) => {}
        }
    }

    /// Takes out the node with this number, with its key; whether it was there.
    pub fn take_out(&mut self, id: usize) -> bool {
        let mut is_out = false;
        self.for_each(&mut |node| {
            let before = node.len();
            match &mut node.body {
                Body::List(items) => items.retain(|item| item.id != id),
                Body::Map(entries) => entries.retain(|entry| entry.value.id != id),
                Body::Null | Body::Bool(_) | Body::Integer(_) | Body::Float(_) | Body::Text(_) | Body::Expanded(_) => {}
            }
            if node.len() != before {
                (node.is_damaged, is_out) = (true, true);
            }
        });
        is_out
    }

    fn len(&self) -> usize {
        match &self.body {
            Body::List(items) => items.len(),
            Body::Map(entries) => entries.len(),
            Body::Null | Body::Bool(_) | Body::Integer(_) | Body::Float(_) | Body::Text(_) | Body::Expanded(_) => 0,
        }
    }
}

/// The tree as the parser gives it.
enum Raw {
    Null,
    Bool(bool),
    Integer(i64),
    Float(f64),
    Text(String),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<String>, Spanned<Raw>)>),
}

struct Numbering<'a> {
    source: &'a Source,
    next: usize,
}

impl Numbering<'_> {
    fn node(&mut self, raw: Spanned<Raw>) -> Node {
        let id = self.next;
        self.next += 1;
        let mut span = range(self.source, raw.referenced);
        // Of an alias, what its anchor is at.
        let written = self.source.text.get(range(self.source, raw.defined)).map(|text| text.trim().to_owned());
        let body = match raw.value {
            Raw::Null => Body::Null,
            Raw::Bool(value) => Body::Bool(value),
            Raw::Integer(value) => Body::Integer(value),
            Raw::Float(value) => Body::Float(value),
            Raw::Text(text) => Body::Text(text),
            Raw::List(items) => Body::List(items.into_iter().map(|item| self.node(item)).collect()),
            Raw::Map(entries) => Body::Map(entries.into_iter().map(|(key, value)| self.entry(key, value)).collect()),
        };
        let is_plain = matches!(body, Body::Bool(_) | Body::Integer(_) | Body::Float(_));
        let written = written.filter(|text| is_plain && !text.is_empty());
        // Of what goes on for many lines, the beginning is shown.
        if let Some(line) = self.source.text.get(span.clone()).and_then(|text| text.lines().next()) {
            span.end = span.start + line.len();
        }
        Node { id, span, body, written, is_damaged: false }
    }

    fn entry(&mut self, key: Spanned<String>, value: Spanned<Raw>) -> Entry {
        let key_span = range(self.source, key.referenced);
        let mut value = self.node(value);
        // A mapping or a list is known by its key, and what is empty is nowhere else.
        if matches!(value.body, Body::Null | Body::List(_) | Body::Map(_)) {
            value.span = key_span.clone();
        }
        Entry { key: key.value, key_span, value }
    }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Integer(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        Ok(i64::try_from(value).map_or_else(|_| Raw::Text(value.to_string()), Raw::Integer))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
        Ok(Raw::Float(value))
    }

    fn visit_str<E>(self, text: &str) -> Result<Raw, E> {
        Ok(Raw::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Raw, A::Error> {
        let mut items = vec![];
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Raw::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
        let mut entries = vec![];
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Raw::Map(entries))
    }
}
