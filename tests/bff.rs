//! How clients with a schema of their own are served, by the built binary: from their folders to answers over HTTP.

mod support;

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use jsonwebtoken::{EncodingKey, Header, encode};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use support::Backend;
use support::process::{Serving, command};
use tempfile::TempDir;

/// Where nobody listens.
const NOWHERE: &str = "http://127.0.0.1:9/graphql";

const SECRET: &str = "a secret of thirty-two bytes, or more";

/// The schema of the subgraph where nobody listens.
const OTHER: &str = r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
type Query { lost: String nest: Nest vault: Vault } type Nest { nest: Nest } type Vault @key(fields: "id") { id: ID! }"#;

/// The schema of one that has a field to which nothing leads.
const HIDDEN: &str = r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
type Vault @key(fields: "id", resolvable: false) { id: ID! gold: String }"#;

const SCHEMA: &str = r#"
type Query {
  greeting(who: String @from(name: "name")): String @from(path: "hello")
  mine: String @from(path: "hello(name: $claims.sub)")
  slow: String
  lost: String
  again: Query! @from(path: ".")
  nowhere: String @from(path: "vault.gold")
}
type Mutation { tell(text: String!): String @from(path: "say") }
"#;

/// The clients, each with its policy.
const CLIENTS: [(&str, &str); 6] = [
    ("web", ""),
    (
        "partner-v1",
        "exposure: partner\nauth: { audiences: [partner, friend] }\ntier: bronze\nintrospection: true\n\
         lifecycle: { deprecated: 2026-01-01, sunset: 2999-12-31, successor: partner-v2 }\n",
    ),
    ("partner-v2", "auth: { audiences: [partner] }\n"),
    ("gone", "lifecycle: { sunset: 2001-02-03, successor: web }\n"),
    ("kiosk", "operations: registered\n"),
    ("hasty", "timeout: 250ms\n"),
];

const WEFT_YAML: &str = "
listen: 127.0.0.1:0
supergraph: { path: supergraph.graphql }
bff: { path: clients }
traffic: { all: { timeout: 60s } }
tiers:
  bronze: { limits: { depth: 2 }, timeout: 5s }
authentication:
  jwt:
    issuers:
      - { issuer: https://auth/, audiences: [weft], algorithms: [HS256], key: { secret: '${env.JWT_SECRET}' } }
";

/// In `clients`, by their paths.
type Files<'a> = &'a [(&'a str, &'a str)];

type Texts<'a> = &'a [&'a str];

/// A folder with a gateway's files: what is in its `clients` is left to the test.
fn folder(greeter: &str, clients: Files<'_>) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let supergraph = support::composed(&[
        ("greeter", greeter, support::SDL),
        ("other", NOWHERE, OTHER),
        ("hidden", NOWHERE, HIDDEN),
    ]);
    write(folder.path(), "supergraph.graphql", &supergraph.text);
    write(folder.path(), "weft.yaml", WEFT_YAML);
    for (name, text) in clients {
        write(folder.path(), &format!("clients/{name}"), text);
    }
    folder
}

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().expect("it is in the folder")).expect("a folder");
    std::fs::write(path, text).expect("a file");
}

/// A gateway of the clients above.
async fn start(backend: &Backend) -> (Serving, TempDir) {
    let files = CLIENTS.iter().flat_map(|(name, policy)| {
        [(format!("{name}/schema.graphql"), SCHEMA), (format!("{name}/client.yaml"), *policy)]
    });
    let files: Vec<(String, &str)> = files.collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), *text)).collect();
    let folder = folder(&format!("http://{}/graphql", backend.address), &files);
    let mut command = command(folder.path(), &["serve"]);
    command.env("JWT_SECRET", SECRET);
    let serving = tokio::task::spawn_blocking(move || Serving::start(command)).await.expect("it starts");
    (serving, folder)
}

