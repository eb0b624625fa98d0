//! Owns a client's saved operations: what its folder `operations` has, checked against its schema, and found by hash, name or text.

mod apq;
mod compile;
mod digest;
mod document;
mod files;
mod manifest;
mod mend;
pub mod openapi;
pub mod route;
#[cfg(test)]
pub mod tests;

use std::collections::HashMap;
use std::sync::Arc;

use weft_federation::operation::Document;

pub use apq::PersistedQueries;
pub use compile::{compile, written};
pub use digest::{is_hash, sha256};
pub use document::canonical;
pub use files::OperationFiles;
pub use route::{Route, Routes};

/// The code of all that is wrong with a saved operation.
pub const OPERATION_INVALID: &str = "OPERATION_INVALID";

/// An operation that a client's team has saved, as it is sent and executed.
#[derive(Debug)]
pub struct SavedOperation {
    /// Some in manifests have none.
    pub name: Option<Box<str>>,
    /// With its fragments, and without weft's directives; one way of writing it for all files that it is in.
    pub text: Box<str>,
    /// The SHA-256 of the text.
    pub hash: Box<str>,
    /// Validated against the client's schema.
    pub document: Document,
    /// Over REST, if it is asked for over it.
    pub route: Option<Route>,
    /// For how many seconds clients may keep an answer, if they may.
    pub max_age: Option<u32>,
    /// What is answered hangs on who asks.
    pub is_personal: bool,
}

/// The saved operations of a client.
#[derive(Debug, Default)]
pub struct SavedOperations {
    /// In the order of the files.
    operations: Vec<Arc<SavedOperation>>,
    /// By all that clients may know them by: the hash, those of the texts that files have, and what manifests say.
    by_id: HashMap<Box<str>, usize>,
    /// By the texts that files have.
    by_text: HashMap<Box<str>, usize>,
    routes: Routes,
}

/// What a name stands for.
#[derive(Debug)]
pub enum Named<'a> {
    One(&'a Arc<SavedOperation>),
    None,
    Several,
}

impl SavedOperations {
    pub fn iter(&self) -> impl Iterator<Item = &Arc<SavedOperation>> {
        self.operations.iter()
    }

    pub fn routes(&self) -> &Routes {
        &self.routes
    }

    /// By an id as clients send it: a hash, with `sha256:` before it or not, or what a manifest says.
    pub fn by_id(&self, id: &str) -> Option<&Arc<SavedOperation>> {
        let found = self.by_id.get(id).or_else(|| {
            let hash = id.strip_prefix(SHA256).unwrap_or(id);
            self.by_id.get(&*hash.to_ascii_lowercase())
        });
        found.map(|at| &self.operations[*at])
    }

    pub fn by_name(&self, name: &str) -> Named<'_> {
        let mut all = self.operations.iter().filter(|operation| operation.name.as_deref() == Some(name));
        match (all.next(), all.next()) {
            (Some(operation), None) => Named::One(operation),
            (Some(_), Some(_)) => Named::Several,
            (None, _) => Named::None,
        }
    }

    /// By a text that is the same, byte for byte.
    pub fn by_text(&self, text: &str) -> Option<&Arc<SavedOperation>> {
        self.by_text.get(text).map(|at| &self.operations[*at])
    }
}

/// What a hash may have before it, as the GraphQL-over-HTTP appendix on persisted documents says.
pub const SHA256: &str = "sha256:";
