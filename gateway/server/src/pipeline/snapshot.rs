//! Owns the snapshot: everything that follows from one supergraph and its clients, made together and swapped together.

use std::sync::Arc;

use weft_engine::policy::Guards;
use weft_federation::compose::prove;
use weft_federation::diagnostics::{Diagnostic, Severity, Source};
use weft_federation::schema::{Satisfiable, Supergraph};
use weft_federation::view::ClientSchema;

use super::cache::Caches;
use super::clients::{Client, Clients};
use super::engine::Engine;
use crate::auth::Authenticator;
use crate::bff::{self, ClientFiles};
use crate::config::{ClientPolicy, GatewayConfig};
use crate::operations::SavedOperations;
use crate::rate_limit::RateLimits;

pub struct Snapshot {
    pub clients: Clients,
    pub engine: Arc<Engine>,
    pub caches: Caches,
    pub authenticator: Authenticator,
    pub rate_limits: RateLimits,
    /// Whether an operation is refused as a whole where one of its fields is.
    pub rejects_unauthorized: bool,
    /// The largest body of a request, in bytes.
    pub max_body: usize,
    /// How many requests are worked on at a time; `None` is without a bound.
    pub max_in_flight: Option<usize>,
}

/// A snapshot, and what there is to say about the files that it was made of.
pub struct Loaded {
    pub snapshot: Snapshot,
    pub warnings: Vec<Diagnostic>,
}

impl Snapshot {
    /// As [`Self::load`], of the clients whose folders the configuration names. What is wrong with their policies does not keep
    /// what is wrong with their schemas from being told.
    pub fn read(source: &Arc<Source>, config: &GatewayConfig, guards: &Guards) -> Result<Loaded, Vec<Diagnostic>> {
        Self::with_readable_clients(config, |clients| Self::load(source, clients, config, guards))
    }

    /// As [`Self::read`], of a supergraph that was just composed, and so is proved.
    pub fn of_composed(
        supergraph: &Supergraph<Satisfiable>,
        config: &GatewayConfig,
        guards: &Guards,
    ) -> Result<Loaded, Vec<Diagnostic>> {
        Self::with_readable_clients(config, |clients| Self::of(supergraph, vec![], clients, config, guards))
    }

    fn with_readable_clients(
        config: &GatewayConfig,
        load: impl FnOnce(Vec<ClientFiles>) -> Result<Loaded, Vec<Diagnostic>>,
    ) -> Result<Loaded, Vec<Diagnostic>> {
        let (clients, mut found) = config.readable_clients();
        match load(clients) {
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
    /// a warning too. Endpoints that are called as before keep their guards, which are among `guards`.
    pub fn load(
        source: &Arc<Source>,
        clients: Vec<ClientFiles>,
        config: &GatewayConfig,
        guards: &Guards,
    ) -> Result<Loaded, Vec<Diagnostic>> {
        let (supergraph, lacks) = prove(Supergraph::load(source)?);
        Self::of(&supergraph, lacks, clients, config, guards)
    }

    fn of(
        supergraph: &Supergraph<Satisfiable>,
        lacks: Vec<Diagnostic>,
        clients: Vec<ClientFiles>,
        config: &GatewayConfig,
        guards: &Guards,
    ) -> Result<Loaded, Vec<Diagnostic>> {
        let (clients, found) = bff::compile(clients, supergraph);
        if found.iter().any(Diagnostic::is_error) {
            return Err(found);
        }
        let own = Client {
            schema: Arc::new(ClientSchema::identity(supergraph)),
            policy: ClientPolicy::of_supergraph(config),
            operations: SavedOperations::default(),
        };
        let clients = Clients::new(own, clients);
        let engine = Arc::new(Engine::new(supergraph, config, guards)?);
        let lacks = lacks.into_iter().map(|lack| Diagnostic { severity: lack.severity.max(Severity::Warning), ..lack });
        let of_config = config.warnings.iter().cloned().chain(config.unused(supergraph));
        let of_config = of_config.chain(config.unset(supergraph)).chain(config.unmet(supergraph));
        let warnings = of_config.chain(lacks).chain(found);
        let snapshot = Self {
            clients,
            engine,
            caches: Caches::new(),
            authenticator: config.authentication.as_ref().map(Authenticator::new).unwrap_or_default(),
            rate_limits: config.rate_limits(),
            rejects_unauthorized: config.rejects_unauthorized,
            max_body: config.max_body,
            max_in_flight: config.max_in_flight,
        };
        Ok(Loaded { snapshot, warnings: warnings.collect() })
    }
}
