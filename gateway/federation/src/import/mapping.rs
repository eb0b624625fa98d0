//! Owns the mappings of imported connectors: what is selected of a response, and what arguments become in a body.

use std::collections::HashSet;

use super::model::{Argument, Body, Definition, Field, Item, Object, Schema};
use super::names::is_identifier;

/// The fields that are selected for a field of this type; none for a leaf.
pub fn selection(schema: &Schema, field: &Field) -> Vec<Item> {
    match schema.types.get(field.ty.inner()) {
        Some(Definition::Object(object)) if field.key_only => {
            let key = object.fields.iter().filter(|inner| object.key.as_ref() == Some(&inner.name));
            key.map(|key| Item::leaf(named(&key.name, key))).collect()
        }
        Some(Definition::Object(object)) => object_items(schema, object),
        Some(Definition::Input(_) | Definition::Enum { .. } | Definition::Scalar { .. }) | None => vec![],
    }
}

fn object_items(schema: &Schema, object: &Object) -> Vec<Item> {
    let item = |field: &Field| Item { text: named(&field.name, field), children: selection(schema, field) };
    object.fields.iter().map(item).collect()
}

/// `name`, or `name: full_name`.
fn named(name: &str, field: &Field) -> String {
    let key = field.wire.key.as_deref().unwrap_or(name);
    if key == name && field.wire.convert.is_empty() {
        return name.to_owned();
    }
    format!("{name}: {}{}", quoted(key), field.wire.convert)
}

/// What a body is made of. `mapped` is what [`needs_mapping`] says of the schema.
pub fn body(schema: &Schema, mapped: &HashSet<String>, field: &Field, body: &Body) -> Vec<Item> {
    match body {
        Body::Argument { name, required } => {
            let argument = field.arguments.iter().find(|argument| argument.name == *name);
            let children = argument.map(|argument| input_items(schema, mapped, argument.ty.inner(), false));
            let convert = argument.map(|argument| argument.wire.convert.as_str()).unwrap_or_default();
            let mut items =
                vec![Item { text: format!("$args.{name}{convert}"), children: children.unwrap_or_default() }];
            if !required {
                items.push(Item::leaf("?? {}"));
            }
            items
        }
        Body::Arguments => {
            field.arguments.iter().map(|argument| input_item(schema, mapped, argument, "$args.")).collect()
        }
    }
}

fn input_items(schema: &Schema, mapped: &HashSet<String>, name: &str, always: bool) -> Vec<Item> {
    match schema.types.get(name) {
        Some(Definition::Input(input)) if always || mapped.contains(name) => {
            input.fields.iter().map(|field| input_item(schema, mapped, field, "")).collect()
        }
        Some(Definition::Input(_) | Definition::Object(_) | Definition::Enum { .. } | Definition::Scalar { .. })
        | None => vec![],
    }
}

/// `full_name: name`, where `name` is read of `root`.
fn input_item(schema: &Schema, mapped: &HashSet<String>, argument: &Argument, root: &str) -> Item {
    let Argument { name, ty, wire, .. } = argument;
    let Some(key) = &wire.key else {
        // Its fields become those of the object around it.
        let root = if root.is_empty() { "$." } else { root };
        return Item { text: format!("{root}{name}"), children: input_items(schema, mapped, ty.inner(), true) };
    };
    let text = if root.is_empty() && key == name && wire.convert.is_empty() {
        name.clone()
    } else {
        format!("{}: {root}{name}{}", quoted(key), wire.convert)
    };
    Item { text, children: input_items(schema, mapped, ty.inner(), false) }
}

/// The input types that are not on the wire as they are in GraphQL, or hold one that is not.
pub fn needs_mapping(schema: &Schema) -> HashSet<String> {
    let mut mapped: HashSet<String> = HashSet::new();
    let inputs = || {
        schema.types.iter().filter_map(|(name, definition)| match definition {
            Definition::Input(input) => Some((name, input)),
            Definition::Object(_) | Definition::Enum { .. } | Definition::Scalar { .. } => None,
        })
    };
    loop {
        let before = mapped.len();
        for (name, input) in inputs() {
            let differs = |field: &Argument| {
                field.wire.key.as_ref() != Some(&field.name)
                    || !field.wire.convert.is_empty()
                    || mapped.contains(field.ty.inner())
            };
            if !mapped.contains(name) && input.fields.iter().any(differs) {
                mapped.insert(name.clone());
            }
        }
        if mapped.len() == before {
            return mapped;
        }
    }
}

/// A key as a mapping has it.
pub fn quoted(key: &str) -> String {
    if is_identifier(key) { key.to_owned() } else { text(key) }
}

/// A text as a mapping has it, in quotes: single ones, since the mapping itself is in double ones.
pub fn text(text: &str) -> String {
    let mut quoted = String::from("'");
    for character in text.chars() {
        match character {
            '\'' | '\\' => quoted.extend(['\\', character]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            _ => quoted.push(character),
        }
    }
    quoted.push('\'');
    quoted
}

/// A mapping on one line.
pub fn flat(items: &[Item]) -> String {
    let one = |item: &Item| match item.children.as_slice() {
        [] => item.text.clone(),
        children => format!("{} {{ {} }}", item.text, flat(children)),
    };
    items.iter().map(one).collect::<Vec<_>>().join(" ")
}

/// A mapping on lines of about `width`, with braces that are long on lines of their own.
pub fn lines(items: &[Item], width: usize) -> Vec<String> {
    let mut lines: Vec<String> = vec![];
    // Whether the next item may go on the last line.
    let mut open = false;
    for item in items {
        let whole = flat(std::slice::from_ref(item));
        let fits = whole.len() <= width.max(40);
        if !item.children.is_empty() && !fits {
            lines.push(format!("{} {{", item.text));
            lines.extend(self::lines(&item.children, width.saturating_sub(2)).iter().map(|line| format!("  {line}")));
            lines.push("}".to_owned());
            open = item.text.starts_with("$args");
            continue;
        }
        match lines.last_mut() {
            Some(last) if open && last.len() + 1 + whole.len() <= width => {
                last.push(' ');
                last.push_str(&whole);
            }
            _ => lines.push(whole),
        }
        open = item.children.is_empty() || item.text.starts_with("$args");
    }
    lines
}
