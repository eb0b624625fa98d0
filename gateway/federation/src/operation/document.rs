//! Owns turning a request's text into one validated operation.

use apollo_compiler::diagnostic::{Diagnostic, ToCliReport};
use apollo_compiler::executable::Operation;
use apollo_compiler::parser::{Parser, SourceMap};
use apollo_compiler::validation::{DiagnosticData, Valid};
use apollo_compiler::{ExecutableDocument, Node};

use super::error::OperationError;
use crate::view::ClientSchema;

/// More tokens than any operation written by people or tools has.
const MAX_TOKENS: usize = 15_000;

/// A validated document and the operation in it that is to run.
#[derive(Debug)]
pub struct Document {
    pub document: Valid<ExecutableDocument>,
    pub operation: Node<Operation>,
}

/// Parses and validates `text`, and picks the operation: the one named, or the only one.
pub fn parse(client: &ClientSchema, text: &str, operation_name: Option<&str>) -> Result<Document, Vec<OperationError>> {
    let mut parser = Parser::new().token_limit(MAX_TOKENS);
    let ast = parser.parse_ast(text, "operation").map_err(|errors| {
        let code = if parser_limit(&errors.errors) { "MAX_TOKENS_LIMIT" } else { "GRAPHQL_PARSE_FAILED" };
        errors.errors.iter().map(|error| describe(code, &error)).collect::<Vec<_>>()
    })?;
    let document = ast.to_executable_validate(&client.schema).map_err(|errors| {
        errors.errors.iter().map(|error| describe("GRAPHQL_VALIDATION_FAILED", &error)).collect::<Vec<_>>()
    })?;
    if document.operations.is_empty() {
        return Err(vec![OperationError::new("GRAPHQL_VALIDATION_FAILED", "The document has no operation.")]);
    }
    let Ok(operation) = document.operations.get(operation_name) else {
        return Err(vec![OperationError::new("OPERATION_RESOLUTION_FAILURE", no_operation(&document, operation_name))]);
    };
    let operation = operation.clone();
    if apollo_compiler::introspection::check_max_depth(&document, &operation).is_err() {
        let message = "The introspection fields are nested too deep.";
        return Err(vec![OperationError::new("MAX_DEPTH_LIMIT", message)]);
    }
    Ok(Document { document, operation })
}

fn no_operation(document: &ExecutableDocument, name: Option<&str>) -> String {
    match name {
        Some(name) => format!("The document has no operation named \"{name}\"."),
        None => format!(
            "The document has {} operations; say which one is to run in \"operationName\".",
            document.operations.len()
        ),
    }
}

fn parser_limit(errors: &apollo_compiler::validation::DiagnosticList) -> bool {
    errors.iter().any(|error| error.error.to_string().contains("token limit"))
}

fn describe(code: &'static str, error: &Diagnostic<'_, DiagnosticData>) -> OperationError {
    let sources: &SourceMap = error.sources;
    let place = error.error.location().and_then(|location| location.line_column(sources));
    OperationError {
        code,
        message: error.error.to_string(),
        locations: place.map(|place| (place.line, place.column)).into_iter().collect(),
    }
}
