//! Tests of what is null to clients although a subgraph has answered it.

use serde_json::{Value as Json, json};

use crate::testing::Gateway;

/// A gateway for subgraphs that link what is tested here.
fn gateway(subgraphs: &[(&str, &str)]) -> Gateway {
    let link = r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.5",
        import: ["@key", "@shareable", "@external", "@requires", "@inaccessible"]) "#;
    let linked: Vec<(&str, String)> = subgraphs.iter().map(|(name, sdl)| (*name, format!("{link}{sdl}"))).collect();
    Gateway::composed(&linked, &|_, _| None)
}

#[tokio::test]
async fn an_object_of_an_inaccessible_type_is_null() {
    let owner = "type Query { one: Owner two: Owner }
        type Owner @key(fields: \"id\") { id: ID! pet: Pet @external name: String @requires(fields: \"pet { name }\") }
        interface Pet { name: String }
        type Cat implements Pet @shareable { name: String }
        type Spy implements Pet @shareable @inaccessible { name: String }";
    let pets = "type Owner @key(fields: \"id\") { id: ID! pet: Pet }
        interface Pet { name: String }
        type Cat implements Pet @shareable { name: String }
        type Spy implements Pet @shareable { name: String }";
    let cases: [(&str, &str, Json); 4] = [
        ("{ one { pet { __typename } } }", r#"{"pet":{"__typename":"Spy"}}"#, json!({"one": {"pet": null}})),
        ("{ one { pet { name } } }", r#"{"pet":{"__typename":"Spy","name":"S"}}"#, json!({"one": {"pet": null}})),
        (
            "{ one { pet { name } } }",
            r#"{"pet":{"__typename":"Cat","name":"C"}}"#,
            json!({"one": {"pet": {"name": "C"}}}),
        ),
        // What a fetch needs of it is still there.
        (
            "{ one { name pet { name } } }",
            r#"{"pet":{"__typename":"Spy","name":"S"}}"#,
            json!({"one": {"name": "N", "pet": null}}),
        ),
    ];
    let gateway = gateway(&[("owners", owner), ("pets", pets)]);
    for (operation, entity, expected) in cases {
        let entity = format!(r#"{{"data":{{"_entities":[{entity}]}}}}"#);
        let answers = [
            ("owners", "one", r#"{"data":{"one":{"id":"1"}}}"#),
            ("pets", "_entities", &entity),
            ("owners", "_entities", r#"{"data":{"_entities":[{"name":"N"}]}}"#),
        ];
        let outcome = gateway.run(operation, &answers).await;
        assert_eq!(outcome.response["data"], expected, "{operation}: {}", outcome.text);
    }
}

#[tokio::test]
async fn what_not_all_sources_of_a_shared_field_know_is_null() {
    let a = "type Query { shelf: Shelf }
        type Shelf @key(fields: \"id\") { id: ID! things: [Thing] @shareable own: [Thing] }
        union Thing = Book | Disc
        type Book @shareable { title: String }
        type Disc { length: Int tracks: Int! }";
    let b = "type Shelf @key(fields: \"id\") { id: ID! things: [Thing] @shareable }
        union Thing = Book
        type Book @shareable { title: String }";
    let gateway = gateway(&[("a", a), ("b", b)]);
    let things = r#"[{"__typename":"Book","title":"T"},{"__typename":"Disc","length":3,"tracks":1}]"#;
    let answer = format!(r#"{{"data":{{"shelf":{{"things":{things},"own":{things}}}}}}}"#);
    let book = json!({"title": "T"});
    let cases: [(&str, Json); 4] = [
        ("things { ... on Book { title } ... on Disc { length } }", json!({"things": [book, {"length": null}]})),
        ("own { ... on Book { title } ... on Disc { length } }", json!({"own": [book, {"length": 3}]})),
        ("things { __typename ... on Disc { tracks } }", json!({"things": [{"__typename": "Book"}, null]})),
        ("things { __typename }", json!({"things": [{"__typename": "Book"}, {"__typename": "Disc"}]})),
    ];
    for (selection, expected) in cases {
        let outcome = gateway.run(&format!("{{ shelf {{ {selection} }} }}"), &[("a", "shelf", &answer)]).await;
        assert_eq!(outcome.response["data"]["shelf"], expected, "{selection}: {}", outcome.text);
    }
}

#[tokio::test]
async fn what_is_required_of_one_object_is_represented_once() {
    let books = "type Query { books: [Book] }
        type Book @key(fields: \"isbn\") { isbn: ID! shelf: Shelf }
        type Shelf { row: Int width: Int }";
    let shipping = "type Book @key(fields: \"isbn\") { isbn: ID! shelf: Shelf @external
            ground: String @requires(fields: \"shelf { row }\") span: Int @requires(fields: \"shelf { width }\") }
        type Shelf @external { row: Int width: Int }";
    let gateway = gateway(&[("books", books), ("shipping", shipping)]);
    let answers = [
        ("books", "books", r#"{"data":{"books":[{"isbn":"1","shelf":{"row":3,"width":7}}]}}"#),
        ("shipping", "_entities", r#"{"data":{"_entities":[{"ground":"G","span":4}]}}"#),
    ];
    let outcome = gateway.run("{ books { ground span } }", &answers).await;
    assert_eq!(outcome.response["data"], json!({"books": [{"ground": "G", "span": 4}]}), "{}", outcome.text);
    let sent = &outcome.calls.iter().find(|call| call.subgraph == "shipping").expect("it is asked").body;
    let representation = r#"{"__typename":"Book","isbn":"1","shelf":{"row":3,"width":7}}"#;
    assert!(sent.contains(representation), "{sent}");
}
