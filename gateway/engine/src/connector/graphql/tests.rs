//! Tests of calls over the network, to backends that misbehave.

use std::time::{Duration, Instant};

use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value as Json, json};

use crate::connector::{Connectors, ConnectorsConfig, HeaderRule, SourceConfig};
use crate::policy::Guards;
use crate::testing::{Gateway, Reply, Server};

const SDL: &str = "type Query { me: User } type User { name: String }";

fn config(url: &str) -> ConnectorsConfig {
    let all = SourceConfig {
        url: Some(url.to_owned()),
        timeout: Duration::from_millis(300),
        max_body: 1000,
        headers: vec![
            HeaderRule::Propagate {
                from: HeaderName::from_static("x-request-id"),
                to: HeaderName::from_static("x-correlation"),
                default: None,
            },
            HeaderRule::Insert(HeaderName::from_static("x-fixed"), HeaderValue::from_static("yes")),
        ],
        ..SourceConfig::default()
    };
    ConnectorsConfig { all, ..ConnectorsConfig::default() }
}

async fn ask(url: &str) -> Json {
    let gateway = Gateway::new(&[("users", SDL)]);
    let connectors =
        Connectors::new(&gateway.supergraph, &config(url), &Guards::default()).expect("a good configuration");
    let mut headers = HeaderMap::new();
    headers.insert("x-request-id", HeaderValue::from_static("r1"));
    headers.insert("cookie", HeaderValue::from_static("secret=1"));
    let text = gateway.run_on(&connectors, &headers, "{ me { name } }", "{}").await;
    serde_json::from_str(&text).expect("JSON")
}

#[tokio::test]
async fn a_request_carries_the_operation_and_the_headers_named() {
    let server = Server::start(|_| Reply::json(r#"{"data":{"me":{"name":"A"}}}"#)).await;
    assert_eq!(ask(&server.url).await, json!({"data":{"me":{"name":"A"}}}));
    let request = server.requests().remove(0).to_lowercase();
    for line in [
        "post / http/1.1",
        "content-type: application/json",
        "accept: application/graphql-response+json, application/json",
        "x-correlation: r1",
        "x-fixed: yes",
    ] {
        assert!(request.contains(line), "{line} in {request}");
    }
    let authority = server.url.trim_start_matches("http://").trim_end_matches('/');
    assert_eq!(request.matches(&format!("host: {authority}\r\n")).count(), 1, "{request}");
    assert!(!request.contains("secret"), "{request}");
    assert!(request.ends_with(r#"{"query":"{me{name}}","variables":{}}"#), "{request}");
}

#[tokio::test]
async fn every_way_to_misbehave_ends_in_time_as_the_subgraphs_error() {
    let chunked = |body: &str| {
        let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
        Reply::Raw(format!("{head}{:x}\r\n{body}\r\n", body.len()).into_bytes())
    };
    let large = format!(r#"{{"data":{{"me":{{"name":"{}"}}}}}}"#, "x".repeat(2000));
    let cases = [
        ("html", Reply::http(200, "text/html", "<html>"), "SUBREQUEST_MALFORMED_RESPONSE"),
        ("empty", Reply::json(""), "SUBREQUEST_MALFORMED_RESPONSE"),
        ("truncated JSON", Reply::json(r#"{"data":{"me":{"na"#), "SUBREQUEST_MALFORMED_RESPONSE"),
        (
            "not UTF-8",
            Reply::Raw(b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n\xff".into()),
            "SUBREQUEST_MALFORMED_RESPONSE",
        ),
        ("too large", Reply::json(&large), "SUBREQUEST_MALFORMED_RESPONSE"),
        ("too large, length unknown", chunked(&large), "SUBREQUEST_MALFORMED_RESPONSE"),
        ("cut within the body", chunked(r#"{"data":"#), "SUBREQUEST_UNAVAILABLE"),
        ("closed at once", Reply::Raw(vec![]), "SUBREQUEST_UNAVAILABLE"),
        ("silent", Reply::Silence, "SUBGRAPH_TIMEOUT"),
        (
            "redirect",
            Reply::Raw(b"HTTP/1.1 302 X\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n".into()),
            "SUBREQUEST_HTTP_ERROR",
        ),
        ("503", Reply::http(503, "text/plain", "busy"), "SUBREQUEST_HTTP_ERROR"),
    ];
    for (name, reply, code) in cases {
        let server = Server::start(move |_| reply.clone()).await;
        let begin = Instant::now();
        let response = ask(&server.url).await;
        assert!(begin.elapsed() < Duration::from_secs(20), "{name}");
        assert_eq!(response["data"], json!({"me":null}), "{name}: {response}");
        assert_eq!(response["errors"].as_array().map(Vec::len), Some(1), "{name}: {response}");
        let error = &response["errors"][0];
        assert_eq!(error["extensions"]["code"], code, "{name}: {response}");
        assert_eq!(error["path"], json!(["me"]), "{name}");
        assert!(!error["message"].as_str().expect("a message").contains("127.0.0.1"), "{name}: {error}");
    }
    // A port where nobody listens.
    let gone = Server::start(|_| Reply::Silence).await.url.clone();
    tokio::task::yield_now().await;
    assert_eq!(ask(&gone).await["data"], json!({"me":null}));
}

#[tokio::test]
async fn a_client_that_goes_away_ends_its_upstream_calls() {
    let server = Server::start(|_| Reply::Silence).await;
    let gateway = Gateway::new(&[("users", SDL)]);
    let mut config = config(&server.url);
    config.all.timeout = Duration::from_secs(600);
    let connectors = Connectors::new(&gateway.supergraph, &config, &Guards::default()).expect("a good configuration");
    let headers = HeaderMap::new();
    tokio::select! {
        text = gateway.run_on(&connectors, &headers, "{ me { name } }", "{}") => panic!("nobody answered: {text}"),
        () = server.received.notified() => {}
    }
    // The select has dropped the execution.
    server.abandoned.notified().await;
}

#[test]
fn an_address_that_is_none_is_a_configuration_error() {
    let gateway = Gateway::new(&[("users", SDL)]);
    for url in ["", "users:80", "ftp://x/"] {
        let errors = Connectors::new(&gateway.supergraph, &config(url), &Guards::default()).expect_err("refused");
        assert_eq!(errors[0].subgraph, "users", "{}", errors[0]);
    }
}
