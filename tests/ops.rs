//! Saved operations, by the built binary: registered clients, persisted queries, and operations as REST endpoints.

mod support;

#[path = "ops/backend.rs"]
mod backend;
#[path = "ops/gateway.rs"]
mod gateway;

use aws_lc_rs::digest::{SHA256, digest};
use backend::Backend;
use gateway::{Case, check, get, post, start};
use serde_json::{Value, json};

const SCHEMA: &str = r#"
type Query { order(id: ID!): Order  orders(first: Int, tags: [String!], status: Status): [Order!]  me: String @from(path: "order(id: $claims.sub).id") }
type Order { id: ID!  note: String @fallback(value: "none")  card: Card }
type Card { number: String }
enum Status { PLACED SHIPPED }
input NewOrder { note: String  count: Int }
type Mutation { create(input: NewOrder!): Order }
"#;

const ORDER: &str = "query OrderNote($id: ID!) { order(id: $id) { ...Note } }\n";
const MANIFEST: &str = r#"{
  "format": "apollo-persisted-query-manifest",
  "version": 1,
  "operations": [
    { "id": "orders-1", "name": "Orders", "type": "query", "body": "query Orders { orders(first: 1) { id } }" },
    { "id": "orders-2", "name": "Orders", "type": "query", "body": "query Orders { orders(first: 2) { id } }" }
  ]
}"#;

/// Of both clients.
const OPERATIONS: [(&str, &str); 3] =
    [("OrderNote.graphql", ORDER), ("Note.graphql", "fragment Note on Order { note }\n"), ("manifest.json", MANIFEST)];

