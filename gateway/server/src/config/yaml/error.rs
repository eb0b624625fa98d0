//! Owns what is wrong with a node, as deserializing finds it.

use std::fmt::Display;
use std::ops::Range;

use serde::de;
use weft_federation::suggest::closest;

use super::tree::Node;

/// What is wrong, and with which node. The node is filled in by the innermost reader that sees it.
#[derive(Debug, Clone)]
pub struct Fault {
    pub message: String,
    pub help: Option<String>,
    pub node: usize,
    pub span: Range<usize>,
    /// It follows from another fault, and is not told: a key lacks, but a broken one was taken out beside it.
    pub is_aftermath: bool,
    is_placed: bool,
    is_lack: bool,
}

impl Fault {
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            help: None,
            node: 0,
            span: 0..0,
            is_aftermath: false,
            is_placed: false,
            is_lack: false,
        }
    }

    /// What may be for want of something that was taken out.
    pub fn lack(message: impl Into<String>) -> Self {
        Self { is_lack: true, ..Self::new(message) }
    }

    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Says which node it is about, unless that is known more exactly already.
    pub fn of(self, node: &Node) -> Self {
        self.at(node, node.span.clone())
    }

    /// As [`Self::of`], drawn at another place.
    pub fn at(mut self, node: &Node, span: Range<usize>) -> Self {
        if !self.is_placed {
            self.is_aftermath = node.is_damaged && self.is_lack;
            (self.node, self.span, self.is_placed) = (node.id, span, true);
        }
        self
    }
}

impl Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Fault {}

impl de::Error for Fault {
    /// What a type's own conversion says; it may be that what it misses was taken out.
    fn custom<T: Display>(message: T) -> Self {
        Self::lack(message.to_string())
    }

    fn missing_field(field: &'static str) -> Self {
        Self::lack(format!("`{field}` is missing"))
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        let fault = Self::new(format!("there is no key `{field}` here"));
        match closest(field, expected.iter().copied()) {
            Some(near) => fault.help(format!("did you mean `{near}`?")),
            None => fault.help(format!("the keys are {}", list(expected))),
        }
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        Self::unknown_field(variant, expected)
    }

    fn invalid_type(unexpected: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::new(format!("expected {expected}, found {unexpected}"))
    }

    fn invalid_value(unexpected: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::invalid_type(unexpected, expected)
    }
}

pub fn list(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
