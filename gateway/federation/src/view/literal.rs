//! Owns whether a literal is a value of a leaf type.

use apollo_compiler::schema::ExtendedType;

use super::path::{PathValue, PathValueKind};
use crate::schema::Value;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Typed {
    Fits,
    /// It is of another kind, or out of range.
    Wrong,
    /// An enum has no such value.
    NoSuchValue,
}

/// Judges a value that is not null. Whatever is not a leaf type has no literals.
pub(super) fn leaf(ty: &ExtendedType, value: &Value) -> Typed {
    let fits = match (ty, value) {
        (ExtendedType::Enum(ty), Value::Enum(name)) => {
            return if ty.values.contains_key(name) { Typed::Fits } else { Typed::NoSuchValue };
        }
        (ExtendedType::Scalar(scalar), value) => match (scalar.name.as_str(), value) {
            ("Int", Value::Number(text)) => text.parse::<i32>().is_ok(),
            ("Float", Value::Number(text)) => text.parse::<f64>().is_ok_and(f64::is_finite),
            ("ID", Value::Number(text)) => text.bytes().all(|byte| byte == b'-' || byte.is_ascii_digit()),
            ("String" | "ID", Value::String(_)) | ("Boolean", Value::Boolean(_)) => true,
            ("Int" | "Float" | "String" | "ID" | "Boolean", _) => false,
            // What the values of a custom scalar are, its backend knows.
            _ => true,
        },
        (
            ExtendedType::Enum(_)
            | ExtendedType::Object(_)
            | ExtendedType::Interface(_)
            | ExtendedType::Union(_)
            | ExtendedType::InputObject(_),
            _,
        ) => false,
    };
    if fits { Typed::Fits } else { Typed::Wrong }
}

/// A path's literal; `None` if there is a variable in it.
pub(super) fn of_path(value: &PathValue) -> Option<Value> {
    Some(match &value.kind {
        PathValueKind::Null => Value::Null,
        PathValueKind::Boolean(value) => Value::Boolean(*value),
        PathValueKind::Int(text) | PathValueKind::Float(text) => Value::Number(text.as_str().into()),
        PathValueKind::String(text) => Value::String(text.as_str().into()),
        PathValueKind::Enum(name) => Value::Enum(name.clone()),
        PathValueKind::List(items) => Value::List(items.iter().map(of_path).collect::<Option<_>>()?),
        PathValueKind::Object(fields) => {
            let mut made = vec![];
            for field in fields {
                made.push((field.name.text.clone(), of_path(&field.value)?));
            }
            made.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(made)
        }
        PathValueKind::Argument(_) | PathValueKind::Claim(_) => return None,
    })
}
