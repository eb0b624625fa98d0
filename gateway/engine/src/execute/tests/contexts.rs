//! Tests of arguments that take their values from contexts.

use std::sync::{Arc, LazyLock, Mutex};

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use crate::connector::{FakeAnswer, FakeCall};
use crate::testing::{Gateway, Outcome};

/// What takes values from contexts answers with its id and what it was given.
const SHOP: &str = r#"
extend schema @link(url: "https://specs.apollo.dev/federation/v2.8",
    import: ["@key", "@external", "@requires", "@context", "@fromContext"])
type Query { regions: [Region] region: Region entries: [Entry] offers: [Offer] }
type Mutation { open: Region }
type Region @key(fields: "id") @context(name: "place") {
  id: ID! currency: String main: Item items: [Item] inner: Region parts: [Region] shops: [Shop] places: [Place]
}
type Shop @key(fields: "id") @context(name: "place") { id: ID! currency: String @external main: Item }
type Place @key(fields: "id") { id: ID! }
union Entry = Region | Kiosk
type Kiosk @key(fields: "id") @context(name: "place") { id: ID! currency: String main: Item }
interface Offer { id: ID! sold: Sold }
type Sale implements Offer @key(fields: "id") @context(name: "deal") { id: ID! sold: Sold off: Int tags: [Tag] }
type Gift implements Offer @key(fields: "id") @context(name: "deal") { id: ID! sold: Sold from: Int! tags: [Tag] }
type Tag { text: String }
type Item @key(fields: "id") {
  id: ID!
  name: String
  price(n: Int, in: String @fromContext(field: "$place { currency }")): String
  alike(in: String @fromContext(field: "$place { currency }")): Item
}
type Sold @key(fields: "id") {
  id: ID!
  weight: Int @external
  value(of: Int @fromContext(field: "$deal ... on Sale { off } ... on Gift { from }")): String @requires(fields: "weight")
  kind(of: String @fromContext(field: "$deal { __typename }"), by: [String] @fromContext(field: "$deal { tags { text } }")): String
}
"#;
const MORE: &str = r#"
extend schema @link(url: "https://specs.apollo.dev/federation/v2.8", import: ["@key"])
type Shop @key(fields: "id") { id: ID! currency: String }
type Place @key(fields: "id") { id: ID! item: Item }
type Item @key(fields: "id", resolvable: false) { id: ID! }
type Sold @key(fields: "id") { id: ID! weight: Int }
"#;

static GATEWAY: LazyLock<Gateway> =
    LazyLock::new(|| Gateway::composed(&[("more", MORE.to_owned()), ("shop", SHOP.to_owned())], &|_, _| None));

/// The id of a representation, what it says beside its key, and the values of the arguments, as a client will see them.
fn told(representation: &Json, variables: &Json) -> String {
    let mut told = vec![representation["id"].as_str().unwrap_or("?").to_owned()];
    told.extend(representation.get("weight").map(Json::to_string));
    let values = (0..).map_while(|at| variables.get(format!("contextualArgument_{at}")));
    told.extend(values.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)));
    told.join(" ")
}

/// Answers what the shop's entities are asked.
fn entities(call: &FakeCall) -> FakeAnswer {
    let body: Json = serde_json::from_str(&call.body).expect("JSON");
    let variables = &body["variables"];
    let representations = variables["representations"].as_array().expect("one list").iter();
    let entity = |representation: &Json| {
        let told = told(representation, variables);
        let below = json!({"id": format!("like {}", representation["id"].as_str().unwrap_or("?")), "name": told});
        json!({"price": told, "price_1": format!("{told} again"), "value": told, "kind": told, "alike": below})
    };
    FakeAnswer::ok(json!({"data": {"_entities": representations.map(entity).collect::<Json>()}}).to_string())
}

/// Runs an operation; the root fields are `root`, and `more` says `more` of every entity by its id.
async fn run(operation: &str, root: Json, more: Json) -> Outcome {
    let answer = move |call: &FakeCall| {
        let is_lookup = call.operation.contains("_entities");
        Some(match &call.subgraph[..] {
            "shop" if is_lookup => entities(call),
            "shop" => FakeAnswer::ok(json!({ "data": root }).to_string()),
            _ => {
                let body: Json = serde_json::from_str(&call.body).expect("JSON");
                let ids = body["variables"]["representations"].as_array().expect("one list").iter();
                let found: Json = ids.map(|it| more[it["id"].as_str().unwrap_or_default()].clone()).collect();
                FakeAnswer::ok(json!({"data": {"_entities": found}}).to_string())
            }
        })
    };
    GATEWAY.run_with(operation, "{}", answer).await
}

/// How many requests handed values in from contexts.
fn handed(outcome: &Outcome) -> usize {
    outcome.calls.iter().filter(|call| call.operation.contains("$contextualArgument_0")).count()
}

