//! Tests of what guards see of each protocol: what is sent again, and what opens a circuit.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::HeaderMap;
use serde_json::Value as Json;

use super::{Connectors, ConnectorsConfig, SourceConfig};
use crate::policy::{BreakerConfig, CircuitState, Guards, RetryConfig, Trip};
use crate::testing::{Gateway, Reply, Server};

const GRAPHQL: &str = r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@key"])
type Query { a: String } type Mutation { set: Thing } type Thing @key(fields: "id") { id: ID }"#;
const MORE: &str = r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@key"])
type Thing @key(fields: "id") { id: ID more: String }"#;
const REST: &str = r#"extend schema
@link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key"])
@link(url: "https://specs.apollo.dev/connect/v0.3", import: ["@source", "@connect"])
@source(name: "s", http: { baseURL: "http://unused.invalid" })
type Query {
  r: String @connect(source: "s", http: { GET: "/r" }, selection: "$.r")
  found: String @connect(source: "s", http: { POST: "/found", body: "a: $(1)" }, selection: "$.r")
  gone: String @connect(source: "s", http: { DELETE: "/gone" }, selection: "$.r")
}
type Mutation { put: String @connect(source: "s", http: { GET: "/put" }, selection: "$.r") }"#;

const ANSWER: &str = r#"{"data":{"a":"ok","set":{"id":"1"},"_entities":[{"more":"ok"}]},"r":"ok"}"#;

fn world() -> Gateway {
    Gateway::composed(&[("g", GRAPHQL.to_owned()), ("more", MORE.to_owned()), ("rest", REST.to_owned())], &|_, _| None)
}

/// All subgraphs are at `url`.
fn config(url: &str, retry: RetryConfig) -> ConnectorsConfig {
    let circuit_breaker = Some(BreakerConfig { trip: Trip::Failures(10), ..BreakerConfig::default() });
    let timeout = Duration::from_secs(30);
    let all = SourceConfig { url: Some(url.to_owned()), timeout, retry, circuit_breaker, ..SourceConfig::default() };
    ConnectorsConfig { all, ..ConnectorsConfig::default() }
}

async fn ask(gateway: &Gateway, connectors: &Connectors, operation: &str) -> Json {
    let text = gateway.run_on(connectors, &HeaderMap::new(), operation, "{}").await;
    serde_json::from_str(&text).expect("JSON")
}

fn status(status: u16) -> Reply {
    Reply::http(status, "application/json", ANSWER)
}

/// What is asked, what the first call to come is answered with, and how many calls there are then.
#[tokio::test]
async fn what_may_help_is_tried_again_and_nothing_is_changed_twice() {
    let later = |header: &str| {
        Reply::Raw(format!("HTTP/1.1 503 X\r\nconnection: close\r\n{header}\r\ncontent-length: 0\r\n\r\n").into_bytes())
    };
    let reset = || Reply::Raw(vec![]);
    let cut = || Reply::Raw(b"HTTP/1.1 200 X\r\ncontent-length: 100\r\n\r\n{".to_vec());
    let (a, r, found, gone, put, set) =
        ("{ a }", "{ r }", "{ found }", "{ gone }", "mutation { put }", "mutation { set { id } }");
    let cases = [
        (a, status(200), 1),
        (a, status(503), 2),
        (a, status(502), 2),
        (a, status(504), 2),
        (a, status(500), 1),
        (a, status(501), 1),
        (a, status(401), 1),
        (a, status(429), 1),
        (a, reset(), 2),
        (a, cut(), 2),
        (a, later("retry-after: 0"), 2),
        (a, later("retry-after: 3600"), 1),
        (set, status(503), 1),
        (set, reset(), 1),
        (set, cut(), 1),
        (r, status(503), 2),
        (r, reset(), 2),
        (r, status(404), 1),
        // A query is a read whatever it is sent with, unless it says that it is none.
        (found, status(503), 2),
        (gone, status(503), 1),
        // And a mutation is none.
        (put, status(503), 1),
        (put, reset(), 1),
        // What is looked up after a mutation is read; the mutation itself is one call before that.
        ("mutation { set { more } }", status(200), 2),
    ];
    let gateway = world();
    for (at, (operation, first, expected)) in cases.into_iter().enumerate() {
        let first = Mutex::new(Some(first));
        let server = Server::start(move |_| {
            first.lock().expect("no panic before").take().unwrap_or_else(|| Reply::json(ANSWER))
        });
        let server = server.await;
        let connectors =
            Connectors::new(&gateway.supergraph, &config(&server.url, RetryConfig::default()), &Guards::default());
        let response = ask(&gateway, &connectors.expect("a good configuration"), operation).await;
        assert_eq!(server.requests().len(), expected, "{at}: {operation}: {response}");
        if expected > 1 {
            assert_eq!(response["errors"], Json::Null, "{at}: {operation}: {response}");
        }
    }
}

