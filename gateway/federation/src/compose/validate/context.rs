//! Owns the rules of `@context` and `@fromContext` within one subgraph.

use crate::diagnostics::Diagnostic;
use crate::schema::subgraph::{SpecDirective, Subgraph, Validated};

pub fn check(subgraph: &Subgraph<Validated>) -> Vec<Diagnostic> {
    const CODE: &str = "CONTEXT_NAME_INVALID";
    let mut found = Vec::new();
    for (_, ty) in subgraph.types() {
        for directive in ty.directives().get_all(SpecDirective::Context.canonical()) {
            let Some(name) = directive.specified_argument_by_name("name").and_then(|value| value.as_str()) else {
                continue;
            };
            let problem = if name.contains('_') {
                "may not contain an underscore."
            } else if apollo_compiler::Name::new(name).is_err() {
                "is invalid. It should have only alphanumeric characters."
            } else {
                continue;
            };
            found.push(subgraph.error(CODE, format!("Context name \"{name}\" {problem}"), directive.location()));
        }
    }
    found
}
