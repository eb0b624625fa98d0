//! Owns what options say of methods and fields: `idempotency_level`, `google.api.http`, `google.api.field_behavior`.

use prost_reflect::prost_types::method_options::IdempotencyLevel;
use prost_reflect::{DescriptorPool, DynamicMessage, FieldDescriptor, MethodDescriptor, Value};

/// Whether a method changes anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    Read,
    Write,
    /// It is not said; this is what its name sounds like.
    Guessed(Guess),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guess {
    Read,
    Write,
}

pub fn effect(method: &MethodDescriptor) -> Effect {
    let options = method.method_descriptor_proto().options.as_ref();
    let level = options.map(|options| options.idempotency_level());
    let rule = extension(method.parent_pool(), "google.api.http", &method.options());
    let verb = rule.as_ref().and_then(|rule| rule.as_message()).map(|rule| rule.has_field_by_name("get"));
    match (level, verb, reads_by_name(method.name())) {
        (Some(IdempotencyLevel::NoSideEffects), _, _) | (_, Some(true), _) => Effect::Read,
        (Some(IdempotencyLevel::Idempotent), _, _) | (_, Some(false), false) => Effect::Write,
        (_, _, true) => Effect::Guessed(Guess::Read),
        (_, None, false) => Effect::Guessed(Guess::Write),
    }
}

/// `GetOrder`, `ListOrders`, `BatchGet`, but not `Getaway`.
fn reads_by_name(name: &str) -> bool {
    ["Get", "List", "BatchGet"]
        .iter()
        .any(|verb| name.strip_prefix(verb).is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_lowercase())))
}

/// How a field may be used.
#[derive(Debug, Clone, Copy, Default)]
pub struct Behavior {
    pub required: bool,
    pub output_only: bool,
}

pub fn behavior(field: &FieldDescriptor) -> Behavior {
    let mut behavior = Behavior::default();
    let pool = field.parent_message().parent_pool();
    if let Some(Value::List(said)) = extension(pool, "google.api.field_behavior", &field.options()) {
        for value in &said {
            match value.as_enum_number() {
                Some(2) => behavior.required = true,
                Some(3) => behavior.output_only = true,
                Some(_) | None => {}
            }
        }
    }
    behavior
}

/// The value of an option that an extension defines.
fn extension(pool: &DescriptorPool, name: &str, options: &DynamicMessage) -> Option<Value> {
    let extension = pool.get_extension_by_name(name)?;
    options.has_extension(&extension).then(|| options.get_extension(&extension).into_owned())
}

#[cfg(test)]
mod tests {
    use super::reads_by_name;

    #[test]
    fn names_that_read() {
        let cases = [
            ("Get", true),
            ("GetOrder", true),
            ("ListOrders", true),
            ("BatchGet", true),
            ("Getaway", false),
            ("Create", false),
            ("BatchUpdate", false),
            ("get", false),
        ];
        for (name, expected) in cases {
            assert_eq!(reads_by_name(name), expected, "{name}");
        }
    }
}
