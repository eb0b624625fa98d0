//! Owns the section `traffic`: times, sizes and numbers of requests and calls, key by key from all to the subgraph to the source.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use weft_engine::SourceConfig;

use super::Resolving;
use super::guards::{CircuitBreaker, RawGuards, Retry};
use super::tls::RawTls;
use crate::config::values::{HttpUrl, Number, Size, SourceName, Time};
use crate::config::yaml::Located;

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Traffic {
    /// How long one request may take. A twentieth of it, and at most 250 ms, is kept for the gateway itself: what subgraphs have not
    /// answered before that is null, with an error, and a request that is not even planned by then ends with `GATEWAY_TIMEOUT`.
    #[schemars(extend("default" = "30s"), example = "10s")]
    request_timeout: Option<Time>,
    /// How many requests are worked on at a time, without subscriptions; one past that is refused at once, with 503 and
    /// `OVERLOADED`. 0 is without a bound.
    #[schemars(extend("default" = 4096), example = 1000)]
    max_in_flight: Option<Number>,
    /// Calls to all subgraphs.
    all: Calls,
    /// Calls to one subgraph, by its name. What is not said here holds as `all` says.
    subgraphs: BTreeMap<Located<String>, Backend>,
    /// Calls to one `@source` of a subgraph of connectors, as `subgraph.source`. What is not said here holds as it does for
    /// its subgraph.
    #[schemars(extend("propertyNames" = { "title": "subgraph.source", "pattern": r"^.+\..+$" }))]
    sources: BTreeMap<Located<SourceName>, Backend>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Calls {
    /// For a call with all its attempts, from its start to the last byte of its answer.
    #[schemars(extend("default" = "5s"), example = "2s")]
    timeout: Option<Time>,
    /// For the connection alone.
    #[schemars(extend("default" = "1s"), example = "500ms")]
    connect_timeout: Option<Time>,
    /// Further attempts at calls that read, where one failed in a way that may pass. See [reliability.md](reliability.md).
    retry: Retry,
    /// When a backend that fails is left alone. See [reliability.md](reliability.md).
    circuit_breaker: CircuitBreaker,
    /// How many calls to one endpoint are out at a time; one past that waits for a little, and then fails with `OVERLOADED`. 0 is
    /// without a bound.
    #[schemars(extend("default" = 256), example = 64)]
    max_in_flight: Option<Number>,
    /// The largest answer that is read.
    #[schemars(extend("default" = "64MiB"), example = "8MB")]
    max_body: Option<Size>,
    /// Behind `https://`: whom to trust, and what to show.
    tls: Option<RawTls>,
}

// The keys of `Calls`, and where they go. Serde cannot both flatten one struct into the other and refuse unknown keys.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Backend {
    /// Instead of the address in the supergraph. A source that has none of its own takes that of its subgraph.
    #[schemars(example = "http://localhost:4001/graphql")]
    url: Option<Located<HttpUrl>>,
    /// For a call with all its attempts, from its start to the last byte of its answer.
    #[schemars(example = "10s")]
    timeout: Option<Time>,
    /// For the connection alone.
    #[schemars(example = "500ms")]
    connect_timeout: Option<Time>,
    /// Further attempts at calls that read, key by key over what holds further out.
    retry: Retry,
    /// When a backend that fails is left alone, key by key over what holds further out.
    circuit_breaker: CircuitBreaker,
    /// How many calls to one endpoint are out at a time; 0 is without a bound.
    #[schemars(example = 64)]
    max_in_flight: Option<Number>,
    /// The largest answer that is read.
    #[schemars(example = "8MB")]
    max_body: Option<Size>,
    /// How long a batch of entities from a REST or gRPC service waits for those of other requests, so that one call gets them
    /// all. Only requests that send it the same headers and arguments share one, whatever `x-request-id` they have. Without
    /// it none waits.
    #[schemars(example = "1ms")]
    batch_window: Option<Time>,
    /// Whether requests share the answer to a read that is out: the same method, address, headers but for `x-request-id`, and
    /// body. Mutations are never shared.
    #[schemars(extend("default" = false))]
    share_in_flight: Option<bool>,
    /// Behind `https://`: whom to trust, and what to show.
    tls: Option<RawTls>,
}

