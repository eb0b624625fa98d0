//! Owns query planning: from a bound operation to the fetches that answer it.

pub mod graph;
mod query_plan;
mod shape;

pub use graph::LookupId;
pub use query_plan::{
    FetchContent, FetchEntry, FetchField, FetchId, FetchNode, FetchSelection, QueryPlan, RepresentationField,
    RepresentationPlan,
};
pub use shape::{
    Content, Leaf, Position, PositionId, ProjectedField, Projection, ProjectionClass, ProjectionId, ProjectionSource,
    ROOT, Shape, Slot, SlotId,
};
