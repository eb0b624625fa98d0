//! Owns the grammar of a path.

use std::ops::Range;

use apollo_compiler::Name;

use super::lexer::{Token, tokens};
use super::{FieldPath, PathArgument, PathError, PathValue, PathValueKind, Segment, Word};
use crate::suggest::closest;
use crate::view::map::ListStep;

/// Lists and objects within each other.
const MAX_DEPTH: usize = 32;

pub(in crate::view) fn parse(text: &str) -> Result<FieldPath, PathError> {
    let tokens = tokens(text)?;
    let mut parser = Parser { tokens: &tokens, at: 0, end: text.len() };
    if tokens.is_empty() {
        return Err(PathError {
            message: "the path is empty".to_owned(),
            span: 0..text.len(),
            help: Some(
                "write the supergraph's field, such as \"user.name\", or \".\" for the object itself".to_owned(),
            ),
        });
    }
    if let [(Token::Mark('.'), _)] = &tokens[..] {
        return Ok(FieldPath::Here);
    }
    let mut segments = vec![parser.segment()?];
    while parser.take('.').is_some() {
        segments.push(parser.segment()?);
    }
    match parser.next() {
        None => Ok(FieldPath::Segments(segments)),
        Some((token, span)) => Err(PathError {
            message: format!("a path goes on with `.`, and here stands {}", token.shown()),
            span: span.clone(),
            help: None,
        }),
    }
}

struct Parser<'t> {
    tokens: &'t [(Token, Range<usize>)],
    at: usize,
    /// Of the text.
    end: usize,
}

impl<'t> Parser<'t> {
    fn segment(&mut self) -> Result<Segment, PathError> {
        let name = self.word("the name of a field")?;
        let mut arguments = vec![];
        if self.take('(').is_some() {
            arguments = self.arguments(')', 0)?;
        }
        let mut narrow = None;
        if self.take('<').is_some() {
            narrow = Some(self.word("the name of a type")?);
            self.expect('>')?;
        }
        let mut lists = vec![];
        while let Some(open) = self.take('[') {
            let step = match self.peek() {
                Some((Token::Int(number), span)) => {
                    let Ok(index) = number.parse() else {
                        let message = format!("`{number}` is no place in a list");
                        let help = Some("places are counted from 0".to_owned());
                        return Err(PathError { message, span: span.clone(), help });
                    };
                    self.at += 1;
                    ListStep::At(index)
                }
                _ => ListStep::Each,
            };
            let close = self.expect(']')?;
            lists.push((step, open.start..close.end));
        }
        Ok(Segment { name, arguments, narrow, lists })
    }

    /// Names with values, until the mark that closes them.
    fn arguments(&mut self, close: char, depth: usize) -> Result<Vec<PathArgument>, PathError> {
        let mut arguments: Vec<PathArgument> = vec![];
        while self.take(close).is_none() {
            let name = self.word("the name of an argument")?;
            if arguments.iter().any(|known| known.name.text == name.text) {
                let message = format!("`{}` is given twice", name.text);
                return Err(PathError { message, span: name.span, help: None });
            }
            self.expect(':')?;
            let value = self.value(depth)?;
            arguments.push(PathArgument { name, value });
        }
        Ok(arguments)
    }

    fn value(&mut self, depth: usize) -> Result<PathValue, PathError> {
        let Some((token, span)) = self.next() else { return Err(self.unexpected("a value")) };
        let start = span.start;
        if depth > MAX_DEPTH {
            let message = format!("values are nested deeper than {MAX_DEPTH} levels");
            return Err(PathError { message, span: span.clone(), help: None });
        }
        let kind = match token {
            Token::Int(text) => PathValueKind::Int(text.clone()),
            Token::Float(text) => PathValueKind::Float(text.clone()),
            Token::String(text) => PathValueKind::String(text.clone()),
            Token::Name(name) => match name.as_str() {
                "null" => PathValueKind::Null,
                "true" => PathValueKind::Boolean(true),
                "false" => PathValueKind::Boolean(false),
                _ => PathValueKind::Enum(read_name(name, span)?),
            },
            Token::Mark('$') => self.variable()?,
            Token::Mark('[') => {
                let mut items = vec![];
                while self.take(']').is_none() {
                    items.push(self.value(depth + 1)?);
                }
                PathValueKind::List(items)
            }
            Token::Mark('{') => PathValueKind::Object(self.arguments('}', depth + 1)?),
            Token::Mark(_) => {
                self.at -= 1;
                return Err(self.unexpected("a value"));
            }
        };
        let end = self.tokens.get(self.at.saturating_sub(1)).map_or(self.end, |(_, span)| span.end);
        Ok(PathValue { kind, span: start..end })
    }

    /// What follows a `$`.
    fn variable(&mut self) -> Result<PathValueKind, PathError> {
        let first = self.word("the name of an argument, or `claims`")?;
        let mut names = vec![];
        while self.take('.').is_some() {
            names.push(self.word("the name of a claim")?);
        }
        match (first.text.as_str(), names.first()) {
            ("claims", None) => Err(PathError {
                message: "`$claims` is all that a credential says, and no value".to_owned(),
                span: first.span,
                help: Some("name the claim, such as `$claims.sub`".to_owned()),
            }),
            ("claims", Some(_)) => {
                Ok(PathValueKind::Claim(names.iter().map(|name| Box::from(name.text.as_str())).collect()))
            }
            (_, None) => Ok(PathValueKind::Argument(first.text)),
            (name, Some(inner)) => Err(PathError {
                message: format!("`${name}` stands for the whole argument"),
                span: inner.span.clone(),
                help: Some(match closest(name, ["claims"]) {
                    Some(claims) => format!("did you mean `${claims}.{inner}`?", inner = inner.text),
                    None => format!("give `{inner}` an argument of its own", inner = inner.text),
                }),
            }),
        }
    }

    fn word(&mut self, what: &str) -> Result<Word, PathError> {
        match self.peek() {
            Some((Token::Name(name), span)) => {
                self.at += 1;
                Ok(Word { text: read_name(name, span)?, span: span.clone() })
            }
            _ => Err(self.unexpected(what)),
        }
    }

    fn peek(&self) -> Option<&'t (Token, Range<usize>)> {
        self.tokens.get(self.at)
    }

    fn next(&mut self) -> Option<&'t (Token, Range<usize>)> {
        let next = self.peek();
        self.at += usize::from(next.is_some());
        next
    }

    fn take(&mut self, mark: char) -> Option<Range<usize>> {
        match self.peek() {
            Some((Token::Mark(found), span)) if *found == mark => {
                self.at += 1;
                Some(span.clone())
            }
            _ => None,
        }
    }

    fn expect(&mut self, mark: char) -> Result<Range<usize>, PathError> {
        self.take(mark).ok_or_else(|| self.unexpected(&format!("`{mark}`")))
    }

    fn unexpected(&self, expected: &str) -> PathError {
        let (message, span) = match self.peek() {
            Some((token, span)) => (format!("expected {expected}, and here stands {}", token.shown()), span.clone()),
            None => (format!("expected {expected}, and the path ends"), self.end..self.end),
        };
        PathError { message, span, help: None }
    }
}

/// The lexer knows what names are made of; only what is reserved is left to refuse.
fn read_name(text: &str, span: &Range<usize>) -> Result<Name, PathError> {
    match Name::new(text) {
        Ok(name) if !text.starts_with("__") => Ok(name),
        _ => Err(PathError { message: format!("`{text}` is no field of a backend"), span: span.clone(), help: None }),
    }
}
