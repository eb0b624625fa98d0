//! How the gateway behaves over HTTP, seen from outside: one case a behaviour.

mod support;

use reqwest::{Client, Method, StatusCode};
use support::{Backend, Gateway, SDL, composed};

const JSON: &str = "application/json";
const GRAPHQL_RESPONSE: &str = "application/graphql-response+json";
const EVENTS: &str = "text/event-stream";
const HELLO: &str = r#"{"query":"{ hello }"}"#;
const HELLO_ANSWER: &str = r#"{"data":{"hello":"hi"}}"#;

/// A request, and what is expected of its response.
struct Case {
    name: &'static str,
    request: Request,
    status: u16,
    /// Of the response.
    content_type: &'static str,
    body: Body,
}

struct Request {
    method: Method,
    path: String,
    headers: Vec<(&'static str, &'static str)>,
    body: String,
}

enum Body {
    /// Exactly this.
    Is(&'static str),
    /// It begins with this, and ends with that.
    Spans(String, &'static str),
    /// An error with this code, and no data; its message holds the text.
    Error(&'static str, &'static str),
}

fn post(body: impl Into<String>) -> Request {
    let headers = vec![("content-type", JSON)];
    Request { method: Method::POST, path: "/graphql".to_owned(), headers, body: body.into() }
}

fn get(path: &str) -> Request {
    Request { method: Method::GET, path: path.to_owned(), headers: vec![], body: String::new() }
}

impl Request {
    fn with(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }

    fn of_type(mut self, content_type: &'static str) -> Self {
        self.headers = vec![("content-type", content_type)];
        self
    }

    fn untyped(mut self) -> Self {
        self.headers.clear();
        self
    }

    fn to(mut self, method: Method, path: &str) -> Self {
        self.method = method;
        self.path = path.to_owned();
        self
    }
}

fn case(name: &'static str, request: Request, status: u16, content_type: &'static str, body: Body) -> Case {
    Case { name, request, status, content_type, body }
}

/// Runs the cases one by one, and tells all that fail.
async fn check(gateway: &Gateway, cases: Vec<Case>) {
    let client = Client::new();
    let mut failures = vec![];
    for Case { name, request, status, content_type, body } in cases {
        let mut sent = client.request(request.method, gateway.url(&request.path)).body(request.body);
        for (name, value) in request.headers {
            sent = sent.header(name, value);
        }
        let response = sent.send().await.unwrap_or_else(|error| panic!("{name}: {error}"));
        let got_status = response.status().as_u16();
        let got_type = response.headers().get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let got_type = got_type.to_owned();
        let text = response.text().await.unwrap_or_else(|error| panic!("{name}: {error}"));
        let body_fits = match body {
            Body::Is(expected) => text == expected,
            Body::Spans(start, end) => text.starts_with(&start) && text.ends_with(end),
            Body::Error(code, message) => {
                text.starts_with(r#"{"errors":[{"message":"#)
                    && text.contains(&format!(r#""extensions":{{"code":"{code}"}}"#))
                    && text.contains(message)
                    && !text.contains(r#""data""#)
            }
        };
        let type_fits = got_type.split(';').next() == Some(content_type);
        if got_status != status || !type_fits || !body_fits {
            failures.push(format!("{name}: {got_status} {got_type}\n  {text}"));
        }
    }
    assert!(failures.is_empty(), "{} cases fail:\n{}", failures.len(), failures.join("\n"));
}

#[tokio::test]
async fn well_formed_requests_are_answered() {
    let backend = Backend::start().await;
    let gateway = Gateway::start(backend.supergraph(), false).await;
    let named = r#"{"query":"query A { hello } query B { b: hello }","operationName":"B"}"#;
    let escaped = r#"{"query":"{\n  \u0068ello\n}"}"#;
    let mutation = r#"{"query":"mutation { say(text: \"x\") }"}"#;
    let skipped = r#"{"query":"query($no: Boolean!) { hello @skip(if: $no) __typename }","variables":{"no":true}}"#;
    let is_hello = || Body::Is(HELLO_ANSWER);
    let cases = vec![
        case("POST", post(HELLO), 200, JSON, is_hello()),
        case("POST in UTF-8", post(HELLO).of_type("application/json; charset=utf-8"), 200, JSON, is_hello()),
        case("any type accepted", post(HELLO).with("accept", "*/*"), 200, JSON, is_hello()),
        case("application/json accepted", post(HELLO).with("accept", JSON), 200, JSON, is_hello()),
        case("the new type", post(HELLO).with("accept", GRAPHQL_RESPONSE), 200, GRAPHQL_RESPONSE, is_hello()),
        case(
            "weights decide",
            post(HELLO).with("accept", "application/json;q=0.8, application/graphql-response+json"),
            200,
            GRAPHQL_RESPONSE,
            is_hello(),
        ),
        case("an escaped query", post(escaped), 200, JSON, is_hello()),
        case("unknown members are ignored", post(r#"{"query":"{ hello }","id":1}"#), 200, JSON, is_hello()),
        case("nulls", post(r#"{"query":"{ hello }","variables":null,"operationName":null}"#), 200, JSON, is_hello()),
        case("an operation by name", post(named), 200, JSON, Body::Is(r#"{"data":{"b":"hi"}}"#)),
        case("a mutation by POST", post(mutation), 200, JSON, Body::Is(r#"{"data":{"say":"ok"}}"#)),
        case("a condition", post(skipped), 200, JSON, Body::Is(r#"{"data":{"__typename":"Query"}}"#)),
        case("GET", get("/graphql?query=%7B+hello+%7D"), 200, JSON, is_hello()),
        case(
            "GET with variables",
            get("/graphql?query=query(%24n:String)%7Bhello(name:%24n)%7D&variables=%7B%22n%22:%22x%22%7D"),
            200,
            JSON,
            is_hello(),
        ),
        case(
            "GET of a browser that asked first",
            get("/graphql?query=%7Bhello%7D").with("origin", "http://x").with("apollo-require-preflight", "true"),
            200,
            JSON,
            is_hello(),
        ),
        case("alive", get("/health/live"), 200, JSON, Body::Is(r#"{"status":"live"}"#)),
        case("ready", get("/health/ready"), 200, JSON, Body::Is(r#"{"status":"ready"}"#)),
    ];
    check(&gateway, cases).await;
}

#[tokio::test]
async fn what_is_no_graphql_request_is_rejected_whatever_is_accepted() {
    let backend = Backend::start().await;
    let gateway = Gateway::start(backend.supergraph(), false).await;
    let bad = |message| Body::Error("BAD_USER_INPUT", message);
    let forged = || Body::Error("CSRF_PREVENTION_FAILED", "another site");
    let cases = vec![
        case("no JSON", post("{"), 400, JSON, bad("line 1")),
        case("no JSON, new type", post("{").with("accept", GRAPHQL_RESPONSE), 400, GRAPHQL_RESPONSE, bad("line 1")),
        case("no UTF-8", post("{\"query\":\"\u{0}\"}"), 400, JSON, bad("control character")),
        case("no body", post(""), 400, JSON, bad("no body")),
        case("no object", post("3"), 400, JSON, bad("a JSON object")),
        case("no query", post("{}"), 400, JSON, bad("\\\"query\\\"")),
        case("a typo", post(r#"{"qeury":"{hello}"}"#), 400, JSON, bad("\\\"query\\\"")),
        case("a batch", post(format!("[{HELLO}]")), 400, JSON, bad("one request at a time")),
        case("query is no string", post(r#"{"query":{}}"#), 400, JSON, bad("must be a string")),
        case("query twice", post(r#"{"query":"{hello}","query":"{hello}"}"#), 400, JSON, bad("duplicate field")),
        case("variables are a list", post(r#"{"query":"{hello}","variables":[]}"#), 400, JSON, bad("JSON object")),
        case("variables are a string", post(r#"{"query":"{hello}","variables":""}"#), 400, JSON, bad("JSON object")),
        case("operationName is a number", post(r#"{"query":"{hello}","operationName":1}"#), 400, JSON, bad("string")),
        case("extensions are true", post(r#"{"query":"{hello}","extensions":true}"#), 400, JSON, bad("JSON object")),
        case("too large", post(" ".repeat(2 * 1024 * 1024 + 1)), 413, JSON, bad("larger than 2097152")),
        case("GraphQL as the body", post("{hello}").of_type("application/graphql"), 415, JSON, bad("application/json")),
        case("UTF-16", post(HELLO).of_type("application/json; charset=utf-16"), 415, JSON, bad("UTF-8")),
        case("text", post(HELLO).of_type("text/plain"), 415, JSON, forged()),
        case("a form", post("query=x").of_type("application/x-www-form-urlencoded"), 415, JSON, forged()),
        case("no content type", post(HELLO).untyped(), 415, JSON, forged()),
        case("GET of a browser", get("/graphql?query=%7Bhello%7D").with("origin", "http://x"), 400, JSON, forged()),
        case("GET without a query", get("/graphql"), 400, JSON, bad("\\\"query\\\"")),
        case("GET, bad variables", get("/graphql?query=%7Bhello%7D&variables=%5B%5D"), 400, JSON, bad("JSON object")),
        case("nothing acceptable", post(HELLO).with("accept", "text/html"), 406, JSON, bad("Accept")),
        case("PUT", post(HELLO).to(Method::PUT, "/graphql"), 405, JSON, bad("GET, POST")),
        case("another path", get("/other"), 404, JSON, Body::Error("NOT_FOUND", "/graphql")),
        case("POST to health", post("").to(Method::POST, "/health/live"), 405, JSON, bad("GET")),
        case(
            "two signatures",
            post(HELLO).with("authorization", "a").with("authorization", "b"),
            400,
            JSON,
            bad("Authorization"),
        ),
    ];
    check(&gateway, cases).await;
    assert_eq!(backend.calls(), 0);
}

#[tokio::test]
async fn request_errors_are_200_or_400_by_the_type_accepted() {
    let backend = Backend::start().await;
    let gateway = Gateway::start(backend.supergraph(), false).await;
    let requests = [
        ("a syntax error", "{", "{}", "GRAPHQL_PARSE_FAILED", "locations"),
        ("an unknown field", "{ nope }", "{}", "GRAPHQL_VALIDATION_FAILED", r#""locations":[{"line":1,"column":3}]"#),
        ("no operation", "fragment F on Query { hello }", "{}", "GRAPHQL_VALIDATION_FAILED", "operation"),
        ("two operations", "query A {hello} query B {hello}", "{}", "OPERATION_RESOLUTION_FAILURE", "2 operations"),
        ("a missing variable", "mutation($t: String!) { say(text: $t) }", "{}", "BAD_USER_INPUT", "required"),
        ("a wrong variable", "query($n: String) { hello(name: $n) }", r#"{"n":1}"#, "BAD_USER_INPUT", "String"),
        ("introspection", "{ __schema { types { name } } }", "{}", "INTROSPECTION_DISABLED", "disabled"),
    ];
    let mut cases = vec![];
    for (name, query, variables, code, message) in requests {
        for (accept, status) in [(JSON, 200), (GRAPHQL_RESPONSE, 400)] {
            let body = format!(r#"{{"query":"{query}","variables":{variables}}}"#);
            cases.push(case(name, post(body).with("accept", accept), status, accept, Body::Error(code, message)));
        }
    }
    check(&gateway, cases).await;
    assert_eq!(backend.calls(), 0);
}

/// Events in the order in which they come, up to the end of the stream.
#[tokio::test]
async fn answers_come_as_events_where_the_client_wants_them() {
    let backend = Backend::start().await;
    let gateway = Gateway::start(backend.supergraph(), false).await;
    let is_events = |text: &str| Body::Spans(format!("event: next\ndata: {text}"), "\n\nevent: complete\ndata:\n\n");
    let ticks = r#"{"query":"subscription { ticks }"}"#;
    let no_events = |message| Body::Error("BAD_USER_INPUT", message);
    let cases = vec![
        case("a query", post(HELLO).with("accept", EVENTS), 200, EVENTS, is_events(HELLO_ANSWER)),
        case(
            "a query by GET",
            get("/graphql?query=%7Bhello%7D").with("accept", EVENTS),
            200,
            EVENTS,
            is_events(HELLO_ANSWER),
        ),
        case(
            "what is wrong with an operation is an event too",
            post(r#"{"query":"{ nope }"}"#).with("accept", EVENTS),
            200,
            EVENTS,
            is_events(r#"{"errors":[{"message":"#),
        ),
        case("what is no operation is none", post("{").with("accept", EVENTS), 400, JSON, no_events("line 1")),
        case(
            "JSON before events",
            post(HELLO).with("accept", "application/json, text/event-stream"),
            200,
            JSON,
            Body::Is(HELLO_ANSWER),
        ),
        case("a subscription, JSON", post(ticks), 406, JSON, no_events("text/event-stream")),
        case("a subscription, any type", post(ticks).with("accept", "*/*"), 406, JSON, no_events("text/event-stream")),
        case(
            "a subscription, the new type",
            post(ticks).with("accept", GRAPHQL_RESPONSE),
            406,
            GRAPHQL_RESPONSE,
            no_events("text/event-stream"),
        ),
        case(
            "a subscription to a GraphQL server",
            post(ticks).with("accept", "application/json, text/event-stream"),
            200,
            EVENTS,
            is_events(r#"{"data":{"ticks":null},"errors":[{"message":"The subgraph \"greeter\" is a GraphQL server"#),
        ),
    ];
    check(&gateway, cases).await;
}

#[tokio::test]
async fn hostile_requests_get_small_answers() {
    let backend = Backend::start().await;
    let gateway = Gateway::start(backend.supergraph(), false).await;
    let (open, close) = ("[".repeat(5000), "]".repeat(5000));
    let fields: String = (0..3000).map(|at| format!(" x{at}")).collect();
    let requests = [
        (
            "a deep variable that nobody asks for",
            format!(r#"{{"query":"{{hello}}","variables":{{"x":{open}{close}}}}}"#),
        ),
        (
            "a deep variable",
            format!(r#"{{"query":"query($n:String){{hello(name:$n)}}","variables":{{"n":{open}{close}}}}}"#),
        ),
        ("a deep literal", format!(r#"{{"query":"{{hello(name:{open}{close})}}"}}"#)),
        ("deep selections", format!(r#"{{"query":"{}{}"}}"#, "{a".repeat(5000), "}".repeat(5000))),
        ("many faults", format!(r#"{{"query":"{{{fields}}}"}}"#)),
        ("a long name", format!(r#"{{"query":"{{{}}}"}}"#, "x".repeat(100_000))),
        ("a cycle", r#"{"query":"{...A} fragment A on Query {...B} fragment B on Query {...A}"}"#.to_owned()),
    ];
    for (name, body) in requests {
        let request = Client::new().post(gateway.url("/graphql")).header("content-type", JSON).body(body);
        let response = request.send().await.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(response.status(), StatusCode::OK, "{name}");
        let text = response.text().await.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(text.len() < 64 * 1024, "{name}: {} bytes", text.len());
    }
}

#[tokio::test]
async fn a_mutation_by_get_is_refused_with_what_is_allowed() {
    let backend = Backend::start().await;
    let gateway = Gateway::start(backend.supergraph(), false).await;
    let url = gateway.url("/graphql?query=mutation%7Bsay(text:%22x%22)%7D");
    let response = Client::new().get(url).send().await.expect("an answer");
    assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(response.headers()["allow"], "POST");
    assert_eq!(backend.calls(), 0);
}

#[tokio::test]
async fn dev_allows_introspection_and_tells_timings() {
    let backend = Backend::start().await;
    let (dev, plain) =
        (Gateway::start(backend.supergraph(), true).await, Gateway::start(backend.supergraph(), false).await);
    let send = |gateway: &Gateway, body: &'static str| {
        Client::new().post(gateway.url("/graphql")).header("content-type", JSON).body(body).send()
    };
    let introspection = r#"{"query":"{ __schema { queryType { name } } }"}"#;
    let response = send(&dev, introspection).await.expect("an answer");
    assert!(response.headers()["server-timing"].to_str().is_ok_and(|value| value.contains("execute;dur=")));
    let body = response.text().await.expect("a body");
    assert_eq!(body, r#"{"data":{"__schema":{"queryType":{"name":"Query"}}}}"#);
    let response = send(&plain, HELLO).await.expect("an answer");
    assert!(!response.headers().contains_key("server-timing"));
}

#[tokio::test]
async fn a_request_id_is_kept_or_made() {
    let backend = Backend::start().await;
    let gateway = Gateway::start(backend.supergraph(), false).await;
    let client = Client::new();
    let kept = client.get(gateway.url("/graphql")).header("x-request-id", "mine-1").send().await.expect("an answer");
    assert_eq!(kept.headers()["x-request-id"], "mine-1");
    let made = client.get(gateway.url("/graphql")).send().await.expect("an answer");
    assert_eq!(made.headers()["x-request-id"].len(), 32);
}

#[tokio::test]
async fn http2_with_prior_knowledge_is_served() {
    let backend = Backend::start().await;
    let gateway = Gateway::start(backend.supergraph(), false).await;
    let client = Client::builder().http2_prior_knowledge().build().expect("a client");
    let response = client.get(gateway.url("/health/live")).send().await.expect("an answer");
    assert_eq!((response.version(), response.status()), (reqwest::Version::HTTP_2, StatusCode::OK));
}

#[tokio::test]
async fn stopping_answers_what_is_in_flight_and_says_that_it_is_not_ready() {
    let backend = Backend::start().await;
    let mut gateway = Gateway::start(backend.supergraph(), false).await;
    let (graphql, ready) = (gateway.url("/graphql"), gateway.url("/health/ready"));
    let request = Client::new().post(&graphql).header("content-type", JSON).body(r#"{"query":"{ slow }"}"#);
    let in_flight = tokio::spawn(request.send());
    backend.slow_call().await;

    gateway.tell_to_stop();
    while Client::new().get(&ready).send().await.expect("it still listens").status() != StatusCode::SERVICE_UNAVAILABLE
    {
        tokio::task::yield_now().await;
    }
    let late =
        Client::new().post(&graphql).header("content-type", JSON).body(HELLO).send().await.expect("it is served");
    assert_eq!(late.headers()["connection"], "close");
    assert_eq!(late.text().await.expect("a body"), HELLO_ANSWER);

    backend.release();
    let answered = in_flight.await.expect("no panic").expect("it is not cut");
    assert_eq!(answered.text().await.expect("a body"), r#"{"data":{"slow":"done"}}"#);
    gateway.running.stopped().await.expect("it stops");
    assert!(Client::new().get(&ready).send().await.is_err());
}

#[tokio::test]
async fn a_port_that_is_taken_is_told() {
    let backend = Backend::start().await;
    let gateway = Gateway::start(backend.supergraph(), false).await;
    let source = weft::SupergraphSource::Text(backend.supergraph());
    let options = weft::ServeOptions::new(source, gateway.running.addr().to_string());
    let error = weft::serve(options, std::future::pending()).await.expect_err("the port is taken").to_string();
    assert!(error.contains(&gateway.running.addr().to_string()) && error.contains("--listen"), "{error}");
}

/// The label of a progressive override decides for each request, also for one whose text is known.
#[tokio::test]
async fn a_field_moves_for_as_many_requests_as_its_label_says() {
    // That one of two sources gets none of so many is not seen in the life of a computer.
    const REQUESTS: usize = 100;
    for (label, old, new) in [
        ("percent(0)", REQUESTS..=REQUESTS, 0..=0),
        ("percent(100)", 0..=0, REQUESTS..=REQUESTS),
        ("percent(50)", 1..=REQUESTS - 1, 1..=REQUESTS - 1),
        ("unknown", REQUESTS..=REQUESTS, 0..=0),
    ] {
        let (from, to) = (Backend::start().await, Backend::start().await);
        let url = |backend: &Backend| format!("http://{}/graphql", backend.address);
        let moved = format!(
            r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@override"])
            type Query {{ hello(name: String): String @override(from: "old", label: "{label}") }}"#
        );
        let supergraph = composed(&[("new", &url(&to), &moved), ("old", &url(&from), SDL)]);
        let gateway = Gateway::start(supergraph, false).await;
        let client = Client::new();
        for _ in 0..REQUESTS {
            let request = client.post(gateway.url("/graphql")).header("content-type", JSON).body(HELLO);
            let response = request.send().await.expect("the gateway answers");
            assert_eq!(response.text().await.expect("the answer arrives whole"), HELLO_ANSWER, "{label}");
        }
        assert!(old.contains(&from.calls()) && new.contains(&to.calls()), "{label}: {} {}", from.calls(), to.calls());
        assert_eq!(from.calls() + to.calls(), REQUESTS, "{label}");
    }
}
