//! Owns the snapshot: everything that follows from one supergraph, made together and swapped together.

use std::sync::Arc;

use weft_federation::compose::prove;
use weft_federation::diagnostics::{Diagnostic, Severity, Source};
use weft_federation::schema::Supergraph;
use weft_federation::view::ClientSchema;

use super::cache::Caches;
use super::engine::Engine;
use crate::config::GatewayConfig;

pub struct Snapshot {
    /// What clients of the whole supergraph query.
    pub client: Arc<ClientSchema>,
    pub engine: Arc<Engine>,
    pub caches: Caches,
}

/// A snapshot, and what there is to say about the supergraph that it was made of.
pub struct Loaded {
    pub snapshot: Snapshot,
    pub warnings: Vec<Diagnostic>,
}

impl Snapshot {
    /// Reads and proves a supergraph. What cannot be resolved in it is a warning; a file that is no supergraph is an error.
    /// What of the configuration has nothing in it to hold for is a warning too.
    pub fn load(source: &Arc<Source>, config: &GatewayConfig) -> Result<Loaded, Vec<Diagnostic>> {
        let (supergraph, found) = prove(Supergraph::load(source)?);
        let client = Arc::new(ClientSchema::identity(&supergraph));
        let engine = Arc::new(Engine::new(&supergraph, config)?);
        let warnings =
            found.into_iter().map(|lack| Diagnostic { severity: lack.severity.max(Severity::Warning), ..lack });
        let warnings = config.unused(&supergraph).into_iter().chain(warnings).collect();
        Ok(Loaded { snapshot: Self { client, engine, caches: Caches::new() }, warnings })
    }
}
