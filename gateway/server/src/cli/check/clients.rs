//! Owns the check of clients as they are: each schema against the supergraph, and each saved operation against its schema.

use std::sync::Arc;

use weft_federation::check::{SavedOperation, Users, check_views};
use weft_federation::diagnostics::{Diagnostic, Source};
use weft_federation::schema::{Satisfiable, Supergraph};
use weft_federation::view::ClientSchema;

use crate::bff::{self, ClientFiles};
use crate::config::Exposure;
use crate::operations;

pub struct CheckedClient {
    pub files: ClientFiles,
    /// `None` if something is wrong with it.
    pub schema: Option<ClientSchema>,
    /// All that there is to say of its schema.
    pub told: Vec<Diagnostic>,
    /// Those that can be read, be they valid or not.
    pub operations: Vec<SavedOperation>,
}

impl CheckedClient {
    /// Whose operations the saved ones are.
    pub fn users(&self) -> Users {
        match self.files.policy.exposure {
            Exposure::Partner => Users::Unknown,
            Exposure::Internal | Exposure::FirstParty => Users::Saved,
        }
    }
}

/// Checks clients, in their order.
pub fn check(
    clients: Vec<ClientFiles>,
    supergraph: &Supergraph<Satisfiable>,
    found: &mut Vec<Diagnostic>,
) -> Vec<CheckedClient> {
    let check = |files: ClientFiles| {
        found.extend(files.warnings.iter().cloned());
        let (schema, told) = bff::client_schema(&files, supergraph);
        found.extend(told.iter().cloned());
        let (written, unread) = operations::written(&files.operations);
        found.extend(match &schema {
            Some(schema) => operations::compile(&files.operations, schema, files.policy.depth).1,
            None => unread,
        });
        let operations = written.into_iter().map(|(source, document)| SavedOperation::new(&source, document)).collect();
        CheckedClient { files, schema, told, operations }
    };
    clients.into_iter().map(check).collect()
}

/// What of the clients' schemas works, and will be slow.
pub fn check_calls(clients: &[CheckedClient], supergraph: &Supergraph<Satisfiable>) -> Vec<Diagnostic> {
    let views = clients.iter().filter_map(|client| Some((client.schema.as_ref()?, &*client.files.schema)));
    let views: Vec<(&ClientSchema, &[Arc<Source>])> = views.collect();
    check_views(supergraph, &views)
}
