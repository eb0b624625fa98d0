//! Owns finding arguments that clients can give and no backend gets.

use apollo_compiler::schema::ExtendedType;

use crate::connect::mapping::FieldTree;
use crate::connect::{ConnectedSubgraph, Connector, span_of};
use crate::diagnostics::Diagnostic;

pub fn check(subgraph: &ConnectedSubgraph<'_>) -> Vec<Diagnostic> {
    let mut found = vec![];
    for (type_name, definition) in &subgraph.schema.types {
        let ExtendedType::Object(object) = definition else { continue };
        for field in object.fields.values() {
            let of_field = |connector: &&Connector| {
                connector.coordinate.type_name == type_name.as_str()
                    && connector.coordinate.field.as_deref() == Some(field.name.as_str())
            };
            let connectors: Vec<&Connector> = subgraph.connectors.connectors.iter().filter(of_field).collect();
            if connectors.is_empty() {
                continue;
            }
            let read: Vec<FieldTree> = connectors.iter().filter_map(|connector| connector.inputs().args).collect();
            for argument in &field.arguments {
                if read.iter().any(|tree| tree.is_whole() || tree.get(&argument.name).is_some()) {
                    continue;
                }
                let coordinate = format!("{type_name}.{}", field.name);
                let message =
                    format!("the argument `{}` of `{coordinate}` does nothing: no mapping reads it", argument.name);
                let help = format!("use `$args.{}` in the connector, or take the argument out", argument.name);
                found.push(
                    Diagnostic::warning("UNUSED_ARGUMENT", message)
                        .in_subgraph(subgraph.name)
                        .at(span_of(subgraph.source, argument), "")
                        .help(help),
                );
            }
        }
    }
    found
}
