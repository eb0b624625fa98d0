//! Tests of how entities are looked up: what is sent for them, and where the answers go.

use serde_json::{Value as Json, json};

use super::{gateway, representations};
use crate::connector::FakeAnswer;
use crate::testing::Gateway;

#[tokio::test]
async fn entities_are_asked_once_and_given_to_every_place() {
    let gateway = gateway();
    let outcome = gateway
        .run(
            "{ top { body author { name } editor { name } } }",
            &[
                (
                    "reviews",
                    "top",
                    r#"{"data":{"top":[
                        {"body":"a","author":{"id":"1"},"editor":{"id":2}},
                        {"body":"b","author":{"id":"2"},"editor":null},
                        {"body":"c","author":{"id":"1"},"editor":{"id":"1"}}]}}"#,
                ),
                ("users", "_entities", r#"{"data":{"_entities":[{"name":"A"},{"name":"B"}]}}"#),
            ],
        )
        .await;
    // Editor and author are two places: each a fetch of its own or one together, as the planner likes.
    assert_eq!(outcome.response["data"]["top"][0]["author"], json!({"name":"A"}), "{}", outcome.text);
    for call in outcome.calls.iter().filter(|call| call.subgraph == "users") {
        let sent = representations(&call.body);
        let sent = sent.as_array().expect("a list");
        assert_eq!(sent.len(), 2, "each user once: {sent:?}");
        assert!(sent.iter().all(|sent| sent["__typename"] == "User" && sent["id"].is_string()), "{sent:?}");
    }
    assert_eq!(outcome.response["data"]["top"][2]["author"], json!({"name":"A"}));
    assert_eq!(outcome.response["data"]["top"][1], json!({"body":"b","author":{"name":"B"},"editor":null}));
}

#[tokio::test]
async fn operations_are_rendered_with_what_they_use() {
    let gateway = gateway();
    let answer = |call: &crate::connector::FakeCall| {
        Some(FakeAnswer::ok(if call.subgraph == "users" {
            r#"{"data":{"user":{"id":"7","me":"A","representations":"x"}}}"#
        } else {
            r#"{"data":{"_entities":[{"score":5}]}}"#
        }))
    };
    let operation = "query Q($representations: ID!, $n: Int = 4, $unused: Boolean = true) {
        user(id: $representations, first: $n) { score me: name @include(if: $unused) } }";
    let outcome = gateway.run_with(operation, r#"{"representations":"7"}"#, answer).await;
    assert_eq!(outcome.response["data"], json!({"user":{"score":5,"me":null}}), "{}", outcome.text);
    let root: Json = serde_json::from_str(&outcome.calls[0].body).expect("JSON");
    assert_eq!(root["variables"], json!({"representations":"7","n":4}));
    let text = root["query"].as_str().expect("a text");
    assert!(text.starts_with("query($representations:ID!,$n:Int=4){user(first:$n,id:$representations){"), "{text}");
    let entities = &outcome.calls[1];
    assert_eq!(
        entities.operation.replace(' ', ""),
        "query($representations:[_Any!]!){_entities(representations:$representations){...onUser{score}}}"
    );
    assert_eq!(representations(&entities.body), json!([{"__typename":"User","id":"7"}]));
}

#[tokio::test]
async fn compound_keys_and_abstract_types_are_looked_up() {
    let gateway = gateway();
    let outcome = gateway
        .run(
            "{ me { org { title } } pets { __typename ... on Cat { lives name } ... on Dog { name } } }",
            &[
                ("users", "me", r#"{"data":{"me":{"org":{"id":"o","country":{"code":"DE"}}}}}"#),
                (
                    "reviews",
                    "pets",
                    r#"{"data":{"pets":[{"__typename":"Dog","id":"1"},null,{"__typename":"Cat","id":"1","lives":9}]}}"#,
                ),
                (
                    "orgs",
                    "",
                    r#"{"data":{"e0":[{"title":"T"}],
                        "e1":[{"__typename":"Dog","name":"D"},{"__typename":"Cat","name":"C"}]}}"#,
                ),
            ],
        )
        .await;
    let expected = json!({
        "me": {"org": {"title": "T"}},
        "pets": [{"__typename":"Dog","name":"D"}, null, {"__typename":"Cat","lives":9,"name":"C"}],
    });
    assert_eq!(outcome.response, json!({"data": expected}), "{:#?}", outcome.calls);
    let call = outcome.calls.iter().find(|call| call.subgraph == "orgs").expect("a lookup");
    let body: Json = serde_json::from_str(&call.body).expect("JSON");
    let pets = json!([{"__typename":"Dog","id":"1"},{"__typename":"Cat","id":"1"}]);
    let org = json!([{"__typename":"Org","id":"o","country":{"code":"DE"}}]);
    assert_eq!(body["variables"], json!({"e0": org, "e1": pets}));
}

