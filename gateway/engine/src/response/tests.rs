//! Tests of the way from a backend's JSON through the arena to the client's JSON.

use std::sync::LazyLock;

use bytes::Bytes;
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use weft_federation::plan::{FetchContent, FetchSelection, QueryPlan};
use weft_federation::schema::{Id, Merged, Model, Supergraph, Wrapping};

use super::project::project_up_to;
use super::*;
use crate::execute::ErrorOrigin;
use crate::testing::{PlanBuilder, supergraph};

const SDL: &str = r#"
type Query { me: User  users: [User!]  pets: [Pet]  grid: [[Int!]]  must: User! }
type User { id: ID! name: String age: Int! rating: Float active: Boolean color: Color extra: Any best: User friends: [User!]! }
enum Color { RED BLUE }
scalar Any
interface Pet { name: String! }
type Cat implements Pet { name: String! lives: Int }
type Dog implements Pet { name: String! barks: Boolean! }
type Ghost { name: String }
"#;

fn read(plan: &QueryPlan, model: &Model, parts: &[&str]) -> Result<ResponseArena, JsonError> {
    let root = model.query.expect("a query type");
    let mut arena = ResponseArena::new(&plan.shape, root);
    let origin = ErrorOrigin { service: "a".into(), connector: None };
    for (fetch, json) in plan.fetches.iter().zip(parts) {
        let bytes = Bytes::copy_from_slice(json.as_bytes());
        let part = arena.add_part(bytes.clone());
        let reader = Reader::new(&bytes)?;
        let mut deserializer = Deserializer::new(&plan.shape, model, &mut arena, reader, part, &origin);
        deserializer.read_into(&fetch.selection, ObjectId::ROOT, None)?;
        deserializer.reader.end()?;
        arena.commit();
    }
    Ok(arena)
}

fn respond(supergraph: &Supergraph<Merged>, operation: &str, fetches: &[&str], parts: &[&str]) -> Json {
    let mut builder = PlanBuilder::new(supergraph, operation);
    for fetch in fetches {
        builder = builder.root("a", &[], fetch);
    }
    let plan = builder.build();
    let arena = read(&plan, &supergraph.model, parts).expect("JSON");
    let projected = project(&plan.shape, &arena, &vec![]);
    serde_json::from_slice(&projected.body).expect("the response is JSON")
}

/// The errors in short: message and path.
fn errors(response: &Json) -> Vec<(String, Json)> {
    let errors = response["errors"].as_array().cloned().unwrap_or_default();
    errors
        .iter()
        .map(|error| (error["message"].as_str().expect("a message").to_owned(), error["path"].clone()))
        .collect()
}

