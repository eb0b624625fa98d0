//! Owns variable values: a request's JSON coerced to the operation's types ("Coercing Variable Values" of the
//! GraphQL specification), each kept as JSON text, with custom scalars and floats passed through as they came.

use std::borrow::Cow;
use std::collections::BTreeMap;

use apollo_compiler::ast::Type;
use apollo_compiler::schema::{ExtendedType, InputObjectType};

use serde_json::value::RawValue;

use super::bound::{BoundOperation, Derived, Premise, VariableOrigin};
use super::claims;
use super::error::OperationError;
use super::identity::Identity;
use crate::schema::{Id, Value, VariableId, write_json_string};
use crate::view::ClientSchema;

/// Input nested deeper than this is refused.
const MAX_DEPTH: usize = 64;

/// A request's variables, by [`VariableId`]: their JSON, or `None` for one that was not given.
#[derive(Debug, Default)]
pub struct Variables {
    values: Vec<Option<Box<str>>>,
}

impl Variables {
    pub fn get(&self, id: VariableId) -> Option<&str> {
        self.values.get(id.index())?.as_deref()
    }

    /// Which of the operation's premises hold for this request.
    pub fn condition_bits(&self, operation: &BoundOperation, identity: &Identity) -> u64 {
        let holds = |premise: &Premise| match premise {
            Premise::Variable(variable) => self.get(*variable) == Some("true"),
            Premise::Need(need) => identity.meets(need),
            Premise::All(needs) => needs.iter().all(|need| identity.meets(need)),
        };
        let held = operation.conditions.iter().enumerate().filter(|(_, premise)| holds(premise));
        held.fold(0, |bits, (bit, _)| bits | 1 << bit)
    }
}

type Object<'j> = BTreeMap<Cow<'j, str>, &'j RawValue>;

/// Coerces what the client sent, and works out what follows from it and from who asks. All that is wrong is said at once.
pub fn coerce(
    client: &ClientSchema,
    operation: &BoundOperation,
    given: Option<&RawValue>,
    identity: &Identity,
) -> Result<Variables, Vec<OperationError>> {
    let given: Object<'_> = match given.map(RawValue::get) {
        None | Some("null") => Object::new(),
        Some(json) => serde_json::from_str(json)
            .map_err(|_| vec![OperationError::new("BAD_USER_INPUT", "\"variables\" must be a JSON object.")])?,
    };
    let mut errors = vec![];
    let mut variables = Variables { values: Vec::with_capacity(operation.variables.len()) };
    for variable in &operation.variables {
        let value = match &variable.origin {
            VariableOrigin::Client { ty, default } => {
                let given = given.get(variable.name.as_str()).copied();
                coerce_variable(client, ty, given, default.as_ref()).map_err(|invalid| {
                    let message = format!("Variable \"${}{}\": {}.", variable.name, invalid.path, invalid.message);
                    OperationError::new("BAD_USER_INPUT", message)
                })
            }
            // Who needs one that is not there, or does not fit, is refused the field.
            VariableOrigin::Claim(path) => Ok(identity
                .claim(path)
                .and_then(|claim| claims::value(&variable.ty, claim))
                .map(String::into_boxed_str)),
            VariableOrigin::Derived(derived) => Ok(variables.derive(derived)),
        };
        variables.values.push(value.unwrap_or_else(|error| {
            errors.push(error);
            None
        }));
    }
    if errors.is_empty() { Ok(variables) } else { Err(errors) }
}

/// The JSON of a variable; `None` for one that was not given and need not be.
fn coerce_variable(
    client: &ClientSchema,
    ty: &Type,
    given: Option<&RawValue>,
    default: Option<&Value>,
) -> Result<Option<Box<str>>, Invalid> {
    let mut out = String::new();
    match (given, default) {
        (Some(value), _) => coerce_value(client, ty, value, 0, &mut out)?,
        (None, Some(default)) => coerce_literal(client, ty, default, &mut out)?,
        (None, None) if ty.is_non_null() => {
            return Err(Invalid::new(format!("a value of type {ty} is required")));
        }
        (None, None) => return Ok(None),
    }
    Ok(Some(out.into_boxed_str()))
}

