//! Owns input values as operations and field sets carry them: literals with variables in them,
//! in a canonical form, so that equal arguments are equal values.

use std::sync::Arc;

use apollo_compiler::{Name, ast};

super::ids::ids! {
    /// A variable of the bound operation, by its place in the list of them.
    VariableId,
}

/// The arguments of a field, sorted by name. Equal lists mean the same call.
pub type Arguments = Arc<[(Name, Value)]>;

/// An input value. Numbers keep the text that they were written in; objects are sorted by field.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Value {
    Null,
    Boolean(bool),
    /// An `Int` or `Float` literal, as written.
    Number(Box<str>),
    String(Box<str>),
    Enum(Name),
    List(Vec<Value>),
    Object(Vec<(Name, Value)>),
    Variable(VariableId),
}

impl Value {
    /// Reads a literal; `variable` gives the id of a variable by name, or `None` where there may be none.
    pub fn from_ast(value: &ast::Value, variable: &dyn Fn(&Name) -> Option<VariableId>) -> Option<Self> {
        Some(match value {
            ast::Value::Null => Self::Null,
            ast::Value::Boolean(value) => Self::Boolean(*value),
            ast::Value::Int(number) => Self::Number(number.as_str().into()),
            ast::Value::Float(number) => Self::Number(number.as_str().into()),
            ast::Value::String(text) => Self::String(text.as_str().into()),
            ast::Value::Enum(name) => Self::Enum(name.clone()),
            ast::Value::Variable(name) => Self::Variable(variable(name)?),
            ast::Value::List(items) => {
                Self::List(items.iter().map(|item| Self::from_ast(item, variable)).collect::<Option<_>>()?)
            }
            ast::Value::Object(fields) => {
                let mut fields = fields
                    .iter()
                    .map(|(name, value)| Some((name.clone(), Self::from_ast(value, variable)?)))
                    .collect::<Option<Vec<_>>>()?;
                fields.sort_by(|a, b| a.0.cmp(&b.0));
                Self::Object(fields)
            }
        })
    }

    /// What the value takes in memory beside itself, in bytes.
    pub(crate) fn heap(&self) -> usize {
        match self {
            Self::Null | Self::Boolean(_) | Self::Enum(_) | Self::Variable(_) => 0,
            Self::Number(text) | Self::String(text) => text.len(),
            Self::List(items) => items.iter().map(|item| size_of_val(item) + item.heap()).sum(),
            Self::Object(fields) => fields.iter().map(|field| size_of_val(field) + field.1.heap()).sum(),
        }
    }

    /// Writes the value as GraphQL; a variable by the name that `variable` gives it.
    pub fn write_graphql(&self, variable: &dyn Fn(VariableId) -> Name, out: &mut String) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Boolean(value) => out.push_str(if *value { "true" } else { "false" }),
            Self::Number(text) => out.push_str(text),
            // A JSON string is a GraphQL string: the escapes of the one are escapes of the other.
            Self::String(text) => write_json_string(text, out),
            Self::Enum(name) => out.push_str(name),
            Self::Variable(id) => {
                out.push('$');
                out.push_str(&variable(*id));
            }
            Self::List(items) => {
                out.push('[');
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        out.push_str(", ");
                    }
                    item.write_graphql(variable, out);
                }
                out.push(']');
            }
            Self::Object(fields) => {
                out.push('{');
                for (at, (name, value)) in fields.iter().enumerate() {
                    if at > 0 {
                        out.push_str(", ");
                    }
                    out.push_str(name);
                    out.push_str(": ");
                    value.write_graphql(variable, out);
                }
                out.push('}');
            }
        }
    }

    /// Writes the value as JSON; `variable` gives the JSON of a variable, `None` if it was not given.
    /// Returns false, having written nothing, for a variable that was not given.
    pub fn write_json<'v>(&self, variable: &dyn Fn(VariableId) -> Option<&'v str>, out: &mut String) -> bool {
        match self {
            Self::Null => out.push_str("null"),
            Self::Boolean(value) => out.push_str(if *value { "true" } else { "false" }),
            Self::Number(text) => out.push_str(text),
            Self::String(text) => write_json_string(text, out),
            Self::Enum(name) => write_json_string(name, out),
            Self::Variable(id) => match variable(*id) {
                Some(json) => out.push_str(json),
                None => return false,
            },
            Self::List(items) => {
                out.push('[');
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        out.push(',');
                    }
                    // An item's variable that was not given is null (GraphQL, "Input Coercion" of lists).
                    if !item.write_json(variable, out) {
                        out.push_str("null");
                    }
                }
                out.push(']');
            }
            Self::Object(fields) => {
                out.push('{');
                let mut first = true;
                for (name, value) in fields {
                    let start = out.len();
                    if !first {
                        out.push(',');
                    }
                    write_json_string(name, out);
                    out.push(':');
                    if value.write_json(variable, out) {
                        first = false;
                    } else {
                        out.truncate(start);
                    }
                }
                out.push('}');
            }
        }
        true
    }

    /// Calls `visit` with every variable in the value.
    pub fn for_each_variable(&self, visit: &mut dyn FnMut(VariableId)) {
        match self {
            Self::Variable(id) => visit(*id),
            Self::List(items) => items.iter().for_each(|item| item.for_each_variable(visit)),
            Self::Object(fields) => fields.iter().for_each(|(_, value)| value.for_each_variable(visit)),
            Self::Null | Self::Boolean(_) | Self::Number(_) | Self::String(_) | Self::Enum(_) => {}
        }
    }
}

/// Writes `text` as a JSON string, quotes included.
pub fn write_json_string(text: &str, out: &mut String) {
    out.push('"');
    let mut start = 0;
    for (at, byte) in text.bytes().enumerate() {
        let escape = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            0..=0x1f => "",
            _ => continue,
        };
        out.push_str(&text[start..at]);
        if escape.is_empty() {
            out.push_str("\\u00");
            for nibble in [byte >> 4, byte & 15] {
                out.push(char::from(b"0123456789abcdef"[usize::from(nibble)]));
            }
        } else {
            out.push_str(escape);
        }
        start = at + 1;
    }
    out.push_str(&text[start..]);
    out.push('"');
}
