//! Owns what a client sees: a [`ClientSchema`] and where each of its types and fields comes from.
//!
//! For the plain supergraph that is the identity view. Views (BFFs) differ in how the schema is
//! built, not in how it is used: past [`crate::operation::bind`] nobody knows that there was one.

mod arguments;
mod build;
mod client;
mod context;
mod defaults;
mod definitions;
mod directives;
mod enums;
mod fields;
mod freshness;
mod guarantee;
mod implements;
mod inputs;
mod interfaces;
mod invalid;
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

use crate::schema::{FieldId, Model, Satisfiable, Supergraph, TypeId, TypeSet};

pub use crate::schema::{ClaimPath, Need};

pub use build::{Built, ViewInput, build};
pub(crate) use context::{fields_of, kind};
pub use freshness::MaxAges;
pub(crate) use implements::of as interfaces_of;
pub use map::{
    ArgumentMap, EnumMap, Fallback, FieldMap, FieldSource, InputMap, ListStep, Mask, Step, Template, Treatment,
    TypeMap, TypeNames, ViewMap,
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

    /// The object types that an object of a client's type can be of.
    pub fn possible(&self, name: &str) -> Option<&TypeSet> {
        match &self.view {
            None => Some(&self.model.ty(self.model.type_named(name)?).possible),
            Some(view) => view.types.get(name).map(|ty| &ty.possible),
        }
    }

    /// The object types that a client sees where a type of its own is, with its names for them; `None` where it sees what the
    /// supergraph has.
    pub(crate) fn members(&self, name: &str) -> Option<&TypeNames> {
        Some(&self.view.as_ref()?.types.get(name)?.members)
    }

    /// What stands for an enum's value in what is sent, where that is not the value itself.
    pub(crate) fn written_enum(&self, ty: &str, value: &str) -> Option<&Name> {
        let map = self.view.as_ref()?.enums.get(ty)?;
        map.written.iter().find(|(client, _)| client == value).map(|(_, upstream)| upstream)
    }

    /// What stands for an input object's field in what is sent.
    pub(crate) fn written_field<'a>(&'a self, ty: &str, field: &'a Name) -> &'a Name {
        self.view.as_ref().map_or(field, |view| view.written_field(ty, field))
    }
}
