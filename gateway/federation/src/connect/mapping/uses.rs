//! Owns what a mapping reads: which paths of which variables and of the response.
//!
//! The planner makes lookups of it, and composition checks the paths. It follows values, not names: in
//! `$batch->map({ id: @.id })` the `@` is an item of `$batch`.

use super::ast::{Expression, ExpressionKind, Path, Root, Selection, SelectionBody, SelectionSet, StepKind, Variable};
use super::method::{Method, MethodResult};
use super::tree::FieldTree;
use std::ops::Range;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    pub root: UseRoot,
    pub path: Vec<Segment>,
    /// The path was taken as a whole; if not, it only led to braces or a test of each item.
    pub whole: bool,
    /// Something else stands in where it is missing: `$env.REGION ?? 'eu'`.
    pub has_default: bool,
    pub span: Range<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UseRoot {
    Response,
    Variable(Variable),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    pub name: String,
    pub span: Range<usize>,
}

impl Use {
    fn names(&self) -> Vec<&str> {
        self.path.iter().map(|segment| segment.name.as_str()).collect()
    }
}

impl Selection {
    /// Everything that the mapping reads, in the order of its text.
    pub fn uses(&self) -> Vec<Use> {
        let mut reader = Reader { uses: Vec::new(), defaults: 0 };
        let response = Some(Place { root: UseRoot::Response, path: Vec::new() });
        let scope = Scope { dollar: &response, at: &response };
        match &self.body {
            SelectionBody::Object(set) => reader.set(set, scope),
            SelectionBody::Value(expression) => reader.value(expression, scope),
        }
        reader.uses
    }

    /// The paths of one variable that the mapping reads, or `None` if it does not use it.
    pub fn variable_paths(&self, variable: Variable) -> Option<FieldTree> {
        let mut tree: Option<FieldTree> = None;
        let uses = self.uses();
        let mine = uses.iter().filter(|found| found.whole && found.root == UseRoot::Variable(variable));
        for path in mine.map(|found| FieldTree::path(&found.names())) {
            match &mut tree {
                Some(tree) => tree.merge(path),
                None => tree = Some(path),
            }
        }
        tree
    }
}

/// Where a value comes from.
#[derive(Debug, Clone)]
struct Place {
    root: UseRoot,
    path: Vec<Segment>,
}

/// Where `$` and `@` come from; `None` for a computed value.
#[derive(Clone, Copy)]
struct Scope<'p> {
    dollar: &'p Option<Place>,
    at: &'p Option<Place>,
}

struct Reader {
    uses: Vec<Use>,
    /// How many defaults there are for what is read now.
    defaults: usize,
}

impl Reader {
    fn record(&mut self, place: Option<Place>, span: &Range<usize>, whole: bool) {
        if let Some(Place { root, path }) = place {
            self.uses.push(Use { root, path, whole, has_default: self.defaults > 0, span: span.clone() });
        }
    }

    fn set(&mut self, set: &SelectionSet, scope: Scope<'_>) {
        for field in &set.fields {
            self.value(&field.value, scope);
        }
    }

    /// Reads an expression whose result is taken as it is.
    fn value(&mut self, expression: &Expression, scope: Scope<'_>) {
        let place = self.expression(expression, scope);
        self.record(place, &expression.span, true);
    }

    fn expression(&mut self, expression: &Expression, scope: Scope<'_>) -> Option<Place> {
        match &expression.kind {
            ExpressionKind::Null | ExpressionKind::Bool(_) | ExpressionKind::Number(_) | ExpressionKind::String(_) => {}
            ExpressionKind::List(items) => items.iter().for_each(|item| self.value(item, scope)),
            ExpressionKind::Object(set) => self.set(set, scope),
            ExpressionKind::Path(path) => return self.path(path, &expression.span, scope),
            ExpressionKind::Coalesce { first, second, .. } => {
                self.defaults += 1;
                self.value(first, scope);
                self.defaults -= 1;
                self.value(second, scope);
            }
        }
        None
    }

    fn path(&mut self, path: &Path, span: &Range<usize>, scope: Scope<'_>) -> Option<Place> {
        let mut place = match &path.root {
            Root::Implicit | Root::At => scope.at.clone(),
            Root::Dollar => scope.dollar.clone(),
            Root::Variable(variable) => Some(Place { root: UseRoot::Variable(*variable), path: Vec::new() }),
            Root::Parenthesized(inner) => self.expression(inner, scope),
        };
        for step in &path.steps {
            match &step.kind {
                StepKind::Optional => {}
                StepKind::Key(name) => {
                    if let Some(place) = &mut place {
                        place.path.push(Segment { name: name.clone(), span: step.span.clone() });
                    }
                }
                StepKind::Method { method, arguments } => {
                    place = self.method(*method, arguments, place, &step.span, scope);
                }
            }
        }
        match &path.selection {
            Some(set) => {
                self.record(place.clone(), span, false);
                self.set(set, Scope { dollar: &place, at: &place });
                None
            }
            None => place,
        }
    }

    fn method(
        &mut self,
        method: Method,
        arguments: &[Expression],
        input: Option<Place>,
        span: &Range<usize>,
        scope: Scope<'_>,
    ) -> Option<Place> {
        let inner = Scope { dollar: scope.dollar, at: &input };
        for argument in arguments {
            self.value(argument, inner);
        }
        match method.result() {
            // Under the same path.
            MethodResult::Input => input,
            MethodResult::Argument => {
                self.record(input, span, false);
                None
            }
            MethodResult::Matched | MethodResult::Item | MethodResult::Entries | MethodResult::Scalar => {
                self.record(input, span, true);
                None
            }
        }
    }
}