fn sha256(text: &str) -> String {
    digest(&SHA256, text.as_bytes()).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn clients() -> Vec<(String, String)> {
    let mut files = vec![];
    for (client, policy) in [("web", ""), ("kiosk", "operations: registered\n")] {
        files.push((format!("{client}/schema.graphql"), SCHEMA.to_owned()));
        files.push((format!("{client}/client.yaml"), policy.to_owned()));
        files.extend(OPERATIONS.map(|(name, text)| (format!("{client}/operations/{name}"), text.to_owned())));
    }
    files
}

const NOTE: &str = r#"{"data":{"order":{"note":"note of 7"}}}"#;

fn persisted(hash: &str) -> Value {
    json!({ "persistedQuery": { "version": 1, "sha256Hash": hash } })
}

#[tokio::test]
async fn an_operation_is_named_by_hash_id_name_or_text() {
    let backend = Backend::start().await;
    let gateway = start(&backend, &clients(), "").await;
    let variables = json!({ "id": "7" });
    let hash = sha256(ORDER);
    let prefixed = format!("sha256:{hash}");
    let same = "query OrderNote($id:ID!){order(id:$id){...Note}} fragment Note on Order{note}";
    let other = "query OrderNote($id: ID!) { order(id: $id) { id } }";
    let mut cases = vec![];
    for client in ["web", "kiosk"] {
        let with = |body: Value| {
            let mut body = body;
            body["variables"] = variables.clone();
            post(client, &body)
        };
        cases.extend([
            Case::new(format!("{client}: by its hash"), with(json!({ "extensions": persisted(&hash) })), 200, &[NOTE]),
            Case::new(
                format!("{client}: in capitals"),
                with(json!({ "extensions": persisted(&hash.to_uppercase()) })),
                200,
                &[NOTE],
            ),
            Case::new(format!("{client}: by documentId"), with(json!({ "documentId": prefixed })), 200, &[NOTE]),
            Case::new(format!("{client}: by doc_id"), with(json!({ "doc_id": hash })), 200, &[NOTE]),
            Case::new(format!("{client}: by id"), with(json!({ "id": hash, "query": null })), 200, &[NOTE]),
            Case::new(
                format!("{client}: by the id of a manifest"),
                with(json!({ "id": "orders-2" })),
                200,
                &["first:2"],
            ),
            Case::new(format!("{client}: by its name"), with(json!({ "operationName": "OrderNote" })), 200, &[NOTE]),
            Case::new(
                format!("{client}: by a name of two"),
                with(json!({ "operationName": "Orders" })),
                200,
                &["Several", "OPERATION_RESOLUTION_FAILURE"],
            ),
            Case::new(format!("{client}: by its text"), with(json!({ "query": same })), 200, &[NOTE]),
            Case::new(
                format!("{client}: by text and hash"),
                with(json!({ "query": same, "extensions": persisted(&sha256(same)) })),
                200,
                &[NOTE],
            ),
            Case::new(
                format!("{client}: by GET"),
                get(client, &[("documentId", &prefixed), ("variables", r#"{"id":"7"}"#)]),
                200,
                &[NOTE],
            ),
            Case::new(
                format!("{client}: by GET as Apollo's clients do"),
                get(client, &[("extensions", &persisted(&hash).to_string()), ("variables", r#"{"id":"7"}"#)]),
                200,
                &[NOTE],
            ),
            Case::new(
                format!("{client}: another operation of the document"),
                with(json!({ "documentId": prefixed, "operationName": "Other" })),
                200,
                &["OPERATION_RESOLUTION_FAILURE"],
            ),
            Case::new(
                format!("{client}: a wrong hash"),
                with(json!({ "query": same, "extensions": persisted(&hash[1..]) })),
                200,
                &["PERSISTED_QUERY_HASH_MISMATCH", "!\"data\""],
            ),
        ]);
    }
    let refused = &["QUERY_NOT_IN_SAFELIST", "!\"data\""];
    let with = |body: Value| post("kiosk", &body);
    cases.extend([
        Case::new("another text", with(json!({ "query": other })), 200, refused),
        Case::new(
            "another text as its own type",
            with(json!({ "query": other })).accepting("application/graphql-response+json"),
            400,
            refused,
        ),
        Case::new(
            "another text with its hash",
            with(json!({ "query": other, "extensions": persisted(&sha256(other)) })),
            200,
            refused,
        ),
        Case::new("and then the hash", with(json!({ "extensions": persisted(&sha256(other)) })), 200, refused),
        Case::new("an unknown id", with(json!({ "id": "orders-3" })), 200, refused),
        Case::new("an unknown name", with(json!({ "operationName": "Other" })), 200, refused),
        Case::new("introspection", with(json!({ "query": "{ __typename }" })), 200, refused),
        Case::new("no GraphQL", with(json!({ "query": "{" })), 200, refused),
        Case::new("nothing", with(json!({})), 400, &["no \\\"query\\\""]),
    ]);
    check(&gateway, cases).await;
}

#[tokio::test]
async fn queries_persist_by_themselves_where_they_may() {
    let backend = Backend::start().await;
    let text = "query A($id: ID!) { order(id: $id) { note } }";
    let (hash, variables) = (sha256(text), json!({ "id": "7" }));
    let asked = json!({ "variables": variables, "extensions": persisted(&hash) });
    let sent = json!({ "query": text, "variables": variables, "extensions": persisted(&hash) });
    let wrong = json!({ "query": "{ order }", "extensions": persisted(&sha256("{ order }")) });
    let wrong_again = json!({ "extensions": persisted(&sha256("{ order }")) });
    let not_found = &["PERSISTED_QUERY_NOT_FOUND", r#""message":"PersistedQueryNotFound""#, "!\"data\""];
    let not_supported = &["PERSISTED_QUERY_NOT_SUPPORTED", r#""message":"PersistedQueryNotSupported""#];
    let graphql = |body: &Value| post("web", body).to("/graphql");
    for (yaml, is_on) in [("", false), ("apq: { enabled: true }\n", true)] {
        let gateway = start(&backend, &clients(), yaml).await;
        let at_supergraph: &[&str] = if is_on { not_found } else { not_supported };
        let then_at_supergraph: &[&str] = if is_on { &[NOTE] } else { not_supported };
        let of_another: &[&str] = if is_on { &[NOTE] } else { not_supported };
        check(
            &gateway,
            vec![
                Case::new("first the hash", post("web", &asked), 200, not_found),
                Case::new(
                    "as its own type",
                    post("web", &asked).accepting("application/graphql-response+json"),
                    200,
                    not_found,
                ),
                Case::new("then the text too", post("web", &sent), 200, &[NOTE]),
                Case::new("then the hash alone", post("web", &asked), 200, &[NOTE]),
                Case::new(
                    "by documentId",
                    post("web", &json!({ "documentId": format!("sha256:{hash}"), "variables": variables })),
                    200,
                    &[NOTE],
                ),
                Case::new(
                    "by GET",
                    get("web", &[("extensions", &persisted(&hash).to_string()), ("variables", r#"{"id":"7"}"#)]),
                    200,
                    &[NOTE],
                ),
                Case::new("at another endpoint", graphql(&asked), 200, at_supergraph),
                Case::new("the text there", graphql(&sent), 200, &[NOTE]),
                Case::new("and then the hash", graphql(&asked), 200, then_at_supergraph),
                Case::new("which is known again", graphql(&asked), 200, of_another),
                Case::new("no operation is remembered", post("web", &wrong), 200, &["GRAPHQL_VALIDATION_FAILED"]),
                Case::new("and its hash is not known", post("web", &wrong_again), 200, not_found),
                Case::new("an unknown id", post("web", &json!({ "id": "a" })), 200, not_found),
                Case::new(
                    "a name",
                    post("web", &json!({ "operationName": "A" })),
                    200,
                    &["no saved operation is named"],
                ),
            ],
        )
        .await;
    }
}

/// The schema above, with an order whose answer may be kept and a mutation that answers with a scalar.
fn rest_schema() -> String {
    SCHEMA
        .replace(
            "type Query {",
            "type Query { cached(id: ID!): Order @from(path: \"order(id: $id)\") @cacheControl(maxAge: 30) ",
        )
        .replace("type Mutation {", "type Mutation { remove(id: ID!): Boolean ")
}

const REST: &str = r#"
query Order($id: ID!) @rest(path: "/orders/{id}", root: "order") { order(id: $id) { id note card { number } } }
query Orders($first: Int, $tags: [String!], $status: Status) @rest(path: "/orders", root: "orders") {
  orders(first: $first, tags: $tags, status: $status) { id }
}
query Kept($id: ID! @param(in: HEADER, name: "x-order")) @rest(path: "/kept") { order: cached(id: $id) { id } }
query Both($id: ID!) @rest(path: "/both/{id}") { order: cached(id: $id) { id } me: order(id: $id) { id } }
mutation Create($input: NewOrder!) @rest(method: POST, path: "/orders", root: "create", status: 201) { create(input: $input) { id } }
mutation Remove($id: ID!) @rest(method: DELETE, path: "/orders/{id}", status: 204) { remove(id: $id) }
mutation Touch($id: ID!) @rest(method: POST, path: "/orders/{id}/touch") { remove(id: $id) }
"#;

#[tokio::test]
async fn operations_with_a_route_are_rest_endpoints() {
    let backend = Backend::start().await;
    let schema = rest_schema();
    let file = |name: &str, text: &str| (name.to_owned(), text.to_owned());
    let clients = [
        file("shop/schema.graphql", &schema),
        file("shop/operations/rest.graphql", REST),
        file("shop/client.yaml", "operations: registered\n"),
        file("gone/schema.graphql", &schema),
        file("gone/operations/rest.graphql", REST),
        file("gone/client.yaml", "lifecycle: { sunset: 2001-02-03 }\n"),
    ];
    let gateway = start(&backend, &clients, "").await;
    let of = |method: &str, path: &str| gateway::request(method, &format!("/bff/shop{path}"));
    let problem = |name: &str, request, status, texts: &[&str]| {
        Case::new(name, request, status, texts)
            .header("content-type", "application/problem+json")
            .header("cache-control", "no-store")
    };
    let seven = r#"{"id":"7","note":"note of 7","card":{"number":"4711"}}"#;
    let etag = format!("\"{}\"", &sha256(seven)[..32]);
    let kept = r#"{"order":{"id":"7"}}"#;
    let kept_etag = format!("\"{}\"", &sha256(kept)[..32]);
    let one = |path: &str| of("GET", path);
    check(
        &gateway,
        vec![
            Case::new("an object", one("/orders/7"), 200, &[seven, "!data"])
                .header("content-type", "application/json")
                .header("cache-control", "no-store")
                .header("weft-degraded", "")
                .header("vary", "authorization")
                .header("etag", &etag),
            Case::new("an escaped id", one("/orders/a%2Fb"), 200, &[r#""id":"a/b""#]),
            Case::new("HEAD", of("HEAD", "/orders/7"), 200, &["!order"])
                .header("content-length", &seven.len().to_string())
                .header("etag", &etag),
            Case::new(
                "what is known",
                one("/orders/7").with("if-none-match", &format!("\"a\", {etag}")),
                304,
                &["!id"],
            )
            .header("etag", &etag),
            Case::new("what has changed", one("/orders/8").with("if-none-match", &etag), 200, &["note of 8"]),
            Case::new(
                "a browser",
                one("/orders/7").with("sec-fetch-site", "none").with("accept", "text/html,*/*;q=0.8"),
                200,
                &[seven],
            ),
            Case::new("another site", one("/orders/7").with("origin", "http://other"), 200, &[seven]),
            Case::new(
                "a list",
                one("/orders?first=2&tags=a,b&tags=c&status=PLACED&utm=1"),
                200,
                &[r#"\"a\",\"b\",\"c\""#, "PLACED"],
            ),
            Case::new("what is not given is not sent", one("/orders"), 200, &["!null"]),
            problem(
                "no whole number",
                one("/orders?first=x"),
                400,
                &[r#""status":400"#, r#""title":"Bad Request""#, "first", "BAD_USER_INPUT"],
            ),
            problem("no value of the enum", one("/orders?status=LOST"), 400, &["LOST"]),
            problem("a null object", one("/orders/missing"), 404, &["NOT_FOUND", r#""type":"about:blank""#]),
            problem("forbidden", one("/orders/FORBIDDEN!"), 403, &["FORBIDDEN"]),
            problem("unauthenticated", one("/orders/UNAUTHENTICATED!"), 401, &[]).header("www-authenticate", "Bearer"),
            problem("too many", one("/orders/UPSTREAM_RATE_LIMITED!"), 429, &[]),
            problem("unavailable", one("/orders/SUBREQUEST_UNAVAILABLE!"), 503, &[]),
            problem("late", one("/orders/SUBGRAPH_TIMEOUT!"), 504, &[]),
            problem("anything else", one("/orders/WHATEVER!"), 502, &["WHATEVER"]),
            Case::new("partly", one("/orders/card-lost"), 200, &[r#""card":null"#, "!errors"])
                .header("weft-degraded", "1")
                .header("cache-control", "no-store"),
            Case::new("with a fallback", one("/orders/note-lost"), 200, &[r#""note":"none""#])
                .header("weft-degraded", "1"),
            Case::new("what may be kept", one("/kept").with("x-order", "7"), 200, &[kept])
                .header("cache-control", "public, max-age=30"),
            Case::new("and is", one("/kept").with("x-order", "7").with("if-none-match", &kept_etag), 304, &[])
                .header("cache-control", "public, max-age=30"),
            Case::new(
                "for one who says who it is",
                one("/kept").with("x-order", "7").with("authorization", "Bearer x"),
                200,
                &[kept],
            )
            .header("cache-control", "private, max-age=30"),
            problem("a header that is not there", one("/kept"), 400, &["x-order", "required"]),
            Case::new("a part may not be kept", one("/both/7"), 200, &[r#""me":{"id":"7"}"#])
                .header("cache-control", "no-store"),
            Case::new("a mutation", of("POST", "/orders").sending(r#"{"note":"a"}"#), 201, &[r#"\"note\":\"a\""#])
                .header("cache-control", "no-store")
                .header("etag", ""),
            problem("no body", of("POST", "/orders"), 400, &["A body is required"]),
            problem("no JSON", of("POST", "/orders").sending("{"), 400, &["not JSON"]),
            problem("a wrong body", of("POST", "/orders").sending(r#"{"count":"x"}"#), 400, &["count"]),
            problem("another type", of("POST", "/orders").sending("{}").with("content-type", "text/plain"), 415, &[]),
            problem(
                "a form of another site",
                of("POST", "/orders/7/touch").with("origin", "http://other"),
                415,
                &["CSRF_PREVENTION_FAILED"],
            ),
            Case::new("no form", of("POST", "/orders/7/touch"), 200, &[r#"{"remove":true}"#]),
            Case::new("no content", of("DELETE", "/orders/7"), 204, &["!remove"]).header("content-type", ""),
            problem("another method", of("PUT", "/orders"), 405, &["GET, HEAD, POST"])
                .header("allow", "GET, HEAD, POST"),
            problem("no method at all", of("PURGE", "/orders/7"), 405, &[]).header("allow", "GET, HEAD, DELETE"),
            problem("no path", one("/things"), 404, &[]),
            problem("a path with another end", one("/orders/7/"), 404, &[]),
            problem("no client", gateway::request("GET", "/bff/desktop/orders"), 404, &[]),
            problem("one that is gone", gateway::request("GET", "/bff/gone/orders/7"), 410, &["GONE"])
                .header("sunset", "Sat, 03 Feb 2001 00:00:00 GMT"),
            problem("not acceptable", one("/orders/7").with("accept", "text/html"), 406, &[]),
            Case::new(
                "GraphQL beside it",
                post("shop", &json!({ "operationName": "Order", "variables": { "id": "7" } })),
                200,
                &[seven],
            ),
        ],
    )
    .await;
}

/// A backend that is told of a client's headers may answer each client otherwise.
#[tokio::test]
async fn what_hangs_on_forwarded_headers_is_kept_for_one_client_alone() {
    let backend = Backend::start().await;
    let clients = [
        ("shop/schema.graphql".to_owned(), rest_schema()),
        ("shop/operations/rest.graphql".to_owned(), REST.to_owned()),
    ];
    let rules = [
        ("propagate: { named: x-tenant }", "private, max-age=30"),
        ("propagate: { matching: '^x-' }", "private, max-age=30"),
        // These say nothing of who asks that caches do not know already.
        ("propagate: { named: x-request-id }", "public, max-age=30"),
        ("insert: { name: x-tenant, value: a }", "public, max-age=30"),
    ];
    for (rule, cache_control) in rules {
        let yaml = format!("headers: {{ all: {{ request: [{{ {rule} }}] }} }}\n");
        let gateway = start(&backend, &clients, &yaml).await;
        let kept = gateway::request("GET", "/bff/shop/kept").with("x-order", "7");
        let case = Case::new(rule, kept, 200, &[r#""id":"7""#]).header("cache-control", cache_control);
        check(&gateway, vec![case]).await;
    }
}

#[tokio::test]
async fn who_uses_what_is_logged() {
    let backend = Backend::start().await;
    let gateway = start(&backend, &clients(), "usage: { log: 24h }\n").await;
    let asked = json!({ "id": sha256(ORDER), "variables": { "id": "7" } });
    let request = || post("kiosk", &asked).with("apollographql-client-version", "1.2");
    check(
        &gateway,
        vec![
            Case::new("once", request(), 200, &[NOTE]),
            Case::new("twice", request(), 200, &[NOTE]),
            Case::new("without a version", post("kiosk", &asked), 200, &[NOTE]),
            Case::new("what is refused is not counted", post("kiosk", &json!({ "query": "{ me }" })), 200, &[]),
        ],
    )
    .await;
    let (code, log) = gateway.serving.terminate();
    assert_eq!(code, Some(0), "{log}");
    let lines: Vec<Value> =
        log.lines().filter_map(|line| serde_json::from_str(line.split_once("weft::usage: ")?.1).ok()).collect();
    let line = |version: Value, requests: u64| {
        json!({
            "client": "kiosk", "version": version, "operation": "OrderNote", "requests": requests,
            "fields": { "Query.order": requests, "Order.note": requests },
        })
    };
    assert_eq!(lines, [line(Value::Null, 1), line(json!("1.2"), 2)], "{log}");
}

/// A command's exit code, and what it says on stdout and stderr.
fn run(folder: &std::path::Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = support::process::command(folder, arguments).output().expect("the binary runs");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[tokio::test]
async fn commands_tell_what_is_saved() {
    let backend = Backend::start().await;
    let mut files = clients();
    let rest = REST.lines().filter(|line| !line.contains("cached") && !line.contains("remove")).collect::<Vec<_>>();
    files.push(("web/operations/rest.graphql".to_owned(), rest.join("\n")));
    let folder = gateway::folder(&backend, &files, "");

    let (code, out, err) = run(folder.path(), &["ops", "list"]);
    assert_eq!((code, err.as_str()), (Some(0), ""), "{out}");
    let rows: Vec<Vec<&str>> = out.lines().map(|line| line.split_whitespace().collect()).collect();
    let shown: Vec<String> = rows.iter().map(|row| [&row[..2], &row[3..]].concat().join(" ")).collect();
    assert_eq!(
        shown,
        [
            "kiosk OrderNote",
            "kiosk Orders",
            "kiosk Orders",
            "web OrderNote",
            "web Order GET /orders/{id}",
            "web Orders GET /orders",
            "web Create POST /orders",
            "web Orders",
            "web Orders",
        ],
        "{out}"
    );
    let (code, out, _) = run(folder.path(), &["ops", "list", "kiosk", "--format", "json"]);
    let listed: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!((code, listed.as_array().map(Vec::len)), (Some(0), Some(3)));
    let text = listed[0]["text"].as_str().expect("a text");
    assert_eq!(listed[0]["hash"].as_str(), Some(sha256(text).as_str()), "the hash is the text's");

    let (code, out, err) = run(folder.path(), &["openapi", "web"]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    let document: Value = serde_json::from_str(&out).expect("JSON");
    let paths: Vec<&str> = document["paths"].as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!((document["openapi"].as_str(), paths), (Some("3.1.0"), vec!["/orders", "/orders/{id}"]));
    let (code, _, err) = run(folder.path(), &["openapi", "wbe"]);
    assert_eq!((code, err.as_str()), (Some(2), "error: there is no client wbe; did you mean web?\n"));

    std::fs::write(folder.path().join("clients/web/operations/Wrong.graphql"), "query Wrong {\n  you\n}\n")
        .expect("a file");
    for arguments in [&["serve"][..], &["ops", "list"], &["openapi", "web"], &["config", "validate"]] {
        let (code, _, err) = run(folder.path(), arguments);
        let is_told = err.contains("[OPERATION_INVALID]") && err.contains("clients/web/operations/Wrong.graphql:2:3");
        assert!(code == Some(1) && is_told, "{arguments:?}: {err}");
    }
}
