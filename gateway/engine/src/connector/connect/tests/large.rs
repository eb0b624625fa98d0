//! Large answers of REST services: mapped off the async threads, and like small ones in all else.

use std::time::Duration;

use futures_util::future::{Either, select};
use http::HeaderMap;
use serde_json::{Value as Json, json};

use super::LINK;
use crate::connector::{Connectors, ConnectorsConfig, SourceConfig};
use crate::policy::Guards;
use crate::testing::{Gateway, Reply, Server};

const SHOP: &str = r#"
type Query {
  user(id: ID!): User @connect(source: "api", http: { GET: "/user/{$args.id}" }, selection: "id: $args.id name said: $config.said")
  one(id: ID!): User @connect(source: "api", http: { GET: "/start" }, selection: "id: $args.id")
}
type User @key(fields: "id")
  @connect(source: "api", http: { GET: "/users", queryParams: "id: $batch.id" }, batch: { maxSize: 9 },
    selection: "$.items { id name more said: $config.said }") {
  id: ID! name: String said: String more: String
  orders(last: Int): [Order!] @connect(source: "api", batch: { groupBy: "user" },
    http: { GET: "/orders", queryParams: "user: $batch.id" }, selection: "$.items { user total: $args.last }")
  note: String @connect(source: "api", http: { GET: "/note/{$this.id}" }, selection: "$.text")
}
type Order { user: ID total: Int }
"#;

/// Each kind of call, its answer, and what comes of it: the same with a large field beside that nobody asks for.
#[tokio::test]
async fn large_answers_are_mapped_like_small_ones() {
    let failed = json!([["NOT_FOUND", "no such"]]);
    let cases = [
        ("{ user(id: 7) { id name said } }", json!({"id":"7","name":"A","said":"yes"}), json!([])),
        ("{ one(id: 1) { more } }", json!({"more":"m"}), json!([])),
        ("{ one(id: 1) { orders(last: 3) { total } } }", json!({"orders":[{"total":3}]}), json!([])),
        ("{ one(id: 1) { note } }", json!({"note":"n"}), json!([])),
        // What is not there is a null, and what fails says why, however long it talks.
        ("{ one(id: 404) { note } }", json!({"note":null}), json!([])),
        ("{ user(id: 404) { id } }", Json::Null, failed),
    ];
    for padding in [0, 1 << 20] {
        for (operation, expected, errors) in &cases {
            let server = Server::start(move |request| {
                let path = request.split(['?', ' ']).nth(1).unwrap_or_default();
                let (status, mut body) = match path {
                    "/v1/start" => return Reply::json("{}"),
                    "/v1/user/7" => (200, json!({"name":"A"})),
                    "/v1/users" => (200, json!({"items":[{"id":1,"name":"A","more":"m"}]})),
                    "/v1/orders" => (200, json!({"items":[{"user":1}]})),
                    "/v1/note/1" => (200, json!({"text":"n"})),
                    _ => (404, json!({"error":{"message":"no such"}})),
                };
                body["padding"] = "x".repeat(padding).into();
                Reply::http(status, "application/json", &body.to_string())
            })
            .await;
            let (gateway, connectors) = shop(&server);
            let text = gateway.run_on(&connectors, &HeaderMap::new(), operation, "{}").await;
            let answer: Json = serde_json::from_str(&text).expect("JSON");
            let told = answer["errors"].as_array().into_iter().flatten();
            let told: Json = told.map(|it| json!([it["extensions"]["code"], it["message"]])).collect();
            let name = if operation.contains("user(") { "user" } else { "one" };
            assert_eq!((&answer["data"][name], &told), (expected, errors), "{operation} {padding}");
        }
    }
}

#[tokio::test]
async fn a_large_answer_keeps_nobody_waiting() {
    let server = Server::start(|request| {
        let size = if request.contains("/user/7") { 1 << 20 } else { 1 };
        Reply::json(&json!({"name": "x".repeat(size)}).to_string())
    })
    .await;
    let (gateway, connectors) = shop(&server);
    let headers = HeaderMap::new();
    let turns = connectors.backends.offload().take_all_turns();
    let large = std::pin::pin!(gateway.run_on(&connectors, &headers, "{ user(id: 7) { name } }", "{}"));
    let small = async {
        while server.requests().is_empty() {
            tokio::task::yield_now().await;
        }
        for _ in 0..10 {
            let text = gateway.run_on(&connectors, &headers, "{ user(id: 1) { name } }", "{}").await;
            assert_eq!(text, r#"{"data":{"user":{"name":"x"}}}"#);
        }
    };
    let large = match select(large, std::pin::pin!(small)).await {
        Either::Left((response, _)) => panic!("it waits for its turn: {response:.99}"),
        Either::Right(((), large)) => large,
    };
    drop(turns);
    assert_eq!(large.await, json!({"data":{"user":{"name":"x".repeat(1 << 20)}}}).to_string());
}

fn shop(server: &Server) -> (Gateway, Connectors) {
    let gateway = Gateway::composed(&[("shop", format!("{LINK}{SHOP}"))], &|_, _| None);
    let url = Some(format!("{}/v1", server.url));
    let all = SourceConfig { url, timeout: Duration::from_secs(30), ..SourceConfig::default() };
    let values = [("shop".to_owned(), r#"{"said":"yes"}"#.to_owned())].into();
    let config = ConnectorsConfig { all, values, ..ConnectorsConfig::default() };
    let connectors = Connectors::new(&gateway.supergraph, &config, &Guards::default()).expect("a good configuration");
    (gateway, connectors)
}
