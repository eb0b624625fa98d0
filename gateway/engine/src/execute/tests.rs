//! Tests of whole operations over scripted backends.

mod calls;
mod contexts;
mod heavy;
mod repeats;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use crate::connector::FakeAnswer;
use crate::testing::Gateway;

const USERS: &str = r#"
type Query { me: User users: [User!] user(id: ID!, first: Int = 3): User }
type Mutation { one(v: Int): Int two(v: Int): Int }
type User @key(fields: "id") { id: ID! name: String org: Org }
type Org @key(fields: "id country { code }") { id: ID! country: Country! }
type Country @shareable { code: String! }
"#;
const REVIEWS: &str = r#"
type Query { top: [Review!]! pets: [Pet] }
type Review @key(fields: "id") { id: ID! body: String author: User! editor: User }
type User @key(fields: "id") { id: ID! score: Int! reviews: [Review!] best: Review }
type Mutation { three(v: Int): Int }
interface Pet { id: ID! }
type Cat implements Pet @key(fields: "id") { id: ID! lives: Int }
type Dog implements Pet @key(fields: "id") { id: ID! barks: Boolean }
"#;
const ORGS: &str = r#"
type Org @key(fields: "id country { code }") { id: ID! country: Country! @external title: String }
type Country @shareable { code: String! }
type Cat @key(fields: "id") { id: ID! name: String }
type Dog @key(fields: "id") { id: ID! name: String }
"#;

fn gateway() -> Gateway {
    Gateway::new(&[("orgs", ORGS), ("reviews", REVIEWS), ("users", USERS)])
}

/// The representations of a call.
fn representations(body: &str) -> Json {
    let body: Json = serde_json::from_str(body).expect("JSON");
    body["variables"]["representations"].clone()
}

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
async fn what_is_required_is_sent_with_its_nulls_and_types() {
    let items = r#"type Query { item: Item } type Item @key(fields: "id") { id: ID! tags: [Int]! link: Link }
        union Link = Page type Page { size: Int }"#;
    let sums = r#"type Item @key(fields: "id") { id: ID! tags: [Int]! @external link: Link @external
        sum: Int @requires(fields: "tags link { ... on Page { size } }") }
        union Link = Page type Page { size: Int @external }"#;
    let gateway = Gateway::new(&[("items", items), ("sums", sums)]);
    let item = r#"{"data":{"item":{"id":"1","tags":[1,null],"link":{"size":null}}}}"#;
    let sum = r#"{"data":{"_entities":[{"sum":1}]}}"#;
    let outcome = gateway.run("{ item { sum } }", &[("items", "", item), ("sums", "", sum)]).await;
    assert_eq!(outcome.response, json!({"data":{"item":{"sum":1}}}), "{:#?}", outcome.calls);
    let sent = json!({"__typename":"Item","id":"1","tags":[1,null],"link":{"__typename":"Page","size":null}});
    assert_eq!(representations(&outcome.calls[1].body), json!([sent]));
}

