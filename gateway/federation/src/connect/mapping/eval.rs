//! Owns the evaluation of mappings: what `$`, `@`, keys, braces and lists mean at request time.
//!
//! - A key of a list is the list of that key of its items; braces on a list are applied to each item.
//! - What is missing is left out of the object that names it, and is null inside a list and at the top.
//! - Null under a key or braces stays null.
//!
//! Nothing here fails: what does not fit becomes missing, and a [`Problem`] says so.

use super::ast::{
    CoalesceOn, Expression, ExpressionKind, Path, Root, Selection, SelectionBody, SelectionSet, Step, StepKind,
    Variable,
};
use super::method::Method;
use super::methods;
use super::value::Value;
use std::borrow::Cow;
use std::ops::Range;

/// Braces and lists may nest this deep while evaluating: as deep as JSON may, and some for the mapping's own.
const MAX_DEPTH: usize = super::json::MAX_DEPTH + 128;

/// Different problems kept per evaluation. Every further one is like the rest, for a reader.
const MAX_PROBLEMS: usize = 64;

/// The values of the variables, borrowed for one evaluation. A variable without a value is missing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Vars<'a> {
    values: [Option<&'a Value<'a>>; Variable::ALL.len()],
}

impl<'a> Vars<'a> {
    pub fn with(mut self, variable: Variable, value: &'a Value<'a>) -> Self {
        self.values[variable as usize] = Some(value);
        self
    }

    pub fn get(&self, variable: Variable) -> Option<&'a Value<'a>> {
        self.values[variable as usize]
    }
}

/// Something in a value that a mapping did not fit. It is for people who debug a connector, not for clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub kind: ProblemKind,
    /// Where in the mapping's text.
    pub span: Range<usize>,
    /// How often, such as once per item of a list.
    pub count: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProblemKind {
    /// An object without the key.
    MissingKey,
    /// A key of a value that has none.
    KeyOf(&'static str),
    /// A variable that has no value here.
    MissingVariable(Variable),
    /// A method applied to a kind of value that it is not for.
    MethodInput(Method, &'static str),
    /// An argument that the method cannot use.
    MethodArgument(Method),
    /// A `match` none of whose candidates fits.
    NoMatch,
    /// A number that cannot be computed or read.
    NotComputable(Method),
    /// Fields to be spread into an object came from something else.
    SpreadOf(&'static str),
    TooDeep,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.kind {
            ProblemKind::MissingKey => write!(f, "the object has no such key"),
            ProblemKind::KeyOf(kind) => write!(f, "a key of {kind}"),
            ProblemKind::MissingVariable(variable) => write!(f, "`${}` has no value here", variable.name()),
            ProblemKind::MethodInput(method, kind) => write!(f, "`->{}` does not apply to {kind}", method.name()),
            ProblemKind::MethodArgument(method) => write!(f, "an argument that `->{}` cannot use", method.name()),
            ProblemKind::NoMatch => write!(f, "no candidate of `->match` fits the value"),
            ProblemKind::NotComputable(method) => write!(f, "`->{}` has no number as its result", method.name()),
            ProblemKind::SpreadOf(kind) => write!(f, "expected an object to take fields from, found {kind}"),
            ProblemKind::TooDeep => write!(f, "nested too deep"),
        }?;
        if self.count > 1 {
            write!(f, " ({} times)", self.count)?;
        }
        Ok(())
    }
}

/// Applies a mapping to a response. What is missing at the top is null.
pub fn eval<'a>(selection: &'a Selection, vars: &Vars<'a>, data: &Value<'a>) -> (Value<'a>, Vec<Problem>) {
    let mut evaluator = Evaluator { vars: *vars, problems: Vec::new(), depth: 0 };
    let value = match &selection.body {
        SelectionBody::Object(set) => evaluator.apply(set, data),
        SelectionBody::Value(expression) => {
            let scope = Scope { dollar: data, at: data };
            evaluator.expression(expression, scope).map(Found::into_value)
        }
    };
    (value.unwrap_or_default(), evaluator.problems)
}

impl Selection {
    /// Evaluates a mapping that makes a part of a request: there is no response yet, only variables.
    pub fn eval_request<'a>(&'a self, vars: &Vars<'a>) -> (Value<'a>, Vec<Problem>) {
        // An empty object, because braces on null would be null.
        eval(self, vars, &Value::Object(Vec::new()))
    }
}

