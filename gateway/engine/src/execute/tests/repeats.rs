//! Tests of answers that say the same of several objects: they are stored once, and nobody can tell.

use serde_json::{Value as Json, json};

use crate::testing::Gateway;

const REVIEWS: &str = r#"
type Query { top: [Review] }
type Review @key(fields: "id") { id: ID! author: User stars: Stars @shareable }
type User @key(fields: "id") { id: ID! nick: String }
type Stars { given: Int }
"#;
const USERS: &str = r#"type User @key(fields: "id") { id: ID! name: String! }"#;
const RATINGS: &str = r#"
type Review @key(fields: "id") { id: ID! stars: Stars @shareable }
type Stars { weighed: Int }
"#;

fn gateway() -> Gateway {
    Gateway::new(&[("reviews", REVIEWS), ("users", USERS), ("ratings", RATINGS)])
}

/// The reviews' answer with two reviews by one author, and `errors`, written after the data or before.
fn two(author: &str, errors: &str, errors_first: bool) -> String {
    let data = format!(r#""data":{{"top":[{{"author":{author}}},{{"author":{author}}}]}}"#);
    if errors_first { format!("{{{errors},{data}}}") } else { format!("{{{data},{errors}}}") }
}

#[tokio::test]
async fn an_error_is_told_at_its_own_place() {
    let at = |places: &[u32]| {
        let errors = places.iter().map(|at| json!({"message": "no", "path": ["top", at, "author", "nick"]}));
        format!(r#""errors":{}"#, errors.collect::<Json>())
    };
    // The author, the errors beside it, the paths of the errors that are told.
    let cases = [
        (r#"{"nick":null}"#, at(&[]), json!([])),
        (r#"{"nick":null}"#, at(&[0]), json!([["top", 0, "author", "nick"]])),
        (r#"{"nick":null}"#, at(&[1]), json!([["top", 1, "author", "nick"]])),
        (r#"{"nick":null}"#, at(&[1, 0]), json!([["top", 0, "author", "nick"], ["top", 1, "author", "nick"]])),
        // A value of another type is wrong at each place.
        (r#"{"nick":5}"#, at(&[]), json!([["top", 0, "author", "nick"], ["top", 1, "author", "nick"]])),
        (
            r#"{"nick":5}"#,
            r#""errors":null"#.into(),
            json!([["top", 0, "author", "nick"], ["top", 1, "author", "nick"]]),
        ),
    ];
    for (author, errors, expected) in &cases {
        for errors_first in [false, true] {
            let answer = two(author, errors, errors_first);
            let outcome = gateway().run("{ top { author { nick } } }", &[("reviews", "", &answer)]).await;
            let author = json!({"author": {"nick": null}});
            assert_eq!(outcome.response["data"], json!({"top": [author, author]}), "{answer}: {}", outcome.text);
            let paths: Json = outcome.errors().into_iter().map(|(_, path)| path).collect();
            assert_eq!(&paths, expected, "{answer}: {}", outcome.text);
        }
    }
}

#[tokio::test]
async fn what_is_fetched_of_them_comes_to_each_place() {
    let author = r#"{"id":"1","nick":"a"}"#;
    let reviews = two(author, r#""extensions":{}"#, false);
    // The users' answer, the author's name, and whether there are errors.
    let cases = [
        (r#"{"data":{"_entities":[{"name":"A"}]}}"#, json!({"nick": "a", "name": "A"}), json!([])),
        (
            r#"{"data":{"_entities":[null]},"errors":[{"message":"no","path":["_entities",0,"name"]}]}"#,
            Json::Null,
            json!([["top", 0, "author"], ["top", 1, "author"]]),
        ),
    ];
    for (users, expected, paths) in cases {
        let answers = [("reviews", "", &*reviews), ("users", "", users)];
        let outcome = gateway().run("{ top { author { nick name } } }", &answers).await;
        let review = json!({"author": expected});
        assert_eq!(outcome.response["data"], json!({"top": [review, review]}), "{}", outcome.text);
        let found: Json = outcome.errors().into_iter().map(|(_, path)| path).collect();
        let objects: Vec<Json> = paths.as_array().into_iter().flatten().cloned().collect();
        assert_eq!(found.as_array().map_or(0, Vec::len), objects.len(), "{}", outcome.text);
        let asked: Vec<&str> = outcome.calls.iter().map(|call| &*call.subgraph).collect();
        assert_eq!(asked, ["reviews", "users"]);
    }
}

#[tokio::test]
async fn objects_that_two_subgraphs_describe_are_kept_apart() {
    let reviews = r#"{"data":{"top":[{"id":"1","stars":{"given":5}},{"id":"2","stars":{"given":5}}]}}"#;
    let ratings = r#"{"data":{"_entities":[{"stars":{"weighed":1}},{"stars":{"weighed":2}}]}}"#;
    let answers = [("reviews", "", reviews), ("ratings", "", ratings)];
    let outcome = gateway().run("{ top { id stars { given weighed } } }", &answers).await;
    let expected = json!([
        {"id": "1", "stars": {"given": 5, "weighed": 1}},
        {"id": "2", "stars": {"given": 5, "weighed": 2}},
    ]);
    assert_eq!(outcome.response["data"]["top"], expected, "{}", outcome.text);
}
