//! Owns the bound operation: what a client asks for, in the supergraph's terms.
//!
//! Selection sets that select the same are one and shared, named fragments above all, so that its size is at most the
//! document's, however often they are spread. Conditions are kept, since their values come with each request.

use std::sync::Arc;

use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Name, ast};

use crate::schema::{Arguments, ClaimPath, FieldId, Need, NeedId, TypeId, TypeSet, Value, VariableId};
use crate::view::{FieldMap, TypeNames};

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
    /// What hangs on the request and decides what is planned, each once: bit `i` of a request's condition bits says whether
    /// the `i`-th holds. At most 64.
    pub conditions: Vec<Premise>,
    /// The bits of what the supergraph demands for what is selected, of whichever type the objects are; sorted.
    pub demanded: Vec<(NeedId, u8)>,
    /// There, if the operation asks for `__schema` or `__type`.
    pub introspection: Option<Introspection>,
}

/// What the introspection fields of an operation are answered from.
#[derive(Debug)]
pub struct Introspection {
    pub document: Valid<ExecutableDocument>,
    pub operation_name: Option<Name>,
}

/// What a condition bit stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Premise {
    /// The variable, which `@skip` or `@include` asks, is true.
    Variable(VariableId),
    /// Who asks is what is needed.
    Need(Need),
    /// Who asks is all that is needed in one place or another: of what is demanded in an operation that has no bits left.
    All(Vec<Need>),
}

impl Premise {
    /// Whether it hangs on who asks.
    pub fn is_need(&self) -> bool {
        match self {
            Self::Need(_) | Self::All(_) => true,
            Self::Variable(_) => false,
        }
    }
}

/// A variable of what is asked of backends.
#[derive(Debug)]
pub struct VariableDef {
    pub name: Name,
    /// In the supergraph's terms, as the default is.
    pub ty: ast::Type,
    pub default: Option<Value>,
    pub origin: VariableOrigin,
}

/// Where a variable's value comes from.
#[derive(Debug)]
pub enum VariableOrigin {
    /// The client gives it under its name, as a value of this type of its own schema.
    Client { ty: ast::Type, default: Option<Value> },
    /// A credential says it.
    Claim(ClaimPath),
    /// It is made of variables before it.
    Derived(Derived),
}

/// A value that is made of other variables.
#[derive(Debug, PartialEq, Eq)]
pub struct Derived {
    /// `None` where nothing can be given.
    pub value: Option<Value>,
    /// What holds if a variable that is the whole value was not given.
    pub absent: Option<Value>,
    /// A null is taken for a value that was not given.
    pub takes_no_null: bool,
    /// The largest number that is handed on, and what is handed on for no number.
    pub at_most: Option<u32>,
}

#[derive(Debug, Default)]
pub struct SelectionSet {
    pub selections: Vec<Selection>,
    pub sight: Sight,
}

/// What the client sees of the objects that a selection set is on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Sight {
    /// Objects, as the supergraph has them.
    #[default]
    Plain,
    /// Objects of these types, under these names (as JSON strings). Of other types it sees none.
    Named(TypeNames),
    /// No objects: in their place it sees the value of the only field.
    Through,
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
    /// There, where the client's field differs from the supergraph's.
    pub view: Option<FieldView>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldTarget {
    Field(FieldId),
    Typename,
    /// `__schema` or `__type`: answered by the gateway.
    Introspection,
    /// The object itself, once more.
    Here,
    /// What the view says, always.
    Constant,
}

/// How a client's field differs from the supergraph's.
#[derive(Debug, Clone)]
pub struct FieldView {
    pub map: Arc<FieldMap>,
    /// Which step of the map's path the field is.
    pub step: usize,
    /// All of these bits must hold, or the client is refused the field.
    pub needs: Box<[u8]>,
    /// The value is not masked if this bit holds.
    pub unmasked: Option<u8>,
}

impl PartialEq for FieldView {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.map, &other.map)
            && (self.step, &self.needs, self.unmasked) == (other.step, &other.needs, other.unmasked)
    }
}

#[derive(Debug)]
pub struct Fragment {
    /// The types that an object can be of; `None` takes all.
    pub types: Option<TypeSet>,
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
