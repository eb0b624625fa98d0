//! Owns how backends are called, as configured: limits, times and headers, per source.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};

/// Calls to all backends.
#[derive(Debug, Clone, Default)]
pub struct ConnectorsConfig {
    /// Where nothing else is said.
    pub all: SourceConfig,
    /// By the subgraph's name; complete, not laid over `all`.
    pub subgraphs: HashMap<String, SourceConfig>,
    /// By the subgraph's name and the name of a `@source` in it; before `subgraphs`.
    pub sources: HashMap<(String, String), SourceConfig>,
    /// What connectors read as `$env`.
    pub env: BTreeMap<String, String>,
    /// What the connectors of a subgraph read as `$config`: a JSON object, by the subgraph's name.
    pub values: HashMap<String, String>,
}

impl ConnectorsConfig {
    pub fn of(&self, subgraph: &str) -> &SourceConfig {
        self.subgraphs.get(subgraph).unwrap_or(&self.all)
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
    /// For a call from its start to the last byte of its answer.
    pub timeout: Duration,
    pub connect_timeout: Duration,
    /// The largest answer that is read, in bytes.
    pub max_body: usize,
    /// The largest message that a gRPC service is sent, in bytes.
    pub max_request: usize,
    /// Which headers are sent besides the protocol's own.
    pub headers: Vec<HeaderRule>,
}

impl Default for SourceConfig {
    fn default() -> Self {
        Self {
            url: None,
            timeout: Duration::from_secs(5),
            connect_timeout: Duration::from_secs(1),
            max_body: 64 << 20,
            max_request: 64 << 20,
            headers: vec![],
        }
    }
}

/// One header that is sent to a backend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeaderRule {
    /// The client's header, under a name that may differ.
    Propagate { from: HeaderName, to: HeaderName },
    /// A fixed value.
    Insert(HeaderName, HeaderValue),
}

impl HeaderRule {
    /// Adds to `headers` what the rule says, in place of what it had under the name.
    pub(super) fn apply(&self, client: &HeaderMap, headers: &mut HeaderMap) {
        match self {
            Self::Propagate { from, to } => {
                let mut values = client.get_all(from).iter();
                if let Some(first) = values.next() {
                    headers.insert(to.clone(), first.clone());
                    for value in values {
                        headers.append(to.clone(), value.clone());
                    }
                }
            }
            Self::Insert(name, value) => {
                headers.insert(name.clone(), value.clone());
            }
        }
    }
}
