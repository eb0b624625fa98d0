//! Tests of connectors: REST against scripted servers, REST and gRPC against the demo backends.

mod batches;
mod large;
mod mappings;
mod own_words;
mod sharing;
mod views;
mod wire;

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value as Json, json};
use weft_subgraphs::{FaultSettings, Ports, Running};

use crate::connector::{Connectors, ConnectorsConfig, HeaderRule, SourceConfig};
use crate::policy::Guards;
use crate::testing::{Gateway, Reply, Server};

const LINK: &str = r#"extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key"])
  @link(url: "https://specs.apollo.dev/connect/v0.3", import: ["@source", "@connect"])
  @link(url: "https://specs.weft.dev/connect/v0.1")
  @source(name: "api", http: { baseURL: "http://unused.invalid/v1",
      headers: [{ name: "x-user", from: "x-user" }, { name: "x-key", value: "{$env.KEY}" }] },
    errors: { message: "error.message", extensions: "code: error.code status: $status" })
"#;

const SHOP: &str = r#"
type Query {
  user(id: ID!): User @connect(source: "api", entity: true, http: { GET: "/users/{$args.id}" }, selection: "id name")
  top(first: Int = 3): [User] @connect(source: "api", http: { GET: "/top", queryParams: "n: $args.first" },
    selection: "id")
  pets: [Pet] @connect(source: "api", http: { GET: "/pets" }, selection: "id")
  strict: Int @connect(source: "api", http: { GET: "/strict" }, isSuccess: "$(ok->eq(true))", selection: "$.n")
}
type Mutation {
  rename(id: ID!, name: String!): User @connect(source: "api",
    http: { PUT: "/users/{$args.id}", body: "full_name: $args.name" }, selection: "id name: full_name")
}
type User @key(fields: "id") @connect(source: "api", http: { GET: "/users", queryParams: "id: $batch.id" },
    batch: { maxSize: 2 }, selection: "id name: full_name") {
  id: ID! name: String
  orders(last: Int = 9): [Order!] @connect(source: "api",
    http: { GET: "/orders", queryParams: "user: $batch.id last: $args.last" },
    batch: { groupBy: "owner.id" }, selection: "$.items { total owner: { id: user_id } }")
}
type Order { total: Int owner: User }
type Pet @key(fields: "id") @connect(source: "api", http: { GET: "/pets/{$this.id}" }, selection: "id name") {
  id: ID! name: String
}
"#;

