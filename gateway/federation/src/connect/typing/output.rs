//! Owns the check of what a selection yields against the type that it is for.

use super::Surroundings;
use crate::connect::located::span_in;
use crate::connect::mapping::{FieldTree, Output, OutputField};
use crate::connect::model::Connector;
use crate::connect::reader::Reader;
use crate::suggest::closest;
use apollo_compiler::ast::Value;
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::{Node, Schema};
use std::collections::HashSet;
use std::ops::Range;

/// How deep a selection is followed. Deeper than the parser allows, so that only a spread of spreads could reach it.
const MAX_DEPTH: usize = 256;

pub(super) fn check(reader: &mut Reader<'_>, connector: &Connector, around: &Surroundings<'_>) {
    let node = connector.selection.node().clone();
    let output = connector.selection.output();
    let end = node.as_str().map_or(0, str::len);
    let mut checker = Checker { reader, schema: around.schema, node: &node };
    checker.fits(&output, &around.yields, &connector.coordinate.to_string(), 0..end, 0);
}

struct Checker<'c, 'r> {
    reader: &'c mut Reader<'r>,
    schema: &'c Schema,
    node: &'c Node<Value>,
}

impl Checker<'_, '_> {
    fn error(&mut self, code: &'static str, span: Range<usize>, message: String, help: Option<String>) {
        let span = span_in(self.reader.source, self.node, span);
        self.reader.error_help(code, span, message, help);
    }

    /// `what` is the field that has the output, as people know it.
    fn fits(&mut self, output: &Output<'_>, type_name: &str, what: &str, span: Range<usize>, depth: usize) {
        if depth > MAX_DEPTH {
            return;
        }
        let Some(definition) = self.schema.types.get(type_name) else { return };
        let fields = match definition {
            ExtendedType::Scalar(scalar) => {
                // A custom scalar may be any JSON.
                if let Output::Object(fields) = output
                    && scalar.is_built_in()
                {
                    let message = format!("`{what}` is a `{type_name}`, and the selection makes an object of it");
                    self.error("GROUP_SELECTION_IS_NOT_OBJECT", span, message, value_itself(fields));
                }
                return;
            }
            ExtendedType::Enum(_) => {
                if let Output::Object(fields) = output {
                    let message =
                        format!("`{what}` is the enum `{type_name}`, and the selection makes an object of it");
                    self.error("GROUP_SELECTION_IS_NOT_OBJECT", span, message, value_itself(fields));
                }
                return;
            }
            ExtendedType::Interface(_) | ExtendedType::Union(_) => {
                let message =
                    format!("`{what}` is of the abstract type `{type_name}`, which connectors cannot yield yet");
                let help = Some("return an object type".to_owned());
                self.error("CONNECTORS_UNSUPPORTED_ABSTRACT_TYPE", span, message, help);
                return;
            }
            // The schema itself is wrong, and its validation says so.
            ExtendedType::InputObject(_) => return,
            ExtendedType::Object(object) => &object.fields,
        };
        let selected = match output {
            Output::Object(selected) => selected,
            Output::Null => return,
            Output::Any | Output::Scalar => {
                let message =
                    format!("`{what}` is the object type `{type_name}`: the selection has to name its fields");
                self.error("GROUP_SELECTION_REQUIRED_FOR_OBJECT", span, message, Some("add `{ ... }`".to_owned()));
                return;
            }
        };
        let mut seen = HashSet::new();
        for OutputField { name, span, output } in selected {
            if *name == "__typename" {
                continue;
            }
            if !seen.insert(*name) {
                self.error("INVALID_SELECTION", span.clone(), format!("`{name}` is selected twice"), None);
            }
            match fields.get(*name) {
                Some(field) => {
                    let inner = field.ty.inner_named_type().to_string();
                    self.fits(output, &inner, &format!("{type_name}.{name}"), span.clone(), depth + 1);
                }
                None => {
                    let near = closest(name, fields.keys().map(|name| name.as_str()));
                    let help = match near {
                        Some(near) => format!("did you mean `{near}`? To take it from `{name}`: `{near}: {name}`"),
                        None => format!("add the field to `{type_name}`, or leave it out of the selection"),
                    };
                    let message = format!("`{type_name}` has no field `{name}`");
                    self.error("SELECTED_FIELD_NOT_FOUND", span.clone(), message, Some(help));
                }
            }
        }
    }
}

/// Whether a selection's result has a value at this path.
pub(super) fn yields_path(connector: &Connector, path: &[String]) -> bool {
    let mut here = connector.selection.output();
    for name in path {
        here = match here {
            Output::Object(fields) => match fields.into_iter().find(|field| field.name == name) {
                Some(field) => field.output,
                None => return false,
            },
            // What a backend holds cannot be known here.
            Output::Any => return true,
            Output::Null | Output::Scalar => return false,
        };
    }
    true
}

/// Whether a type has fields along this path.
pub(super) fn has_path(schema: &Schema, type_name: &str, path: &[String]) -> bool {
    let mut here = type_name.to_owned();
    for name in path {
        let Some(ExtendedType::Object(object)) = schema.types.get(here.as_str()) else { return false };
        let Some(field) = object.fields.get(name.as_str()) else { return false };
        here = field.ty.inner_named_type().to_string();
    }
    true
}

/// The paths to the leaves of a tree.
pub(super) fn leaves(tree: &FieldTree) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    for (name, inner) in &tree.fields {
        if inner.is_whole() {
            all.push(vec![name.clone()]);
        }
        for mut path in leaves(inner) {
            path.insert(0, name.clone());
            all.push(path);
        }
    }
    all
}

/// How to write a value and not an object that has it.
fn value_itself(fields: &[OutputField<'_>]) -> Option<String> {
    match fields {
        [only] => Some(format!("`$.{}` is the value itself", only.name)),
        _ => None,
    }
}
