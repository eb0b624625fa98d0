//! Owns the count of who uses what: by client, version and operation, and of each operation by field. It answers who still uses a field
//! before it goes.
//!
//! Counts are of this process, and begin anew with each report, so that what is kept is bounded by what is asked for between two.

mod used;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::http::HeaderMap;
use serde_json::{Map, Value, json};
use tokio::time::{Instant, interval_at};

pub use used::Used;

/// What says the version of a client, the first that is there.
const VERSION: [&str; 2] = ["apollographql-client-version", "graphql-client-version"];

/// Versions are what clients say: one that says always another counts as none beyond this many.
const MAX_ENTRIES: usize = 10_000;
const MAX_VERSION: usize = 64;

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Key {
    /// `None` at the supergraph's own endpoint.
    client: Option<Box<str>>,
    version: Option<Box<str>>,
    /// `None` for one without a name.
    operation: Option<Box<str>>,
}

#[derive(Debug, Default)]
struct Count {
    requests: u64,
    /// By `Type.field`, as the client's schema has it.
    fields: HashMap<Box<str>, u64>,
}

#[derive(Debug, Default)]
pub struct Usage {
    counts: Mutex<HashMap<Key, Count>>,
}

impl Usage {
    /// Counts a request that is executed.
    pub fn count(&self, client: Option<&str>, headers: &HeaderMap, used: &Used) {
        let version = VERSION.iter().find_map(|name| headers.get(*name)?.to_str().ok());
        let version = version.filter(|version| !version.is_empty() && version.len() <= MAX_VERSION).map(Into::into);
        let mut key = Key { client: client.map(Into::into), version, operation: used.operation.clone() };
        // A panic elsewhere leaves counts, if not all.
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() >= MAX_ENTRIES && !counts.contains_key(&key) {
            (key.version, key.operation) = (None, None);
        }
        let count = counts.entry(key).or_default();
        count.requests += 1;
        for field in &used.fields {
            match count.fields.get_mut(field) {
                Some(requests) => *requests += 1,
                None => {
                    count.fields.insert(field.clone(), 1);
                }
            }
        }
    }

    /// The counts so far, a JSON object each, in order; they begin anew.
    pub fn take(&self) -> Vec<Value> {
        let counts = std::mem::take(&mut *self.counts.lock().unwrap_or_else(PoisonError::into_inner));
        let mut counts: Vec<(Key, Count)> = counts.into_iter().collect();
        counts.sort_by(|(one, _), (other, _)| one.cmp(other));
        let shown = |(Key { client, version, operation }, Count { requests, fields }): (Key, Count)| {
            let fields: Map<String, Value> =
                fields.into_iter().map(|(field, requests)| (field.into(), requests.into())).collect();
            json!({ "client": client, "version": version, "operation": operation, "requests": requests, "fields": fields })
        };
        counts.into_iter().map(shown).collect()
    }

    /// Logs the counts, a line each.
    pub fn log(&self) {
        for line in self.take() {
            tracing::info!(target: "weft::usage", "{line}");
        }
    }
}

/// Logs the counts from time to time, until it is dropped.
pub async fn log_every(usage: Arc<Usage>, period: Duration) {
    let mut ticks = interval_at(Instant::now() + period, period);
    loop {
        ticks.tick().await;
        usage.log();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue};

    fn count(usage: &Usage, client: &str, version: Option<&str>, operation: &str, fields: &[&str]) {
        let headers = version.map(|version| {
            let value = HeaderValue::from_str(version).expect("the test's own");
            (HeaderName::from_static("graphql-client-version"), value)
        });
        let fields = fields.iter().map(|field| Box::from(*field)).collect();
        let used = Used { operation: Some(operation.into()), fields };
        usage.count(Some(client), &HeaderMap::from_iter(headers), &used);
    }

    #[test]
    fn requests_are_counted_by_who_asks_what() {
        let usage = Usage::default();
        count(&usage, "web", Some("1"), "A", &["Q.a", "Q.b"]);
        count(&usage, "web", Some("1"), "A", &["Q.a"]);
        count(&usage, "web", Some("2"), "A", &["Q.a"]);
        count(&usage, "tv", None, "A", &["Q.a"]);
        let lines: Vec<String> = usage.take().iter().map(Value::to_string).collect();
        assert_eq!(
            lines,
            [
                r#"{"client":"tv","fields":{"Q.a":1},"operation":"A","requests":1,"version":null}"#,
                r#"{"client":"web","fields":{"Q.a":2,"Q.b":1},"operation":"A","requests":2,"version":"1"}"#,
                r#"{"client":"web","fields":{"Q.a":1},"operation":"A","requests":1,"version":"2"}"#,
            ]
        );
        assert!(usage.take().is_empty(), "they begin anew");
    }

    #[test]
    fn what_clients_say_of_themselves_is_bounded() {
        let usage = Usage::default();
        for version in 0..MAX_ENTRIES + 100 {
            count(&usage, "web", Some(&version.to_string()), "A", &["Q.a"]);
        }
        count(&usage, "web", Some(&"x".repeat(MAX_VERSION + 1)), "A", &["Q.a"]);
        let lines = usage.take();
        assert_eq!(lines.len(), MAX_ENTRIES + 1);
        assert_eq!((lines[0]["requests"].as_u64(), &lines[0]["version"]), (Some(101), &Value::Null));
    }
}
