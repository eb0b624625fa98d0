//! Owns the locks of clients: reading them, comparing schemas with them, and writing them anew.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use weft_federation::check::{Lock, Policy, Promise, Unseen};
use weft_federation::diagnostics::{Diagnostic, Source, Span};
use weft_federation::view::ClientSchema;

use super::super::Failure;
use super::clients::CheckedClient;
use crate::bff::LOCK;
use crate::config::{ClientPolicy, Operations, Stated};

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

/// Which locks count, and what is done about them.
pub struct Locks<'a> {
    pub renewal: Renewal,
    /// The folder of clients whose locks have the promises; without it they are beside the schemas.
    pub promised: Option<&'a Path>,
}

/// A lock as it is to be.
pub struct Due {
    path: PathBuf,
    text: String,
}

impl Locks<'_> {
    /// Compares schemas with their locks. Gives the locks that are to be written, of clients that break no promise.
    pub fn check(&self, clients: &[CheckedClient], found: &mut Vec<Diagnostic>) -> Vec<Due> {
        clients.iter().filter_map(|client| self.check_one(client, found)).collect()
    }

    fn check_one(&self, client: &CheckedClient, found: &mut Vec<Diagnostic>) -> Option<Due> {
        let schema = client.schema.as_ref()?;
        let path = client.files.folder.join(LOCK);
        let lock = read(&path, found).ok()?;
        let promised = match self.promised {
            Some(folder) => &read(&folder.join(&*client.files.name).join(LOCK), found).ok()?,
            None => &lock,
        };
        let told = promised.as_ref().map(|promised| keep(client, schema, promised)).unwrap_or_default();
        let (is_broken, is_told) = (told.iter().any(Diagnostic::is_error), !told.is_empty());
        found.extend(told);
        if is_broken {
            return None;
        }
        let text = Lock::write(schema, &Unseen::of(&client.files.schema), &policy(client));
        match &lock {
            None => self.missing(client, found),
            Some((_, lock)) if Lock::is_same(&lock.text, &text) => return None,
            // What has changed says itself how it is accepted.
            Some((_, lock)) if !is_told || self.renewal == Renewal::Demand => self.stale(client, lock, found),
            Some(_) => {}
        }
        Some(Due { path, text })
    }

    fn missing(&self, client: &CheckedClient, found: &mut Vec<Diagnostic>) {
        let message = format!("the client {} has no {LOCK}: nobody is told when an edit breaks it", client.files.name);
        let help = "`weft check --write-locks` writes it; commit it beside the schema";
        found.extend(self.amiss(MISSING, message).map(|missing| missing.help(help)));
    }

    fn stale(&self, client: &CheckedClient, lock: &Arc<Source>, found: &mut Vec<Diagnostic>) {
        let message = format!("the lock of the client {} is not as its schema is now", client.files.name);
        let help = "`weft check --write-locks` renews it; commit it with the schema";
        found.extend(self.amiss(STALE, message).map(|stale| stale.at(Span::new(lock, 0..0), "").help(help)));
    }

    fn amiss(&self, code: &'static str, message: String) -> Option<Diagnostic> {
        match self.renewal {
            Renewal::Hint => Some(Diagnostic::hint(code, message)),
            Renewal::Demand => Some(Diagnostic::error(code, message)),
            Renewal::Write => None,
        }
    }
}

/// Something is wrong with a lock, and was told.
struct Told;

/// `None` if there is no lock.
fn read(path: &Path, found: &mut Vec<Diagnostic>) -> Result<Option<(Lock, Arc<Source>)>, Told> {
    let source = match fs::read_to_string(path) {
        Ok(text) => Source::new(path.display().to_string(), text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            found.push(Diagnostic::error("CLIENT_UNREADABLE", format!("cannot read {}: {error}", path.display())));
            return Err(Told);
        }
    };
    match Lock::read(&source) {
        Ok(lock) => Ok(Some((lock, source))),
        Err(wrong) => {
            found.extend(wrong);
            Err(Told)
        }
    }
}

/// What of the promises is not kept, or not as somebody may think.
fn keep(client: &CheckedClient, schema: &ClientSchema, (lock, source): &(Lock, Arc<Source>)) -> Vec<Diagnostic> {
    let promise = Promise {
        client: schema,
        sources: &client.files.schema,
        lock,
        lock_source: source,
        operations: &client.operations,
        users: client.users(),
        policy: &policy(client),
    };
    promise.check()
}

/// What the client's users are promised of its policy.
fn policy(client: &CheckedClient) -> Policy {
    let ClientPolicy { stated: Stated { depth, cost, timeout }, operations, .. } = &client.files.policy;
    Policy {
        depth: *depth,
        cost: *cost,
        timeout: timeout.map(|timeout| u32::try_from(timeout.as_millis()).unwrap_or(u32::MAX)),
        registered: match operations {
            Operations::Open => false,
            Operations::Registered => true,
        },
    }
}

/// Writes locks. Gives the paths.
pub fn write(locks: &[Due]) -> Result<Vec<PathBuf>, Failure> {
    let write = |due: &Due| match fs::write(&due.path, &due.text) {
        Ok(()) => Ok(due.path.clone()),
        Err(error) => Err(Failure::Usage(format!("cannot write {}: {error}", due.path.display()))),
    };
    locks.iter().map(write).collect()
}
