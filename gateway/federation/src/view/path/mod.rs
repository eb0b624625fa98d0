//! Owns the language of `@from(path:)`: `"."`, or `name(arguments)? <Type>? ([] | [n])*` joined by dots.

mod lexer;
mod parser;
#[cfg(test)]
mod tests;

use std::ops::Range;

use apollo_compiler::Name;

use super::map::ListStep;

pub(super) use parser::parse;

/// What a path is made of, for those whose text is none.
pub(super) const GRAMMAR: &str = "a path is fields with dots between them, each `name(arguments)<Type>[]`, where all but the \
                                  name may be left out";

#[derive(Debug)]
pub(super) enum FieldPath {
    /// `"."`: the object that the field is on.
    Here,
    /// One at least.
    Segments(Vec<Segment>),
}

#[derive(Debug)]
pub(super) struct Segment {
    pub name: Word,
    pub arguments: Vec<PathArgument>,
    pub narrow: Option<Word>,
    pub lists: Vec<(ListStep, Range<usize>)>,
}

/// A name, and where in the text it stands.
#[derive(Debug, Clone)]
pub(super) struct Word {
    pub text: Name,
    pub span: Range<usize>,
}

#[derive(Debug)]
pub(super) struct PathArgument {
    pub name: Word,
    pub value: PathValue,
}

#[derive(Debug)]
pub(super) struct PathValue {
    pub kind: PathValueKind,
    pub span: Range<usize>,
}

/// A GraphQL literal with `$argument` and `$claims.name` in it.
#[derive(Debug)]
pub(super) enum PathValueKind {
    Null,
    Boolean(bool),
    Int(String),
    Float(String),
    String(String),
    Enum(Name),
    List(Vec<PathValue>),
    Object(Vec<PathArgument>),
    Argument(Name),
    Claim(Vec<Box<str>>),
}

/// What is no path.
#[derive(Debug)]
pub(super) struct PathError {
    pub message: String,
    pub span: Range<usize>,
    pub help: Option<String>,
}
