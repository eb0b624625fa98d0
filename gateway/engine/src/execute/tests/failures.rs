//! Tests of what backends do wrong: what it takes with it, and what is told.

use std::time::Duration;

use serde_json::{Value as Json, json};

use super::gateway;
use crate::connector::FakeAnswer;

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
