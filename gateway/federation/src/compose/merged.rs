//! Owns the merged schema on its way to being printed: plain data, filled by `merge`, read by `render`.

use apollo_compiler::ast::{DirectiveLocation, Type, Value};
use apollo_compiler::collections::{IndexMap, IndexSet};
use apollo_compiler::{Name, Node};

/// One application of a directive in the supergraph.
#[derive(Debug, Clone)]
pub struct Applied {
    pub name: String,
    pub arguments: Vec<(&'static str, Value)>,
    /// Arguments of directives that come from a file, which follow the others.
    pub carried: Vec<(Name, Node<Value>)>,
}

impl Applied {
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), arguments: Vec::new(), carried: Vec::new() }
    }

    pub fn with(mut self, name: &'static str, value: Value) -> Self {
        self.arguments.push((name, value));
        self
    }

    pub fn string(self, name: &'static str, value: &str) -> Self {
        self.with(name, Value::String(value.to_owned()))
    }

    pub fn flag(self, name: &'static str, set: bool) -> Self {
        if set { self.with(name, Value::Boolean(true)) } else { self }
    }

    /// The argument `graph` of a `join__` directive.
    pub fn graph(self, graph: &Name) -> Self {
        self.with("graph", Value::Enum(graph.clone()))
    }
}

#[derive(Debug, Clone)]
pub struct MergedInput {
    pub description: Option<String>,
    pub ty: Type,
    pub default: Option<Value>,
    pub applied: Vec<Applied>,
}

impl MergedInput {
    pub fn is_required(&self) -> bool {
        self.ty.is_non_null() && self.default.is_none()
    }
}

#[derive(Debug, Clone)]
pub struct MergedField {
    pub description: Option<String>,
    pub arguments: IndexMap<Name, MergedInput>,
    pub ty: Type,
    pub applied: Vec<Applied>,
}

#[derive(Debug, Clone)]
pub struct MergedEnumValue {
    pub description: Option<String>,
    pub applied: Vec<Applied>,
}

#[derive(Debug, Clone)]
pub enum MergedKind {
    Scalar,
    Object { implements: IndexSet<Name>, fields: IndexMap<Name, MergedField> },
    Interface { implements: IndexSet<Name>, fields: IndexMap<Name, MergedField> },
    Union { members: IndexSet<Name> },
    Enum { values: IndexMap<Name, MergedEnumValue> },
    InputObject { fields: IndexMap<Name, MergedInput> },
}

#[derive(Debug, Clone)]
pub struct MergedType {
    pub description: Option<String>,
    pub applied: Vec<Applied>,
    pub kind: MergedKind,
}

impl MergedType {
    pub fn fields(&self) -> Option<&IndexMap<Name, MergedField>> {
        match &self.kind {
            MergedKind::Object { fields, .. } | MergedKind::Interface { fields, .. } => Some(fields),
            MergedKind::Scalar
            | MergedKind::Union { .. }
            | MergedKind::Enum { .. }
            | MergedKind::InputObject { .. } => None,
        }
    }

    pub fn implements(&self) -> Option<&IndexSet<Name>> {
        match &self.kind {
            MergedKind::Object { implements, .. } | MergedKind::Interface { implements, .. } => Some(implements),
            MergedKind::Scalar
            | MergedKind::Union { .. }
            | MergedKind::Enum { .. }
            | MergedKind::InputObject { .. } => None,
        }
    }
}

/// A directive's definition.
#[derive(Debug, Clone)]
pub struct MergedDirective {
    pub name: String,
    pub description: Option<String>,
    pub arguments: IndexMap<Name, MergedInput>,
    pub repeatable: bool,
    pub locations: Vec<DirectiveLocation>,
}

#[derive(Debug, Clone, Default)]
pub struct MergedSchema {
    pub description: Option<String>,
    /// `@link` and what else stands on the schema.
    pub schema_directives: Vec<Applied>,
    /// Definitions by name, each as its text.
    pub directives: Vec<(String, String)>,
    /// The types of the specifications, each as its text.
    pub machinery: Vec<(String, String)>,
    pub types: IndexMap<Name, MergedType>,
    /// What the supergraph calls `@inaccessible`.
    pub inaccessible: Option<String>,
}