#[tokio::test]
async fn values_come_from_the_nearest_object_that_sets_the_context() {
    // The operation, the root's answer, what `more` says, the expected data, and how many requests hand values in.
    let cases: Vec<(&str, Json, Json, Json, usize)> = vec![
        (
            "{ region { main { name price } } }",
            json!({"region": {"currency": "EUR", "main": {"id": "i", "name": "I"}}}),
            json!({}),
            json!({"region": {"main": {"name": "I", "price": "i EUR"}}}),
            1,
        ),
        // One entity in two places, and two with one value.
        (
            "{ regions { items { price } } }",
            json!({"regions": [
                {"currency": "EUR", "items": [{"id": "1"}, {"id": "2"}]},
                {"currency": "USD", "items": [{"id": "2"}]},
                {"currency": "EUR", "items": [{"id": "2"}, {"id": "3"}]},
            ]}),
            json!({}),
            json!({"regions": [
                {"items": [{"price": "1 EUR"}, {"price": "2 EUR"}]},
                {"items": [{"price": "2 USD"}]},
                {"items": [{"price": "2 EUR"}, {"price": "3 EUR"}]},
            ]}),
            2,
        ),
        (
            "{ region { inner { main { price } } main { price } currency } }",
            json!({"region": {"currency": "EUR", "main": {"id": "1"}, "inner": {"currency": "USD", "main": {"id": "1"}}}}),
            json!({}),
            json!({"region": {"inner": {"main": {"price": "1 USD"}}, "main": {"price": "1 EUR"}, "currency": "EUR"}}),
            2,
        ),
        // From another subgraph, in a list.
        (
            "{ region { shops { main { price } } } }",
            json!({"region": {"shops": [{"id": "a", "main": {"id": "1"}}, {"id": "b", "main": {"id": "1"}}, {"id": "a", "main": {"id": "2"}}]}}),
            json!({"a": {"currency": "EUR"}, "b": {"currency": "USD"}}),
            json!({"region": {"shops": [{"main": {"price": "1 EUR"}}, {"main": {"price": "1 USD"}}, {"main": {"price": "2 EUR"}}]}}),
            2,
        ),
        (
            "query($n: Int = 2) { it: region { ...R } } fragment R on Region { m: main { a: price(n: $n) b: price(n: 3) c: price(n: 3) } }",
            json!({"region": {"currency": "EUR", "main": {"id": "i"}}}),
            json!({}),
            json!({"it": {"m": {"a": "i EUR", "b": "i EUR again", "c": "i EUR again"}}}),
            1,
        ),
        (
            "{ regions { main { price } } }",
            json!({"regions": [{"currency": null, "main": {"id": "1"}}, {"currency": "EUR", "main": null}, null]}),
            json!({}),
            json!({"regions": [{"main": {"price": "1 null"}}, {"main": null}, null]}),
            1,
        ),
        (
            "{ entries { ... on Region { main { price } } ... on Kiosk { main { price } } } }",
            json!({"entries": [
                {"__typename": "Kiosk", "currency": "K", "main": {"id": "1"}},
                {"__typename": "Region", "currency": "R", "main": {"id": "1"}},
            ]}),
            json!({}),
            json!({"entries": [{"main": {"price": "1 K"}}, {"main": {"price": "1 R"}}]}),
            2,
        ),
        // By the types of an interface's objects, with what is required; a type's name, and a list.
        (
            "{ offers { sold { value } } }",
            json!({"offers": [
                {"__typename": "Gift", "from": 7, "sold": {"id": "1"}},
                {"__typename": "Sale", "off": 50, "sold": {"id": "1"}},
            ]}),
            json!({"1": {"weight": 3}}),
            json!({"offers": [{"sold": {"value": "1 3 7"}}, {"sold": {"value": "1 3 50"}}]}),
            2,
        ),
        (
            "{ offers { sold { kind } } }",
            json!({"offers": [
                {"__typename": "Gift", "tags": [{"text": "a"}, null, {"text": null}], "sold": {"id": "1"}},
                {"__typename": "Sale", "tags": null, "sold": {"id": "2"}},
            ]}),
            json!({}),
            json!({"offers": [{"sold": {"kind": "1 Gift [\"a\",null,null]"}}, {"sold": {"kind": "2 Sale null"}}]}),
            2,
        ),
        (
            "mutation { open { main { price } } }",
            json!({"open": {"currency": "EUR", "main": {"id": "1"}}}),
            json!({}),
            json!({"open": {"main": {"price": "1 EUR"}}}),
            1,
        ),
        // What is below one entity is not the same in two contexts, though one answer brings it.
        (
            "{ regions { places { item { price } } } }",
            json!({"regions": [
                {"currency": "EUR", "places": [{"id": "p"}]},
                {"currency": "USD", "places": [{"id": "p"}]},
            ]}),
            json!({"p": {"item": {"id": "1"}}}),
            json!({"regions": [
                {"places": [{"item": {"price": "1 EUR"}}]},
                {"places": [{"item": {"price": "1 USD"}}]},
            ]}),
            2,
        ),
        // What comes from a context leads to what needs it again.
        (
            "{ regions { main { alike { name price } } } }",
            json!({"regions": [{"currency": "EUR", "main": {"id": "1"}}, {"currency": "USD", "main": {"id": "1"}}]}),
            json!({}),
            json!({"regions": [
                {"main": {"alike": {"name": "1 EUR", "price": "like 1 EUR"}}},
                {"main": {"alike": {"name": "1 USD", "price": "like 1 USD"}}},
            ]}),
            4,
        ),
    ];
    for (operation, root, more, expected, requests) in cases {
        let outcome = run(operation, root, more).await;
        assert_eq!(outcome.response["data"], expected, "{operation}: {}", outcome.text);
        assert_eq!(outcome.response.get("errors"), None, "{operation}: {}", outcome.text);
        assert_eq!(handed(&outcome), requests, "{operation}: {:?}", outcome.calls);
    }
}

