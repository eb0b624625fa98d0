//! Owns how backends are called, as configured: limits, times and headers, per source.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::headers::HeaderRule;
use super::tls::Tls;
use crate::policy::{BreakerConfig, GuardConfig, RetryConfig};

/// Calls to all backends.
#[derive(Clone, Default)]
pub struct ConnectorsConfig {
    /// Where nothing else is said.
    pub all: SourceConfig,
    /// By the subgraph's name; complete, not laid over `all`.
    pub subgraphs: HashMap<String, SourceConfig>,
    /// By the subgraph's name and the name of a `@source` in it; before `subgraphs`.
    pub sources: HashMap<(String, String), SourceConfig>,
    /// What connectors may read as `$env`. Of it only what they name is kept.
    pub env: BTreeMap<String, String>,
    /// What the connectors of a subgraph read as `$config`: a JSON object, by the subgraph's name.
    pub values: HashMap<String, String>,
    /// The same for those of a source, by the subgraph's name and the source's; before `values`.
    pub source_values: HashMap<(String, String), String>,
}

/// Without the values that may be secret.
impl fmt::Debug for ConnectorsConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { all, subgraphs, sources, env: _, values: _, source_values: _ } = self;
        f.debug_struct("ConnectorsConfig")
            .field("all", all)
            .field("subgraphs", subgraphs)
            .field("sources", sources)
            .finish_non_exhaustive()
    }
}

impl ConnectorsConfig {
    pub fn of(&self, subgraph: &str) -> &SourceConfig {
        self.subgraphs.get(subgraph).unwrap_or(&self.all)
    }

    /// Whether some backend is sent a client's headers, beside its credential.
    pub fn forward_headers(&self) -> bool {
        let all = self.subgraphs.values().chain(self.sources.values()).chain([&self.all]);
        all.flat_map(|source| &source.headers).any(HeaderRule::forwards)
    }

    pub fn of_source(&self, subgraph: &str, source: &str) -> &SourceConfig {
        let key = (subgraph.to_owned(), source.to_owned());
        self.sources.get(&key).unwrap_or_else(|| self.of(subgraph))
    }
}

/// Calls to one backend.
#[derive(Debug, Clone)]
pub struct SourceConfig {
    /// Instead of the address in the supergraph.
    pub url: Option<String>,
    /// For a call with all its attempts, from its start to the last byte of its answer.
    pub timeout: Duration,
    pub connect_timeout: Duration,
    pub retry: RetryConfig,
    /// `None` is off.
    pub circuit_breaker: Option<BreakerConfig>,
    /// How many calls are out at a time; `None` is without a bound.
    pub max_in_flight: Option<usize>,
    /// The largest answer that is read, in bytes.
    pub max_body: usize,
    /// The largest message that a gRPC service is sent, in bytes.
    pub max_request: usize,
    /// Which headers are sent besides the protocol's own, and those that a connector's own directives name.
    pub headers: Vec<HeaderRule>,
    /// How long a batch of entities waits for those of other operations that send the same headers. None waits for no other.
    pub batch_window: Option<Duration>,
    /// Whether operations that send the same read with the same headers share its answer while it is out.
    pub share_in_flight: bool,
    /// Whom to trust and what to show behind `https://`; without it whom the system trusts, and nothing.
    pub tls: Option<Arc<Tls>>,
}

impl Default for SourceConfig {
    fn default() -> Self {
        Self {
            url: None,
            timeout: Duration::from_secs(5),
            connect_timeout: Duration::from_secs(1),
            retry: RetryConfig::default(),
            circuit_breaker: Some(BreakerConfig::default()),
            max_in_flight: Some(256),
            max_body: 64 << 20,
            max_request: 64 << 20,
            headers: vec![],
            batch_window: None,
            share_in_flight: false,
            tls: None,
        }
    }
}

impl SourceConfig {
    pub(super) fn guard(&self) -> GuardConfig {
        GuardConfig {
            timeout: self.timeout,
            retry: self.retry.clone(),
            circuit_breaker: self.circuit_breaker.clone(),
            max_in_flight: self.max_in_flight,
        }
    }
}
