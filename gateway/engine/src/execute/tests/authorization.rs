//! Tests of what a client is told where it may not see what it asks for: by the supergraph, or through a view.

use futures_util::StreamExt;
use http::HeaderMap;
use serde_json::{Value as Json, json};
use tokio::sync::mpsc;

use crate::SubscriptionLimits;
use crate::connector::{Connectors, Fake};
use crate::testing::Gateway;

const SHOP: &str = r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@authenticated", "@requiresScopes"])
type Query { user: User users: [User] strict: [User!] all: [Hit] pets: [Pet] me: User! @authenticated }
type Mutation { open: Int close: Int @authenticated drop: Int! @authenticated }
type Subscription { changed: Int @authenticated }
type User @key(fields: "id") { id: ID! name: String mail: String @requiresScopes(scopes: [["mail"]]) pin: Int! @requiresScopes(scopes: [["pin"]]) }
union Hit = User | Note
type Note @requiresScopes(scopes: [["notes"]]) { text: String }
interface Pet { name: String }
type Cat implements Pet { name: String @requiresScopes(scopes: [["cats"]]) }
type Dog implements Pet { name: String }
"#;

/// What composition passes on to the interface is taken out again, so that pets differ.
fn shop() -> Gateway {
    let gateway = Gateway::composed(&[("shop", SHOP.to_owned())], &|_, _| None);
    let passed =
        "interface Pet\n  @join__type(graph: SHOP)\n{\n  name: String @requiresScopes(scopes: [[\"cats\"]])\n}";
    let sdl = gateway.text.replace(passed, "interface Pet @join__type(graph: SHOP) { name: String }");
    assert_ne!(sdl, gateway.text, "{sdl}");
    Gateway::loaded(&sdl)
}

const USERS: &str = r#"{"data":{"user":{"id":"1","name":"A"},"users":[{"id":"1","name":"A"},null,{"id":"2","name":"B"}],
    "strict":[{"id":"1"},{"id":"2"}],"all":[{"__typename":"User","name":"A"},{"__typename":"Note"}],
    "pets":[{"__typename":"Cat"},{"__typename":"Dog","name":"D"},{"__typename":"Cat"}],"open":1}}"#;

const MAIL: (&str, &str) = ("UNAUTHORIZED_FIELD_OR_TYPE", "mail");

/// Runs an operation, and holds what the client gets against what is expected: the data, and code and path of each error.
async fn check(gateway: &Gateway, operation: &str, data: Json, errors: &[(&str, Json)]) {
    let outcome = gateway.run(operation, &[("shop", "", USERS)]).await;
    let expected: Vec<(String, Json)> = errors.iter().map(|(code, path)| ((*code).to_owned(), path.clone())).collect();
    assert_eq!((&outcome.response["data"], outcome.errors()), (&data, expected), "{operation}: {}", outcome.text);
    assert_eq!(outcome.response["extensions"], Json::Null, "nothing is degraded: {}", outcome.text);
}

