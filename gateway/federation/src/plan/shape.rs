//! Owns the shape of a response: where fetched data is put, and how the answer is read from there.
//!
//! A *position* is a place in the response that holds objects; its *slots* are the fields that some fetch
//! writes, each once per (name, arguments), in the supergraph's terms. A *projection* is what the
//! client sees of a position: its own keys, order and nullability, reading slots. Slots that only keys
//! and `@requires` need are in no projection. Fetches fill positions; projections never ask who did.

use std::sync::Arc;

use apollo_compiler::Name;

use crate::schema::{Arguments, NameId, TypeSet, Wrapping};
use crate::view::{ListStep, Need, Treatment, TypeNames};

crate::schema::ids! {
    /// A place in the response that holds objects.
    PositionId,
    /// A field of a position, filled by fetches.
    SlotId,
    /// A client's selection set on a position.
    ProjectionId,
}

/// The root of every response.
pub const ROOT: PositionId = PositionId(0);

#[derive(Debug, Clone, Default)]
pub struct Shape {
    pub positions: Vec<Position>,
    pub slots: Vec<Slot>,
    pub projections: Vec<Projection>,
    /// What the client sees of [`ROOT`].
    pub root: ProjectionId,
}

#[derive(Debug, Clone)]
pub struct Position {
    /// The slot whose value the objects are; `None` for the root.
    pub parent: Option<SlotId>,
    /// The types that the objects can have.
    pub types: TypeSet,
    pub slots: Vec<SlotId>,
    /// How many slots an object of this position has in memory.
    pub width: u32,
    /// Objects of this position that are the same entity are still kept apart: what is asked of them hangs on the objects
    /// that they are in.
    pub apart: bool,
    /// How many fields of the plan's fetches bring objects of this position.
    pub sources: u32,
    /// Whether one answer can have several of them.
    pub in_list: bool,
}

impl Position {
    /// A position that no fetch is for yet.
    pub fn new(parent: Option<SlotId>, types: TypeSet) -> Self {
        Self { parent, types, slots: vec![], width: 0, apart: false, sources: 0, in_list: false }
    }

    /// Whether two objects that one answer describes in the same words may be one object. What else is fetched of them goes by
    /// what was answered, unless it hangs on the objects that they are in, or another field adds to them, which does too.
    pub fn may_repeat(&self) -> bool {
        self.in_list && self.sources == 1 && !self.apart
    }
}

#[derive(Debug, Clone)]
pub struct Slot {
    pub position: PositionId,
    /// The place in an object's memory; meaningful once the plan is complete.
    pub index: u32,
    pub name: NameId,
    pub arguments: Arguments,
    /// The types of the objects that have it.
    pub types: TypeSet,
    pub wrapping: Wrapping,
    pub content: Content,
}

/// What a slot holds, under its lists.
#[derive(Debug, Clone)]
pub enum Content {
    Leaf(Leaf),
    Objects(PositionId),
}

/// How a leaf's raw token is checked ("Result Coercion" of the GraphQL specification).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Leaf {
    Int,
    Float,
    String,
    Boolean,
    Id,
    /// The values that the supergraph knows.
    Enum(Arc<[Name]>),
    /// A custom scalar: any JSON.
    Custom,
}

#[derive(Debug, Clone)]
pub struct Projection {
    pub position: PositionId,
    /// Disjoint; together they hold every type of the position that the client can see.
    pub classes: Vec<ProjectionClass>,
    pub kind: ProjectionKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProjectionKind {
    /// Objects. One of a type that is in no class is an error.
    Objects,
    /// Objects of a view. One of a type that is in no class is nothing that the client knows, and null.
    View,
    /// No objects: the value of the only field of each class stands in their place. In a class without fields it is null.
    Through,
    /// No objects: fields that stand in the client's object around. Each is a leaf, or begins another run.
    Run,
}

/// The fields of objects of some types, in the order of the response.
#[derive(Debug, Clone)]
pub struct ProjectionClass {
    pub types: TypeSet,
    pub fields: Vec<ProjectedField>,
}

#[derive(Debug, Clone)]
pub struct ProjectedField {
    /// The client's key.
    pub key: Name,
    /// What is written before the value: `{"key":` for the first of its class, `,"key":` for the others.
    pub prefix: Box<str>,
    /// The nullability and lists that the client's schema promises.
    pub wrapping: Wrapping,
    /// What the supergraph says of the value at the source, of which a view may promise less.
    pub promised: Wrapping,
    pub source: ProjectionSource,
    /// `Type.field`, in the client's terms, for errors.
    pub coordinate: Box<str>,
}

#[derive(Debug, Clone)]
pub enum ProjectionSource {
    Leaf(SlotId),
    Objects(SlotId, ProjectionId),
    /// The name that the client knows the object's type by, as a JSON string.
    Typename(TypeNames),
    /// `__schema` or `__type`.
    Introspection,
    /// Null, and asked of nobody: not all sources of the objects know their type.
    Unshared,
    /// The object itself, once more.
    Here(ProjectionId),
    /// JSON that a view says.
    Constant(Box<str>),
    /// Null, and asked of nobody: who asks is not what is needed.
    Denied(Need),
    Viewed(Box<ViewedSource>),
}

/// A slot, as a view has it: what is behind a path, and what becomes of it.
#[derive(Debug, Clone)]
pub struct ViewedSource {
    pub slot: SlotId,
    /// What the client sees of the objects in it, if it holds some.
    pub below: Option<ProjectionId>,
    /// What becomes of its lists, the outermost first.
    pub lists: Box<[ListStep]>,
    /// Empty but for the first step of a path.
    pub treatment: Treatment,
    /// What this field and those after it show of the object in the slot, if they are a run: neighbours that look through
    /// it at its leaves. They need not be written one by one.
    pub run: Option<ProjectionId>,
}

impl ProjectionSource {
    /// The slot that is read.
    pub fn slot(&self) -> Option<SlotId> {
        match self {
            Self::Leaf(slot) | Self::Objects(slot, _) => Some(*slot),
            Self::Viewed(viewed) => Some(viewed.slot),
            Self::Typename(_)
            | Self::Introspection
            | Self::Unshared
            | Self::Here(_)
            | Self::Constant(_)
            | Self::Denied(_) => None,
        }
    }

    /// What the client sees of the objects in the slot.
    pub fn below(&self) -> Option<ProjectionId> {
        match self {
            Self::Objects(_, below) => Some(*below),
            Self::Viewed(viewed) => viewed.below,
            Self::Leaf(_)
            | Self::Typename(_)
            | Self::Introspection
            | Self::Unshared
            | Self::Here(_)
            | Self::Constant(_)
            | Self::Denied(_) => None,
        }
    }
}