#[test]
fn data_is_projected_by_the_clients_keys_and_promises() {
    let supergraph = supergraph(SDL);
    // operation, the backend's data, the client's data, the paths of errors
    let cases = [
        ("{ me { id name } }", r#"{"me":{"id":"1","name":"A"}}"#, json!({"me":{"id":"1","name":"A"}}), json!([])),
        ("{ me { name id } }", r#"{"me":{"id":"1","name":"A"}}"#, json!({"me":{"id":"1","name":"A"}}), json!([])),
        ("{ x: me { y: id } }", r#"{"x":{"y":7}}"#, json!({"x":{"y":"7"}}), json!([])),
        (
            "{ me { id } }",
            r#"{"other":[{}],"me":{"more":{"a":[]},"id":"1"},"z":1}"#,
            json!({"me":{"id":"1"}}),
            json!([]),
        ),
        ("{ me { id } }", r#"{"me":{"id":"1","id":"2"}}"#, json!({"me":{"id":"2"}}), json!([])),
        (
            "{ me { id name } }",
            r#"{"me":{"id":"1","name":"x"},"me":{"id":"2"}}"#,
            json!({"me":{"id":"2","name":null}}),
            json!([]),
        ),
        ("{ me { id } }", r#"{"m\u0065":{"\u0069d":"1"}}"#, json!({"me":{"id":"1"}}), json!([])),
        ("{ me { age } }", r#"{"me":{"age":1.0}}"#, json!({"me":{"age":1}}), json!([])),
        ("{ me { name } }", r#"{"me":null}"#, json!({"me":null}), json!([])),
        ("{ me { name } }", r#"{}"#, json!({"me":null}), json!([])),
        ("{ me { age } }", r#"{"me":{"age":null}}"#, json!({"me":null}), json!([["me", "age"]])),
        ("{ me { name age } }", r#"{"me":{"name":"A","age":"old"}}"#, json!({"me":null}), json!([["me", "age"]])),
        (
            "{ me { rating color } }",
            r#"{"me":{"rating":"5","color":"PINK"}}"#,
            json!({"me":{"rating":null,"color":null}}),
            json!([["me", "rating"], ["me", "color"]]),
        ),
        (
            "{ me { extra } }",
            r#"{"me":{"extra":{"a":[1,{"b":null}]}}}"#,
            json!({"me":{"extra":{"a":[1,{"b":null}]}}}),
            json!([]),
        ),
        ("{ me { id } }", r#"{"me":[{"id":"1"}]}"#, json!({"me":null}), json!([["me"]])),
        ("{ users { id } }", r#"{"users":{"id":"1"}}"#, json!({"users":null}), json!([["users"]])),
        (
            "{ users { id age } }",
            r#"{"users":[{"id":"1","age":1},{"id":"2","age":null}]}"#,
            json!({"users":null}),
            json!([["users", 1, "age"]]),
        ),
        ("{ users { id } }", r#"{"users":[]}"#, json!({"users":[]}), json!([])),
        ("{ users { id } }", r#"{"users":[null]}"#, json!({"users":null}), json!([["users", 0]])),
        ("{ grid }", r#"{"grid":[[1,2],null,[],[3]]}"#, json!({"grid":[[1,2],null,[],[3]]}), json!([])),
        ("{ grid }", r#"{"grid":[[1,null],[2]]}"#, json!({"grid":[null,[2]]}), json!([["grid", 0, 1]])),
        ("{ grid }", r#"{"grid":[[1,"x"],5]}"#, json!({"grid":[null,null]}), json!([["grid", 0, 1], ["grid", 1]])),
        (
            "{ must { friends { age } } me { name } }",
            r#"{"must":{"friends":[{"age":null}]},"me":{"name":"A"}}"#,
            json!(null),
            json!([["must", "friends", 0, "age"]]),
        ),
        (
            "{ pets { __typename name ... on Cat { lives } ... on Dog { barks } } }",
            r#"{"pets":[{"__typename":"Cat","name":"c","lives":9},{"name":"d","barks":true,"__typename":"Dog"},null]}"#,
            json!({"pets":[{"__typename":"Cat","name":"c","lives":9},{"__typename":"Dog","name":"d","barks":true},null]}),
            json!([]),
        ),
        (
            "{ pets { name } }",
            r#"{"pets":[{"name":"x"},{"__typename":"Ghost","name":"x"},{"__typename":"Cat","name":"c"}]}"#,
            json!({"pets":[null,null,{"name":"c"}]}),
            json!([["pets", 0], ["pets", 1]]),
        ),
    ];
    for (operation, backend, data, paths) in cases {
        let response = respond(&supergraph, operation, &[operation], &[backend]);
        assert_eq!(response["data"], data, "{operation} of {backend}: {response}");
        let found: Vec<Json> = errors(&response).into_iter().map(|(_, path)| path).collect();
        assert_eq!(Json::from(found), paths, "{operation} of {backend}: {response}");
    }
}

#[test]
fn keys_come_in_the_clients_order() {
    let supergraph = supergraph(SDL);
    let plan = PlanBuilder::new(&supergraph, "{ me { b: name a: id } }").root("a", &[], "{ me { id name } }").build();
    let arena = read(&plan, &supergraph.model, &[r#"{"me":{"id":"1","name":"A"}}"#]).expect("JSON");
    let projected = project(&plan.shape, &arena, &vec![]);
    assert_eq!(projected.body, r#"{"data":{"me":{"b":"A","a":"1"}}}"#.as_bytes());
}

#[test]
fn a_second_fetch_fills_the_objects_of_the_first() {
    let supergraph = supergraph(SDL);
    let operation = "{ users { id name best { id name } } }";
    let fetches = ["{ users { id best { id } } }", "{ users { name best { name } } }"];
    let first = r#"{"users":[{"id":"1","best":null},{"id":"2","best":{"id":"3"}}]}"#;
    let response = respond(
        &supergraph,
        operation,
        &fetches,
        &[first, r#"{"users":[{"name":"A","best":{"name":"x"}},{"name":"B","best":{"name":"C"}}]}"#],
    );
    let expected = json!([
        {"id":"1","name":"A","best":null},
        {"id":"2","name":"B","best":{"id":"3","name":"C"}},
    ]);
    assert_eq!(response["data"]["users"], expected);
    assert_eq!(errors(&response), []);

    // Lists that differ in length are not zipped: the first stays, with an error.
    for short in [r#"{"users":[{"name":"A"}]}"#, r#"{"users":[{"name":"A"},{"name":"B"},{"name":"C"}]}"#] {
        let response = respond(&supergraph, operation, &fetches, &[first, short]);
        assert_eq!(response["data"]["users"][1]["id"], "2");
        assert_eq!(errors(&response).len(), 1, "{response}");
    }
}

#[test]
fn many_errors_are_capped() {
    let supergraph = supergraph(SDL);
    let backend = format!(r#"{{"grid":[{}]}}"#, vec!["[\"x\"]"; 1000].join(","));
    let response = respond(&supergraph, "{ grid }", &["{ grid }"], &[&backend]);
    let errors = errors(&response);
    assert_eq!(errors.len(), 101);
    assert_eq!(errors[100], ("900 more errors are not shown.".to_owned(), Json::Null));
}

#[test]
fn broken_json_is_refused_and_leaves_no_trace() {
    let supergraph = supergraph(SDL);
    let operation = "{ me { id extra } users { id } }";
    let plan = PlanBuilder::new(&supergraph, operation).root("a", &[], operation).build();
    let whole = r#"{"me":{"id":"1","extra":{"a":[1,"\u00e9"]}},"users":[{"id":"2"}]}"#;
    let mut deep = String::from(r#"{"me":{"extra":"#);
    deep.push_str(&"[".repeat(600));
    let mut broken: Vec<String> = (0..whole.len()).map(|at| whole[..at].to_owned()).collect();
    broken.extend([deep, whole.replace(':', ""), format!("{whole}]"), whole.replace("\"1\"", "01")]);
    for json in broken {
        assert!(read(&plan, &supergraph.model, &[&json]).is_err(), "{json}");
        // A part is read into an arena that has others already: they must stay as they were.
        let mut arena = ResponseArena::new(&plan.shape, supergraph.model.query.expect("a query type"));
        let Ok(reader) = Reader::new(json.as_bytes()) else { continue };
        let part = arena.add_part(Bytes::copy_from_slice(json.as_bytes()));
        let origin = ErrorOrigin::default();
        let mut deserializer = Deserializer::new(&plan.shape, &supergraph.model, &mut arena, reader, part, &origin);
        let selection = &plan.fetches[0].selection;
        let read = deserializer.read_into(selection, ObjectId::ROOT, None).and_then(|_| deserializer.reader.end());
        assert!(read.is_err());
        arena.roll_back();
        assert_eq!(arena.object_count(), 1);
        for slot in 0..2 {
            assert_eq!(arena.slot(ObjectId::ROOT, slot), SlotValue::Absent, "{json}");
        }
    }
}

#[test]
fn a_shared_object_is_written_alike_everywhere() {
    let supergraph = supergraph(SDL);
    let operation = "{ users { best { id name age } } }";
    let plan = PlanBuilder::new(&supergraph, operation).root("a", &[], operation).build();
    let selection = &plan.fetches[0].selection;
    let FetchContent::Objects(users) = &selection.fields[0].content else { panic!("users are objects") };
    let best = plan.shape.slots[users.fields[0].slot.index()].index;
    for (age, expected, errors) in [("3", json!({"id":"1","name":"A","age":3}), 0), ("null", json!(null), 2)] {
        let backend = format!(r#"{{"users":[{{"best":{{"id":"1","name":"A","age":{age}}}}},{{}}]}}"#);
        let mut arena = read(&plan, &supergraph.model, &[&backend]).expect("JSON");
        let SlotValue::List { start, .. } = arena.slot(ObjectId::ROOT, 0) else { panic!("users are a list") };
        let (SlotValue::Object(one), SlotValue::Object(two)) = (arena.item(start, 0), arena.item(start, 1)) else {
            panic!("users are objects")
        };
        let shared = arena.slot(one, best);
        arena.share(shared);
        arena.set_slot(two, best, shared);
        let projected = project(&plan.shape, &arena, &vec![]);
        let response: Json = serde_json::from_slice(&projected.body).expect("JSON");
        assert_eq!(response["data"], json!({"users":[{"best":expected},{"best":expected}]}), "{response}");
        assert_eq!(projected.error_count, errors, "one per place");
    }
}

/// What the arena and the projection do together, done naively.
fn naive(model: &Model, selection: &FetchSelection, given: &Json) -> Option<Json> {
    let mut object = serde_json::Map::new();
    for field in &selection.fields {
        let value =
            naive_value(model, &field.content, field.wrapping, given.get(field.name.as_str()).unwrap_or(&Json::Null));
        object.insert(field.name.to_string(), value?);
    }
    Some(Json::Object(object))
}

/// `None` is a null that the promise refuses.
fn naive_value(model: &Model, content: &FetchContent, wrapping: Wrapping, given: &Json) -> Option<Json> {
    let value = if wrapping.is_list() {
        given
            .as_array()
            .and_then(|items| {
                items.iter().map(|item| naive_value(model, content, wrapping.item(), item)).collect::<Option<Vec<_>>>()
            })
            .map(Json::Array)
    } else {
        match content {
            FetchContent::Objects(selection) if given.is_object() => naive(model, selection, given),
            FetchContent::Objects(_) => None,
            FetchContent::Leaf(leaf) => {
                use weft_federation::plan::Leaf;
                let fits = match leaf {
                    Leaf::Int => given.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
                    Leaf::Float => given.is_number(),
                    Leaf::String | Leaf::Id => given.is_string(),
                    Leaf::Boolean => given.is_boolean(),
                    Leaf::Enum(values) => given.as_str().is_some_and(|text| values.iter().any(|value| *value == *text)),
                    Leaf::Custom => true,
                };
                fits.then(|| given.clone())
            }
        }
    };
    match value {
        Some(Json::Null) | None if wrapping.is_non_null() => None,
        Some(value) => Some(value),
        None => Some(Json::Null),
    }
}

/// JSON that looks like users about as often as not.
fn noise() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        (-9i32..9).prop_map(Json::from),
        Just(json!(1.5)),
        Just(json!("RED")),
        "[a-z\"\\\\\u{e9}\n]{0,4}".prop_map(Json::from),
    ];
    leaf.prop_recursive(5, 64, 6, |inner| {
        let field = prop_oneof![
            Just("name"),
            Just("age"),
            Just("rating"),
            Just("active"),
            Just("color"),
            Just("extra"),
            Just("best"),
            Just("friends"),
            Just("unknown"),
        ];
        prop_oneof![
            1 => prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            3 => prop::collection::vec((field.prop_map(str::to_owned), inner), 0..8)
                .prop_map(|fields| Json::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn any_json_gives_what_a_naive_reader_gives(me in noise(), users in prop::collection::vec(noise(), 0..4), grid in noise()) {
        static SUPERGRAPH: LazyLock<Supergraph<Merged>> = LazyLock::new(|| supergraph(SDL));
        let supergraph = &*SUPERGRAPH;
        let operation = "{ me { name age rating active color extra best { name age best { age } } friends { age } }
            users { name color best { extra } } grid }";
        let plan = PlanBuilder::new(supergraph, operation).root("a", &[], operation).build();
        let backend = json!({"me": me, "users": users, "grid": grid});
        let expected = naive(&supergraph.model, &plan.fetches[0].selection, &backend).unwrap_or(Json::Null);
        let arena = read(&plan, &supergraph.model, &[&backend.to_string()]).expect("JSON");
        let projected = project(&plan.shape, &arena, &vec![]);
        let response: Json = serde_json::from_slice(&projected.body).expect("the response is JSON");
        prop_assert_eq!(&response["data"], &expected, "{}", backend);
    }

    #[test]
    fn objects_that_come_again_give_what_objects_of_their_own_give(
        known in prop::collection::vec(noise(), 1..4), order in prop::collection::vec(0_usize..4, 0..8)
    ) {
        static SUPERGRAPH: LazyLock<Supergraph<Merged>> = LazyLock::new(|| supergraph(SDL));
        let supergraph = &*SUPERGRAPH;
        let operation = "{ users { name age color best { name age best { age } friends { age } } friends { name } } }";
        let plan = || PlanBuilder::new(supergraph, operation).root("a", &[], operation).build();
        let users: Vec<&Json> = order.iter().map(|at| &known[at % known.len()]).collect();
        let json = json!({"users": users}).to_string();
        let written = |plan: &QueryPlan| {
            let arena = read(plan, &supergraph.model, &[&json]).expect("JSON");
            (project(&plan.shape, &arena, &vec![]).body, arena.object_count())
        };
        let (body, stored) = written(&plan());
        let mut apart = plan();
        apart.shape.positions.iter_mut().for_each(|position| position.apart = true);
        let (expected, all) = written(&apart);
        prop_assert_eq!(body, expected, "{}", json);
        prop_assert!(stored <= all);
    }
}

#[test]
fn an_object_that_comes_again_is_stored_once() {
    let supergraph = supergraph(SDL);
    let operation = "{ users { name best { age } } }";
    let plan = PlanBuilder::new(&supergraph, operation).root("a", &[], operation).build();
    // Objects as they come, and how many are stored beside the root.
    let cases = [
        (r#"{"name":"A"},{"name":"A"},{"name":"A"}"#, 1),
        (r#"{"name":"A"}, {"name":"A"}"#, 1),
        // The last one alone is looked at, and its bytes.
        (r#"{"name":"A"},{"name":"B"},{"name":"A"}"#, 3),
        (r#"{"name":"A"},{"name": "A"}"#, 2),
        (r#"{"name":"A","best":{"age":1}},{"name":"B","best":{"age":1}}"#, 3),
        (r#"{"name":"A","best":{"age":1}},{"name":"A","best":{"age":1}},{"name":"A","best":{"age":12}}"#, 4),
        // What is wrong is told at each place.
        (r#"{"name":5},{"name":5}"#, 2),
        (r#"{"name":"A","best":{"age":"x"}},{"name":"A","best":{"age":"x"}}"#, 4),
    ];
    for (users, expected) in cases {
        let arena = read(&plan, &supergraph.model, &[&format!(r#"{{"users":[{users}]}}"#)]).expect("JSON");
        assert_eq!(arena.object_count() - 1, expected, "{users}");
    }
}

#[test]
fn an_answer_that_is_small_on_the_wire_and_large_in_memory_is_refused() {
    let supergraph = supergraph(SDL);
    let operation = "{ users { name } }";
    let plan = PlanBuilder::new(&supergraph, operation).root("a", &[], operation).build();
    // Two that differ by turns: the same ones would be one.
    let json = format!(r#"{{"users":[{}{{}}]}}"#, r#"{},{"name":"A"},"#.repeat(2_500_000));
    let mut arena = ResponseArena::new(&plan.shape, supergraph.model.query.expect("a query type"));
    let reader = Reader::new(json.as_bytes()).expect("UTF-8");
    let part = arena.add_part(Bytes::copy_from_slice(json.as_bytes()));
    let origin = ErrorOrigin::default();
    let mut deserializer = Deserializer::new(&plan.shape, &supergraph.model, &mut arena, reader, part, &origin);
    let read = deserializer.read_into(&plan.fetches[0].selection, ObjectId::ROOT, None);
    assert_eq!(read, Err(JsonError::TooLarge));
    // The other backends' answers still fit.
    arena.roll_back();
    assert!(!arena.is_full());
}

#[test]
fn data_larger_than_its_bound_is_null_with_an_error() {
    let supergraph = supergraph(SDL);
    let operation = "{ users { best { a: name b: name c: name } } grid }";
    let plan = PlanBuilder::new(&supergraph, operation).root("a", &[], "{ users { best { name } } grid }").build();
    let FetchContent::Objects(users) = &plan.fetches[0].selection.fields[0].content else {
        panic!("users are objects")
    };
    let best = plan.shape.slots[users.fields[0].slot.index()].index;
    let name = "x".repeat(1000);
    let backend = format!(r#"{{"users":[{{"best":{{"name":"{name}"}}}}{}],"grid":["x"]}}"#, ",{}".repeat(19));
    let mut arena = read(&plan, &supergraph.model, &[&backend]).expect("JSON");
    let SlotValue::List { start, len } = arena.slot(ObjectId::ROOT, 0) else { panic!("users are a list") };
    let users: Vec<ObjectId> = (0..len)
        .map(|at| match arena.item(start, at) {
            SlotValue::Object(user) => user,
            other => panic!("users are objects: {other:?}"),
        })
        .collect();
    let shared = arena.slot(users[0], best);
    arena.share(shared);
    users.iter().for_each(|user| arena.set_slot(*user, best, shared));

    let write = |max| -> (Json, usize) {
        let projected = project_up_to(max, &plan.shape, &arena, &vec![]);
        (serde_json::from_slice(&projected.body).expect("JSON"), projected.error_count)
    };
    let (whole, errors) = write(usize::MAX);
    assert_eq!((whole["data"]["users"][19]["best"]["c"].as_str(), errors), (Some(&*name), 1));
    let size = whole["data"].to_string().len();
    assert!(size > 60_000, "sixty names: {size}");
    assert_eq!(write(size).0["data"], whole["data"], "it just fits");
    // Cut in the first name, in the first object, in a copy of it, in the last.
    for max in [0, 500, 2500, 30_000, 59_000] {
        let (response, errors) = write(max);
        assert_eq!((&response["data"], errors), (&Json::Null, 1), "{max}");
        assert_eq!(response["errors"][0]["extensions"]["code"], "RESPONSE_TOO_LARGE");
    }
}