/// What the server is to answer, by the request's line up to the version; the rest is 404.
async fn serve(replies: &[(&str, u16, &str)]) -> Server {
    let replies: HashMap<String, Reply> = replies
        .iter()
        .map(|(line, status, body)| ((*line).to_owned(), Reply::http(*status, "application/json", body)))
        .collect();
    Server::start(move |request| {
        let line = request.split(" HTTP/1.1").next().unwrap_or_default();
        replies.get(line).cloned().unwrap_or(Reply::http(404, "application/json", r#"{"error":{"message":"none"}}"#))
    })
    .await
}

fn config(url: &str) -> ConnectorsConfig {
    let all =
        SourceConfig { url: Some(format!("{url}/v1")), timeout: Duration::from_secs(10), ..SourceConfig::default() };
    let env = [("KEY".to_owned(), "k1".to_owned())].into();
    ConnectorsConfig { all, env, ..ConnectorsConfig::default() }
}

async fn ask(server: &Server, operation: &str) -> Json {
    let gateway = Gateway::composed(&[("shop", format!("{LINK}{SHOP}"))], &|_, _| None);
    let connectors =
        Connectors::new(&gateway.supergraph, &config(&server.url), &Guards::default()).expect("a good configuration");
    let mut headers = HeaderMap::new();
    headers.insert("x-user", HeaderValue::from_static("u7"));
    headers.insert("cookie", HeaderValue::from_static("secret"));
    let text = gateway.run_on(&connectors, &headers, operation, "{}").await;
    serde_json::from_str(&text).expect("JSON")
}

/// Code and path of each error.
fn errors(response: &Json) -> Json {
    let errors = response["errors"].as_array().cloned().unwrap_or_default();
    errors.iter().map(|error| json!([error["extensions"]["code"], error["path"]])).collect()
}

fn lines(server: &Server) -> Vec<String> {
    let line = |request: &String| request.split(" HTTP/1.1").next().unwrap_or_default().to_owned();
    let mut lines: Vec<String> = server.requests().iter().map(line).collect();
    lines.sort();
    lines
}

#[tokio::test]
async fn a_root_field_is_one_call_with_its_arguments_and_headers() {
    let server = serve(&[
        ("GET /v1/users/a%2F..%3Fb", 200, r#"{"id":7,"name":"A","more":1}"#),
        ("GET /v1/top?n=3", 200, r#"[{"id":"1"},null,{"id":2}]"#),
        ("PUT /v1/users/1", 200, r#"{"id":"1","full_name":"New"}"#),
    ])
    .await;
    let response = ask(&server, r#"{ user(id: "a/..?b") { id name } top { id } }"#).await;
    assert_eq!(response, json!({"data":{"user":{"id":"7","name":"A"},"top":[{"id":"1"},null,{"id":"2"}]}}));
    let response = ask(&server, r#"mutation { rename(id: 1, name: "New") { id name } }"#).await;
    assert_eq!(response, json!({"data":{"rename":{"id":"1","name":"New"}}}));
    for request in server.requests() {
        let request = request.to_lowercase();
        assert!(request.contains("x-user: u7") && request.contains("x-key: k1"), "{request}");
        assert!(!request.contains("secret"), "{request}");
    }
    assert!(server.requests()[2].ends_with(r#"{"full_name":"New"}"#));
}

/// What configuration says goes before what the schema does, and of `$config` the source's before the subgraph's.
#[tokio::test]
async fn configuration_gives_values_and_headers_to_connectors() {
    const SDL: &str = r#"extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.12")
  @link(url: "https://specs.apollo.dev/connect/v0.3", import: ["@source", "@connect"])
  @source(name: "own", http: { baseURL: "http://unused.invalid", headers: [{ name: "x-user", from: "x-user" }] })
  @source(name: "other", http: { baseURL: "http://unused.invalid" })
type Query {
  own: Int @connect(source: "own", http: { GET: "/{$config.name}/{$env.SET}" }, selection: "$")
  other: Int @connect(source: "other", http: { GET: "/{$config.name}" }, selection: "$")
}
"#;
    let server = serve(&[("GET /of-source/here", 200, "1"), ("GET /of-subgraph", 200, "2")]).await;
    let name = HeaderName::from_static;
    let headers = vec![
        HeaderRule::Insert(name("x-added"), HeaderValue::from_static("a1")),
        HeaderRule::Propagate { from: name("x-request-id"), to: name("x-user"), default: None },
    ];
    let all = SourceConfig { url: Some(server.url.clone()), headers, ..SourceConfig::default() };
    let shop = "shop".to_owned();
    let config = ConnectorsConfig {
        all,
        env: [("SET".to_owned(), "here".to_owned())].into(),
        values: [(shop.clone(), r#"{"name":"of-subgraph"}"#.to_owned())].into(),
        source_values: [((shop, "own".to_owned()), r#"{"name":"of-source"}"#.to_owned())].into(),
        ..ConnectorsConfig::default()
    };
    let gateway = Gateway::composed(&[("shop", SDL.to_owned())], &|_, _| None);
    let connectors = Connectors::new(&gateway.supergraph, &config, &Guards::default()).expect("a good configuration");
    let mut client = HeaderMap::new();
    client.insert("x-user", HeaderValue::from_static("u7"));
    client.insert("x-request-id", HeaderValue::from_static("r1"));
    let text = gateway.run_on(&connectors, &client, "{ own other }", "{}").await;
    assert_eq!(text, r#"{"data":{"own":1,"other":2}}"#);
    for request in server.requests() {
        let request = request.to_lowercase();
        assert!(request.contains("x-added: a1") && request.contains("x-user: r1"), "{request}");
        assert!(!request.contains("u7"), "{request}");
    }
}

#[tokio::test]
async fn equal_reads_are_sent_once() {
    let server = serve(&[("GET /v1/top?n=3", 200, r#"[{"id":"1"}]"#)]).await;
    let response = ask(&server, "{ a: top { id } b: top { id } c: top(first: 3) { id } }").await;
    assert_eq!(response["data"]["c"], json!([{"id":"1"}]), "{response}");
    assert_eq!(lines(&server), ["GET /v1/top?n=3"]);
}

#[tokio::test]
async fn a_batch_is_matched_by_key_and_a_failed_chunk_fails_alone() {
    let top = ("GET /v1/top?n=3", 200, r#"[{"id":1},{"id":"2"},{"id":1},{"id":"3"},{"id":"4"},{"id":"5"}]"#);
    let server = serve(&[
        top,
        // Shuffled, as numbers, one twice, and one that nobody asked for.
        (
            "GET /v1/users?id=1&id=2",
            200,
            r#"[{"id":2,"full_name":"B"},{"id":9,"full_name":"X"},{"id":1,"full_name":"A"},{"id":1,"full_name":"Z"}]"#,
        ),
        ("GET /v1/users?id=3&id=4", 500, r#"{"error":{"message":"broken","code":"OOPS"}}"#),
        // 5 is missing.
        ("GET /v1/users?id=5", 200, "[]"),
    ])
    .await;
    let response = ask(&server, "{ top { id name } }").await;
    let user = |id: &str, name: Json| json!({"id": id, "name": name});
    let expected = json!([
        user("1", json!("A")),
        user("2", json!("B")),
        user("1", json!("A")),
        user("3", Json::Null),
        user("4", Json::Null),
        user("5", Json::Null),
    ]);
    assert_eq!(response["data"]["top"], expected, "{response}");
    assert_eq!(errors(&response), json!([["OOPS", ["top", 3]], ["OOPS", ["top", 4]]]), "{response}");
    let error = &response["errors"][0];
    assert_eq!(error["message"], "broken");
    let extensions = json!({"code":"OOPS","service":"shop","connector":"User","http":{"status":500},"status":500});
    assert_eq!(error["extensions"], extensions);

    // An answer that is no list fails its chunk.
    let server = serve(&[top, ("GET /v1/users?id=1&id=2", 200, r#"{"id":1}"#)]).await;
    let response = ask(&server, "{ top { name } }").await;
    assert_eq!(response["errors"][0]["extensions"]["code"], "SUBREQUEST_MALFORMED_RESPONSE", "{response}");
    // A batch endpoint that is not there is an error, unlike an entity that is not.
    assert_eq!(response["errors"][3]["extensions"]["code"], "NOT_FOUND", "{response}");
}

#[tokio::test]
async fn a_field_is_grouped_by_its_parents() {
    let server = serve(&[
        ("GET /v1/top?n=3", 200, r#"[{"id":1},{"id":"2"},{"id":"3"},{"id":"4"}]"#),
        (
            "GET /v1/orders?user=1&user=2&user=3&user=4&last=9",
            200,
            r#"{"items":[{"total":5,"user_id":2},{"total":6,"user_id":"1"},{"total":7,"user_id":"2"},{"total":8},{"total":"9","user_id":3}]}"#,
        ),
    ])
    .await;
    let response = ask(&server, "{ top { orders { total } } }").await;
    let expected = json!([
        {"orders":[{"total":6}]}, {"orders":[{"total":5},{"total":7}]}, {"orders":[{"total":null}]}, {"orders":[]},
    ]);
    assert_eq!(response["data"]["top"], expected, "{response}");
    // A string is no Int, were it a number's.
    let path = json!(["top", 2, "orders", 0, "total"]);
    assert_eq!(errors(&response), json!([["SUBREQUEST_MALFORMED_RESPONSE", path]]));
}

#[tokio::test]
async fn a_single_entity_that_is_missing_is_null_without_an_error() {
    let server = serve(&[
        ("GET /v1/pets", 200, r#"[{"id":1},{"id":2},{"id":3},{"id":1}]"#),
        ("GET /v1/pets/1", 200, r#"{"id":1,"name":"P"}"#),
        ("GET /v1/pets/3", 403, "no JSON"),
    ])
    .await;
    let response = ask(&server, "{ pets { name } user(id: 404) { name } }").await;
    let names = json!([{"name":"P"},{"name":null},{"name":null},{"name":"P"}]);
    assert_eq!(response["data"], json!({"pets":names,"user":null}), "{response}");
    assert_eq!(errors(&response), json!([["FORBIDDEN", ["pets", 2]]]));
    assert_eq!(lines(&server).iter().filter(|line| *line == "GET /v1/pets/1").count(), 1);
}

#[tokio::test]
async fn success_is_what_the_connector_says() {
    let cases = [
        (200, r#"{"ok":true,"n":1}"#, json!(1), None),
        (500, r#"{"ok":true,"n":1}"#, json!(1), None),
        (200, r#"{"ok":false,"n":1}"#, json!(null), Some("SUBREQUEST_HTTP_ERROR")),
        (404, "{}", json!(null), Some("NOT_FOUND")),
        (200, r#"{"ok":true,"n":"x"}"#, json!(null), Some("SUBREQUEST_MALFORMED_RESPONSE")),
        (200, "<html>", json!(null), Some("SUBREQUEST_HTTP_ERROR")),
    ];
    for (status, body, data, code) in cases {
        let server = serve(&[("GET /v1/strict", status, body)]).await;
        let response = ask(&server, "{ strict }").await;
        assert_eq!(response["data"]["strict"], data, "{status} {body}: {response}");
        let expected = code.map_or(json!([]), |code| json!([[code, ["strict"]]]));
        assert_eq!(errors(&response), expected, "{status} {body}: {response}");
    }
}

/// Codes and messages of services that number their errors are texts.
#[tokio::test]
async fn an_error_is_told_as_its_mappings_say() {
    let cases = [
        (r#"{"error":{"message":"m","code":"OOPS"}}"#, "m", json!("OOPS")),
        (r#"{"error":{"message":17,"code":4711}}"#, "17", json!("4711")),
        (
            r#"{"error":{"message":{},"code":[]}}"#,
            "The subgraph \"shop\" answered with the HTTP status 418.",
            json!("SUBREQUEST_HTTP_ERROR"),
        ),
        ("{}", "The subgraph \"shop\" answered with the HTTP status 418.", json!("SUBREQUEST_HTTP_ERROR")),
    ];
    for (body, message, code) in cases {
        let server = serve(&[("GET /v1/top?n=3", 418, body)]).await;
        let response = ask(&server, "{ top { id } }").await;
        let error = &response["errors"][0];
        assert_eq!((&error["message"], &error["extensions"]["code"]), (&json!(message), &code), "{body}: {response}");
        assert_eq!(error["extensions"]["status"], 418, "{response}");
    }
}

struct Demo {
    gateway: Gateway,
    connectors: Connectors,
    backends: Running,
}

impl Demo {
    async fn start() -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas");
        let read = |file: &str| std::fs::read(folder.join(file)).ok();
        let names = ["catalog", "orders", "reviews", "shipping"];
        let sdl = |name: &str| read(&format!("{name}.graphql")).and_then(|bytes| String::from_utf8(bytes).ok());
        let subgraphs: Vec<(&str, String)> =
            names.into_iter().map(|name| (name, sdl(name).expect("the demo's schema"))).collect();
        let gateway = Gateway::composed(&subgraphs, &|_, file| read(file));
        let backends = weft_subgraphs::start(Ports::ANY).await.expect("free ports");
        let mut config = ConnectorsConfig::default();
        for (name, service) in names.into_iter().zip(backends.services()) {
            let path = if name == "reviews" { "/graphql" } else { "" };
            let url = Some(format!("{}{path}", service.url()));
            let timeout = Duration::from_secs(10);
            config.subgraphs.insert(name.to_owned(), SourceConfig { url, timeout, ..SourceConfig::default() });
        }
        let connectors =
            Connectors::new(&gateway.supergraph, &config, &Guards::default()).expect("a good configuration");
        Self { gateway, connectors, backends }
    }

    async fn ask(&self, operation: &str, variables: &Json) -> Json {
        let mut headers = HeaderMap::new();
        headers.insert("authorization", HeaderValue::from_static("Bearer t"));
        let text = self.gateway.run_on(&self.connectors, &headers, operation, &variables.to_string()).await;
        serde_json::from_str(&text).expect("JSON")
    }
}

#[tokio::test]
async fn rest_grpc_and_graphql_answer_one_operation() {
    let demo = Demo::start().await;
    let operation = "query($id: ID!) { user(id: $id) { name
        orders(first: 2) { id status totalMinor user { id name } items { quantity product { id name price } } shipment { status } } } }";
    let response = demo.ask(operation, &json!({"id":"u1"})).await;
    assert_eq!(response.get("errors"), None, "{response:#}");
    let orders = response["data"]["user"]["orders"].as_array().expect("orders");
    assert!(!orders.is_empty() && orders.len() <= 2, "{response:#}");
    for order in orders {
        assert_eq!(order["user"]["name"], response["data"]["user"]["name"]);
        assert!(order["totalMinor"].is_string(), "64-bit integers are strings: {order}");
        assert!(order["items"][0]["product"]["price"].is_i64(), "{order}");
    }
    let calls = demo.backends.orders.calls().list();
    assert_eq!(calls.len(), 1, "one call for the orders");
    assert!(calls[0].headers.contains_key("grpc-timeout"), "{:?}", calls[0].headers);
    assert_eq!(calls[0].headers["authorization"], "Bearer t");
}

#[tokio::test]
async fn grpc_takes_arguments_and_refuses_by_code() {
    let demo = Demo::start().await;
    let operation = "mutation($input: CreateOrder!) { createOrder(input: $input) { id status items { quantity } } }";
    let good = json!({"input":{"userId":"u1","items":[{"productId":"p1","quantity":2}]}});
    let response = demo.ask(operation, &good).await;
    assert_eq!(response["data"]["createOrder"]["items"], json!([{"quantity":2}]), "{response:#}");
    let bad = json!({"input":{"userId":"nobody","items":[{"productId":"p1","quantity":2}]}});
    let response = demo.ask(operation, &bad).await;
    assert_eq!(response["data"], json!({"createOrder":null}));
    let extensions = &response["errors"][0]["extensions"];
    assert_eq!(extensions["connector"], "Mutation.createOrder", "{response:#}");
    assert!(extensions["grpc"]["status"].as_i64().is_some_and(|status| status > 0), "{response:#}");

    let response = demo.ask(r#"{ order(id: "none") { id } }"#, &json!({})).await;
    assert_eq!(response, json!({"data":{"order":null}}));
}

#[tokio::test]
async fn a_backend_that_is_down_takes_its_own_fields() {
    let demo = Demo::start().await;
    let operation = r#"{ user(id: "u1") { name orders { id } } }"#;
    let resetting = FaultSettings::resetting();
    demo.backends.orders.faults().set(resetting).expect("settings that are right");
    let response = demo.ask(operation, &json!({})).await;
    assert!(response["data"]["user"]["name"].is_string(), "{response:#}");
    assert_eq!(response["data"]["user"]["orders"], Json::Null);
    assert_eq!(response["errors"].as_array().map(Vec::len), Some(1));
    assert_eq!(response["errors"][0]["path"], json!(["user"]));

    let mut demo = demo;
    demo.gateway.deadline = Duration::from_millis(500);
    demo.backends.orders.faults().set(FaultSettings::hanging()).expect("settings that are right");
    let response = demo.ask(operation, &json!({})).await;
    assert!(response["data"]["user"]["name"].is_string(), "{response:#}");
    assert_eq!(response["errors"][0]["extensions"]["code"], "SUBGRAPH_TIMEOUT", "{response:#}");
}
