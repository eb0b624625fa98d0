//! Tests of what runs when, and of what runs nowhere.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;

use super::gateway;
use crate::connector::FakeAnswer;

#[tokio::test(start_paused = true)]
async fn a_fetch_starts_as_soon_as_what_it_needs_is_there() {
    // `me` (1 s) then its score (1 s) goes on while `pets` takes 3 s: no barrier in between.
    let gateway = gateway();
    let started = Arc::new(Mutex::new(vec![]));
    let log = Arc::clone(&started);
    let begin = tokio::time::Instant::now();
    gateway
        .run_with("{ me { score } pets { id } }", "{}", move |call| {
            let at = begin.elapsed().as_secs();
            let (body, seconds) = if call.operation.contains("_entities") {
                (r#"{"data":{"_entities":[{"score":1}]}}"#, 1)
            } else if call.subgraph == "users" {
                (r#"{"data":{"me":{"id":"1"}}}"#, 1)
            } else {
                (r#"{"data":{"pets":[]}}"#, 3)
            };
            log.lock().expect("no panic").push((call.operation.contains("_entities"), at));
            Some(FakeAnswer::ok(body).after(Duration::from_secs(seconds)))
        })
        .await;
    assert_eq!(begin.elapsed().as_secs(), 3);
    assert!(started.lock().expect("no panic").contains(&(true, 1)));
}

#[tokio::test]
async fn mutations_run_in_order_and_past_failures() {
    let gateway = gateway();
    let count = Arc::new(AtomicUsize::new(0));
    let outcome = gateway
        .run_with("mutation { one(v: 1) three(v: 2) again: two(v: 3) }", "{}", move |call| {
            let at = count.fetch_add(1, Ordering::SeqCst);
            assert_eq!(call.subgraph == "reviews", at == 1, "one, three, two");
            match at {
                0 => Some(FakeAnswer::ok(r#"{"data":{"one":1}}"#)),
                1 => None,
                _ => Some(FakeAnswer::ok(r#"{"data":{"two":3}}"#)),
            }
        })
        .await;
    assert_eq!(outcome.response["data"], json!({"one":1,"three":null,"again":3}), "{}", outcome.text);
    assert_eq!(outcome.errors(), vec![("SUBREQUEST_UNAVAILABLE".to_owned(), json!(["three"]))]);
}

#[tokio::test]
async fn the_gateway_answers_introspection() {
    let gateway = gateway();
    let outcome = gateway
        .run_with(
            "query($n: String!) { t: __type(name: $n) { name kind } me { __typename name } }",
            r#"{"n":"Review"}"#,
            |_| Some(FakeAnswer::ok(r#"{"data":{"me":{"name":"A"}}}"#)),
        )
        .await;
    let expected = r#"{"data":{"t":{"name":"Review","kind":"OBJECT"},"me":{"__typename":"User","name":"A"}}}"#;
    assert_eq!(outcome.text, expected);
}

#[test]
fn an_execution_can_move_between_threads() {
    fn is_send<T: Send>(_: &T) {}
    let gateway = gateway();
    let connectors = crate::Connectors::fake(&gateway.supergraph, &crate::connector::Fake::new(|_| None));
    let headers = http::HeaderMap::new();
    is_send(&gateway.run_on(&connectors, &headers, "{ me { name } }", "{}"));
}
