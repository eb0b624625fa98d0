//! Owns the check of connectors against the SDL: what a selection yields against the type, what mappings read against what
//! there is. It runs on what was read without errors, and adds to the reader's diagnostics.

mod grpc;
mod leaves;
mod output;
mod variables;

#[cfg(test)]
mod tests;

#[cfg(test)]
pub(super) use leaves::{Fit, builtin};

use super::directives::Applied;
use super::model::{Connector, Protocol, Request, Source};
use super::reader::Reader;
use apollo_compiler::Schema;
use apollo_compiler::ast::{FieldDefinition, OperationType};
use apollo_compiler::schema::ExtendedType;

/// The schema around one connector.
pub(super) struct Surroundings<'s> {
    pub schema: &'s Schema,
    /// The field that the connector is on; none for a type's.
    pub field: Option<&'s FieldDefinition>,
    /// The operation that the parent type is the root of.
    pub operation: Option<OperationType>,
    /// Name of the type that the selection is to yield.
    pub yields: String,
}

/// Checks a connector, and settles what only types can settle: the names of protobuf fields.
pub(super) fn check(reader: &mut Reader<'_>, schema: &Schema, connector: &mut Connector, applied: &Applied<'_>) {
    let coordinate = connector.coordinate.clone();
    let Some(ExtendedType::Object(parent)) = schema.types.get(coordinate.type_name.as_str()) else { return };
    let field = match &coordinate.field {
        Some(name) => match parent.fields.get(name.as_str()) {
            Some(field) => Some(&***field),
            None => return,
        },
        None => None,
    };
    let root = |operation| schema.root_operation(operation).is_some_and(|name| name.as_str() == coordinate.type_name);
    let operations = [OperationType::Query, OperationType::Mutation, OperationType::Subscription];
    let surroundings = Surroundings {
        schema,
        field,
        operation: operations.into_iter().find(|operation| root(*operation)),
        yields: field.map_or_else(|| coordinate.type_name.clone(), |field| field.ty.inner_named_type().to_string()),
    };
    placement(reader, connector, &surroundings, applied);
    variables::check(reader, connector, &surroundings);
    output::check(reader, connector, &surroundings);
    batch(reader, connector, &surroundings, applied);
    if let Request::Grpc(_) = &connector.request {
        grpc::check(reader, connector, &surroundings);
        leaves::check(reader, connector, &surroundings);
    }
}

/// Checks what can be said of a source by itself.
pub(super) fn check_source(reader: &mut Reader<'_>, source: &Source) {
    variables::check_source(reader, source);
    if let Protocol::Grpc(_) = &source.protocol {
        grpc::errors_fit(reader, &source.errors);
    }
}

/// Whether the connector may be where it is.
fn placement(reader: &mut Reader<'_>, connector: &Connector, around: &Surroundings<'_>, applied: &Applied<'_>) {
    let coordinate = &connector.coordinate;
    let mut wrong = |code, message: String, help: Option<&str>| {
        reader.error_help(code, applied.span.clone(), message, help.map(str::to_owned));
    };
    match (&connector.request, around.operation) {
        (Request::Http(_), Some(OperationType::Subscription)) => wrong(
            "SUBSCRIPTION_IN_CONNECTORS",
            format!("`{coordinate}` is a subscription, which HTTP cannot serve"),
            Some("use a gRPC method that streams its responses, or a GraphQL subgraph"),
        ),
        (Request::Grpc(request), operation) => {
            let streams = request.method.is_server_streaming();
            if request.method.is_client_streaming() {
                let method = request.method.full_name();
                wrong("GRPC_STREAM_MISMATCH", format!("`{method}` streams its requests, which is not supported"), None);
            } else if streams != (operation == Some(OperationType::Subscription)) {
                let (method, is) = (request.method.full_name(), if streams { "streams" } else { "does not stream" });
                let message = format!("`{method}` {is} its responses, and `{coordinate}` is ");
                let what = if streams { "no subscription" } else { "a subscription" };
                wrong("GRPC_STREAM_MISMATCH", message + what, None);
            }
        }
        (Request::Http(_), Some(OperationType::Query | OperationType::Mutation) | None) => {}
    }
    if coordinate.field.is_none() && around.operation.is_some() {
        wrong("CONNECTOR_ON_ROOT_TYPE", format!("`{coordinate}` is a root type; connect its fields"), None);
    }
    if !connector.entity {
        return;
    }
    if around.operation != Some(OperationType::Query) {
        let message = format!("`entity: true` is for fields of the query type, which `{coordinate}` is not");
        let help = connector.coordinate.field.is_none().then_some("a connector on a type resolves it without `entity`");
        wrong("ENTITY_NOT_ON_ROOT_QUERY", message, help);
        return;
    }
    let returns_one = around.field.is_some_and(|field| !field.ty.is_list());
    if !returns_one || !matches!(around.schema.types.get(around.yields.as_str()), Some(ExtendedType::Object(_))) {
        wrong(
            "ENTITY_TYPE_INVALID",
            format!("`entity: true` is for a field that returns one object; `{coordinate}` does not"),
            None,
        );
        return;
    }
    match connector.inputs().args {
        None => {
            let message = format!("`{coordinate}` has `entity: true` and uses none of its arguments as a key");
            wrong("ENTITY_RESOLVES_WITHOUT_KEY", message, None);
        }
        // The arguments are the key, so that each of them is a field of the entity.
        Some(key) => {
            for path in output::leaves(&key) {
                if !output::has_path(around.schema, &around.yields, &path) {
                    let (argument, entity) = (path.join("."), &around.yields);
                    let message =
                        format!("`{coordinate}` takes `{argument}` as a key, and `{entity}` has no such field");
                    let help = "give the argument the name of the field, or leave out `entity: true`";
                    wrong("ENTITY_ARGUMENT_MISMATCH", message, Some(help));
                }
            }
        }
    }
}

