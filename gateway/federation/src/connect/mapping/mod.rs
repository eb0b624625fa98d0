//! Owns the mapping language of connectors (`JSONSelection`): text in, values out.
//!
//! [`Selection::parse`] turns a text into data, once, when a schema is composed. At request time
//! [`eval`] runs it over a [`Value`], which borrows from the bytes that it was read from:
//! a leaf is its token, never a copy.
//!
//! The language is that of Apollo Connectors v0.3, written from its public documentation.

mod ast;
mod eval;
mod json;
mod lexer;
mod method;
mod methods;
mod number;
mod output;
mod parser;
mod picks;
mod prune;
mod reads;
mod rename;
mod tokens;
mod tree;
mod uses;
mod value;

#[cfg(test)]
mod tests;

pub use ast::{
    CoalesceOn, Expression, ExpressionKind, Field, Name, Path, Root, Selection, SelectionBody, SelectionSet, Step,
    StepKind, Variable,
};
pub use eval::{Problem, ProblemKind, Vars, eval};
pub use json::{
    JsonError, MAX_DEPTH, MAX_VALUES, items as json_items, parse as parse_json, parse_read as parse_json_read,
    write as write_json, write_string as write_json_string, write_telling as write_json_telling,
};
pub use method::Method;
pub(super) use number::{float_token, float32_token};
pub use output::{Output, OutputField};
pub use picks::{Braces, End, Member, Pick, PickError, Picks, Walk};
pub use reads::Reads;
pub use tree::FieldTree;
pub use uses::{Segment, Use, UseRoot};
pub use value::{Text, Value};

use std::ops::Range;

/// What is wrong in a mapping text. The span is in bytes of that text; the caller knows where the text
/// stands in its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappingError {
    pub span: Range<usize>,
    pub message: String,
    pub help: Option<String>,
}

impl MappingError {
    pub(crate) fn new(span: Range<usize>, message: impl Into<String>) -> Self {
        Self { span, message: message.into(), help: None }
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl std::fmt::Display for MappingError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for MappingError {}
