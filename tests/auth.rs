//! Who is let in and what backends are told of them, by the built binary: published keys, API keys, several schemes, and the headers
//! that the gateway alone sets.

mod support;

#[path = "auth/backends.rs"]
mod backends;
#[path = "auth/issuer.rs"]
mod issuer;

use std::path::Path;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use backends::Backends;
use issuer::{Key, KeyServer};
use reqwest::header::HeaderMap;
use reqwest::{Client, Response};
use serde_json::{Value, json};
use support::process::{Serving, command};
use tempfile::TempDir;
use tokio::time::timeout;

/// A test that has waited so long waits for nothing: it fails instead of hanging.
const GIVE_UP: Duration = Duration::from_secs(60);

const LINK: &str = r#"
extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key"])
  @link(url: "https://specs.apollo.dev/connect/v0.3", import: ["@source", "@connect"])
  @link(url: "https://specs.weft.dev/connect/v0.1")
"#;

/// The sources would send a client's headers under the gateway's names.
const HEADERS: &str = r#"headers: [{ name: "x-user-id", from: "x-forged" }, { name: "x-user-roles", value: "admin" }]"#;

const SCHEMA: &str = "type Query { plain: String rest: String grpc(id: ID!): ID }";

const CLIENTS: [(&str, &str); 5] = [
    ("open", ""),
    ("partner", "auth: { audiences: [partner], schemes: [api_key] }"),
    ("users", "auth: { schemes: [jwt], require_authentication: true }"),
    ("both", "auth: { audiences: [partner] }"),
    ("rest", "operations: registered"),
];

fn sha256(text: &str) -> String {
    digest(&SHA256, text.as_bytes()).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().expect("it is in the folder")).expect("a folder");
    std::fs::write(path, text).expect("a file");
}

/// A gateway before the backends, with `more` in its `weft.yaml`.
struct Gateway {
    serving: Serving,
    client: Client,
    backends: Backends,
    keys: KeyServer,
    /// As long as it is served.
    _folder: TempDir,
}

impl Gateway {
    /// One whose issuer publishes these keys from the start; it is ready if there are some.
    async fn start(more: &str, published: &[&Key]) -> Self {
        let (backends, keys) = (Backends::start().await, KeyServer::start().await);
        if !published.is_empty() {
            keys.publish(published);
        }
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path();
        write(path, "plain.graphql", "type Query { plain: String }");
        let rest = format!(
            r#"{LINK} @source(name: "api", http: {{ baseURL: "{}", {HEADERS} }})
            type Query {{ rest: String @connect(source: "api", http: {{ GET: "/rest" }}, selection: "$") }}"#,
            backends.http
        );
        write(path, "rest.graphql", &rest);
        let grpc = format!(
            r#"{LINK} @source(name: "api", grpc: {{ address: "{}", service: "orders.v1.OrderService", proto: ["orders.proto"], {HEADERS} }})
            type Query {{
              grpc(id: ID!): ID @connect(source: "api", grpc: {{ method: "BatchGet", body: "ids: $([$args.id])" }}, selection: "$.orders->first.id")
            }}"#,
            backends.grpc
        );
        write(path, "grpc.graphql", &grpc);
        let proto = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas/orders.proto");
        std::fs::copy(proto, path.join("orders.proto")).expect("the demo's contract");
        let subgraph = |name: &str| format!("  {name}: {{ schema: {{ file: {name}.graphql }} }}\n");
        let plain =
            format!("  plain: {{ routing_url: '{}/graphql', schema: {{ file: plain.graphql }} }}\n", backends.http);
        write(path, "supergraph.yaml", &format!("subgraphs:\n{plain}{}{}", subgraph("rest"), subgraph("grpc")));
        let composed = command(path, &["compose", "--config", "supergraph.yaml", "-o", "s.graphql"]).output();
        let composed = composed.expect("the binary runs");
        assert!(composed.status.success(), "{}", String::from_utf8_lossy(&composed.stderr));

        let consumers = format!(
            "consumers:\n\
             \x20 - {{ id: acme, keys: ['sha256:{}', 'sha256:{}'], audiences: [partner], scopes: [r, w], roles: [shop] }}\n\
             \x20 - {{ id: other, keys: ['sha256:{}'] }}\n\
             \x20 - {{ id: former, keys: ['sha256:{}'], disabled: true }}\n",
            sha256("acme-1"),
            sha256("acme-2"),
            sha256("other-1"),
            sha256("former-1")
        );
        write(path, "consumers.yaml", &consumers);
        let yaml = format!(
            "listen: 127.0.0.1:0\n\
             supergraph: {{ path: s.graphql }}\n\
             bff: {{ path: clients }}\n\
             authentication:\n\
             \x20 jwt:\n\
             \x20   issuers: [{{ issuer: '{}', audiences: [weft], algorithms: [ES256], jwks_url: '{}' }}]\n\
             \x20   jwks: {{ cool_down: 1ms }}\n\
             \x20 api_keys: {{ file: consumers.yaml }}\n\
             {more}\n",
            issuer::NAME,
            keys.url
        );
        write(path, "weft.yaml", &yaml);
        for (client, policy) in CLIENTS {
            write(path, &format!("clients/{client}/schema.graphql"), SCHEMA);
            write(path, &format!("clients/{client}/client.yaml"), policy);
        }
        let operation = r#"query Rest @rest(path: "/rest", root: "rest") { rest }"#;
        write(path, "clients/rest/operations/rest.graphql", operation);
        let command = command(path, &["serve"]);
        let serving = tokio::task::spawn_blocking(move || Serving::start(command)).await.expect("it starts");
        let client = Client::builder().no_proxy().build().expect("a client");
        let gateway = Self { serving, client, backends, keys, _folder: folder };
        if !published.is_empty() {
            let ready = async { while gateway.get("/health/ready", &[]).await.status() != 200 {} };
            timeout(GIVE_UP, ready).await.expect("the keys are got");
        }
        gateway
    }

