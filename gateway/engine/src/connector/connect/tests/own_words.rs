//! What is read from an answer as it came is what evaluating the mapping over it gives: for random mappings, queries and
//! answers.

use std::sync::{Arc, Mutex};

use http::HeaderMap;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value as Json, json};
use tokio::runtime::Runtime;

use super::{LINK, config};
use crate::connector::Connectors;
use crate::policy::Guards;
use crate::testing::{Gateway, Reply, Server};

/// Nothing says what a success is, so that answers are read as they came; and something does, so that all is evaluated.
const WAYS: [&str; 2] = ["", r#"isSuccess: "$($status->eq(200))","#];

const SDL: &str = r#"
type Query {
  things: [Thing] @connect(source: "api", http: { GET: "/things" }, IS_SUCCESS selection: """THINGS""")
  thing: Thing @connect(source: "api", http: { GET: "/thing" }, IS_SUCCESS selection: """THINGS""")
  keyed: [Keyed] @connect(source: "api", http: { GET: "/keyed" }, selection: "$ { k l }")
}
type Keyed @key(fields: "k l") @connect(source: "api", batch: { maxSize: 3 }, IS_SUCCESS
    http: { POST: "/batch", body: "ids: $batch { k l }" }, selection: """BATCH""") { k: ID l: Int thing: Thing s: String }
type Thing { n: Int s: String i: ID f: Float b: Boolean j: JSON e: Color l: [String] ll: [[Int]] o: Part os: [Part] }
type Part { i: ID s: String p: Deep ps: [Deep!] }
type Deep { n: Int s: String }
enum Color { RED BLUE }
scalar JSON
"#;

const LEAVES: [&str; 9] = ["n", "s", "i", "f", "b", "j", "e", "l", "ll"];

fn path() -> impl Strategy<Value = String> {
    let keys = prop::collection::vec(select(vec!["a", "b", "c"]), 1..3);
    keys.prop_map(|keys| keys.join("."))
}

/// Members for these leaves, each from a path of its own.
fn leaves(names: &'static [&'static str]) -> impl Strategy<Value = String> {
    let paths = prop::collection::vec(path(), names.len());
    paths.prop_map(|paths| names.iter().zip(paths).map(|(name, path)| format!("{name}: {path} ")).collect())
}

/// A member that has these members: of what is elsewhere, or of the same object's values.
fn objects(
    name: &'static str,
    members: impl Strategy<Value = String>,
    may_be_made: bool,
) -> impl Strategy<Value = String> {
    let path = if may_be_made { prop_oneof![path(), Just(String::new())].boxed() } else { path().boxed() };
    (path, members).prop_map(move |(path, members)| format!("{name}: {path} {{ {members} }} "))
}

fn part() -> impl Strategy<Value = String> {
    let deep = || leaves(&["n", "s"]);
    let parts = (leaves(&["i", "s"]), objects("p", deep(), true), objects("ps", deep(), false));
    parts.prop_map(|(leaves, one, many)| leaves + &one + &many)
}

fn thing() -> impl Strategy<Value = String> {
    let parts = (leaves(&LEAVES), objects("o", part(), true), objects("os", part(), false));
    parts.prop_map(|(leaves, one, many)| leaves + &one + &many)
}

/// The mapping of things, and that of entities.
fn mappings() -> impl Strategy<Value = [String; 2]> {
    let key = select(vec!["k l", "k: m l: n", "k: n l"]);
    let list = || prop_oneof![2 => Just(String::new()), 1 => path().prop_map(|path| format!("$.{path}"))];
    let wrapped =
        |list: String, members: String| if list.is_empty() { members } else { format!("{list} {{ {members} }}") };
    (list(), thing(), list(), key, objects("thing", thing(), true), path()).prop_map(
        move |(first, things, second, key, thing, s)| {
            [wrapped(first, things), wrapped(second, format!("{key} s: {s} {thing}"))]
        },
    )
}

/// Some of the fields, some of them twice.
fn query() -> impl Strategy<Value = String> {
    const DEEP: &str = "p { s n } ps { n s }";
    let fields = ["n", "s", "again: n i", "f b", "j", "e", "l", "ll", "o { i s }", "os { s i }", "o { p { n } }"];
    prop::collection::vec(any::<Index>(), 1..6).prop_map(move |chosen| {
        let chosen: String = chosen.iter().map(|at| format!("{} ", at.get(&fields))).collect();
        let thing = format!("{chosen} os {{ {DEEP} }} other: o {{ i {DEEP} }}");
        format!("{{ things {{ {thing} }} thing {{ {thing} }} keyed {{ k s thing {{ {thing} }} }} }}")
    })
}

