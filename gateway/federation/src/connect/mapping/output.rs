//! Owns what a mapping yields: the names in its result, known before there is any value.

use super::ast::{Expression, ExpressionKind, Path, Root, Selection, SelectionBody, SelectionSet, StepKind};
use super::method::{Method, MethodResult};
use std::ops::Range;

/// The shape of a mapping's result. Lists are not shown: whether there is one depends on the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output<'s> {
    /// Whatever the backend holds there.
    Any,
    /// Null, which fits every shape.
    Null,
    /// A boolean, a number or a string.
    Scalar,
    Object(Vec<OutputField<'s>>),
}

/// A name in the result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputField<'s> {
    pub name: &'s str,
    /// Where the name stands in the mapping.
    pub span: Range<usize>,
    pub output: Output<'s>,
}

impl Selection {
    pub fn output(&self) -> Output<'_> {
        match &self.body {
            SelectionBody::Object(set) => of_set(set),
            SelectionBody::Value(expression) => of(expression),
        }
    }
}

fn of_set(set: &SelectionSet) -> Output<'_> {
    let mut fields: Vec<OutputField<'_>> = Vec::with_capacity(set.fields.len());
    for field in &set.fields {
        match (&field.name, of(&field.value)) {
            (Some(name), output) => fields.push(OutputField { name: &name.text, span: name.span.clone(), output }),
            // Spread: the fields become this object's own.
            (None, Output::Object(more)) => fields.extend(more),
            (None, Output::Any | Output::Null | Output::Scalar) => {}
        }
    }
    Output::Object(fields)
}

fn of(expression: &Expression) -> Output<'_> {
    match &expression.kind {
        ExpressionKind::Null => Output::Null,
        ExpressionKind::Bool(_) | ExpressionKind::Number(_) | ExpressionKind::String(_) => Output::Scalar,
        ExpressionKind::List(items) => items.iter().map(of).fold(Output::Null, either),
        ExpressionKind::Object(set) => of_set(set),
        ExpressionKind::Path(path) => of_path(path),
        ExpressionKind::Coalesce { first, second, .. } => either(of(first), of(second)),
    }
}

fn of_path(path: &Path) -> Output<'_> {
    if let Some(set) = &path.selection {
        return of_set(set);
    }
    let start = match &path.root {
        Root::Parenthesized(inner) => of(inner),
        Root::Implicit | Root::Dollar | Root::At | Root::Variable(_) => Output::Any,
    };
    path.steps.iter().fold(start, |output, step| match &step.kind {
        StepKind::Optional => output,
        StepKind::Key(key) => match output {
            Output::Object(fields) => {
                fields.into_iter().find(|field| field.name == key).map_or(Output::Any, |field| field.output)
            }
            Output::Any | Output::Null | Output::Scalar => Output::Any,
        },
        StepKind::Method { method, arguments } => of_method(*method, arguments, output),
    })
}

fn of_method<'s>(method: Method, arguments: &'s [Expression], input: Output<'s>) -> Output<'s> {
    match method.result() {
        MethodResult::Input => input,
        MethodResult::Item => match input {
            Output::Object(_) => Output::Any,
            Output::Any | Output::Null | Output::Scalar => input,
        },
        MethodResult::Argument => arguments.first().map_or(Output::Any, of),
        MethodResult::Matched => arguments
            .iter()
            .map(|argument| match &argument.kind {
                ExpressionKind::List(pair) => pair.get(1).map_or(Output::Any, of),
                _ => Output::Any,
            })
            .fold(Output::Null, either),
        MethodResult::Entries => {
            let field = |name, output| OutputField { name, span: 0..0, output };
            Output::Object(vec![field("key", Output::Scalar), field("value", Output::Any)])
        }
        MethodResult::Scalar => Output::Scalar,
    }
}

/// The shape of a value that has one of two shapes.
fn either<'s>(left: Output<'s>, right: Output<'s>) -> Output<'s> {
    match (left, right) {
        (Output::Null, other) | (other, Output::Null) => other,
        (Output::Scalar, Output::Scalar) => Output::Scalar,
        (Output::Object(mut fields), Output::Object(more)) => {
            for field in more {
                match fields.iter_mut().find(|known| known.name == field.name) {
                    Some(known) => known.output = either(known.output.clone(), field.output),
                    None => fields.push(field),
                }
            }
            Output::Object(fields)
        }
        (Output::Any | Output::Scalar | Output::Object(_), Output::Any | Output::Scalar | Output::Object(_)) => {
            Output::Any
        }
    }
}