#[tokio::test]
async fn what_is_required_deep_in_a_failed_lookup_has_its_error() {
    let items = r#"type Query { item: Item } type Item @key(fields: "id") { id: ID! part: Part }
        type Part @key(fields: "box { code }") { box: Box! @shareable } type Box { code: ID! @shareable }"#;
    let parts = r#"type Part @key(fields: "box { code }") { box: Box! @shareable }
        type Box { code: ID! @shareable size: Int @shareable }
        type Item @key(fields: "id") { id: ID! part: Part @external
        weight: Int @requires(fields: "part { box { size } }") }"#;
    let gateway = Gateway::new(&[("items", items), ("parts", parts)]);
    let item = r#"{"data":{"item":{"id":"1","part":{"box":{"code":"c"}}}}}"#;
    let outcome = gateway.run("{ item { weight } }", &[("items", "", item), ("parts", "", "down")]).await;
    assert_eq!(outcome.response["data"], json!({"item":{"weight":null}}), "{}", outcome.text);
    assert_eq!(outcome.errors().len(), 1, "{}", outcome.text);
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

/// What goes wrong with `{ users { name score } }`, where `users` has three and `reviews` scores them.
#[tokio::test]
async fn a_bad_entities_answer_fails_alone() {
    let gateway = gateway();
    let users = r#"{"data":{"users":[{"id":"1","name":"A"},{"id":"2","name":"B"},{"id":"3","name":"C"}]}}"#;
    // `best` is nullable, so that what fails shows by itself.
    let whole = json!([[["users", 0]], [["users", 1]], [["users", 2]]]);
    let cases = [
        (
            "short",
            r#"{"data":{"_entities":[{"best":{"body":"x"}}]}}"#,
            "SUBREQUEST_MALFORMED_RESPONSE",
            json!([null, null, null]),
        ),
        (
            "long",
            r#"{"data":{"_entities":[null,null,null,null]}}"#,
            "SUBREQUEST_MALFORMED_RESPONSE",
            json!([null, null, null]),
        ),
        (
            "no list",
            r#"{"data":{"_entities":{"best":null}}}"#,
            "SUBREQUEST_MALFORMED_RESPONSE",
            json!([null, null, null]),
        ),
        (
            "truncated",
            r#"{"data":{"_entities":[{"best":{"body":"x"}},{"best":"#,
            "SUBREQUEST_MALFORMED_RESPONSE",
            json!([null, null, null]),
        ),
        ("html", "<html>", "SUBREQUEST_MALFORMED_RESPONSE", json!([null, null, null])),
        ("empty", "", "SUBREQUEST_MALFORMED_RESPONSE", json!([null, null, null])),
        ("nothing", "{}", "SUBREQUEST_MALFORMED_RESPONSE", json!([null, null, null])),
        ("null", r#"{"data":null}"#, "SUBREQUEST_MALFORMED_RESPONSE", json!([null, null, null])),
        ("refused", r#"{"errors":[{"message":"no","extensions":{"code":"NO"}}]}"#, "NO", json!([null, null, null])),
        (
            "null and errors",
            r#"{"data":{"_entities":null},"errors":[{"message":"no"}]}"#,
            "SUBREQUEST_FAILED",
            json!([null, null, null]),
        ),
    ];
    for (name, body, code, best) in cases {
        let operation = "{ users { name best { body } } }";
        let outcome = gateway.run(operation, &[("users", "", users), ("reviews", "", body)]).await;
        let expected: Vec<Json> = ["A", "B", "C"]
            .iter()
            .zip(best.as_array().expect("a list"))
            .map(|(name, best)| json!({"name": name, "best": best}))
            .collect();
        assert_eq!(outcome.response["data"]["users"], Json::from(expected), "{name}: {}", outcome.text);
        let paths: Vec<Json> = outcome.errors().iter().map(|(_, path)| json!([path])).collect();
        assert_eq!(Json::from(paths), whole, "{name}: one error per entity: {}", outcome.text);
        assert!(outcome.errors().iter().all(|(found, _)| found == code), "{name}: {}", outcome.text);
        assert!(outcome.response["errors"][0]["extensions"]["service"] == "reviews", "{name}");
    }
}

#[tokio::test]
async fn one_bad_entity_leaves_the_others() {
    let gateway = gateway();
    let users = r#"{"data":{"users":[{"id":"1","name":"A"},{"id":"2","name":"B"},{"id":"3","name":"C"}]}}"#;
    let good = json!({"body": "x"});
    let cases = [
        // what reviews answer, the client's `best` of each, the errors' paths
        (r#"{"data":{"_entities":[{"best":{"body":"x"}},null,{"best":null}]}}"#, json!([good, null, null]), json!([])),
        (
            r#"{"data":{"_entities":[{"best":{"body":"x"}},7,{"best":{"body":"x"}}]}}"#,
            json!([good, null, good]),
            json!([["users", 1]]),
        ),
        (
            r#"{"errors":[{"message":"no","path":["_entities",1]}],"data":{"_entities":[{"best":{"body":"x"}},null,{"best":{"body":"x"}}]}}"#,
            json!([good, null, good]),
            json!([["users", 1]]),
        ),
        (
            r#"{"data":{"_entities":[{"best":{"body":"x"}},{"best":{"body":null}},{"best":null}]},
                "errors":[{"message":"no","path":["_entities",1,"best","body"]},{"message":"no","path":["_entities",2,"best","body"]}]}"#,
            json!([good, {"body": null}, null]),
            json!([["users", 1, "best", "body"], ["users", 2, "best", "body"]]),
        ),
    ];
    for (body, best, paths) in cases {
        let outcome =
            gateway.run("{ users { name best { body } } }", &[("users", "", users), ("reviews", "", body)]).await;
        let found: Vec<Json> =
            outcome.response["data"]["users"].as_array().expect("users").iter().map(|u| u["best"].clone()).collect();
        assert_eq!(Json::from(found), best, "{}", outcome.text);
        let found: Vec<Json> = outcome.errors().into_iter().map(|(_, path)| path).collect();
        assert_eq!(Json::from(found), paths, "{}", outcome.text);
    }
}

#[tokio::test]
async fn a_failed_root_leaves_the_other_subgraphs_fields() {
    let gateway = gateway();
    let operation = "{ a: me { name best { body } } b: users { name } pets { id } }";
    let pets = ("reviews", "pets", r#"{"data":{"pets":[]}}"#);
    let failures = [
        (r#"{"data":null,"errors":[{"message":"x","path":["nobody"]}]}"#, "SUBREQUEST_FAILED"),
        (r#"{"errors":[{"message":"x"}]}"#, "SUBREQUEST_FAILED"),
        ("gibberish", "SUBREQUEST_MALFORMED_RESPONSE"),
    ];
    for (body, code) in failures {
        let outcome = gateway.run(operation, &[("users", "", body), pets]).await;
        assert_eq!(outcome.response["data"], json!({"a":null,"b":null,"pets":[]}), "{}", outcome.text);
        let expected = vec![(code.to_owned(), json!(["a"])), (code.to_owned(), json!(["b"]))];
        assert_eq!(outcome.errors(), expected, "{}", outcome.text);
        assert_eq!(outcome.calls.len(), 2, "what hangs on the failed field is not fetched");
    }
    // Not reachable at all.
    let outcome = gateway.run(operation, &[pets]).await;
    let code = "SUBREQUEST_UNAVAILABLE".to_owned();
    assert_eq!(outcome.errors(), vec![(code.clone(), json!(["a"])), (code, json!(["b"]))]);
}

#[tokio::test]
async fn a_located_error_nulls_its_own_field() {
    let gateway = gateway();
    let body = r#"{"data":{"a":{"x":null},"users":[{"name":"A"}]},
        "errors":[{"message":"why","path":["a","x"],"extensions":{"code":"TEAPOT","detail":{"n":1}}}]}"#;
    let answer = body.replace("\"a\":{\"x\"", "\"me\":{\"name\"").replace("[\"a\",\"x\"]", "[\"me\",\"name\"]");
    let outcome = gateway.run("{ a: me { x: name } users { name } }", &[("users", "", &answer)]).await;
    assert_eq!(outcome.response["data"], json!({"a":{"x":null},"users":[{"name":"A"}]}));
    let expected = json!([{"message":"why","path":["a","x"],
        "extensions":{"code":"TEAPOT","service":"users","detail":{"n":1}}}]);
    assert_eq!(outcome.response["errors"], expected);
}

#[tokio::test]
async fn an_http_status_is_an_error_beside_those_of_the_body() {
    let gateway = gateway();
    for (body, count) in [(r#"{"errors":[{"message":"x","path":["me"]}],"data":{"me":null}}"#, 2), ("oops", 1)] {
        let outcome = gateway.run_with("{ me { name } }", "{}", move |_| Some(FakeAnswer::ok(body).status(500))).await;
        assert_eq!(outcome.response["data"], json!({"me":null}));
        let errors = outcome.response["errors"].as_array().expect("errors");
        assert_eq!(errors.len(), count, "{}", outcome.text);
        let status = |error: &&Json| error["extensions"]["http"]["status"] == 500;
        assert_eq!(errors.iter().filter(status).count(), 1, "{}", outcome.text);
    }
}

#[tokio::test(start_paused = true)]
async fn fields_that_are_not_there_in_time_are_null() {
    let mut gateway = gateway();
    gateway.deadline = Duration::from_secs(1);
    let outcome = gateway
        .run_with("{ me { name } pets { id } }", "{}", |call| {
            Some(match &call.subgraph[..] {
                "users" => FakeAnswer::ok(r#"{"data":{"me":{"name":"A"}}}"#).after(Duration::from_millis(900)),
                _ => FakeAnswer::ok(r#"{"data":{"pets":[]}}"#).after(Duration::from_secs(60)),
            })
        })
        .await;
    assert_eq!(outcome.response["data"], json!({"me":{"name":"A"},"pets":null}));
    assert_eq!(outcome.errors(), vec![("SUBGRAPH_TIMEOUT".to_owned(), json!(["pets"]))]);
}

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

#[tokio::test]
async fn what_a_field_requires_is_sent_even_if_null() {
    let stock = r#"type Query { items: [Item] } type Item @key(fields: "id") { id: ID! weight: Int size: Size }
        type Size { w: Int h: Int }"#;
    let shipping = r#"type Item @key(fields: "id") { id: ID! weight: Int @external size: Size @external
        cost: Int @requires(fields: "weight size { w }") } type Size { w: Int @external }"#;
    let gateway = Gateway::new(&[("shipping", shipping), ("stock", stock)]);
    let outcome = gateway
        .run(
            "{ items { cost } }",
            &[
                (
                    "stock",
                    "items",
                    r#"{"data":{"items":[{"id":"1","weight":null,"size":{"w":2}},{"id":"2","weight":3,"size":null},
                        {"id":null,"weight":3,"size":null},null]}}"#,
                ),
                ("shipping", "_entities", r#"{"data":{"_entities":[{"cost":10},{"cost":20}]}}"#),
            ],
        )
        .await;
    let expected = json!([{"cost":10},{"cost":20},{"cost":null},null]);
    assert_eq!(outcome.response["data"]["items"], expected, "{}", outcome.text);
    let sent = representations(&outcome.calls[1].body);
    assert_eq!(sent[0], json!({"__typename":"Item","id":"1","weight":null,"size":{"w":2}}), "{sent}");
    assert_eq!(sent[1], json!({"__typename":"Item","id":"2","weight":3,"size":null}), "{sent}");
}

#[tokio::test]
async fn an_error_in_what_a_fetch_needs_shows_at_what_it_was_for() {
    let stock = r#"type Query { items: [Item] } type Item @key(fields: "id") { id: ID! weight: Int }"#;
    let shipping =
        r#"type Item @key(fields: "id") { id: ID! weight: Int @external cost: Int! @requires(fields: "weight") }"#;
    let gateway = Gateway::new(&[("shipping", shipping), ("stock", stock)]);
    let answer = r#"{"data":{"items":[{"id":"1","weight":null},{"id":"2","weight":2}]},
        "errors":[{"message":"scale broken","path":["items",0,"weight"],"extensions":{"code":"SCALE"}}]}"#;
    let entities = r#"{"data":{"_entities":[{"cost":10}]}}"#;
    let outcome = gateway.run("{ items { cost } }", &[("stock", "items", answer), ("shipping", "", entities)]).await;
    assert_eq!(outcome.response["data"]["items"], json!([null, {"cost":10}]), "{}", outcome.text);
    assert_eq!(outcome.errors(), vec![("SCALE".to_owned(), json!(["items", 0]))], "{}", outcome.text);
}

/// Bodies that are GraphQL answers about as often as not.
fn noise() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        (0..4i32).prop_map(Json::from),
        prop_oneof![Just("1"), Just("User"), Just("Review"), Just("x\"y")].prop_map(Json::from),
    ];
    let value = leaf.prop_recursive(6, 64, 4, |inner| {
        let key = prop_oneof![
            Just("users"),
            Just("id"),
            Just("name"),
            Just("best"),
            Just("body"),
            Just("_entities"),
            Just("__typename"),
            Just("score"),
            Just("reviews"),
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            prop::collection::vec((key.prop_map(str::to_owned), inner), 0..6)
                .prop_map(|fields| Json::Object(fields.into_iter().collect())),
        ]
    });
    let segment = prop_oneof![
        prop_oneof![Just("users"), Just("_entities"), Just("best"), Just("body"), Just("score")].prop_map(Json::from),
        (0..3).prop_map(Json::from),
    ];
    let error = (prop::collection::vec(segment, 0..5), value.clone())
        .prop_map(|(path, more)| json!({"message": "m", "path": path, "extensions": more}));
    let answer = (value, prop::option::of(prop::collection::vec(error, 0..4)))
        .prop_map(|(data, errors)| json!({"data": data, "errors": errors}).to_string());
    // One in some is cut short.
    (answer, prop::option::weighted(0.1, 0usize..200)).prop_map(|(mut text, cut)| {
        let mut cut = cut.unwrap_or(text.len()).min(text.len());
        while !text.is_char_boundary(cut) {
            cut -= 1;
        }
        text.truncate(cut);
        text
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// Whatever backends answer, the response is JSON of the operation's shape, and what is missing has a reason.
    #[test]
    fn no_answer_breaks_the_response(root in noise(), entities in noise(), good in any::<bool>()) {
        // Composing is slow beside one operation.
        static GATEWAY: LazyLock<Gateway> = LazyLock::new(gateway);
        let users = r#"{"data":{"users":[{"id":"1","name":"A"},{"id":"2","name":"B"},{"id":"1","name":"A"}]}}"#;
        let root = if good { users.to_owned() } else { root };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let outcome = runtime.block_on(GATEWAY.run(
            "{ users { name score best { body author { id } } reviews { id } } }",
            &[("users", "", &root), ("reviews", "", &entities)],
        ));
        let data = &outcome.response["data"];
        prop_assert!(data.is_null() || data.as_object().is_some_and(|data| data.len() == 1), "{}", outcome.text);
        for user in data["users"].as_array().into_iter().flatten() {
            let keys: Vec<&String> = user.as_object().expect("users are objects").keys().collect();
            prop_assert_eq!(keys.len(), 4);
            prop_assert!(user["score"].is_i64(), "non-null fields are there: {}", outcome.text);
        }
        if data["users"].is_null() && good {
            prop_assert!(!outcome.errors().is_empty(), "{}", outcome.text);
        }
    }
}

#[test]
fn an_execution_can_move_between_threads() {
    fn is_send<T: Send>(_: &T) {}
    let gateway = gateway();
    let connectors = crate::Connectors::fake(&gateway.supergraph, &crate::connector::Fake::new(|_| None));
    let headers = http::HeaderMap::new();
    is_send(&gateway.run_on(&connectors, &headers, "{ me { name } }", "{}"));
}

#[tokio::test]
async fn what_a_backend_says_at_length_is_cut_before_it_is_told_at_many_places() {
    let gateway = gateway();
    let long = "ä".repeat(1 << 19);
    let reviews: Vec<String> = (0..100).map(|id| format!(r#"{{"author":{{"id":"{id}"}}}}"#)).collect();
    let top = format!(r#"{{"data":{{"top":[{}]}}}}"#, reviews.join(","));
    // what is in the error of the backend, a piece of the message that is told on
    let cases = [
        (format!(r#""message":"{long}""#), "ä…"),
        (format!(r#""message":"no","extensions":{{"code":"X","trace":"{long}"}}"#), "no (Extensions"),
        (format!(r#""message":"no","extensions":{{"code":"{long}"}}"#), "no"),
    ];
    for (error, message) in cases {
        let failed = format!(r#"{{"data":null,"errors":[{{{error}}}]}}"#);
        let outcome =
            gateway.run("{ top { author { name } } }", &[("reviews", "top", &top), ("users", "name", &failed)]).await;
        let errors = outcome.response["errors"].as_array().expect("errors");
        assert!(errors.len() >= 100, "{}", errors.len());
        assert!(errors[0]["message"].as_str().is_some_and(|told| told.contains(message)), "{}", errors[0]["message"]);
        assert_eq!(errors[0]["extensions"]["service"], "users");
        let length = outcome.response.to_string().len();
        assert!(length < 100 * 16 * 1024, "{length} bytes");
    }
}
