//! Owns the bound operation: what a client asks for, in the supergraph's terms.
//!
//! Selection sets that select the same are one and shared, named fragments above all, so that its size is at most the
//! document's, however often they are spread. Conditions are kept, since their values come with each request.

use std::sync::Arc;

use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Name, ast};

use crate::schema::{Arguments, FieldId, TypeId, Value, VariableId};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OperationKind {
    Query,
    Mutation,
    Subscription,
}

impl OperationKind {
    pub fn keyword(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Mutation => "mutation",
            Self::Subscription => "subscription",
        }
    }
}

#[derive(Debug)]
pub struct BoundOperation {
    pub kind: OperationKind,
    pub root: TypeId,
    pub selection_set: Arc<SelectionSet>,
    pub variables: Vec<VariableDef>,
    /// The variables that `@skip` and `@include` ask, each once: bit `i` of a request's condition bits is the value of
    /// the `i`-th. At most 64.
    pub conditions: Vec<VariableId>,
    /// There, if the operation asks for `__schema` or `__type`.
    pub introspection: Option<Introspection>,
}

/// What the introspection fields of an operation are answered from.
#[derive(Debug)]
pub struct Introspection {
    pub document: Valid<ExecutableDocument>,
    pub operation_name: Option<Name>,
}

#[derive(Debug)]
pub struct VariableDef {
    pub name: Name,
    pub ty: ast::Type,
    pub default: Option<Value>,
}

#[derive(Debug, Default)]
pub struct SelectionSet {
    pub selections: Vec<Selection>,
}

#[derive(Debug)]
pub enum Selection {
    Field(Field),
    Fragment(Fragment),
}

#[derive(Debug)]
pub struct Field {
    /// The client's name for it in the response.
    pub key: Name,
    pub target: FieldTarget,
    pub arguments: Arguments,
    pub conditions: Vec<Condition>,
    pub selection_set: Arc<SelectionSet>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldTarget {
    Field(FieldId),
    Typename,
    /// `__schema` or `__type`: answered by the gateway.
    Introspection,
}

#[derive(Debug)]
pub struct Fragment {
    /// The type that an object must be of; `None` takes all.
    pub ty: Option<TypeId>,
    pub conditions: Vec<Condition>,
    pub selection_set: Arc<SelectionSet>,
}

/// Holds if the bit has the value expected. A list of them holds if all do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Condition {
    pub bit: u8,
    pub expected: bool,
}

impl Condition {
    pub fn holds(self, bits: u64) -> bool {
        (bits >> self.bit & 1 == 1) == self.expected
    }
}
