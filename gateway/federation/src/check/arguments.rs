//! Owns finding the arguments that clients can give and no connector passes on.

use crate::compose::Definitions;
use crate::connect::Connector;
use crate::diagnostics::Diagnostic;
use crate::schema::{Satisfiable, Supergraph};

const CODE: &str = "ARGUMENT_NOT_PASSED_ON";

pub(super) fn check(supergraph: &Supergraph<Satisfiable>, definitions: &Definitions) -> Vec<Diagnostic> {
    let model = &supergraph.model;
    let connectors = &supergraph.connectors.connectors;
    let mut found = vec![];
    // Several connectors on one field are one field still: it is enough that one of them reads an argument.
    for connector in connectors.iter().filter(|connector| connector.ordinal == 0) {
        let (ty, Some(name)) = (&connector.coordinate.type_name, &connector.coordinate.field) else { continue };
        let field = model.type_named(ty).and_then(|ty| model.field_named(ty, name));
        let Some(field) = field.map(|field| model.field(field)) else { continue };
        let is_beside =
            |other: &&Connector| other.subgraph == connector.subgraph && other.coordinate == connector.coordinate;
        for argument in &field.arguments {
            if connectors.iter().filter(is_beside).any(|beside| beside.reads_argument(&argument.name)) {
                continue;
            }
            let (coordinate, argument) = (&connector.coordinate, &argument.name);
            let message =
                format!("clients can give `{coordinate}` the argument `{argument}`, which its connector does not read");
            found.push(
                Diagnostic::warning(CODE, message)
                    .in_subgraph(&connector.subgraph)
                    .at(definitions.argument(&connector.subgraph, ty, name, argument), "has no effect")
                    .help(format!(
                        "pass `$args.{argument}` on, in the URL, `queryParams`, `body` or a header, or take it out"
                    )),
            );
        }
    }
    found
}
