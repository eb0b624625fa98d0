//! Owns writing mapped values as JSON in the shape of a fetch, under the names that it reads them by.

use std::sync::Arc;

use weft_federation::connect::mapping::{FieldTree, Value, write_json, write_json_telling};
use weft_federation::connect::{Connector, Request};
use weft_federation::plan::{FetchContent, FetchField, FetchSelection, Leaf};

use super::mapped::Mapped;
use super::written::Written;

/// What a fetch wants of a value, in the schema's names.
pub fn wanted(selection: &FetchSelection) -> FieldTree {
    let mut tree = FieldTree::whole();
    if selection.typename {
        tree.fields.push(("__typename".to_owned(), FieldTree::whole()));
    }
    for field in &selection.fields {
        let below = wanted_of(field);
        match tree.fields.iter_mut().find(|(name, _)| *name == *field.name) {
            Some((_, known)) => known.merge(below),
            None => tree.fields.push((field.name.to_string(), below)),
        }
    }
    tree
}

/// What a fetch wants of a field's value.
pub fn wanted_of(field: &FetchField) -> FieldTree {
    match &field.content {
        FetchContent::Leaf(_) => FieldTree::whole(),
        FetchContent::Objects(selection) => wanted(selection),
    }
}

/// Whether the fetch reads all fields of a value by their names.
pub fn keeps_names(selection: &FetchSelection) -> bool {
    selection.fields.iter().all(|field| field.response_name == field.name && keeps_names_of(field))
}

/// Whether it does so below a field.
pub fn keeps_names_of(field: &FetchField) -> bool {
    match &field.content {
        FetchContent::Leaf(_) => true,
        FetchContent::Objects(selection) => keeps_names(selection),
    }
}

/// As much is written for a call, in bytes: a mapping may say the same over and over. No client's answer is as large.
pub const MAX_WRITTEN: usize = 256 << 20;

/// Writes mapped values.
pub struct Output {
    written: Written,
    /// How many bytes there may be. What comes when there are is not written.
    max: usize,
    /// Strings may stand for integers: protobuf's 64-bit integers come as strings, and may be asked for as `Int`. Their
    /// range is checked where they are read.
    wide_integers: bool,
}

impl Output {
    /// An empty one, with room for so many bytes.
    pub fn of(connector: &Connector, max: usize) -> Self {
        let wide_integers = match connector.request {
            Request::Grpc(_) => true,
            Request::Http(_) => false,
        };
        Self { written: Written::default(), max, wide_integers }
    }

    /// What was written; `None` if there was no room for all of it.
    pub fn finish(self) -> Option<Written> {
        (self.written.json.len() <= self.max).then_some(self.written)
    }

    /// Writes an object that has the field alone.
    /// Writes an object that has the field alone.
    pub fn field(&mut self, field: &FetchField, value: Option<Mapped<'_>>) {
        self.written.json.push(b'{');
        self.key(field);
        self.mapped(value.unwrap_or(Mapped::Value(&Value::Null)), &field.content);
        self.written.json.push(b'}');
    }

