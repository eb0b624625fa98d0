//! Owns `--against`: what has changed since another supergraph, and who feels it.

use std::path::Path;

use weft_federation::check::{ChangedClient, changes};
use weft_federation::compose::prove;
use weft_federation::diagnostics::{Diagnostic, Source};
use weft_federation::schema::{Satisfiable, Supergraph};
use weft_federation::view::ClientSchema;

use super::super::report::Format;
use super::super::{Failure, read_input, read_source};
use super::clients::CheckedClient;
use crate::bff;
use crate::compose::compose_config;

/// Reads the supergraph to compare with: the file of one, or a `supergraph.yaml` that is composed.
pub fn read(path: &Path, format: Format) -> Result<Supergraph<Satisfiable>, Failure> {
    let invalid = |found| Failure::Invalid(found, format);
    if path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml") {
        let (source, folder) = read_source(path)?;
        let (composed, found) = compose_config(&source, folder);
        return composed.map(|composed| composed.supergraph).ok_or_else(|| invalid(found));
    }
    let source = Source::new(path.display().to_string(), read_input(path)?);
    // What cannot be reached in it was so before.
    Ok(prove(Supergraph::load(&source).map_err(invalid)?).0)
}

/// What the change from an old supergraph does to the clients, and which of them cannot be set against it.
pub fn compare(
    old: &Supergraph<Satisfiable>,
    new: &Supergraph<Satisfiable>,
    clients: &[CheckedClient],
) -> Vec<Diagnostic> {
    let mut found = vec![];
    // A client that is new, or written for what is new, has nothing to lose that could be told.
    let before: Vec<Option<ClientSchema>> = clients
        .iter()
        .map(|client| {
            let (schema, told) = bff::client_schema(&client.files, old);
            if schema.is_none() {
                found.push(not_compared(client, told));
            }
            schema
        })
        .collect();
    let changed = clients.iter().zip(&before).map(|(client, before)| ChangedClient {
        name: &client.files.name,
        sources: &client.files.schema,
        before: before.as_ref(),
        after: client.schema.as_ref(),
        told: &client.told,
        operations: &client.operations,
        users: client.users(),
    });
    found.extend(changes(&old.api, &new.api, &changed.collect::<Vec<_>>()));
    found
}

/// The first of what is wrong with it there is enough to see why.
fn not_compared(client: &CheckedClient, told: Vec<Diagnostic>) -> Diagnostic {
    let name = &client.files.name;
    let message =
        format!("the client {name} is not valid on the old supergraph: what the change breaks for it is not told");
    let help = "that is as it should be where its schema is new, or written for what is new; else check it in a change of its own";
    let mut found = Diagnostic::hint("CLIENT_NOT_COMPARED", message).help(help);
    if let Some(wrong) = told.into_iter().find(Diagnostic::is_error) {
        let place = wrong.labels.into_iter().next().map(|label| label.span);
        found = found.at(place, format!("there: {}", wrong.message));
    }
    found
}
