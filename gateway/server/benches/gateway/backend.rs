//! Owns the backend: one server that plays every subgraph. It works an answer out once and then knows it by the
//! request's body, so that the gateway is what the machine is busy with.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use apollo_compiler::ast::{Document, Selection, Value as Literal};
use axum::Router;
use axum::extract::{Path, State};
use axum::http::Uri;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;

use super::data::{self, Found, Object, field};

/// Calls are remembered up to this many: one request's are wanted, not the load's.
const REMEMBERED: usize = 100;

const JSON: [(&str, &str); 1] = [("content-type", "application/json")];

#[derive(Default)]
struct Memory {
    answers: HashMap<Bytes, Bytes>,
    /// Paths and bodies since it was last asked.
    calls: Vec<(String, String)>,
}

type Shared = Arc<Mutex<Memory>>;

/// Serves until the process is ended: a subgraph at every path, and what was called at `/calls`.
pub fn run() {
    let router = Router::new()
        .route("/calls", get(calls))
        .route("/{subgraph}", post(ask))
        .route("/rest/{*path}", get(rest))
        .with_state(Shared::default());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        eprintln!("serving http://{}", listener.local_addr().expect("an address"));
        axum::serve(listener, router).await.expect("the server does not end");
    });
}

fn lock(memory: &Shared) -> MutexGuard<'_, Memory> {
    memory.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn calls(State(memory): State<Shared>) -> impl IntoResponse {
    (JSON, json!(std::mem::take(&mut lock(&memory).calls)).to_string())
}

async fn ask(State(memory): State<Shared>, Path(subgraph): Path<String>, body: Bytes) -> impl IntoResponse {
    let mut memory = lock(&memory);
    if memory.calls.len() < REMEMBERED {
        let call = (format!("/{subgraph}"), String::from_utf8_lossy(&body).into_owned());
        memory.calls.push(call);
    }
    let answer = memory.answers.entry(body).or_insert_with_key(|body| answer(body).into());
    (JSON, answer.clone())
}

async fn rest(State(memory): State<Shared>, uri: Uri) -> impl IntoResponse {
    let mut memory = lock(&memory);
    let target = uri.path_and_query().map_or("", |it| it.as_str()).to_owned();
    if memory.calls.len() < REMEMBERED {
        memory.calls.push((target.clone(), String::new()));
    }
    // No GraphQL request is empty or begins with a slash.
    let answer = memory.answers.entry(target.into()).or_insert_with_key(|target| {
        let target = String::from_utf8_lossy(target);
        let number = |text: &str| text.parse().unwrap_or_else(|_| panic!("{target} has no numbers as ids"));
        let path = target.trim_start_matches("/rest/");
        let found = match path.split_once(['?', '/']) {
            Some(("users", one)) if !one.contains('=') => data::rest("user", &[number(one)]),
            Some((path, query)) => {
                let ids: Vec<usize> =
                    query.split('&').filter_map(|pair| pair.strip_prefix("id=")).map(number).collect();
                data::rest(path, &ids)
            }
            None => data::rest(path, &[]),
        };
        found.to_string().into()
    });
    (JSON, answer.clone())
}

#[derive(Deserialize)]
struct Request {
    query: String,
    #[serde(default)]
    variables: Map<String, Value>,
}

/// Executes an operation on the data. What no gateway should send is a panic, which the gateway sees as a failed call.
fn answer(body: &[u8]) -> String {
    let Request { query, variables } = serde_json::from_slice(body).expect("a GraphQL request");
    let document = Document::parse(query, "query.graphql").expect("a GraphQL document");
    let operation = document.definitions.iter().find_map(|definition| definition.as_operation_definition());
    let mut data = Map::new();
    select(Object::Query, &operation.expect("an operation").selection_set, &variables, &mut data);
    json!({ "data": data }).to_string()
}

fn select(object: Object, selections: &[Selection], variables: &Map<String, Value>, into: &mut Map<String, Value>) {
    for selection in selections {
        match selection {
            Selection::Field(asked) => {
                let argument = asked.arguments.first().map(|argument| value(&argument.value, variables));
                let below = |object: Object| {
                    let mut below = Map::new();
                    select(object, &asked.selection_set, variables, &mut below);
                    Value::Object(below)
                };
                let found = match field(object, &asked.name, argument.unwrap_or_default()) {
                    Found::Leaf(leaf) => leaf,
                    Found::One(object) => below(object),
                    Found::Many(objects) => objects.into_iter().map(below).collect(),
                };
                into.insert(asked.response_name().to_string(), found);
            }
            Selection::InlineFragment(fragment) => {
                if fragment.type_condition.as_ref().is_none_or(|ty| ty == object.type_name()) {
                    select(object, &fragment.selection_set, variables, into);
                }
            }
            Selection::FragmentSpread(spread) => panic!("the fragment {} is not inline", spread.fragment_name),
        }
    }
}

fn value(literal: &Literal, variables: &Map<String, Value>) -> Value {
    match literal {
        Literal::Variable(name) => variables.get(name.as_str()).cloned().unwrap_or_default(),
        Literal::Int(number) => number.try_to_i32().map_or(Value::Null, Value::from),
        other => panic!("the argument {other} is not of these schemas"),
    }
}
