//! Owns what a client sees: a [`ClientSchema`] and where each of its types and fields comes from.
//!
//! For the plain supergraph that is the identity view. Views (BFFs) differ in how the schema is
//! built, not in how it is used: past [`crate::operation::bind`] nobody knows that there was one.

mod arguments;
mod build;
mod client;
mod context;
mod definitions;
mod directives;
mod enums;
mod fields;
mod guarantee;
mod inputs;
mod interfaces;
mod literal;
mod map;
mod needs;
mod output;
mod path;
mod reach;
mod read;
mod resolve;
mod treatments;
mod types;
mod wildcard;

use std::sync::Arc;

use apollo_compiler::collections::HashMap;
use apollo_compiler::schema::Implementers;
use apollo_compiler::validation::Valid;
use apollo_compiler::{Name, Schema};

use crate::schema::{FieldId, Model, Satisfiable, Supergraph, TypeId};

pub use build::{Built, ViewInput, build};
pub use map::{
    ArgumentMap, ClaimPath, EnumMap, Fallback, FieldMap, FieldSource, InputMap, ListStep, Mask, Need, Step, Template,
    Treatment, TypeMap, ViewMap,
};

/// The schema that one kind of client queries.
#[derive(Debug)]
pub struct ClientSchema {
    /// What operations are validated against, and what introspection answers from.
    pub schema: Valid<Schema>,
    /// Kept beside the schema, since introspection needs it for every query.
    pub implementers: HashMap<Name, Implementers>,
    pub(crate) model: Arc<Model>,
    /// `None` where every name stands for itself.
    pub(crate) view: Option<ViewMap>,
}

impl ClientSchema {
    /// The supergraph's own API: every type and field stands for itself.
    pub fn identity(supergraph: &Supergraph<Satisfiable>) -> Self {
        Self::new(supergraph.api.clone(), Arc::clone(&supergraph.model), None)
    }

    /// A view: `map` has everything that `schema` has.
    pub fn view(schema: Valid<Schema>, model: Arc<Model>, map: ViewMap) -> Self {
        Self::new(schema, model, Some(map))
    }

    fn new(schema: Valid<Schema>, model: Arc<Model>, view: Option<ViewMap>) -> Self {
        Self { implementers: schema.implementers_map(), schema, model, view }
    }

    /// Where everything in it comes from; `None` where every name stands for itself.
    pub fn map(&self) -> Option<&ViewMap> {
        self.view.as_ref()
    }

    /// The supergraph's type behind a client's type.
    pub fn type_behind(&self, name: &str) -> Option<TypeId> {
        match &self.view {
            None => self.model.type_named(name),
            Some(view) => view.types.get(name).map(|ty| ty.ty),
        }
    }

    /// The supergraph's field behind a field of a client's type, where names stand for themselves.
    pub fn field_behind(&self, parent: &str, field: &str) -> Option<FieldId> {
        self.model.field_named(self.type_behind(parent)?, field)
    }
}
