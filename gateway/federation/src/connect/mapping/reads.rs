//! Owns [`Reads`]: what of a response its mappings look at, so that the rest need not be kept.

use super::ast::Selection;
use super::tree::FieldTree;
use super::uses::{Segment, UseRoot};

/// What is read of a value. Lists are transparent: it holds for each of their items.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reads {
    /// All of it, whatever is in it.
    whole: bool,
    fields: Vec<(String, Reads)>,
}

impl Reads {
    /// What these mappings, one or the other, read of the response.
    pub fn of<'s>(mappings: impl IntoIterator<Item = &'s Selection>) -> Self {
        let mut reads = Self::default();
        for found in mappings.into_iter().flat_map(Selection::uses) {
            match found.root {
                UseRoot::Response => reads.add(&found.path, found.whole),
                UseRoot::Variable(_) => {}
            }
        }
        reads
    }

    fn add(&mut self, path: &[Segment], whole: bool) {
        let Some((first, rest)) = path.split_first() else {
            self.whole |= whole;
            return;
        };
        let at = self.fields.iter().position(|(name, _)| *name == first.name).unwrap_or_else(|| {
            self.fields.push((first.name.clone(), Self::default()));
            self.fields.len() - 1
        });
        self.fields[at].1.add(rest, whole);
    }

    pub(super) fn interest(&self) -> Interest<'_> {
        if self.whole { Interest::Whole } else { Interest::Fields(&self.fields) }
    }
}

impl From<&FieldTree> for Reads {
    fn from(tree: &FieldTree) -> Self {
        let fields = tree.fields.iter().map(|(name, below)| (name.clone(), Self::from(below)));
        Self { whole: tree.is_whole(), fields: fields.collect() }
    }
}

/// What of a value is to be kept.
#[derive(Debug, Clone, Copy)]
pub(super) enum Interest<'r> {
    Whole,
    Fields(&'r [(String, Reads)]),
}

impl Interest<'_> {
    /// What of the value under this key; `None` if nothing.
    pub fn of(self, key: &str) -> Option<Self> {
        match self {
            Self::Whole => Some(self),
            Self::Fields(fields) => fields.iter().find(|(name, _)| name == key).map(|(_, reads)| reads.interest()),
        }
    }

    /// How many fields of an object there may be, where that is known.
    pub fn width(self) -> usize {
        match self {
            Self::Whole => 0,
            Self::Fields(fields) => fields.len(),
        }
    }
}
