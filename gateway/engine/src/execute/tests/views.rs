//! Tests of what a client sees through a view: paths, fallbacks, masks, limits, and what it is refused.

use serde_json::{Value as Json, json};

use crate::testing::{Gateway, Outcome};

const SHOP: &str = r#"
    type Query { user(id: ID!): User search(text: String, first: Int, kind: Kind): [Hit!]! hit: Hit exactly(first: Int!): [Hit!] atLeast(first: Int! = 7): [Hit!] }
    type Mutation { pay(input: Payment!): User }
    type User @key(fields: "id") { id: ID! name: String card: String orders(first: Int): [Order!] }
    type Order { id: ID! status: Status lines: [Line] }
    type Line { name: String tags: [String!]! }
    union Hit = User | Order
    enum Status { PENDING SHIPPED LOST }
    enum Kind { ANY USER }
    input Payment { amount: Int! kind: Kind = ANY note: String }"#;

const SCORES: &str = r#"type User @key(fields: "id") { id: ID! score: Int rank: Int! }"#;

const VIEW: &str = r#"
    type Query {
      home: Home! @from(path: ".")
      self: Query! @from(path: ".")
      given(max: Int = 3 @from(name: "first")): [Found] @from(path: "exactly") @dropUnknown
      least(max: Int): [Found] @from(path: "atLeast(first: $max)") @dropUnknown
      member(id: ID!): Member @from(path: "user")
      found(words: String @from(name: "text"), max: Int = 3 @from(name: "first"), kind: Sort): [Found]
        @from(path: "search") @limit(max: 5) @dropUnknown
      exact(max: Int! = 3 @from(name: "first")): [Found] @from(path: "search") @dropUnknown
      all: [Found] @from(path: "search(first: 2)") @limit(max: 2)
      first: String @from(path: "search<User>[0].name")
    }
    type Home @from(type: "Query") {
      name: String! @from(path: "user(id: $claims.sub).name") @fallback(value: "you", on: [ERROR, NULL])
      score: Int @from(path: "user(id: $claims.sub).score")
    }
    type Member @from(type: "User") {
      id: ID!
      more: More! @from(path: ".")
      called: String @from(path: "name") @fallback(value: "nobody", on: [NULL])
      nick: String! @from(path: "name") @fallback(value: "x", on: [ERROR, NULL])
      card: String @mask(keepLast: 4, unlessScopes: ["cards:read"])
      score: Int @fallback(value: 0)
      told: Int @from(path: "rank") @fallback(value: -1, report: true)
      version: Int! @constant(value: 2)
      states: [State] @from(path: "orders(first: 9)[].status") @limit(max: 3)
      tags: [String] @from(path: "orders[].lines[].tags[]")
      last: String @from(path: "orders[1].lines[0].name")
    }
    type More @from(type: "User") { id: ID! secret: String @from(path: "name") @requiresScopes(scopes: [["names"]]) }
    type Found @from(type: "User") { id: ID! }
    enum State @from(type: "Status") { PLACED @from(name: "PENDING") SHIPPED OTHER @catchAll }
    enum Sort @from(type: "Kind") { EVERYTHING @from(name: "ANY") USER }
    type Mutation { charge(payment: Charge!): Member @from(path: "pay(input: $payment)") }
    input Charge @from(type: "Payment") { cents: Int! @from(name: "amount") sort: Sort = EVERYTHING @from(name: "kind") }"#;

fn shop() -> Gateway {
    Gateway::new(&[("shop", SHOP), ("scores", SCORES)])
}

fn viewed() -> Gateway {
    shop().with_view(
        &VIEW.replace("[Found]", "[Hit]").replace("type Found @from(type: \"User\") { id: ID! }", "union Hit = Member"),
    )
}

