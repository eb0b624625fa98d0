//! Owns the way from protobuf to values. What has no form in JSON becomes a null that says so.

use super::conversion::{Conversion, enum_name, enum_value_of};
use super::{measure, time};
use crate::connect::mapping::{MAX_VALUES, Value, float_token, float32_token};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use prost_reflect::{DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor, Value as Proto};
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

/// How deep messages may nest, `Any` in `Any` included.
const MAX_DEPTH: usize = 100;

/// Bytes of a message that are built without looking at them before: whatever they hold, it is not much.
const SMALL: usize = 64 << 10;

/// Different problems told of a message. Every further one is like the rest, for a reader.
const MAX_PROBLEMS: usize = 64;

/// Why a message has no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DecodeError {
    /// The bytes are no such message.
    Malformed(prost::DecodeError),
    /// It has more values than are read.
    TooManyValues,
}

impl std::fmt::Display for DecodeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Malformed(error) => error.fmt(f),
            Self::TooManyValues => f.write_str("it has more values than are read"),
        }
    }
}

impl std::error::Error for DecodeError {}

/// Reads a message's bytes. What has no form in JSON is [`Value::Unfit`].
pub fn decode(bytes: &[u8], descriptor: &MessageDescriptor) -> Result<Value<'static>, DecodeError> {
    decode_within(&build(bytes, descriptor, MAX_VALUES)?, MAX_VALUES)
}

/// Builds a message, unless it is seen to have more values than this.
fn build(bytes: &[u8], descriptor: &MessageDescriptor, max_values: usize) -> Result<DynamicMessage, DecodeError> {
    if bytes.len() > SMALL && !measure::fits(bytes, descriptor, max_values) {
        return Err(DecodeError::TooManyValues);
    }
    DynamicMessage::decode(descriptor.clone(), bytes).map_err(DecodeError::Malformed)
}

/// Converts a message that has at most so many values.
pub(super) fn decode_within(message: &DynamicMessage, max_values: usize) -> Result<Value<'static>, DecodeError> {
    let mut decoder = Decoder { left: max_values, ..Decoder::default() };
    let descriptor = message_descriptor(message);
    let value = decoder.message(message, &Conversion::of_message(&descriptor), descriptor.full_name(), 0);
    if decoder.is_full { Err(DecodeError::TooManyValues) } else { Ok(value) }
}

/// Converts a message. Every field is there, by its JSON name: a scalar without presence with its default, any
/// other that is not set as null, a list or map as an empty one.
pub fn decode_message(message: &DynamicMessage) -> Value<'static> {
    let descriptor = message_descriptor(message);
    Decoder::default().message(message, &Conversion::of_message(&descriptor), descriptor.full_name(), 0)
}

fn message_descriptor(message: &DynamicMessage) -> MessageDescriptor {
    use prost_reflect::ReflectMessage as _;
    message.descriptor()
}

/// Opens an `Any` by the descriptors of a pool that need not be its own; `None` where the pool does not know its type, or the
/// bytes are not of it.
pub(super) fn decode_any(any: &DynamicMessage, pool: &DescriptorPool) -> Option<Value<'static>> {
    let (url, bytes) = any_parts(any);
    let descriptor = pool.get_message_by_name(any_type(&url))?;
    let inner = build(&bytes, &descriptor, MAX_VALUES).ok()?;
    Some(Decoder::default().opened_any(&url, &inner, 0))
}

/// An `Any` that nobody can open.
pub(super) fn opaque_any(any: &DynamicMessage) -> Value<'static> {
    let (url, bytes) = any_parts(any);
    Value::Object(vec![
        (Cow::Borrowed("@type"), Value::string(url)),
        (Cow::Borrowed("value"), Value::string(STANDARD.encode(&bytes))),
    ])
}

struct Decoder {
    /// Those told so far: the same field fails in the same way again and again, and says so in the same memory.
    problems: Vec<Arc<str>>,
    /// How many values more may come, and whether more did: what is over is not converted.
    left: usize,
    is_full: bool,
}

impl Default for Decoder {
    fn default() -> Self {
        Self { problems: Vec::new(), left: MAX_VALUES, is_full: false }
    }
}

impl Decoder {
    /// Whether there is room for so many values more.
    fn fits(&mut self, count: usize) -> bool {
        match self.left.checked_sub(count) {
            Some(left) => self.left = left,
            None => self.is_full = true,
        }
        !self.is_full
    }

