//! Owns the mapping language as data. Every part has its span in the text that it was read from.

use super::method::Method;
use std::ops::Range;

/// A whole mapping, such as a connector's `selection` or `body`.
#[derive(Debug, Clone, PartialEq)]
pub struct Selection {
    pub body: SelectionBody,
}

#[derive(Debug, Clone, PartialEq)]
pub enum SelectionBody {
    /// `id name: full_name`: an object, or a list of them where the input is a list.
    Object(SelectionSet),
    /// `$.orders { id }`: the value of one expression.
    Value(Expression),
}

/// Named values that make an object of the value they are applied to.
#[derive(Debug, Clone, PartialEq)]
pub struct SelectionSet {
    pub fields: Vec<Field>,
    pub span: Range<usize>,
}

/// One item of a [`SelectionSet`].
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// The name in the output. None for `$.path { ... }`, whose fields become the object's own.
    pub name: Option<Name>,
    pub value: Expression,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Name {
    pub text: String,
    pub span: Range<usize>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Expression {
    pub kind: ExpressionKind,
    pub span: Range<usize>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum ExpressionKind {
    Null,
    Bool(bool),
    /// A number's token.
    Number(String),
    String(String),
    List(Vec<Expression>),
    /// `{ ... }`, as a value.
    Object(SelectionSet),
    Path(Path),
    /// `first ?? second`, `first ?! second`.
    Coalesce {
        first: Box<Expression>,
        second: Box<Expression>,
        on: CoalesceOn,
    },
}

/// When the second operand of a coalescing operator is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CoalesceOn {
    /// `??`: the first is null or missing.
    NullOrMissing,
    /// `?!`: the first is missing.
    Missing,
}

/// `$args.input->first { id }`: where to start, what to do in turn, and what to pick from the result.
#[derive(Debug, Clone, PartialEq)]
pub struct Path {
    pub root: Root,
    pub steps: Vec<Step>,
    pub selection: Option<SelectionSet>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Root {
    /// No root written: the first step is a key of `@`.
    Implicit,
    /// `$`: the value that the enclosing braces are applied to.
    Dollar,
    /// `@`: the value that the enclosing method is applied to.
    At,
    Variable(Variable),
    /// `$(...)`
    Parenthesized(Box<Expression>),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    pub kind: StepKind,
    pub span: Range<usize>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum StepKind {
    /// `.key`
    Key(String),
    /// `->method(arguments)`
    Method { method: Method, arguments: Vec<Expression> },
    /// `?`: the path ends here, quietly, where the value is null or missing.
    Optional,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Variable {
    Args,
    This,
    Batch,
    Config,
    Env,
    Status,
    Request,
    Response,
}

impl Variable {
    pub const ALL: [Self; 8] =
        [Self::Args, Self::This, Self::Batch, Self::Config, Self::Env, Self::Status, Self::Request, Self::Response];

    /// The name, without the dollar.
    pub fn name(self) -> &'static str {
        match self {
            Self::Args => "args",
            Self::This => "this",
            Self::Batch => "batch",
            Self::Config => "config",
            Self::Env => "env",
            Self::Status => "status",
            Self::Request => "request",
            Self::Response => "response",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|variable| variable.name() == name)
    }
}

impl Path {
    /// The path without its braces, for what only looks where it leads.
    pub fn has_selection(&self) -> bool {
        self.selection.is_some()
    }
}