impl Variables {
    /// The JSON of a value that is made of the variables so far.
    fn derive(&self, derived: &Derived) -> Option<Box<str>> {
        let write = |value: &Value| {
            let mut out = String::new();
            value.write_json(&|id| self.get(id), &mut out).then_some(out)
        };
        let is_taken = |json: &String| !derived.takes_no_null || json != "null";
        let value =
            derived.value.as_ref().and_then(write).filter(is_taken).or_else(|| derived.absent.as_ref().and_then(write));
        let value = match derived.at_most {
            None => value,
            Some(most) => {
                let number = value.and_then(|json| json.parse::<i64>().ok());
                Some(number.map_or(i64::from(most), |number| number.min(most.into())).to_string())
            }
        };
        value.map(String::into_boxed_str)
    }
}

/// Why a value does not fit, and where in it.
pub(super) struct Invalid {
    path: String,
    message: String,
}

impl Invalid {
    fn new(message: impl Into<String>) -> Self {
        Self { path: String::new(), message: message.into() }
    }

    fn under(mut self, segment: &str) -> Self {
        self.path.insert_str(0, segment);
        self
    }
}

fn coerce_value(
    client: &ClientSchema,
    ty: &Type,
    value: &RawValue,
    depth: usize,
    out: &mut String,
) -> Result<(), Invalid> {
    let json = value.get();
    if depth > MAX_DEPTH {
        return Err(Invalid::new(format!("it is nested deeper than {MAX_DEPTH} levels")));
    }
    if json == "null" {
        if ty.is_non_null() {
            return Err(Invalid::new(format!("{ty} cannot be null")));
        }
        out.push_str("null");
        return Ok(());
    }
    match ty {
        Type::List(item) | Type::NonNullList(item) => {
            out.push('[');
            if json.starts_with('[') {
                let items: Vec<&RawValue> =
                    serde_json::from_str(json).map_err(|error| Invalid::new(error.to_string()))?;
                for (at, value) in items.iter().enumerate() {
                    if at > 0 {
                        out.push(',');
                    }
                    coerce_value(client, item, value, depth + 1, out).map_err(|e| e.under(&format!("[{at}]")))?;
                }
            } else {
                coerce_value(client, item, value, depth + 1, out)?;
            }
            out.push(']');
            Ok(())
        }
        Type::Named(name) | Type::NonNullNamed(name) => match client.schema.types.get(name) {
            Some(ExtendedType::InputObject(input)) => coerce_object(client, input, json, depth, out),
            Some(ExtendedType::Enum(definition)) => match string(json) {
                Some(text) if definition.values.contains_key(text.as_ref()) => {
                    match client.written_enum(name, &text) {
                        Some(written) => write_json_string(written, out),
                        None => out.push_str(json),
                    }
                    Ok(())
                }
                _ => Err(Invalid::new(format!("{} is not a value of the enum {name}", shown(json)))),
            },
            Some(ExtendedType::Scalar(_)) => coerce_scalar(name, json, depth, out),
            _ => Err(Invalid::new(format!("{name} is not an input type"))),
        },
    }
}

/// Appends a built-in scalar's value as it is written, or what a custom one's backend is to judge.
pub(super) fn coerce_scalar(name: &str, json: &str, depth: usize, out: &mut String) -> Result<(), Invalid> {
    check_text(json, depth)?;
    let is_number = json.starts_with(|c: char| c == '-' || c.is_ascii_digit());
    let is_string = json.starts_with('"');
    let is_integer = is_number && !json.contains(['.', 'e', 'E']);
    let fits = match name {
        "Int" => {
            if is_integer && json.parse::<i32>().is_ok() {
                true
            } else if is_number && let Some(whole) = whole_number(json) {
                out.push_str(&whole.to_string());
                return Ok(());
            } else {
                false
            }
        }
        "Float" => is_number && json.parse::<f64>().is_ok_and(f64::is_finite),
        "Boolean" => matches!(json, "true" | "false"),
        "String" => is_string,
        "ID" if is_integer => {
            write_json_string(json, out);
            return Ok(());
        }
        "ID" => is_string,
        // What a custom scalar's values mean is its backend's business.
        _ => true,
    };
    if fits {
        out.push_str(json);
        Ok(())
    } else {
        Err(Invalid::new(format!("{} is not a value of type {name}", shown(json))))
    }
}