fn user(fields: &str) -> String {
    format!(r#"{{"data":{{"user":{{"__typename":"User","id":"1",{fields}}}}}}}"#)
}

/// Code and path of what is degraded.
fn degraded(outcome: &Outcome) -> Json {
    outcome.response["extensions"]["degraded"].clone()
}

#[tokio::test]
async fn values_are_what_the_view_makes_of_them() {
    let orders = r#""orders":[{"status":"PENDING","lines":[{"tags":["a","b"]},null,{"tags":[]}]},
        {"status":"LOST","lines":[{"name":"x","tags":["c"]}]},{"status":null,"lines":null},{"status":"SHIPPED","lines":[]}]"#;
    // What is asked of a member, what the shop answers, and what comes of it.
    let cases = [
        ("id more { id } version", "", json!({"id": "1", "more": {"id": "1"}, "version": 2})),
        ("called", r#""name":null"#, json!({"called": "nobody"})),
        ("called", r#""name":"Ann""#, json!({"called": "Ann"})),
        // A plain null is no failure, even where the client's schema promises a value.
        ("nick", r#""name":null"#, json!({"nick": "x"})),
        ("card", r#""card":"4111111111111234""#, json!({"card": "************1234"})),
        ("card", r#""card":"1234567""#, json!({"card": "*******"})),
        ("card", r#""card":null"#, json!({"card": null})),
        ("states", orders, json!({"states": ["PLACED", "OTHER", null]})),
        ("tags", orders, json!({"tags": ["a", "b", null, "c", null]})),
        ("last", orders, json!({"last": "x"})),
        ("last", r#""orders":[]"#, json!({"last": null})),
        ("states last", r#""orders":null"#, json!({"states": null, "last": null})),
        ("t: __typename m: more { __typename }", "", json!({"t": "Member", "m": {"__typename": "More"}})),
    ];
    for (fields, answer, expected) in cases {
        let answer = user(&format!(r#"{answer}{}"x":1"#, if answer.is_empty() { "" } else { "," }));
        let outcome = viewed().run(&format!("{{ member(id: 1) {{ {fields} }} }}"), &[("shop", "", &answer)]).await;
        assert_eq!(outcome.response, json!({"data": {"member": expected}}), "{fields}: {}", outcome.text);
    }
}

#[tokio::test]
async fn a_fallback_stands_in_for_what_failed() {
    let shop = ("shop", "", &*user(r#""name":"Ann""#));
    let failed = ("scores", "", r#"{"data":null,"errors":[{"message":"gone","extensions":{"code":"GONE"}}]}"#);
    let outcome = viewed().run("{ member(id: 1) { called score } }", &[shop, failed]).await;
    assert_eq!(outcome.response["data"]["member"], json!({"called": "Ann", "score": 0}), "{}", outcome.text);
    assert_eq!(outcome.errors(), [], "{}", outcome.text);
    assert_eq!(degraded(&outcome), json!([{"path": ["member", "score"], "code": "GONE"}]));

    for (extensions, status) in [
        (r#"{"code":"PERMISSION_DENIED"}"#, 200),
        (r#"{"code":"unauthorized"}"#, 200),
        (r#"{"classification":"FORBIDDEN"}"#, 200),
        (r#"{"code":"OTHER"}"#, 403),
    ] {
        let refused = format!(r#"{{"data":null,"errors":[{{"message":"no","extensions":{extensions}}}]}}"#);
        let answer = user(r#""name":"Ann""#);
        let outcome = viewed()
            .run_with("{ member(id: 1) { called score } }", "{}", move |call| {
                let body = if call.subgraph == "shop" { &answer } else { &refused };
                let status = if call.subgraph == "shop" { 200 } else { status };
                Some(crate::connector::FakeAnswer { status, ..crate::connector::FakeAnswer::ok(body.clone()) })
            })
            .await;
        assert_eq!(outcome.response["data"]["member"], json!({"called": "Ann", "score": null}), "{}", outcome.text);
        assert_eq!(degraded(&outcome), Json::Null, "nothing stands in for a refusal: {}", outcome.text);
        assert!(!outcome.errors().is_empty(), "{}", outcome.text);
    }

    let outcome = viewed().run("{ member(id: 1) { told } }", &[shop, failed]).await;
    assert_eq!(outcome.response["data"]["member"], json!({"told": -1}), "{}", outcome.text);
    assert_eq!(outcome.errors().len(), 1, "it is reported too: {}", outcome.text);
    assert_eq!(degraded(&outcome)[0]["path"], json!(["member", "told"]));
}

#[tokio::test]
async fn who_may_not_see_a_value_is_told_no_other() {
    let shop = ("shop", "", &*user(r#""name":"Ann","card":"4111111111111234""#));
    let scores = ("scores", "", r#"{"data":{"_entities":[{"score":7}]}}"#);
    let operation = "{ home { name score } }";
    let outcome = viewed().run(operation, &[shop, scores]).await;
    assert_eq!(outcome.response["data"], Json::Null, "{}", outcome.text);
    let refused = |path| ("UNAUTHENTICATED".to_owned(), path);
    assert!(outcome.errors().contains(&refused(json!(["home", "name"]))), "{}", outcome.text);
    assert_eq!(outcome.calls.len(), 0, "nothing is asked for");

    let known = viewed().with_claims(r#"{"sub":"1"}"#);
    let outcome = known.run(operation, &[shop, scores]).await;
    assert_eq!(outcome.response, json!({"data": {"home": {"name": "Ann", "score": 7}}}), "{}", outcome.text);
    assert!(outcome.calls[0].body.contains(r#":"1"}"#), "{}", outcome.calls[0].body);

    let operation = "{ member(id: 1) { card more { id secret } } }";
    let outcome = known.run(operation, &[shop]).await;
    let expected = json!({"card": "************1234", "more": {"id": "1", "secret": null}});
    assert_eq!(outcome.response["data"]["member"], expected, "{}", outcome.text);
    let code = "UNAUTHORIZED_FIELD_OR_TYPE".to_owned();
    assert_eq!(outcome.errors(), [(code, json!(["member", "more", "secret"]))]);
    let outcome = viewed().with_claims(r#"{"sub":"1","scope":"cards:read names"}"#).run(operation, &[shop]).await;
    let expected = json!({"card": "4111111111111234", "more": {"id": "1", "secret": "Ann"}});
    assert_eq!(outcome.response, json!({"data": {"member": expected}}), "{}", outcome.text);
}

#[tokio::test]
async fn what_clients_hand_in_is_handed_on_in_the_supergraphs_words() {
    let found =
        r#"{"data":{"search":[{"__typename":"User","id":"1"},{"__typename":"Order"},{"__typename":"User","id":"2"}]}}"#;
    // The operation, its variables, and what the shop is sent.
    let cases = [
        (
            r#"{ found(words: "a", max: 9, kind: EVERYTHING) { ... on Member { id } } }"#,
            "{}",
            "first:5,kind:ANY,text:\\\"a\\\"",
        ),
        ("{ found { __typename } }", "{}", "search(first:3)"),
        ("query($n: Int) { found(max: $n) { __typename } }", "{}", "\"weft_2\":3"),
        ("query($n: Int) { found(max: $n) { __typename } }", r#"{"n":4}"#, "\"weft_2\":4"),
        ("query($n: Int) { found(max: $n) { __typename } }", r#"{"n":40}"#, "\"weft_2\":5"),
        ("query($n: Int) { exact(max: $n) { __typename } }", "{}", "query($weft_1:Int=3){"),
        ("query($n: Int) { exact(max: $n) { __typename } }", r#"{"n":null}"#, r#"{"weft_1":null}"#),
        ("{ given(max: null) { __typename } }", "{}", "exactly(first:3)"),
        ("query($n: Int) { given(max: $n) { __typename } }", r#"{"n":null}"#, r#"{"weft_1":3}"#),
        // Where the supergraph has the default, what is null is left out.
        ("{ least(max: null) { __typename } }", "{}", "atLeast{"),
        ("query($n: Int) { least(max: $n) { __typename } }", "{}", r#""variables":{}"#),
        ("query($n: Int) { least(max: $n) { __typename } }", r#"{"n":null}"#, r#""variables":{}"#),
        ("query($n: Int) { least(max: $n) { __typename } }", r#"{"n":4}"#, r#"{"weft_1":4}"#),
        ("query($k: Sort) { found(kind: $k) { __typename } }", r#"{"k":"EVERYTHING"}"#, r#""k":"ANY""#),
    ];
    for (operation, variables, sent) in cases {
        let operation = &operation.replace("exact(", "found: exact(").replace("given", "found: given");
        let operation = &operation.replace("least(", "found: least(");
        let field = ["given", "least"].iter().position(|name| operation.contains(name));
        let found = found.replace("search", field.map_or("search", |at| ["exactly", "atLeast"][at]));
        let outcome = viewed()
            .run_with(operation, variables, move |_| Some(crate::connector::FakeAnswer::ok(found.clone())))
            .await;
        let body = &outcome.calls[0].body;
        assert!(body.contains(sent), "{operation} {variables}: {body}");
        assert_eq!(outcome.response["data"]["found"].as_array().map(Vec::len), Some(2), "{}", outcome.text);
    }
    let paid = r#"{"data":{"pay":{"id":"1"}}}"#;
    let cases = [
        ("mutation($p: Charge!) { charge(payment: $p) { id } }", r#"{"amount":1,"kind":"ANY"}"#),
        ("mutation { charge(payment: {cents: 2}) { id } }", "{amount: 2, kind: ANY}"),
    ];
    for (operation, sent) in cases {
        let outcome = viewed()
            .run_with(operation, r#"{"p":{"cents":1}}"#, move |_| {
                Some(crate::connector::FakeAnswer::ok(paid.to_owned()))
            })
            .await;
        assert_eq!(outcome.response, json!({"data": {"charge": {"id": "1"}}}), "{}", outcome.text);
        assert!(outcome.calls[0].body.contains(sent), "{}", outcome.calls[0].body);
    }
}

#[tokio::test]
async fn objects_that_the_client_does_not_know_are_null_or_left_out() {
    let found = r#"{"data":{"search":[{"__typename":"Order"},{"__typename":"User","id":"2","name":"Ann"},{"__typename":"User","id":"3"}]}}"#;
    let cases = [
        ("{ found { __typename } }", json!({"found": [{"__typename": "Member"}, {"__typename": "Member"}]})),
        ("{ all { ... on Member { id } } }", json!({"all": [null, {"id": "2"}]})),
        ("{ first }", json!({"first": null})),
    ];
    for (operation, expected) in cases {
        let outcome = viewed().run(operation, &[("shop", "", found)]).await;
        assert_eq!(outcome.response, json!({"data": expected}), "{operation}: {}", outcome.text);
    }
}
