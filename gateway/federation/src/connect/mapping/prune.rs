//! Owns the specialisation of a mapping to what a query wants: done once, with the plan.

use super::ast::{Expression, ExpressionKind, Field, Path, Root, Selection, SelectionBody, SelectionSet, StepKind};
use super::method::Method;
use super::tree::FieldTree;

impl Selection {
    /// The mapping without what nobody asked for. For the fields of `wanted` it yields what it did before.
    pub fn prune(&self, wanted: &FieldTree) -> Selection {
        let body = match &self.body {
            SelectionBody::Object(set) => SelectionBody::Object(prune_set(set, wanted)),
            SelectionBody::Value(expression) => SelectionBody::Value(prune(expression, wanted)),
        };
        Selection { body }
    }
}

fn prune_set(set: &SelectionSet, wanted: &FieldTree) -> SelectionSet {
    if wanted.is_whole() {
        return set.clone();
    }
    let fields = set.fields.iter().filter_map(|field| match &field.name {
        Some(name) => {
            let value = prune(&field.value, wanted.get(&name.text)?);
            Some(Field { name: Some(name.clone()), value })
        }
        // A spread's fields are this object's own. With none left it would do nothing.
        None => {
            let value = prune(&field.value, wanted);
            let idle =
                matches!(&value.kind, ExpressionKind::Path(Path { selection: Some(set), .. }) if set.fields.is_empty());
            (!idle).then_some(Field { name: None, value })
        }
    });
    SelectionSet { fields: fields.collect(), span: set.span.clone() }
}

fn prune(expression: &Expression, wanted: &FieldTree) -> Expression {
    if wanted.is_whole() {
        return expression.clone();
    }
    let kind = match &expression.kind {
        ExpressionKind::Null | ExpressionKind::Bool(_) | ExpressionKind::Number(_) | ExpressionKind::String(_) => {
            expression.kind.clone()
        }
        ExpressionKind::List(items) => ExpressionKind::List(items.iter().map(|item| prune(item, wanted)).collect()),
        ExpressionKind::Object(set) => ExpressionKind::Object(prune_set(set, wanted)),
        ExpressionKind::Path(path) => ExpressionKind::Path(prune_path(path, wanted)),
        ExpressionKind::Coalesce { first, second, on } => ExpressionKind::Coalesce {
            first: Box::new(prune(first, wanted)),
            second: Box::new(prune(second, wanted)),
            on: *on,
        },
    };
    Expression { kind, span: expression.span.clone() }
}

fn prune_path(path: &Path, wanted: &FieldTree) -> Path {
    let mut pruned = path.clone();
    if let Some(set) = &mut pruned.selection {
        *set = prune_set(set, wanted);
        return pruned;
    }
    match pruned.steps.last_mut().map(|step| &mut step.kind) {
        None => {
            if let Root::Parenthesized(inner) = &mut pruned.root {
                **inner = prune(inner, wanted);
            }
        }
        // What these yield is the result itself. Before another step it might be looked at, so there it stays whole.
        Some(StepKind::Method { method: Method::Map | Method::Echo, arguments }) => {
            for argument in arguments {
                *argument = prune(argument, wanted);
            }
        }
        Some(StepKind::Method { method: Method::Match, arguments }) => {
            for argument in arguments {
                if let ExpressionKind::List(pair) = &mut argument.kind
                    && let [_, result] = pair.as_mut_slice()
                {
                    *result = prune(result, wanted);
                }
            }
        }
        Some(StepKind::Method { .. } | StepKind::Key(_) | StepKind::Optional) => {}
    }
    pruned
}
