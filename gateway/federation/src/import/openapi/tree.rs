//! Owns a document as a tree that keeps its order, read from JSON or YAML, and the references within it.
//!
//! There are libraries with types for OpenAPI 3.0 and others for 3.1. Each refuses a whole document for one part that it
//! does not expect, and real documents have such parts; so the parts that matter are taken from the tree instead, and
//! what is wrong with one operation is said of that operation.

use std::fmt;
use std::sync::Arc;

use indexmap::IndexMap;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::diagnostics::{Diagnostic, Source, Span};

#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    Null,
    Bool(bool),
    /// As JSON writes it.
    Number(String),
    String(String),
    List(Vec<Node>),
    Map(IndexMap<String, Node>),
}

/// How deep a document may nest.
const MAX_DEPTH: usize = 120;

/// How many references may lead to references.
const MAX_HOPS: usize = 16;

impl Node {
    /// Reads a document. One that begins with a brace is JSON, any other YAML.
    pub fn parse(source: &Arc<Source>) -> Result<Self, Diagnostic> {
        let wrong = |message: String, span: Option<Span>| {
            Diagnostic::error(crate::import::INVALID, message)
                .at(span, "")
                .help("give an OpenAPI document, as JSON or YAML")
        };
        if source.text.trim_start().starts_with('{') {
            return serde_json::from_str(&source.text).map_err(|error| {
                let at = source.offset(error.line(), error.column().max(1));
                let text = error.to_string();
                let message = text.split(" at line ").next().unwrap_or(&text).to_owned();
                wrong(format!("the document is no JSON: {message}"), Some(Span::new(source, at..at)))
            });
        }
        // The limits are for configuration files; documents of services are longer.
        let options = serde_saphyr::options! {
            // `NO` is Norway.
            strict_booleans: true,
            budget: serde_saphyr::budget! {
                max_events: 50_000_000,
                max_nodes: 20_000_000,
                max_depth: MAX_DEPTH,
                max_total_scalar_bytes: 1 << 30,
            },
        };
        serde_saphyr::from_str_with_options(&source.text, options).map_err(|error| {
            let place = error.location().map(|location| (location.line(), location.column()));
            let place = place.map(|(line, column)| (usize::try_from(line), usize::try_from(column)));
            let at = match place {
                Some((Ok(line), Ok(column))) => source.offset(line, column),
                Some((Err(_), _) | (_, Err(_))) | None => 0,
            };
            let text = error.without_snippet().to_string();
            let message = text.split(" at line ").next().unwrap_or(&text).to_owned();
            wrong(format!("the document is no YAML: {message}"), Some(Span::new(source, at..at)))
        })
    }

    pub fn get(&self, key: &str) -> Option<&Node> {
        match self {
            Self::Map(fields) => fields.get(key),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::String(_) | Self::List(_) => None,
        }
    }

    pub fn text(&self, key: &str) -> Option<&str> {
        self.get(key)?.as_str()
    }

    pub fn is_true(&self, key: &str) -> bool {
        matches!(self.get(key), Some(Self::Bool(true)))
    }

    /// The items of a list under this key; none where there is none.
    pub fn items(&self, key: &str) -> &[Node] {
        match self.get(key) {
            Some(Self::List(items)) => items,
            _ => &[],
        }
    }

    /// The entries of an object under this key.
    pub fn entries(&self, key: &str) -> impl Iterator<Item = (&str, &Node)> {
        let fields = match self.get(key) {
            Some(Self::Map(fields)) => Some(fields),
            _ => None,
        };
        fields.into_iter().flatten().map(|(key, node)| (key.as_str(), node))
    }

    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::List(_) | Self::Map(_) => None,
        }
    }

    /// What a `#/components/...` leads to.
    fn at(&self, pointer: &str) -> Option<&Node> {
        let mut here = self;
        for step in pointer.strip_prefix("#/")?.split('/') {
            let step = percent_decoded(step).replace("~1", "/").replace("~0", "~");
            here = match here {
                Self::Map(fields) => fields.get(&step)?,
                Self::List(items) => items.get(step.parse::<usize>().ok()?)?,
                Self::Null | Self::Bool(_) | Self::Number(_) | Self::String(_) => return None,
            };
        }
        Some(here)
    }

    /// What a reference that was followed before leads to.
    pub fn resolve_reference(&self, reference: Option<&str>) -> Option<&Node> {
        self.at(reference?)
    }

    /// Follows references from a part of this document. The second value is the last one that was followed.
    pub fn resolve<'d>(&'d self, part: &'d Node) -> Result<(&'d Node, Option<&'d str>), String> {
        let (mut here, mut last) = (part, None);
        for _ in 0..MAX_HOPS {
            let Some(reference) = here.text("$ref") else { return Ok((here, last)) };
            if !reference.starts_with("#/") {
                return Err(format!("`{reference}` is a reference to another file; bundle the document into one"));
            }
            here = self.at(reference).ok_or_else(|| format!("there is no `{reference}`"))?;
            last = Some(reference);
        }
        Err(format!("the reference `{}` leads to itself", last.unwrap_or_default()))
    }
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = vec![];
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let code = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        match code.filter(|_| *first == b'%').and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        Node::deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Number(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Number(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(Node::Number(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Node, E> {
        Ok(Node::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Node, A::Error> {
        let mut items = vec![];
        while let Some(item) = sequence.next_element()? {
            items.push(item);
        }
        Ok(Node::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut fields = IndexMap::new();
        while let Some((key, value)) = map.next_entry::<String, Node>()? {
            fields.insert(key, value);
        }
        Ok(Node::Map(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_and_yaml_are_one_tree() {
        let json = r##"{"b": [1, -2.5, true, null, "x"], "200": {"$ref": "#/a~1b/c%20d"}, "a/b": {"c d": "here"}}"##;
        let yaml = "b: [1, -2.5, true, null, x]\n200: { $ref: '#/a~1b/c%20d' }\na/b: { c d: here }\n";
        let read = |text: &str| Node::parse(&Source::new("x", text)).unwrap_or_else(|error| panic!("{error}"));
        let tree = read(json);
        assert_eq!(tree, read(yaml));
        let (found, reference) = tree.resolve(tree.get("200").unwrap_or(&Node::Null)).expect("it is there");
        assert_eq!((found.as_str(), reference), (Some("here"), Some("#/a~1b/c%20d")));
    }

    #[test]
    fn what_is_wrong_has_its_place() {
        let cases = [
            ("{\n \"a\": ]", "x:2:7: error[IMPORT_INVALID_DOCUMENT]: the document is no JSON: expected value"),
            ("a: [", "x:1:4: error[IMPORT_INVALID_DOCUMENT]: the document is no YAML: "),
        ];
        for (text, expected) in cases {
            let found = Node::parse(&Source::new("x", text)).expect_err("it is wrong").to_string();
            assert!(found.starts_with(expected), "{found}");
        }
    }
}
