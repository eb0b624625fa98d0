//! What the built binary lets whom see of a supergraph with `@authenticated`, `@requiresScopes` and `@policy`: by tokens, on the
//! supergraph's own endpoint, through a client's schema and over REST.

mod support;

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use jsonwebtoken::{EncodingKey, Header, encode};
use reqwest::Client;
use serde_json::{Value, json};
use support::Backend;
use support::process::{Serving, command};
use tempfile::TempDir;

const SECRET: &str = "a secret of thirty-two bytes, or more";

/// The backend answers `hello` and `say`, and counts who asks.
const SDL: &str = r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@authenticated", "@requiresScopes", "@policy"])
type Query { hello(name: String): String @authenticated say: String @policy(policies: [["staff"], ["boss", "awake"]]) }
type Mutation { say(text: String!): String! @requiresScopes(scopes: [["write"], ["admin"]]) }
"#;

const SCHEMA: &str = r#"
type Query { greeting: String @from(path: "hello") @fallback(value: "none", on: [ERROR, NULL]) home: Query! @from(path: ".") said: String @from(path: "say") }
type Mutation { tell: String @from(path: "say(text: \"x\")") }
"#;

const AUTHENTICATION: &str = "
authentication:
  jwt: { issuers: [{ issuer: https://auth/, audiences: [weft], algorithms: [HS256], key: { secret: '${env.JWT_SECRET}' } }] }
  api_keys: { file: consumers.yaml }
";

/// The key is `k`.
const CONSUMERS: &str = r#"
consumers:
  - id: acme
    keys: ["sha256:8254c329a92850f6d539dd376f4816ee2764517da5e0235514af433164480d7a"]
    roles: [staff]
    scopes: [write]
"#;

const POLICIES: &str = r#"
authorization:
  policies:
    staff: $.roles->contains("staff")
    boss: $.org.boss
    awake: $(true)
"#;

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().expect("it is in the folder")).expect("a folder");
    std::fs::write(path, text).expect("a file");
}

/// A gateway before the backend, with this at the end of its configuration.
async fn start(backend: &Backend, configuration: &str) -> (Serving, TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("http://{}/graphql", backend.address);
    write(folder.path(), "supergraph.graphql", &support::composed(&[("greeter", &url, SDL)]).text);
    write(folder.path(), "consumers.yaml", CONSUMERS);
    write(folder.path(), "clients/web/schema.graphql", SCHEMA);
    let operation = "query Greeting @rest(path: \"/greeting\", root: \"greeting\") { greeting }\n\
                     query Said @rest(path: \"/said\", root: \"said\") { said }";
    write(folder.path(), "clients/web/operations/all.graphql", operation);
    let common = "listen: 127.0.0.1:0\nsupergraph: { path: supergraph.graphql }\nbff: { path: clients }\n";
    write(folder.path(), "weft.yaml", &format!("{common}{configuration}"));
    let mut command = command(folder.path(), &["serve"]);
    command.env("JWT_SECRET", SECRET);
    let serving = tokio::task::spawn_blocking(move || Serving::start(command)).await.expect("it starts");
    (serving, folder)
}

/// A token with these claims; other JSON is none.
fn token(claims: &Value) -> Option<String> {
    let mut claims = claims.as_object()?.clone();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
    claims.extend([
        ("iss".to_owned(), json!("https://auth/")),
        ("aud".to_owned(), json!("weft")),
        ("exp".to_owned(), json!(now + 600)),
    ]);
    Some(encode(&Header::default(), &claims, &EncodingKey::from_secret(SECRET.as_bytes())).expect("it can be signed"))
}

/// Status and body of an answer for one with these claims; `null` is nobody, and a text an API key. A path of its own is asked by GET, and text by POST to a path of GraphQL.
async fn ask(serving: &Serving, claims: &Value, path: &str, query: &str) -> (u16, Value) {
    let url = format!("{}{path}", serving.url);
    let request = match query {
        "" => Client::new().get(url),
        query => {
            let body = json!({ "query": query }).to_string();
            Client::new().post(url).header("content-type", "application/json").body(body)
        }
    };
    let request = match token(claims) {
        Some(token) => request.bearer_auth(token),
        None => claims.as_str().into_iter().fold(request, |request, key| request.header("x-api-key", key)),
    };
    let response = request.send().await.unwrap_or_else(|error| panic!("{query}: {error}"));
    let status = response.status().as_u16();
    let body = response.text().await.unwrap_or_else(|error| panic!("{query}: {error}"));
    (status, serde_json::from_str(&body).unwrap_or_else(|error| panic!("{query}: {error}: {body}")))
}

/// Code and path of each error.
fn errors(answer: &Value) -> Vec<(&str, Value)> {
    let errors = answer["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
    errors
        .iter()
        .map(|error| (error["extensions"]["code"].as_str().unwrap_or_default(), error["path"].clone()))
        .collect()
}

const PLAIN: &str = "/graphql";
const WEB: &str = "/bff/web/graphql";
const SCOPES: &str = "UNAUTHORIZED_FIELD_OR_TYPE";

#[tokio::test]
async fn a_token_says_what_is_seen_and_the_backend_is_asked_for_no_more() {
    let backend = Backend::start().await;
    let (serving, _folder) = start(&backend, &format!("{AUTHENTICATION}{POLICIES}")).await;
    assert!(!serving.said.contains("warning"), "{}", serving.said);
    let nobody = Value::Null;
    // Whose claims, where, what is asked; the data and the errors; whether the backend is asked.
    #[rustfmt::skip]
    let cases = [
        (nobody.clone(), PLAIN, "{ hello say }", json!({"hello": null, "say": null}), vec![("UNAUTHENTICATED", json!(["hello"])), (SCOPES, json!(["say"]))], false),
        (json!({}), PLAIN, "{ h: hello say }", json!({"h": "hi", "say": null}), vec![(SCOPES, json!(["say"]))], true),
        (json!("k"), PLAIN, "{ hello say }", json!({"hello": "hi", "say": "ok"}), vec![], true),
        (json!("k"), WEB, "mutation { tell }", json!({"tell": "ok"}), vec![], true),
        (json!({"roles": ["staff"]}), PLAIN, "{ hello say }", json!({"hello": "hi", "say": "ok"}), vec![], true),
        (json!({"org": {"boss": true}}), PLAIN, "{ say }", json!({"say": "ok"}), vec![], true),
        (json!({"org": {"boss": "yes"}}), PLAIN, "{ say }", json!({"say": null}), vec![(SCOPES, json!(["say"]))], false),
        (json!({"scope": "read write"}), PLAIN, r#"mutation { say(text: "x") }"#, json!({"say": "ok"}), vec![], true),
        (json!({"scp": ["admin"]}), PLAIN, r#"mutation { say(text: "x") }"#, json!({"say": "ok"}), vec![], true),
        (json!({"scope": "read"}), PLAIN, r#"mutation { say(text: "x") }"#, nobody.clone(), vec![(SCOPES, json!(["say"]))], false),
        (nobody.clone(), PLAIN, r#"mutation { say(text: "x") }"#, nobody.clone(), vec![(SCOPES, json!(["say"]))], false),
        (nobody.clone(), WEB, "{ greeting home { said } }", json!({"greeting": null, "home": {"said": null}}),
            vec![("UNAUTHENTICATED", json!(["greeting"])), (SCOPES, json!(["home", "said"]))], false),
        (json!({}), WEB, "{ home { greeting } }", json!({"home": {"greeting": "hi"}}), vec![], true),
        (json!({"scope": "write"}), WEB, "mutation { tell }", json!({"tell": "ok"}), vec![], true),
        (json!({}), WEB, "mutation { tell }", json!({"tell": null}), vec![(SCOPES, json!(["tell"]))], false),
    ];
    for (claims, path, query, data, expected, is_asked) in cases {
        let before = backend.calls();
        let (status, answer) = ask(&serving, &claims, path, query).await;
        assert_eq!((status, &answer["data"], errors(&answer)), (200, &data, expected), "{claims} {query}: {answer}");
        assert_eq!(backend.calls() > before, is_asked, "{claims} {query}");
        assert_eq!(answer["extensions"], Value::Null, "{claims} {query}: {answer}");
    }
    for (claims, path, status) in [
        (nobody.clone(), "/bff/web/greeting", 401),
        (json!({}), "/bff/web/greeting", 200),
        (json!({}), "/bff/web/said", 403),
    ] {
        assert_eq!(ask(&serving, &claims, path, "").await.0, status, "{claims} {path}");
    }
}

#[tokio::test]
async fn an_operation_can_be_refused_as_a_whole_and_a_request_without_a_token_too() {
    let backend = Backend::start().await;
    let configuration = format!(
        "{AUTHENTICATION}authorization:\n  require_authentication: true\n  directives: {{ reject_unauthorized: true }}\n  policies: {{ staff: $.staff, boss: $.boss, awake: $.awake }}\n"
    );
    let (serving, _folder) = start(&backend, &configuration).await;
    let (status, answer) = ask(&serving, &Value::Null, PLAIN, "{ __typename }").await;
    assert_eq!((status, errors(&answer)), (401, vec![("UNAUTHENTICATED", Value::Null)]), "{answer}");
    for path in [PLAIN, WEB] {
        let query = if path == PLAIN { "{ hello say }" } else { "{ greeting said }" };
        let (status, answer) = ask(&serving, &json!({}), path, query).await;
        assert_eq!((status, errors(&answer)), (200, vec![(SCOPES, Value::Null)]), "{answer}");
        assert!(answer.get("data").is_none(), "{answer}");
        let message = answer["errors"][0]["message"].as_str().expect("a message");
        assert!(message.starts_with(if path == PLAIN { "Query.say: " } else { "Query.said: " }), "{message}");
        assert_eq!(backend.calls(), 0, "nothing is asked");
    }
    let (status, answer) = ask(&serving, &json!({"staff": true}), PLAIN, "{ hello say }").await;
    assert_eq!((status, &answer), (200, &json!({"data": {"hello": "hi", "say": "ok"}})));
}

#[tokio::test]
async fn what_nobody_can_be_is_told_at_the_start_and_by_check() {
    let backend = Backend::start().await;
    let policies = "authorization: { policies: { stuff: $.staff, boss: $.boss, awake: $.awake } }\n";
    let cases = [
        ("", vec!["NO_AUTHENTICATION", "`authentication`"]),
        (AUTHENTICATION, vec!["UNKNOWN_POLICY", "\"staff\"", "\"boss\"", "\"awake\""]),
        (&*format!("{AUTHENTICATION}{policies}"), vec!["UNKNOWN_POLICY", "did you mean \"stuff\"?", "UNUSED_CONFIG"]),
        (&*format!("{AUTHENTICATION}{POLICIES}"), vec![]),
    ];
    for (configuration, expected) in cases {
        let (serving, folder) = start(&backend, configuration).await;
        write(folder.path(), "greeter.graphql", SDL);
        let subgraphs =
            "subgraphs: { greeter: { routing_url: \"http://127.0.0.1:9\", schema: { file: greeter.graphql } } }";
        write(folder.path(), "supergraph.yaml", subgraphs);
        let check = command(folder.path(), &["check"]).env("JWT_SECRET", SECRET).output().expect("it runs");
        let checked = String::from_utf8(check.stderr).expect("UTF-8");
        assert!(check.status.success(), "{checked}");
        for said in [&serving.said, &checked] {
            let is_warned =
                ["NO_AUTHENTICATION", "UNKNOWN_POLICY", "UNUSED_CONFIG"].iter().any(|code| said.contains(code));
            assert_eq!(is_warned, !expected.is_empty(), "{said}");
            assert!(expected.iter().all(|text| said.contains(text)), "{expected:?}: {said}");
        }
        if configuration.is_empty() {
            let (_, answer) = ask(&serving, &json!({}), PLAIN, "{ hello }").await;
            assert_eq!(errors(&answer), [("UNAUTHENTICATED", json!(["hello"]))], "{answer}");
        }
    }
    assert_eq!(backend.calls(), 0);
}
