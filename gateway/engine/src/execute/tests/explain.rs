//! Tests that a null which is there because something failed has an error.

use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::connector::FakeAnswer;
use crate::testing::Gateway;

/// Answers a call as a pair of milliseconds and a body says.
fn after((millis, body): (u64, &str)) -> Option<FakeAnswer> {
    Some(FakeAnswer::ok(body.to_owned()).after(Duration::from_millis(millis)))
}

fn paths(outcome: &crate::testing::Outcome) -> Json {
    outcome.errors().into_iter().map(|(_, path)| path).collect()
}

#[tokio::test(start_paused = true)]
async fn objects_that_two_fetches_fill_tell_what_one_of_them_lost() {
    let gateway = Gateway::new(&[
        ("left", "type Query { pairs: [Pair] @shareable } type Pair { x: Int @shareable y: Int @shareable }"),
        ("right", "type Query { pairs: [Pair] @shareable } type Pair { x: Int @shareable z: Int @shareable }"),
    ]);
    let good = r#"{"data":{"pairs":[{"y":1},{"y":2}]}}"#;
    let one = r#"{"data":{"pairs":[{"z":null},{"z":4}]},"errors":[{"message":"no","path":["pairs",0,"z"]}]}"#;
    let all = r#"{"data":{"pairs":null},"errors":[{"message":"no","path":["pairs",0,"z"]}]}"#;
    let (first, both) = (json!([["pairs", 0, "z"]]), json!([["pairs", 0], ["pairs", 1]]));
    // What the right one answers, what is left of its field, and the errors' paths.
    let cases = [
        ("gibberish", json!([null, null]), &both),
        (r#"{"data":null,"errors":[{"message":"no"}]}"#, json!([null, null]), &both),
        (one, json!([null, 4]), &first),
        (all, json!([null, null]), &both),
    ];
    for (body, left, expected) in cases {
        for (early, late) in [(1, 2), (2, 1)] {
            let outcome = gateway
                .run_with("{ pairs { y z } }", "{}", move |call| match &call.subgraph[..] {
                    "left" => after((early, good)),
                    _ => after((late, body)),
                })
                .await;
            let expected_data = json!([{"y": 1, "z": left[0]}, {"y": 2, "z": left[1]}]);
            assert_eq!(outcome.response["data"]["pairs"], expected_data, "{}", outcome.text);
            let found = paths(&outcome);
            // Where the answer with the null comes last, the error has its own place in the first object.
            let own = json!([["pairs", 0, "z"], ["pairs", 1]]);
            assert!(found == *expected || found == own, "{}", outcome.text);
        }
    }
}

#[tokio::test]
async fn what_a_fetch_that_was_not_sent_keeps_from_objects_below_is_told_there() {
    let user = r#"type User @key(fields: "id") { id: ID! friend: User @shareable code: String @shareable }"#;
    let coded = r#"type User @key(fields: "code") { code: String @shareable friend: User @shareable rank: Int }"#;
    let gateway = Gateway::new(&[
        ("users", r#"type Query { user: User } type User @key(fields: "id") { id: ID! }"#),
        ("friends", &user.replace(" code: String @shareable", " name: String")),
        ("codes", &user.replace(" friend: User @shareable", "")),
        ("ranks", coded),
    ]);
    let answers = [
        ("users", "", r#"{"data":{"user":{"id":"1"}}}"#),
        ("friends", "", r#"{"data":{"_entities":[{"friend":{"name":"A"}}]}}"#),
        ("codes", "", r#"{"data":null,"errors":[{"message":"gone"}]}"#),
    ];
    let outcome = gateway.run("{ user { friend { name rank } } }", &answers).await;
    let expected = json!({"user": {"friend": {"name": "A", "rank": null}}});
    assert_eq!(outcome.response["data"], expected, "{}", outcome.text);
    assert!(
        paths(&outcome).as_array().is_some_and(|paths| paths.contains(&json!(["user", "friend"]))),
        "{}",
        outcome.text
    );
}

#[tokio::test]
async fn an_entity_that_one_fields_error_took_explains_its_other_fields() {
    let gateway = Gateway::new(&[
        ("users", r#"type Query { users: [User] } type User @key(fields: "id") { id: ID! rank: Int @shareable }"#),
        ("scores", r#"type User @key(fields: "id") { id: ID! rank: Int! @shareable score: Int high: Int }"#),
    ]);
    let users = r#"{"data":{"users":[{"id":"1"},{"id":"2"},{"id":"3"}]}}"#;
    let null = r#"{"data":{"_entities":[null,null,{"score":null,"high":3}]},"errors":[
        {"message":"no","path":["_entities",0,"score"]},
        {"message":"no","path":["_entities",2,"score"]}]}"#;
    let outcome = gateway.run("{ users { score high } }", &[("users", "", users), ("scores", "", null)]).await;
    let none = json!({"score": null, "high": null});
    let expected = json!([none, none, {"score": null, "high": 3}]);
    assert_eq!(outcome.response["data"]["users"], expected, "{}", outcome.text);
    // The second is not there at all, which is an answer.
    let expected = json!([["users", 0], ["users", 0, "score"], ["users", 2, "score"]]);
    assert_eq!(paths(&outcome), expected, "{}", outcome.text);
}

#[tokio::test]
async fn a_broken_promise_in_what_is_required_explains_what_is_not_computed() {
    let gateway = Gateway::new(&[
        ("users", r#"type Query { user: User } type User @key(fields: "id") { id: ID! size: Int! }"#),
        (
            "scores",
            r#"type User @key(fields: "id") { id: ID! size: Int! @external
               score: Int @requires(fields: "size") }"#,
        ),
    ]);
    for operation in ["{ user { id score } }", "{ user { score } }"] {
        let users = ("users", "", r#"{"data":{"user":{"id":"1","size":null}}}"#);
        let outcome = gateway.run(operation, &[users]).await;
        assert_eq!(outcome.response["data"]["user"]["score"], Json::Null, "{}", outcome.text);
        assert_eq!(paths(&outcome), json!([["user"]]), "{}", outcome.text);
        let message = &outcome.response["errors"][0]["message"];
        assert_eq!(message, "Cannot return null for the non-nullable field User.size.");
    }
}

#[tokio::test]
async fn the_error_of_what_a_field_is_computed_from_stands_at_its_object() {
    let gateway = Gateway::new(&[
        (
            "users",
            r#"type Query { user: User } type User @key(fields: "id") { id: ID! sizes: [Size!] }
               type Size @shareable { x: Int! }"#,
        ),
        (
            "scores",
            r#"type User @key(fields: "id") { id: ID! sizes: [Size!] @external
               score: Int @requires(fields: "sizes { x }") } type Size @shareable { x: Int! }"#,
        ),
    ]);
    let users = r#"{"data":{"user":{"id":"1","sizes":null}},
        "errors":[{"message":"no","path":["user","sizes",0,"x"]}]}"#;
    let outcome = gateway.run("{ user { score } }", &[("users", "", users)]).await;
    assert_eq!(outcome.response["data"], json!({"user": {"score": null}}), "{}", outcome.text);
    assert_eq!(paths(&outcome), json!([["user"]]), "{}", outcome.text);
}

#[tokio::test(start_paused = true)]
async fn an_error_in_what_was_asked_for_other_types_only_is_nobodys() {
    let gateway = Gateway::new(&[
        (
            "media",
            r#"interface Media @key(fields: "id") { id: ID! }
               type Book implements Media @key(fields: "id") { id: ID! }
               type Film implements Media @key(fields: "id") { id: ID! }"#,
        ),
        ("best", r#"type Query { best: Media } type Media @key(fields: "id") @interfaceObject { id: ID! }"#),
        (
            "ratings",
            r#"type Media @key(fields: "id") @interfaceObject { id: ID! rating: Float next: Media votes: Int! }"#,
        ),
    ]);
    let next = r#"{"data":{"_entities":[{"__typename":"Media","rating":5,"next":null}]},
        "errors":[{"message":"no","path":["_entities",0,"next"]}]}"#;
    let votes = r#"{"data":{"_entities":[null]}, "errors":[{"message":"no","path":["_entities",0,"votes"]}]}"#;
    // The operation's field of books, the ratings' answer, what is left, the errors' paths of a book and of a film.
    let cases = [
        ("next { id }", next, json!(5), json!([["best", "next"]]), json!([])),
        // The error took what was asked for with it.
        ("votes", votes, Json::Null, json!([["best"], ["best", "votes"]]), json!([["best"]])),
    ];
    for (field, body, rating, of_book, of_film) in cases {
        for (ty, expected) in [("Book", &of_book), ("Film", &of_film)] {
            for (early, late) in [(1, 2), (2, 1)] {
                let operation = format!("{{ best {{ rating ... on Book {{ {field} }} }} }}");
                let outcome = gateway
                    .run_with(&operation, "{}", move |call| match &call.subgraph[..] {
                        "best" => after((0, r#"{"data":{"best":{"id":"1"}}}"#)),
                        "media" => {
                            let body = format!(r#"{{"data":{{"_entities":[{{"__typename":"{ty}"}}]}}}}"#);
                            Some(FakeAnswer::ok(body).after(Duration::from_millis(early)))
                        }
                        _ => after((late, body)),
                    })
                    .await;
                let case = format!("{ty}, {early} before {late}: {}", outcome.text);
                if ty == "Film" || field != "votes" {
                    assert_eq!(outcome.response["data"]["best"]["rating"], rating, "{case}");
                }
                assert_eq!(&paths(&outcome), expected, "{case}");
            }
        }
    }
}

#[tokio::test]
async fn an_object_of_no_known_type_is_not_sent_where_its_type_decides_what_is_sent() {
    let media = r#"interface Media @key(fields: "id") { id: ID! }
        type Book implements Media @key(fields: "id") { id: ID! pages: Int }
        type Film implements Media @key(fields: "id") { id: ID! }
        type Shelf @key(fields: "id") { id: ID! best: Media @external
          thickness: Int @requires(fields: "best { ... on Book { pages } }") }"#;
    let shelves = r#"type Query { shelf: Shelf } type Shelf @key(fields: "id") { id: ID! best: Media }
        type Media @key(fields: "id") @interfaceObject { id: ID! }"#;
    let gateway = Gateway::new(&[("media", media), ("shelves", shelves)]);
    let shelf = ("shelves", "", r#"{"data":{"shelf":{"id":"1","best":{"id":"2"}}}}"#);
    let failed = r#"{"data":{"_entities":[null]},"errors":[{"message":"no","path":["_entities",0]}]}"#;
    // What the subgraph answers of the book, and the errors' paths.
    let cases = [(failed, json!([["shelf"]])), (r#"{"data":{"_entities":[null]}}"#, json!([]))];
    for (book, expected) in cases {
        let outcome = gateway.run("{ shelf { thickness } }", &[shelf, ("media", "_entities", book)]).await;
        assert_eq!(outcome.response["data"], json!({"shelf": {"thickness": null}}), "{}", outcome.text);
        assert_eq!(paths(&outcome), expected, "{}", outcome.text);
        assert_eq!(outcome.calls.len(), 2, "{:#?}", outcome.calls);
    }
}

#[tokio::test(start_paused = true)]
async fn an_object_whose_type_nobody_could_tell_has_the_error_of_the_one_who_failed_to() {
    let owner = r#"interface Media @key(fields: "id") { id: ID! mood: String }
        type Book implements Media @key(fields: "id") { id: ID! @shareable mood: String @shareable }
        type Query { first: Place shelves: [[Place!]]! @shareable } interface Place { name: String }"#;
    let shelf = r#"type Shelf implements Place @key(fields: "id") { id: ID! @shareable name: String @shareable
        best: Media @shareable }"#;
    let noted = r#"type Shelf implements Place @key(fields: "id") { id: ID! @shareable name: String @shareable
        size: Int @external best: Media @external
        note: Int @requires(fields: "size best { ... on Book { id mood } }") }"#;
    let sized = r#"interface Place { size: Int name: String } type Query { shelves: [[Place!]]! @shareable }
        type Shelf implements Place @key(fields: "id") { id: ID! @shareable name: String @shareable size: Int
        best: Media @shareable }
        type Media @key(fields: "id") @interfaceObject { id: ID! @shareable mood: String @external
        rank: Int @requires(fields: "mood") }"#;
    let told = owner.replace("type Query { first: Place shelves: [[Place!]]! @shareable }", "");
    let gateway = Gateway::new(&[
        ("notes", &format!("{owner} {noted}")),
        ("media", &format!("{told} {shelf}")),
        ("sizes", sized),
    ]);
    let sizes = r#"{"data":{"shelves":[[{"__typename":"Shelf","id":"1","size":1,"best":{"id":"2"}}]]}}"#;
    for failed in [r#"{"data":null,"errors":[{"message":"down"}]}"#, "gibberish"] {
        let operation = "{ first { name } shelves { ... on Shelf { best { rank } note } } }";
        for (early, late) in [(1, 2), (2, 1)] {
            let outcome = gateway
                .run_with(operation, "{}", move |call| match &call.subgraph[..] {
                    "notes" => after((early, failed)),
                    _ => after((late, sizes)),
                })
                .await;
            let expected = json!([[{"best": {"rank": null}, "note": null}]]);
            assert_eq!(outcome.response["data"]["shelves"], expected, "{}", outcome.text);
            let expected = json!([["first"], ["shelves", 0, 0], ["shelves", 0, 0, "best"]]);
            assert_eq!(paths(&outcome), expected, "{}", outcome.text);
        }
    }
}

#[tokio::test]
async fn what_hangs_on_a_type_alone_has_the_error_of_the_fetch_that_was_to_tell_it() {
    let gateway = Gateway::new(&[
        (
            "shelves",
            r#"type Query { shelf: Shelf } type Shelf @key(fields: "id") { id: ID! best: Media @shareable }
               type Media @key(fields: "id") @interfaceObject { id: ID! }"#,
        ),
        (
            "media",
            r#"type Shelf @key(fields: "id") { id: ID! best: Media @shareable }
               interface Media @key(fields: "id", resolvable: false) { id: ID! }
               type Book implements Media @key(fields: "id", resolvable: false) { id: ID! }
               type Film implements Media @key(fields: "id", resolvable: false) { id: ID! }"#,
        ),
        (
            "pages",
            r#"type Book @key(fields: "id") { id: ID! pages: Int } type Film @key(fields: "id") { id: ID! pages: Int }"#,
        ),
    ]);
    let shelf = ("shelves", "", r#"{"data":{"shelf":{"id":"1","best":{"id":"2"}}}}"#);
    let failed = r#"{"data":null,"errors":[{"message":"down"}]}"#;
    let operation = "{ shelf { best { ... on Book { pages } ... on Film { pages } } } }";
    let outcome = gateway.run(operation, &[shelf, ("media", "_entities", failed)]).await;
    assert_eq!(outcome.response["data"], json!({"shelf": {"best": null}}), "{}", outcome.text);
    let expected = vec![("SUBREQUEST_FAILED".to_owned(), json!(["shelf", "best"]))];
    assert_eq!(outcome.errors(), expected, "{} {:#?}", outcome.text, outcome.calls);
}

#[tokio::test(start_paused = true)]
async fn a_value_that_a_context_was_not_given_is_not_handed_in_as_null() {
    let link = r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.8",
        import: ["@key", "@shareable", "@context", "@fromContext"]) "#;
    let names = r#"type Query { region: Region @shareable }
        type Region { main: Item } type Item @key(fields: "id") { id: ID! }"#;
    let prices = r#"type Query { region: Region @shareable }
        type Region @context(name: "place") { currency: String }
        type Item @key(fields: "id") {
          id: ID! price(in: String @fromContext(field: "$place { currency }")): String }"#;
    let subgraphs = [("names", format!("{link}{names}")), ("prices", format!("{link}{prices}"))];
    let gateway = Gateway::composed(&subgraphs, &|_, _| None);
    let named = r#"{"data":{"region":{"main":{"id":"1"}}}}"#;
    let down = r#"{"data":null,"errors":[{"message":"down"}]}"#;
    for (early, late) in [(1, 2), (2, 1)] {
        let outcome = gateway
            .run_with("{ region { currency main { price } } }", "{}", move |call| match &call.subgraph[..] {
                "names" => after((late, named)),
                _ => after((early, down)),
            })
            .await;
        assert_eq!(outcome.calls.len(), 2, "{:#?}", outcome.calls);
        let expected = json!({"region": {"currency": null, "main": {"price": null}}});
        assert_eq!(outcome.response["data"], expected, "{}", outcome.text);
        assert_eq!(paths(&outcome), json!([["region"], ["region", "main"]]), "{}", outcome.text);
    }
}

#[tokio::test]
async fn an_object_that_came_too_late_for_what_a_broken_promise_held_up_is_explained() {
    let gateway = Gateway::new(&[
        ("shelves", r#"type Query { shelf: Shelf } type Shelf @key(fields: "id") { id: ID! isbn: ID! @shareable }"#),
        (
            "media",
            r#"type Shelf @key(fields: "isbn") { isbn: ID! @shareable label: String best: Book @shareable }
               type Book { code: ID! @shareable }"#,
        ),
        ("refs", r#"type Shelf @key(fields: "id") { id: ID! ref: ID! @shareable }"#),
        (
            "notes",
            r#"type Shelf @key(fields: "ref") { ref: ID! @shareable best: Book @shareable }
               type Book { code: ID! @shareable mood: String }"#,
        ),
        (
            "works",
            r#"type Shelf @key(fields: "id") { id: ID! best: Book @external
                 note: Int @requires(fields: "best { code mood }") }
               type Book { code: ID! @external mood: String @external }"#,
        ),
        ("pages", r#"type Book @key(fields: "code") { code: ID! @shareable pages: Int }"#),
    ]);
    let answers = [
        ("shelves", "", r#"{"data":{"shelf":{"id":"1","isbn":null}}}"#),
        ("refs", "", r#"{"data":{"_entities":[{"ref":"r"}]}}"#),
        ("notes", "", r#"{"data":{"_entities":[{"best":{"code":"c","mood":"m"}}]}}"#),
        ("works", "", r#"{"data":{"_entities":[{"note":5}]}}"#),
    ];
    let outcome = gateway.run("{ shelf { label best { pages } note } }", &answers).await;
    let expected = json!({"shelf": {"label": null, "best": {"pages": null}, "note": 5}});
    assert_eq!(outcome.response["data"], expected, "{}", outcome.text);
    assert_eq!(paths(&outcome), json!([["shelf"], ["shelf", "best"]]), "{} {:#?}", outcome.text, outcome.calls);
}
