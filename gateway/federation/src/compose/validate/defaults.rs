//! Owns the rules that default values fit their types, and that what clients must give is not deprecated. Like the reference it takes the name of an enum value in quotes.

use apollo_compiler::Schema;
use apollo_compiler::ast::{InputValueDefinition, Type, Value};
use apollo_compiler::schema::ExtendedType;

use crate::compose::values;
use crate::diagnostics::Diagnostic;
use crate::schema::subgraph::field_set::fields_of;
use crate::schema::subgraph::{Parsed, Subgraph};

pub fn check(subgraph: &Subgraph<Parsed>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut one = |definition: &InputValueDefinition, what: String| {
        if definition.is_required()
            && let Some(deprecated) = definition.directives.get("deprecated")
        {
            let message = format!("Required {what} cannot be deprecated.");
            found.push(subgraph.error("INVALID_GRAPHQL", message, deprecated.location()));
        }
        let Some(default) = &definition.default_value else { return };
        if !fits(&subgraph.schema, default, &definition.ty) {
            let shown = values::to_string(default);
            let message =
                format!("Invalid default value (got: {shown}) provided for {what} of type {}.", definition.ty);
            let at = default.location().or(definition.name.location());
            found.push(subgraph.error("INVALID_GRAPHQL", message, at));
        }
    };
    for (name, ty) in subgraph.types() {
        for field in fields_of(ty).into_iter().flat_map(|fields| fields.values()) {
            for argument in &field.arguments {
                one(argument, format!("argument {name}.{}({}:)", field.name, argument.name));
            }
        }
        if let ExtendedType::InputObject(ty) = ty {
            for field in ty.fields.values() {
                one(field, format!("input field {name}.{}", field.name));
            }
        }
    }
    found
}

fn fits(schema: &Schema, value: &Value, ty: &Type) -> bool {
    match (value, ty) {
        (Value::Variable(_), _) => false,
        (Value::Null, ty) => !ty.is_non_null(),
        (Value::List(items), Type::List(inner) | Type::NonNullList(inner)) => {
            items.iter().all(|item| fits(schema, item, inner))
        }
        // One value stands for a list of it.
        (value, Type::List(inner) | Type::NonNullList(inner)) => fits(schema, value, inner),
        (value, Type::Named(name) | Type::NonNullNamed(name)) => match schema.types.get(name) {
            Some(ExtendedType::Scalar(_)) => fits_scalar(value, name),
            Some(ExtendedType::Enum(ty)) => match value {
                Value::Enum(name) => ty.values.contains_key(name),
                Value::String(text) => ty.values.contains_key(text.as_str()),
                _ => false,
            },
            Some(ExtendedType::InputObject(ty)) => {
                let Value::Object(entries) = value else { return false };
                let given = |name: &str| entries.iter().any(|(entry, _)| entry == name);
                entries
                    .iter()
                    .all(|(name, value)| ty.fields.get(name).is_some_and(|field| fits(schema, value, &field.ty)))
                    && ty.fields.values().all(|field| !field.is_required() || given(&field.name))
            }
            // Not an input type: GraphQL's validation says so.
            Some(ExtendedType::Object(_) | ExtendedType::Interface(_) | ExtendedType::Union(_)) | None => true,
        },
    }
}

fn fits_scalar(value: &Value, name: &str) -> bool {
    match name {
        "Int" => value.to_i32().is_some() && matches!(value, Value::Int(_)),
        "Float" => matches!(value, Value::Int(_) | Value::Float(_)),
        "Boolean" => matches!(value, Value::Boolean(_)),
        "String" => matches!(value, Value::String(_)),
        "ID" => matches!(value, Value::String(_) | Value::Int(_)),
        _ => true,
    }
}
