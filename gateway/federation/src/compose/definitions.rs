//! Owns where things were defined: from a subgraph, a type and a field to the place in that subgraph's file.

use std::sync::Arc;

use crate::diagnostics::Span;
use crate::schema::subgraph::{Subgraph, Validated};

/// The places of what a supergraph was composed from. Empty for one that was loaded.
#[derive(Debug, Clone, Default)]
pub struct Definitions {
    subgraphs: Arc<[Subgraph<Validated>]>,
}

impl Definitions {
    pub(super) fn of(subgraphs: Vec<Subgraph<Validated>>) -> Self {
        Self { subgraphs: subgraphs.into() }
    }

    /// Where a subgraph defines a field.
    pub fn field(&self, subgraph: &str, ty: &str, field: &str) -> Option<Span> {
        let subgraph = self.subgraph(subgraph)?;
        let field = subgraph.schema.type_field(ty, field).ok()?;
        subgraph.span(field.name.location())
    }

    /// Where a subgraph defines a type.
    pub fn ty(&self, subgraph: &str, ty: &str) -> Option<Span> {
        let subgraph = self.subgraph(subgraph)?;
        subgraph.span(subgraph.schema.types.get(ty)?.name().location())
    }

    fn subgraph(&self, name: &str) -> Option<&Subgraph<Validated>> {
        self.subgraphs.iter().find(|subgraph| subgraph.name == name)
    }
}
