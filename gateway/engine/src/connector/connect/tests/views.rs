//! What clients with a schema of their own are told of services that fail, in a batch and one by one.

use http::HeaderMap;
use serde_json::{Value as Json, json};

use super::{LINK, config, errors};
use crate::connector::Connectors;
use crate::policy::Guards;
use crate::testing::{Gateway, Reply, Server};

const SHOP: &str = r#"
type Query { all: [User] @connect(source: "api", http: { GET: "/all" }, selection: "$ { id }") }
type User @key(fields: "id") @connect(source: "api", CONNECT, selection: "id name") { id: ID! name: String }
"#;

const BATCH: &str = r#"http: { POST: "/users", body: "ids: $batch.id" }, batch: { maxSize: 3 }"#;
const SINGLE: &str = r#"http: { GET: "/users/{$this.id}" }"#;

const VIEW: &str = r#"
type Query { all: [Person] names: [String] @from(path: "all[].name") }
type Person @from(type: "User") {
  name: String @fallback(value: "you", on: [ERROR, NULL])
  called: String @from(path: "name")
}"#;

#[tokio::test]
async fn what_failed_of_an_entity_is_told_or_degraded() {
    const DOWN: &str = "SUBREQUEST_UNAVAILABLE";
    let none = json!([]);
    let told = |places: [Json; 2]| -> Json { places.into_iter().map(|place| json!([DOWN, place])).collect() };
    // What is asked for, what there is, where errors are, and where a fallback stands in for one.
    let cases = [
        (
            "all { name }",
            json!({ "all": [{ "name": "you" }, { "name": "you" }] }),
            none.clone(),
            told([json!(["all", 0, "name"]), json!(["all", 1, "name"])]),
        ),
        (
            "all { called }",
            json!({ "all": [{ "called": null }, { "called": null }] }),
            told([json!(["all", 0]), json!(["all", 1])]),
            none.clone(),
        ),
        ("names", json!({ "names": [null, null] }), told([json!(["names", 0]), json!(["names", 1])]), none.clone()),
    ];
    for connect in [BATCH, SINGLE] {
        let server = Server::start(|request| {
            if request.starts_with("GET /v1/all") {
                Reply::json(r#"[{"id":1},{"id":2}]"#)
            } else {
                Reply::http(503, "application/json", "{}")
            }
        })
        .await;
        let sdl = format!("{LINK}{}", SHOP.replace("CONNECT", connect));
        let gateway = Gateway::composed(&[("shop", sdl)], &|_, _| None).with_view(VIEW);
        let connectors = Connectors::new(&gateway.supergraph, &config(&server.url), &Guards::default())
            .expect("a good configuration");
        for (fields, data, told, stands_in) in &cases {
            let text = gateway.run_on(&connectors, &HeaderMap::new(), &format!("{{ {fields} }}"), "{}").await;
            let answer: Json = serde_json::from_str(&text).expect("JSON");
            let degraded = answer["extensions"]["degraded"].as_array().cloned().unwrap_or_default();
            let degraded: Json = degraded.iter().map(|place| json!([place["code"], place["path"]])).collect();
            assert_eq!((&answer["data"], &errors(&answer), &degraded), (data, told, stands_in), "{connect} {text}");
        }
    }
}
