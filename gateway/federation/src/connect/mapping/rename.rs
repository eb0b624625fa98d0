//! Owns the renaming of keys in a mapping, by where they stand.

use super::ast::{Expression, ExpressionKind, Path, Root, Selection, SelectionBody, SelectionSet, StepKind};
use std::collections::HashMap;
use std::ops::Range;

impl Selection {
    /// Replaces the keys that stand at these spans. The names in the output stay.
    pub(in crate::connect) fn rename_keys(&mut self, names: &HashMap<Range<usize>, String>) {
        if names.is_empty() {
            return;
        }
        match &mut self.body {
            SelectionBody::Object(set) => rename_set(set, names),
            SelectionBody::Value(expression) => rename(expression, names),
        }
    }
}

fn rename_set(set: &mut SelectionSet, names: &HashMap<Range<usize>, String>) {
    for field in &mut set.fields {
        rename(&mut field.value, names);
    }
}

fn rename(expression: &mut Expression, names: &HashMap<Range<usize>, String>) {
    match &mut expression.kind {
        ExpressionKind::Null | ExpressionKind::Bool(_) | ExpressionKind::Number(_) | ExpressionKind::String(_) => {}
        ExpressionKind::List(items) => items.iter_mut().for_each(|item| rename(item, names)),
        ExpressionKind::Object(set) => rename_set(set, names),
        ExpressionKind::Path(path) => rename_path(path, names),
        ExpressionKind::Coalesce { first, second, .. } => {
            rename(first, names);
            rename(second, names);
        }
    }
}

fn rename_path(path: &mut Path, names: &HashMap<Range<usize>, String>) {
    if let Root::Parenthesized(inner) = &mut path.root {
        rename(inner, names);
    }
    for step in &mut path.steps {
        match &mut step.kind {
            StepKind::Key(key) => {
                if let Some(name) = names.get(&step.span) {
                    key.clone_from(name);
                }
            }
            StepKind::Method { arguments, .. } => {
                arguments.iter_mut().for_each(|argument| rename(argument, names));
            }
            StepKind::Optional => {}
        }
    }
    if let Some(set) = &mut path.selection {
        rename_set(set, names);
    }
}
