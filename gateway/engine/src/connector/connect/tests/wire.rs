//! What REST services are sent, byte for byte: a case is a field, its arguments, and the request that comes of it.

use std::time::Duration;

use http::{HeaderMap, HeaderValue};
use serde_json::{Value as Json, json};

use crate::connector::{Connectors, ConnectorsConfig, SourceConfig};
use crate::policy::Guards;
use crate::testing::{Gateway, Reply, Server};

const LINK: &str = r#"extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key"])
  @link(url: "https://specs.apollo.dev/connect/v0.3", import: ["@source", "@connect"])
  @source(name: "api", http: { baseURL: "http://unused.invalid/" })
  @source(name: "form", http: { baseURL: "http://unused.invalid",
    headers: [{ name: "Content-Type", value: "application/x-www-form-urlencoded" }] })
"#;

/// Asks a field of type `String` that is connected so, and gives the answer and the requests that were made.
async fn ask(field: &str, connect: &str, base: &str, operation: &str, variables: &Json) -> (Json, Vec<String>) {
    let (root, rest) = field.split_once(' ').expect("a root type, and a field of it");
    let query = if root == "Query" {
        ""
    } else {
        "type Query { unused: Int @connect(source: \"api\", http: { GET: \"/\" }, selection: \"$\") }"
    };
    let sdl = format!(
        "{LINK}{query} scalar Any input Filter {{ name: String tags: [String] }} type {root} {{ {rest}: String @connect({connect}, selection: \"$->jsonStringify\") }}"
    );
    let server = Server::start(|_| Reply::json("true")).await;
    let gateway = Gateway::composed(&[("shop", sdl)], &|_, _| None);
    let url = Some(format!("{}{base}", server.url));
    let all = SourceConfig { url, timeout: Duration::from_secs(10), ..SourceConfig::default() };
    let connectors = Connectors::new(
        &gateway.supergraph,
        &ConnectorsConfig { all, ..ConnectorsConfig::default() },
        &Guards::default(),
    );
    let mut headers = HeaderMap::new();
    headers.append("x-many", HeaderValue::from_static("1"));
    headers.append("x-many", HeaderValue::from_static("2"));
    headers.append("cookie", HeaderValue::from_static("secret"));
    let connectors = connectors.expect("a good configuration");
    let text = gateway.run_on(&connectors, &headers, operation, &variables.to_string()).await;
    (serde_json::from_str(&text).expect("JSON"), server.requests())
}

/// The first line up to the version, and the body.
fn parts(request: &str) -> (String, String) {
    let (head, body) = request.split_once("\r\n\r\n").expect("a whole request");
    (head.split(" HTTP/1.1").next().unwrap_or_default().to_owned(), body.to_owned())
}

fn header<'r>(request: &'r str, name: &str) -> Vec<&'r str> {
    let head = request.split("\r\n\r\n").next().unwrap_or_default();
    let named = |line: &'r str| line.split_once(": ").filter(|(found, _)| found.eq_ignore_ascii_case(name));
    head.lines().filter_map(named).map(|(_, value)| value).collect()
}

