//! Owns the way from values to protobuf. What does not fit is an error: a request must not say something else.

use super::conversion::{Conversion, enum_value, field_named};
use super::time;
use crate::connect::mapping::Value;
use crate::suggest::closest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use prost::Message as _;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor, Value as Proto};
use std::collections::HashMap;

/// A value that a message cannot hold, and the field that it was for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncodeError {
    /// Such as `items.quantity`, from the request's message on; empty for the message itself.
    pub path: String,
    pub message: String,
}

impl std::fmt::Display for EncodeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.path.is_empty() { f.write_str(&self.message) } else { write!(f, "{}: {}", self.path, self.message) }
    }
}

impl std::error::Error for EncodeError {}

type Result<T> = std::result::Result<T, EncodeError>;

fn refuse<T>(message: impl Into<String>) -> Result<T> {
    Err(EncodeError { path: String::new(), message: message.into() })
}

fn under<T>(name: &str, result: Result<T>) -> Result<T> {
    result.map_err(|error| {
        let path = if error.path.is_empty() { name.to_owned() } else { format!("{name}.{}", error.path) };
        EncodeError { path, message: error.message }
    })
}

/// Makes a message of an object. Fields go by their proto or their JSON name; null leaves one unset.
pub fn encode(value: &Value<'_>, descriptor: &MessageDescriptor) -> Result<DynamicMessage> {
    match message(value, &Conversion::of_message(descriptor), descriptor)? {
        Proto::Message(message) => Ok(message),
        _ => refuse("not a message"),
    }
}

fn object(value: &Value<'_>, descriptor: &MessageDescriptor) -> Result<DynamicMessage> {
    let mut message = DynamicMessage::new(descriptor.clone());
    let fields = match value {
        Value::Object(fields) => fields,
        Value::Null | Value::Unfit(_) => return Ok(message),
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            return refuse(format!("expected an object, found {}", value.kind()));
        }
    };
    for (name, value) in fields.iter().filter(|(name, _)| name != "@type") {
        let Some(field) = field_named(descriptor, name) else {
            let names: Vec<String> = descriptor.fields().map(|field| field.json_name().to_owned()).collect();
            let hint = closest(name, names.iter().map(String::as_str));
            let hint = hint.map_or_else(String::new, |hint| format!("; did you mean `{hint}`?"));
            return refuse(format!("`{}` has no field `{name}`{hint}", descriptor.full_name()));
        };
        if value.is_null() {
            continue;
        }
        if let Some(oneof) = field.containing_oneof()
            && oneof.fields().any(|other| other != field && message.has_field(&other))
        {
            return refuse(format!("more than one field of `{}` is set", oneof.full_name()));
        }
        let encoded = under(name, field_value(value, &field))?;
        message.try_set_field(&field, encoded).or_else(|error| under(name, refuse(error.to_string())))?;
    }
    let missing = descriptor.fields().find(|field| field.is_required() && !message.has_field(field));
    if let Some(missing) = missing {
        return under(missing.json_name(), refuse("it is required, and has no value"));
    }
    Ok(message)
}

fn field_value(value: &Value<'_>, field: &FieldDescriptor) -> Result<Proto> {
    if field.is_map() {
        return map(value, &field.kind());
    }
    if !field.is_list() {
        return scalar(value, &field.kind());
    }
    let items = match value {
        Value::Array(items) => items.as_slice(),
        // GraphQL's own rule for input: one value is a list of one.
        single => std::slice::from_ref(single),
    };
    items.iter().map(|item| scalar(item, &field.kind())).collect::<Result<_>>().map(Proto::List)
}

/// A map comes as an object, or as a list of `{ key value }`, which is what GraphQL input can express.
fn map(value: &Value<'_>, kind: &Kind) -> Result<Proto> {
    let Some(entry) = kind.as_message() else { return refuse("not a map") };
    let (key_kind, value_kind) = (entry.map_entry_key_field().kind(), entry.map_entry_value_field().kind());
    let mut entries = HashMap::new();
    let mut insert = |key: &Value<'_>, value: &Value<'_>| -> Result<()> {
        let Some(key) = map_key(key, &key_kind)?.into_map_key() else { return refuse("not a key of a map") };
        entries.insert(key, scalar(value, &value_kind)?);
        Ok(())
    };
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                under(name, insert(&Value::string(name.as_ref()), value))?;
            }
        }
        Value::Array(items) => {
            for item in items {
                let (Some(key), Some(value)) = (item.get("key"), item.get("value")) else {
                    return refuse("expected a list of `{ key value }`");
                };
                insert(key, value)?;
            }
        }
        Value::Null | Value::Unfit(_) | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            return refuse(format!("expected an object or a list of entries, found {}", value.kind()));
        }
    }
    Ok(Proto::Map(entries))
}

