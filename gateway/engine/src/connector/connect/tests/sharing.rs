//! Operations that run at the same time: what they share, and what they do not.

use std::time::Duration;

use futures_util::FutureExt;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value as Json, json};

use super::LINK;
use crate::connector::{Connectors, ConnectorsConfig, HeaderRule, SourceConfig};
use crate::policy::Guards;
use crate::testing::{Gateway, Reply, Server};

const SHOP: &str = r#"
type Query {
  user(id: ID!): User @connect(source: "api", http: { GET: "/start" }, selection: "id: $args.id")
}
type Mutation { touch: Int @connect(source: "api", http: { POST: "/touch" }, selection: "$") }
type User @key(fields: "id") @connect(source: "api", http: { GET: "/users", queryParams: "id: $batch.id" },
    batch: { maxSize: 2 }, selection: "id name email") {
  id: ID! name: String email: String
  orders(last: Int): [Order!] @connect(source: "api", batch: { groupBy: "user" },
    http: { GET: "/orders", queryParams: "user: $batch.id last: $args.last for: $request.headers.'x-for'->first" },
    selection: "user total")
}
type Order { user: ID total: Int }
"#;

/// What the gateway says of who asks, whatever is forwarded besides.
const OF_USERS: [&str; 3] = ["x-user-id", "x-user-roles", "x-user-scopes"];

struct Shop {
    gateway: Gateway,
    connectors: Connectors,
    server: Server,
}

/// Method and address of a request, its parameters sorted: who comes first is not said.
fn line(request: &str) -> String {
    let line = request.split(" HTTP/1.1").next().unwrap_or_default();
    let Some((path, query)) = line.split_once('?') else { return line.to_owned() };
    let mut parameters: Vec<&str> = query.split('&').collect();
    parameters.sort_unstable();
    format!("{path}?{}", parameters.join("&"))
}

fn lines(server: &Server) -> Vec<String> {
    let mut lines: Vec<String> = server.requests().iter().map(|request| line(request)).collect();
    lines.sort();
    lines
}

/// A client's headers.
type Sent<'a> = &'a [(&'static str, &'static str)];

/// One request and its client's headers.
type Ask<'a> = (&'a str, Sent<'a>);

