//! Owns importing: from the description of a REST or gRPC service to SDL with connectors that a team can start from.
//!
//! A document goes in, SDL and findings come out. What the connectors cannot express is left out, and said: as a warning,
//! and as a comment in the SDL. Both kinds of documents are read into one [`model`], which [`finite`] cuts where it
//! would never end, and [`write`] makes text of it.

mod entity;
mod finite;
mod mapping;
mod model;
mod names;
pub mod openapi;
mod pattern;
pub mod proto;
mod write;

use crate::diagnostics::Diagnostic;

/// What has no meaning to the importer, such as a document of another kind.
const INVALID: &str = "IMPORT_INVALID_DOCUMENT";
/// Two things whose names in GraphQL are equal.
const COLLISION: &str = "IMPORT_NAME_COLLISION";
/// An operation that is not in the result.
const LEFT_OUT: &str = "IMPORT_LEFT_OUT";

/// What came of a document.
#[derive(Debug, Default)]
pub struct Imported {
    /// Absent where a finding is an error.
    pub sdl: Option<String>,
    pub diagnostics: Vec<Diagnostic>,
    /// How many operations or methods became fields.
    pub imported: usize,
    /// How many did not; each has a warning. What the options exclude is not counted.
    pub left_out: usize,
}

impl Imported {
    fn failed(error: Diagnostic) -> Self {
        Self { diagnostics: vec![error], ..Self::default() }
    }
}

/// Makes text of a schema, with a warning for everything that it leaves out; none where there is an error.
fn finish(mut schema: model::Schema, mut diagnostics: Vec<Diagnostic>) -> Imported {
    finite::replace_empty(&mut schema);
    entity::mark(&mut schema);
    finite::cut(&mut schema);
    for left in &schema.left_out {
        diagnostics.push(Diagnostic::warning(LEFT_OUT, format!("{} is left out: {}", left.what, left.why)));
    }
    let imported = schema.roots.iter().map(|root| root.fields.len()).sum();
    let left_out = schema.left_out.len();
    if imported == 0 && !diagnostics.iter().any(Diagnostic::is_error) {
        diagnostics.push(Diagnostic::error(INVALID, "there is nothing that can be imported"));
    }
    let has_query = schema.roots.iter().any(|root| root.name == "Query" && !root.fields.is_empty());
    if imported > 0 && !has_query {
        let message = "there is no query in it: it composes only beside a subgraph that has one";
        diagnostics.push(Diagnostic::warning("IMPORT_WITHOUT_QUERY", message));
    }
    let sdl = (!diagnostics.iter().any(Diagnostic::is_error)).then(|| write::schema(&schema));
    Imported { sdl, diagnostics, imported, left_out }
}
