//! Owns the locks of clients: reading them, comparing schemas with them, and writing them anew.

use std::fs;
use std::io;
use std::path::PathBuf;

use weft_federation::check::{Lock, Promise, Unseen};
use weft_federation::diagnostics::{Diagnostic, Source, Span};

use super::super::Failure;
use super::clients::CheckedClient;
use crate::bff::LOCK;

const MISSING: &str = "LOCK_MISSING";
const STALE: &str = "LOCK_STALE";

/// What is to be done about locks that are missing, or not as the schemas are now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Renewal {
    /// A hint says so.
    Hint,
    /// It is an error.
    Demand,
    /// They are written.
    Write,
}

/// A lock as it is to be.
pub struct Due {
    path: PathBuf,
    text: String,
}

/// Compares schemas with their locks. Gives the locks that are to be written, of clients that break no promise.
pub fn check(clients: &[CheckedClient], renewal: Renewal, found: &mut Vec<Diagnostic>) -> Vec<Due> {
    clients.iter().filter_map(|client| check_one(client, renewal, found)).collect()
}

fn check_one(client: &CheckedClient, renewal: Renewal, found: &mut Vec<Diagnostic>) -> Option<Due> {
    let schema = client.schema.as_ref()?;
    let path = client.files.folder.join(LOCK);
    let due = || Due { path: path.clone(), text: Lock::write(schema, &Unseen::of(&client.files.schema)) };
    let amiss = |code, message: String| match renewal {
        Renewal::Hint => Some(Diagnostic::hint(code, message)),
        Renewal::Demand => Some(Diagnostic::error(code, message)),
        Renewal::Write => None,
    };
    let source = match fs::read_to_string(&path) {
        Ok(text) => Source::new(path.display().to_string(), text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let message =
                format!("the client {} has no {LOCK}: nobody is told when an edit breaks it", client.files.name);
            let help = "`weft check --write-locks` writes it; commit it beside the schema";
            found.extend(amiss(MISSING, message).map(|missing| missing.help(help)));
            return Some(due());
        }
        Err(error) => {
            found.push(Diagnostic::error("CLIENT_UNREADABLE", format!("cannot read {}: {error}", path.display())));
            return None;
        }
    };
    let lock = match Lock::read(&source) {
        Ok(lock) => lock,
        Err(wrong) => {
            found.extend(wrong);
            return None;
        }
    };
    let promise = Promise {
        client: schema,
        sources: &client.files.schema,
        lock: &lock,
        lock_source: &source,
        operations: &client.operations,
        users: client.users(),
    };
    let told = promise.check();
    let (is_broken, is_told) = (told.iter().any(Diagnostic::is_error), !told.is_empty());
    found.extend(told);
    if is_broken {
        return None;
    }
    let due = due();
    if Lock::is_same(&source.text, &due.text) {
        return None;
    }
    // What has changed says itself how it is accepted.
    if !is_told || renewal == Renewal::Demand {
        let message = format!("the lock of the client {} is not as its schema is now", client.files.name);
        let help = "`weft check --write-locks` renews it; commit it with the schema";
        found.extend(amiss(STALE, message).map(|stale| stale.at(Span::new(&source, 0..0), "").help(help)));
    }
    Some(due)
}

/// Writes locks. Gives the paths.
pub fn write(locks: &[Due]) -> Result<Vec<PathBuf>, Failure> {
    let write = |due: &Due| match fs::write(&due.path, &due.text) {
        Ok(()) => Ok(due.path.clone()),
        Err(error) => Err(Failure::Usage(format!("cannot write {}: {error}", due.path.display()))),
    };
    locks.iter().map(write).collect()
}
