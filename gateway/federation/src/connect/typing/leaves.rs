//! Owns the check of a gRPC selection's leaves: that a protobuf type fits the GraphQL type that it is selected for.
//!
//! One conversion is made here, at composition: a 64-bit integer is a string in JSON, so that for an `Int` it is parsed.

use super::Surroundings;
use crate::connect::grpc::{Conversion, Fields, MessageDescriptor, enum_name, enum_value_of, field_named};
use crate::connect::located::span_in;
use crate::connect::mapping::{
    Expression, ExpressionKind, Method, Path, Root, SelectionBody, SelectionSet, Step, StepKind,
};
use crate::connect::model::{Connector, Request};
use crate::connect::reader::Reader;
use crate::diagnostics::Diagnostic;
use apollo_compiler::ast::{Type, Value};
use apollo_compiler::schema::{EnumType, ExtendedType};
use apollo_compiler::{Node, Schema};
use std::ops::Range;

const CODE: &str = "GRPC_TYPE_MISMATCH";

pub(super) fn check(reader: &mut Reader<'_>, connector: &mut Connector, around: &Surroundings<'_>) {
    let Request::Grpc(request) = &connector.request else { return };
    let response = Here { conversion: Conversion::of_message(&request.method.output()), shape: Shape::One };
    let node = connector.selection.node().clone();
    let mut checker = Checker { reader, schema: around.schema, node: &node };
    match &mut connector.selection.value_mut().body {
        SelectionBody::Object(set) => checker.set(set, &response, &around.yields),
        SelectionBody::Value(expression) => match around.field {
            Some(field) => checker.value(expression, &response, &field.ty),
            None => checker.braces(expression, &response, &around.yields),
        },
    }
}

/// A value in a message.
#[derive(Debug, Clone)]
struct Here {
    conversion: Conversion,
    shape: Shape,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    One,
    List,
    Map,
}

struct Checker<'c, 'r> {
    reader: &'c mut Reader<'r>,
    schema: &'c Schema,
    node: &'c Node<Value>,
}

impl Checker<'_, '_> {
    fn set(&mut self, set: &mut SelectionSet, here: &Here, type_name: &str) {
        let schema = self.schema;
        let Some(ExtendedType::Object(object)) = schema.types.get(type_name) else { return };
        for field in &mut set.fields {
            match &field.name {
                // A field that there is not has been told of.
                Some(name) => {
                    if let Some(definition) = object.fields.get(name.text.as_str()) {
                        self.value(&mut field.value, here, &definition.ty);
                    }
                }
                None => self.braces(&mut field.value, here, type_name),
            }
        }
    }

    /// A value whose braces, if any, make the type.
    fn braces(&mut self, expression: &mut Expression, here: &Here, type_name: &str) {
        match &mut expression.kind {
            ExpressionKind::Object(set) => self.set(set, here, type_name),
            ExpressionKind::Path(path) => {
                let found = follow(path, here);
                if let (Some(found), Some(set)) = (found, &mut path.selection) {
                    self.set(set, &found, type_name);
                }
            }
            ExpressionKind::Null
            | ExpressionKind::Bool(_)
            | ExpressionKind::Number(_)
            | ExpressionKind::String(_)
            | ExpressionKind::List(_)
            | ExpressionKind::Coalesce { .. } => {}
        }
    }

    fn value(&mut self, expression: &mut Expression, here: &Here, wanted: &Type) {
        let composite = matches!(self.schema.types.get(wanted.inner_named_type()), Some(ExtendedType::Object(_)));
        if composite {
            return self.braces(expression, here, wanted.inner_named_type());
        }
        let ExpressionKind::Path(path) = &mut expression.kind else { return };
        let (Some(found), None) = (follow(path, here), &path.selection) else { return };
        self.leaf(path, &found, wanted, &expression.span);
    }

    fn leaf(&mut self, path: &mut Path, found: &Here, wanted: &Type, span: &Range<usize>) {
        let type_name = wanted.inner_named_type();
        let schema = self.schema;
        let fit = match schema.types.get(type_name) {
            Some(ExtendedType::Scalar(scalar)) if scalar.is_built_in() => {
                if found.shape == Shape::Map {
                    Fit::No
                } else {
                    builtin(&found.conversion, type_name)
                }
            }
            Some(ExtendedType::Enum(definition)) => match (&found.conversion, found.shape) {
                (Conversion::Enum(values), Shape::One | Shape::List) => {
                    self.enum_values(values, definition, span);
                    Fit::AsIs
                }
                (Conversion::String, Shape::One | Shape::List) => Fit::AsIs,
                _ => Fit::No,
            },
            // A custom scalar is whatever its author says, and what is no leaf has been told of.
            _ => Fit::AsIs,
        };
        match fit {
            Fit::AsIs => {}
            Fit::Parsed => path.steps.push(parse_step(found.shape, span)),
            Fit::No => {
                let what = describe(found);
                let message = format!("{what} does not fit `{wanted}`");
                let help = match found.shape {
                    Shape::Map => Some("take its entries: `->entries { key value }`".to_owned()),
                    Shape::One | Shape::List => None,
                };
                let span = span_in(self.reader.source, self.node, span.clone());
                self.reader.error_help(CODE, span, message, help);
            }
        }
    }

