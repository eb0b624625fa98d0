//! Owns what an edit of a schema does to those who use it: what breaks operations that worked, and what may surprise them.
//!
//! It compares what clients see, and says nothing of what harms nobody. A kind of change is a file.

mod arguments;
mod compatible;
mod directions;
mod enums;
mod fields;
mod inputs;
#[cfg(test)]
mod tests;
mod types;
mod unseen;

use apollo_compiler::Schema;

use super::Coordinate;
use directions::Directions;

pub use unseen::unseen;

/// How bad a change is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Operations that worked no longer do, or get what they were promised not to get.
    Breaking,
    /// Operations work on, and get what nobody may have thought of.
    Dangerous,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub level: Level,
    /// Stable, such as `FIELD_REMOVED`.
    pub code: &'static str,
    /// What has changed: in the old schema what is no longer there, in the new one what has come.
    pub at: Coordinate,
    /// Said of it, to stand after its name: `removed`.
    pub what: String,
    /// What it may be called now.
    pub renamed: Option<Coordinate>,
    /// Whoever uses one of these feels it.
    pub felt_by: Vec<Coordinate>,
}

impl Change {
    fn breaking(code: &'static str, at: Coordinate, what: impl Into<String>) -> Self {
        Self { level: Level::Breaking, code, felt_by: vec![at.clone()], at, what: what.into(), renamed: None }
    }

    fn dangerous(code: &'static str, at: Coordinate, what: impl Into<String>) -> Self {
        Self { level: Level::Dangerous, ..Self::breaking(code, at, what) }
    }

    /// What its author can do instead.
    pub(super) fn mend(&self) -> &'static str {
        match self.code {
            "REQUIRED_ARGUMENT_ADDED" | "REQUIRED_INPUT_FIELD_ADDED" | "ARGUMENT_REQUIRED" | "INPUT_FIELD_REQUIRED" => {
                "let it be left out, or give it a default"
            }
            "FIELD_TYPE_CHANGED" | "ARGUMENT_TYPE_CHANGED" | "INPUT_FIELD_TYPE_CHANGED" | "TYPE_KIND_CHANGED" => {
                "leave it as it was, and add another one of the new type"
            }
            _ => "keep it, with @deprecated where that can be written",
        }
    }

    /// Whoever uses this feels the change, and not only who uses what changes itself.
    fn felt_by(mut self, used: Coordinate) -> Self {
        self.felt_by.push(used);
        self
    }

    /// Not who uses what changes, but who uses this feels it.
    fn felt_only_by(mut self, used: Coordinate) -> Self {
        self.felt_by = vec![used];
        self
    }
}

/// `Order.items removed`
impl std::fmt::Display for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.at, self.what)
    }
}

/// What has changed for the users of a schema, in the order of the old schema, with what is new after it.
pub fn diff(old: &Schema, new: &Schema) -> Vec<Change> {
    let sides = Sides { old, new, old_use: Directions::of(old), new_use: Directions::of(new) };
    let mut found = vec![];
    types::compare(&sides, &mut found);
    found
}

/// The two schemas, with which of their types are given and which are taken.
struct Sides<'a> {
    old: &'a Schema,
    new: &'a Schema,
    old_use: Directions<'a>,
    new_use: Directions<'a>,
}
