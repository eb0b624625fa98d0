//! Owns what a team is told of a file that is no GraphQL, or no valid schema: the words of the parser and of validation, and
//! what to do.

use apollo_compiler::ast::FieldDefinition;
use apollo_compiler::diagnostic::ToCliReport as _;
use apollo_compiler::validation::DiagnosticList;
use apollo_compiler::{Name, Schema};

use super::context::did_you_mean;
use super::definitions::DIRECTIVES;
use super::read::Places;
use crate::diagnostics::Diagnostic;
use crate::suggest::closest;

const CODE: &str = "INVALID_GRAPHQL";

/// Tells why a file cannot be read: its first mistake alone, since most others only follow from it.
pub(super) fn tell_syntax(errors: &DiagnosticList, places: &Places, found: &mut Vec<Diagnostic>) {
    let Some(first) = errors.iter().next() else { return };
    let message = first.error.to_string();
    let span = places.at(first.error.location());
    let is_empty = span.as_ref().is_some_and(|span| span.source.text.trim().is_empty());
    let (message, help) = if is_empty {
        ("the file is empty".to_owned(), Some("declare what clients can ask for: `type Query { … }`"))
    } else {
        let is_adrift = message.ends_with("expected definition");
        (message, is_adrift.then_some("look before it: a `{` may be missing, or a `}` too many"))
    };
    found.push(Diagnostic { help: help.map(str::to_owned), ..Diagnostic::error(CODE, message).at(span, "") });
}

/// Tells what is wrong with a schema that was read. `schema` is what there is of it.
pub(super) fn tell(errors: &DiagnosticList, schema: &Schema, places: &Places, found: &mut Vec<Diagnostic>) {
    for error in errors.iter() {
        let message = error.error.to_string();
        let help = help(&message, schema);
        found.push(Diagnostic { help, ..Diagnostic::error(CODE, message).at(places.at(error.error.location()), "") });
    }
}

/// Whether validation tells of a field's directives that they are not what they should be. Then what they are meant to say
/// is not known, and nothing follows from its absence.
pub(super) fn is_garbled(field: &FieldDefinition, schema: &Schema) -> bool {
    field.directives.iter().any(|directive| match schema.directive_definitions.get(&directive.name) {
        None => true,
        Some(known) => directive.arguments.iter().any(|argument| known.argument_by_name(&argument.name).is_none()),
    })
}

/// For what people run into who know the supergraph's schema and not yet a client's. The compiler tells its findings apart by
/// their messages alone.
fn help(message: &str, schema: &Schema) -> Option<String> {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let (first, second) = (quoted.next()?, quoted.next());
    if message.starts_with("cannot find type") {
        let near = did_you_mean(closest(first, schema.types.keys().map(Name::as_str)));
        let declare = "declare it: a client's schema is closed, and has all its types in it; `@from(type: \"…\")` says what the \
                       supergraph calls it";
        return Some(near.map_or_else(|| declare.to_owned(), |near| format!("{near} If not, {declare}")));
    }
    if message.starts_with("cannot find directive") {
        let name = first.trim_start_matches('@');
        let near = closest(name, DIRECTIVES).map(|near| format!("@{near}"));
        return did_you_mean(near.as_deref());
    }
    if let (true, Some(directive)) = (message.contains("is not supported by `@"), second) {
        let definition = schema.directive_definitions.get(directive.trim_start_matches('@'))?;
        return did_you_mean(closest(first, definition.arguments.iter().map(|argument| argument.name.as_str())));
    }
    message.contains("does not satisfy interface").then(|| "a type has all fields of its interfaces: add it".to_owned())
}