/// What calls are like, without their headers.
pub struct ResolvedCalls {
    pub all: SourceConfig,
    pub subgraphs: BTreeMap<String, SourceConfig>,
    pub sources: BTreeMap<SourceName, SourceConfig>,
}

impl ResolvedCalls {
    pub fn of(&self, subgraph: &str) -> &SourceConfig {
        self.subgraphs.get(subgraph).unwrap_or(&self.all)
    }
}

impl Traffic {
    pub fn request_timeout(&self) -> Duration {
        self.request_timeout.map_or(Duration::from_secs(30), |time| time.0)
    }

    /// `None` is without a bound.
    pub fn max_in_flight(&self) -> Option<usize> {
        self.max_in_flight.unwrap_or(Number(4096)).unless_zero()
    }

    /// Files are relative to `folder`.
    pub fn resolve(self, resolving: &mut Resolving<'_>, folder: &Path) -> ResolvedCalls {
        resolving.timeouts.all = self.all.timeout.is_some();
        let request_timeout = self.request_timeout();
        let all = Backend::from(self.all).over(&SourceConfig::default(), resolving, folder);
        let mut calls = ResolvedCalls { all, subgraphs: BTreeMap::new(), sources: BTreeMap::new() };
        for (name, backend) in self.subgraphs {
            resolving.subgraph(&name);
            if let Some(url) = &backend.url {
                resolving.subgraph_url(&name, &url.span);
            }
            if backend.timeout.is_some() {
                resolving.timeouts.subgraphs.insert(name.value.clone());
            }
            let own = backend.over(&calls.all, resolving, folder);
            calls.subgraphs.insert(name.value, own);
        }
        for (name, backend) in self.sources {
            resolving.source(&name);
            if backend.timeout.is_some() {
                resolving.timeouts.sources.insert(name.value.clone());
            }
            let own = backend.over(calls.of(&name.value.subgraph), resolving, folder);
            calls.sources.insert(name.value, own);
        }
        // No call has more time than its request has, and whether a late one is the backend's fault hangs on how much it had.
        let each = calls.subgraphs.values_mut().chain(calls.sources.values_mut()).chain([&mut calls.all]);
        each.for_each(|call| call.timeout = call.timeout.min(request_timeout));
        calls
    }
}

impl From<Calls> for Backend {
    fn from(calls: Calls) -> Self {
        let Calls { timeout, connect_timeout, retry, circuit_breaker, max_in_flight, max_body, tls } = calls;
        Self { timeout, connect_timeout, retry, circuit_breaker, max_in_flight, max_body, tls, ..Self::default() }
    }
}

impl Backend {
    /// What is said here, and where nothing is said what `outer` has.
    fn over(self, outer: &SourceConfig, resolving: &mut Resolving<'_>, folder: &Path) -> SourceConfig {
        let Self {
            url,
            timeout,
            connect_timeout,
            retry,
            circuit_breaker,
            max_in_flight,
            max_body,
            batch_window,
            share_in_flight,
            tls,
        } = self;
        let mut config = SourceConfig {
            url: url.map(|url| url.value.0).or_else(|| outer.url.clone()),
            timeout: timeout.map_or(outer.timeout, |time| time.0),
            connect_timeout: connect_timeout.map_or(outer.connect_timeout, |time| time.0),
            max_body: max_body.map_or(outer.max_body, |size| size.0),
            batch_window: batch_window.map(|time| time.0).or(outer.batch_window),
            share_in_flight: share_in_flight.unwrap_or(outer.share_in_flight),
            tls: match tls {
                Some(own) => own.resolve(resolving, folder).map(Arc::new),
                None => outer.tls.clone(),
            },
            ..outer.clone()
        };
        RawGuards { retry, circuit_breaker, max_in_flight }.lay_over(&mut config, resolving);
        config
    }
}
