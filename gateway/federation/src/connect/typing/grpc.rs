//! Owns the check of a gRPC connector's mappings against the messages of its method.

use super::Surroundings;
use crate::connect::grpc::{Conversion, Fields, MessageDescriptor, UnknownField, field_named, resolve_names};
use crate::connect::located::span_in;
use crate::connect::mapping::{Output, SelectionBody, UseRoot, Variable};
use crate::connect::model::{Connector, ErrorMappings, Request};
use crate::connect::reader::Reader;
use crate::suggest::closest;
use apollo_compiler::Node;
use apollo_compiler::ast::Value;
use apollo_compiler::schema::ExtendedType;

pub(super) fn check(reader: &mut Reader<'_>, connector: &mut Connector, around: &Surroundings<'_>) {
    let Request::Grpc(request) = &connector.request else { return };
    let (input, output) = (request.method.input(), request.method.output());
    if let Some(body) = &request.body {
        let node = body.node().clone();
        body_fits(reader, &node, &body.output(), &input);
        whole_argument(reader, connector, around, &input);
    }
    let node = connector.selection.node().clone();
    for unknown in resolve_names(connector.selection.value_mut(), &output) {
        complain(reader, &node, &unknown);
    }
    if let Some(success) = &mut connector.is_success {
        let node = success.node().clone();
        for unknown in resolve_names(success.value_mut(), &output) {
            complain(reader, &node, &unknown);
        }
    }
    errors_fit(reader, &connector.errors);
}

/// What fails is told by a `google.rpc.Status`, whose details may be anything.
pub(super) fn errors_fit(reader: &mut Reader<'_>, errors: &ErrorMappings) {
    const FIELDS: [&str; 3] = ["code", "message", "details"];
    for mapping in [&errors.message, &errors.extensions].into_iter().flatten() {
        for found in mapping.uses().iter().filter(|found| found.root == UseRoot::Response) {
            let Some(first) = found.path.first().filter(|first| !FIELDS.contains(&first.name.as_str())) else {
                continue;
            };
            let unknown = UnknownField {
                name: first.name.clone(),
                span: first.span.clone(),
                message: "google.rpc.Status".to_owned(),
                known: FIELDS.map(str::to_owned).into(),
            };
            complain(reader, mapping.node(), &unknown);
        }
    }
}

fn complain(reader: &mut Reader<'_>, node: &Node<Value>, unknown: &UnknownField) {
    let near = closest(&unknown.name, unknown.known.iter().map(String::as_str));
    let help = near
        .map(|near| format!("did you mean `{near}`?"))
        .or_else(|| (!unknown.known.is_empty()).then(|| format!("it has {}", unknown.known.join(", "))));
    let span = span_in(reader.source, node, unknown.span.clone());
    let message = match unknown.known.is_empty() {
        true => format!("{} has no field `{}`", unknown.message, unknown.name),
        false => format!("message `{}` has no field `{}`", unknown.message, unknown.name),
    };
    reader.error_help("GRPC_FIELD_NOT_FOUND", span, message, help);
}

/// The names that a body makes are fields of the request's message.
fn body_fits(reader: &mut Reader<'_>, node: &Node<Value>, output: &Output<'_>, message: &MessageDescriptor) {
    let Output::Object(fields) = output else { return };
    for field in fields {
        let Some(found) = field_named(message, field.name) else {
            complain(
                reader,
                node,
                &UnknownField {
                    name: field.name.to_owned(),
                    span: field.span.clone(),
                    message: message.full_name().to_owned(),
                    known: message.fields().map(|field| field.json_name().to_owned()).collect(),
                },
            );
            continue;
        };
        if found.is_map() {
            continue;
        }
        let conversion = Conversion::of(&found.kind());
        match conversion.fields() {
            Fields::Known(inner) => body_fits(reader, node, &field.output, inner),
            Fields::Unknown => {}
            Fields::None => {
                if matches!(field.output, Output::Object(_)) {
                    let message = format!("`{}` is no message, and the body makes an object of it", found.full_name());
                    reader.error_in("INVALID_BODY", node, field.span.clone(), message);
                }
            }
        }
    }
}

/// For `body: "$args.input"`: the fields of the input object are fields of the message.
fn whole_argument(
    reader: &mut Reader<'_>,
    connector: &Connector,
    around: &Surroundings<'_>,
    message: &MessageDescriptor,
) {
    let Some(body) = connector.request.body() else { return };
    if !matches!(&body.body, SelectionBody::Value(_)) || body.output() != Output::Any {
        return;
    }
    let uses = body.uses();
    let [only] = uses.as_slice() else { return };
    let ([argument], UseRoot::Variable(Variable::Args)) = (only.path.as_slice(), only.root) else { return };
    let definition = around.field.and_then(|field| field.argument_by_name(&argument.name));
    let Some(definition) = definition else { return };
    let type_name = definition.ty.inner_named_type();
    let Some(ExtendedType::InputObject(input)) = around.schema.types.get(type_name) else { return };
    for name in input.fields.keys() {
        if field_named(message, name).is_none() {
            let known: Vec<String> = message.fields().map(|field| field.json_name().to_owned()).collect();
            let help = closest(name, known.iter().map(String::as_str)).map(|near| format!("did you mean `{near}`?"));
            let span = span_in(reader.source, body.node(), only.span.clone());
            let message = format!("`{type_name}.{name}` is not a field of message `{}`", message.full_name());
            reader.error_help("GRPC_FIELD_NOT_FOUND", span, message, help);
        }
    }
}
