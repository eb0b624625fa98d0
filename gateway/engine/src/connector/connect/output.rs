//! Owns writing mapped values as JSON in the shape of a fetch, under the names that it reads them by.

use weft_federation::connect::mapping::{FieldTree, Value, write_json};
use weft_federation::plan::{FetchContent, FetchField, FetchSelection, Leaf};

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

/// Writes an object that has the field alone.
pub fn write_field(field: &FetchField, value: Option<&Value<'_>>, out: &mut Vec<u8>) {
    out.push(b'{');
    write_key(field, out);
    write(value.unwrap_or(&Value::Null), &field.content, out);
    out.push(b'}');
}

/// Writes an object that has the field alone, of the items of one parent.
pub fn write_group(field: &FetchField, items: &[&Value<'_>], out: &mut Vec<u8>) {
    out.push(b'{');
    write_key(field, out);
    if field.wrapping.is_list() {
        write_items(items.iter().copied(), &field.content, out);
    } else {
        write(items.first().copied().unwrap_or(&Value::Null), &field.content, out);
    }
    out.push(b'}');
}

/// Writes the value as the selection has it. What is no object is written as it is, to be refused where it is read.
pub fn write_object(selection: &FetchSelection, value: &Value<'_>, out: &mut Vec<u8>) {
    let Value::Object(_) = value else { return write_json(value, out) };
    out.push(b'{');
    let mut first = true;
    if let Some(typename) = value.get("__typename").filter(|_| selection.typename) {
        out.extend_from_slice(b"\"__typename\":");
        write_json(typename, out);
        first = false;
    }
    for field in &selection.fields {
        let Some(value) = value.get(&field.name) else { continue };
        if !std::mem::replace(&mut first, false) {
            out.push(b',');
        }
        write_key(field, out);
        write(value, &field.content, out);
    }
    out.push(b'}');
}

fn write_key(field: &FetchField, out: &mut Vec<u8>) {
    // Names need no escapes.
    out.push(b'"');
    out.extend_from_slice(field.response_name.as_bytes());
    out.extend_from_slice(b"\":");
}

fn write(value: &Value<'_>, content: &FetchContent, out: &mut Vec<u8>) {
    match (content, value) {
        (FetchContent::Objects(_) | FetchContent::Leaf(_), Value::Array(items)) if !is_custom(content) => {
            write_items(items.iter(), content, out);
        }
        (FetchContent::Objects(selection), _) => write_object(selection, value, out),
        // 64-bit integers come as strings, and may be asked for as numbers; the range is checked where they are read.
        (FetchContent::Leaf(Leaf::Int), Value::String(text)) => {
            let text = text.decode();
            match text.parse::<i64>() {
                Ok(number) => out.extend_from_slice(number.to_string().as_bytes()),
                Err(_) => write_json(value, out),
            }
        }
        (FetchContent::Leaf(_), _) => write_json(value, out),
    }
}

/// A custom scalar's lists are its own.
fn is_custom(content: &FetchContent) -> bool {
    matches!(content, FetchContent::Leaf(Leaf::Custom))
}

fn write_items<'v, 'a: 'v>(items: impl Iterator<Item = &'v Value<'a>>, content: &FetchContent, out: &mut Vec<u8>) {
    out.push(b'[');
    for (at, item) in items.enumerate() {
        if at > 0 {
            out.push(b',');
        }
        write(item, content, out);
    }
    out.push(b']');
}
