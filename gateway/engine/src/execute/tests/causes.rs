//! Tests of what a null is caused by: fallbacks of a view stand in, or do not, for the errors that took their own field.

use serde_json::{Value as Json, json};

use crate::testing::{Gateway, Outcome};

const USERS: &str = r#"
    type Query { user: User }
    type User @key(fields: "id") { id: ID! friend: User }"#;

const SCORES: &str = r#"type User @key(fields: "id") { id: ID! score: Int rank: Int best: Best } type Best { points: Int! secret: Int }"#;

const NAMES: &str = r#"type User @key(fields: "id") { id: ID! name: String nick: String }"#;

const VIEW: &str = r#"
    type Query { user: Member }
    type Member @from(type: "User") {
      id: ID!
      plain: Int @from(path: "score")
      score: Int @fallback(value: 0, on: [ERROR])
      rank: Int @fallback(value: -1, on: [ERROR, NULL])
      name: String @fallback(value: "you", on: [ERROR])
      nick: String @fallback(value: "x", on: [NULL])
      told: String @from(path: "name") @fallback(value: "told", report: true)
      sure: String! @from(path: "nick") @fallback(value: "sure", on: [ERROR, NULL])
      theirScore: Int @from(path: "friend.score") @fallback(value: 1)
      theirName: String @from(path: "friend.name") @fallback(value: "friend")
    }"#;

/// Runs an operation against a subgraph of users that is well, and two that answer so.
async fn run(operation: &str, scores: &str, names: &str) -> Outcome {
    let users = r#"{"data":{"user":{"id":"1","friend":{"id":"2"}}}}"#;
    let gateway = Gateway::new(&[("users", USERS), ("scores", SCORES), ("names", NAMES)]).with_view(VIEW);
    gateway.run(operation, &[("users", "", users), ("scores", "", scores), ("names", "", names)]).await
}

/// Code and path of what is degraded.
fn degraded(outcome: &Outcome) -> Vec<(String, Json)> {
    let all = outcome.response["extensions"]["degraded"].as_array().cloned().unwrap_or_default();
    all.iter().map(|one| (one["code"].as_str().unwrap_or_default().to_owned(), one["path"].clone())).collect()
}

const REFUSED: &str = r#"{"data":null,"errors":[{"message":"no","extensions":{"code":"FORBIDDEN"}}]}"#;
const DOWN: &str = r#"{"data":null,"errors":[{"message":"gone","extensions":{"code":"GONE"}}]}"#;
const NULL: &str = r#"{"data":{"_entities":[null]}}"#;

#[tokio::test]
async fn a_null_has_the_errors_of_the_fetch_that_was_to_bring_it() {
    let refused_entity = r#"{"data":{"_entities":[null]},
        "errors":[{"message":"no","path":["_entities",0],"extensions":{"code":"FORBIDDEN"}}]}"#;
    let refused_field = r#"{"data":{"_entities":[{"score":null,"rank":null}]},
        "errors":[{"message":"no","path":["_entities",0,"score"],"extensions":{"code":"FORBIDDEN"}}]}"#;
    let gone_entity = &refused_entity.replace("FORBIDDEN", "GONE");
    // An error of one field took the entity with it.
    let gone_with_field = &refused_field.replace("{\"score\":null,\"rank\":null}", "null").replace("FORBIDDEN", "GONE");
    // And one is about an entity that is there.
    let gone_beside = &refused_field.replace(",\"score\"]", "]").replace("FORBIDDEN", "GONE");
    let placeless = r#"{"data":{"_entities":[null]},"errors":[{"message":"no","extensions":{"code":"FORBIDDEN"}}]}"#;
    let good_names = r#"{"data":{"_entities":[{"name":"Ann","nick":null}]}}"#;
    // What is asked, what scores and names answer, the member, the errors and what is degraded: code and place.
    let cases = [
        // Each null has its own cause, and so has what stands in for it.
        ("score name", REFUSED, DOWN, json!({"score": null, "name": "you"}), "FORBIDDEN:", "GONE:name"),
        ("score name", DOWN, REFUSED, json!({"score": 0, "name": null}), "FORBIDDEN:", "GONE:score"),
        ("score name", DOWN, DOWN, json!({"score": 0, "name": "you"}), "", "GONE:score GONE:name"),
        ("score rank", REFUSED, DOWN, json!({"score": null, "rank": null}), "FORBIDDEN:", ""),
        // What is told all the same stands beside what is not.
        ("score told", DOWN, DOWN, json!({"score": 0, "told": "told"}), "GONE:", "GONE:score GONE:told"),
        // An error that nothing stands in for at one place is told, whatever stands in for it at another.
        ("score plain", DOWN, NULL, json!({"score": 0, "plain": null}), "GONE:", "GONE:score"),
        // A plain null beside errors of others.
        ("score nick", REFUSED, good_names, json!({"score": null, "nick": "x"}), "FORBIDDEN:", ""),
        ("score sure", REFUSED, good_names, json!({"score": null, "sure": "sure"}), "FORBIDDEN:", ""),
        ("score sure", REFUSED, NULL, json!({"score": null, "sure": "sure"}), "FORBIDDEN:", ""),
        ("score sure", DOWN, NULL, json!({"score": 0, "sure": "sure"}), "", "GONE:score"),
        // The entity is null, and an error says why.
        ("score rank", refused_entity, NULL, json!({"score": null, "rank": null}), "FORBIDDEN:", ""),
        ("score rank", placeless, NULL, json!({"score": null, "rank": null}), "FORBIDDEN:", ""),
        ("score rank", gone_entity, NULL, json!({"score": 0, "rank": -1}), "", "GONE:score GONE:rank"),
        ("score rank", gone_with_field, NULL, json!({"score": 0, "rank": -1}), "", "GONE:score GONE:rank"),
        // The entity is there: an error is about the field that it names, or all that is null.
        ("score rank", refused_field, NULL, json!({"score": null, "rank": -1}), "FORBIDDEN:score", ""),
        ("score rank", gone_beside, NULL, json!({"score": 0, "rank": -1}), "", "GONE:score GONE:rank"),
        // On the way of a path.
        (
            "theirScore theirName",
            REFUSED,
            DOWN,
            json!({"theirScore": null, "theirName": "friend"}),
            "FORBIDDEN:theirScore",
            "GONE:theirName",
        ),
    ];
    for (fields, scores, names, member, errors, stands_in) in cases {
        let outcome = run(&format!("{{ user {{ {fields} }} }}"), scores, names).await;
        let shown = format!("{fields}, {scores}, {names}: {}", outcome.text);
        assert_eq!(outcome.response["data"]["user"], member, "{shown}");
        let expected = |places: &str| -> Vec<(String, Json)> {
            let place = |place: &str| {
                let (code, field) = place.split_once(':').expect("a code and a field");
                let path = if field.is_empty() { json!(["user"]) } else { json!(["user", field]) };
                (code.to_owned(), path)
            };
            places.split_whitespace().map(place).collect()
        };
        assert_eq!(outcome.errors(), expected(errors), "{shown}");
        assert_eq!(degraded(&outcome), expected(stands_in), "{shown}");
    }
}