impl Shop {
    async fn start(window: Option<Duration>, share_in_flight: bool) -> Self {
        let server = Server::start(|request| {
            let (status, body) = match line(request).as_str() {
                "GET /v1/start" => (200, "{}"),
                "POST /v1/touch" => (200, "1"),
                "GET /v1/users?id=1" => (200, r#"[{"id":1,"name":"A","email":"a@"}]"#),
                "GET /v1/users?id=2" => (200, r#"[{"id":2,"name":"B","email":"b@"}]"#),
                "GET /v1/users?id=1&id=2" => {
                    (200, r#"[{"id":2,"name":"B","email":"b@"},{"id":1,"name":"A","email":"a@"}]"#)
                }
                "GET /v1/orders?user=1&user=2" => (200, r#"[{"user":2,"total":5},{"user":1,"total":4}]"#),
                "GET /v1/orders?last=4&user=2" => (200, "[]"),
                "GET /v1/orders?for=x&user=1" => (200, r#"[{"user":1,"total":7}]"#),
                "GET /v1/orders?for=y&user=2" => (200, r#"[{"user":2,"total":8}]"#),
                _ => (404, "{}"),
            };
            Reply::http(status, "application/json", body)
        })
        .await;
        let name = HeaderName::from_static;
        let forwarded = ["x-request-id", "authorization"];
        let headers = forwarded.map(|it| HeaderRule::Propagate { from: name(it), to: name(it), default: None });
        let headers = headers.into_iter().chain(OF_USERS.map(|it| HeaderRule::Exactly(name(it)))).collect();
        let all = SourceConfig {
            url: Some(format!("{}/v1", server.url)),
            timeout: Duration::from_secs(10),
            headers,
            batch_window: window,
            share_in_flight,
            ..SourceConfig::default()
        };
        let gateway = Gateway::composed(&[("shop", format!("{LINK}{SHOP}"))], &|_, _| None);
        let config = ConnectorsConfig { all, ..ConnectorsConfig::default() };
        let connectors =
            Connectors::new(&gateway.supergraph, &config, &Guards::default()).expect("a good configuration");
        Self { gateway, connectors, server }
    }

    async fn ask(&self, (operation, sent): Ask<'_>) -> Json {
        let mut headers = HeaderMap::new();
        for (name, value) in sent {
            headers.insert(*name, HeaderValue::from_static(value));
        }
        let text = self.gateway.run_on(&self.connectors, &headers, operation, "{}").await;
        serde_json::from_str(&text).expect("JSON")
    }

    /// Asks for both at once. They are polled in turn before anything is read from the network, so that both have asked what
    /// they ask before either has its answer.
    async fn both(&self, first: Ask<'_>, second: Ask<'_>) -> [Json; 2] {
        let (first, second) = tokio::join!(self.ask(first), self.ask(second));
        [first, second]
    }
}

const WINDOW: Option<Duration> = Some(Duration::from_millis(1));

/// With `share_in_flight` both operations have the answer to their first call at once, and come to their second together.
#[tokio::test]
async fn operations_share_what_they_may_and_no_more() {
    let (one, two) = ("{ user(id: 1) { id name } }", "{ user(id: 2) { id email } }");
    let touch = "mutation { touch }";
    let none: [Sent<'_>; 2] = [&[]; 2];
    let of_request: [Sent<'_>; 2] = [&[("x-request-id", "r1")], &[("x-request-id", "r2")]];
    let of_client: [Sent<'_>; 2] = [&[("authorization", "a")], &[("authorization", "b")]];
    let of_user: [Sent<'_>; 2] = [&[("x-user-id", "a")], &[("x-user-id", "b")]];
    let of_role: [Sent<'_>; 2] = [&[("x-user-roles", "a")], &[("x-user-roles", "b")]];
    let of_scope: [Sent<'_>; 2] = [&[("x-user-scopes", "a")], &[]];
    let of_one: [Sent<'_>; 2] = [&[("x-user-id", "a"), ("x-request-id", "r1")], &[("x-user-id", "a")]];
    let (start, first, second) = ("GET /v1/start", "GET /v1/users?id=1", "GET /v1/users?id=2");
    type Case<'a> = (&'a str, Option<Duration>, bool, [&'a str; 2], [Sent<'a>; 2], &'a [&'a str]);
    #[rustfmt::skip]
    let cases: [Case<'_>; 15] = [
        ("nothing is shared unasked", None, false, [one, one], none, &[start, start, first, first]),
        ("equal reads", None, true, [one, one], none, &[start, first]),
        ("a request's own id makes no difference", None, true, [one, one], of_request, &[start, first]),
        ("another client's header does", None, true, [one, one], of_client, &[start, start, first, first]),
        ("another user's are apart", None, true, [one, one], of_user, &[start, start, first, first]),
        ("another role's too", None, true, [one, one], of_role, &[start, start, first, first]),
        ("and another scope's", None, true, [one, one], of_scope, &[start, start, first, first]),
        ("one user's are shared", None, true, [one, one], of_one, &[start, first]),
        ("nor are batches of several users", WINDOW, true, [one, two], of_user, &[start, start, first, second]),
        ("nor of several scopes", WINDOW, true, [one, two], of_scope, &[start, start, first, second]),
        ("other reads", None, true, [one, two], none, &[start, first, second]),
        ("a window joins entities", WINDOW, true, [one, two], of_request, &[start, "GET /v1/users?id=1&id=2"]),
        ("each entity once", WINDOW, true, [one, one], none, &[start, first]),
        ("not those of other clients", WINDOW, true, [one, two], of_client, &[start, start, first, second]),
        ("mutations are never shared", WINDOW, true, [touch, touch], none, &["POST /v1/touch"; 2]),
    ];
    for (what, window, in_flight, operations, headers, calls) in cases {
        let shop = Shop::start(window, in_flight).await;
        let answers = shop.both((operations[0], headers[0]), (operations[1], headers[1])).await;
        let expected = operations.map(|operation| match operation {
            operation if operation == one => json!({"data":{"user":{"id":"1","name":"A"}}}),
            operation if operation == two => json!({"data":{"user":{"id":"2","email":"b@"}}}),
            _ => json!({"data":{"touch":1}}),
        });
        assert_eq!(answers, expected, "{what}");
        assert_eq!(lines(&shop.server), calls, "{what}");
    }
}

#[tokio::test]
async fn results_of_a_shared_batch_go_to_their_own_fields() {
    let orders = |id: u8, arguments: &str| format!("{{ user(id: {id}) {{ orders{arguments} {{ total }} }} }}");
    let shop = Shop::start(WINDOW, true).await;
    let [first, second] = shop.both((&orders(1, ""), &[]), (&orders(2, ""), &[])).await;
    assert_eq!(first, json!({"data":{"user":{"orders":[{"total":4}]}}}));
    assert_eq!(second, json!({"data":{"user":{"orders":[{"total":5}]}}}));
    assert_eq!(lines(&shop.server), ["GET /v1/orders?user=1&user=2", "GET /v1/start"]);

    // Other arguments are another call, and one that fails fails alone.
    let [first, second] = shop.both((&orders(1, "(last: 3)"), &[]), (&orders(2, "(last: 4)"), &[])).await;
    assert_eq!(first["errors"][0]["extensions"]["code"], "NOT_FOUND", "{first}");
    assert_eq!(second, json!({"data":{"user":{"orders":[]}}}));
    // So is another header that only a template reads.
    let (x, y): (&[_], &[_]) = (&[("x-for", "x")], &[("x-for", "y")]);
    let [first, second] = shop.both((&orders(1, ""), x), (&orders(2, ""), y)).await;
    assert_eq!(first, json!({"data":{"user":{"orders":[{"total":7}]}}}));
    assert_eq!(second, json!({"data":{"user":{"orders":[{"total":8}]}}}));
}

/// Two lookups that a template tells apart by such a header are two, whatever its name; so they are for two clients.
#[tokio::test]
async fn what_a_template_puts_in_a_header_tells_reads_apart() {
    const SDL: &str = r#"type Query { n(of: String): String @connect(source: "api", selection: "$",
        http: { GET: "/n", headers: [{ name: "X-Request-Id", value: "{$args.of}" }] }) }"#;
    let server = Server::start(|request| {
        let made = ["a", "b"].into_iter().find(|it| request.to_lowercase().contains(&format!("x-request-id: {it}\r")));
        Reply::json(&json!(made).to_string())
    })
    .await;
    let gateway = Gateway::composed(&[("shop", format!("{LINK}{SDL}"))], &|_, _| None);
    let all = SourceConfig { url: Some(server.url.clone()), share_in_flight: true, ..SourceConfig::default() };
    let config = ConnectorsConfig { all, ..ConnectorsConfig::default() };
    let connectors = Connectors::new(&gateway.supergraph, &config, &Guards::default()).expect("a good configuration");
    let client = |id: &'static str| {
        HeaderMap::from_iter([(HeaderName::from_static("x-request-id"), HeaderValue::from_static(id))])
    };
    let (none, a, b) = (HeaderMap::new(), client("a"), client("b"));
    let both = gateway.run_on(&connectors, &none, r#"{ a: n(of: "a") b: n(of: "b") c: n(of: "a") }"#, "{}").await;
    assert_eq!(both, r#"{"data":{"a":"a","b":"b","c":"a"}}"#);
    assert_eq!(server.requests().len(), 2);
    let answers = tokio::join!(
        gateway.run_on(&connectors, &a, r#"{ n(of: "a") }"#, "{}"),
        gateway.run_on(&connectors, &b, r#"{ n(of: "b") }"#, "{}")
    );
    assert_eq!(answers, (r#"{"data":{"n":"a"}}"#.to_owned(), r#"{"data":{"n":"b"}}"#.to_owned()));
}

/// A failure is that of all who share the call, each at its own place.
#[tokio::test]
async fn an_error_goes_to_all() {
    let shop = Shop::start(WINDOW, true).await;
    let orders = |id: u8| format!("{{ u{id}: user(id: {id}) {{ orders(last: 9) {{ total }} }} }}");
    let answers = shop.both((&orders(1), &[]), (&orders(2), &[])).await;
    for (answer, path) in answers.iter().zip(["u1", "u2"]) {
        assert_eq!(answer["data"][path]["orders"], Json::Null, "{answer}");
        assert_eq!(answer["errors"][0]["path"], json!([path]), "{answer}");
        assert_eq!(answer["errors"][0]["extensions"]["code"], "NOT_FOUND", "{answer}");
    }
    assert_eq!(lines(&shop.server), ["GET /v1/orders?last=9&user=1&user=2", "GET /v1/start"]);
}

#[tokio::test]
async fn graphql_servers_share_reads_too() {
    let server = Server::start(|request| {
        Reply::json(if request.contains("mutation") { r#"{"data":{"m":2}}"# } else { r#"{"data":{"q":1}}"# })
    })
    .await;
    let gateway = Gateway::new(&[("plain", "type Query { q: Int } type Mutation { m: Int }")]);
    let all = SourceConfig { url: Some(server.url.clone()), share_in_flight: true, ..SourceConfig::default() };
    let config = |all| ConnectorsConfig { all, ..ConnectorsConfig::default() };
    let connectors =
        Connectors::new(&gateway.supergraph, &config(all.clone()), &Guards::default()).expect("a good configuration");
    let headers = HeaderMap::new();
    let ask = |operation| gateway.run_on(&connectors, &headers, operation, "{}");
    let (first, second, third, fourth) =
        tokio::join!(ask("{ q }"), ask("{ q }"), ask("mutation { m }"), ask("mutation { m }"));
    assert_eq!([first, second], [r#"{"data":{"q":1}}"#; 2]);
    assert_eq!([third, fourth], [r#"{"data":{"m":2}}"#; 2]);
    assert_eq!(server.requests().len(), 3);

    let exactly = OF_USERS.map(|name| HeaderRule::Exactly(HeaderName::from_static(name)));
    let config_of_users = config(SourceConfig { headers: exactly.to_vec(), ..all.clone() });
    let connectors =
        Connectors::new(&gateway.supergraph, &config_of_users, &Guards::default()).expect("a good configuration");
    let [a, b] = ["a", "b"]
        .map(|user| HeaderMap::from_iter([(HeaderName::from_static("x-user-id"), HeaderValue::from_static(user))]));
    let ask = |headers| gateway.run_on(&connectors, headers, "{ q }", "{}");
    tokio::join!(ask(&a), ask(&a), ask(&b));
    assert_eq!(server.requests().len(), 3 + 2, "one call a user");

    let windowed = SourceConfig { batch_window: WINDOW, ..all };
    let errors =
        Connectors::new(&gateway.supergraph, &config(windowed), &Guards::default()).expect_err("it has no batches");
    assert!(errors[0].to_string().contains("batch_window"), "{errors:?}");
}

/// An operation whose time is up goes, and the other has its answer; when all have gone, the call is given up.
#[tokio::test]
async fn a_call_ends_with_the_last_that_waits_for_it() {
    let server = Server::start(|_| Reply::Silence).await;
    let gateway = Gateway::new(&[("plain", "type Query { q: Int }")]);
    let all = SourceConfig {
        url: Some(server.url.clone()),
        share_in_flight: true,
        timeout: Duration::from_secs(600),
        ..SourceConfig::default()
    };
    let config = ConnectorsConfig { all, ..ConnectorsConfig::default() };
    let connectors = Connectors::new(&gateway.supergraph, &config, &Guards::default()).expect("a good configuration");
    let headers = HeaderMap::new();
    let ask = || gateway.run_on(&connectors, &headers, "{ q }", "{}");
    let (stays, goes) = (ask(), ask());
    let mut stays = Box::pin(stays);
    {
        let mut goes = Box::pin(goes);
        tokio::select! {
            _ = &mut stays => panic!("nothing was answered"),
            _ = &mut goes => panic!("nothing was answered"),
            () = server.received.notified() => {}
        }
    }
    let given_up = server.abandoned.notified();
    assert!((&mut stays).now_or_never().is_none(), "it still waits");
    drop(stays);
    given_up.await;
    assert_eq!(server.requests().len(), 1);
}