/// `batch:` against the use of `$batch`, and `groupBy` against the selection.
fn batch(reader: &mut Reader<'_>, connector: &Connector, around: &Surroundings<'_>, applied: &Applied<'_>) {
    const CODE: &str = "INVALID_BATCH";
    let coordinate = &connector.coordinate;
    let inputs = connector.inputs();
    let mut wrong = |message: String, help: Option<&str>| {
        reader.error_help(CODE, applied.span.clone(), message, help.map(str::to_owned));
    };
    if connector.batch.is_some() && inputs.batch.is_none() {
        wrong(format!("the connector of `{coordinate}` has `batch` and does not use `$batch`"), None);
    }
    if inputs.batch.is_some() && inputs.this.is_some() {
        wrong(format!("the connector of `{coordinate}` uses both `$batch` and `$this`, many parents and one"), None);
    }
    if around.operation.is_some() && inputs.batch.is_some() {
        // A root field has no parents, which has been told.
        return;
    }
    let group_by = connector.batch.as_ref().and_then(|batch| batch.group_by.as_ref());
    match (&coordinate.field, inputs.batch.is_some(), group_by) {
        (Some(_), true, None) => {
            if !applied.additions {
                let help = "put the connector on the type, or link `https://specs.weft.dev/connect/v0.1` and use `batch.groupBy`";
                wrong(format!("`$batch` on the field `{coordinate}` is an addition of weft"), Some(help));
            } else {
                let help = "add `batch: { groupBy: \"path.of.the.key\" }`";
                wrong(format!("results for `{coordinate}` cannot be told apart: there is no `groupBy`"), Some(help));
            }
        }
        (None, _, Some(_)) => {
            wrong(format!("`groupBy` is for fields; the results for `{coordinate}` are matched by their key"), None);
        }
        (Some(_), _, Some(path)) if !output::yields_path(connector, path) => {
            let path = path.join(".");
            wrong(
                format!("`groupBy` needs `{path}`, which the selection of `{coordinate}` does not yield"),
                Some("add it to the selection"),
            );
        }
        (Some(_), _, Some(path)) if output::leaves(&inputs.batch.unwrap_or_default()).len() > 1 => {
            let path = path.join(".");
            wrong(
                format!(
                    "results for `{coordinate}` are told apart by `{path}` alone, and it uses more than one field of `$batch`"
                ),
                Some(
                    "use the one field of `$batch` that `groupBy` has the value of, or `$this`, by which it is called for each parent",
                ),
            );
        }
        (Some(_), _, _) | (None, _, None) => {}
    }
    if coordinate.field.is_none() {
        type_key(reader, connector, around, applied);
    }
}

/// A type's connector has a key, and a batch's results carry it, or they could not be matched.
fn type_key(reader: &mut Reader<'_>, connector: &Connector, around: &Surroundings<'_>, applied: &Applied<'_>) {
    if around.operation.is_some() {
        return;
    }
    let coordinate = &connector.coordinate;
    let inputs = connector.inputs();
    let Some(key) = connector.key() else {
        let message = format!("the connector of `{coordinate}` uses neither `$this` nor `$batch`: it has no key");
        reader.error_help("CONNECTOR_WITHOUT_KEY", applied.span.clone(), message, None);
        return;
    };
    if inputs.batch.is_none() {
        return;
    }
    for path in output::leaves(&key) {
        if !output::yields_path(connector, &path) {
            let path = path.join(".");
            let message =
                format!("results for `{coordinate}` are matched by `{path}`, which the selection does not yield");
            let help = Some("add it to the selection".to_owned());
            reader.error_help("INVALID_BATCH", applied.span.clone(), message, help);
        }
    }
}
