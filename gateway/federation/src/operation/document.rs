//! Owns turning a request's text into one validated operation.

use apollo_compiler::diagnostic::{Diagnostic, ToCliReport};
use apollo_compiler::executable::Operation;
use apollo_compiler::parser::{Parser, SourceMap};
use apollo_compiler::validation::{DiagnosticData, DiagnosticList, Valid};
use apollo_compiler::{ExecutableDocument, Node};

use super::error::OperationError;
use crate::view::ClientSchema;

/// More tokens than any operation written by people or tools has.
pub const MAX_TOKENS: usize = 15_000;

/// The limits are those of the parser and the validation, which recurse.
const TOO_DEEP: &str = "The operation is nested too deep. At most 129 fields, 100 fragments that spread each other, and \
                        500 selection sets or values can be in each other.";

/// A validated document and the operation in it that is to run.
#[derive(Debug)]
pub struct Document {
    pub document: Valid<ExecutableDocument>,
    pub operation: Node<Operation>,
}

/// Parses and validates `text`, and picks the operation: the one named, or the only one.
pub fn parse(client: &ClientSchema, text: &str, operation_name: Option<&str>) -> Result<Document, Vec<OperationError>> {
    let mut parser = Parser::new().token_limit(MAX_TOKENS);
    let ast = parser.parse_ast(text, "operation").map_err(|found| errors("GRAPHQL_PARSE_FAILED", &found.errors))?;
    let document = ast
        .to_executable_validate(&client.schema)
        .map_err(|found| errors("GRAPHQL_VALIDATION_FAILED", &found.errors))?;
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

/// What is wrong with a document; one that is beyond a limit was not read to its end, so that only this is said.
fn errors(code: &'static str, found: &DiagnosticList) -> Vec<OperationError> {
    match found.iter().find_map(|error| beyond_limit(&error)) {
        Some(error) => vec![error],
        None => found.iter().map(|error| describe(code, error.error.to_string(), &error)).collect(),
    }
}

/// The parser and the validation tell their limits apart by their messages alone.
fn beyond_limit(error: &Diagnostic<'_, DiagnosticData>) -> Option<OperationError> {
    let (code, message) = match error.error.to_string() {
        said if said.starts_with("token limit reached") => {
            ("MAX_TOKENS_LIMIT", format!("The operation has more than {MAX_TOKENS} tokens."))
        }
        said if said == "parser recursion limit reached"
            || said == "too much recursion"
            || said.ends_with(" contains too much nesting") =>
        {
            ("MAX_DEPTH_LIMIT", TOO_DEEP.to_owned())
        }
        _ => return None,
    };
    Some(describe(code, message, error))
}

fn describe(code: &'static str, message: String, error: &Diagnostic<'_, DiagnosticData>) -> OperationError {
    let sources: &SourceMap = error.sources;
    let place = error.error.location().and_then(|location| location.line_column(sources));
    let locations = place.map(|place| (place.line, place.column)).into_iter().collect();
    OperationError { code, message, locations }
}