    /// Writes an object that has the field alone, of the items of one parent.
    pub fn group(&mut self, field: &FetchField, items: &[Mapped<'_>]) {
        self.written.json.push(b'{');
        self.key(field);
        if field.wrapping.is_list() {
            self.items(items.iter().copied(), |this, item| this.mapped(item, &field.content));
        } else {
            self.mapped(items.first().copied().unwrap_or(Mapped::Value(&Value::Null)), &field.content);
        }
        self.written.json.push(b'}');
    }

    /// Writes an entity as the selection has it.
    pub fn entity(&mut self, selection: &FetchSelection, entity: Mapped<'_>) {
        match entity {
            Mapped::Value(value) => self.object(selection, value),
            Mapped::Json(json) => self.json(json),
        }
    }

    fn mapped(&mut self, value: Mapped<'_>, content: &FetchContent) {
        match value {
            Mapped::Value(value) => self.value(value, content),
            Mapped::Json(json) => self.json(json),
        }
    }

    fn json(&mut self, json: &[u8]) {
        if self.written.json.len() <= self.max {
            self.written.json.extend_from_slice(json);
        }
    }

    /// Writes the value as the selection has it. What is no object is written as it is, to be refused where it is read.
    fn object(&mut self, selection: &FetchSelection, value: &Value<'_>) {
        let Value::Object(_) = value else { return self.leaf(value) };
        self.written.json.push(b'{');
        let mut first = true;
        if let Some(typename) = value.get("__typename").filter(|_| selection.typename) {
            self.written.json.extend_from_slice(b"\"__typename\":");
            write_json(typename, &mut self.written.json);
            first = false;
        }
        for field in &selection.fields {
            let Some(value) = value.get(&field.name) else { continue };
            if !std::mem::replace(&mut first, false) {
                self.written.json.push(b',');
            }
            self.key(field);
            self.value(value, &field.content);
        }
        self.written.json.push(b'}');
    }

    fn key(&mut self, field: &FetchField) {
        // Names need no escapes.
        self.written.json.push(b'"');
        self.written.json.extend_from_slice(field.response_name.as_bytes());
        self.written.json.extend_from_slice(b"\":");
    }

    fn value(&mut self, value: &Value<'_>, content: &FetchContent) {
        if self.written.json.len() > self.max {
            return;
        }
        match (content, value) {
            // A custom scalar is any JSON, its lists and objects too.
            (FetchContent::Leaf(Leaf::Custom), _) => self.leaf(value),
            (_, Value::Array(items)) => self.items(items.iter(), |this, item| this.value(item, content)),
            (FetchContent::Objects(selection), _) => self.object(selection, value),
            (FetchContent::Leaf(Leaf::Int), Value::String(text)) if self.wide_integers => {
                match text.decode().parse::<i64>() {
                    Ok(number) => self.written.json.extend_from_slice(number.to_string().as_bytes()),
                    Err(_) => self.leaf(value),
                }
            }
            (FetchContent::Leaf(_), _) => self.leaf(value),
        }
    }

    fn leaf(&mut self, value: &Value<'_>) {
        let Written { json, nulls, within } = &mut self.written;
        match value {
            Value::Unfit(why) => {
                json.extend_from_slice(b"null");
                nulls.push((json.len(), Arc::clone(why)));
            }
            Value::Array(_) | Value::Object(_) => {
                write_json_telling(value, json, &mut |why| {
                    if within.last() != Some(why) {
                        within.push(Arc::clone(why));
                    }
                });
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => write_json(value, json),
        }
    }

    fn items<T>(&mut self, items: impl Iterator<Item = T>, mut write: impl FnMut(&mut Self, T)) {
        self.written.json.push(b'[');
        for (at, item) in items.enumerate() {
            if at > 0 {
                self.written.json.push(b',');
            }
            write(self, item);
        }
        self.written.json.push(b']');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_written_than_there_is_room_for() {
        let values = vec![Value::integer(12345); 100];
        // `[12345,12345,…]`
        for (max, length) in [(601, Some(601)), (600, None), (10, None)] {
            let mut out = Output { written: Written::default(), max, wide_integers: false };
            out.items(values.iter(), |out, value| out.value(value, &FetchContent::Leaf(Leaf::Int)));
            // Of what there is no room for there are commas.
            assert!(out.written.json.len() <= max + 5 + values.len() + 1, "{max}");
            assert_eq!(out.finish().map(|written| written.json.len()), length, "{max}");
            let mut out = Output { written: Written::default(), max, wide_integers: false };
            out.items([&b"12345"[..]; 100].into_iter(), Output::json);
            assert!(out.written.json.len() <= max + 5 + values.len() + 1, "{max}");
            assert_eq!(out.finish().map(|written| written.json.len()), length, "{max}");
        }
    }
}
