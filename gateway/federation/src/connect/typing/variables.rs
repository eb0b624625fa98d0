//! Owns the check of what mappings read: that a variable exists where it is used, and has what is read of it.

use super::Surroundings;
use crate::connect::located::span_in;
use crate::connect::mapping::{Segment, Use, UseRoot, Variable};
use crate::connect::model::{Connector, MappingUse, Source};
use crate::connect::reader::Reader;
use crate::suggest::closest;
use apollo_compiler::ast::Value;
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::{Node, Schema};
use std::ops::Range;

pub(super) fn check(reader: &mut Reader<'_>, connector: &Connector, around: &Surroundings<'_>) {
    for mapping in connector.mapping_uses() {
        let mut checker = Checker { reader: &mut *reader, node: mapping.node };
        for found in &mapping.uses {
            if checker.in_time(found, &mapping) {
                checker.of_connector(found, connector, around);
            }
        }
    }
}

pub(super) fn check_source(reader: &mut Reader<'_>, source: &Source) {
    for mapping in source.mapping_uses() {
        let mut checker = Checker { reader: &mut *reader, node: mapping.node };
        for found in &mapping.uses {
            let UseRoot::Variable(variable @ (Variable::Args | Variable::This | Variable::Batch)) = found.root else {
                checker.in_time(found, &mapping);
                continue;
            };
            let message = format!("a source has no `${}`: it serves many fields", variable.name());
            checker.error("UNDEFINED_VARIABLE", found.span.clone(), message, None);
        }
    }
}

struct Checker<'c, 'r> {
    reader: &'c mut Reader<'r>,
    node: &'c Node<Value>,
}

impl Checker<'_, '_> {
    fn error(&mut self, code: &'static str, span: Range<usize>, message: impl Into<String>, help: Option<String>) {
        let span = span_in(self.reader.source, self.node, span);
        self.reader.error_help(code, span, message, help);
    }

    /// Complains of a use of the response before there is one.
    fn in_time(&mut self, found: &Use, mapping: &MappingUse<'_>) -> bool {
        if mapping.after_response {
            return true;
        }
        match found.root {
            UseRoot::Response => {
                let help = found.path.first().map(|first| match Variable::from_name(&first.name) {
                    Some(variable) => format!("did you mean `${}`?", variable.name()),
                    None => format!("for an argument write `$args.{}`", first.name),
                });
                let message = "a request is made before there is a response to read from";
                self.error("UNDEFINED_VARIABLE", found.span.clone(), message, help);
                false
            }
            UseRoot::Variable(variable @ (Variable::Status | Variable::Response)) => {
                let message = format!("`${}` has no value before there is a response", variable.name());
                self.error("UNDEFINED_VARIABLE", found.span.clone(), message, None);
                false
            }
            UseRoot::Variable(
                Variable::Args
                | Variable::This
                | Variable::Batch
                | Variable::Config
                | Variable::Env
                | Variable::Request,
            ) => true,
        }
    }

    fn of_connector(&mut self, found: &Use, connector: &Connector, around: &Surroundings<'_>) {
        match found.root {
            UseRoot::Variable(Variable::Args) => self.argument(found, connector, around),
            UseRoot::Variable(variable @ (Variable::This | Variable::Batch)) => {
                if around.operation.is_some() {
                    let message = format!("`${}` is the parent, and a root field has none", variable.name());
                    self.error("UNDEFINED_VARIABLE", found.span.clone(), message, None);
                    return;
                }
                let own = connector.coordinate.field.as_deref();
                if let Some(first) = found.path.first()
                    && own == Some(first.name.as_str())
                {
                    let message = format!("`{}` cannot be resolved from itself", connector.coordinate);
                    self.error("CIRCULAR_REFERENCE", first.span.clone(), message, None);
                    return;
                }
                if found.path.is_empty() && found.whole {
                    let name = variable.name();
                    let message = format!("`${name}` alone would need every field of the parent");
                    let help = Some(format!("name what is needed: `${name}.id`, `${name} {{ id }}`"));
                    self.error("UNDEFINED_FIELD", found.span.clone(), message, help);
                }
                self.path(&found.path, &connector.coordinate.type_name, around.schema, found.whole);
            }
            UseRoot::Variable(
                Variable::Config | Variable::Env | Variable::Status | Variable::Request | Variable::Response,
            )
            | UseRoot::Response => {}
        }
    }

    fn argument(&mut self, found: &Use, connector: &Connector, around: &Surroundings<'_>) {
        let coordinate = &connector.coordinate;
        let Some(field) = around.field else {
            let message = format!("a connector on the type `{coordinate}` has no arguments");
            let help = Some("use `$this` or `$batch`".to_owned());
            self.error("UNDEFINED_ARGUMENT", found.span.clone(), message, help);
            return;
        };
        let Some((first, rest)) = found.path.split_first() else { return };
        match field.arguments.iter().find(|argument| argument.name == first.name.as_str()) {
            Some(argument) => self.path(rest, argument.ty.inner_named_type(), around.schema, false),
            None => {
                let near = closest(&first.name, field.arguments.iter().map(|argument| argument.name.as_str()));
                let help = near.map(|near| format!("did you mean `$args.{near}`?"));
                let message = format!("`{coordinate}` has no argument `{}`", first.name);
                self.error("UNDEFINED_ARGUMENT", first.span.clone(), message, help);
            }
        }
    }

    /// Follows a path from a type. `to_leaf`: it must end at a leaf, since a whole object cannot be asked for.
    fn path(&mut self, path: &[Segment], from: &str, schema: &Schema, to_leaf: bool) {
        let mut here = from.to_owned();
        for segment in path {
            let (next, known): (Option<String>, Vec<String>) = match schema.types.get(here.as_str()) {
                Some(ExtendedType::Object(object)) => (
                    object.fields.get(segment.name.as_str()).map(|field| field.ty.inner_named_type().to_string()),
                    object.fields.keys().map(ToString::to_string).collect(),
                ),
                Some(ExtendedType::Interface(interface)) => (
                    interface.fields.get(segment.name.as_str()).map(|field| field.ty.inner_named_type().to_string()),
                    interface.fields.keys().map(ToString::to_string).collect(),
                ),
                Some(ExtendedType::InputObject(input)) => (
                    input.fields.get(segment.name.as_str()).map(|field| field.ty.inner_named_type().to_string()),
                    input.fields.keys().map(ToString::to_string).collect(),
                ),
                // A custom scalar may hold anything.
                Some(ExtendedType::Scalar(scalar)) if !scalar.is_built_in() => return,
                Some(ExtendedType::Scalar(_) | ExtendedType::Enum(_)) => (None, Vec::new()),
                Some(ExtendedType::Union(_)) | None => return,
            };
            match next {
                Some(next) => here = next,
                None => {
                    let near = closest(&segment.name, known.iter().map(String::as_str));
                    let help = near.map(|near| format!("did you mean `{near}`?"));
                    let message = format!("`{here}` has no field `{}`", segment.name);
                    self.error("UNDEFINED_FIELD", segment.span.clone(), message, help);
                    return;
                }
            }
        }
        let composite = matches!(
            schema.types.get(here.as_str()),
            Some(ExtendedType::Object(_) | ExtendedType::Interface(_) | ExtendedType::Union(_))
        );
        if let (true, true, Some(last)) = (to_leaf, composite, path.last()) {
            let message = format!("`{}` is an object: the fields that are needed of it have to be named", last.name);
            self.error(
                "UNDEFINED_FIELD",
                last.span.clone(),
                message,
                Some("add `{ ... }` or a further `.name`".to_owned()),
            );
        }
    }
}