#[tokio::test]
async fn requests_are_what_the_connector_says() {
    /// Field, connector, configured base, arguments in the operation, request line, body.
    type Case<'a> = (&'a str, &'a str, &'a str, &'a str, &'a str, &'a str);
    #[rustfmt::skip]
    let cases: &[Case<'_>] = &[
        // paths
        ("Query f(id: ID)", r#"source: "api", http: { GET: "/a/{$args.id}" }"#, "/v1", r#"f(id: "x y/é")"#, "GET /v1/a/x%20y%2F%C3%A9", ""),
        ("Query f", r#"source: "api", http: { GET: "/a/" }"#, "/v1/", "f", "GET /v1/a/", ""),
        ("Query f", r#"source: "api", http: { GET: "/" }"#, "", "f", "GET /", ""),
        ("Query f(p: [String])", r#"source: "api", http: { GET: "/a", path: "$args.p" }"#, "", r#"f(p: ["b/c", "d"])"#, "GET /a/b%2Fc/d", ""),
        // queries: lists repeat, nulls are left out, those of the base URL stay
        ("Query f(l: [Int])", r#"source: "api", http: { GET: "/a?x=1&l={$args.l}" }"#, "/v1?key=k", "f(l: [1, 2])", "GET /v1/a?key=k&x=1&l=1&l=2", ""),
        ("Query f(l: [Int])", r#"source: "api", http: { GET: "/a", queryParams: "l: $args.l" }"#, "", "f(l: [1, null, 2])", "GET /a?l=1&l=2", ""),
        ("Query f(l: [Int])", r#"source: "api", http: { GET: "/a", queryParams: "l: $args.l" }"#, "", "f(l: [])", "GET /a", ""),
        ("Query f(l: [Int])", r#"source: "api", http: { GET: "/a", queryParams: "l: $args.l->joinNotNull(',')" }"#, "", "f(l: [1, 2])", "GET /a?l=1%2C2", ""),
        ("Query f(a: String)", r#"source: "api", http: { GET: "/a?a={$args.a}" }"#, "", "f(a: null)", "GET /a", ""),
        ("Query f(a: String)", r#"source: "api", http: { GET: "/a?a={$args.a}" }"#, "", "f", "GET /a", ""),
        ("Query f(a: String)", r#"source: "api", http: { GET: "/a?a={$args.a}" }"#, "", r#"f(a: "")"#, "GET /a?a=", ""),
        ("Query f(a: Float, b: Boolean)", r#"source: "api", http: { GET: "/a", queryParams: "a: $args.a b: $args.b" }"#, "", "f(a: 1.5, b: false)", "GET /a?a=1.5&b=false", ""),
        // pagination is plain arguments
        ("Query f(first: Int = 20, after: String)", r#"source: "api", http: { GET: "/a", queryParams: "limit: $args.first cursor: $args.after" }"#, "", "f", "GET /a?limit=20", ""),
        ("Query f(first: Int = 20, after: String)", r#"source: "api", http: { GET: "/a", queryParams: "limit: $args.first cursor: $args.after" }"#, "", r#"f(first: 5, after: "a=/+")"#, "GET /a?limit=5&cursor=a%3D%2F%2B", ""),
        // methods and bodies
        ("Mutation f(i: Filter)", r#"source: "api", http: { POST: "/a", body: "$args.i" }"#, "", r#"f(i: { name: "n", tags: ["t"] })"#, "POST /a", r#"{"name":"n","tags":["t"]}"#),
        ("Mutation f(i: Filter)", r#"source: "api", http: { PUT: "/a", body: "q: $args.i.name all: $args.i.tags->size" }"#, "", r#"f(i: { name: "n", tags: ["t"] })"#, "PUT /a", r#"{"q":"n","all":1}"#),
        ("Mutation f(i: Filter)", r#"source: "api", http: { PATCH: "/a", body: "$args.i { name }" }"#, "", "f(i: { name: null })", "PATCH /a", r#"{"name":null}"#),
        ("Mutation f", r#"source: "api", http: { DELETE: "/a" }"#, "", "f", "DELETE /a", ""),
        ("Mutation f", r#"source: "api", http: { DELETE: "/a", body: "$({ why: 'no' })" }"#, "", "f", "DELETE /a", r#"{"why":"no"}"#),
        ("Mutation f", r#"source: "api", http: { POST: "/a" }"#, "", "f", "POST /a", ""),
        ("Query f(i: Filter)", r#"source: "api", http: { POST: "/search", body: "$args.i" }"#, "", r#"f(i: { tags: [] })"#, "POST /search", r#"{"tags":[]}"#),
        // forms
        ("Mutation f(i: Filter)", r#"source: "form", http: { POST: "/a", body: "$args.i" }"#, "", r#"f(i: { name: "a b&c", tags: ["x", "y"] })"#, "POST /a", "name=a+b%26c&tags%5B0%5D=x&tags%5B1%5D=y"),
        ("Mutation f(i: Filter)", r#"source: "form", http: { POST: "/a", body: "f: $args.i { name tags }" }"#, "", r#"f(i: { name: null, tags: ["x"] })"#, "POST /a", "f%5Btags%5D%5B0%5D=x"),
        ("Mutation f(i: Filter)", r#"source: "form", http: { POST: "/a", body: "$args.i", headers: [{ name: "content-type", value: "application/json" }] }"#, "", "f(i: {})", "POST /a", "{}"),
    ];
    for (field, connect, base, operation, line, body) in cases {
        let root = if field.starts_with("Mutation") { "mutation" } else { "query" };
        let (answer, requests) = ask(field, connect, base, &format!("{root} {{ {operation} }}"), &json!({})).await;
        assert_eq!(answer, json!({"data":{"f":"true"}}), "{connect} {operation}");
        let [request] = &requests[..] else { panic!("{connect}: {requests:?}") };
        assert_eq!(parts(request), ((*line).to_owned(), (*body).to_owned()), "{connect} {operation}");
    }
}

/// A request without a body says so where its method is one that has one.
#[tokio::test]
async fn nothing_to_send_is_said() {
    let cases: [(&str, &str, &[&str]); 6] = [
        ("POST", "", &["0"]),
        ("PUT", "", &["0"]),
        ("PATCH", "", &["0"]),
        ("DELETE", "", &[]),
        ("GET", "", &[]),
        ("POST", r#", body: "$({ a: 1 })""#, &["7"]),
    ];
    for (method, body, expected) in cases {
        let connect = format!(r#"source: "api", http: {{ {method}: "/a"{body} }}"#);
        let (_, requests) = ask("Mutation f", &connect, "", "mutation { f }", &json!({})).await;
        let lengths: Vec<Vec<&str>> = requests.iter().map(|request| header(request, "content-length")).collect();
        assert_eq!(lengths, [expected], "{method}");
    }
}

#[tokio::test]
async fn a_url_that_is_too_long_is_told_as_that() {
    let connect = r#"source: "api", http: { GET: "/a", queryParams: "a: $args.a" }"#;
    let long = "x".repeat(70_000);
    let (answer, requests) =
        ask("Query f(a: String)", connect, "", "query($a: String) { f(a: $a) }", &json!({ "a": long })).await;
    assert_eq!(requests, Vec::<String>::new());
    let error = &answer["errors"][0];
    assert_eq!(error["extensions"]["code"], "BAD_USER_INPUT");
    assert!(error["message"].as_str().is_some_and(|said| said.contains("its URL has 7")), "{error}");
}

#[tokio::test]
async fn headers_are_those_that_are_named() {
    let connect = r#"source: "api", http: { POST: "/a", body: "$args", headers: [
        { name: "x-many", from: "x-many" }, { name: "x-one", from: "x-none" }, { name: "x-all", value: "{$request.headers.'x-many'}" },
        { name: "x-lit", value: "a {$args.a} b" }, { name: "x-null", value: "a {$args.b}" }, { name: "Accept", value: "text/json" }] }"#;
    let (_, requests) =
        ask("Mutation f(a: String, b: String)", connect, "", "mutation { f(a: \"é\") }", &json!({})).await;
    let found = |name| header(&requests[0], name);
    assert_eq!(found("x-many"), ["1", "2"]);
    assert_eq!(found("x-all"), ["1, 2"]);
    assert_eq!(found("x-lit"), ["a é b"]);
    assert_eq!(found("accept"), ["text/json"]);
    assert_eq!(found("content-type"), ["application/json"]);
    for absent in ["x-one", "x-null", "cookie"] {
        assert_eq!(found(absent), [""; 0], "{absent}");
    }
}

/// Strings that would be something else if they were not kept in their place.
const HOSTILE: [&str; 18] = [
    "../admin?x=",
    "..",
    ".",
    "",
    "a/b/../c",
    "%2e%2e/%2F",
    "x&admin=1",
    "x=1;y#z",
    "?a=b",
    "//evil.example",
    "http://evil.example/",
    "a\r\nx-evil: 1\r\n\r\nGET /evil HTTP/1.1",
    "a\nb",
    "\u{0}",
    "\",\"admin\":true,\"x\":\"",
    "\\",
    "{$env.SECRET}",
    "é\u{2028}😀",
];

/// A value that a client gives stays one value, wherever it goes: the request has the parts that its author gave it, and what
/// is read back from it is the value; or there is no request.
#[tokio::test]
async fn a_clients_value_stays_in_its_place() {
    const PLACES: [(&str, &str); 7] = [
        ("path", r#"source: "api", http: { GET: "/u/{$args.v}/end?z=1" }"#),
        ("path mapping", r#"source: "api", http: { GET: "/u?z=1", path: "$([$args.v, 'end'])" }"#),
        ("query value", r#"source: "api", http: { GET: "/u?v={$args.v}&z=1" }"#),
        ("query mapping", r#"source: "api", http: { GET: "/u", queryParams: "v: $args.v z: $(1)" }"#),
        ("header", r#"source: "api", http: { GET: "/u", headers: [{ name: "x-v", value: "{$args.v}" }] }"#),
        ("body", r#"source: "api", http: { POST: "/u", body: "v: $args.v z: $(1)" }"#),
        ("form", r#"source: "form", http: { POST: "/u", body: "v: $args.v z: $(1)" }"#),
    ];
    for (place, connect) in PLACES {
        for hostile in HOSTILE {
            let operation = "query($v: String) { f(v: $v) }";
            let (answer, requests) = ask("Query f(v: String)", connect, "", operation, &json!({ "v": hostile })).await;
            let what = format!("{place} {hostile:?}: {requests:?} {answer}");
            let refused = match place {
                "path" | "path mapping" => matches!(hostile, ".." | "." | ""),
                "header" => hostile.contains(['\r', '\n', '\0']),
                _ => false,
            };
            if refused {
                assert!(requests.is_empty(), "{what}");
                assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{what}");
                continue;
            }
            let [request] = &requests[..] else { panic!("{what}") };
            assert_eq!(header(request, "x-evil"), [""; 0], "{what}");
            let (line, body) = parts(request);
            let (method, target) = line.split_once(' ').expect("a request line");
            let (path, query) = target.split_once('?').unwrap_or((target, ""));
            let pairs = |text: &str| -> Vec<(String, String)> {
                url::form_urlencoded::parse(text.as_bytes()).into_owned().collect()
            };
            let both = [("v".to_owned(), hostile.to_owned()), ("z".to_owned(), "1".to_owned())];
            match place {
                "path" | "path mapping" => {
                    let segments: Vec<&str> = path.split('/').collect();
                    assert_eq!(
                        (method, segments.len(), segments[1], segments[3], query),
                        ("GET", 4, "u", "end", "z=1"),
                        "{what}"
                    );
                    // Read as a form a `+` would be a blank, and none is sent as it is.
                    let decoded = pairs(&format!("v={}", segments[2]));
                    assert_eq!(decoded, [("v".to_owned(), hostile.to_owned())], "{what}");
                    assert!(!segments[2].contains('+'), "{what}");
                }
                "query value" | "query mapping" => {
                    assert_eq!((method, path), ("GET", "/u"), "{what}");
                    assert_eq!(pairs(query), both, "{what}");
                }
                "header" => {
                    assert_eq!((target, header(request, "x-v")), ("/u", vec![hostile.trim()]), "{what}");
                }
                "body" => {
                    let body: Json = serde_json::from_str(&body).unwrap_or_else(|error| panic!("{what}: {error}"));
                    assert_eq!((target, body), ("/u", json!({ "v": hostile, "z": 1 })), "{what}");
                }
                _ => assert_eq!((target, pairs(&body)), ("/u", both.to_vec()), "{what}"),
            }
        }
    }
}

/// The names of parameters can be a client's too, by an object of its own keys.
#[tokio::test]
async fn a_clients_names_stay_names() {
    for hostile in HOSTILE {
        let connect = r#"source: "api", http: { GET: "/u", queryParams: "$args.v" }"#;
        let operation = "query($v: Any) { f(v: $v) }";
        let (answer, requests) =
            ask("Query f(v: Any)", connect, "", operation, &json!({ "v": { (hostile): "1" } })).await;
        let [request] = &requests[..] else { panic!("{hostile:?}: {answer}") };
        let (line, _) = parts(request);
        let query = line.split_once('?').map_or("", |(_, query)| query);
        let pairs: Vec<_> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        assert_eq!(pairs, [(hostile.to_owned(), "1".to_owned())], "{line}");
    }
}
