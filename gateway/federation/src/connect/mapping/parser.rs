//! Owns the grammar of the mapping language.
//!
//! There are two ways to read a value. In a *selection* (`name: full_name`) quoted text is a key.
//! In a *literal* (inside `$(...)`, in a method's arguments, after `??`) quoted text, numbers, lists, `true`, `false`
//! and `null` are values.

use super::MappingError;
use super::ast::{
    CoalesceOn, Expression, ExpressionKind, Field, Name, Path, Root, Selection, SelectionBody, SelectionSet, Step,
    StepKind, Variable,
};
use super::lexer::{Token, TokenKind, tokens};
use super::method::Method;
use crate::suggest::closest;
use std::collections::HashSet;
use std::ops::Range;

/// How deep braces, brackets and parentheses may nest.
const MAX_NESTING: usize = 64;

/// How many `??` and `?!` one expression may chain: each is a level of the tree.
const MAX_CHAIN: usize = 64;

/// Methods that Connectors got after v0.3.
const LATER: [&str; 8] =
    ["as", "jsonParse", "split", "trim", "trimStart", "trimEnd", "keysToCamelCase", "keysToCamelCaseDeep"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Selection,
    Literal,
}

impl Selection {
    /// Reads a mapping. The error's span is in bytes of `text`.
    pub fn parse(text: &str) -> Result<Self, MappingError> {
        let tokens = tokens(text)?;
        let mut parser = Parser { tokens, at: 0, depth: 0 };
        let body = parser.body()?;
        match parser.kind() {
            TokenKind::End => Ok(Self { body }),
            _ => Err(parser.unexpected("the end")),
        }
    }

    /// Reads the single expression of a template's braces, where `$(...)` is allowed but not needed.
    pub fn parse_expression(text: &str) -> Result<Self, MappingError> {
        let tokens = tokens(text)?;
        let mut parser = Parser { tokens, at: 0, depth: 0 };
        let expression = parser.expression(Mode::Selection)?;
        match parser.kind() {
            TokenKind::End => Ok(Self { body: SelectionBody::Value(expression) }),
            _ => Err(parser.unexpected("the end of the expression")),
        }
    }
}

struct Parser<'t> {
    /// Never empty: the last is [`TokenKind::End`].
    tokens: Vec<Token<'t>>,
    at: usize,
    depth: usize,
}

