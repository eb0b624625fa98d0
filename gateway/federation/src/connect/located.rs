//! Owns the way from a place inside a string of a schema to a place in its file.

use crate::diagnostics::{Source, Span};
use apollo_compiler::Node;
use apollo_compiler::ast::Value;
use std::ops::{Deref, Range};
use std::sync::Arc;

/// Something read from a string argument, with the string's place.
#[derive(Debug, Clone, PartialEq)]
pub struct Located<T> {
    value: T,
    node: Node<Value>,
}

impl<T> Located<T> {
    pub(super) fn new(value: T, node: &Node<Value>) -> Self {
        Self { value, node: node.clone() }
    }

    pub(super) fn node(&self) -> &Node<Value> {
        &self.node
    }

    pub(super) fn value_mut(&mut self) -> &mut T {
        &mut self.value
    }

    /// The span of a part of the text; `source` is the file that it was read from.
    pub fn span(&self, source: &Arc<Source>, part: Range<usize>) -> Option<Span> {
        span_in(source, &self.node, part)
    }
}

impl<T> Deref for Located<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// The span of any parsed node.
pub(super) fn span_of<T: ?Sized>(source: &Arc<Source>, node: &Node<T>) -> Option<Span> {
    let location = node.location()?;
    Some(Span::new(source, location.offset()..location.end_offset()))
}

/// The span of `part` of a string's value. For a node that is no string, or not of this file, it is the whole node.
pub(crate) fn span_in(source: &Arc<Source>, node: &Node<Value>, part: Range<usize>) -> Option<Span> {
    let whole = span_of(source, node)?;
    let Some(text) = node.as_str() else { return Some(whole) };
    let Some(literal) = source.text.get(whole.start..whole.end) else { return Some(whole) };
    let (quotes, block) = if literal.starts_with("\"\"\"") {
        (3, true)
    } else if literal.starts_with('"') {
        (1, false)
    } else {
        return Some(whole);
    };
    let Some(raw) = literal.get(quotes..).and_then(|rest| rest.get(..rest.len().checked_sub(quotes)?)) else {
        return Some(whole);
    };
    let base = whole.start + quotes;
    let start = base + raw_offset(text, raw, block, part.start);
    let end = base + raw_offset(text, raw, block, part.end);
    Some(Span::new(source, start..end.max(start)))
}

/// Where the byte `offset` of `text` stands in `raw`, the same text as it was written: with escapes, or indented.
fn raw_offset(text: &str, raw: &str, block: bool, offset: usize) -> usize {
    let mut written = raw.char_indices().peekable();
    let mut last_end = 0;
    for (at, character) in text.char_indices() {
        if block {
            // The indentation and the blank lines that a block string drops, and the escape of its quotes.
            while written
                .peek()
                .is_some_and(|(_, found)| *found != character && (found.is_whitespace() || *found == '\\'))
            {
                written.next();
            }
        }
        let Some((found_at, found)) = written.next() else { break };
        if at >= offset {
            return found_at;
        }
        if !block && found == '\\' {
            let escape = written.next().map_or(' ', |(_, escape)| escape);
            if escape == 'u' {
                skip_unicode(&mut written);
            }
        }
        last_end = written.peek().map_or(raw.len(), |(next, _)| *next);
    }
    last_end
}

/// Four digits, or any number of them in braces.
fn skip_unicode(written: &mut std::iter::Peekable<std::str::CharIndices<'_>>) {
    if written.next_if(|(_, found)| *found == '{').is_some() {
        while written.next().is_some_and(|(_, found)| found != '}') {}
    } else {
        for _ in 0..4 {
            written.next();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::raw_offset;

    #[test]
    fn offsets_survive_escapes_and_indentation() {
        let cases = [
            ("ab", "ab", false, 1, 1),
            ("a\"b", "a\\\"b", false, 2, 3),
            ("é\"b", "\\u00e9\\\"b", false, 3, 8),
            ("ab", "ab", false, 2, 2),
            ("id\nname", "\n    id\n    name\n  ", true, 0, 5),
            ("id\nname", "\n    id\n    name\n  ", true, 3, 12),
            ("id\nname", "\n    id\n    name\n  ", true, 7, 16),
            ("a \"\"\" b", "a \\\"\"\" b", true, 6, 7),
        ];
        for (text, raw, block, offset, expected) in cases {
            assert_eq!(raw_offset(text, raw, block, offset), expected, "{raw} {offset}");
        }
    }
}
