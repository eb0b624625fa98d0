//! Owns [`Value`], the tree that mappings read and make.

use super::number;
use std::borrow::Cow;
use std::sync::Arc;

/// A JSON value that borrows from the text it was read from.
///
/// Objects keep the order of their keys. A number is its token; a string is its escaped form until something
/// has to look inside.
#[derive(Debug, Clone, Default)]
pub enum Value<'a> {
    #[default]
    Null,
    /// A null in the place of what JSON cannot say, with what that is in words for people. Whatever reads it takes it for
    /// null; only who writes it for a client may want to know.
    Unfit(Arc<str>),
    Bool(bool),
    /// A JSON number's token.
    Number(Cow<'a, str>),
    String(Text<'a>),
    Array(Vec<Value<'a>>),
    Object(Vec<(Cow<'a, str>, Value<'a>)>),
}

/// A string's content.
#[derive(Debug, Clone)]
pub enum Text<'a> {
    /// What stood between the quotes of valid JSON: written out by copying.
    Escaped(&'a str),
    /// The characters themselves: escaped when written.
    Plain(Cow<'a, str>),
}

impl<'a> Text<'a> {
    /// The characters, unescaped; borrowed unless there was something to unescape.
    pub fn decode(&self) -> Cow<'_, str> {
        match self {
            Self::Escaped(raw) if !raw.contains('\\') => Cow::Borrowed(raw),
            Self::Escaped(raw) => Cow::Owned(super::tokens::unescape(raw)),
            Self::Plain(text) => Cow::Borrowed(text),
        }
    }

    fn same(&self, other: &Text<'_>) -> bool {
        self.decode() == other.decode()
    }
}

impl<'a> Value<'a> {
    pub fn string(text: impl Into<Cow<'a, str>>) -> Self {
        Self::String(Text::Plain(text.into()))
    }

    pub fn integer(integer: impl Into<i128>) -> Self {
        Self::Number(Cow::Owned(integer.into().to_string()))
    }

    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null | Self::Unfit(_))
    }

    /// A field of an object; `None` for other values too.
    pub fn get(&self, key: &str) -> Option<&Value<'a>> {
        match self {
            Self::Object(fields) => fields.iter().find(|(name, _)| name == key).map(|(_, value)| value),
            Self::Null | Self::Unfit(_) | Self::Bool(_) | Self::Number(_) | Self::String(_) | Self::Array(_) => None,
        }
    }

    pub fn as_array(&self) -> Option<&[Value<'a>]> {
        match self {
            Self::Array(items) => Some(items),
            Self::Null | Self::Unfit(_) | Self::Bool(_) | Self::Number(_) | Self::String(_) | Self::Object(_) => None,
        }
    }

    /// A string's characters; `None` for other values.
    pub fn as_text(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::String(text) => Some(text.decode()),
            Self::Null | Self::Unfit(_) | Self::Bool(_) | Self::Number(_) | Self::Array(_) | Self::Object(_) => None,
        }
    }

    /// A scalar as the text that a URL or a header carries: a string's characters, a number's token.
    /// `None` for null, lists and objects.
    pub fn scalar_text(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Bool(true) => Some(Cow::Borrowed("true")),
            Self::Bool(false) => Some(Cow::Borrowed("false")),
            Self::Number(raw) => Some(Cow::Borrowed(raw)),
            Self::String(text) => Some(text.decode()),
            Self::Null | Self::Unfit(_) | Self::Array(_) | Self::Object(_) => None,
        }
    }

    /// What kind of value it is, as a message says it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null | Self::Unfit(_) => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::String(_) => "a string",
            Self::Array(_) => "a list",
            Self::Object(_) => "an object",
        }
    }

    /// The value with nothing borrowed.
    pub fn into_owned(self) -> Value<'static> {
        match self {
            Self::Null => Value::Null,
            Self::Unfit(why) => Value::Unfit(why),
            Self::Bool(truth) => Value::Bool(truth),
            Self::Number(raw) => Value::Number(Cow::Owned(raw.into_owned())),
            Self::String(text) => Value::string(text.decode().into_owned()),
            Self::Array(items) => Value::Array(items.into_iter().map(Value::into_owned).collect()),
            Self::Object(fields) => Value::Object(
                fields.into_iter().map(|(key, value)| (Cow::Owned(key.into_owned()), value.into_owned())).collect(),
            ),
        }
    }

    /// The value as JSON text.
    pub fn to_json(&self) -> String {
        let mut out = Vec::new();
        super::json::write(self, &mut out);
        // The writer copies only whole strings, so this is UTF-8; lossy rather than a panic if that ever changes.
        String::from_utf8_lossy(&out).into_owned()
    }
}

/// Equality of meaning: numbers by value, strings unescaped, objects whatever the order of their keys.
impl PartialEq for Value<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null | Self::Unfit(_), Self::Null | Self::Unfit(_)) => true,
            (Self::Bool(left), Self::Bool(right)) => left == right,
            (Self::Number(left), Self::Number(right)) => number::same_number(left, right),
            (Self::String(left), Self::String(right)) => left.same(right),
            (Self::Array(left), Self::Array(right)) => left == right,
            (Self::Object(left), Self::Object(right)) => {
                left.len() == right.len() && left.iter().all(|(key, value)| other.get(key) == Some(value))
            }
            (
                Self::Null
                | Self::Unfit(_)
                | Self::Bool(_)
                | Self::Number(_)
                | Self::String(_)
                | Self::Array(_)
                | Self::Object(_),
                _,
            ) => false,
        }
    }
}
