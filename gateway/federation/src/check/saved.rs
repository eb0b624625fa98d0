//! Owns saved operations: a client's own, in files beside its schema, that must work as long as the schema is theirs.

use std::sync::Arc;

use apollo_compiler::ast::{self, Definition};
use apollo_compiler::diagnostic::ToCliReport as _;
use apollo_compiler::executable::ExecutableDocument;
use apollo_compiler::validation::{DiagnosticList, Valid};
use apollo_compiler::{Name, Schema};

use super::Usage;
use crate::diagnostics::{Diagnostic, Source, Span};
use crate::operation::{Document, bind, depth};
use crate::view::ClientSchema;

const CODE: &str = "OPERATION_INVALID";

/// A file with a client's operations, as it is written.
#[derive(Debug)]
pub struct SavedOperation {
    source: Arc<Source>,
    document: ast::Document,
}

impl SavedOperation {
    /// Reads a file. What is said of it is about the text alone, whatever the schema.
    pub fn read(source: &Arc<Source>) -> Result<Self, Vec<Diagnostic>> {
        let mut document = ast::Document::parse(source.text.as_str(), &source.path)
            .map_err(|failed| located(source, &failed.errors, "correct the operation"))?;
        if !document.definitions.iter().any(|definition| matches!(definition, Definition::OperationDefinition(_))) {
            let help = "write a query, mutation or subscription, or move the file elsewhere";
            let message = format!("{} has no operation", source.path);
            return Err(vec![Diagnostic::error(CODE, message).at(Span::new(source, 0..0), "").help(help)]);
        }
        take_out_facade(&mut document);
        Ok(Self { source: Arc::clone(source), document })
    }

    /// The names of its operations; of one without a name that of its file.
    pub fn names(&self) -> Vec<String> {
        let file = || {
            let name = self.source.path.rsplit(['/', '\\']).next().unwrap_or_default();
            name.strip_suffix(".graphql").unwrap_or(name).to_owned()
        };
        let name = |name: &Option<Name>| name.as_ref().map_or_else(file, Name::to_string);
        let operations = self.document.definitions.iter().filter_map(Definition::as_operation_definition);
        operations.map(|operation| name(&operation.name)).collect()
    }

    /// What it uses of a schema, if it is valid there.
    pub fn usage(&self, schema: &Valid<Schema>) -> Option<Usage> {
        let document = self.document.to_executable_validate(schema).ok()?;
        Some(Usage::of(schema, &document))
    }

    /// All that is wrong with it for a client, whose operations can be nested as deep as `max_depth` says.
    pub fn check(&self, client: &ClientSchema, max_depth: Option<u32>) -> Vec<Diagnostic> {
        let document = match self.document.to_executable_validate(&client.schema) {
            Ok(document) => document,
            Err(failed) => return located(&self.source, &failed.errors, "write it for the schema as it is now"),
        };
        document.operations.iter().filter_map(|operation| self.wrong(client, &document, operation, max_depth)).collect()
    }

    /// What is wrong with a valid operation.
    fn wrong(
        &self,
        client: &ClientSchema,
        document: &Valid<ExecutableDocument>,
        operation: &apollo_compiler::Node<apollo_compiler::executable::Operation>,
        max_depth: Option<u32>,
    ) -> Option<Diagnostic> {
        let name = operation.name.as_ref().and_then(Name::location).or_else(|| operation.location());
        let at = name.map(|at| Span::new(&self.source, at.offset()..at.end_offset()));
        let document = Document { document: document.clone(), operation: operation.clone() };
        let nested = depth(&document);
        if let Some(max) = max_depth.filter(|max| nested > usize::try_from(*max).unwrap_or(usize::MAX)) {
            let message = format!("the operation nests {nested} fields in one another, and this client may nest {max}");
            let help = "split it, or raise `limits.depth` in client.yaml as far as the tier allows";
            return Some(Diagnostic::error(CODE, message).at(at, "").help(help));
        }
        let error = bind(client, document).err()?;
        Some(Diagnostic::error(CODE, error.message).at(at, "").help("make the operation simpler"))
    }
}

/// `@rest` and `@param` are of the REST facade, and no schema has them.
fn take_out_facade(document: &mut ast::Document) {
    for definition in &mut document.definitions {
        let Definition::OperationDefinition(operation) = definition else { continue };
        let operation = operation.make_mut();
        operation.directives.0.retain(|directive| directive.name != "rest");
        for variable in &mut operation.variables {
            variable.make_mut().directives.0.retain(|directive| directive.name != "param");
        }
    }
}

fn located(source: &Arc<Source>, errors: &DiagnosticList, help: &str) -> Vec<Diagnostic> {
    let one = |error: apollo_compiler::diagnostic::Diagnostic<'_, _>| {
        let error: &apollo_compiler::validation::DiagnosticData = error.error;
        // What an error points to in the schema is no place in this file.
        let at = error.location().filter(|at| at.end_offset() <= source.text.len());
        let at = at.map(|at| Span::new(source, at.offset()..at.end_offset()));
        Diagnostic::error(CODE, error.to_string()).at(at, "").help(help)
    };
    errors.iter().map(one).collect()
}
