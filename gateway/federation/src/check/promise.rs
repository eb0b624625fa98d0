//! Owns comparing a client's schema with its lock: which promises to its users an edit breaks, and whether that matters.

use std::sync::Arc;

use super::diff::{self, Change, Level};
use super::place::Files;
use super::{Lock, Policy, SavedOperation, Unseen, Usage};
use crate::diagnostics::{Diagnostic, Source};
use crate::view::ClientSchema;

const ACCEPTED: &str = "operations go on working; see that their users can live with it, and accept it with \
                        `weft check --write-locks`";

/// Whose operations are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Users {
    /// They are all saved: what none of them uses can go.
    Saved,
    /// They are others': every promise has to be kept.
    Unknown,
}

/// A client's schema as it is, and as it was promised.
pub struct Promise<'a> {
    pub client: &'a ClientSchema,
    /// The files of the client's schema.
    pub sources: &'a [Arc<Source>],
    pub lock: &'a Lock,
    pub lock_source: &'a Arc<Source>,
    pub operations: &'a [SavedOperation],
    pub users: Users,
    pub policy: &'a Policy,
}

impl Promise<'_> {
    /// What is broken is an error; a warning is what nobody is known to feel, or may.
    pub fn check(&self) -> Vec<Diagnostic> {
        let unseen = Unseen::of(self.sources);
        let mut changes = diff::diff(&self.lock.schema, &self.client.schema);
        changes.extend(diff::unseen(self.lock, &self.client.schema, &unseen));
        let mut found = vec![];
        if !changes.is_empty() {
            let used: Vec<(String, Usage)> = self.operations.iter().map(|operation| self.used(operation)).collect();
            found.extend(changes.iter().map(|change| self.tell(change, &used)));
        }
        found.extend(self.policy.stricter(&self.lock.policy).into_iter().map(|message| {
            let at = Lock::policy_place(self.lock_source);
            Diagnostic::warning("POLICY_STRICTER", message).at(at, "as promised").help(ACCEPTED)
        }));
        found
    }

    /// What an operation uses, be it written for the schema as it was or as it is.
    fn used(&self, operation: &SavedOperation) -> (String, Usage) {
        let usages = [&self.lock.schema, &self.client.schema].into_iter().filter_map(|schema| operation.usage(schema));
        let mut used = Usage::default();
        usages.for_each(|usage| used.extend(usage));
        (operation.names().join(", "), used)
    }

    fn tell(&self, change: &Change, used: &[(String, Usage)]) -> Diagnostic {
        let feels = |usage: &Usage| change.felt_by.iter().any(|at| usage.uses(at));
        let hit: Vec<&str> = used.iter().filter(|(_, usage)| feels(usage)).map(|(name, _)| name.as_str()).collect();
        let message = match hit.as_slice() {
            [] => format!("`{}` {}", change.at, change.what),
            hit => format!("`{}` {} → {}", change.at, change.what, operations(hit)),
        };
        let is_broken = match (change.level, self.users) {
            (Level::Breaking, Users::Unknown) => true,
            (Level::Breaking, Users::Saved) => !hit.is_empty(),
            (Level::Dangerous, Users::Unknown | Users::Saved) => false,
        };
        let found = match is_broken {
            true => Diagnostic::error(change.code, message),
            false => Diagnostic::warning(change.code, message),
        };
        let lock = Files { schema: &self.lock.schema, sources: std::slice::from_ref(self.lock_source) };
        let schema = Files { schema: &self.client.schema, sources: self.sources };
        found
            .at(schema.near(&change.at), "")
            .at(lock.near(&change.at), "as promised")
            .help(self.help(change, is_broken))
    }

    fn help(&self, change: &Change, is_broken: bool) -> String {
        let renamed = match &change.renamed {
            Some(now) => format!("if it is now `{now}`, keep the old name beside it; or "),
            None => String::new(),
        };
        match (change.level, self.users, is_broken) {
            (Level::Breaking, Users::Unknown, _) => {
                format!(
                    "{renamed}leave it as it was and add a version: a folder beside this one, named as `successor` here"
                )
            }
            (Level::Breaking, Users::Saved, true) => format!(
                "{renamed}leave it as it was until no released app sends the operation; then remove the lock, and write it anew with \
                 `weft check --write-locks`"
            ),
            (Level::Breaking, Users::Saved, false) => {
                format!(
                    "{renamed}if no app in use sends an operation that is not saved, `weft check --write-locks` accepts it"
                )
            }
            (Level::Dangerous, Users::Unknown | Users::Saved, _) => ACCEPTED.to_owned(),
        }
    }
}

/// `operation Home`, `operations Home, Detail`
pub(super) fn operations(names: &[&str]) -> String {
    match names {
        [one] if !one.contains(", ") => format!("operation {one}"),
        several => format!("operations {}", several.join(", ")),
    }
}