#[tokio::test]
async fn types_are_asked_only_where_something_depends_on_them() {
    let pets = r#"{"data":{"pets":[{"__typename":"Dog","id":"1"},{"__typename":"Cat","id":"2"}]}}"#;
    let untyped = r#"{"data":{"pets":[{"id":"1"},{"id":"2"}]}}"#;
    for (operation, asked, answer) in [
        ("{ pets { id } }", "{pets{id}}", untyped),
        ("{ pets { key: id ... on Pet { id } } }", "{pets{id}}", untyped),
        ("{ pets { __typename id } }", "{pets{__typename id}}", pets),
        ("{ pets { id ... on Cat { lives } } }", "{pets{__typename id ...on Cat{lives}}}", pets),
        ("{ pets { ... on Cat { id } } }", "{pets{__typename ...on Cat{id}}}", pets),
    ] {
        let outcome = gateway().run(operation, &[("reviews", "", answer)]).await;
        assert_eq!(outcome.calls[0].operation, asked, "{operation}");
        assert_eq!(outcome.errors(), [], "{operation}: {}", outcome.text);
    }
}

#[tokio::test]
async fn a_shuffled_answer_shows_by_its_types() {
    let gateway = gateway();
    let pets = r#"{"data":{"pets":[{"__typename":"Dog","id":"1"},{"__typename":"Cat","id":"2"}]}}"#;
    let names = r#"{"data":{"_entities":[{"__typename":"Cat","name":"C"},{"name":"C"}]}}"#;
    let operation = "{ pets { ... on Cat { name } ... on Dog { name } } }";
    let outcome = gateway.run(operation, &[("reviews", "", pets), ("orgs", "", names)]).await;
    assert_eq!(outcome.response["data"]["pets"], json!([{"name":null},{"name":"C"}]), "{}", outcome.text);
    let code = "SUBREQUEST_MALFORMED_RESPONSE".to_owned();
    assert_eq!(outcome.errors(), vec![(code, json!(["pets", 0]))]);
}

#[tokio::test]
async fn a_null_key_is_not_looked_up() {
    let gateway = gateway();
    let outcome =
        gateway.run("{ me { name best { body } } }", &[("users", "", r#"{"data":{"me":{"name":"A"}}}"#)]).await;
    assert_eq!(outcome.response["data"], json!({"me":{"name":"A","best":null}}), "{}", outcome.text);
    assert_eq!(outcome.calls.len(), 1, "nothing to ask reviews for");
}

const MEDIA: &str = r#"
interface Media @key(fields: "id") { id: ID! title: String }
type Book implements Media @key(fields: "id") { id: ID! title: String pages: Int }
type Film implements Media @key(fields: "id") { id: ID! title: String }
"#;
const RATINGS: &str = r#"
type Query { best: [Media!] }
type Media @key(fields: "id") @interfaceObject { id: ID! rating: Float }
"#;

#[tokio::test]
async fn an_interface_object_learns_its_type_later() {
    let gateway = Gateway::new(&[("media", MEDIA), ("ratings", RATINGS)]);
    let outcome = gateway
        .run(
            "{ best { __typename rating ... on Book { pages } ... on Film { title } } }",
            &[
                ("ratings", "best", r#"{"data":{"best":[{"id":"1","rating":5},{"id":"2","rating":4.5}]}}"#),
                (
                    "media",
                    "_entities",
                    r#"{"data":{"_entities":[{"__typename":"Film","title":"F"},{"__typename":"Book","pages":3}]}}"#,
                ),
            ],
        )
        .await;
    let expected = json!([
        {"__typename":"Film","rating":5,"title":"F"},
        {"__typename":"Book","rating":4.5,"pages":3},
    ]);
    assert_eq!(outcome.response, json!({"data":{"best": expected}}), "{:#?}", outcome.calls);
    let sent = representations(&outcome.calls[1].body);
    assert_eq!(sent, json!([{"__typename":"Media","id":"1"},{"__typename":"Media","id":"2"}]));
}

#[tokio::test]
async fn an_interface_object_is_asked_by_its_interface() {
    let media = format!("type Query {{ all: [Media!] }} {MEDIA}");
    let ratings = RATINGS.replace("type Query { best: [Media!] }", "");
    let gateway = Gateway::new(&[("media", &media), ("ratings", &ratings)]);
    let outcome = gateway
        .run(
            "{ all { title rating } }",
            &[
                (
                    "media",
                    "all",
                    r#"{"data":{"all":[{"__typename":"Book","id":"1","title":"B"},{"__typename":"Film","id":"2","title":"F"}]}}"#,
                ),
                ("ratings", "_entities", r#"{"data":{"_entities":[{"__typename":"Media","rating":1},{"__typename":"Media","rating":2}]}}"#),
            ],
        )
        .await;
    let expected = json!([{"title":"B","rating":1},{"title":"F","rating":2}]);
    assert_eq!(outcome.response, json!({"data":{"all": expected}}), "{:#?}", outcome.calls);
    let sent = representations(&outcome.calls[1].body);
    assert_eq!(sent, json!([{"__typename":"Media","id":"1"},{"__typename":"Media","id":"2"}]));
}