impl<'t> Parser<'t> {
    fn token(&self, ahead: usize) -> &Token<'t> {
        &self.tokens[(self.at + ahead).min(self.tokens.len() - 1)]
    }

    fn kind(&self) -> &TokenKind<'t> {
        &self.token(0).kind
    }

    fn start(&self) -> usize {
        self.token(0).span.start
    }

    /// The end of the token before this one.
    fn end(&self) -> usize {
        self.tokens[self.at.saturating_sub(1)].span.end
    }

    fn advance(&mut self) -> Token<'t> {
        let token = self.token(0).clone();
        self.at = (self.at + 1).min(self.tokens.len() - 1);
        token
    }

    fn eat(&mut self, kind: &TokenKind<'_>) -> bool {
        let found = self.kind() == kind;
        if found {
            self.advance();
        }
        found
    }

    fn expect(&mut self, kind: &TokenKind<'_>) -> Result<(), MappingError> {
        if self.eat(kind) { Ok(()) } else { Err(self.unexpected(&kind.describe())) }
    }

    fn unexpected(&self, expected: &str) -> MappingError {
        let token = self.token(0);
        let error =
            MappingError::new(token.span.clone(), format!("expected {expected}, found {}", token.kind.describe()));
        match token.kind {
            TokenKind::Spread => {
                error.help("`...` is not supported yet; name the fields, or write `$.path { ... }` without it")
            }
            TokenKind::Number(_) => error.help("a literal is written `$(...)`, such as `$(1)`"),
            TokenKind::BracketOpen => error.help(
                "an item of a list is `->get(0)`, and a list `$([...])`; a name with brackets in it is quoted, such as \
                 `\"page[size]\"`",
            ),
            TokenKind::ParenOpen => error.help("a key takes no arguments; a method is called by `->name(...)`"),
            _ => error,
        }
    }

    fn nested<T>(&mut self, parse: impl FnOnce(&mut Self) -> Result<T, MappingError>) -> Result<T, MappingError> {
        if self.depth == MAX_NESTING {
            let message = format!("nested more than {MAX_NESTING} deep");
            return Err(MappingError::new(self.token(0).span.clone(), message));
        }
        self.depth += 1;
        let result = parse(self);
        self.depth -= 1;
        result
    }

    fn body(&mut self) -> Result<SelectionBody, MappingError> {
        if *self.kind() == TokenKind::End {
            return Err(MappingError::new(self.token(0).span.clone(), "this mapping is empty")
                .help("name at least one field, or use `$` for the whole value"));
        }
        if *self.kind() == TokenKind::BraceOpen {
            return self.braces(Mode::Selection).map(SelectionBody::Object);
        }
        let start = self.start();
        let mut fields = Vec::new();
        while *self.kind() != TokenKind::End {
            // `$.orders->first { id }` alone is a value. Beside other fields it is spread into their object.
            if fields.is_empty() && !self.is_named() {
                let value = self.expression(Mode::Selection)?;
                self.eat(&TokenKind::Comma);
                if *self.kind() == TokenKind::End {
                    return Ok(SelectionBody::Value(value));
                }
                fields.push(Self::unnamed(value)?);
            } else {
                fields.push(self.field(Mode::Selection)?);
                self.eat(&TokenKind::Comma);
            }
        }
        let set = SelectionSet { fields, span: start..self.end() };
        Self::check_names(&set)?;
        Ok(SelectionBody::Object(set))
    }

    /// `{ fields }`, from the opening brace to the closing one.
    fn braces(&mut self, mode: Mode) -> Result<SelectionSet, MappingError> {
        self.nested(|parser| {
            let start = parser.start();
            parser.expect(&TokenKind::BraceOpen)?;
            let mut fields = Vec::new();
            while *parser.kind() != TokenKind::BraceClose {
                if *parser.kind() == TokenKind::End {
                    return Err(MappingError::new(start..start + 1, "this `{` is never closed"));
                }
                fields.push(parser.field(mode)?);
                parser.eat(&TokenKind::Comma);
            }
            parser.advance();
            let set = SelectionSet { fields, span: start..parser.end() };
            if set.fields.is_empty() && mode == Mode::Selection {
                return Err(MappingError::new(set.span, "these braces select nothing"));
            }
            Self::check_names(&set)?;
            Ok(set)
        })
    }

    fn check_names(set: &SelectionSet) -> Result<(), MappingError> {
        let mut seen = HashSet::new();
        for name in set.fields.iter().filter_map(|field| field.name.as_ref()) {
            if !seen.insert(name.text.as_str()) {
                return Err(MappingError::new(name.span.clone(), format!("`{}` is selected twice", name.text))
                    .help("give one of them another name: `other: path`"));
            }
        }
        Ok(())
    }

    /// Whether the next field has a name of its own: `name`, `name { ... }` or `alias: ...`.
    fn is_named(&self) -> bool {
        match self.kind() {
            TokenKind::Name(_) | TokenKind::String(_) => match self.token(1).kind {
                TokenKind::Dot | TokenKind::Arrow => false,
                // `a?.b` is a path, `a? b` is not.
                TokenKind::Question => !matches!(self.token(2).kind, TokenKind::Dot | TokenKind::Arrow),
                _ => true,
            },
            _ => false,
        }
    }

    fn field(&mut self, mode: Mode) -> Result<Field, MappingError> {
        let field = self.plain_field(mode)?;
        // `path as $name`, of a later version.
        if *self.kind() == TokenKind::Name("as") && matches!(self.token(1).kind, TokenKind::Variable(_)) {
            return Err(MappingError::new(self.token(0).span.clone(), "`as` is not supported yet")
                .help("write the path where the variable would stand"));
        }
        Ok(field)
    }

    fn plain_field(&mut self, mode: Mode) -> Result<Field, MappingError> {
        if !self.is_named() {
            let value = self.expression(Mode::Selection)?;
            return Self::unnamed(value);
        }
        let token = self.token(0).clone();
        let text = match &token.kind {
            TokenKind::Name(name) => (*name).to_owned(),
            TokenKind::String(text) => text.clone().into_owned(),
            _ => return Err(self.unexpected("a field")),
        };
        let name = Name { text, span: token.span };
        if self.token(1).kind == TokenKind::Colon {
            self.advance();
            self.advance();
            let value = self.expression(mode)?;
            return Ok(Field { name: Some(name), value });
        }
        let value = self.expression(Mode::Selection)?;
        Ok(Field { name: Some(name), value })
    }

    fn unnamed(value: Expression) -> Result<Field, MappingError> {
        match &value.kind {
            ExpressionKind::Path(path) if path.has_selection() => Ok(Field { name: None, value }),
            _ => Err(MappingError::new(value.span, "this value has no name in the object")
                .help("write `name: ` before it, or `{ ... }` after it to take its fields")),
        }
    }

    fn expression(&mut self, mode: Mode) -> Result<Expression, MappingError> {
        let start = self.start();
        let mut first = self.operand(mode)?;
        for _ in 0..MAX_CHAIN {
            let on = match self.kind() {
                TokenKind::NullCoalesce => CoalesceOn::NullOrMissing,
                TokenKind::MissingCoalesce => CoalesceOn::Missing,
                _ => return Ok(first),
            };
            self.advance();
            let second = self.operand(Mode::Literal)?;
            let kind = ExpressionKind::Coalesce { first: Box::new(first), second: Box::new(second), on };
            first = Expression { kind, span: start..self.end() };
        }
        Err(MappingError::new(start..self.end(), format!("more than {MAX_CHAIN} alternatives in one expression")))
    }

    fn operand(&mut self, mode: Mode) -> Result<Expression, MappingError> {
        let start = self.start();
        let literal = mode == Mode::Literal;
        let kind = match self.kind().clone() {
            TokenKind::BraceOpen => ExpressionKind::Object(self.braces(mode)?),
            TokenKind::BracketOpen if literal => ExpressionKind::List(self.list()?),
            TokenKind::Number(raw) if literal => {
                self.advance();
                ExpressionKind::Number(raw.to_owned())
            }
            TokenKind::String(text) if literal => {
                self.advance();
                ExpressionKind::String(text.into_owned())
            }
            TokenKind::Name("true") if literal => self.word(ExpressionKind::Bool(true)),
            TokenKind::Name("false") if literal => self.word(ExpressionKind::Bool(false)),
            TokenKind::Name("null") if literal => self.word(ExpressionKind::Null),
            _ => ExpressionKind::Path(self.path()?),
        };
        let value = Expression { kind, span: start..self.end() };
        let steps_follow = matches!(self.kind(), TokenKind::Dot | TokenKind::Arrow);
        if !steps_follow || matches!(value.kind, ExpressionKind::Path(_)) {
            return Ok(value);
        }
        // `"a,b"->size`: a literal is a root like `$("a,b")`.
        let steps = self.steps()?;
        let selection = self.trailing_braces()?;
        let path = Path { root: Root::Parenthesized(Box::new(value)), steps, selection };
        Ok(Expression { kind: ExpressionKind::Path(path), span: start..self.end() })
    }

    fn word(&mut self, kind: ExpressionKind) -> ExpressionKind {
        self.advance();
        kind
    }

    /// `[a, b]`
    fn list(&mut self) -> Result<Vec<Expression>, MappingError> {
        self.expect(&TokenKind::BracketOpen)?;
        self.separated(&TokenKind::BracketClose)
    }

    /// Expressions with commas between, up to and with `close`.
    fn separated(&mut self, close: &TokenKind<'_>) -> Result<Vec<Expression>, MappingError> {
        self.nested(|parser| {
            let mut items = Vec::new();
            while !parser.eat(close) {
                items.push(parser.expression(Mode::Literal)?);
                if !parser.eat(&TokenKind::Comma) {
                    parser.expect(close)?;
                    break;
                }
            }
            Ok(items)
        })
    }

    fn path(&mut self) -> Result<Path, MappingError> {
        let token = self.token(0).clone();
        let mut steps = Vec::new();
        let root = match token.kind {
            TokenKind::Dollar => {
                self.advance();
                if self.eat(&TokenKind::ParenOpen) {
                    let inner = self.nested(|parser| parser.expression(Mode::Literal))?;
                    self.expect(&TokenKind::ParenClose)?;
                    Root::Parenthesized(Box::new(inner))
                } else {
                    Root::Dollar
                }
            }
            TokenKind::At => {
                self.advance();
                Root::At
            }
            TokenKind::Variable(name) => {
                self.advance();
                Root::Variable(variable(name, &token.span)?)
            }
            TokenKind::Name(_) | TokenKind::String(_) => {
                steps.push(self.key()?);
                Root::Implicit
            }
            _ => return Err(self.unexpected("a value")),
        };
        steps.append(&mut self.steps()?);
        let selection = self.trailing_braces()?;
        Ok(Path { root, steps, selection })
    }

    fn trailing_braces(&mut self) -> Result<Option<SelectionSet>, MappingError> {
        if *self.kind() == TokenKind::BraceOpen { self.braces(Mode::Selection).map(Some) } else { Ok(None) }
    }

    fn steps(&mut self) -> Result<Vec<Step>, MappingError> {
        let mut steps = Vec::new();
        loop {
            let start = self.start();
            match self.kind() {
                TokenKind::Dot => {
                    self.advance();
                    steps.push(self.key()?);
                }
                TokenKind::Arrow => {
                    self.advance();
                    steps.push(self.method()?);
                }
                TokenKind::Question => {
                    self.advance();
                    steps.push(Step { kind: StepKind::Optional, span: start..self.end() });
                }
                _ => return Ok(steps),
            }
        }
    }

    fn key(&mut self) -> Result<Step, MappingError> {
        let token = self.token(0).clone();
        let text = match token.kind {
            TokenKind::Name(name) => name.to_owned(),
            TokenKind::String(text) => text.into_owned(),
            TokenKind::Number(_) => {
                return Err(MappingError::new(token.span, "a list is not indexed by `.`").help("use `->get(0)`"));
            }
            _ => return Err(self.unexpected("a key")),
        };
        self.advance();
        Ok(Step { kind: StepKind::Key(text), span: token.span })
    }

    fn method(&mut self) -> Result<Step, MappingError> {
        let token = self.token(0).clone();
        let TokenKind::Name(name) = token.kind else {
            return Err(self.unexpected("a method's name"));
        };
        let Some(method) = Method::from_name(name) else {
            if LATER.contains(&name) {
                let message = format!("the method `{name}` is of a later version and not supported yet");
                return Err(MappingError::new(token.span, message).help("the methods of v0.3 are supported"));
            }
            let error = MappingError::new(token.span, format!("there is no method `{name}`"));
            return Err(match closest(name, Method::ALL.iter().map(|method| method.name())) {
                Some(close) => error.help(format!("did you mean `->{close}`?")),
                None => error,
            });
        };
        self.advance();
        let arguments =
            if self.eat(&TokenKind::ParenOpen) { self.separated(&TokenKind::ParenClose)? } else { Vec::new() };
        let span = token.span.start..self.end();
        method.check_arguments(&arguments, &span)?;
        Ok(Step { kind: StepKind::Method { method, arguments }, span })
    }
}

fn variable(name: &str, span: &Range<usize>) -> Result<Variable, MappingError> {
    if let Some(variable) = Variable::from_name(name) {
        return Ok(variable);
    }
    let error = MappingError::new(span.clone(), format!("there is no variable `${name}`"));
    Err(if name == "context" {
        error.help("`$context` is not supported yet")
    } else if let Some(close) = closest(name, Variable::ALL.iter().map(|variable| variable.name())) {
        error.help(format!("did you mean `${close}`?"))
    } else {
        error.help(format!("a key of the value is written `$.{name}`"))
    })
}
