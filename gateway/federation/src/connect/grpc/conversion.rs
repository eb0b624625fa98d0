//! Owns the one table of how protobuf's types stand in GraphQL. Decoding, encoding and typing all ask it.

use prost_reflect::{EnumDescriptor, EnumValueDescriptor, FieldDescriptor, Kind, MessageDescriptor};

/// How a protobuf type is represented.
#[derive(Debug, Clone, PartialEq)]
pub enum Conversion {
    /// `int32` and its kin: a JSON number.
    Int32,
    /// `int64`: a JSON string, since JavaScript rounds beyond 2^53.
    Int64,
    /// `uint32`: a JSON string, since `Int` ends at 2^31.
    Uint32,
    /// `uint64`: a JSON string.
    Uint64,
    /// A JSON number; NaN and infinities have none.
    Float,
    /// As [`Self::Float`], of twice the precision.
    Double,
    Bool,
    String,
    /// Base64.
    Bytes,
    /// A value's name without the enum's prefix.
    Enum(EnumDescriptor),
    /// RFC 3339.
    Timestamp,
    /// Seconds, as in `1.5s`.
    Duration,
    /// Paths with commas between.
    FieldMask,
    /// A nullable scalar.
    Wrapper(Box<Conversion>),
    /// `Struct`: a JSON object.
    Struct,
    /// `Value`: any JSON.
    JsonValue,
    /// `ListValue`: a JSON list.
    JsonList,
    /// The message with its `@type`.
    Any,
    /// An empty object.
    Empty,
    /// An object.
    Message(MessageDescriptor),
}

impl Conversion {
    pub fn of(kind: &Kind) -> Self {
        match kind {
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Self::Int32,
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Self::Int64,
            Kind::Uint32 | Kind::Fixed32 => Self::Uint32,
            Kind::Uint64 | Kind::Fixed64 => Self::Uint64,
            Kind::Float => Self::Float,
            Kind::Double => Self::Double,
            Kind::Bool => Self::Bool,
            Kind::String => Self::String,
            Kind::Bytes => Self::Bytes,
            Kind::Enum(descriptor) => match descriptor.full_name() {
                // Its one value is the null of `Value`; a field of it can say nothing else.
                "google.protobuf.NullValue" => Self::JsonValue,
                _ => Self::Enum(descriptor.clone()),
            },
            Kind::Message(message) => Self::of_message(message),
        }
    }

    pub fn of_message(message: &MessageDescriptor) -> Self {
        let Some(name) = message.full_name().strip_prefix("google.protobuf.") else {
            return Self::Message(message.clone());
        };
        let wrapper = |inner| Self::Wrapper(Box::new(inner));
        match name {
            "Timestamp" => Self::Timestamp,
            "Duration" => Self::Duration,
            "FieldMask" => Self::FieldMask,
            "Struct" => Self::Struct,
            "Value" => Self::JsonValue,
            "ListValue" => Self::JsonList,
            "Any" => Self::Any,
            "Empty" => Self::Empty,
            "DoubleValue" => wrapper(Self::Double),
            "FloatValue" => wrapper(Self::Float),
            "Int64Value" => wrapper(Self::Int64),
            "UInt64Value" => wrapper(Self::Uint64),
            "Int32Value" => wrapper(Self::Int32),
            "UInt32Value" => wrapper(Self::Uint32),
            "BoolValue" => wrapper(Self::Bool),
            "StringValue" => wrapper(Self::String),
            "BytesValue" => wrapper(Self::Bytes),
            _ => Self::Message(message.clone()),
        }
    }

    /// Whether a selection may go into it: it has fields, or is JSON, whose fields nobody knows.
    pub fn fields(&self) -> Fields<'_> {
        match self {
            Self::Message(message) => Fields::Known(message),
            Self::Struct | Self::JsonValue | Self::JsonList | Self::Any | Self::Empty => Fields::Unknown,
            Self::Int32
            | Self::Int64
            | Self::Uint32
            | Self::Uint64
            | Self::Float
            | Self::Double
            | Self::Bool
            | Self::String
            | Self::Bytes
            | Self::Enum(_)
            | Self::Timestamp
            | Self::Duration
            | Self::FieldMask
            | Self::Wrapper(_) => Fields::None,
        }
    }
}

/// What a selection finds in a value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fields<'m> {
    None,
    Known(&'m MessageDescriptor),
    Unknown,
}

/// The field that a name means: by its JSON name first, since that is what a decoded message has.
pub(in crate::connect) fn field_named(message: &MessageDescriptor, name: &str) -> Option<FieldDescriptor> {
    message.get_field_by_json_name(name).or_else(|| message.get_field_by_name(name))
}

/// `OrderStatus` → `ORDER_STATUS_`, the prefix that protobuf's style guide puts before an enum's values.
fn prefix(descriptor: &EnumDescriptor) -> String {
    let mut prefix = String::new();
    let mut previous_lower = false;
    let mut characters = descriptor.name().chars().peekable();
    while let Some(character) = characters.next() {
        let next_lower = characters.peek().is_some_and(char::is_ascii_lowercase);
        // `HTTPStatus` → `HTTP_STATUS`: a capital begins a word after a small letter, or before one.
        if character.is_ascii_uppercase() && !prefix.is_empty() && (previous_lower || next_lower) {
            prefix.push('_');
        }
        previous_lower = character.is_ascii_lowercase() || character.is_ascii_digit();
        prefix.push(character.to_ascii_uppercase());
    }
    prefix.push('_');
    prefix
}

/// A value's name in GraphQL, or `None` for one that means that there is no value.
pub(crate) fn enum_name(value: &EnumValueDescriptor) -> Option<String> {
    let name = value.name();
    if name == "UNSPECIFIED" || name.ends_with("_UNSPECIFIED") {
        return None;
    }
    let stripped = name.strip_prefix(&prefix(value.parent_enum()));
    // `VERSION_2` would become `2`, which is no name.
    let fits = |rest: &&str| rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    Some(stripped.filter(fits).unwrap_or(name).to_owned())
}

/// The value of a number: of aliases the first, as protobuf's own JSON has it.
pub(in crate::connect) fn enum_value_of(descriptor: &EnumDescriptor, number: i32) -> Option<EnumValueDescriptor> {
    let proto = descriptor.enum_descriptor_proto();
    let has_aliases = proto.options.as_ref().is_some_and(|options| options.allow_alias());
    if !has_aliases {
        return descriptor.get_value(number);
    }
    // The descriptor keeps its values by number, and those of one number in no order.
    let first = proto.value.iter().find(|value| value.number() == number)?;
    descriptor.get_value_by_name(first.name())
}

/// The value that a GraphQL name stands for: with or without the prefix.
pub(super) fn enum_value(descriptor: &EnumDescriptor, name: &str) -> Option<EnumValueDescriptor> {
    let prefixed = format!("{}{name}", prefix(descriptor));
    descriptor.get_value_by_name(&prefixed).or_else(|| descriptor.get_value_by_name(name))
}