/// A key of an object is text, whatever the map's keys are.
fn map_key(value: &Value<'_>, kind: &Kind) -> Result<Proto> {
    match (kind, value.as_text().as_deref()) {
        (Kind::Bool, Some("true")) => Ok(Proto::Bool(true)),
        (Kind::Bool, Some("false")) => Ok(Proto::Bool(false)),
        _ => scalar(value, kind),
    }
}

fn scalar(value: &Value<'_>, kind: &Kind) -> Result<Proto> {
    let conversion = Conversion::of(kind);
    match (&conversion, kind) {
        (_, Kind::Message(descriptor)) => message(value, &conversion, descriptor),
        // Of `NullValue` there is one value.
        (Conversion::JsonValue, _) => Ok(Proto::EnumNumber(0)),
        (conversion, _) => plain(value, conversion),
    }
}

/// Scalars and enums.
fn plain(value: &Value<'_>, conversion: &Conversion) -> Result<Proto> {
    let unfit = |wanted: &str| refuse(format!("expected {wanted}, found {}", value.kind()));
    match conversion {
        Conversion::Int32 => integer(value, "a 32-bit integer").map(Proto::I32),
        Conversion::Int64 => integer(value, "a 64-bit integer").map(Proto::I64),
        Conversion::Uint32 => integer(value, "an unsigned 32-bit integer").map(Proto::U32),
        Conversion::Uint64 => integer(value, "an unsigned 64-bit integer").map(Proto::U64),
        Conversion::Float => float(value).map(|float| Proto::F32(float as f32)),
        Conversion::Double => float(value).map(Proto::F64),
        Conversion::Bool => match value {
            Value::Bool(truth) => Ok(Proto::Bool(*truth)),
            _ => unfit("a boolean"),
        },
        // An `ID` may come as a number.
        Conversion::String => match value {
            Value::String(_) | Value::Number(_) => match value.scalar_text() {
                Some(text) => Ok(Proto::String(text.into_owned())),
                None => unfit("a string"),
            },
            _ => unfit("a string"),
        },
        Conversion::Bytes => match value.as_text().map(|text| STANDARD.decode(text.as_bytes())) {
            Some(Ok(bytes)) => Ok(Proto::Bytes(bytes.into())),
            Some(Err(_)) => refuse("not base64"),
            None => unfit("a string of base64"),
        },
        Conversion::Enum(descriptor) => match value {
            Value::String(name) => {
                let name = name.decode();
                match enum_value(descriptor, &name) {
                    Some(value) => Ok(Proto::EnumNumber(value.number())),
                    None => refuse(format!("`{}` has no value `{name}`", descriptor.full_name())),
                }
            }
            Value::Number(_) => integer(value, "an enum's value").map(Proto::EnumNumber),
            _ => unfit("the name of an enum's value"),
        },
        Conversion::Timestamp
        | Conversion::Duration
        | Conversion::FieldMask
        | Conversion::Wrapper(_)
        | Conversion::Struct
        | Conversion::JsonValue
        | Conversion::JsonList
        | Conversion::Any
        | Conversion::Empty
        | Conversion::Message(_) => unfit("a scalar"),
    }
}