/// A value found in the input, or made.
pub(super) enum Found<'s, 'a> {
    Borrowed(&'s Value<'a>),
    Owned(Value<'a>),
}

impl<'s, 'a> Found<'s, 'a> {
    pub fn into_value(self) -> Value<'a> {
        match self {
            Self::Borrowed(value) => value.clone(),
            Self::Owned(value) => value,
        }
    }

    pub fn value(&self) -> &Value<'a> {
        match self {
            Self::Borrowed(value) => value,
            Self::Owned(value) => value,
        }
    }

    /// The item of a list or field of an object at `at`, which must be one of its indices.
    pub fn child(self, at: usize) -> Option<Self> {
        match self {
            Self::Borrowed(Value::Array(items)) => items.get(at).map(Self::Borrowed),
            Self::Borrowed(Value::Object(fields)) => fields.get(at).map(|(_, value)| Self::Borrowed(value)),
            Self::Owned(Value::Array(mut items)) => (at < items.len()).then(|| Self::Owned(items.swap_remove(at))),
            Self::Owned(Value::Object(mut fields)) => {
                (at < fields.len()).then(|| Self::Owned(fields.swap_remove(at).1))
            }
            Self::Borrowed(Value::Null | Value::Unfit(_) | Value::Bool(_) | Value::Number(_) | Value::String(_))
            | Self::Owned(Value::Null | Value::Unfit(_) | Value::Bool(_) | Value::Number(_) | Value::String(_)) => None,
        }
    }
}

/// What `$` and `@` are.
#[derive(Clone, Copy)]
pub(super) struct Scope<'s, 'a> {
    pub dollar: &'s Value<'a>,
    pub at: &'s Value<'a>,
}

pub(super) struct Evaluator<'a> {
    vars: Vars<'a>,
    problems: Vec<Problem>,
    depth: usize,
}

/// `None` is a missing value throughout.
impl<'a> Evaluator<'a> {
    pub fn problem(&mut self, kind: ProblemKind, span: &Range<usize>) {
        match self.problems.iter().position(|known| known.kind == kind && known.span == *span) {
            Some(at) => self.problems[at].count = self.problems[at].count.saturating_add(1),
            None if self.problems.len() < MAX_PROBLEMS => {
                self.problems.push(Problem { kind, span: span.clone(), count: 1 });
            }
            None => {}
        }
    }

    /// Guards one level of nesting.
    fn deeper<T>(&mut self, span: &Range<usize>, run: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        if self.depth >= MAX_DEPTH {
            self.problem(ProblemKind::TooDeep, span);
            return None;
        }
        self.depth += 1;
        let result = run(self);
        self.depth -= 1;
        result
    }