#[tokio::test]
async fn a_refused_field_is_null_at_each_place_and_the_rest_is_there() {
    let gateway = shop().with_claims(r#"{"sub":"1","scope":"other"}"#);
    let (scopes, mail) = MAIL;
    #[rustfmt::skip]
    let cases = [
        ("{ user { name m: mail } }", json!({"user": {"name": "A", "m": null}}), vec![(scopes, json!(["user", "m"]))]),
        ("{ users { name mail } }", json!({"users": [{"name": "A", "mail": null}, null, {"name": "B", "mail": null}]}),
            vec![(scopes, json!(["users", 0, mail])), (scopes, json!(["users", 2, mail]))]),
        // Where it may not be null, what holds it is.
        ("{ user { name pin } users { id } }", json!({"user": null, "users": [{"id": "1"}, null, {"id": "2"}]}), vec![(scopes, json!(["user", "pin"]))]),
        ("{ strict { id pin } }", json!({"strict": null}), vec![(scopes, json!(["strict", 0, "pin"]))]),
        ("{ all { ... on User { name } ... on Note { text } } }", json!({"all": [{"name": "A"}, {"text": null}]}),
            vec![(scopes, json!(["all", 1, "text"]))]),
        ("{ all { __typename } }", json!({"all": [{"__typename": "User"}, null]}), vec![(scopes, json!(["all", 1, "__typename"]))]),
        ("{ pets { name } }", json!({"pets": [{"name": null}, {"name": "D"}, {"name": null}]}),
            vec![(scopes, json!(["pets", 0, "name"])), (scopes, json!(["pets", 2, "name"]))]),
    ];
    for (operation, data, errors) in cases {
        check(&gateway, operation, data, &errors).await;
    }
}

#[tokio::test]
async fn what_is_refused_is_not_asked_and_has_no_effect() {
    let gateway = shop();
    let outcome = gateway.run("mutation { close open }", &[("shop", "", USERS)]).await;
    assert_eq!(outcome.response["data"], json!({"close": null, "open": 1}), "{}", outcome.text);
    assert_eq!(outcome.errors(), [("UNAUTHENTICATED".to_owned(), json!(["close"]))], "{}", outcome.text);
    assert!(outcome.calls.iter().all(|call| !call.operation.contains("close")), "{:?}", outcome.calls);

    let outcome = gateway.run("mutation { drop close }", &[]).await;
    assert_eq!(outcome.response["data"], Json::Null, "{}", outcome.text);
    assert_eq!(outcome.calls.len(), 0, "{:?}", outcome.calls);

    let outcome = gateway.run("{ me { id } }", &[]).await;
    assert_eq!(outcome.response["data"], Json::Null, "{}", outcome.text);
    assert_eq!(outcome.errors(), [("UNAUTHENTICATED".to_owned(), json!(["me"]))], "{}", outcome.text);
    assert_eq!(outcome.calls.len(), 0, "{:?}", outcome.calls);
}

#[tokio::test]
async fn a_refused_subscription_is_one_event() {
    for (gateway, expected) in
        [(shop(), json!({"data": {"changed": null}})), (shop().with_claims("{}"), json!({"data": {"changed": 7}}))]
    {
        let (sender, events) = mpsc::channel(1);
        sender.send(Some(r#"{"changed":7}"#.to_owned())).await.expect("there is room");
        drop(sender);
        let connectors = Connectors::fake(&gateway.supergraph, &Fake::new(|_| None).with_events(events));
        let limits = SubscriptionLimits::default();
        let stream = gateway.subscribe_on(&connectors, &HeaderMap::new(), "subscription { changed }", limits);
        let answers: Vec<_> = stream.collect().await;
        let [answer] = &answers[..] else { panic!("{answers:?}") };
        let answer: Json = serde_json::from_slice(&answer.body).expect("JSON");
        assert_eq!(answer["data"], expected["data"], "{answer}");
        assert_eq!(
            answer["errors"][0]["path"],
            if answer["data"]["changed"] == 7 { Json::Null } else { json!(["changed"]) }
        );
    }
}

#[tokio::test]
async fn a_view_shows_a_refusal_in_its_own_terms_and_has_no_fallback_for_it() {
    let view = r#"
        type Query {
          address: String @from(path: "user.mail") @fallback(value: "none", on: [ERROR, NULL])
          names: [String] @from(path: "pets[].name") @fallback(value: [], on: [ERROR, NULL])
          first: String! @from(path: "pets[0].name") @fallback(value: "none", on: [ERROR, NULL])
          second: String! @from(path: "pets[1].name") @fallback(value: "none", on: [ERROR, NULL])
          user: Person
        }
        type Person @from(type: "User") { called: String @from(path: "name") address: String @from(path: "mail") }"#;
    let gateway = shop().with_view(view);
    let (scopes, _) = MAIL;
    #[rustfmt::skip]
    let cases = [
        ("{ a: address user { called address } }", json!({"a": null, "user": {"called": "A", "address": null}}),
            vec![(scopes, json!(["a"])), (scopes, json!(["user", "address"]))]),
        // On the way it hangs on what is found.
        ("{ names }", json!({"names": [null, "D", null]}), vec![(scopes, json!(["names", 0])), (scopes, json!(["names", 2]))]),
        ("{ second }", json!({"second": "D"}), vec![]),
        ("{ first }", Json::Null, vec![(scopes, json!(["first"]))]),
    ];
    for (operation, data, errors) in cases {
        check(&gateway, operation, data, &errors).await;
    }
}
