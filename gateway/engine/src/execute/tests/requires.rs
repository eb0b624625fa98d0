//! Tests of what fields are computed from: what is sent, and what its lack does.

use serde_json::json;

use super::representations;
use crate::testing::Gateway;

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
