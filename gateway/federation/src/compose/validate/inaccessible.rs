//! Owns the soundness of the API schema: what is left when everything `@inaccessible` is taken out must be a schema,
//! and must not speak of what was taken.

use apollo_compiler::Name;
use apollo_compiler::ast::{Type, Value};
use apollo_compiler::collections::IndexMap;

use crate::compose::merged::{Applied, MergedField, MergedInput, MergedKind, MergedSchema, MergedType};
use crate::diagnostics::Diagnostic;

pub fn check(schema: &MergedSchema) -> Vec<Diagnostic> {
    let Some(directive) = &schema.inaccessible else {
        return Vec::new();
    };
    let mut check = Check { schema, directive, found: Vec::new() };
    for (name, ty) in schema.types.iter().filter(|(_, ty)| !is_hidden(directive, &ty.applied)) {
        check.check_type(name, ty);
    }
    if schema.types.get("Query").is_some_and(|query| is_hidden(directive, &query.applied)) {
        check.error(
            "QUERY_ROOT_TYPE_INACCESSIBLE",
            "Type \"Query\" is @inaccessible but is the root query type, which must be in the API schema.".to_owned(),
        );
    }
    check.found
}

fn is_hidden(directive: &str, applied: &[Applied]) -> bool {
    applied.iter().any(|applied| applied.name == directive)
}

struct Check<'a> {
    schema: &'a MergedSchema,
    directive: &'a str,
    found: Vec<Diagnostic>,
}

impl<'a> Check<'a> {
    fn error(&mut self, code: &'static str, message: String) {
        self.found.push(Diagnostic::error(code, message));
    }

    fn hidden(&self, applied: &[Applied]) -> bool {
        is_hidden(self.directive, applied)
    }

    fn hidden_type(&self, name: &str) -> bool {
        self.schema.types.get(name).is_some_and(|ty| self.hidden(&ty.applied))
    }

    /// A type that is in the API schema.
    fn check_type(&mut self, name: &Name, ty: &'a MergedType) {
        match &ty.kind {
            MergedKind::Scalar => {}
            MergedKind::Object { fields, .. } | MergedKind::Interface { fields, .. } => {
                self.check_children(name, "fields", fields.values().map(|field| self.hidden(&field.applied)).collect());
                for (field_name, field) in fields {
                    self.check_field(name, ty, field_name, field);
                }
            }
            MergedKind::Union { members } => {
                self.check_children(name, "members", members.iter().map(|member| self.hidden_type(member)).collect());
            }
            MergedKind::Enum { values } => {
                self.check_children(name, "values", values.values().map(|value| self.hidden(&value.applied)).collect());
            }
            MergedKind::InputObject { fields } => {
                self.check_children(name, "fields", fields.values().map(|field| self.hidden(&field.applied)).collect());
                for (field_name, field) in fields {
                    self.check_input(&format!("{name}.{field_name}"), "Input field", "input object type", field);
                }
            }
        }
    }

    fn check_children(&mut self, name: &Name, what: &str, hidden: Vec<bool>) {
        if !hidden.is_empty() && hidden.iter().all(|hidden| *hidden) {
            let message = format!("Type \"{name}\" is in the API schema but all of its {what} are @inaccessible.");
            self.error("ONLY_INACCESSIBLE_CHILDREN", message);
        }
    }