fn message(value: &Value<'_>, conversion: &Conversion, descriptor: &MessageDescriptor) -> Result<Proto> {
    let mut message = DynamicMessage::new(descriptor.clone());
    // These set fields of well-known types by the numbers that protobuf gave them.
    let mut set = |number: u32, value: Proto| -> Result<()> {
        message.try_set_field_by_number(number, value).or_else(|error| refuse(error.to_string()))
    };
    match conversion {
        Conversion::Timestamp => match value.as_text().and_then(|text| time::parse_timestamp(&text)) {
            Some((seconds, nanos)) => {
                set(1, Proto::I64(seconds))?;
                set(2, Proto::I32(nanos))?;
            }
            None => return refuse("expected a date and time, such as \"2026-01-31T12:00:00Z\""),
        },
        Conversion::Duration => match value.as_text().and_then(|text| time::parse_duration(&text)) {
            Some((seconds, nanos)) => {
                set(1, Proto::I64(seconds))?;
                set(2, Proto::I32(nanos))?;
            }
            None => return refuse("expected a duration, such as \"1.5s\""),
        },
        Conversion::FieldMask => match value.as_text() {
            Some(text) => {
                let paths = text.split(',').filter(|path| !path.is_empty()).map(|path| Proto::String(path.to_owned()));
                set(1, Proto::List(paths.collect()))?;
            }
            None => return refuse("expected paths with commas between"),
        },
        Conversion::Wrapper(inner) => set(1, plain(value, inner)?)?,
        Conversion::Struct => match value {
            Value::Object(fields) => {
                let inner = json_message(descriptor, "google.protobuf.Value")?;
                let entries = fields.iter().map(|(key, value)| {
                    Ok((MapKey::String(key.to_string()), self::message(value, &Conversion::JsonValue, &inner)?))
                });
                set(1, Proto::Map(entries.collect::<Result<_>>()?))?;
            }
            other => return refuse(format!("expected an object, found {}", other.kind())),
        },
        Conversion::JsonList => match value {
            Value::Array(items) => {
                let inner = json_message(descriptor, "google.protobuf.Value")?;
                let items = items.iter().map(|item| self::message(item, &Conversion::JsonValue, &inner));
                set(1, Proto::List(items.collect::<Result<_>>()?))?;
            }
            other => return refuse(format!("expected a list, found {}", other.kind())),
        },
        Conversion::JsonValue => match value {
            Value::Null | Value::Unfit(_) => set(1, Proto::EnumNumber(0))?,
            Value::Number(_) => set(2, Proto::F64(float(value)?))?,
            Value::String(text) => set(3, Proto::String(text.decode().into_owned()))?,
            Value::Bool(truth) => set(4, Proto::Bool(*truth))?,
            Value::Object(_) => {
                let inner = json_message(descriptor, "google.protobuf.Struct")?;
                set(5, self::message(value, &Conversion::Struct, &inner)?)?;
            }
            Value::Array(_) => {
                let inner = json_message(descriptor, "google.protobuf.ListValue")?;
                set(6, self::message(value, &Conversion::JsonList, &inner)?)?;
            }
        },
        Conversion::Any => {
            let Some(url) = value.get("@type").and_then(|url| url.as_text().map(|url| url.into_owned())) else {
                return refuse("expected an object with `@type`");
            };
            let inner = json_message(descriptor, url.rsplit('/').next().unwrap_or_default())?;
            let bytes = encode(value, &inner)?.encode_to_vec();
            set(1, Proto::String(url))?;
            set(2, Proto::Bytes(bytes.into()))?;
        }
        Conversion::Empty => {}
        Conversion::Message(_)
        | Conversion::Int32
        | Conversion::Int64
        | Conversion::Uint32
        | Conversion::Uint64
        | Conversion::Float
        | Conversion::Double
        | Conversion::Bool
        | Conversion::String
        | Conversion::Bytes
        | Conversion::Enum(_) => message = object(value, descriptor)?,
    }
    Ok(Proto::Message(message))
}

fn json_message(near: &MessageDescriptor, name: &str) -> Result<MessageDescriptor> {
    match near.parent_pool().get_message_by_name(name) {
        Some(descriptor) => Ok(descriptor),
        None => refuse(format!("there is no message `{name}`")),
    }
}

/// An integer from a number or, since `BigInt` and `ID` are strings, from its text.
fn integer<T: TryFrom<i128>>(value: &Value<'_>, wanted: &str) -> Result<T> {
    let unfit = || format!("expected {wanted}, found {}", value.to_json());
    let text = match value {
        Value::Number(_) | Value::String(_) => value.scalar_text(),
        Value::Null | Value::Unfit(_) | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    let parsed = text.and_then(|text| text.parse::<i128>().ok()).and_then(|integer| T::try_from(integer).ok());
    parsed.map_or_else(|| refuse(unfit()), Ok)
}

fn float(value: &Value<'_>) -> Result<f64> {
    let text = match value {
        Value::Number(raw) => Some(raw.as_ref()),
        _ => None,
    };
    match text.and_then(|text| text.parse::<f64>().ok()).filter(|float| float.is_finite()) {
        Some(float) => Ok(float),
        None => refuse(format!("expected a number, found {}", value.to_json())),
    }
}
