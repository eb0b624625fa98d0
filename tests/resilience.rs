//! How the gateway stands failing and slow backends, and more requests than it can answer, seen from outside. Nothing here is timed: a
//! test waits for what is to happen, and times are so long, or so short, that they do not matter.

mod support;

use std::sync::Arc;

use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};
use support::{Backend, GIVE_UP, Gateway, SDL, Source, composed};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

const HELLO: &str = "{ hello }";
const SLOW: &str = "{ slow }";
const SAY: &str = r#"mutation { say(text: "x") }"#;

/// Another subgraph, of which the backend knows the answer.
const OTHER: &str = r#"
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
type Query { other: String }
"#;

fn asking(client: &Client, gateway: &Gateway, operation: &str) -> RequestBuilder {
    let request = client.post(gateway.url("/graphql")).header("content-type", "application/json");
    request.body(json!({ "query": operation }).to_string())
}

async fn ask(gateway: &Gateway, operation: &str) -> Value {
    read(asking(&Client::new(), gateway, operation).send().await.expect("an answer")).await
}

async fn read(response: Response) -> Value {
    serde_json::from_str(&response.text().await.expect("a body")).expect("JSON")
}

/// The code of the only error, and whether the field is null.
fn failure(response: &Value) -> (&str, bool) {
    let errors = response["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
    let nulls = response["data"].as_object().is_some_and(|data| data.values().all(Value::is_null));
    match errors {
        [error] => (error["extensions"]["code"].as_str().unwrap_or_default(), nulls),
        _ => ("", nulls),
    }
}

async fn health(gateway: &Gateway) -> Value {
    read(Client::new().get(gateway.url("/health/ready?verbose")).send().await.expect("an answer")).await
}

async fn two_subgraphs() -> (Backend, Backend, Arc<Source>) {
    let (backend, other) = (Backend::start().await, Backend::start().await);
    let [url, other_url] = [&backend, &other].map(|backend| format!("http://{}/graphql", backend.address));
    let supergraph = composed(&[("greeter", &url, SDL), ("other", &other_url, OTHER)]);
    (backend, other, supergraph)
}

#[tokio::test]
async fn a_circuit_opens_for_the_endpoint_that_fails_and_leaves_the_others_alone() {
    let (backend, other, supergraph) = two_subgraphs().await;
    let yaml = "traffic: { all: { retry: { attempts: 0 }, circuit_breaker: { failure_threshold: 3, open_for: 1h } } }";
    let gateway = Gateway::configured(supergraph, yaml).await;
    backend.fail(usize::MAX, 401);
    for _ in 0..10 {
        assert_eq!(failure(&ask(&gateway, HELLO).await), ("SUBREQUEST_HTTP_ERROR", true));
    }
    assert_eq!(health(&gateway).await["endpoints"][0]["circuit"], "closed", "who is not let in did not find it broken");
    backend.fail(usize::MAX, 500);
    for _ in 0..3 {
        ask(&gateway, HELLO).await;
    }
    let both = ask(&gateway, "{ hello other }").await;
    assert_eq!((&both["data"]["hello"], &both["data"]["other"]), (&Value::Null, &json!("else")), "{both}");
    assert_eq!(both["errors"][0]["extensions"], json!({"code":"CIRCUIT_OPEN","service":"greeter"}), "{both}");
    assert_eq!(failure(&ask(&gateway, SAY).await), ("CIRCUIT_OPEN", true), "a mutation too");
    assert_eq!((backend.calls(), other.calls()), (13, 1), "the endpoint is left alone");

    let health = health(&gateway).await;
    assert_eq!(health["status"], "ready", "{health}");
    let shown = |at: usize| (health["endpoints"][at]["subgraph"].as_str(), health["endpoints"][at]["circuit"].as_str());
    assert_eq!((shown(0), shown(1)), ((Some("greeter"), Some("open")), (Some("other"), Some("closed"))), "{health}");
    assert!(health["endpoints"][0]["open_for_ms"].as_u64().is_some_and(|left| left > 1_000_000), "{health}");
}

#[tokio::test]
async fn a_circuit_closes_when_the_endpoint_answers_again() {
    let backend = Backend::start().await;
    let circuit = "failure_rate: 0.5, min_requests: 4, open_for: 1ms, half_open_requests: 1";
    let yaml = format!("traffic: {{ all: {{ retry: {{ attempts: 0 }}, circuit_breaker: {{ {circuit} }} }} }}");
    let gateway = Gateway::configured(backend.supergraph(), &yaml).await;
    // A probe that fails opens it again, so it cannot be known which of these were calls.
    backend.fail(usize::MAX, 503);
    for _ in 0..10 {
        assert!(failure(&ask(&gateway, HELLO).await).1);
    }
    assert_ne!(health(&gateway).await["endpoints"][0]["circuit"], "closed");
    backend.fail(0, 503);
    let healed = async { while ask(&gateway, HELLO).await["data"]["hello"] != "hi" {} };
    timeout(GIVE_UP, healed).await.expect("it is tried again");
    assert_eq!(health(&gateway).await["endpoints"][0]["circuit"], "closed");
}

#[tokio::test]
async fn reads_are_tried_again_and_mutations_are_not() {
    let backend = Backend::start().await;
    let gateway = Gateway::configured(backend.supergraph(), "").await;
    backend.fail(2, 503);
    assert_eq!(ask(&gateway, HELLO).await, json!({"data":{"hello":"hi"}}));
    assert_eq!(backend.calls(), 3);
    backend.fail(1, 503);
    assert!(failure(&ask(&gateway, SAY).await).1);
    assert_eq!(backend.calls(), 4);
    // When everything fails, what is added to it stays a part of it: ten that were saved up, a fifth of the calls, and one a second.
    backend.fail(usize::MAX, 504);
    let yaml = "traffic: { all: { circuit_breaker: { failure_threshold: 0 } } }";
    let gateway = Gateway::configured(backend.supergraph(), yaml).await;
    let before = backend.calls();
    for _ in 0..100 {
        ask(&gateway, HELLO).await;
    }
    let made_again = backend.calls() - before - 100;
    assert!((10..150).contains(&made_again), "{made_again}");
}

#[tokio::test]
async fn as_many_calls_are_out_as_there_may_be() {
    let (backend, _other, supergraph) = two_subgraphs().await;
    let yaml = "traffic: { request_timeout: 1h, all: { timeout: 1h }, subgraphs: { greeter: { timeout: 100ms, max_in_flight: 1 }, other: { max_in_flight: 1 } } }";
    let gateway = Gateway::configured(supergraph.clone(), &yaml.replace("100ms", "1h")).await;
    let client = Client::new();
    let first = tokio::spawn(asking(&client, &gateway, SLOW).send());
    backend.slow_call().await;
    // It waits for the first, for no longer than a tenth of its time.
    let second = tokio::spawn(asking(&client, &gateway, HELLO).send());
    let waits = async { while health(&gateway).await["endpoints"][0]["waiting"] != 1 {} };
    timeout(GIVE_UP, waits).await.expect("it waits");
    assert_eq!(ask(&gateway, "{ other }").await["data"]["other"], "else", "others are not concerned");
    backend.release();
    let [first, second] = [first.await, second.await].map(|sent| sent.expect("no panic").expect("an answer"));
    assert_eq!(
        (read(first).await, read(second).await),
        (json!({"data":{"slow":"done"}}), json!({"data":{"hello":"hi"}}))
    );

    let hasty = Gateway::configured(supergraph, &yaml.replace("100ms", "2s")).await;
    let first = tokio::spawn(asking(&client, &hasty, SLOW).send());
    backend.slow_call().await;
    assert_eq!(failure(&ask(&hasty, HELLO).await), ("OVERLOADED", true));
    first.abort();
    backend.abandoned(1).await;
    assert_eq!(ask(&hasty, HELLO).await["data"]["hello"], "hi", "whoever goes away gives the place back");
}

#[tokio::test]
async fn past_its_limit_the_gateway_refuses_before_it_reads() {
    let backend = Backend::start().await;
    let gateway =
        Gateway::configured(backend.supergraph(), "traffic: { max_in_flight: 1, all: { timeout: 60s } }").await;
    let client = Client::new();
    let first = tokio::spawn(asking(&client, &gateway, SLOW).send());
    backend.slow_call().await;
    let shed = asking(&client, &gateway, HELLO).send().await.expect("an answer");
    assert_eq!((shed.status().as_u16(), &shed.headers()["retry-after"]), (503, &"1".parse().expect("a value")));
    assert_eq!(read(shed).await["errors"][0]["extensions"]["code"], "OVERLOADED");
    for path in ["/graphql?query=%7Bhello%7D", "/bff/any/path"] {
        let shed = client.get(gateway.url(path)).send().await.expect("an answer");
        assert_eq!(shed.status().as_u16(), 503, "{path}");
    }
    // The body need not come.
    let mut connection = TcpStream::connect(gateway.running.addr()).await.expect("it listens");
    let head = "POST /graphql HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n";
    connection.write_all(head.as_bytes()).await.expect("it is taken");
    let mut status = [0; 12];
    timeout(GIVE_UP, connection.read_exact(&mut status)).await.expect("it is answered").expect("it is not cut");
    assert_eq!(&status, b"HTTP/1.1 503");
    // Whoever asks how the gateway is is told.
    for path in ["/health/live", "/health/ready"] {
        assert_eq!(client.get(gateway.url(path)).send().await.expect("an answer").status().as_u16(), 200, "{path}");
    }
    assert_eq!(backend.calls(), 1);
    backend.release();
    assert_eq!(read(first.await.expect("no panic").expect("an answer")).await, json!({"data":{"slow":"done"}}));
    assert_eq!(ask(&gateway, HELLO).await["data"]["hello"], "hi");
}

#[tokio::test]
async fn a_slow_backend_makes_fields_null_and_no_request_late() {
    let (backend, _other, supergraph) = two_subgraphs().await;
    let yaml = "traffic: { request_timeout: 500ms, all: { timeout: 60s } }";
    let gateway = Gateway::configured(supergraph, yaml).await;
    let response = asking(&Client::new(), &gateway, "{ slow other }").send().await.expect("an answer");
    assert_eq!(response.status().as_u16(), 200);
    let response = read(response).await;
    assert_eq!(response["data"], json!({"slow":null,"other":"else"}));
    assert_eq!(failure(&response).0, "SUBGRAPH_TIMEOUT");
    backend.abandoned(1).await;
}

/// Backends see it when a client goes away, and nothing is left running.
#[tokio::test]
async fn a_client_that_goes_away_ends_its_calls() {
    const REQUESTS: u32 = 10;
    let backend = Backend::start().await;
    let yaml = "traffic: { request_timeout: 1h, all: { timeout: 1h } }";
    let gateway = Gateway::configured(backend.supergraph(), yaml).await;
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let before = tasks();
    for is_http2 in [false, true] {
        let client = if is_http2 { Client::builder().http2_prior_knowledge() } else { Client::builder() };
        let client = client.build().expect("a client");
        let requests: Vec<_> = (0..REQUESTS).map(|_| tokio::spawn(asking(&client, &gateway, SLOW).send())).collect();
        for _ in 0..REQUESTS {
            backend.slow_call().await;
        }
        requests.iter().for_each(|request| request.abort());
        backend.abandoned(REQUESTS).await;
        assert_eq!(health(&gateway).await["endpoints"][0]["in_flight"], 0);
        drop((client, requests));
        let at_rest = async {
            while tasks() > before {
                tokio::task::yield_now().await
            }
        };
        timeout(GIVE_UP, at_rest).await.unwrap_or_else(|_| panic!("{} tasks, and {before} before", tasks()));
    }
}
