//! Owns what a change of the supergraph does to its clients, by name: `Order.items removed → mobile OrderCard.firstItem →
//! operation Home`.

use std::collections::BTreeSet;
use std::sync::Arc;

use apollo_compiler::Schema;

use super::diff::{Change, Level, diff};
use super::leaning::Leaning;
use super::place::Files;
use super::promise::operations;
use super::{Coordinate, SavedOperation, Usage, Users};
use crate::diagnostics::{Diagnostic, Source, Span};
use crate::view::ClientSchema;

/// A client before and after the change.
pub struct ChangedClient<'a> {
    pub name: &'a str,
    /// The files of its schema.
    pub sources: &'a [Arc<Source>],
    /// `None` if its schema is none on the old supergraph: it has been written for the new one.
    pub before: Option<&'a ClientSchema>,
    /// `None` if something is wrong with it on the new supergraph.
    pub after: Option<&'a ClientSchema>,
    /// What is wrong with it there.
    pub told: &'a [Diagnostic],
    pub operations: &'a [SavedOperation],
    pub users: Users,
}

/// Compares what two supergraphs show to clients. A change that breaks a client, or that may break anybody where no client is known,
/// is an error.
pub fn changes(old: &Schema, new: &Schema, clients: &[ChangedClient<'_>]) -> Vec<Diagnostic> {
    let watched: Vec<Watched<'_>> = clients.iter().filter_map(Watched::new).collect();
    let mut found = vec![];
    for change in diff(old, new) {
        let before = found.len();
        found.extend(watched.iter().filter_map(|client| client.tell(&change)));
        if found.len() == before {
            found.push(felt_by_nobody(&change, clients.is_empty()));
        }
    }
    found
}

/// A change that no client feels.
fn felt_by_nobody(change: &Change, is_alone: bool) -> Diagnostic {
    let message = format!("`{}` {}", change.at, change.what);
    let found = match (change.level, is_alone) {
        (Level::Breaking, true) => Diagnostic::error(change.code, message),
        (Level::Breaking, false) | (Level::Dangerous, true) => Diagnostic::warning(change.code, message),
        (Level::Dangerous, false) => Diagnostic::hint(change.code, message),
    };
    let help = match (change.level, is_alone) {
        (Level::Breaking, true) => format!("operations that work may break: {}", change.mend()),
        (Level::Breaking, false) => "no client breaks; see that nobody asks for it at /graphql".to_owned(),
        (Level::Dangerous, true) => "operations go on working; see that their users can live with it".to_owned(),
        (Level::Dangerous, false) => "no client sees it".to_owned(),
    };
    found.help(help)
}

/// A client, with what is worked out once.
struct Watched<'a> {
    client: &'a ChangedClient<'a>,
    schema: &'a ClientSchema,
    leaning: Leaning,
    /// The client's operations that are valid on the old supergraph.
    used: Vec<(String, Usage)>,
    /// What of its own schema breaks its users.
    own: Vec<Change>,
}

impl<'a> Watched<'a> {
    fn new(client: &'a ChangedClient<'a>) -> Option<Self> {
        let schema = client.before?;
        let own = client.after.map(|after| diff(&schema.schema, &after.schema)).unwrap_or_default();
        let used = client.operations.iter().filter_map(|operation| {
            let usage = operation.usage(&schema.schema)?;
            Some((operation.names().join(", "), usage))
        });
        Some(Self { client, schema, leaning: Leaning::of(schema)?, used: used.collect(), own })
    }

    /// What a change does to this client, if it does anything.
    fn tell(&self, change: &Change) -> Option<Diagnostic> {
        let leaning = self.leaning.on(&change.felt_by);
        let (felt, does_break): (BTreeSet<Coordinate>, bool) = match change.level {
            Level::Breaking => {
                let mut broken: BTreeSet<Coordinate> = leaning.into_iter().filter(|at| self.is_broken(at)).collect();
                broken.extend(self.naming(change, &broken));
                (broken, true)
            }
            Level::Dangerous => (leaning, false),
        };
        if felt.is_empty() {
            return None;
        }
        let hit = self.hit(&felt);
        let is_error = match (does_break, self.client.after, self.client.users) {
            (false, _, _) => false,
            (true, None, _) | (true, Some(_), Users::Unknown) => true,
            (true, Some(_), Users::Saved) => !hit.is_empty(),
        };
        let parts: Vec<String> = felt.iter().map(Coordinate::to_string).collect();
        let mut message = format!("{change} → {} {}", self.client.name, parts.join(", "));
        if !hit.is_empty() {
            message = format!("{message} → {}", operations(&hit));
        }
        let mut found = match is_error {
            true => Diagnostic::error(change.code, message),
            false => Diagnostic::warning(change.code, message),
        };
        let files = self.files();
        for at in &felt {
            found = found.at(files.near(at), at.to_string());
        }
        Some(found.help(help(change, does_break)))
    }

    fn files(&self) -> Files<'_> {
        Files { schema: &self.schema.schema, sources: self.client.sources }
    }

    /// The client's own operations that use any of these.
    fn hit(&self, felt: &BTreeSet<Coordinate>) -> Vec<&str> {
        let used = self.used.iter().filter(|(_, usage)| felt.iter().any(|at| usage.uses(at)));
        used.map(|(name, _)| name.as_str()).collect()
    }

    /// Whether a part of the client's schema is wrong on the new supergraph, or is not what it was.
    fn is_broken(&self, at: &Coordinate) -> bool {
        match (self.client.after, self.files().definition(at)) {
            (None, Some(definition)) => self.wrong_places().any(|place| definition.contains(place)),
            // What a wildcard brought is no longer brought, or as it is now.
            (None, None) => true,
            (Some(_), _) => {
                self.own.iter().any(|own| own.level == Level::Breaking && (own.at == *at || own.felt_by.contains(at)))
            }
        }
    }

    /// The types that name what has changed elsewhere than in the parts that lean on it, as `except` does.
    fn naming(&self, change: &Change, broken: &BTreeSet<Coordinate>) -> Vec<Coordinate> {
        let told: Vec<Span> = broken.iter().filter_map(|at| self.files().definition(at)).collect();
        let names_it = |place: &&Span| {
            let text = place.source.text.get(place.start..place.end).unwrap_or_default();
            text.trim_matches('"') == change.at.name().as_str() && !told.iter().any(|told| told.contains(place))
        };
        let behind = Coordinate::Type(change.at.type_name().clone());
        let mut types: Vec<Coordinate> = self.leaning.on(&[behind]).into_iter().collect();
        types.retain(|at| {
            let Some(definition) = self.files().definition(at) else { return false };
            matches!(at, Coordinate::Type(_))
                && self.wrong_places().filter(names_it).any(|place| definition.contains(place))
        });
        types
    }

    /// Where the client's files are wrong on the new supergraph.
    fn wrong_places(&self) -> impl Iterator<Item = &Span> {
        let errors = self.client.told.iter().filter(|told| told.is_error());
        errors.filter_map(|error| error.labels.first()).map(|label| &label.span)
    }
}

fn help(change: &Change, does_break: bool) -> String {
    match (does_break, &change.renamed) {
        (true, Some(now)) => format!("if it is now `{now}`, keep the old name too until no client's schema has it"),
        (true, None) => format!("{}, until no client's schema leans on it", change.mend()),
        (false, _) => "operations go on working; see that their users can live with it".to_owned(),
    }
}