/// Refuses valid JSON that those who read it after could not: half of a surrogate pair, which is no character, and lists
/// and objects that nest too deep.
fn check_text(json: &str, depth: usize) -> Result<(), Invalid> {
    let mut depth = depth;
    let mut rest = json;
    while let Some(at) = rest.find(['"', '[', ']', '{', '}']) {
        let end = match rest.as_bytes()[at] {
            b'"' => {
                let length = string_length(&rest[at..]);
                let text = &rest[at..at + length];
                if text.contains("\\u") && string(text).is_none() {
                    return Err(Invalid::new(format!(
                        "{} has half of a surrogate pair, which is no character",
                        shown(text)
                    )));
                }
                at + length
            }
            b'[' | b'{' => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Err(Invalid::new(format!("it is nested deeper than {MAX_DEPTH} levels")));
                }
                at + 1
            }
            _ => {
                depth = depth.saturating_sub(1);
                at + 1
            }
        };
        rest = &rest[end..];
    }
    Ok(())
}

/// The length of the JSON string that the text begins with, its quotes included.
fn string_length(text: &str) -> usize {
    let mut escaped = false;
    let end = text.bytes().skip(1).position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    });
    end.map_or(text.len(), |end| end + 2)
}

/// `1.0` and `1e3` are integers too.
fn whole_number(json: &str) -> Option<i32> {
    let number = json.parse::<f64>().ok()?;
    let in_range = number.fract() == 0.0 && number >= f64::from(i32::MIN) && number <= f64::from(i32::MAX);
    // The cast is exact: the number is whole and in range.
    in_range.then_some(number as i32)
}

fn coerce_object(
    client: &ClientSchema,
    input: &InputObjectType,
    json: &str,
    depth: usize,
    out: &mut String,
) -> Result<(), Invalid> {
    if !json.starts_with('{') {
        return Err(Invalid::new(format!("{} is not an object of type {}", shown(json), input.name)));
    }
    let given: Object<'_> = serde_json::from_str(json).map_err(|error| Invalid::new(error.to_string()))?;
    if let Some(unknown) = given.keys().find(|key| !input.fields.contains_key(key.as_ref())) {
        return Err(Invalid::new(format!("{} has no field \"{unknown}\"", input.name)));
    }
    if input.directives.has("oneOf") && (given.len() != 1 || given.values().any(|value| value.get() == "null")) {
        return Err(Invalid::new(format!("{} takes exactly one field, and no null", input.name)));
    }
    out.push('{');
    let start = out.len();
    for (name, field) in &input.fields {
        let separator = if out.len() > start { "," } else { "" };
        let written = client.written_field(&input.name, name);
        match (given.get(name.as_str()), &field.default_value) {
            (Some(value), _) => {
                out.push_str(&format!("{separator}\"{written}\":"));
                coerce_value(client, &field.ty, value, depth + 1, out).map_err(|e| e.under(&format!(".{name}")))?;
            }
            (None, Some(default)) => {
                let Some(default) = Value::from_ast(default, &|_| None) else { continue };
                out.push_str(&format!("{separator}\"{written}\":"));
                coerce_literal(client, &field.ty, &default, out)?;
            }
            (None, None) if field.is_required() => {
                return Err(Invalid::new(format!("{}.{name} of type {} is required", input.name, field.ty)));
            }
            (None, None) => {}
        }
    }
    out.push('}');
    Ok(())
}

/// A default value is a literal: it takes the way of JSON, so that nested defaults and single items are filled in alike.
fn coerce_literal(client: &ClientSchema, ty: &Type, value: &Value, out: &mut String) -> Result<(), Invalid> {
    let mut json = String::new();
    value.write_json(&|_| None, &mut json);
    let raw = RawValue::from_string(json).map_err(|error| Invalid::new(error.to_string()))?;
    coerce_value(client, ty, &raw, 0, out)
}

fn string(json: &str) -> Option<Cow<'_, str>> {
    serde_json::from_str(json).ok()
}

/// A value as it is repeated in a message: long ones are cut.
fn shown(json: &str) -> Cow<'_, str> {
    match json.char_indices().nth(60) {
        Some((at, _)) => Cow::Owned(format!("{}…", &json[..at])),
        None => Cow::Borrowed(json),
    }
}
