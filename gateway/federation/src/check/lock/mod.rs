//! Owns `schema.lock.graphql`: what a client's users were promised, as it is committed beside the schema.
//!
//! It is the schema that they see, as any tool can read it. What they cannot see and would feel all the same (where a field comes from,
//! how many items it has at most, what is masked) is in comments after it, a line for each part of the schema that has such:
//!
//! ```graphql
//! # > client.yaml @policy(depth: 6, timeout: 3000)
//! # > OrderCard.card @from(path: "card.number") @mask(keepLast: 4, unlessScopes: [])
//! ```

mod facts;
mod policy;
mod unseen;

use std::sync::Arc;

use apollo_compiler::Schema;
use apollo_compiler::diagnostic::ToCliReport as _;
use apollo_compiler::validation::Valid;

use crate::diagnostics::{Diagnostic, Source, Span};
use crate::view::ClientSchema;

pub use facts::Facts;
pub use policy::Policy;
pub use unseen::Unseen;

const CODE: &str = "LOCK_INVALID";

const HEADER: &str =
    "# What this client's users see. `weft check --write-locks` writes it; commit it beside the schema.\n\n";

const UNSEEN: &str = "\n# What they do not see, and would feel:\n";

/// What a line of what is not seen begins with.
const MARK: &str = "# > ";

/// What the line of the policy begins with: no coordinate does.
const POLICY: &str = "client.yaml ";

/// What users were promised.
#[derive(Debug)]
pub struct Lock {
    pub schema: Valid<Schema>,
    pub unseen: Unseen,
    pub policy: Policy,
}

impl Lock {
    /// The text for a client's schema, and what its files say that users do not see.
    pub fn write(client: &ClientSchema, unseen: &Unseen, policy: &Policy) -> String {
        let mut text = format!("{HEADER}{}{UNSEEN}{MARK}{POLICY}{policy}\n", client.schema);
        for (coordinate, facts) in unseen.iter() {
            text.push_str(&format!("{MARK}{coordinate}{facts}\n"));
        }
        text
    }

    /// Reads the text of a lock.
    pub fn read(source: &Arc<Source>) -> Result<Self, Vec<Diagnostic>> {
        let (mut found, mut unseen, mut policy) = (vec![], Unseen::default(), Policy::default());
        // Before that is the schema, and a description could have such a line.
        let mut start = source.text.rfind(UNSEEN.trim()).unwrap_or(source.text.len());
        for line in source.text[start..].split_inclusive('\n') {
            if let Some(text) = line.strip_prefix(MARK) {
                let text = text.trim_end();
                let is_read = match text.strip_prefix(POLICY) {
                    Some(text) => Policy::parse(text).map(|read| policy = read),
                    None => unseen::parse_line(text).map(|(coordinate, facts)| unseen.insert(coordinate, facts)),
                };
                if is_read.is_none() {
                    let at = start + MARK.len();
                    let message = "this is not how weft writes what users do not see";
                    found.push(invalid(message.to_owned(), Some(Span::new(source, at..at + text.len()))));
                }
            }
            start += line.len();
        }
        match Schema::parse_and_validate(source.text.as_str(), &source.path) {
            Ok(schema) if found.is_empty() => return Ok(Self { schema, unseen, policy }),
            Ok(_) => {}
            Err(failed) => found.extend(failed.errors.iter().map(|error| {
                let at = error.error.location().filter(|at| at.end_offset() <= source.text.len());
                invalid(error.error.to_string(), at.map(|at| Span::new(source, at.offset()..at.end_offset())))
            })),
        }
        Err(found)
    }

    /// The line of the policy, in the lock's own text.
    pub(super) fn policy_place(source: &Arc<Source>) -> Option<Span> {
        let line = format!("{MARK}{POLICY}");
        let start = source.text.rfind(&line)? + MARK.len();
        let length = source.text[start..].lines().next().map_or(0, str::len);
        Some(Span::new(source, start..start + length))
    }

    /// Whether the text of a lock is that of another, however its lines end.
    pub fn is_same(text: &str, other: &str) -> bool {
        text.lines().eq(other.lines())
    }
}

fn invalid(message: String, at: Option<Span>) -> Diagnostic {
    let help = "take the lock from the history again; only `weft check --write-locks` writes it";
    Diagnostic::error(CODE, message).at(at, "").help(help)
}
