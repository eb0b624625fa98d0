//! Owns the reading of directive arguments: typed access that complains with a span.
//!
//! A subgraph's arguments and a supergraph's `@join__directive(args: {...})` are read by the same functions: both are
//! names with values.

use super::located::{Located, span_in, span_of};
use super::mapping::{MappingError, Selection};
use super::template::bare_variables;
use crate::diagnostics::{Diagnostic, Source, Span};
use crate::suggest::closest;
use apollo_compiler::ast::{Argument, Value};
use apollo_compiler::{Name, Node};
use std::ops::Range;
use std::sync::Arc;

/// Where complaints go.
pub(super) struct Reader<'r> {
    pub subgraph: String,
    pub source: &'r Arc<Source>,
    pub diagnostics: Vec<Diagnostic>,
}

impl Reader<'_> {
    pub fn push(&mut self, diagnostic: Diagnostic) {
        let diagnostic = diagnostic.in_subgraph(self.subgraph.clone());
        // One mapping can be looked at for more than one reason; people need to hear of it once.
        if !self.diagnostics.contains(&diagnostic) {
            self.diagnostics.push(diagnostic);
        }
    }

    pub fn span<T: ?Sized>(&self, node: &Node<T>) -> Option<Span> {
        span_of(self.source, node)
    }

    /// An error about a whole node.
    pub fn error<T: ?Sized>(&mut self, code: &'static str, node: &Node<T>, message: impl Into<String>) {
        self.push(Diagnostic::error(code, message).at(self.span(node), ""));
    }

    /// An error about a part of a string.
    pub fn error_in(&mut self, code: &'static str, node: &Node<Value>, part: Range<usize>, message: impl Into<String>) {
        let span = span_in(self.source, node, part);
        self.push(Diagnostic::error(code, message).at(span, ""));
    }

    pub fn error_help(
        &mut self,
        code: &'static str,
        span: Option<Span>,
        message: impl Into<String>,
        help: Option<String>,
    ) {
        let mut diagnostic = Diagnostic::error(code, message).at(span, "");
        diagnostic.help = help;
        self.push(diagnostic);
    }

    pub fn mapping_error(&mut self, code: &'static str, node: &Node<Value>, error: MappingError) {
        let span = span_in(self.source, node, error.span);
        self.error_help(code, span, error.message, error.help);
    }

    /// Parses a string argument.
    pub fn parse<T>(
        &mut self,
        code: &'static str,
        node: &Node<Value>,
        parse: impl FnOnce(&str) -> Result<T, MappingError>,
    ) -> Option<Located<T>> {
        let text = self.string(code, node)?;
        match parse(&text) {
            Ok(value) => Some(Located::new(value, node)),
            Err(error) => {
                self.mapping_error(code, node, error);
                None
            }
        }
    }

    /// Warns of variables that a template does not take for such.
    pub fn warn_of_bare_variables(&mut self, node: &Node<Value>) {
        let text = node.as_str().unwrap_or_default();
        for part in bare_variables(text) {
            let variable = &text[part.clone()];
            let message = format!("`{variable}` is sent as it is written: it is outside of braces");
            let found = Diagnostic::warning("VARIABLE_WITHOUT_BRACES", message);
            let help = format!("for its value write `{{{variable}}}`");
            self.push(found.at(span_in(self.source, node, part), "").help(help));
        }
    }

    pub fn mapping(&mut self, code: &'static str, node: Option<&Node<Value>>) -> Option<Located<Selection>> {
        self.parse(code, node?, Selection::parse)
    }

    pub fn string(&mut self, code: &'static str, node: &Node<Value>) -> Option<String> {
        match node.as_str() {
            Some(text) => Some(text.to_owned()),
            None => {
                self.error(code, node, "expected a string");
                None
            }
        }
    }
}

/// Named values: a directive's arguments, or an input object.
#[derive(Debug, Clone, Default)]
pub(super) struct Arguments {
    values: Vec<(String, Node<Value>)>,
}

impl Arguments {
    pub fn of_directive(arguments: &[Node<Argument>]) -> Self {
        Self { values: arguments.iter().map(|it| (it.name.to_string(), it.value.clone())).collect() }
    }

    pub fn of_fields(fields: &[(Name, Node<Value>)]) -> Self {
        Self { values: fields.iter().map(|(name, value)| (name.to_string(), value.clone())).collect() }
    }

    /// An input object's fields. Anything else than an object is complained of.
    pub fn of_object(reader: &mut Reader<'_>, code: &'static str, node: &Node<Value>) -> Option<Self> {
        match node.as_object() {
            Some(fields) => Some(Self::of_fields(fields)),
            None => {
                reader.error(code, node, "expected an input object: `{ ... }`");
                None
            }
        }
    }

    /// A value; one that is null is as good as none.
    pub fn get(&self, name: &str) -> Option<&Node<Value>> {
        self.values.iter().find(|(known, value)| known == name && !value.is_null()).map(|(_, value)| value)
    }

    /// Complains of every name that is not among `known`.
    pub fn only(&self, reader: &mut Reader<'_>, code: &'static str, known: &[&str]) {
        for (name, value) in &self.values {
            if !known.contains(&name.as_str()) {
                let help = closest(name, known.iter().copied()).map(|near| format!("did you mean `{near}`?"));
                let span = reader.span(value);
                reader.error_help(code, span, format!("`{name}` has no meaning here"), help);
            }
        }
    }
}