    fn check_field(&mut self, parent: &Name, ty: &'a MergedType, name: &Name, field: &'a MergedField) {
        let coordinate = format!("{parent}.{name}");
        // The same field of each interface that is in the API schema.
        let schema = self.schema;
        let interfaces: Vec<(&Name, &MergedField)> = ty
            .implements()
            .into_iter()
            .flatten()
            .filter(|interface| !self.hidden_type(interface))
            .filter_map(|interface| Some((interface, schema.types.get(interface)?.fields()?.get(name)?)))
            .filter(|(_, field)| !self.hidden(&field.applied))
            .collect();
        if self.hidden(&field.applied) {
            for (interface, _) in interfaces {
                let message = format!(
                    "Field \"{coordinate}\" is @inaccessible but implements the interface field \"{interface}.{name}\", which is in the API schema."
                );
                self.error("IMPLEMENTED_BY_INACCESSIBLE", message);
            }
            return;
        }
        self.check_reference(&coordinate, &field.ty);
        for (argument_name, argument) in &field.arguments {
            let coordinate = format!("{coordinate}({argument_name}:)");
            self.check_input(&coordinate, "Argument", "field", argument);
            if !self.hidden(&argument.applied) {
                continue;
            }
            for (interface, field) in &interfaces {
                if field.arguments.get(argument_name).is_some_and(|argument| !self.hidden(&argument.applied)) {
                    let message = format!(
                        "Argument \"{coordinate}\" is @inaccessible but implements the interface argument \"{interface}.{name}({argument_name}:)\", which is in the API schema."
                    );
                    self.error("IMPLEMENTED_BY_INACCESSIBLE", message);
                }
            }
        }
    }

    /// An argument or input field whose parents are in the API schema.
    fn check_input(&mut self, coordinate: &str, what: &str, of: &str, input: &MergedInput) {
        if self.hidden(&input.applied) {
            if input.is_required() {
                let kind = what.to_lowercase();
                let message = format!("{what} \"{coordinate}\" is @inaccessible but is a required {kind} of its {of}.");
                self.error("REQUIRED_INACCESSIBLE", message);
            }
            return;
        }
        self.check_reference(coordinate, &input.ty);
        if let Some(default) = &input.default {
            self.check_default(coordinate, default, &input.ty);
        }
    }

    fn check_reference(&mut self, coordinate: &str, ty: &Type) {
        let name = ty.inner_named_type();
        if self.hidden_type(name) {
            let message = format!(
                "Type \"{name}\" is @inaccessible but is referenced by \"{coordinate}\", which is in the API schema."
            );
            self.error("REFERENCED_INACCESSIBLE", message);
        }
    }

    fn check_default(&mut self, coordinate: &str, value: &Value, ty: &Type) {
        match value {
            Value::List(items) => items.iter().for_each(|item| self.check_default(coordinate, item, ty.item_type())),
            Value::Object(entries) => {
                let Some(fields) = self.input_fields(ty) else { return };
                for (name, value) in entries {
                    let Some(field) = fields.get(name) else { continue };
                    if self.hidden(&field.applied) {
                        self.default_error(coordinate, &format!("{}.{name}", ty.inner_named_type()), "Input field");
                    } else {
                        self.check_default(coordinate, value, &field.ty);
                    }
                }
            }
            Value::Enum(name) => {
                let ty = ty.inner_named_type();
                if let Some(MergedType { kind: MergedKind::Enum { values }, .. }) = self.schema.types.get(ty)
                    && values.get(name).is_some_and(|value| self.hidden(&value.applied))
                {
                    self.default_error(coordinate, &format!("{ty}.{name}"), "Enum value");
                }
            }
            Value::Null
            | Value::Variable(_)
            | Value::String(_)
            | Value::Float(_)
            | Value::Int(_)
            | Value::Boolean(_) => {}
        }
    }

    fn input_fields(&self, ty: &Type) -> Option<&'a IndexMap<Name, MergedInput>> {
        match &self.schema.types.get(ty.inner_named_type())?.kind {
            MergedKind::InputObject { fields } => Some(fields),
            MergedKind::Scalar
            | MergedKind::Object { .. }
            | MergedKind::Interface { .. }
            | MergedKind::Union { .. }
            | MergedKind::Enum { .. } => None,
        }
    }

    fn default_error(&mut self, coordinate: &str, used: &str, what: &str) {
        let message = format!(
            "{what} \"{used}\" is @inaccessible but is used in the default value of \"{coordinate}\", which is in the API schema."
        );
        self.error("DEFAULT_VALUE_USES_INACCESSIBLE", message);
    }
}
