//! Owns where things were defined: from a subgraph, a type and a field to the place in that subgraph's file.

use std::sync::Arc;

use apollo_compiler::Node;
use apollo_compiler::ast::Directive;

use crate::diagnostics::Span;
use crate::schema::subgraph::{SpecDirective, Subgraph, Validated};

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

    /// Where a subgraph defines an argument of a field.
    pub fn argument(&self, subgraph: &str, ty: &str, field: &str, argument: &str) -> Option<Span> {
        let subgraph = self.subgraph(subgraph)?;
        let field = subgraph.schema.type_field(ty, field).ok()?;
        subgraph.span(field.argument_by_name(argument)?.name.location())
    }

    /// Where a subgraph has the `@source` of this name.
    pub fn source(&self, subgraph: &str, name: &str) -> Option<Span> {
        let subgraph = self.subgraph(subgraph)?;
        let is_it = |directive: &&Node<Directive>| {
            directive.name == SpecDirective::Source.canonical()
                && directive.specified_argument_by_name("name").and_then(|name| name.as_str()) == Some(name)
        };
        subgraph.span(subgraph.schema_directives.iter().find(is_it)?.location())
    }

    fn subgraph(&self, name: &str) -> Option<&Subgraph<Validated>> {
        self.subgraphs.iter().find(|subgraph| subgraph.name == name)
    }
}
