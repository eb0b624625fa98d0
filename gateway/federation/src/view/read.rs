//! Owns the way from a client's files to a schema with weft's directives in it, and from its nodes back to the files.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use apollo_compiler::ast::{Document, Type, Value};
use apollo_compiler::parser::{FileId, SourceSpan};
use apollo_compiler::validation::WithErrors;
use apollo_compiler::{Name, Node, Schema};

use super::{definitions, invalid};
use crate::connect::span_in;
use crate::diagnostics::{Diagnostic, Source, Span};

/// Reads the files as one schema, which is not validated yet. `None` if one of them is no GraphQL.
pub(super) fn read(sources: &[Arc<Source>], found: &mut Vec<Diagnostic>) -> Option<(Schema, Places)> {
    let mut places = Places::default();
    let mut documents = vec![];
    for source in sources {
        let (parsed, errors) = match Document::parse(source.text.as_str(), &source.path) {
            Ok(document) => (document, None),
            Err(WithErrors { partial, errors, .. }) => (partial, Some(errors)),
        };
        places.files.extend(parsed.sources.keys().map(|file| (*file, Arc::clone(source))));
        match errors {
            Some(errors) => invalid::tell_syntax(&errors, &places, found),
            None => documents.push(parsed),
        }
    }
    if documents.len() < sources.len() {
        return None;
    }
    let mut builder = Schema::builder()
        .adopt_orphan_extensions()
        .ignore_builtin_redefinitions()
        .parse(definitions::SDL, "weft.graphql");
    for document in &mut documents {
        definitions::take_out(document);
        builder = builder.add_ast(document);
    }
    match builder.build() {
        Ok(schema) => Some((schema, places)),
        Err(failed) => {
            invalid::tell(&failed.errors, &failed.partial, &places, found);
            None
        }
    }
}

/// Validates what was read and completed. It is handed back even if it is wrong, so that all else can be looked at.
pub(super) fn validate(schema: Schema, places: &Places, found: &mut Vec<Diagnostic>) -> Schema {
    match schema.validate() {
        Ok(schema) => schema.into_inner(),
        Err(failed) => {
            invalid::tell(&failed.errors, &failed.partial, places, found);
            failed.partial
        }
    }
}

/// Where in the files the parts of the schema stand.
#[derive(Debug, Default)]
pub(super) struct Places {
    files: HashMap<FileId, Arc<Source>>,
    /// Of types that a wildcard added or added to: the wildcard.
    pub wildcards: HashMap<Name, Span>,
}

impl Places {
    pub fn of<T: ?Sized>(&self, node: &Node<T>) -> Option<Span> {
        self.at(node.location())
    }

    pub fn at(&self, location: Option<SourceSpan>) -> Option<Span> {
        let location = location?;
        let source = self.files.get(&location.file_id())?;
        Some(Span::new(source, location.offset()..location.end_offset()))
    }

    /// A name, or for one that is in no file the wildcard that brought its type.
    pub fn name(&self, name: &Name, ty: &str) -> Option<Span> {
        self.at(name.location()).or_else(|| self.wildcards.get(ty).cloned())
    }

    /// A type with its brackets and marks.
    pub fn ty(&self, ty: &Type) -> Option<Span> {
        let mut span = self.at(ty.inner_named_type().location())?;
        let text = &span.source.text;
        let (before, after) = (text.get(..span.start)?, text.get(span.end..)?);
        let start = before.trim_end_matches(|c: char| c == '[' || c.is_whitespace());
        let start = start.len() + before[start.len()..].find('[').unwrap_or(before.len() - start.len());
        let end = after.trim_start_matches(|c: char| matches!(c, ']' | '!') || c.is_whitespace());
        let end = after[..after.len() - end.len()].trim_end().len();
        (span.start, span.end) = (start, span.end + end);
        Some(span)
    }

    /// A part of a string's value.
    pub fn within(&self, text: &Node<Value>, part: Range<usize>) -> Option<Span> {
        span_in(self.files.get(&text.location()?.file_id())?, text, part)
    }
}
