//! Owns the route of a saved operation: the address and the method that it answers to, where its variables come from, and what of
//! its answer is the response.

mod input;
mod read;
mod table;
#[cfg(test)]
mod tests;

use std::fmt;

use apollo_compiler::Name;

pub use input::{Form, Input, Place, Text};
pub use read::read;
pub use table::{Found, Routes, is_same};

/// How an operation is asked for over REST.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    pub method: RestMethod,
    /// What comes after `/bff/CLIENT`.
    pub path: Vec<Segment>,
    /// The root field whose value is the whole response; without one that is the object of all root fields.
    pub root: Option<Name>,
    /// The root fields by their keys in the answer.
    pub fields: Vec<RootField>,
    /// Of a response that has what was asked for, between 200 and 299.
    pub status: u16,
    /// Where each variable comes from, in the order of the variables.
    pub inputs: Vec<Input>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootField {
    pub key: Name,
    /// One object, so that null means that there is none.
    pub is_object: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    Literal(Box<str>),
    /// `{name}`
    Parameter(Box<str>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RestMethod {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl RestMethod {
    pub const ALL: [Self; 5] = [Self::Get, Self::Post, Self::Put, Self::Patch, Self::Delete];

    pub fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    /// The method of a request; `HEAD` asks for what `GET` asks for.
    pub fn of(name: &str) -> Option<Self> {
        let name = if name == "HEAD" { "GET" } else { name };
        Self::ALL.into_iter().find(|method| method.name() == name)
    }

    /// Whether a request can say something in a body.
    pub fn has_body(self) -> bool {
        match self {
            Self::Post | Self::Put | Self::Patch => true,
            Self::Get | Self::Delete => false,
        }
    }
}

impl Route {
    pub fn has_body(&self) -> bool {
        self.inputs.iter().any(|input| matches!(input.place, Place::Body | Place::Member))
    }

    /// The path as OpenAPI writes it.
    pub fn template(&self) -> String {
        self.path.iter().map(|segment| format!("/{segment}")).collect()
    }
}

impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Literal(text) => f.write_str(text),
            Self::Parameter(name) => write!(f, "{{{name}}}"),
        }
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method.name(), self.template())
    }
}
