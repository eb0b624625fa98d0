//! Owns writing mapped values as JSON in the shape of a fetch, under the names that it reads them by.

use weft_federation::connect::mapping::{FieldTree, Value, write_json};
use weft_federation::connect::{Connector, Request};
use weft_federation::plan::{FetchContent, FetchField, FetchSelection, Leaf};

use super::mapped::Mapped;

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

/// Mapped values as JSON.
pub struct Output {
    pub json: Vec<u8>,
    /// Strings may stand for integers: protobuf's 64-bit integers come as strings, and may be asked for as `Int`. Their
    /// range is checked where they are read.
    wide_integers: bool,
}

impl Output {
    pub fn of(connector: &Connector) -> Self {
        let wide_integers = match connector.request {
            Request::Grpc(_) => true,
            Request::Http(_) => false,
        };
        Self { json: vec![], wide_integers }
    }

    /// Writes an object that has the field alone.
    pub fn field(&mut self, field: &FetchField, value: Option<Mapped<'_>>) {
        self.json.push(b'{');
        self.key(field);
        self.mapped(value.unwrap_or(Mapped::Value(&Value::Null)), &field.content);
        self.json.push(b'}');
    }

    /// Writes an object that has the field alone, of the items of one parent.
    pub fn group(&mut self, field: &FetchField, items: &[Mapped<'_>]) {
        self.json.push(b'{');
        self.key(field);
        if field.wrapping.is_list() {
            self.items(items.iter().copied(), |this, item| this.mapped(item, &field.content));
        } else {
            self.mapped(items.first().copied().unwrap_or(Mapped::Value(&Value::Null)), &field.content);
        }
        self.json.push(b'}');
    }

    /// Writes an entity as the selection has it.
    pub fn entity(&mut self, selection: &FetchSelection, entity: Mapped<'_>) {
        match entity {
            Mapped::Value(value) => self.object(selection, value),
            Mapped::Json(json) => self.json.extend_from_slice(json),
        }
    }

    fn mapped(&mut self, value: Mapped<'_>, content: &FetchContent) {
        match value {
            Mapped::Value(value) => self.value(value, content),
            Mapped::Json(json) => self.json.extend_from_slice(json),
        }
    }

    /// Writes the value as the selection has it. What is no object is written as it is, to be refused where it is read.
    fn object(&mut self, selection: &FetchSelection, value: &Value<'_>) {
        let Value::Object(_) = value else { return write_json(value, &mut self.json) };
        self.json.push(b'{');
        let mut first = true;
        if let Some(typename) = value.get("__typename").filter(|_| selection.typename) {
            self.json.extend_from_slice(b"\"__typename\":");
            write_json(typename, &mut self.json);
            first = false;
        }
        for field in &selection.fields {
            let Some(value) = value.get(&field.name) else { continue };
            if !std::mem::replace(&mut first, false) {
                self.json.push(b',');
            }
            self.key(field);
            self.value(value, &field.content);
        }
        self.json.push(b'}');
    }

    fn key(&mut self, field: &FetchField) {
        // Names need no escapes.
        self.json.push(b'"');
        self.json.extend_from_slice(field.response_name.as_bytes());
        self.json.extend_from_slice(b"\":");
    }

    fn value(&mut self, value: &Value<'_>, content: &FetchContent) {
        match (content, value) {
            // A custom scalar is any JSON, its lists and objects too.
            (FetchContent::Leaf(Leaf::Custom), _) => write_json(value, &mut self.json),
            (_, Value::Array(items)) => self.items(items.iter(), |this, item| this.value(item, content)),
            (FetchContent::Objects(selection), _) => self.object(selection, value),
            (FetchContent::Leaf(Leaf::Int), Value::String(text)) if self.wide_integers => {
                match text.decode().parse::<i64>() {
                    Ok(number) => self.json.extend_from_slice(number.to_string().as_bytes()),
                    Err(_) => write_json(value, &mut self.json),
                }
            }
            (FetchContent::Leaf(_), _) => write_json(value, &mut self.json),
        }
    }

    fn items<T>(&mut self, items: impl Iterator<Item = T>, mut write: impl FnMut(&mut Self, T)) {
        self.json.push(b'[');
        for (at, item) in items.enumerate() {
            if at > 0 {
                self.json.push(b',');
            }
            write(self, item);
        }
        self.json.push(b']');
    }
}
