//! Owns the JSON Schema of what an operation answers with: of the fields that it selects, and no others.

use apollo_compiler::ast::{DirectiveList, Type};
use apollo_compiler::executable::{Selection, SelectionSet};
use apollo_compiler::{ExecutableDocument, Name};
use indexmap::IndexMap;
use serde_json::{Map, Value, json};
use weft_federation::operation::Document;

use super::inputs::{Components, or_null};

/// Of a route's response: of one root field, or of the object of all.
pub fn response(document: &Document, root: Option<&str>, components: &mut Components<'_>) -> Value {
    let mut writing = Writing { document: &document.document, components };
    let sets = [&document.operation.selection_set];
    match root {
        None => writing.object(&sets),
        Some(root) => {
            let keys = writing.keys(&sets);
            let key = keys.iter().find(|(key, _)| key.as_str() == root);
            // A null object is a 404.
            key.map_or(json!({}), |(_, key)| if key.sets.is_empty() { writing.key(key) } else { writing.not_null(key) })
        }
    }
}

struct Writing<'a, 'c, 's> {
    document: &'a ExecutableDocument,
    components: &'c mut Components<'s>,
}

/// A key of an answer's object, and all that is selected below it.
struct Key<'a> {
    ty: &'a Type,
    sets: Vec<&'a SelectionSet>,
    /// It is there, whatever the object and the variables.
    is_certain: bool,
}

impl<'a> Writing<'a, '_, '_> {
    fn object(&mut self, sets: &[&'a SelectionSet]) -> Value {
        let keys = self.keys(sets);
        let required: Vec<&str> =
            keys.iter().filter(|(_, key)| key.is_certain).map(|(name, _)| name.as_str()).collect();
        let properties: Map<String, Value> = keys.iter().map(|(name, key)| (name.to_string(), self.key(key))).collect();
        json!({ "type": "object", "properties": properties, "required": required })
    }

    fn key(&mut self, key: &Key<'a>) -> Value {
        self.value(key.ty, &key.sets)
    }

    fn not_null(&mut self, key: &Key<'a>) -> Value {
        self.value(&key.ty.clone().non_null(), &key.sets)
    }

    fn value(&mut self, ty: &Type, sets: &[&'a SelectionSet]) -> Value {
        let schema = match ty {
            Type::Named(_) | Type::NonNullNamed(_) if !sets.is_empty() => self.object(sets),
            Type::Named(name) | Type::NonNullNamed(name) => self.components.named(name),
            Type::List(item) | Type::NonNullList(item) => json!({ "type": "array", "items": self.value(item, sets) }),
        };
        if ty.is_non_null() { schema } else { or_null(schema) }
    }

    fn keys(&self, sets: &[&'a SelectionSet]) -> IndexMap<&'a Name, Key<'a>> {
        let mut keys = IndexMap::new();
        for set in sets {
            self.collect(set, &set.ty, true, &mut keys);
        }
        keys
    }

    /// Fragments are walked into: validation has seen that they do not spread themselves.
    fn collect(&self, set: &'a SelectionSet, on: &Name, is_certain: bool, keys: &mut IndexMap<&'a Name, Key<'a>>) {
        for selection in &set.selections {
            match selection {
                Selection::Field(field) => {
                    let is_certain = is_certain && !is_conditional(&field.directives);
                    let key = keys.entry(field.response_key()).or_insert_with(|| Key {
                        ty: field.ty(),
                        sets: vec![],
                        is_certain: false,
                    });
                    key.is_certain |= is_certain;
                    if !field.selection_set.is_empty() {
                        key.sets.push(&field.selection_set);
                    }
                }
                Selection::InlineFragment(fragment) => {
                    let is_certain = is_certain && !is_conditional(&fragment.directives);
                    let set = &fragment.selection_set;
                    self.collect(set, on, is_certain && self.has_all(&set.ty, on), keys);
                }
                Selection::FragmentSpread(spread) => {
                    let is_certain = is_certain && !is_conditional(&spread.directives);
                    let Some(fragment) = self.document.fragments.get(&spread.fragment_name) else { continue };
                    let set = &fragment.selection_set;
                    self.collect(set, on, is_certain && self.has_all(&set.ty, on), keys);
                }
            }
        }
    }

    /// Whether every object that is of one type is of another.
    fn has_all(&self, wide: &Name, narrow: &Name) -> bool {
        wide == narrow || self.components.schema.is_subtype(wide, narrow)
    }
}

fn is_conditional(directives: &DirectiveList) -> bool {
    directives.has("skip") || directives.has("include")
}
