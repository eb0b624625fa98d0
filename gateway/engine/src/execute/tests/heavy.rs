//! The benchmark's large query over scripted subgraphs that take equally long: how many calls it takes, and in how many
//! steps.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use apollo_compiler::ast::{Definition, Document, Selection};
use serde_json::{Map, Value as Json, json};
use tokio::time::Instant;

use crate::connector::{FakeAnswer, FakeCall};
use crate::testing::Gateway;

const HEAVY: &str = include_str!("../../../../federation/tests/plans/store/heavy.graphql");
const SUBGRAPHS: [(&str, &str); 4] = [
    ("accounts", include_str!("../../../../federation/tests/bench/accounts.graphql")),
    ("inventory", include_str!("../../../../federation/tests/bench/inventory.graphql")),
    ("products", include_str!("../../../../federation/tests/bench/products.graphql")),
    ("reviews", include_str!("../../../../federation/tests/bench/reviews.graphql")),
];
const STEP: Duration = Duration::from_millis(10);

/// The store's data, told by a field's type and the object's number: users have two reviews, and so have products.
fn field(ty: &str, id: u32, name: &str) -> Field {
    let objects = |ty, ids: &[u32]| Field::Objects(ty, ids.to_vec());
    match (ty, name) {
        ("Query", "users") => objects("User", &[1, 2, 3, 4, 5, 6]),
        ("Query", "topProducts") => objects("Product", &[1, 2, 3, 4, 5]),
        ("User", "reviews") => objects("Review", &[id, id + 6]),
        ("Product", "reviews") => objects("Review", &[id, id + 5]),
        ("Review", "product") => Field::Object("Product", id % 5 + 1),
        ("Review", "author") => Field::Object("User", id % 6 + 1),
        (_, "__typename") => Field::Leaf(json!(ty)),
        (_, "id" | "upc") => Field::Leaf(json!(id.to_string())),
        (_, "price" | "weight" | "shippingEstimate") => Field::Leaf(json!(id * 10)),
        (_, "inStock") => Field::Leaf(json!(id.is_multiple_of(2))),
        (_, "name" | "username" | "body") => Field::Leaf(json!(format!("{name} of {ty} {id}"))),
        (_, other) => panic!("{ty} has no {other}"),
    }
}

enum Field {
    Leaf(Json),
    Object(&'static str, u32),
    Objects(&'static str, Vec<u32>),
}

/// Answers an operation: a client's, or one that a subgraph is sent.
struct Store<'a> {
    document: &'a Document,
    variables: &'a Json,
}

impl Store<'_> {
    fn answer(&self) -> Json {
        let operation = self.document.definitions.iter().find_map(|definition| match definition {
            Definition::OperationDefinition(operation) => Some(operation),
            _ => None,
        });
        self.object("Query", 0, &operation.expect("an operation").selection_set)
    }

    fn object(&self, ty: &str, id: u32, selections: &[Selection]) -> Json {
        let mut object = Map::new();
        self.collect(ty, id, selections, &mut object);
        object.into()
    }

    fn collect(&self, ty: &str, id: u32, selections: &[Selection], object: &mut Map<String, Json>) {
        for selection in selections {
            match selection {
                Selection::Field(asked) if asked.name == "_entities" => {
                    let list = asked.arguments[0].value.as_variable().expect("a variable");
                    let given = self.variables[list.as_str()].as_array().expect("a list").iter();
                    let entities: Vec<Json> = given.map(|given| self.entity(given, &asked.selection_set)).collect();
                    object.insert(asked.response_name().to_string(), entities.into());
                }
                Selection::Field(asked) => {
                    let value = match field(ty, id, &asked.name) {
                        Field::Leaf(leaf) => leaf,
                        Field::Object(ty, id) => self.object(ty, id, &asked.selection_set),
                        Field::Objects(ty, ids) => {
                            ids.into_iter().map(|id| self.object(ty, id, &asked.selection_set)).collect()
                        }
                    };
                    object.insert(asked.response_name().to_string(), value);
                }
                Selection::InlineFragment(fragment) => self.collect(ty, id, &fragment.selection_set, object),
                Selection::FragmentSpread(spread) => {
                    let fragment = self.document.definitions.iter().find_map(|definition| match definition {
                        Definition::FragmentDefinition(found) if found.name == spread.fragment_name => Some(found),
                        _ => None,
                    });
                    self.collect(ty, id, &fragment.expect("a fragment").selection_set, object);
                }
            }
        }
    }

    fn entity(&self, given: &Json, selections: &[Selection]) -> Json {
        let ty = given["__typename"].as_str().expect("a type");
        let id = given["id"].as_str().or(given["upc"].as_str()).expect("a key").parse().expect("a number");
        for (name, value) in given.as_object().expect("an object") {
            let Field::Leaf(leaf) = field(ty, id, name) else { panic!("{name} is no leaf") };
            assert_eq!(*value, leaf, "{ty} {id} has another {name}");
        }
        self.object(ty, id, selections)
    }
}

fn answer(text: &str, variables: &Json) -> Json {
    let document = Document::parse(text, "operation.graphql").expect("GraphQL");
    Store { document: &document, variables }.answer()
}

#[tokio::test(start_paused = true)]
async fn the_heavy_query_takes_seven_calls_in_four_steps() {
    let gateway = Gateway::composed(&SUBGRAPHS.map(|(name, sdl)| (name, sdl.to_owned())), &|_, _| None);
    let log = Arc::new(Mutex::new(vec![]));
    let (seen, begin) = (Arc::clone(&log), Instant::now());
    let subgraph = move |call: &FakeCall| {
        let body: Json = serde_json::from_str(&call.body).expect("JSON");
        let lists = body["variables"].as_object().into_iter().flatten();
        let lists: Vec<usize> = lists.map(|(_, list)| list.as_array().map_or(0, Vec::len)).collect();
        let step = begin.elapsed().as_millis() / STEP.as_millis();
        seen.lock().expect("no panic before").push((step, call.subgraph.clone(), lists));
        let data = answer(&call.operation, &body["variables"]);
        Some(FakeAnswer::ok(json!({"data": data}).to_string()).after(STEP))
    };
    let outcome = gateway.run_with(HEAVY, "{}", subgraph).await;
    assert_eq!(outcome.response, json!({"data": answer(HEAVY, &Json::Null)}));
    let mut calls = log.lock().expect("no panic before").clone();
    calls.sort();
    // Each step's calls, and how many entities are in each of their lists: whatever the place, an entity is asked once.
    let expected = [
        (0, "accounts", vec![]),
        (0, "products", vec![]),
        (1, "inventory", vec![5]),
        (1, "reviews", vec![6, 5]),
        (2, "accounts", vec![6]),
        (2, "products", vec![5]),
        (3, "inventory", vec![5]),
    ];
    assert_eq!(calls, expected.map(|(step, subgraph, lists)| (step, subgraph.to_owned(), lists)));
    assert_eq!(begin.elapsed(), STEP * 4);
}
