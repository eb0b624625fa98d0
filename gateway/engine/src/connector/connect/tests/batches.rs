//! What a batch's answer gives each entity: a case is the answer to a call for 1, 2 and 3.

use std::time::Duration;

use http::HeaderMap;
use serde_json::{Value as Json, json};

use super::{LINK, errors};
use crate::connector::{Connectors, ConnectorsConfig, SourceConfig};
use crate::policy::{Guards, RetryConfig};

/// Calls are counted.
const NO_RETRY: RetryConfig = RetryConfig { attempts: 0, budget: 0.0 };
use crate::testing::{Gateway, Reply, Server};

const SHOP: &str = r#"
type Query { all: [User] @connect(source: "api", http: { GET: "/all" }, selection: "$ { id }") }
type User @key(fields: "id") @connect(source: "api", http: { POST: "/users", body: "ids: $batch.id" },
    batch: { maxSize: 3 }, IS_SUCCESS selection: "id name") {
  id: ID! name: String
}
"#;

/// Nothing says what a success is, so that mapping is picking from the answer's text; and something does.
const IS_SUCCESS: [&str; 2] = ["", r#"isSuccess: "$($status->in([200, 204]))","#];

async fn ask(list: &str, status: u16, answer: &str, is_success: &str) -> (Json, Json, usize) {
    let (list, answer) = (list.to_owned(), answer.to_owned());
    let server = Server::start(move |request| {
        if request.starts_with("GET /all") {
            Reply::json(&list)
        } else {
            Reply::http(status, "application/json", &answer)
        }
    })
    .await;
    let shop = SHOP.replace("IS_SUCCESS", is_success);
    let gateway = Gateway::composed(&[("shop", format!("{LINK}{shop}"))], &|_, _| None);
    let all = SourceConfig {
        url: Some(server.url.clone()),
        timeout: Duration::from_secs(10),
        retry: NO_RETRY,
        ..SourceConfig::default()
    };
    let config = ConnectorsConfig { all, ..ConnectorsConfig::default() };
    let connectors = Connectors::new(&gateway.supergraph, &config, &Guards::default()).expect("a good configuration");
    let text = gateway.run_on(&connectors, &HeaderMap::new(), "{ all { id name } }", "{}").await;
    let answer: Json = serde_json::from_str(&text).expect("JSON");
    let names = answer["data"]["all"].as_array().expect("a list").iter().map(|user| user["name"].clone()).collect();
    (names, errors(&answer), server.requests().len() - 1)
}

#[tokio::test]
async fn results_go_to_their_own_entities_and_no_others() {
    const MALFORMED: &str = "SUBREQUEST_MALFORMED_RESPONSE";
    let three = r#"[{"id":1},{"id":"2"},{"id":3}]"#;
    let at = |code: &str, places: &[u8]| -> Json { places.iter().map(|at| json!([code, ["all", at]])).collect() };
    let below = |place: u8| json!([[MALFORMED, ["all", place, "name"]]]);
    let none = json!([]);
    #[rustfmt::skip]
    let cases = [
        ("in order", 200, r#"[{"id":1,"name":"A"},{"id":2,"name":"B"},{"id":3,"name":"C"}]"#, json!(["A", "B", "C"]), none.clone()),
        ("shuffled", 200, r#"[{"id":3,"name":"C"},{"id":1,"name":"A"},{"id":2,"name":"B"}]"#, json!(["A", "B", "C"]), none.clone()),
        ("keys of another type", 200, r#"[{"id":"1","name":"A"},{"id":2,"name":"B"},{"id":"3","name":"C"}]"#, json!(["A", "B", "C"]), none.clone()),
        ("short", 200, r#"[{"id":3,"name":"C"}]"#, json!([null, null, "C"]), none.clone()),
        ("empty", 200, "[]", json!([null, null, null]), none.clone()),
        ("one twice: the first counts", 200, r#"[{"id":2,"name":"B"},{"id":2,"name":"Z"}]"#, json!([null, "B", null]), none.clone()),
        ("one that nobody asked for", 200, r#"[{"id":9,"name":"X"},{"id":1,"name":"A"}]"#, json!(["A", null, null]), none.clone()),
        ("items without a key, and none", 200, r#"[null,{"name":"X"},{"id":null,"name":"Y"},{"id":1,"name":"A"}]"#, json!(["A", null, null]), none.clone()),
        ("a key that only looks alike", 200, r#"[{"id":"01","name":"X"},{"id":1.0,"name":"Y"},{"id":" 1","name":"Z"}]"#, json!([null, null, null]), none.clone()),
        ("a value of another type", 200, r#"[{"id":1,"name":{}},{"id":2,"name":"B"}]"#, json!([null, "B", null]), below(0)),
        ("an object", 200, r#"{"id":1,"name":"A"}"#, json!([null, null, null]), at(MALFORMED, &[0, 1, 2])),
        ("a list within", 200, r#"{"items":[{"id":1}]}"#, json!([null, null, null]), at(MALFORMED, &[0, 1, 2])),
        ("null", 200, "null", json!([null, null, null]), at(MALFORMED, &[0, 1, 2])),
        ("nothing", 204, "", json!([null, null, null]), at(MALFORMED, &[0, 1, 2])),
        ("no JSON", 200, "<html>", json!([null, null, null]), at(MALFORMED, &[0, 1, 2])),
        ("a failure", 503, "[]", json!([null, null, null]), at("SUBREQUEST_UNAVAILABLE", &[0, 1, 2])),
    ];
    for (what, status, answer, names, found) in cases {
        for is_success in IS_SUCCESS {
            let expected = (names.clone(), found.clone(), 1);
            assert_eq!(ask(three, status, answer, is_success).await, expected, "{what} {is_success}");
        }
    }
}

/// Each occurrence gets its entity, null keys ask nothing, and a chunk has at most three.
#[tokio::test]
async fn keys_are_collected_once() {
    let answer = r#"[{"id":1,"name":"A"},{"id":2,"name":"B"},{"id":4,"name":"D"},{"id":5,"name":"E"}]"#;
    let cases = [
        (r#"[{"id":1},{"id":"1"},null,{"id":2},{"id":1}]"#, json!(["A", "A", null, "B", "A"]), 1),
        (r#"[{"id":1},{"id":2},{"id":3},{"id":4},{"id":5}]"#, json!(["A", "B", null, "D", "E"]), 2),
        ("[]", json!([]), 0),
        ("[null]", json!([null]), 0),
    ];
    for (list, names, calls) in cases {
        for is_success in IS_SUCCESS {
            let expected = (names.clone(), json!([]), calls);
            assert_eq!(ask(list, 200, answer, is_success).await, expected, "{list} {is_success}");
        }
    }
}

/// What another subgraph says of an entity and nobody can read is sent to nobody, and takes no other entity with it.
#[tokio::test]
async fn a_key_that_cannot_be_read_is_not_sent() {
    const PLAIN: &str = r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key"])
        type Query { all: [User] } type User @key(fields: "id") { id: ID! }"#;
    let user = |connect: &str| {
        format!("{LINK} type User @key(fields: \"id\") @connect(source: \"api\", {connect}) {{ id: ID! name: String }}")
    };
    let single = user(r#"http: { GET: "/user", queryParams: "id: $this.id" }, selection: "id: $this.id name""#);
    let batch = user(r#"http: { GET: "/users", queryParams: "id: $batch.id" }, selection: "id name""#);
    let cases = [
        (&single, None, "GET /user?id=1"),
        (&batch, None, "GET /users?id=1"),
        (&batch, Some(Duration::from_millis(1)), "GET /users?id=1"),
    ];
    for (sdl, batch_window, line) in cases {
        let server = Server::start(|request| match request.split(['?', ' ']).nth(1) {
            Some("/user") => Reply::json(r#"{"name":"A"}"#),
            Some("/users") => Reply::json(r#"[{"id":1,"name":"A"}]"#),
            _ => {
                Reply::json(r#"{"data":{"all":[{"__typename":"User","id":"\ud800"},{"__typename":"User","id":"1"}]}}"#)
            }
        })
        .await;
        let gateway = Gateway::composed(&[("plain", PLAIN.to_owned()), ("shop", sdl.clone())], &|_, _| None);
        let source =
            |batch_window| SourceConfig { url: Some(server.url.clone()), batch_window, ..SourceConfig::default() };
        let subgraphs = [("plain".to_owned(), source(None)), ("shop".to_owned(), source(batch_window))].into();
        let config = ConnectorsConfig { subgraphs, ..ConnectorsConfig::default() };
        let connectors =
            Connectors::new(&gateway.supergraph, &config, &Guards::default()).expect("a good configuration");
        let text = gateway.run_on(&connectors, &HeaderMap::new(), "{ all { name } }", "{}").await;
        let answer: Json = serde_json::from_str(&text).expect("JSON");
        assert_eq!(answer["data"], json!({"all":[{"name":null},{"name":"A"}]}), "{sdl}");
        assert_eq!(errors(&answer), json!([["SUBREQUEST_MALFORMED_RESPONSE", ["all", 0]]]), "{answer}");
        let requests = server.requests();
        let asked: Vec<&str> = requests.iter().filter_map(|it| it.split(" HTTP/1.1").next()).skip(1).collect();
        assert_eq!(asked, [line], "{sdl}");
    }
}