    /// A value that the GraphQL enum lacks would be an error at run time, and only then.
    fn enum_values(&mut self, values: &prost_reflect::EnumDescriptor, definition: &EnumType, span: &Range<usize>) {
        let missing: Vec<String> = values
            .values()
            // An alias is never sent.
            .filter(|value| enum_value_of(values, value.number()).is_some_and(|first| first == *value))
            .filter_map(|value| enum_name(&value))
            .filter(|name| !definition.values.contains_key(name.as_str()))
            .collect();
        if missing.is_empty() {
            return;
        }
        let span = span_in(self.reader.source, self.node, span.clone());
        let message = format!(
            "enum `{}` has no `{}`, which `{}` may send",
            definition.name,
            missing.join("`, `"),
            values.full_name()
        );
        self.reader.push(Diagnostic::warning("GRPC_ENUM_VALUE_MISSING", message).at(span, ""));
    }
}

/// How a protobuf type stands to a GraphQL scalar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::connect) enum Fit {
    AsIs,
    Parsed,
    No,
}

/// Whether a protobuf type fits a built-in scalar.
pub(in crate::connect) fn builtin(conversion: &Conversion, scalar: &str) -> Fit {
    let (is_int, is_float, is_text, is_id) = (scalar == "Int", scalar == "Float", scalar == "String", scalar == "ID");
    let fits = match conversion {
        Conversion::Int32 => is_int || is_float || is_id,
        Conversion::Int64 | Conversion::Uint32 | Conversion::Uint64 => {
            if is_int {
                return Fit::Parsed;
            }
            is_text || is_id
        }
        Conversion::Float | Conversion::Double => is_float,
        Conversion::Bool => scalar == "Boolean",
        Conversion::String | Conversion::Bytes | Conversion::Enum(_) => is_text || is_id,
        Conversion::Timestamp | Conversion::Duration | Conversion::FieldMask => is_text,
        Conversion::Wrapper(inner) => return builtin(inner, scalar),
        // Any JSON can be in it.
        Conversion::JsonValue => true,
        Conversion::Struct | Conversion::JsonList | Conversion::Any | Conversion::Empty | Conversion::Message(_) => {
            false
        }
    };
    if fits { Fit::AsIs } else { Fit::No }
}

fn describe(found: &Here) -> String {
    let name = match &found.conversion {
        Conversion::Int32 => "int32",
        Conversion::Int64 => "int64",
        Conversion::Uint32 => "uint32",
        Conversion::Uint64 => "uint64",
        Conversion::Float => "float",
        Conversion::Double => "double",
        Conversion::Bool => "bool",
        Conversion::String => "string",
        Conversion::Bytes => "bytes",
        Conversion::Enum(values) => values.full_name(),
        Conversion::Timestamp => "Timestamp",
        Conversion::Duration => "Duration",
        Conversion::FieldMask => "FieldMask",
        Conversion::Wrapper(_) => "a wrapper",
        Conversion::Struct => "Struct",
        Conversion::JsonValue => "Value",
        Conversion::JsonList => "ListValue",
        Conversion::Any => "Any",
        Conversion::Empty => "Empty",
        Conversion::Message(message) => message.full_name(),
    };
    match found.shape {
        Shape::One => format!("protobuf's `{name}`"),
        Shape::List => format!("protobuf's `repeated {name}`"),
        Shape::Map => format!("a protobuf map of `{name}`"),
    }
}

/// `->parseInt`, of each item where there are several.
fn parse_step(shape: Shape, span: &Range<usize>) -> Step {
    let parse = Step { kind: StepKind::Method { method: Method::ParseInt, arguments: Vec::new() }, span: span.clone() };
    match shape {
        Shape::One | Shape::Map => parse,
        Shape::List => {
            let item = Path { root: Root::At, steps: vec![parse], selection: None };
            let argument = Expression { kind: ExpressionKind::Path(item), span: span.clone() };
            Step { kind: StepKind::Method { method: Method::Map, arguments: vec![argument] }, span: span.clone() }
        }
    }
}

/// Where a path leads, as long as it is made of keys and of methods that keep the type. `None` where it is computed.
fn follow(path: &Path, from: &Here) -> Option<Here> {
    let mut here = match &path.root {
        // Outside of a method's arguments, which are not looked into, `@` and `$` are the same.
        Root::Implicit | Root::Dollar | Root::At => from.clone(),
        Root::Variable(_) | Root::Parenthesized(_) => return None,
    };
    for step in &path.steps {
        match &step.kind {
            StepKind::Optional => {}
            StepKind::Key(name) => {
                let next = {
                    let message = match (here.conversion.fields(), here.shape) {
                        (Fields::Known(message), Shape::One | Shape::List) => message,
                        (Fields::Known(_) | Fields::Unknown | Fields::None, _) => return None,
                    };
                    field(message, name, here.shape)?
                };
                here = next;
            }
            StepKind::Method { method: Method::First | Method::Last | Method::Find | Method::Get, .. }
                if here.shape == Shape::List =>
            {
                here.shape = Shape::One;
            }
            StepKind::Method { method: Method::Filter | Method::Slice, .. } if here.shape == Shape::List => {}
            StepKind::Method { .. } => return None,
        }
    }
    // Braces are applied to each item.
    if path.selection.is_some() && here.shape == Shape::List {
        here.shape = Shape::One;
    }
    Some(here)
}

fn field(message: &MessageDescriptor, name: &str, shape: Shape) -> Option<Here> {
    let field = field_named(message, name)?;
    if field.is_map() {
        let kind = field.kind();
        let value = kind.as_message()?.map_entry_value_field().kind();
        return Some(Here { conversion: Conversion::of(&value), shape: Shape::Map });
    }
    // A list of lists is let be.
    if field.is_list() && shape == Shape::List {
        return None;
    }
    // A key of a list is the list of that key.
    let shape = if field.is_list() || shape == Shape::List { Shape::List } else { Shape::One };
    Some(Here { conversion: Conversion::of(&field.kind()), shape })
}
