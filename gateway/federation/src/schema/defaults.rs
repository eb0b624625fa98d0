//! Owns default values as clients see them: an input object's default has the defaults of its own fields in it, in the
//! order of the type, and a value for a list is one in a list ("Input Coercion" of the GraphQL specification).

use apollo_compiler::ast::{InputValueDefinition, Type, Value};
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::{Name, Node, Schema};

/// Input objects and lists within each other: types may contain themselves.
const MAX_DEPTH: usize = 50;
/// Values within one default: it doubles with each level of types that have two fields of the next. One that would
/// grow larger stays as it is written.
const MAX_VALUES: usize = 10_000;

/// Completes the default values of all arguments and input fields.
pub(super) fn complete(schema: &mut Schema) {
    let types = schema.clone();
    let whole = |value: &mut Node<InputValueDefinition>| {
        let Some(default) = &value.default_value else { return };
        let mut left = MAX_VALUES;
        if let Some(coerced) = coerce(&types, &value.ty, default, 0, &mut left)
            && coerced != *default
        {
            value.make_mut().default_value = Some(coerced);
        }
    };
    for ty in schema.types.values_mut().filter(|ty| !ty.is_built_in()) {
        match ty {
            ExtendedType::Object(object) => {
                let fields = object.make_mut().fields.values_mut();
                fields.for_each(|field| field.make_mut().arguments.iter_mut().for_each(whole));
            }
            ExtendedType::Interface(interface) => {
                let fields = interface.make_mut().fields.values_mut();
                fields.for_each(|field| field.make_mut().arguments.iter_mut().for_each(whole));
            }
            ExtendedType::InputObject(input) => {
                input.make_mut().fields.values_mut().for_each(|field| whole(&mut field.node));
            }
            ExtendedType::Scalar(_) | ExtendedType::Union(_) | ExtendedType::Enum(_) => {}
        }
    }
    for directive in schema.directive_definitions.values_mut().filter(|directive| !directive.is_built_in()) {
        directive.make_mut().arguments.iter_mut().for_each(whole);
    }
}

/// `None` if the value is too large.
fn coerce(schema: &Schema, ty: &Type, value: &Node<Value>, depth: usize, left: &mut usize) -> Option<Node<Value>> {
    *left = left.checked_sub(1)?;
    if depth > MAX_DEPTH {
        return None;
    }
    if value.is_null() {
        return Some(value.clone());
    }
    match ty {
        Type::List(item) | Type::NonNullList(item) => {
            let items = value.as_list().unwrap_or(std::slice::from_ref(value)).iter();
            let items = items.map(|value| coerce(schema, item, value, depth + 1, left));
            Some(Node::new(Value::List(items.collect::<Option<_>>()?)))
        }
        Type::Named(name) | Type::NonNullNamed(name) => {
            let (Some(ExtendedType::InputObject(input)), Some(given)) = (schema.types.get(name), value.as_object())
            else {
                return Some(value.clone());
            };
            let mut fields: Vec<(Name, Node<Value>)> = vec![];
            for field in input.fields.values() {
                let written = given.iter().find(|(name, _)| *name == field.name).map(|(_, value)| value);
                if let Some(value) = written.or(field.default_value.as_ref()) {
                    fields.push((field.name.clone(), coerce(schema, &field.ty, value, depth + 1, left)?));
                }
            }
            // What the type does not have is wrong, and for validation to say.
            fields.extend(given.iter().filter(|(name, _)| !input.fields.contains_key(name)).cloned());
            Some(Node::new(Value::Object(fields)))
        }
    }
}
