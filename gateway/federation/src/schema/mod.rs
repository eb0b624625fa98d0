//! Owns the schemas as data: what a supergraph says, interned ([`Model`]), and the states that a
//! [`Supergraph`] passes through.

mod api;
mod contexts;
mod defaults;
mod demands;
pub(crate) mod document;
mod features;
mod field_set;
mod ids;
mod join;
mod locations;
mod model;
mod need;
mod owned;
pub mod subgraph;
mod supergraph;
mod types;
mod value;
pub(crate) mod visit;

pub use api::api_schema;
pub use field_set::{FieldSet, FieldSetItem};
pub(crate) use ids::ids;
pub use ids::{FieldId, Id, NameId, NeedId, SubgraphId, TypeId};
pub(crate) use locations::is_executable;
pub use model::{
    ArgumentDef, ContextArgument, FieldDef, FieldJoin, KeyJoin, Model, SubgraphDef, TypeDef, TypeJoin, TypeKind,
};
pub use need::{Alternatives, ClaimPath, Need};
pub(crate) use need::{Demand, list};
pub use supergraph::{Merged, Satisfiable, Supergraph};
pub use types::{TypeSet, Wrapping};
pub use value::{Arguments, Value, VariableId, write_json_string};