/// A token of `u1` that expires so many seconds from now.
fn token(audiences: &[&str], expires_in: i64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
    let expires = i64::try_from(now).expect("it fits") + expires_in;
    let claims = json!({ "iss": "https://auth/", "aud": audiences, "sub": "u1", "exp": expires });
    encode(&Header::default(), &claims, &EncodingKey::from_secret(SECRET.as_bytes())).expect("it can be signed")
}

struct Request {
    method: Method,
    path: String,
    headers: Vec<(&'static str, String)>,
    body: String,
}

/// What is expected of a response: its status, texts that are in its body, and headers. A text that begins with `!` is not there.
struct Expected(u16, Vec<&'static str>, Vec<(&'static str, &'static str)>);

fn post(client: &str, query: &str) -> Request {
    let headers = vec![("content-type", "application/json".to_owned())];
    let path = format!("/bff/{client}/graphql");
    Request { method: Method::POST, path, headers, body: json!({ "query": query }).to_string() }
}

fn get(client: &str, query: &str) -> Request {
    let query: String = form_urlencoded::byte_serialize(query.as_bytes()).collect();
    let path = format!("/bff/{client}/graphql?query={query}");
    Request { method: Method::GET, path, headers: vec![], body: String::new() }
}

impl Request {
    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self.headers.push((name, value.into()));
        self
    }

    fn of(self, token: &str) -> Self {
        self.with("authorization", format!("Bearer {token}"))
    }

    fn by(mut self, method: Method) -> Self {
        self.method = method;
        self
    }

    fn to(mut self, path: &str) -> Self {
        self.path = path.to_owned();
        self
    }
}

/// Sends the requests one by one, and tells of all that are not answered as expected.
async fn check(serving: &Serving, cases: Vec<(&str, Request, Expected)>) {
    let client = Client::new();
    let mut failures = vec![];
    for (name, request, Expected(status, texts, headers)) in cases {
        let mut sent = client.request(request.method, format!("{}{}", serving.url, request.path)).body(request.body);
        for (name, value) in request.headers {
            sent = sent.header(name, value);
        }
        let response = sent.send().await.unwrap_or_else(|error| panic!("{name}: {error}"));
        let (got, got_headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.text().await.unwrap_or_else(|error| panic!("{name}: {error}"));
        let has = |text: &str| match text.strip_prefix('!') {
            Some(absent) => !body.contains(absent),
            None => body.contains(text),
        };
        let shows = |(name, value): &(&str, &str)| {
            got_headers.get(*name).map_or(value.is_empty(), |got| got.to_str().is_ok_and(|got| got == *value))
        };
        if got != status || !texts.iter().all(|text| has(text)) || !headers.iter().all(shows) {
            failures.push(format!("{name}: {got}\n  {body}\n  {got_headers:?}"));
        }
    }
    assert!(failures.is_empty(), "{} cases fail:\n{}", failures.len(), failures.join("\n"));
}

#[tokio::test]
async fn a_client_is_served_its_own_schema_as_graphql_over_http_says() {
    let backend = Backend::start().await;
    let (serving, _folder) = start(&backend).await;
    let greeted = r#"{"data":{"greeting":"hi"}}"#;
    let is = |status, text| Expected(status, vec![text], vec![]);
    let escaped = json!({ "query": "{ greeting }", "extensions": null }).to_string();
    let mut with_extensions = post("web", "");
    with_extensions.body = escaped;
    check(
        &serving,
        vec![
            ("POST", post("web", "{ greeting }"), is(200, greeted)),
            ("POST again", post("web", "{ greeting }"), is(200, greeted)),
            ("null extensions", with_extensions, is(200, greeted)),
            ("GET", get("web", "{ greeting }"), Expected(200, vec![greeted], vec![("vary", "accept, authorization")])),
            (
                "events",
                post("web", "{ greeting }").with("accept", "text/event-stream"),
                Expected(
                    200,
                    vec!["event: next\ndata: {\"data\":{\"greeting\":\"hi\"}}\n\nevent: complete"],
                    vec![("content-type", "text/event-stream; charset=utf-8")],
                ),
            ),
            ("a mutation", post("web", r#"mutation { tell(text: "x") }"#), is(200, r#"{"data":{"tell":"ok"}}"#)),
            ("a mutation by GET", get("web", r#"mutation { tell(text: "x") }"#), is(405, "by POST")),
            ("a name of the supergraph", post("web", "{ hello }"), is(200, "GRAPHQL_VALIDATION_FAILED")),
            (
                "a refusal as its own type says",
                post("web", "{ hello }").with("accept", "application/graphql-response+json"),
                is(400, "GRAPHQL_VALIDATION_FAILED"),
            ),
            (
                "the same text elsewhere",
                post("web", "{ greeting }").to("/graphql"),
                is(200, "GRAPHQL_VALIDATION_FAILED"),
            ),
            ("the supergraph's own", post("web", "{ hello }").to("/graphql"), is(200, r#"{"data":{"hello":"hi"}}"#)),
            ("an unknown client", post("desktop", "{ greeting }"), is(404, "NOT_FOUND")),
            ("an unknown client by GET", get("desktop", "{ greeting }"), is(404, "NOT_FOUND")),
            ("no endpoint", post("web", "{ greeting }").to("/bff/web"), is(404, "NOT_FOUND")),
            ("another method", post("web", "{ greeting }").by(Method::PUT), is(405, "GET, POST")),
            ("a forged GET", get("web", "{ greeting }").with("origin", "http://a"), is(400, "CSRF_PREVENTION_FAILED")),
            ("a simple POST", post("web", "{ greeting }").with("content-type", "text/plain"), is(415, "CSRF")),
            ("not acceptable", post("web", "{ greeting }").with("accept", "text/html"), is(406, "Accept")),
        ],
    )
    .await;
}

/// So many fields in one another, and a last one.
fn nested(field: &str, times: usize) -> String {
    format!("{{ {}__typename{} }}", format!("{field} {{ ").repeat(times), " }".repeat(times))
}

/// Twice as many objects with each level, in a text that grows by a line.
fn doubling(levels: usize) -> String {
    let mut text = String::from("{ ...F0 }");
    for level in 0..levels {
        let next = level + 1;
        text += &format!(" fragment F{level} on Query {{ a: again {{ ...F{next} }} b: again {{ ...F{next} }} }}");
    }
    text + &format!(" fragment F{levels} on Query {{ __typename }}")
}

#[tokio::test]
async fn policies_hold() {
    let backend = Backend::start().await;
    let (serving, _folder) = start(&backend).await;
    let partner = token(&["weft", "partner"], 600);
    let schema = "{ __schema { queryType { name } } }";
    let is = |status, texts: &[&'static str]| Expected(status, texts.to_vec(), vec![]);
    let deep = "{ again { again { greeting } } }";
    let announced = vec![
        ("deprecation", "@1767225600"),
        ("sunset", "Tue, 31 Dec 2999 00:00:00 GMT"),
        ("link", "</bff/partner-v2/graphql>; rel=\"successor-version\""),
    ];
    let unannounced = vec![("deprecation", ""), ("sunset", ""), ("link", "")];
    check(
        &serving,
        vec![
            ("introspection is off", post("web", schema), is(200, &["INTROSPECTION_DISABLED"])),
            ("and on", post("partner-v1", schema).of(&partner), is(200, &[r#""queryType":{"name":"Query"}"#])),
            (
                "what is introspected has none of weft's directives",
                post("partner-v1", "{ __schema { directives { name } } }").of(&partner),
                is(200, &["deprecated", "!\"from\"", "!fallback"]),
            ),
            (
                "introspection is at the root alone",
                post("partner-v1", "{ again { __schema { queryType { name } } } }").of(&partner),
                is(200, &["GRAPHQL_VALIDATION_FAILED", "__schema", "!\"data\""]),
            ),
            ("a depth that is allowed", post("partner-v1", "{ again { greeting } }").of(&partner), is(200, &["hi"])),
            (
                "too deep",
                post("partner-v1", deep).of(&partner),
                is(200, &["MAX_DEPTH_LIMIT", "3 fields in one another; 2 are allowed", "!\"data\""]),
            ),
            ("no tier", post("web", deep), is(200, &[r#"{"data":{"again":{"again":{"greeting":"hi"}}}}"#])),
            (
                "too deep for anybody",
                post("web", &nested("again", 20)),
                is(200, &["MAX_DEPTH_LIMIT", "21 fields in one another; 20 are allowed", "!\"data\""]),
            ),
            ("as deep as is allowed", post("web", &nested("again", 19)), is(200, &["\"data\""])),
            (
                "too deep for the supergraph's own",
                post("web", &nested("nest", 20)).to("/graphql"),
                is(200, &["MAX_DEPTH_LIMIT", "21 fields in one another; 20 are allowed"]),
            ),
            (
                "as deep as is allowed there",
                post("web", &nested("nest", 19)).to("/graphql"),
                is(200, &["SUBREQUEST_UNAVAILABLE"]),
            ),
            ("an object in itself thirty times", post("web", &doubling(4)), is(200, &["\"data\"", "!errors"])),
            (
                "and too often",
                post("web", &doubling(5)),
                is(200, &["COST_ESTIMATED_TOO_EXPENSIVE", "more than 50 times", "!\"data\""]),
            ),
            (
                "errors in full",
                post("web", "{ lost }"),
                is(200, &[r#""service":"other""#, "SUBREQUEST_UNAVAILABLE", "cannot be reached"]),
            ),
            (
                "errors masked",
                post("partner-v1", "{ lost }").of(&partner),
                is(
                    200,
                    &[
                        "This could not be loaded.",
                        r#""path":["lost"]"#,
                        "SUBREQUEST_UNAVAILABLE",
                        "!other",
                        "!reached",
                    ],
                ),
            ),
            (
                "masked in an event",
                post("partner-v1", "{ lost }").of(&partner).with("accept", "text/event-stream"),
                is(200, &["event: next", "This could not be loaded.", "!other"]),
            ),
            (
                "what cannot be planned",
                post("web", "{ nowhere }"),
                is(500, &["INTERNAL_SERVER_ERROR", "vault", "!\"data\""]),
            ),
            (
                "what cannot be planned, masked",
                post("partner-v1", "{ nowhere }").of(&partner),
                is(500, &["INTERNAL_SERVER_ERROR", "its log has the cause", "!ault", "!gold", "!\"data\""]),
            ),
            ("not registered", post("kiosk", "{ greeting }"), is(200, &["QUERY_NOT_IN_SAFELIST", "!\"data\""])),
            (
                "an end that is announced",
                post("partner-v1", "{ greeting }").of(&partner),
                Expected(200, vec!["hi"], announced.clone()),
            ),
            ("also to who is not let in", post("partner-v1", "{ greeting }"), Expected(401, vec![], announced)),
            ("no end", post("web", "{ greeting }"), Expected(200, vec!["hi"], unannounced)),
            (
                "an end that has come",
                post("gone", "{ greeting }"),
                Expected(
                    410,
                    vec!["GONE", "!\"data\""],
                    vec![
                        ("sunset", "Sat, 03 Feb 2001 00:00:00 GMT"),
                        ("link", "</bff/web/graphql>; rel=\"successor-version\""),
                    ],
                ),
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn credentials_decide_who_is_let_in() {
    let backend = Backend::start().await;
    let (serving, _folder) = start(&backend).await;
    let (weft, partner) = (token(&["weft"], 600), token(&["weft", "partner"], 600));
    let (expired, foreign) = (token(&["weft", "partner"], -600), token(&["partner"], 600));
    let is = |status, texts: &[&'static str]| Expected(status, texts.to_vec(), vec![]);
    let challenged =
        |texts: &[&'static str], challenge| Expected(401, texts.to_vec(), vec![("www-authenticate", challenge)]);
    let expiry = r#"Bearer error="invalid_token", error_description="the token expired""#;
    let greeting = |client: &str| post(client, "{ greeting }");
    check(
        &serving,
        vec![
            ("nobody", greeting("partner-v1"), challenged(&["UNAUTHENTICATED", "!\"data\""], "Bearer")),
            ("one of its audiences", greeting("partner-v1").of(&partner), is(200, &["hi"])),
            (
                "in any case",
                greeting("partner-v1").with("authorization", format!("bearer {partner}")),
                is(200, &["hi"]),
            ),
            ("by GET", get("partner-v1", "{ greeting }").of(&partner), is(200, &["hi"])),
            (
                "for another client",
                greeting("partner-v1").of(&weft),
                Expected(
                    403,
                    vec!["FORBIDDEN", "!\"data\""],
                    vec![(
                        "www-authenticate",
                        r#"Bearer error="insufficient_scope", error_description="the token is not for this client""#,
                    )],
                ),
            ),
            ("for another gateway", greeting("partner-v1").of(&foreign), is(401, &["UNAUTHENTICATED", "audience"])),
            ("expired", greeting("partner-v1").of(&expired), challenged(&["token expired"], expiry)),
            (
                "expired where nobody need be known",
                greeting("web").of(&expired),
                challenged(&["token expired"], expiry),
            ),
            ("expired at the supergraph's", greeting("web").of(&expired).to("/graphql"), challenged(&[], expiry)),
            ("no token", greeting("web").of("abc"), is(401, &["not a JSON Web Token"])),
            ("of another kind", greeting("web").with("authorization", "Basic dTpw"), challenged(&[], "Bearer")),
            ("nobody need be known", greeting("web"), is(200, &["hi"])),
            ("who asks for what is theirs", post("web", "{ mine }"), is(200, &["UNAUTHENTICATED", r#""mine":null"#])),
        ],
    )
    .await;
    assert!(!backend.body().contains("u1"));
    // The same operation, of somebody else.
    check(&serving, vec![("theirs", post("web", "{ mine }").of(&weft), is(200, &[r#"{"data":{"mine":"hi"}}"#]))]).await;
    let sent: Value = serde_json::from_str(&backend.body()).expect("JSON");
    let variables = sent["variables"].as_object().map(|variables| variables.values().cloned().collect::<Vec<_>>());
    assert_eq!(variables, Some(vec![json!("u1")]), "{sent}");
}

/// The backend answers neither; what ends the call is the client's own timeout, and the other one's is a hundredfold.
#[tokio::test]
async fn a_client_has_a_timeout_of_its_own() {
    let backend = Backend::start().await;
    let (serving, _folder) = start(&backend).await;
    let ask = async |client: &str| {
        let request = post(client, "{ slow }");
        let sent = Client::new().post(format!("{}{}", serving.url, request.path)).body(request.body);
        let response = sent.header("content-type", "application/json").send().await.expect("an answer");
        response.text().await.expect("a body")
    };
    tokio::select! {
        late = ask("hasty") => assert!(late.contains("SUBGRAPH_TIMEOUT"), "{late}"),
        late = ask("web") => panic!("the one that has time is the first: {late}"),
    }
}

#[test]
fn clients_that_are_wrong_are_told_of_at_the_start_and_nothing_is_served() {
    let bronze = "tier: bronze\nlimits: { depth: 3 }\n";
    let cases: [(Files<'_>, Texts<'_>); 4] = [
        (
            &[("web/schema.graphql", "type Query {\n  greeting: String @from(path: \"helo\")\n}")],
            &["UNKNOWN_PATH", "web/schema.graphql:2:", "@from(path: \"helo\")", "hello"],
        ),
        (
            &[("web/schema.graphql", SCHEMA), ("web/client.yaml", bronze)],
            &["POLICY_EXCEEDS_TIER", "web/client.yaml:2:", "depth: 3", "allows 2", "weft.yaml:7:", "the tier's"],
        ),
        (
            &[
                ("a/schema.graphql", "type Query { hello: Strin }"),
                ("b/schema.graphql", "type Query @from(type: \"Query\", all: true)"),
                ("b/client.yaml", "tier: bronze\ntimeout: 10s"),
                ("c d/schema.graphql", SCHEMA),
                ("e/client.yaml", ""),
            ],
            // Of folders, policies and schemas alike.
            &[
                "INVALID_CLIENT_NAME",
                "c d",
                "CLIENT_WITHOUT_SCHEMA",
                "POLICY_EXCEEDS_TIER",
                "b/client.yaml:2:",
                "a/schema.graphql:1:",
                "Strin",
                "WILDCARD_NOT_ALLOWED",
                "b/schema.graphql:1:",
            ],
        ),
        (
            &[
                ("a/schema.graphql", "type Query { helo: String }"),
                ("b/schema.graphql", "type Query @from(type: \"Query\", all: true)"),
            ],
            &["UNKNOWN_PATH", "a/schema.graphql:1:", "WILDCARD_NOT_ALLOWED", "b/schema.graphql:1:"],
        ),
    ];
    for (clients, expected) in cases {
        let folder = folder(NOWHERE, clients);
        for arguments in [&["serve"][..], &["config", "validate"]] {
            let output = command(folder.path(), arguments).env("JWT_SECRET", SECRET).output().expect("the binary runs");
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(1), "{arguments:?} {clients:?}\n{said}");
            for part in expected {
                assert!(said.contains(part), "{arguments:?}: nothing of {part} in\n{said}");
            }
        }
    }
}

#[test]
fn other_commands_know_clients() {
    let files = [
        ("web/schema.graphql", SCHEMA),
        ("partner/schema.graphql", SCHEMA),
        ("partner/client.yaml", "cache: { max_age: 1m }"),
    ];
    let folder = folder(NOWHERE, &files);
    write(folder.path(), "greet.graphql", "query($w: String) { greeting(who: $w) mine }");
    write(folder.path(), "supergraphs.graphql", "{ hello }");
    // A command line, the exit code, and what stdout and stderr hold.
    let cases: [(Texts<'_>, i32, Texts<'_>, Texts<'_>); 6] = [
        (&["plan", "--bff", "web", "greet.graphql"], 0, &["greeter", "hello"], &[]),
        (&["plan", "--bff", "wbe", "greet.graphql"], 2, &[], &["--bff wbe", "did you mean web?"]),
        (
            &["plan", "--bff", "web", "supergraphs.graphql"],
            1,
            &[],
            &["GRAPHQL_VALIDATION_FAILED", "supergraphs.graphql:1:3"],
        ),
        (&["plan", "supergraphs.graphql"], 0, &["hello"], &[]),
        (&["config", "validate"], 0, &["weft.yaml is valid"], &["NOT_IN_EFFECT", "partner/client.yaml:1:"]),
        (&["config", "schema", "--client"], 0, &["\"client.yaml\"", "\"lifecycle\""], &[]),
    ];
    for (arguments, code, out, err) in cases {
        let output = command(folder.path(), arguments).env("JWT_SECRET", SECRET).output().expect("the binary runs");
        let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(code), "{arguments:?}\n{stdout}\n{stderr}");
        for (parts, text) in [(out, &stdout), (err, &stderr)] {
            for part in parts {
                assert!(text.contains(part), "{arguments:?}: nothing of {part} in\n{stdout}\n{stderr}");
            }
        }
    }
}
