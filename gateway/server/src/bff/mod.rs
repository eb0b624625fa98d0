//! Owns the clients' folders: what is in them, and the schemas and policies that come of it.
//!
//! [`crate::config::GatewayConfig::clients`] reads the files, which is all that depends on them alone; [`compile`] sets them against a supergraph. Both say all that is
//! wrong with all clients.

mod files;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use weft_federation::diagnostics::Diagnostic;
use weft_federation::schema::{Satisfiable, Supergraph};
use weft_federation::view::{self, ClientSchema, ViewInput};

use crate::config::Exposure;
use crate::operations;
use crate::pipeline::Client;

pub use files::ClientFiles;
pub(crate) use files::LOCK;

/// The clients, by name, as they see a supergraph. Those of which something is wrong are left out.
pub fn compile(
    clients: Vec<ClientFiles>,
    supergraph: &Supergraph<Satisfiable>,
) -> (Vec<(Box<str>, Client)>, Vec<Diagnostic>) {
    let (mut compiled, mut found) = (vec![], vec![]);
    for client in clients {
        found.extend(client.warnings.iter().cloned());
        let (schema, told) = client_schema(&client, supergraph);
        found.extend(told);
        if let Some(schema) = schema {
            let (operations, told) = operations::compile(&client.operations, &schema, client.policy.depth);
            found.extend(told);
            let client_made = Client { schema: Arc::new(schema), policy: client.policy, operations };
            compiled.push((client.name, client_made));
        }
    }
    (compiled, found)
}

/// What one client sees of a supergraph, and all that there is to say about it.
pub fn client_schema(
    client: &ClientFiles,
    supergraph: &Supergraph<Satisfiable>,
) -> (Option<ClientSchema>, Vec<Diagnostic>) {
    let wildcard = match client.policy.exposure {
        Exposure::Internal => true,
        Exposure::FirstParty | Exposure::Partner => false,
    };
    let input = ViewInput { client: client.name.to_string(), sources: client.schema.clone(), wildcard };
    let built = view::build(&input, supergraph);
    (built.client, built.diagnostics)
}
