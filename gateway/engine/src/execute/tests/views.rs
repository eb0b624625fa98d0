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
      ours(words: String @from(name: "text")): [Found] @from(path: "search(first: $claims.org.size)") @dropUnknown
    }
    type Home @from(type: "Query") {
      name: String! @from(path: "user(id: $claims.sub).name") @fallback(value: "you", on: [ERROR, NULL])
      score: Int @from(path: "user(id: $claims.sub).score")
      rank: Int @from(path: "user(id: $claims.sub).rank") @fallback(value: 9, on: [ERROR, NULL])
    }
    type Member @from(type: "User") {
      id: ID!
      more: More! @from(path: ".")
      called: String @from(path: "name") @fallback(value: "nobody", on: [NULL])
      nick: String! @from(path: "name") @fallback(value: "x", on: [ERROR, NULL])
      card: String @mask(keepLast: 4, unlessScopes: ["cards:read"])
      score: Int @fallback(value: 0)
      points: Int @from(path: "score")
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

/// However a backend says that it has failed. What is behind a path is an object of which the client knows nothing, and what failed
/// of it is told all the same.
#[tokio::test]
async fn what_fails_is_told_or_degraded_on_the_object_and_behind_a_path() {
    let shop = ("shop", "", &*user(r#""name":"Ann""#));
    let error = |path: &str| format!(r#""errors":[{{"message":"gone","extensions":{{"code":"GONE"}}{path}}}]"#);
    let nothing = r#"{"data":{"_entities":[null]},"#;
    let failures = [
        format!(r#"{{"data":null,{}}}"#, error("")),
        format!("{nothing}{}}}", error("")),
        format!("{nothing}{}}}", error(r#","path":["_entities"]"#)),
        format!("{nothing}{}}}", error(r#","path":["_entities",0]"#)),
        format!("{nothing}{}}}", error(r#","path":["_entities",0,"score"]"#)),
    ];
    // What is asked for, what there is, and where that is an error, or where it is degraded.
    let cases = [
        ("home { score }", json!({"home": {"score": null}}), Some(json!(["home", "score"])), None),
        ("home { rank }", json!({"home": {"rank": 9}}), None, Some(json!(["home", "rank"]))),
        ("member(id: 1) { score }", json!({"member": {"score": 0}}), None, Some(json!(["member", "score"]))),
        ("member(id: 1) { points }", json!({"member": {"points": null}}), Some(json!(["member"])), None),
    ];
    let known = viewed().with_claims(r#"{"sub":"1"}"#);
    for failed in &failures {
        for (fields, data, told, stands_in) in &cases {
            let outcome = known.run(&format!("{{ {fields} }}"), &[shop, ("scores", "", failed)]).await;
            assert_eq!(outcome.response["data"], *data, "{failed}: {}", outcome.text);
            let errors: Vec<Json> = outcome.errors().into_iter().map(|(_, path)| path).collect();
            // An error whose field is known is told at the field.
            let is_told = match told {
                Some(path) => errors.len() == 1 && (errors[0] == *path || errors[0] == json!(["member", "points"])),
                None => errors.is_empty(),
            };
            assert!(is_told, "{failed} {fields}: {}", outcome.text);
            let expected = stands_in.as_ref().map(|path| json!([{"path": path, "code": "GONE"}]));
            assert_eq!(degraded(&outcome), expected.unwrap_or_default(), "{failed} {fields}: {}", outcome.text);
        }
    }
}

#[tokio::test]
async fn what_the_list_of_degraded_places_has_no_room_for_stays_an_error() {
    let shop = "type Query { users: [User] } type User @key(fields: \"id\") { id: ID! name: String }";
    let view = r#"type Query { members: [Member] @from(path: "users") @limit(max: 999) }
        type Member @from(type: "User") { name: String @fallback(value: "x") score: Int @fallback(value: 0) }"#;
    let users: Vec<String> = (0..150).map(|id| format!(r#"{{"id":"{id}","name":{id}}}"#)).collect();
    let users = format!(r#"{{"data":{{"users":[{}]}}}}"#, users.join(","));
    let failed = r#"{"data":null,"errors":[{"message":"gone"}]}"#;
    // The error is at the value, and at the object that it is in.
    for (field, stand_in) in [("name", json!("x")), ("score", json!(0))] {
        let gateway = Gateway::new(&[("shop", shop), ("scores", SCORES)]).with_view(view);
        let operation = format!("{{ members {{ {field} }} }}");
        let outcome = gateway.run(&operation, &[("shop", "", &users), ("scores", "", failed)]).await;
        let members = outcome.response["data"]["members"].as_array().map(Vec::as_slice).unwrap_or_default();
        assert_eq!(members.len(), 150, "{}", outcome.text);
        assert!(members.iter().all(|member| member[field] == stand_in), "{}", outcome.text);
        let places = |list: &Json| -> Vec<u64> {
            let places = list.as_array().into_iter().flatten().map(|item| item["path"][1].as_u64());
            places.map(|index| index.expect("the index of a member")).collect()
        };
        assert_eq!(places(&degraded(&outcome)), (0..100).collect::<Vec<_>>(), "{}", outcome.text);
        assert_eq!(places(&outcome.response["errors"]), (100..150).collect::<Vec<_>>(), "{}", outcome.text);
    }
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

/// Who asks can do nothing about the claims of a credential, and the rest of the answer does not hang on them.
#[tokio::test]
async fn a_claim_that_does_not_fit_refuses_the_field_that_needs_it_alone() {
    let (size, sub) = ("a whole number of 32 bits", "a text or a whole number");
    let cases = [
        (r#"{"sub":"1","org":{"size":"many"}}"#, "ours", "org.size", size),
        (r#"{"sub":"1","org":{"size":1099511627776}}"#, "ours", "org.size", size),
        (r#"{"sub":"1","org":"acme"}"#, "ours", "org.size", size),
        (r#"{"sub":{"id":"1"}}"#, "home", "sub", sub),
        (r#"{"sub":["1"]}"#, "home", "sub", sub),
    ];
    let answer = user(r#""name":"Ann""#);
    for (claims, refused, claim, is) in cases {
        let fields = if refused == "ours" { "ours(words: \"a\") { __typename }" } else { "home { score }" };
        let operation = format!("{{ member(id: 1) {{ id called }} {fields} }}");
        let outcome = viewed().with_claims(claims).run(&operation, &[("shop", "", &answer)]).await;
        let data = &outcome.response["data"];
        assert_eq!(data["member"], json!({"id": "1", "called": "Ann"}), "{claims}: {}", outcome.text);
        let nothing = if refused == "ours" { &data["ours"] } else { &data["home"]["score"] };
        assert_eq!(*nothing, Json::Null, "{claims}: {}", outcome.text);
        let path = if refused == "ours" { json!(["ours"]) } else { json!(["home", "score"]) };
        assert_eq!(outcome.errors(), [("UNAUTHENTICATED".to_owned(), path)], "{claims}");
        let message = format!("This field needs a credential with the claim \"{claim}\", which is {is}.");
        assert_eq!(outcome.response["errors"][0]["message"], message, "{claims}");
        assert_eq!(outcome.calls.len(), 1, "nothing is asked for what is refused");
    }
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

#[tokio::test]
async fn fields_that_look_through_one_object_are_what_each_of_them_is() {
    let shop = r#"type Query { rows: [Row] } type Row { id: ID! owner: Owner }
        type Owner @key(fields: "id") { id: ID! name: String rank: Int! color: Color city: City }
        type City { name: String zip: Int } enum Color { RED BLUE }"#;
    let scores = "type Owner @key(fields: \"id\") { id: ID! score: Int }";
    let view = r#"type Query { rows: [Flat] @limit(max: 9) } enum Colour @from(type: "Color") { ROT @from(name: "RED") BLUE }
        type Flat @from(type: "Row") { id: ID!
          name: String @from(path: "owner.name")  rank: Int @from(path: "owner.rank")
          color: Colour @from(path: "owner.color")  card: String @from(path: "owner.name") @mask(keepLast: 2)
          city: String @from(path: "owner.city.name")  zip: Int @from(path: "owner.city.zip")
          score: Int @from(path: "owner.score") @fallback(value: 0) }"#;
    const FIELDS: [&str; 7] = ["name", "rank", "color", "card", "city", "zip", "score"];
    let whole = r#"{"id":"1","name":"Anna","rank":1,"color":"RED","city":{"name":"Ulm","zip":89073}}"#;
    // What the owner is but for this, the score's answer, what comes of each field, and which have errors.
    let cases = [
        ("", "", "{\"score\":7}", json!(["Anna", 1, "ROT", "**na", "Ulm", 89073, 7]), vec![]),
        ("\"Anna\"", "null", "{\"score\":7}", json!([null, 1, "ROT", null, "Ulm", 89073, 7]), vec![]),
        ("\"Anna\"", "3", "{\"score\":7}", json!([null, 1, "ROT", null, "Ulm", 89073, 7]), vec!["name", "card"]),
        ("\"Anna\"", r#""\u0041\"na""#, "{\"score\":7}", json!(["A\"na", 1, "ROT", "**na", "Ulm", 89073, 7]), vec![]),
        ("\"rank\":1", "\"rank\":null", "null", json!(["Anna", null, "ROT", "**na", "Ulm", 89073, null]), vec!["rank"]),
        ("RED", "BLUE", "{}", json!(["Anna", 1, "BLUE", "**na", "Ulm", 89073, null]), vec![]),
        ("RED", "GREEN", "null", json!(["Anna", 1, null, "**na", "Ulm", 89073, null]), vec!["color"]),
        ("89073", "\"x\"", "null", json!(["Anna", 1, "ROT", "**na", "Ulm", null, null]), vec!["zip"]),
        (r#"{"name":"Ulm","zip":89073}"#, "null", "null", json!(["Anna", 1, "ROT", "**na", null, null, null]), vec![]),
        (whole, "null", "null", json!([null, null, null, null, null, null, null]), vec![]),
        ("", "", "{\"score\":\"x\"}", json!(["Anna", 1, "ROT", "**na", "Ulm", 89073, 0]), vec![]),
    ];
    let gateway = Gateway::new(&[("shop", shop), ("scores", scores)]).with_view(view);
    let spaced = FIELDS.map(|field| format!("{field} after_{field}: id"));
    for (part, instead, score, expected, wrong) in cases {
        let owner = whole.replace(part, if part.is_empty() { "" } else { instead });
        // The second row's owner comes in the same words.
        let rows = format!(r#"{{"data":{{"rows":[{{"id":"a","owner":{owner}}},{{"id":"b","owner":{owner}}}]}}}}"#);
        let score = format!(r#"{{"data":{{"_entities":[{score}]}}}}"#);
        for fields in [FIELDS.join(" "), spaced.join(" ")] {
            let operation = format!("{{ rows {{ {fields} }} }}");
            let outcome = gateway.run(&operation, &[("shop", "", &rows), ("scores", "", &score)]).await;
            let (mut told, mut wanted) = (vec![], vec![]);
            for at in 0..2 {
                let row = &outcome.response["data"]["rows"][at];
                let seen: Json = FIELDS.iter().map(|field| row[field].clone()).collect();
                assert_eq!(seen, expected, "{operation} of {owner}: {}", outcome.text);
                wanted.extend(wrong.iter().map(|field| json!(["rows", at, field])));
            }
            told.extend(outcome.errors().into_iter().map(|(_, path)| path));
            assert_eq!(told, wanted, "{operation} of {owner}: {}", outcome.text);
        }
    }
}
