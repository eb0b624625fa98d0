//! Owns the query plan: the fetches, what each needs, asks and fills. It is what the executor runs,
//! and says nothing of protocols.

use apollo_compiler::Name;

use super::graph::LookupId;
use super::shape::{Leaf, PositionId, Shape, SlotId};
use crate::connect::ConnectorId;
use crate::operation::OperationKind;
use crate::schema::{Arguments, FieldId, Id, SubgraphId, TypeId, TypeSet, Wrapping};

crate::schema::ids! {
    /// A fetch of a plan. A fetch depends only on fetches with smaller ids.
    FetchId,
    /// A call of a plan. A call waits only for calls with smaller ids.
    CallId,
    /// A value that a fetch hands in from contexts: its place in [`FetchNode::contexts`].
    ContextValueId,
}

#[derive(Debug)]
pub struct QueryPlan {
    pub kind: OperationKind,
    /// A subscription's source: what starts each event. `None` for queries and mutations.
    pub trigger: Option<FetchNode>,
    pub fetches: Vec<FetchNode>,
    /// Each fetch is in one call.
    pub calls: Vec<CallNode>,
    pub shape: Shape,
}

/// Fetches that are one request upstream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallNode {
    pub id: CallId,
    pub subgraph: SubgraphId,
    /// Sorted, and never empty. Where there are several, all look entities up.
    pub fetches: Vec<FetchId>,
}

impl QueryPlan {
    pub fn fetch(&self, id: FetchId) -> &FetchNode {
        &self.fetches[id.index()]
    }

    /// The number of calls that must follow each other.
    pub fn depth(&self) -> usize {
        levels(&self.fetches).into_iter().max().map_or(0, |last| last + 1)
    }
}

/// Per fetch, how many fetches must follow each other before it.
pub(super) fn levels(fetches: &[FetchNode]) -> Vec<usize> {
    let mut levels = vec![0; fetches.len()];
    for fetch in fetches {
        let before = fetch.depends_on.iter().map(|id| levels[id.index()] + 1);
        levels[fetch.id.index()] = before.max().unwrap_or(0);
    }
    levels
}

#[derive(Debug, Clone)]
pub struct FetchNode {
    pub id: FetchId,
    pub subgraph: SubgraphId,
    /// The connector that answers, where the subgraph is not a GraphQL server.
    pub connector: Option<ConnectorId>,
    /// The objects that it fills.
    pub position: PositionId,
    /// Sorted. A fetch may start once these have ended.
    pub depends_on: Vec<FetchId>,
    pub entry: FetchEntry,
    /// What is handed in from the objects around those that it fills. A fetch with any looks entities up, and has a call of
    /// its own.
    pub contexts: Vec<ContextValue>,
    pub selection: FetchSelection,
}

/// A value that is read from the nearest object around an entity that sets a context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContextValue {
    /// The type that it has as an argument, such as `[ID!]`.
    pub ty: String,
    /// The context's name, for people.
    pub context: String,
    /// From the nearest on.
    pub sources: Vec<ContextSource>,
}

/// Objects that set a context, at one position around an entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContextSource {
    pub position: PositionId,
    /// The objects that do.
    pub types: TypeSet,
    /// The way to the value: of an object's type there is one field, and so on under it. Where there is none, the value is
    /// the name of the type.
    pub fields: Vec<RepresentationField>,
}

/// How a fetch enters the subgraph.
#[derive(Debug, Clone)]
pub enum FetchEntry {
    /// At a root type; what it asks are that type's fields.
    Root(OperationKind),
    /// At entities, each told by a representation. One per type, sorted by type.
    Entities { representations: Vec<RepresentationPlan>, batch: bool },
}

/// How the representation of an object of one type is written.
#[derive(Debug, Clone)]
pub struct RepresentationPlan {
    pub lookup: LookupId,
    /// The objects it is for.
    pub ty: TypeId,
    /// The type's name in that subgraph: the interface's, where it is an interface object there.
    pub typename: Name,
    pub fields: Vec<RepresentationField>,
}

/// A field of a representation, read from a slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepresentationField {
    pub name: Name,
    pub slot: SlotId,
    /// The types of the objects that it is read from.
    pub types: TypeSet,
    /// Empty for a leaf.
    pub fields: Vec<RepresentationField>,
}

/// What is asked of a subgraph for objects of one position, and where it is put.
#[derive(Debug, Clone)]
pub struct FetchSelection {
    pub position: PositionId,
    /// The types that the objects can have, as this subgraph knows.
    pub types: TypeSet,
    /// The type that it is asked on, in the subgraph.
    pub on: TypeId,
    /// Whether `__typename` has to be asked to tell the types apart.
    pub typename: bool,
    pub fields: Vec<FetchField>,
}

#[derive(Debug, Clone)]
pub struct FetchField {
    /// The key in the subgraph's answer: the field's name, or an alias where two would collide.
    pub response_name: Name,
    pub name: Name,
    pub field: FieldId,
    pub arguments: Arguments,
    /// The arguments that take their values from contexts.
    pub contexts: Vec<(Name, ContextValueId)>,
    /// Asked in `... on T` with this type; `None` on the selection's own type.
    pub condition: Option<TypeId>,
    /// The types of the objects that have it.
    pub types: TypeSet,
    pub slot: SlotId,
    /// The lists around it.
    pub wrapping: Wrapping,
    pub content: FetchContent,
}

#[derive(Debug, Clone)]
pub enum FetchContent {
    Leaf(Leaf),
    Objects(FetchSelection),
}

impl FetchContent {
    /// What is asked of the objects, if it is objects.
    pub fn selection(&self) -> Option<&FetchSelection> {
        match self {
            Self::Leaf(_) => None,
            Self::Objects(selection) => Some(selection),
        }
    }

    /// Like [`Self::selection`], to change it.
    pub(super) fn selection_mut(&mut self) -> Option<&mut FetchSelection> {
        match self {
            Self::Leaf(_) => None,
            Self::Objects(selection) => Some(selection),
        }
    }
}