#[tokio::test]
async fn the_value_is_a_variable_with_the_arguments_type() {
    let root = json!({"region": {"currency": "E\"R", "main": {"id": "1"}}});
    // The client has a variable of the same name.
    let operation = "query($contextualArgument_0: Int = 5) { region { main { price(n: $contextualArgument_0) } } }";
    let outcome = run(operation, root, json!({})).await;
    let call = outcome.calls.last().expect("a call");
    let expected = "query($representations:[_Any!]!,$contextualArgument_0:String,$contextualArgument_0_:Int=5)\
        {_entities(representations:$representations)\
        {...on Item{price(n:$contextualArgument_0_,in:$contextualArgument_0)}}}";
    assert_eq!(call.operation, expected);
    let body: Json = serde_json::from_str(&call.body).expect("JSON");
    let expected = json!({
        "representations": [{"__typename": "Item", "id": "1"}],
        "contextualArgument_0": "E\"R",
        "contextualArgument_0_": 5,
    });
    assert_eq!(body["variables"], expected);
    assert_eq!(outcome.response["data"]["region"]["main"]["price"], "1 E\"R");
}

#[tokio::test]
async fn a_value_that_failed_fails_what_needs_it() {
    let root = r#"{"data":{"region":{"shops":[{"id":"a","main":{"id":"1","name":"N"}}]}}}"#;
    let offers = r#"{"data":{"offers":[{"__typename":"Gift","from":null,"sold":{"id":"1"}}]}}"#;
    let sold = r#"{"data":{"_entities":[{"weight":3}]}}"#;
    let no_currency =
        r#"{"data":{"_entities":[{"currency":null}]},"errors":[{"message":"no","path":["_entities",0,"currency"]}]}"#;
    // Where the currency is asked fails; so does it alone; and a promise is broken. The price is asked of nobody.
    let shops = "{ region { shops { main { name price } } } }";
    type Case<'a> = (&'a str, &'a [(&'a str, &'a str, &'a str)], Json, &'a str);
    let cases: [Case<'_>; 3] = [
        (
            shops,
            &[("shop", "shops", root)],
            json!({"region": {"shops": [{"main": {"name": "N", "price": null}}]}}),
            "SUBREQUEST_UNAVAILABLE",
        ),
        (
            shops,
            &[("shop", "shops", root), ("more", "", no_currency)],
            json!({"region": {"shops": [{"main": {"name": "N", "price": null}}]}}),
            "SUBREQUEST_FAILED",
        ),
        (
            "{ offers { sold { value } } }",
            &[("shop", "offers", offers), ("more", "", sold)],
            json!({"offers": [{"sold": {"value": null}}]}),
            "INTERNAL_SERVER_ERROR",
        ),
    ];
    for (operation, answers, expected, code) in cases {
        let outcome = GATEWAY.run(operation, answers).await;
        assert_eq!(outcome.response["data"], expected, "{}", outcome.text);
        let codes: Vec<String> = outcome.errors().into_iter().map(|(code, _)| code).collect();
        assert!(!codes.is_empty() && codes.iter().all(|known| known == code), "{}", outcome.text);
        assert_eq!(handed(&outcome), 0, "{:?}", outcome.calls);
    }
}