    /// Braces on a value.
    fn apply(&mut self, set: &'a SelectionSet, value: &Value<'a>) -> Option<Value<'a>> {
        match value {
            Value::Null | Value::Unfit(_) => Some(value.clone()),
            Value::Array(items) => self.deeper(&set.span, |this| {
                Some(Value::Array(items.iter().map(|item| this.apply(set, item).unwrap_or_default()).collect()))
            }),
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
                self.object(set, Scope { dollar: value, at: value })
            }
        }
    }

    fn object(&mut self, set: &'a SelectionSet, scope: Scope<'_, 'a>) -> Option<Value<'a>> {
        self.deeper(&set.span, |this| {
            let mut fields: Vec<(Cow<'a, str>, Value<'a>)> = Vec::with_capacity(set.fields.len());
            for field in &set.fields {
                let value = this.expression(&field.value, scope);
                match (&field.name, value) {
                    (Some(name), Some(value)) => fields.push((Cow::Borrowed(&name.text), value.into_value())),
                    (None, Some(value)) => this.spread(value.into_value(), &field.value.span, &mut fields),
                    (_, None) => {}
                }
            }
            Some(Value::Object(fields))
        })
    }

    fn spread(&mut self, value: Value<'a>, span: &Range<usize>, fields: &mut Vec<(Cow<'a, str>, Value<'a>)>) {
        match value {
            Value::Object(more) => {
                for (name, value) in more {
                    match fields.iter_mut().find(|(known, _)| *known == name) {
                        Some((_, known)) => *known = value,
                        None => fields.push((name, value)),
                    }
                }
            }
            Value::Null | Value::Unfit(_) => {}
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                self.problem(ProblemKind::SpreadOf(value.kind()), span);
            }
        }
    }

    pub fn expression<'s>(&mut self, expression: &'a Expression, scope: Scope<'s, 'a>) -> Option<Found<'s, 'a>>
    where
        'a: 's,
    {
        let made = match &expression.kind {
            ExpressionKind::Null => Value::Null,
            ExpressionKind::Bool(truth) => Value::Bool(*truth),
            ExpressionKind::Number(raw) => Value::Number(Cow::Borrowed(raw)),
            ExpressionKind::String(text) => Value::string(text.as_str()),
            ExpressionKind::List(items) => Value::Array(
                items
                    .iter()
                    .map(|item| self.expression(item, scope).map(Found::into_value).unwrap_or_default())
                    .collect(),
            ),
            ExpressionKind::Object(set) => self.object(set, scope)?,
            ExpressionKind::Path(path) => return self.path(path, &expression.span, scope),
            ExpressionKind::Coalesce { first, second, on } => {
                let taken = self.expression(first, scope).filter(|found| match on {
                    CoalesceOn::NullOrMissing => !found.value().is_null(),
                    CoalesceOn::Missing => true,
                });
                return taken.or_else(|| self.expression(second, scope));
            }
        };
        Some(Found::Owned(made))
    }

    fn path<'s>(&mut self, path: &'a Path, span: &Range<usize>, scope: Scope<'s, 'a>) -> Option<Found<'s, 'a>>
    where
        'a: 's,
    {
        let start = match &path.root {
            Root::Implicit | Root::At => Found::Borrowed(scope.at),
            Root::Dollar => Found::Borrowed(scope.dollar),
            Root::Variable(variable) => match self.vars.get(*variable) {
                Some(value) => Found::Borrowed(value),
                None => {
                    if !matches!(path.steps.first(), Some(Step { kind: StepKind::Optional, .. })) {
                        self.problem(ProblemKind::MissingVariable(*variable), span);
                    }
                    return None;
                }
            },
            Root::Parenthesized(inner) => self.expression(inner, scope)?,
        };
        self.walk(start, &path.steps, path.selection.as_ref(), scope)
    }

    fn walk<'s>(
        &mut self,
        start: Found<'s, 'a>,
        steps: &'a [Step],
        braces: Option<&'a SelectionSet>,
        scope: Scope<'s, 'a>,
    ) -> Option<Found<'s, 'a>>
    where
        'a: 's,
    {
        let mut found = start;
        for (at, step) in steps.iter().enumerate() {
            // A path that goes on with `?` is meant to end quietly.
            let quiet = matches!(steps.get(at + 1), Some(Step { kind: StepKind::Optional, .. }));
            match &step.kind {
                StepKind::Key(key) => {
                    if let Value::Array(items) = found.value() {
                        let rest = &steps[at..];
                        let run = rest.iter().take_while(|step| !matches!(step.kind, StepKind::Method { .. })).count();
                        // Up to the next method each item goes its own way, so that no list in between is built.
                        let (mine, after) = rest.split_at(run);
                        let own_braces = if after.is_empty() { braces } else { None };
                        let list = self.deeper(&step.span, |this| {
                            let each = items.iter().map(|item| {
                                this.walk(Found::Borrowed(item), mine, own_braces, scope_of(item))
                                    .map(Found::into_value)
                                    .unwrap_or_default()
                            });
                            Some(Found::Owned(Value::Array(each.collect())))
                        })?;
                        return if after.is_empty() { Some(list) } else { self.walk(list, after, braces, scope) };
                    }
                    found = self.key(found, key, &step.span, quiet)?;
                }
                StepKind::Method { method, arguments } => {
                    let call = methods::Call { method: *method, arguments, span: &step.span };
                    found = methods::call(self, &call, found, scope)?;
                }
                StepKind::Optional => {
                    if found.value().is_null() {
                        return None;
                    }
                }
            }
        }
        match braces {
            Some(set) => self.apply(set, found.value()).map(Found::Owned),
            None => Some(found),
        }
    }

    fn key<'s>(&mut self, found: Found<'s, 'a>, key: &str, span: &Range<usize>, quiet: bool) -> Option<Found<'s, 'a>> {
        let (at, kind) = match found.value() {
            Value::Object(fields) => (fields.iter().position(|(name, _)| name == key), ProblemKind::MissingKey),
            // The null itself goes on, so that `a.b` is null where `a` is.
            Value::Null | Value::Unfit(_) => return Some(found),
            other => (None, ProblemKind::KeyOf(other.kind())),
        };
        match at {
            Some(at) => found.child(at),
            None => {
                if !quiet {
                    self.problem(kind, span);
                }
                None
            }
        }
    }
}

/// The scope of a list's item. Only keys and braces are walked with it, and neither looks at it.
fn scope_of<'s, 'a>(item: &'s Value<'a>) -> Scope<'s, 'a> {
    Scope { dollar: item, at: item }
}
