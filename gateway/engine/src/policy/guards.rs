//! Owns the guards of all endpoints, which outlive the snapshots that use them: an endpoint that is configured as before keeps its
//! guard, with all that it knows of the endpoint.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::guard::{Guard, GuardConfig};

/// Which endpoint it is, for people.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct EndpointName {
    pub subgraph: String,
    /// The `@source`, or the address of connectors that name none. `None` for a GraphQL server.
    pub source: Option<String>,
}

impl fmt::Display for EndpointName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.source {
            Some(source) => write!(f, "{}.{source}", self.subgraph),
            None => f.write_str(&self.subgraph),
        }
    }
}

/// The guards that are in use. Cheap to clone; the clones share them.
#[derive(Debug, Clone, Default)]
pub struct Guards(Arc<Mutex<Vec<Entry>>>);

#[derive(Debug)]
struct Entry {
    name: EndpointName,
    /// Where it is: another address is another endpoint.
    address: String,
    config: GuardConfig,
    guard: Weak<Guard>,
}

impl Guards {
    /// The guard of an endpoint: the one that there is, if it is for this address and configured like this.
    pub fn of(&self, name: EndpointName, address: &str, config: &GuardConfig) -> Arc<Guard> {
        // Nothing panics while it is held.
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.retain(|entry| entry.guard.strong_count() > 0);
        let is_it = |entry: &&Entry| entry.name == name && entry.address == address && entry.config == *config;
        if let Some(guard) = entries.iter().find(is_it).and_then(|entry| entry.guard.upgrade()) {
            return guard;
        }
        let guard = Arc::new(Guard::new(name.clone(), config.clone()));
        let weak = Arc::downgrade(&guard);
        entries.push(Entry { name, address: address.to_owned(), config: config.clone(), guard: weak });
        guard
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::policy::RetryConfig;

    fn config(seconds: u64) -> GuardConfig {
        let timeout = Duration::from_secs(seconds);
        GuardConfig { timeout, retry: RetryConfig::default(), circuit_breaker: None, max_in_flight: Some(1) }
    }

    fn name(subgraph: &str, source: Option<&str>) -> EndpointName {
        EndpointName { subgraph: subgraph.to_owned(), source: source.map(str::to_owned) }
    }

    #[test]
    fn an_endpoint_that_stays_as_it_was_keeps_its_guard() {
        let guards = Guards::default();
        let first = guards.of(name("a", None), "http://a", &config(1));
        let cases = [
            (name("a", None), "http://a", 1, true),
            (name("a", None), "http://b", 1, false),
            (name("a", None), "http://a", 2, false),
            (name("a", Some("a")), "http://a", 1, false),
            (name("b", None), "http://a", 1, false),
        ];
        for (name, address, seconds, is_same) in cases {
            let guard = guards.of(name.clone(), address, &config(seconds));
            assert_eq!(Arc::ptr_eq(&first, &guard), is_same, "{name} {address} {seconds}");
        }
        drop(first);
        let _another = guards.of(name("a", None), "http://a", &config(1));
        assert_eq!(guards.0.lock().expect("no panic before").len(), 1, "what nobody uses is forgotten");
    }
}
