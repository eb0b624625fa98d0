//! Owns one subgraph: what was given ([`SubgraphInput`]), and what has been made of it
//! ([`Subgraph`], in the states [`Parsed`] and [`Validated`]).
//!
//! In a `Subgraph`'s schema the directives of federation and of connectors have one canonical name each
//! ([`SpecDirective::canonical`]), whatever the file's `@link`s call them: nothing after ingestion asks about imports.

mod edit;
pub mod facts;
pub mod field_set;
pub mod link;
pub mod spec;

use std::sync::Arc;

use apollo_compiler::Name;
use apollo_compiler::Node;
use apollo_compiler::Schema;
use apollo_compiler::ast::Directive;
use apollo_compiler::collections::IndexSet;
use apollo_compiler::parser::{FileId, SourceSpan};

use crate::diagnostics::{Diagnostic, Source, Span};

pub use facts::Facts;
pub use link::{Link, Links, Version};
pub use spec::SpecDirective;

/// One subgraph as the user gives it.
#[derive(Debug, Clone)]
pub struct SubgraphInput {
    pub name: String,
    /// Its routing URL; kept as written.
    pub url: String,
    pub source: Arc<Source>,
}

/// Which federation a subgraph speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Federation {
    /// No `@link` to the federation specification: Federation 1, which is upgraded before it is merged.
    One,
    /// Federation 2, with its minor version.
    Two(u32),
}

impl Federation {
    /// The version that counts for the supergraph; a Federation 1 subgraph counts as 2.0.
    pub fn minor(self) -> u32 {
        match self {
            Self::One => 0,
            Self::Two(minor) => minor,
        }
    }
}

/// Syntactically right, and right by GraphQL's own rules.
#[derive(Debug, Clone, Default)]
pub struct Parsed;

/// Right by federation's rules too; what was found out on the way comes along.
#[derive(Debug, Clone)]
pub struct Validated {
    pub facts: Facts,
}

/// One subgraph on its way to the merge.
#[derive(Debug, Clone)]
pub struct Subgraph<State> {
    pub name: String,
    pub url: String,
    pub source: Arc<Source>,
    pub federation: Federation,
    pub links: Links,
    /// With canonical directive names, root types under their default names, and the specifications' definitions added.
    pub schema: Schema,
    /// What the file calls types of specifications that it imports.
    pub(crate) machinery: IndexSet<Name>,
    /// Types that the file only extends.
    pub extended: IndexSet<Name>,
    /// The file's directives on `schema`, under canonical names.
    pub schema_directives: Vec<Node<Directive>>,
    /// The file that the source was parsed as: other nodes are ours and have no place to show.
    pub(crate) file: Option<FileId>,
    pub state: State,
}

impl<State> Subgraph<State> {
    /// The place in the user's file, if the node comes from there.
    pub fn span(&self, location: Option<SourceSpan>) -> Option<Span> {
        let location = location?;
        (Some(location.file_id()) == self.file)
            .then(|| Span::new(&self.source, location.offset()..location.end_offset()))
    }

    /// An error about this subgraph, at a place of its file.
    pub(crate) fn error(&self, code: &'static str, message: impl Into<String>, at: Option<SourceSpan>) -> Diagnostic {
        Diagnostic::error(code, message).in_subgraph(&self.name).at(self.span(at), "")
    }

    /// The types of the file that belong in the supergraph: neither built in nor a specification's.
    pub fn types(&self) -> impl Iterator<Item = (&Name, &apollo_compiler::schema::ExtendedType)> {
        self.schema.types.iter().filter(|(name, ty)| !ty.is_built_in() && !self.is_spec_type(name))
    }

    /// Whether the type is a specification's own, which no supergraph shows.
    pub fn is_spec_type(&self, name: &str) -> bool {
        spec::is_machinery_type(name) || self.machinery.contains(name)
    }

    pub(crate) fn with_state<Next>(self, state: Next) -> Subgraph<Next> {
        Subgraph {
            name: self.name,
            url: self.url,
            source: self.source,
            federation: self.federation,
            links: self.links,
            schema: self.schema,
            machinery: self.machinery,
            extended: self.extended,
            schema_directives: self.schema_directives,
            file: self.file,
            state,
        }
    }
}

impl Subgraph<Validated> {
    pub fn facts(&self) -> &Facts {
        &self.state.facts
    }
}