    async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Response {
        let mut request = self.client.get(format!("{}{path}", self.serving.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.expect("an answer")
    }

    /// An answer of a client's, or with the name `""` of the supergraph's own endpoint.
    async fn ask(&self, client: &str, query: &str, headers: &[(&str, &str)]) -> (u16, HeaderMap, Value) {
        let path = if client.is_empty() { "/graphql".to_owned() } else { format!("/bff/{client}/graphql") };
        let mut request = self.client.post(format!("{}{path}", self.serving.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.header("content-type", "application/json").body(json!({ "query": query }).to_string());
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        (status, headers, serde_json::from_slice(&response.bytes().await.expect("a body")).expect("JSON"))
    }

    /// The status of an answer, and the code of its error.
    async fn status(&self, client: &str, authorization: &str) -> (u16, String) {
        let (status, _, body) = self.ask(client, "{ plain }", &[("authorization", authorization)]).await;
        (status, body["errors"][0]["extensions"]["code"].as_str().unwrap_or_default().to_owned())
    }

    /// Asks again and again, until the keys are such that a token is answered with this status.
    async fn comes_to(&self, status: u16, authorization: &str) {
        let come = async { while self.status("open", authorization).await.0 != status {} };
        timeout(GIVE_UP, come).await.unwrap_or_else(|_| panic!("it does not come to {status}"));
    }
}

fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

#[tokio::test]
async fn keys_are_got_when_their_server_is_there_and_replaced_when_it_replaces_them() {
    let gateway = Gateway::start("", &[]).await;
    let (old, new) = (Key::new("1"), Key::new("2"));
    let (of_old, of_new) = (bearer(&old.token(json!({}), 600)), bearer(&new.token(json!({}), 600)));

    let ready = gateway.get("/health/ready", &[]).await;
    assert_eq!(ready.status(), 503);
    let body: Value = serde_json::from_str(&ready.text().await.expect("a body")).expect("JSON");
    assert_eq!((&body["status"], &body["issuers"]), (&json!("starting"), &json!([issuer::NAME])));
    assert_eq!(gateway.status("open", &of_old).await, (503, "SERVICE_UNAVAILABLE".to_owned()));
    let (status, headers, _) = gateway.ask("", "{ plain }", &[("authorization", &of_old)]).await;
    assert_eq!(
        (status, headers.contains_key("retry-after"), headers.contains_key("www-authenticate")),
        (503, true, false)
    );
    let (status, _, body) = gateway.ask("open", "{ plain }", &[]).await;
    assert_eq!((status, body), (200, json!({ "data": { "plain": "p" } })), "who sends no token needs no key");

    gateway.keys.publish(&[&old]);
    gateway.comes_to(200, &of_old).await;
    assert_eq!(gateway.get("/health/ready", &[]).await.status(), 200);
    gateway.comes_to(401, &of_new).await;

    gateway.keys.publish(&[&new]);
    gateway.comes_to(200, &of_new).await;
    gateway.comes_to(401, &of_old).await;
}

#[tokio::test]
async fn each_client_takes_its_schemes_and_each_credential_has_to_hold() {
    let key = Key::new("1");
    let gateway = Gateway::start("", &[&key]).await;
    let user = bearer(&key.token(json!({}), 600));
    let partner = bearer(&key.token(json!({ "aud": ["weft", "partner"] }), 600));
    let expired = bearer(&key.token(json!({}), -600));
    let long = bearer(&"a".repeat(16 * 1024 + 1));
    let (user, partner, expired, long) = (user.as_str(), partner.as_str(), expired.as_str(), long.as_str());
    let expiry = r#"Bearer error="invalid_token", error_description="the token expired""#;
    // Client, token, API key, and the status, what the message has in it, and the challenge.
    #[rustfmt::skip]
    let cases = [
        ("open", "", "", 200, "", ""),
        ("open", user, "acme-1", 200, "", ""),
        ("open", user, "nobody's", 401, "The API key is not known.", "ApiKey"),
        ("open", expired, "", 401, "The token expired.", expiry),
        ("open", expired, "acme-1", 401, "The token expired.", expiry),
        ("open", "", "former-1", 401, "The API key is disabled.", "ApiKey"),
        ("open", long, "", 431, "The token is too long.", ""),
        ("", "", "nobody's", 401, "The API key is not known.", "ApiKey"),
        ("", "", "acme-1", 200, "", ""),
        ("partner", "", "", 401, "An API key is needed.", "ApiKey"),
        ("partner", "", "acme-1", 200, "", ""),
        ("partner", "", "acme-2", 200, "", ""),
        ("partner", "", "other-1", 403, "The API key is not for this client.", "ApiKey"),
        ("partner", partner, "", 401, "An API key is needed.", "ApiKey"),
        ("partner", expired, "acme-1", 200, "", ""),
        ("users", "", "", 401, "A token is needed", "Bearer"),
        ("users", "", "acme-1", 401, "A token is needed", "Bearer"),
        ("users", user, "nobody's", 200, "", ""),
        ("both", "", "", 401, "A token or an API key is needed", "Bearer, ApiKey"),
        ("both", partner, "", 200, "", ""),
        ("both", partner, "acme-1", 200, "", ""),
        ("both", user, "acme-1", 403, "The token is not for this client.",
            r#"Bearer error="insufficient_scope", error_description="the token is not for this client""#),
        ("both", partner, "other-1", 403, "The API key is not for this client.", "ApiKey"),
    ];
    for (client, token, api_key, status, message, challenge) in cases {
        let sent = [("authorization", token), ("x-api-key", api_key)];
        let sent: Vec<(&str, &str)> = sent.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        let (got, headers, body) = gateway.ask(client, "{ plain }", &sent).await;
        let told = body["errors"][0]["message"].as_str().unwrap_or_default();
        let challenged = headers.get("www-authenticate").map_or("", |value| value.to_str().expect("ASCII"));
        let fits = told.contains(message) && told.is_empty() == message.is_empty();
        assert!((got, challenged) == (status, challenge) && fits, "{client} {api_key}: {got} {challenged} {body}");
    }
    for (name, one, other) in [("x-api-key", "acme-1", "acme-2"), ("authorization", user, partner)] {
        let (status, _, body) = gateway.ask("open", "{ plain }", &[(name, one), (name, other)]).await;
        assert_eq!((status, &body["errors"][0]["extensions"]["code"]), (400, &json!("BAD_USER_INPUT")), "{name}");
        assert_eq!(gateway.ask("open", "{ plain }", &[(name, one), (name, one)]).await.0, 200, "{name}");
    }
}

#[tokio::test]
async fn answers_of_rest_endpoints_are_for_who_asks_by_whatever_credential() {
    let gateway = Gateway::start("", &[]).await;
    for (key, status) in [("acme-1", 200), ("nobody's", 401)] {
        let response = gateway.get("/bff/rest/rest", &[("x-api-key", key)]).await;
        let vary: Vec<_> =
            response.headers().get_all("vary").iter().map(|value| value.to_str().expect("ASCII")).collect();
        assert_eq!((response.status().as_u16(), vary), (status, vec!["x-api-key", "authorization"]), "{key}");
    }
    let response = gateway.get("/bff/open/graphql?query=%7Bplain%7D", &[]).await;
    let vary: Vec<_> = response.headers().get_all("vary").iter().map(|value| value.to_str().expect("ASCII")).collect();
    assert_eq!((response.status().as_u16(), vary), (200, vec!["x-api-key", "accept, authorization"]));
}

#[tokio::test]
async fn nobody_is_let_in_without_a_credential_where_that_is_required() {
    let gateway = Gateway::start("authorization: { require_authentication: true }", &[]).await;
    for client in ["", "open", "partner", "users", "both"] {
        assert_eq!(gateway.ask(client, "{ plain }", &[]).await.0, 401, "{client}");
    }
    assert_eq!(gateway.get("/bff/rest/rest", &[]).await.status(), 401);
    assert_eq!(gateway.get("/bff/rest/rest", &[("x-api-key", "other-1")]).await.status(), 200);
    assert_eq!(gateway.ask("", "{ plain }", &[("x-api-key", "other-1")]).await.0, 200);
    assert_eq!(gateway.get("/health/live", &[]).await.status(), 200);
}

const ALL: &str = r#"{ plain rest grpc(id: "1") }"#;

#[tokio::test]
async fn backends_are_told_who_asks_by_the_gateway_alone() {
    let propagate_all = "headers: { all: { request: [{ propagate: { matching: '^x[-_]' } }, { propagate: { named: x-user-id, rename: x-me } }] } }";
    let claims = "claims: { user_id: email, roles: [realm, roles] }";
    let key = Key::new("1");
    let claimed =
        json!({ "sub": "u1", "email": "ü\n@a", "roles": ["a", "b"], "realm": { "roles": "c d" }, "scope": "w r" });
    let user = bearer(&key.token(claimed, 600));
    let forged = [
        ("X-User-Id", "admin"),
        ("x_user_id", "admin"),
        ("x-user_roles", "admin"),
        ("X-USER-SCOPES", "admin"),
        ("x_request-id", "admin"),
        ("x-forged", "admin"),
    ];
    // What is configured; whether a token and an API key are sent; and what backends are told, by GraphQL, REST and gRPC, which is
    // said once where it is the same.
    type Case<'a> = (&'a str, bool, bool, &'a [&'a str]);
    let cases: [Case<'_>; 6] = [
        ("", false, false, &[""]),
        ("", true, false, &["user-id: u1, user-roles: a,b, user-scopes: r w"]),
        ("", false, true, &["user-id: acme, user-roles: shop, user-scopes: r w"]),
        ("", true, true, &["user-id: u1, user-roles: a,b, user-scopes: r w"]),
        (claims, true, false, &["user-id: %C3%BC%0A@a, user-roles: c,d, user-scopes: r w"]),
        (
            propagate_all,
            true,
            true,
            &["api-key: acme-1, forged: admin, me: u1, user-id: u1, user-roles: a,b, user-scopes: r w"],
        ),
    ];
    for (more, has_token, has_key, expected) in cases {
        // `claims` is in the section that is open.
        let more = if more.starts_with("claims") { format!("  {more}") } else { more.to_owned() };
        let gateway = Gateway::start(&more, &[&key]).await;
        let mut sent = forged.to_vec();
        sent.extend(has_token.then_some(("authorization", user.as_str())));
        sent.extend(has_key.then_some(("x-api-key", "acme-1")));
        let (status, _, body) = gateway.ask("open", ALL, &sent).await;
        assert_eq!((status, body), (200, json!({ "data": { "plain": "p", "rest": "r", "grpc": "1" } })), "{more}");
        assert_eq!(gateway.backends.told(), expected, "{more} {has_token} {has_key}");
    }
}