    /// A null for what of a field, or type, has no form in JSON.
    fn unfit(&mut self, field: &str, what: impl std::fmt::Display) -> Value<'static> {
        let problem = if self.problems.len() < MAX_PROBLEMS {
            format!("{field}: {what}")
        } else {
            "more of it has no form in JSON".to_owned()
        };
        if let Some(known) = self.problems.iter().find(|known| ***known == problem) {
            return Value::Unfit(Arc::clone(known));
        }
        let problem: Arc<str> = problem.into();
        self.problems.push(Arc::clone(&problem));
        Value::Unfit(problem)
    }

    fn object(&mut self, message: &DynamicMessage, depth: usize) -> Value<'static> {
        let descriptor = message_descriptor(message);
        if !self.fits(descriptor.fields().len()) {
            return Value::Null;
        }
        let mut fields = Vec::with_capacity(descriptor.fields().len());
        for field in descriptor.fields() {
            let value = self.field(message, &field, depth);
            fields.push((Cow::Owned(field.json_name().to_owned()), value));
        }
        Value::Object(fields)
    }

    fn field(&mut self, message: &DynamicMessage, field: &FieldDescriptor, depth: usize) -> Value<'static> {
        // What proto2 declares as a default is what an absent field says.
        if field.supports_presence()
            && !message.has_field(field)
            && field.field_descriptor_proto().default_value.is_none()
        {
            return Value::Null;
        }
        match message.get_field(field).as_ref() {
            Proto::List(items) if !self.fits(items.len()) => Value::Null,
            Proto::Map(entries) if !self.fits(entries.len()) => Value::Null,
            Proto::List(items) => {
                let conversion = Conversion::of(&field.kind());
                let name = field.full_name();
                Value::Array(items.iter().map(|item| self.value(item, &conversion, name, depth)).collect())
            }
            Proto::Map(entries) => self.map(entries, &field.kind(), field.full_name(), depth),
            single => self.value(single, &Conversion::of(&field.kind()), field.full_name(), depth),
        }
    }

    /// Keys in order, because the message has them in none.
    fn map(&mut self, entries: &HashMap<MapKey, Proto>, kind: &Kind, name: &str, depth: usize) -> Value<'static> {
        let Some(entry) = kind.as_message() else { return self.unfit(name, "not a map") };
        let conversion = Conversion::of(&entry.map_entry_value_field().kind());
        let mut sorted: Vec<(&MapKey, &Proto)> = entries.iter().collect();
        sorted.sort_by_key(|(key, _)| *key);
        let fields = sorted.into_iter().map(|(key, value)| {
            let key = match key {
                MapKey::Bool(key) => key.to_string(),
                MapKey::I32(key) => key.to_string(),
                MapKey::I64(key) => key.to_string(),
                MapKey::U32(key) => key.to_string(),
                MapKey::U64(key) => key.to_string(),
                MapKey::String(key) => key.clone(),
            };
            (Cow::Owned(key), self.value(value, &conversion, name, depth))
        });
        Value::Object(fields.collect())
    }

    fn value(&mut self, value: &Proto, conversion: &Conversion, name: &str, depth: usize) -> Value<'static> {
        match value {
            Proto::Bool(truth) => Value::Bool(*truth),
            Proto::I32(integer) => Value::integer(*integer),
            Proto::I64(integer) => Value::string(integer.to_string()),
            Proto::U32(integer) => Value::string(integer.to_string()),
            Proto::U64(integer) => Value::string(integer.to_string()),
            // The text of the shorter type: 0.1 stays 0.1 and does not become 0.10000000149.
            Proto::F32(float) => number(float32_token(*float))
                .unwrap_or_else(|| self.unfit(name, format!("{float} has no form in JSON"))),
            Proto::F64(float) => {
                number(float_token(*float)).unwrap_or_else(|| self.unfit(name, format!("{float} has no form in JSON")))
            }
            Proto::String(text) => Value::string(text.clone()),
            Proto::Bytes(bytes) => Value::string(STANDARD.encode(bytes)),
            Proto::EnumNumber(number) => match conversion {
                Conversion::Enum(descriptor) => match enum_value_of(descriptor, *number) {
                    Some(value) => enum_name(&value).map_or(Value::Null, Value::string),
                    None => self.unfit(name, format!("`{}` has no value {number}", descriptor.full_name())),
                },
                // `NullValue`
                _ => Value::Null,
            },
            Proto::Message(message) => self.message(message, conversion, name, depth),
            // A list or map is the field's, never an item of one.
            Proto::List(_) | Proto::Map(_) => self.unfit(name, "a list within a list"),
        }
    }

    fn message(
        &mut self,
        message: &DynamicMessage,
        conversion: &Conversion,
        name: &str,
        depth: usize,
    ) -> Value<'static> {
        if depth >= MAX_DEPTH {
            return self.unfit(name, format!("nested more than {MAX_DEPTH} deep"));
        }
        let depth = depth + 1;
        match conversion {
            Conversion::Timestamp => match time::timestamp_text(int(message, 1), int(message, 2)) {
                Some(text) => Value::string(text),
                None => self.unfit(name, "the timestamp is out of range"),
            },
            Conversion::Duration => match time::duration_text(int(message, 1), int(message, 2)) {
                Some(text) => Value::string(text),
                None => self.unfit(name, "the duration is out of range"),
            },
            Conversion::FieldMask => {
                let paths = part(message, 1);
                let paths = paths.as_deref().and_then(Proto::as_list).unwrap_or_default();
                let paths: Vec<&str> = paths.iter().filter_map(Proto::as_str).collect();
                Value::string(paths.join(","))
            }
            Conversion::Wrapper(inner) => match part(message, 1) {
                Some(value) => self.value(&value, inner, name, depth),
                None => Value::Null,
            },
            Conversion::Struct => self.json_struct(message, name, depth),
            Conversion::JsonList => self.json_list(message, name, depth),
            Conversion::JsonValue => self.json_value(message, name, depth),
            Conversion::Any => self.any(message, name, depth),
            Conversion::Empty => Value::Object(Vec::new()),
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
            | Conversion::Enum(_) => self.object(message, depth),
        }
    }

    fn json_struct(&mut self, message: &DynamicMessage, name: &str, depth: usize) -> Value<'static> {
        let fields = part(message, 1);
        let Some(fields) = fields.as_deref().and_then(Proto::as_map) else { return Value::Object(Vec::new()) };
        if !self.fits(fields.len()) {
            return Value::Null;
        }
        let mut sorted: Vec<(&str, &Proto)> =
            fields.iter().filter_map(|(key, value)| Some((key.as_str()?, value))).collect();
        sorted.sort_by_key(|(key, _)| *key);
        let fields = sorted
            .into_iter()
            .map(|(key, value)| (Cow::Owned(key.to_owned()), self.value(value, &Conversion::JsonValue, name, depth)));
        Value::Object(fields.collect())
    }

    fn json_list(&mut self, message: &DynamicMessage, name: &str, depth: usize) -> Value<'static> {
        let items = part(message, 1);
        let items = items.as_deref().and_then(Proto::as_list).unwrap_or_default();
        if !self.fits(items.len()) {
            return Value::Null;
        }
        Value::Array(items.iter().map(|item| self.value(item, &Conversion::JsonValue, name, depth)).collect())
    }

    /// The `kind` of `google.protobuf.Value`, by its fields' numbers.
    fn json_value(&mut self, message: &DynamicMessage, name: &str, depth: usize) -> Value<'static> {
        let set = (2..=6).find(|number| message.has_field_by_number(*number));
        let (Some(number), Some(value)) = (set, set.and_then(|number| part(message, number))) else {
            return Value::Null;
        };
        let conversion = match number {
            2 => Conversion::Double,
            3 => Conversion::String,
            4 => Conversion::Bool,
            5 => Conversion::Struct,
            _ => Conversion::JsonList,
        };
        self.value(&value, &conversion, name, depth)
    }

    /// The message inside, with its `@type`; as base64 where the type is not known.
    fn any(&mut self, message: &DynamicMessage, name: &str, depth: usize) -> Value<'static> {
        let (url, bytes) = any_parts(message);
        if url.is_empty() && bytes.is_empty() {
            return Value::Null;
        }
        let type_name = any_type(&url);
        let known = message_descriptor(message).parent_pool().get_message_by_name(type_name);
        let Some(descriptor) = known else { return opaque_any(message) };
        match build(&bytes, &descriptor, self.left) {
            Ok(inner) => self.opened_any(&url, &inner, depth),
            Err(DecodeError::TooManyValues) => {
                self.is_full = true;
                Value::Null
            }
            Err(DecodeError::Malformed(_)) => self.unfit(name, format!("its bytes are no `{type_name}`")),
        }
    }

    fn opened_any(&mut self, url: &str, inner: &DynamicMessage, depth: usize) -> Value<'static> {
        let mut fields = vec![(Cow::Borrowed("@type"), Value::string(url.to_owned()))];
        let descriptor = message_descriptor(inner);
        match self.message(inner, &Conversion::of_message(&descriptor), descriptor.full_name(), depth) {
            Value::Object(inner) => fields.extend(inner),
            // A well-known type that is not an object stands under `value`, as in protobuf's own JSON.
            other => fields.push((Cow::Borrowed("value"), other)),
        }
        Value::Object(fields)
    }
}

/// Type URL and bytes of an `Any`.
fn any_parts(any: &DynamicMessage) -> (String, prost::bytes::Bytes) {
    let url = part(any, 1).and_then(|url| url.as_str().map(str::to_owned)).unwrap_or_default();
    (url, part(any, 2).and_then(|bytes| bytes.as_bytes().cloned()).unwrap_or_default())
}

/// The full name of a message in a type URL.
fn any_type(url: &str) -> &str {
    url.rsplit('/').next().unwrap_or_default()
}

/// A float as a JSON number, by its shortest text.
fn number(text: Option<String>) -> Option<Value<'static>> {
    text.map(|text| Value::Number(Cow::Owned(text)))
}

/// A field of a well-known type, by its number.
fn part(message: &DynamicMessage, number: u32) -> Option<Cow<'_, Proto>> {
    message.get_field_by_number(number)
}

fn int(message: &DynamicMessage, number: u32) -> i64 {
    match part(message, number).as_deref() {
        Some(Proto::I64(integer)) => *integer,
        Some(Proto::I32(integer)) => i64::from(*integer),
        _ => 0,
    }
}
