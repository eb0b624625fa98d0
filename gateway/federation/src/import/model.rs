//! Owns the schema that an import makes, before it is text: types as in GraphQL, and of each field where its value is on
//! the wire.

use indexmap::IndexMap;

/// The scalar for what has no type of its own.
pub const JSON: &str = "JSON";

#[derive(Debug, Default)]
pub struct Schema {
    /// Comments at the head of the file.
    pub header: Vec<String>,
    pub sources: Vec<Source>,
    /// Whether `https://specs.weft.dev/connect/v0.1` is needed.
    pub additions: bool,
    /// The operation types that have fields.
    pub roots: Vec<Root>,
    pub types: IndexMap<String, Definition>,
    pub left_out: Vec<LeftOut>,
    /// What the names of types begin with.
    pub prefix: String,
}

#[derive(Debug)]
pub struct Source {
    pub comments: Vec<String>,
    pub name: String,
    pub protocol: SourceProtocol,
    pub headers: Vec<Header>,
    /// `errors.message`, a mapping.
    pub message: Option<String>,
}

#[derive(Debug)]
pub enum SourceProtocol {
    Http { base_url: String, query: Vec<Item> },
    Grpc { address: String, service: Option<String>, proto: Vec<String> },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Header {
    From(String),
    Value { name: String, value: String },
}

#[derive(Debug)]
pub struct Root {
    pub name: &'static str,
    pub fields: Vec<Field>,
}

/// An operation that is not in the schema, and why, in words that follow "is left out:".
#[derive(Debug)]
pub struct LeftOut {
    pub what: String,
    pub why: String,
}

/// What is said of a thing beside its type.
#[derive(Debug, Clone, Default)]
pub struct About {
    pub description: Option<String>,
    /// For the team that owns the file, not for clients.
    pub comments: Vec<String>,
    /// The reason, which may be empty.
    pub deprecated: Option<String>,
}

#[derive(Debug)]
pub enum Definition {
    Object(Object),
    Input(Input),
    Enum { about: About, values: Vec<EnumValue> },
    Scalar { description: String },
}

#[derive(Debug, Default)]
pub struct Object {
    pub about: About,
    /// The field that is its `@key`.
    pub key: Option<String>,
    pub fields: Vec<Field>,
}

#[derive(Debug, Default)]
pub struct Input {
    pub about: About,
    pub one_of: bool,
    pub fields: Vec<Argument>,
}

#[derive(Debug)]
pub struct EnumValue {
    pub about: About,
    pub name: String,
}

/// A field of an object or of a root type.
#[derive(Debug)]
pub struct Field {
    pub name: String,
    pub about: About,
    pub arguments: Vec<Argument>,
    pub ty: Type,
    pub wire: Wire,
    /// Only its key is selected of the object; the rest is looked up.
    pub key_only: bool,
    /// On root fields.
    pub connect: Option<Connect>,
}

/// An argument, or a field of an input type.
#[derive(Debug, Clone)]
pub struct Argument {
    pub name: String,
    pub about: About,
    pub ty: Type,
    /// A GraphQL literal.
    pub default: Option<String>,
    pub wire: Wire,
}

/// Where a value is on the wire.
#[derive(Debug, Clone, Default)]
pub struct Wire {
    /// The key in its object. None where the value's own fields are in that object: a oneof's.
    pub key: Option<String>,
    /// What is done to the value, as in `->entries`; empty for nothing.
    pub convert: String,
}

impl Wire {
    pub fn key(key: impl Into<String>) -> Self {
        Self { key: Some(key.into()), convert: String::new() }
    }
}

#[derive(Debug)]
pub struct Connect {
    pub entity: bool,
    /// Index into [`Schema::sources`].
    pub source: usize,
    pub request: Request,
    pub selection: Selected,
}

#[derive(Debug)]
pub enum Request {
    Http { method: &'static str, url: String, query: Vec<Item>, headers: Vec<Header>, body: Option<Body> },
    Grpc { method: String, body: Option<Body> },
}

/// Where a request's body comes from.
#[derive(Debug, Clone)]
pub enum Body {
    /// The argument is the body. One that may be missing counts as an empty object.
    Argument { name: String, required: bool },
    /// The arguments are the body's fields.
    Arguments,
}

/// What a connector takes of a response.
#[derive(Debug)]
pub enum Selected {
    /// The fields of the field's type.
    Fields,
    /// A mapping.
    Value(String),
}

/// A piece of a mapping: `name`, `name: key`, or one of these with braces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    pub text: String,
    pub children: Vec<Item>,
}

impl Item {
    pub fn leaf(text: impl Into<String>) -> Self {
        Self { text: text.into(), children: vec![] }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    Named(String),
    List(Box<Type>),
    NonNull(Box<Type>),
}

impl Type {
    pub fn named(name: impl Into<String>) -> Self {
        Self::Named(name.into())
    }

    pub fn list(self) -> Self {
        Self::List(Box::new(self))
    }

    pub fn non_null(self) -> Self {
        match self {
            Self::NonNull(_) => self,
            Self::Named(_) | Self::List(_) => Self::NonNull(Box::new(self)),
        }
    }

    pub fn non_null_if(self, condition: bool) -> Self {
        if condition { self.non_null() } else { self }
    }

    pub fn nullable(self) -> Self {
        match self {
            Self::NonNull(inner) => *inner,
            Self::Named(_) | Self::List(_) => self,
        }
    }

    pub fn is_list(&self) -> bool {
        match self {
            Self::Named(_) => false,
            Self::List(_) => true,
            Self::NonNull(inner) => inner.is_list(),
        }
    }

    pub fn inner(&self) -> &str {
        match self {
            Self::Named(name) => name,
            Self::List(inner) | Self::NonNull(inner) => inner.inner(),
        }
    }

    pub fn set_inner(&mut self, name: &str) {
        match self {
            Self::Named(own) => *own = name.to_owned(),
            Self::List(inner) | Self::NonNull(inner) => inner.set_inner(name),
        }
    }
}

impl std::fmt::Display for Type {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Named(name) => f.write_str(name),
            Self::List(inner) => write!(f, "[{inner}]"),
            Self::NonNull(inner) => write!(f, "{inner}!"),
        }
    }
}

/// The scalars that an import may use, with what is said of them.
const SCALARS: [(&str, &str); 5] = [
    (JSON, "Any JSON."),
    ("BigInt", "A whole number of any size."),
    ("DateTime", "RFC 3339."),
    ("Date", "A day, as in 2026-01-31."),
    ("Base64", "Bytes, in base64."),
];

impl Schema {
    /// Defines the scalar, unless it is built in or defined already.
    pub fn use_scalar(&mut self, name: &str) {
        if let Some((_, description)) = SCALARS.iter().find(|(known, _)| *known == name) {
            let description = (*description).to_owned();
            self.types.entry(name.to_owned()).or_insert(Definition::Scalar { description });
        }
    }

    pub fn is_scalar(name: &str) -> bool {
        SCALARS.iter().any(|(known, _)| *known == name) || ["ID", "String", "Int", "Float", "Boolean"].contains(&name)
    }
}