#[tokio::test]
async fn what_follows_a_mutation_is_tried_again() {
    let server = {
        let failed = AtomicUsize::new(0);
        Server::start(move |request| {
            match request.contains("_entities") && failed.fetch_add(1, Ordering::SeqCst) == 0 {
                true => status(503),
                false => Reply::json(ANSWER),
            }
        })
        .await
    };
    let gateway = world();
    let config = config(&server.url, RetryConfig::default());
    let connectors = Connectors::new(&gateway.supergraph, &config, &Guards::default()).expect("a good configuration");
    let response = ask(&gateway, &connectors, "mutation { set { more } }").await;
    assert_eq!(response["data"]["set"]["more"], "ok", "{response}");
    assert_eq!(server.requests().iter().filter(|request| request.contains("set{")).count(), 1, "it is set once");
    assert_eq!(server.requests().len(), 3);
}

/// A connection that was left open is closed by the server just as the next request comes.
#[tokio::test]
async fn a_connection_that_ends_under_a_request_fails_no_query() {
    let server = Server::start(|_| Reply::then_closed(ANSWER)).await;
    let gateway = world();
    let config = config(&server.url, RetryConfig { attempts: 1, budget: 1.0 });
    let connectors = Connectors::new(&gateway.supergraph, &config, &Guards::default()).expect("a good configuration");
    for _ in 0..5 {
        let response = ask(&gateway, &connectors, "{ a }").await;
        assert_eq!(response["data"]["a"], "ok", "{response}");
    }
}

#[tokio::test]
async fn a_circuit_is_opened_by_the_backends_failures_alone() {
    let graphql_error = || Reply::json(r#"{"errors":[{"message":"no"}],"data":null}"#);
    let cases = [
        ("{ a }", status(500), true),
        ("{ a }", status(503), true),
        ("{ a }", Reply::Raw(vec![]), true),
        ("{ a }", status(401), false),
        ("{ a }", status(429), false),
        ("{ a }", graphql_error(), false),
        ("{ a }", Reply::json("<html>"), false),
        ("mutation { set { id } }", status(500), true),
        ("{ r }", status(500), true),
        ("{ r }", status(404), false),
        ("{ r }", status(422), false),
    ];
    let gateway = world();
    for (at, (operation, reply, opens)) in cases.into_iter().enumerate() {
        let server = Server::start(move |_| reply.clone()).await;
        let config = config(&server.url, RetryConfig { attempts: 0, budget: 0.0 });
        let connectors = Connectors::new(&gateway.supergraph, &config, &Guards::default());
        let connectors = connectors.expect("a good configuration");
        for _ in 0..15 {
            ask(&gateway, &connectors, operation).await;
        }
        let response = ask(&gateway, &connectors, operation).await;
        let code = response["errors"][0]["extensions"]["code"].as_str().unwrap_or_default();
        assert_eq!(code == "CIRCUIT_OPEN", opens, "{at}: {operation}: {response}");
        assert_eq!(server.requests().len(), if opens { 10 } else { 16 }, "{at}: {operation}");
        // Each endpoint has a circuit of its own.
        let open = |health: &&crate::policy::EndpointHealth| matches!(health.circuit, Some(CircuitState::Open { .. }));
        assert_eq!(connectors.health().iter().filter(open).count(), usize::from(opens), "{at}: {operation}");
    }
}

/// Another snapshot for the same backends, as after a reload.
#[tokio::test]
async fn a_circuit_outlives_a_reload_where_its_endpoint_stays() {
    let server = Server::start(|_| status(500)).await;
    let (gateway, guards) = (world(), Guards::default());
    let off = RetryConfig { attempts: 0, budget: 0.0 };
    let before = Connectors::new(&gateway.supergraph, &config(&server.url, off.clone()), &guards);
    let before = before.expect("a good configuration");
    for _ in 0..10 {
        ask(&gateway, &before, "{ a }").await;
    }
    let mut changed = config(&server.url, off.clone());
    let other = SourceConfig { max_in_flight: Some(7), ..changed.all.clone() };
    changed.subgraphs = HashMap::from([("more".to_owned(), other)]);
    for (config, expected) in [
        (config(&server.url, off.clone()), "CIRCUIT_OPEN"),
        // Another subgraph's configuration is none of its business.
        (changed, "CIRCUIT_OPEN"),
        (config(&server.url, RetryConfig { attempts: 1, budget: 0.5 }), "SUBREQUEST_HTTP_ERROR"),
        (config(&server.url.replace("127.0.0.1", "localhost"), off), "SUBREQUEST_HTTP_ERROR"),
    ] {
        let after = Connectors::new(&gateway.supergraph, &config, &guards).expect("a good configuration");
        let response = ask(&gateway, &after, "{ a }").await;
        assert_eq!(response["errors"][0]["extensions"]["code"], expected, "{response}");
    }
}
