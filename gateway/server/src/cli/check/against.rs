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

/// What the change from an old supergraph does to the clients.
pub fn compare(
    old: &Supergraph<Satisfiable>,
    new: &Supergraph<Satisfiable>,
    clients: &[CheckedClient],
) -> Vec<Diagnostic> {
    // A client that is new, or written for what is new, has nothing to lose.
    let before: Vec<Option<ClientSchema>> =
        clients.iter().map(|client| bff::client_schema(&client.files, old).0).collect();
    let changed = clients.iter().zip(&before).map(|(client, before)| ChangedClient {
        name: &client.files.name,
        sources: &client.files.schema,
        before: before.as_ref(),
        after: client.schema.as_ref(),
        told: &client.told,
        operations: &client.operations,
        users: client.users(),
    });
    changes(&old.api, &new.api, &changed.collect::<Vec<_>>())
}