/// An answer: with blanks, keys that are escaped, that come twice and that come again and again.
fn answer() -> impl Strategy<Value = String> {
    let leaf = select(vec![
        "null",
        "true",
        "0",
        "7",
        "7.0",
        "-2.5e3",
        "99999999999",
        r#""t""#,
        r#""7""#,
        r#""\u00e9\n é""#,
        r#""RED""#,
        r#""\u0052ED""#,
        r#""\ud83d\ude00""#,
        "[]",
        "{}",
        "[ 1 ]",
    ]);
    let leaf = leaf.prop_map(str::to_owned);
    leaf.prop_recursive(6, 64, 6, |inner| {
        let name = select(vec!["a", "a", "a", "b", "b", "c", "d", r"\u0061", "e f", "k", "l"]);
        let gap = select(vec!["", "", " ", "\n  "]);
        let field = (name, gap, inner.clone()).prop_map(|(name, gap, value)| format!("{gap}\"{name}\":{gap}{value}"));
        let object = prop::collection::vec(field, 0..6).prop_map(|fields| format!("{{{}}}", fields.join(",")));
        let object = object.boxed();
        prop_oneof![
            1 => prop::collection::vec(inner, 0..4).prop_map(|items| format!("[{}]", items.join(", "))),
            2 => prop::collection::vec(object.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(","))),
            1 => object.clone().prop_map(|item| format!("[{item},{item},{item}]")),
            3 => object,
        ]
    })
}

/// An answer to a batch: entities in any order, with keys as numbers and texts, missing, null and twice.
fn batch() -> impl Strategy<Value = String> {
    let key = || {
        let odd = select(vec!["null", "{}", "true", r#""\u00e9""#]);
        prop_oneof![6 => select(vec!["1", "2", r#""1""#, r#""2""#, r#""\u0031""#]), 1 => odd]
    };
    let names = ["k", "l", "m", "n"].map(|name| {
        let member = key().prop_map(move |key| format!("\"{name}\":{key}"));
        prop_oneof![9 => member, 1 => Just(format!(r#""{name}":1,"\u{:04x}" : 2"#, name.as_bytes()[0])), 1 => Just(String::new())]
    });
    let more = prop::collection::vec((select(vec!["a", "b", "c"]), answer()), 0..3);
    let item = (names, more).prop_map(|(keys, more)| {
        let more = more.into_iter().map(|(name, value)| format!("\"{name}\": {value}"));
        let members = more.chain(keys).filter(|member| !member.is_empty());
        format!("{{{}}}", members.collect::<Vec<_>>().join(","))
    });
    let list = prop::collection::vec(item, 0..8).prop_map(|items| format!("[{}]", items.join(","))).boxed();
    prop_oneof![
        6 => list.clone(),
        2 => (select(vec!["a", "b", "c"]), list).prop_map(|(name, list)| format!("{{\"{name}\":{list}}}")),
        1 => answer(),
    ]
}

const KEYED: &str = r#"[{"k":1,"l":1},{"k":"2","l":2},{"k":"1","l":1},{"k":"é","l":2},{"k":null,"l":1},{"k":"true","l":1},{"k":1,"l":2}]"#;

#[test]
fn reading_as_it_came_is_evaluating() {
    let runtime = Runtime::new().expect("a runtime");
    // No files of seeds beside the source: what a run finds becomes a case in a table.
    let config = Config { failure_persistence: None, cases: 10, ..Config::default() };
    let bodies = prop::collection::vec([answer().boxed(), batch().boxed()], 8..24);
    TestRunner::new(config)
        .run(&(mappings(), query(), bodies), |(mappings, query, bodies)| {
            let [read, evaluated] = WAYS.map(|way| runtime.block_on(ask(way, &mappings, &query, &bodies)));
            for ((read, evaluated), bodies) in read.iter().zip(&evaluated).zip(&bodies) {
                prop_assert_eq!(read, evaluated, "{} by {:?} of {:?}", query, mappings, bodies);
            }
            Ok(())
        })
        .expect("no way differs");
}

/// What clients get of answers for things and for a batch.
async fn ask(is_success: &str, [things, batch]: &[String; 2], query: &str, bodies: &[[String; 2]]) -> Vec<Json> {
    let now = Arc::new(Mutex::new([String::new(), String::new()]));
    let said = Arc::clone(&now);
    let server = Server::start(move |request| {
        let [things, batch] = said.lock().expect("no panic before").clone();
        Reply::json(match request.split(['/', ' ']).nth(3) {
            Some("batch") => &batch,
            Some("keyed") => KEYED,
            _ => &things,
        })
    })
    .await;
    let sdl = SDL.replace("IS_SUCCESS", is_success).replace("THINGS", things).replace("BATCH", batch);
    let gateway = Gateway::composed(&[("shop", format!("{LINK}{sdl}"))], &|_, _| None);
    let connectors =
        Connectors::new(&gateway.supergraph, &config(&server.url), &Guards::default()).expect("a good configuration");
    let mut answers = vec![];
    for both in bodies {
        now.lock().expect("no panic before").clone_from(both);
        let text = gateway.run_on(&connectors, &HeaderMap::new(), query, "{}").await;
        let mut answer: Json = serde_json::from_str(&text).expect("JSON");
        // Errors may come in another order, as calls do, and JSON that is none is described by who reads it.
        let mut errors: Vec<String> = answer["errors"].as_array().into_iter().flatten().map(Json::to_string).collect();
        errors.sort();
        answer["errors"] = json!(errors);
        answers.push(answer);
    }
    answers
}