#[tokio::test]
async fn requests_of_one_fetch_fail_one_by_one() {
    let failing = Arc::new(Mutex::new("EUR"));
    for (lost, left) in [("EUR", json!([null, "2 USD"])), ("USD", json!(["1 EUR", null]))] {
        *failing.lock().expect("no panic before") = lost;
        let failing = Arc::clone(&failing);
        let answer = move |call: &FakeCall| {
            let root =
                r#"{"data":{"regions":[{"currency":"EUR","main":{"id":"1"}},{"currency":"USD","main":{"id":"2"}}]}}"#;
            if !call.operation.contains("_entities") {
                return Some(FakeAnswer::ok(root));
            }
            (!call.body.contains(*failing.lock().expect("no panic before"))).then(|| entities(call))
        };
        let outcome = GATEWAY.run_with("{ regions { main { price } } }", "{}", answer).await;
        let prices: Json = (0..2).map(|at| outcome.response["data"]["regions"][at]["main"]["price"].clone()).collect();
        assert_eq!(prices, left, "{}", outcome.text);
        let at = usize::from(lost == "USD");
        let expected = [("SUBREQUEST_UNAVAILABLE".to_owned(), json!(["regions", at, "main"]))];
        assert_eq!(outcome.errors(), expected, "{}", outcome.text);
    }
}

/// A region of a tree, as the shop answers it, and as a client is to see it. The numbers choose.
fn region(choices: &mut impl Iterator<Item = u8>, depth: u32) -> (Json, Json) {
    let mut choose = |below: u8| choices.next().unwrap_or_default() % below;
    let currency = ["EUR", "USD", "GBP"][usize::from(choose(3))];
    let (items, places, inner) = (choose(3), choose(3), if depth == 0 { 0 } else { choose(3) });
    let told = |id: String| json!({ "price": format!("{id} {currency}") });
    let (mut given, mut seen) = (vec![vec![], vec![], vec![]], vec![vec![], vec![], vec![]]);
    for _ in 0..items {
        let id = choose(2).to_string();
        given[0].push(json!({ "id": id }));
        seen[0].push(told(id));
    }
    for _ in 0..places {
        let id = choose(3);
        given[1].push(json!({ "id": format!("p{id}") }));
        seen[1].push(json!({ "item": told(id.to_string()) }));
    }
    for _ in 0..inner {
        let (below, shown) = region(choices, depth - 1);
        given[2].push(below);
        seen[2].push(shown);
    }
    (
        json!({"currency": currency, "items": given[0], "places": given[1], "parts": given[2]}),
        json!({"items": seen[0], "places": seen[1], "parts": seen[2]}),
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_object_of_a_tree_has_its_own_context(choices in prop::collection::vec(any::<u8>(), 0..200)) {
        let (given, mut seen) = region(&mut choices.into_iter(), 2);
        let here = "items { price } places { item { price } }";
        let operation = format!("{{ region {{ {here} parts {{ {here} parts {{ {here} }} }} }} }}");
        // The innermost are not asked for what is in them.
        for part in seen["parts"].as_array_mut().into_iter().flatten() {
            for inner in part["parts"].as_array_mut().into_iter().flatten() {
                inner.as_object_mut().map(|inner| inner.remove("parts"));
            }
        }
        let more = json!({"p0": {"item": {"id": "0"}}, "p1": {"item": {"id": "1"}}, "p2": {"item": {"id": "2"}}});
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let outcome = runtime.block_on(run(&operation, json!({ "region": given }), more));
        prop_assert_eq!(&outcome.response["data"]["region"], &seen, "{}", outcome.text);
    }
}

#[tokio::test]
async fn a_value_is_a_field_of_some_objects_and_the_type_of_others() {
    let shop = r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.8",
            import: ["@key", "@context", "@fromContext"])
        type Query { entries: [Entry] } union Entry = Region | Kiosk
        type Region @context(name: "place") { main: Item }
        type Kiosk @context(name: "place") { owner: String main: Item }
        type Item @key(fields: "id") { id: ID!
          price(in: String @fromContext(field: "$place ... on Region { __typename } ... on Kiosk { owner }")): String }"#;
    let gateway = Gateway::composed(&[("shop", shop.to_owned())], &|_, _| None);
    let entries = r#"{"data":{"entries":[{"__typename":"Region","main":{"id":"1"}},
        {"__typename":"Kiosk","owner":"O","main":{"id":"1"}}]}}"#;
    let operation = "{ entries { ... on Region { main { price } } ... on Kiosk { main { price } } } }";
    let answer = move |call: &FakeCall| {
        Some(if call.operation.contains("_entities") { entities(call) } else { FakeAnswer::ok(entries) })
    };
    let outcome = gateway.run_with(operation, "{}", answer).await;
    let expected = json!([{"main": {"price": "1 Region"}}, {"main": {"price": "1 O"}}]);
    assert_eq!(outcome.response["data"]["entries"], expected, "{}", outcome.text);
}