#[tokio::test]
async fn a_null_that_nothing_else_hangs_on_causes_nothing_above_it() {
    let view = r#"
        type Query { user: Member }
        type Member @from(type: "User") { best: [Best!] @fallback(value: []) }
        type Best { points: Int! secret: Int }"#;
    let users = r#"{"data":{"user":{"id":"1"}}}"#;
    let scores = SCORES.replace("best: Best", "best: [Best!]");
    let gateway = Gateway::new(&[("users", USERS), ("scores", &scores)]).with_view(view);
    // Why the points are not there, and why the secret is not; what is left of the list.
    let cases = [("GONE", "FORBIDDEN", json!([])), ("FORBIDDEN", "GONE", Json::Null), ("GONE", "GONE", json!([]))];
    for (points, secret, expected) in cases {
        let error = |field: &str, code: &str| {
            let path = json!(["_entities", 0, "best", 0, field]);
            json!({"message": "no", "path": path, "extensions": {"code": code}})
        };
        let answer = json!({
            "data": {"_entities": [{"best": [{"secret": null, "points": null}]}]},
            "errors": [error("secret", secret), error("points", points)],
        });
        let operation = "{ user { best { secret points } } }";
        let outcome = gateway.run(operation, &[("users", "", users), ("scores", "", &answer.to_string())]).await;
        assert_eq!(outcome.response["data"]["user"]["best"], expected, "{}", outcome.text);
        let code = degraded(&outcome).first().map(|(code, _)| code.clone());
        assert_eq!(code.as_deref(), (!expected.is_null()).then_some("GONE"), "{}", outcome.text);
    }
}

#[tokio::test]
async fn an_object_whose_type_nobody_has_told_is_not_left_out() {
    let media = r#"interface Media @key(fields: "id") { id: ID! }
        type Book implements Media @key(fields: "id") { id: ID! } type Film implements Media @key(fields: "id") { id: ID! }"#;
    let best = r#"type Query { all: [Media] } type Media @key(fields: "id") @interfaceObject { id: ID! stars: Int }"#;
    let view = r#"
        type Query { all: [Found] @dropUnknown }
        union Found @from(type: "Media") = Book
        type Book { id: ID! stars: Int }"#;
    let gateway = Gateway::new(&[("best", best), ("media", media)]).with_view(view);
    let all = r#"{"data":{"all":[{"id":"1","stars":5},{"id":"2","stars":3}]}}"#;
    let told = r#"{"data":{"_entities":[{"__typename":"Film"},{"__typename":"Book"}]}}"#;
    // What tells the types, what is left, and the errors' places.
    let cases =
        [(told, json!([{"stars": 3}]), json!([])), (DOWN, json!([null, null]), json!([["all", 0], ["all", 1]]))];
    for (media, expected, errors) in cases {
        let operation = "{ all { ... on Book { stars } } }";
        let outcome = gateway.run(operation, &[("best", "", all), ("media", "", media)]).await;
        assert_eq!(outcome.response["data"]["all"], expected, "{}", outcome.text);
        let paths: Json = outcome.errors().into_iter().map(|(_, path)| path).collect();
        assert_eq!(paths, errors, "{}", outcome.text);
    }
}
