//! Owns the snapshot: everything that follows from one supergraph and its clients, made together and swapped together.

use std::sync::Arc;

use weft_federation::compose::prove;
use weft_federation::diagnostics::{Diagnostic, Severity, Source};
use weft_federation::schema::Supergraph;
use weft_federation::view::ClientSchema;

use super::cache::Caches;
use super::clients::{Client, Clients};
use super::engine::Engine;
use crate::bff::{self, ClientFiles};
use crate::config::{ClientPolicy, GatewayConfig};
use crate::operations::SavedOperations;

pub struct Snapshot {
    pub clients: Clients,
    pub engine: Arc<Engine>,
    pub caches: Caches,
}

/// A snapshot, and what there is to say about the files that it was made of.
pub struct Loaded {
    pub snapshot: Snapshot,
    pub warnings: Vec<Diagnostic>,
}

impl Snapshot {
    /// As [`Self::load`], of the clients whose folders the configuration names. What is wrong with their policies does not keep
    /// what is wrong with their schemas from being told.
    pub fn read(source: &Arc<Source>, config: &GatewayConfig) -> Result<Loaded, Vec<Diagnostic>> {
        let (clients, mut found) = config.readable_clients();
        match Self::load(source, clients, config) {
            Ok(loaded) if found.is_empty() => Ok(loaded),
            Ok(_) => Err(found),
            Err(told) => {
                found.extend(told);
                Err(found)
            }
        }
    }

    /// Reads and proves a supergraph, and compiles the schemas of its clients. What cannot be resolved in the supergraph is a warning;
    /// a file that is no supergraph, or a client that is wrong, is an error. What of the configuration has nothing in it to hold for is
    /// a warning too.
    pub fn load(
        source: &Arc<Source>,
        clients: Vec<ClientFiles>,
        config: &GatewayConfig,
    ) -> Result<Loaded, Vec<Diagnostic>> {
        let (supergraph, lacks) = prove(Supergraph::load(source)?);
        let (clients, found) = bff::compile(clients, &supergraph);
        if found.iter().any(Diagnostic::is_error) {
            return Err(found);
        }
        let own = Client {
            schema: Arc::new(ClientSchema::identity(&supergraph)),
            policy: ClientPolicy::of_supergraph(config),
            operations: SavedOperations::default(),
        };
        let clients = Clients::new(own, clients);
        let engine = Arc::new(Engine::new(&supergraph, config)?);
        let lacks = lacks.into_iter().map(|lack| Diagnostic { severity: lack.severity.max(Severity::Warning), ..lack });
        let warnings = config.warnings.iter().cloned().chain(config.unused(&supergraph)).chain(lacks).chain(found);
        Ok(Loaded { warnings: warnings.collect(), snapshot: Self { clients, engine, caches: Caches::new() } })
    }
}
