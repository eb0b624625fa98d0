//! Owns form bodies: `application/x-www-form-urlencoded`, by the WHATWG URL standard's rules.
//!
//! A field of an object in it is `outer[inner]`, an item of a list `name[0]`. What is null is left out, as in a query.

use super::{RenderError, RenderErrorKind};
use crate::connect::mapping::Value;

/// Renders what a `body` mapping yields, which has to be an object.
pub fn render_form(body: &Value<'_>) -> Result<String, RenderError> {
    let mut form = String::new();
    match body {
        Value::Object(fields) => {
            for (name, value) in fields {
                push(name.as_ref(), value, &mut form);
            }
            Ok(form)
        }
        Value::Null | Value::Unfit(_) => Ok(form),
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Err(RenderError::new(RenderErrorKind::NotAnObject, "body"))
        }
    }
}

/// Values are no deeper than JSON is read, which bounds this.
fn push(name: &str, value: &Value<'_>, form: &mut String) {
    match value {
        Value::Null | Value::Unfit(_) => {}
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                push(&format!("{name}[{at}]"), item, form);
            }
        }
        Value::Object(fields) => {
            for (key, value) in fields {
                push(&format!("{name}[{key}]"), value, form);
            }
        }
        Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            if !form.is_empty() {
                form.push('&');
            }
            encode(name, form);
            form.push('=');
            encode(&value.scalar_text().unwrap_or_default(), form);
        }
    }
}

fn encode(text: &str, form: &mut String) {
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'*' | b'-' | b'.' | b'_' => form.push(char::from(byte)),
            b' ' => form.push('+'),
            _ => super::url::push_encoded(byte, form),
        }
    }
}
