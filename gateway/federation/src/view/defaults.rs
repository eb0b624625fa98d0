//! Owns whether the default values in a client's schema are values of their types, which validation does not ask.

use apollo_compiler::ast::{InputValueDefinition, Type, Value as Literal};
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::{Node, Schema};

use super::context::fields_of;
use super::literal::{self, Typed};
use super::read::Places;
use super::types::own;
use crate::diagnostics::Diagnostic;
use crate::schema::Value;

pub(super) fn check(schema: &Schema, places: &Places, found: &mut Vec<Diagnostic>) {
    let mut one = |input: &InputValueDefinition| {
        let Some(default) = &input.default_value else { return };
        if fits(schema, &input.ty, default) {
            return;
        }
        let message = format!("the default value of `{}` is no value of the type `{}`", input.name, input.ty);
        let help = format!("write a literal of the type `{}`, or take the default out", input.ty);
        found.push(Diagnostic::error("INVALID_GRAPHQL", message).at(places.of(default), "").help(help));
    };
    for (_, ty) in own(schema) {
        let fields = fields_of(ty).into_iter().flat_map(|fields| fields.values());
        fields.flat_map(|field| &field.arguments).for_each(|argument| one(argument));
        let inputs = ty.as_input_object().into_iter().flat_map(|input| input.fields.values());
        inputs.for_each(|field| one(field));
    }
}

fn fits(schema: &Schema, ty: &Type, value: &Node<Literal>) -> bool {
    if value.is_null() {
        return !ty.is_non_null();
    }
    match (ty, &**value) {
        (Type::List(item) | Type::NonNullList(item), Literal::List(items)) => {
            items.iter().all(|value| fits(schema, item, value))
        }
        // One value stands for a list of it.
        (Type::List(item) | Type::NonNullList(item), _) => fits(schema, item, value),
        (Type::Named(name) | Type::NonNullNamed(name), literal) => match (schema.types.get(name), literal) {
            (Some(ExtendedType::InputObject(input)), Literal::Object(given)) => {
                let is_given = |name: &str| given.iter().any(|(given, _)| given == name);
                let known = |(name, value): &(apollo_compiler::Name, Node<Literal>)| {
                    input.fields.get(name).is_some_and(|field| fits(schema, &field.ty, value))
                };
                given.iter().all(known)
                    && input.fields.values().all(|field| !field.is_required() || is_given(&field.name))
            }
            (Some(ExtendedType::InputObject(_)), _) => false,
            (Some(ty @ (ExtendedType::Scalar(_) | ExtendedType::Enum(_))), _) => {
                Value::from_ast(literal, &|_| None).is_some_and(|value| literal::leaf(ty, &value) == Typed::Fits)
            }
            // Validation tells types that are none for inputs.
            (Some(ExtendedType::Object(_) | ExtendedType::Interface(_) | ExtendedType::Union(_)) | None, _) => true,
        },
    }
}
