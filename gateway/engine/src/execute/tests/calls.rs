//! Tests of calls that carry several fetches.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value as Json, json};
use tokio::time::Instant;

use crate::connector::{FakeAnswer, FakeCall};
use crate::testing::{Gateway, Outcome};

/// `a`, `b` and `d` give things, of which `c` knows more, and `e` more still.
const GIVERS: [(&str, &str); 3] = [
    ("a", r#"type Query { a: [T] } type T @key(fields: "id") { id: ID! own: Int }"#),
    ("b", r#"type Query { b: [T] } type T @key(fields: "id") { id: ID! }"#),
    ("d", r#"type Query { d: [T] } type T @key(fields: "id") { id: ID! }"#),
];
const C: &str = r#"
type T @key(fields: "id") { id: ID! name: String size(unit: String, of: Int): Int part: Part parts: [Part!] tags: [String] }
type Part { code: String deep: Part }
type Query { unused: Int }
"#;
const E: &str = r#"type T @key(fields: "id") { id: ID! name: String @external label: String @requires(fields: "name") }
type Query { unused_too: Int }"#;

fn gateway() -> Gateway {
    Gateway::new(&[GIVERS[0], GIVERS[1], ("c", C), GIVERS[2], ("e", E)])
}

/// What a giver answers: things with these ids.
fn things(call: &FakeCall, ids: &[u32]) -> FakeAnswer {
    let things: Vec<Json> = ids.iter().map(|id| json!({"id": id.to_string()})).collect();
    FakeAnswer::ok(json!({"data": {call.subgraph.as_str(): things}}).to_string())
}

/// The calls of a subgraph: the text, and the variables.
fn calls(outcome: &Outcome, subgraph: &str) -> Vec<(String, Json)> {
    let calls = outcome.calls.iter().filter(|call| call.subgraph == subgraph);
    let variables = |call: &FakeCall| serde_json::from_str::<Json>(&call.body).expect("JSON")["variables"].take();
    calls.map(|call| (call.operation.clone(), variables(call))).collect()
}

fn of(ids: &[u32]) -> Json {
    ids.iter().map(|id| json!({"__typename": "T", "id": id.to_string()})).collect()
}

/// Runs an operation where `a` gives the things 1 and 2, `b` 2 and 3, and `c` says what it says.
async fn run(operation: &str, variables: &str, c: &str) -> Outcome {
    let c = c.to_owned();
    let answer = move |call: &FakeCall| {
        Some(match &call.subgraph[..] {
            "a" => things(call, &[1, 2]),
            "b" => things(call, &[2, 3]),
            _ => FakeAnswer::ok(c.clone()),
        })
    };
    gateway().run_with(operation, variables, answer).await
}

#[tokio::test]
async fn fetches_that_ask_the_same_share_a_list() {
    let c = r#"{"data":{"_entities":[{"name":"1"},{"name":"2"},{"name":"3"}]}}"#;
    let outcome = run("{ a { name } b { name } }", "{}", c).await;
    let expected = json!({"a": [{"name":"1"},{"name":"2"}], "b": [{"name":"2"},{"name":"3"}]});
    assert_eq!(outcome.response, json!({"data": expected}), "{}", outcome.text);
    let text = "query($representations:[_Any!]!){_entities(representations:$representations){...on T{name}}}";
    // Whichever answered first is written in the order of the plan.
    assert_eq!(calls(&outcome, "c"), [(text.to_owned(), json!({"representations": of(&[1, 2, 3])}))]);
}

#[tokio::test]
async fn objects_of_a_shared_list_are_each_positions_own() {
    let part = |code: &str| json!({"part": {"code": code, "deep": null}, "parts": [{"code": code}]});
    let c = json!({"data": {"_entities": [part("1"), part("2"), part("3")]}}).to_string();
    let outcome = run(
        "{ a { part { code deep { code } } parts { code } } b { part { code deep { code } } parts { code } } }",
        "{}",
        &c,
    )
    .await;
    let expected = json!({"a": [part("1"), part("2")], "b": [part("2"), part("3")]});
    assert_eq!(outcome.response, json!({"data": expected}), "{}", outcome.text);
    assert_eq!(calls(&outcome, "c").len(), 1);
}

#[tokio::test]
async fn fetches_that_ask_other_things_have_lists_of_their_own() {
    let c = r#"{"data":{"e1":[{"size":2},{"size":3}],"other":[],"e0":[{"name":"1"},{"name":"2"}]}}"#;
    let operation = "query($e0: String, $e0_: Int) { a { name } b { size(unit: $e0, of: $e0_) } }";
    let outcome = run(operation, r#"{"e0":"kg","e0_":5}"#, c).await;
    let expected = json!({"a": [{"name":"1"},{"name":"2"}], "b": [{"size":2},{"size":3}]});
    assert_eq!(outcome.response, json!({"data": expected}), "{}", outcome.text);
    let text = "query($e0:[_Any!]!,$e1:[_Any!]!,$e0__:String,$e0_:Int){e0:_entities(representations:$e0){...on T{name}} \
                e1:_entities(representations:$e1){...on T{size(of:$e0_,unit:$e0__)}}}";
    let variables = json!({"e0": of(&[1, 2]), "e1": of(&[2, 3]), "e0__": "kg", "e0_": 5});
    assert_eq!(calls(&outcome, "c"), [(text.to_owned(), variables)]);
}

/// What goes wrong with `{ a { name } b { size } }` in `c`.
#[tokio::test]
async fn what_is_wrong_with_a_list_shows_at_its_objects() {
    let (a, b) = (json!([{"name":"1"},{"name":"2"}]), json!([{"size":2},{"size":3}]));
    let (no_a, no_b) = (json!([{"name":null},{"name":null}]), json!([{"size":null},{"size":null}]));
    let all = json!([["a", 0], ["a", 1], ["b", 0], ["b", 1]]);
    let malformed = "SUBREQUEST_MALFORMED_RESPONSE";
    let cases = [
        (
            "an error in the first",
            json!({"data": {"e0": [{"name":null},{"name":"2"}], "e1": b},
            "errors": [{"message":"x","path":["e0",0,"name"]}]}),
            [json!([{"name":null},{"name":"2"}]), b.clone()],
            "SUBREQUEST_FAILED",
            json!([["a", 0, "name"]]),
        ),
        (
            "an error in the second",
            json!({"data": {"e0": a, "e1": [{"size":2}, null]},
            "errors": [{"message":"x","path":["e1",1]}]}),
            [a.clone(), json!([{"size":2},{"size":null}])],
            "SUBREQUEST_FAILED",
            json!([["b", 1]]),
        ),
        (
            "a list lost with an error",
            json!({"data": {"e0": a, "e1": null}, "errors": [{"message":"x","path":["e1"]}]}),
            [a.clone(), no_b.clone()],
            "SUBREQUEST_FAILED",
            json!([["b", 0], ["b", 1]]),
        ),
        (
            "a list lost without a word",
            json!({"data": {"e0": a}}),
            [no_a.clone(), no_b.clone()],
            malformed,
            all.clone(),
        ),
        (
            "a short list",
            json!({"data": {"e0": a, "e1": [{"size":2}]}}),
            [no_a.clone(), no_b.clone()],
            malformed,
            all.clone(),
        ),
        (
            "a long list",
            json!({"data": {"e0": [{"name":"1"},{"name":"2"},null], "e1": b}}),
            [no_a.clone(), no_b.clone()],
            malformed,
            all.clone(),
        ),
        ("no list", json!({"data": {"e0": a, "e1": {"size":2}}}), [no_a.clone(), no_b.clone()], malformed, all.clone()),
        ("another key", json!({"data": {"_entities": a}}), [no_a.clone(), no_b.clone()], malformed, all.clone()),
        (
            "a failed call",
            json!({"errors": [{"message":"x"}], "data": null}),
            [no_a.clone(), no_b.clone()],
            "SUBREQUEST_FAILED",
            all.clone(),
        ),
        (
            "no such place",
            json!({"data": {"e0": a, "e1": b}, "errors": [{"message":"x","path":["e2",0,"size"]}]}),
            [a.clone(), b.clone()],
            "SUBREQUEST_FAILED",
            json!([null]),
        ),
    ];
    for (name, answer, [a, b], code, paths) in cases {
        let outcome = run("{ a { name } b { size } }", "{}", &answer.to_string()).await;
        assert_eq!(outcome.response["data"], json!({"a": a, "b": b}), "{name}: {}", outcome.text);
        let found: Vec<Json> = outcome.errors().iter().map(|(_, path)| path.clone()).collect();
        assert_eq!(Json::from(found), paths, "{name}: {}", outcome.text);
        assert!(outcome.errors().iter().all(|(found, _)| found == code), "{name}: {}", outcome.text);
        assert_eq!(calls(&outcome, "c").len(), 1, "{name}");
    }
}

#[tokio::test]
async fn an_error_below_a_shared_entity_shows_in_each_of_its_places() {
    let part = json!({"part": {"code": "x", "deep": null}});
    let c = json!({"data": {"_entities": [part, part, part]},
        "errors": [{"message": "x", "path": ["_entities", 1, "part", "deep", "code"]}]});
    let outcome = run("{ a { part { deep { code } } } b { part { deep { code } } } }", "{}", &c.to_string()).await;
    let paths: Vec<Json> = outcome.errors().into_iter().map(|(_, path)| path).collect();
    assert_eq!(
        paths,
        [json!(["a", 1, "part", "deep", "code"]), json!(["b", 0, "part", "deep", "code"])],
        "{}",
        outcome.text
    );
}

#[tokio::test]
async fn an_error_in_what_places_share_shows_once_in_each() {
    let c = r#"{"data":{"_entities":[{"part":{"code":null},"tags":["x",null]}]},"errors":[
        {"message":"x","path":["_entities",0,"part","code"]},{"message":"y","path":["_entities",0,"tags",1]}]}"#;
    let answer = move |call: &FakeCall| {
        Some(match &call.subgraph[..] {
            "a" => things(call, &[1, 1]),
            "b" => things(call, &[1]),
            _ => FakeAnswer::ok(c),
        })
    };
    for (operation, expected) in [
        ("{ a { part { code } tags } }", 4),
        ("{ a { tags } b { tags } }", 3),
        ("{ a { part { code } tags } b { part { code } tags } }", 6),
    ] {
        let outcome = gateway().run_with(operation, "{}", answer).await;
        let mut paths: Vec<String> = outcome.errors().into_iter().map(|(_, path)| path.to_string()).collect();
        let unlocated = paths.iter().filter(|path| *path == "null").count();
        paths.retain(|path| path != "null");
        paths.sort();
        let count = paths.len();
        paths.dedup();
        assert_eq!((paths.len(), count), (expected, expected), "{operation}: {}", outcome.text);
        assert_eq!(unlocated, usize::from(!operation.contains("part")), "{operation}: {}", outcome.text);
    }
}

#[tokio::test]
async fn fetches_with_nothing_to_ask_do_not_keep_others() {
    let answer = |call: &FakeCall| {
        Some(match &call.subgraph[..] {
            "a" => things(call, &[]),
            "b" => things(call, &[2]),
            _ => FakeAnswer::ok(r#"{"data":{"e0":[],"e1":[{"size":2}]}}"#),
        })
    };
    let outcome = gateway().run_with("{ a { name } b { size } }", "{}", answer).await;
    assert_eq!(outcome.response, json!({"data": {"a": [], "b": [{"size":2}]}}), "{}", outcome.text);
    assert_eq!(calls(&outcome, "c")[0].1, json!({"e0": [], "e1": of(&[2])}));
}

/// When each call came, in milliseconds, with its variables; and how long all took.
type Timeline = (Vec<(u128, String, Json)>, u128);

/// Runs an operation where each giver has a thing and takes its time: in milliseconds, `None` to be as dead as can be. All
/// other subgraphs take 10.
async fn timeline(operation: &str, delays: &[(&str, Option<u64>)]) -> (Outcome, Timeline) {
    let log = Arc::new(Mutex::new(vec![]));
    let (seen, begin) = (Arc::clone(&log), Instant::now());
    let delays: Vec<(String, Option<u64>)> = delays.iter().map(|(name, delay)| ((*name).to_owned(), *delay)).collect();
    let answer = move |call: &FakeCall| {
        let body: Json = serde_json::from_str(&call.body).expect("JSON");
        let entry = (begin.elapsed().as_millis(), call.subgraph.clone(), body["variables"].clone());
        seen.lock().expect("no panic before").push(entry);
        let delay = delays.iter().find(|(name, _)| *name == call.subgraph).map_or(Some(10), |(_, delay)| *delay);
        let count = |list: &Json| list.as_array().map_or(0, Vec::len);
        let lists = body["variables"].as_object().into_iter().flatten().map(|(name, list)| {
            let key = if name == "representations" { "_entities" } else { name };
            (key.to_owned(), vec![json!({"name": "n", "size": 1, "label": "l"}); count(list)].into())
        });
        let entities = FakeAnswer::ok(json!({"data": lists.collect::<serde_json::Map<_, _>>()}).to_string());
        let answer = if matches!(&call.subgraph[..], "a" | "b" | "d") { things(call, &[1]) } else { entities };
        Some(answer.after(delay.map_or(Duration::from_secs(3600), Duration::from_millis)))
    };
    let outcome = gateway().run_with(operation, "{}", answer).await;
    let timeline = log.lock().expect("no panic before").clone();
    (outcome, (timeline, begin.elapsed().as_millis()))
}

#[tokio::test(start_paused = true)]
async fn a_call_waits_for_what_comes_about_as_fast() {
    let both = json!({"e0": of(&[1]), "e1": of(&[1])});
    for (a, b, calls, end) in [
        (10, 10, vec![(10, both.clone())], 20),
        (10, 19, vec![(19, both.clone())], 29),
        (19, 10, vec![(19, both.clone())], 29),
        // Too late: what is there goes, and the other follows with the same text.
        (10, 100, vec![(20, json!({"e0": of(&[1]), "e1": []})), (100, json!({"e0": [], "e1": of(&[1])}))], 110),
        // The other comes while the first request is out.
        (10, 25, vec![(20, json!({"e0": of(&[1]), "e1": []})), (25, json!({"e0": [], "e1": of(&[1])}))], 35),
        // Even at once there is a millisecond.
        (0, 1, vec![(1, both.clone())], 11),
        (0, 5, vec![(1, json!({"e0": of(&[1]), "e1": []})), (5, json!({"e0": [], "e1": of(&[1])}))], 15),
    ] {
        let (outcome, (timeline, took)) =
            timeline("{ a { name } b { size } }", &[("a", Some(a)), ("b", Some(b))]).await;
        assert_eq!(outcome.response, json!({"data": {"a": [{"name":"n"}], "b": [{"size":1}]}}), "{a} and {b}");
        let found: Vec<(u128, Json)> =
            timeline.into_iter().filter(|(_, to, _)| to == "c").map(|(at, _, sent)| (at, sent)).collect();
        assert_eq!(found, calls, "{a} and {b}");
        assert_eq!(took, end, "{a} and {b}");
        let texts: Vec<&String> = outcome.calls.iter().filter(|c| c.subgraph == "c").map(|c| &c.operation).collect();
        assert!(texts.windows(2).all(|pair| pair[0] == pair[1]), "{texts:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_dead_backend_leaves_what_does_not_need_it() {
    for dead in [None, Some(29_995)] {
        let (outcome, (timeline, took)) =
            timeline("{ a { name } b { name label } d { size } }", &[("a", dead), ("b", Some(10)), ("d", Some(12))])
                .await;
        let (thing, sized) = (json!([{"name":"n","label":"l"}]), json!([{"size":1}]));
        assert_eq!(outcome.response["data"]["b"], thing, "{}", outcome.text);
        assert_eq!(outcome.response["data"]["d"], sized, "{}", outcome.text);
        assert_eq!(took, 30_000, "until the deadline, for the field that it has");
        let sent: Vec<(u128, &str)> =
            timeline.iter().map(|(at, to, _)| (*at, to.as_str())).filter(|(_, to)| "ce".contains(to)).collect();
        // What `b` and `d` gave goes at twice the time of the first of them, and what needs that goes on.
        assert_eq!(sent[..2], [(20, "c"), (30, "e")], "{sent:?}");
        assert_eq!(outcome.response["data"]["a"], if dead.is_some() { json!([{"name":null}]) } else { json!(null) });
    }
}

#[tokio::test(start_paused = true)]
async fn a_backend_as_slow_as_the_deadline_leaves_time_for_the_others() {
    // The operation has 30 s. What came after 20 s does not wait until 40.
    let (outcome, (timeline, _)) = timeline("{ a { name } b { size } }", &[("a", None), ("b", Some(20_000))]).await;
    assert_eq!(outcome.response["data"]["b"], json!([{"size":1}]), "{}", outcome.text);
    assert_eq!(timeline.last().map(|(at, to, _)| (*at, to.as_str())), Some((25_000, "c")));
}
