//! Strings that would be something else if they were not kept in their place: in metadata, and in messages.

use super::*;
use crate::connector::HeaderRule;
use service::Service;

const LINK: &str = r#"extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key"])
  @link(url: "https://specs.apollo.dev/connect/v0.3", import: ["@source", "@connect"])
  @link(url: "https://specs.weft.dev/connect/v0.1")
  @source(name: "types", grpc: { address: "http://unused.invalid:1", service: "t.Types", proto: ["types.proto"] })
  scalar JSON
"#;

const HOSTILE: [&str; 20] = [
    "plain",
    "a b",
    "",
    "a\r\nx-evil: 1",
    "a\nx-evil: 1",
    "a\rb",
    "\u{0}",
    "a\u{0}b",
    "\u{7f}",
    "a\tb",
    "é",
    "\u{2028}😀",
    "grpc-timeout: 1n",
    "1n, x-evil=1; grpc-status: 0",
    "\"\\",
    "AAE=,AAI=",
    "%0d%0ax-evil: 1",
    "{$env.SECRET}",
    "../t.Types/Fail",
    "~!@#$%^&*()",
];

/// What gRPC lets stand in metadata whose name does not end in `-bin`.
fn is_text(value: &[u8]) -> bool {
    value.iter().all(|byte| (0x20..0x7f).contains(byte))
}

fn all<'c>(call: &'c Call, name: &str) -> Vec<&'c str> {
    call.headers.get_all(name).iter().map(|value| value.to_str().expect("ASCII")).collect()
}

async fn ask(connect: &str, argument: &str, value: Json, headers: &[(&'static str, &[u8])]) -> (Json, Vec<Call>) {
    let service = Service::start(|call| once(Ok(call.message.clone()))).await;
    let sdl = format!(
        r#"{LINK} type Query {{ f(v: {argument}): JSON @connect(source: "types", grpc: {{ method: "Echo", {connect} }}, selection: "$") }}"#
    );
    let world = World::of(&sdl, &service.url(), |_| {});
    let headers = headers.iter().map(|(name, value)| {
        (HeaderName::from_static(name), HeaderValue::from_bytes(value).expect("a value that HTTP may have"))
    });
    let operation = format!("query($v: {argument}) {{ f(v: $v) }}");
    let variables = json!({ "v": value }).to_string();
    let text = world.gateway.run_on(&world.connectors, &headers.collect(), &operation, &variables).await;
    (serde_json::from_str(&text).expect("JSON"), service.calls())
}

/// A value that a client gives stays one value, wherever it goes; or there is no call.
#[tokio::test]
async fn a_clients_value_stays_in_its_place() {
    const PLACES: [(&str, &str); 5] = [
        ("text", r#"headers: [{ name: "x-v", value: "{$args.v}" }, { name: "x-z", value: "1" }]"#),
        ("text within", r#"headers: [{ name: "x-v", value: "a {$args.v} z" }, { name: "x-z", value: "1" }]"#),
        ("bytes", r#"headers: [{ name: "x-v-bin", value: "{$args.v}" }, { name: "x-z", value: "1" }]"#),
        ("message", r#"body: "snakeName: $args.v", headers: [{ name: "x-z", value: "1" }]"#),
        (
            "key of a map",
            r#"body: "byString: $([{ key: $args.v, value: 7 }])", headers: [{ name: "x-z", value: "1" }]"#,
        ),
    ];
    for (place, connect) in PLACES {
        for hostile in HOSTILE {
            let (answer, calls) = ask(connect, "String", json!(hostile), &[]).await;
            let what = format!("{place} {hostile:?}: {answer} {calls:?}");
            if place.starts_with("text") && !is_text(hostile.as_bytes()) {
                assert!(calls.is_empty(), "{what}");
                assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{what}");
                continue;
            }
            assert_eq!(answer.get("errors"), None, "{what}");
            let [call] = &calls[..] else { panic!("{what}") };
            assert_eq!((call.method.as_str(), all(call, "x-z")), ("Echo", vec!["1"]), "{what}");
            let own = call.headers.keys().filter(|name| name.as_str().starts_with("x-")).count();
            assert_eq!(own, if place.contains("text") || place == "bytes" { 2 } else { 1 }, "{what}");
            assert_ne!(all(call, "grpc-timeout"), ["1n"], "{what}");
            match place {
                "text" => assert_eq!(all(call, "x-v"), [hostile], "{what}"),
                "text within" => assert_eq!(all(call, "x-v"), [format!("a {hostile} z")], "{what}"),
                "bytes" => {
                    let [sent] = all(call, "x-v-bin")[..] else { panic!("{what}") };
                    let bytes = base64::engine::general_purpose::STANDARD_NO_PAD.decode(sent).expect("base64");
                    assert_eq!(bytes, hostile.as_bytes(), "{what}");
                }
                "message" => assert_eq!(answer["data"]["f"]["snakeName"], hostile, "{what}"),
                _ => assert_eq!(answer["data"]["f"]["byString"], json!({ (hostile): "7" }), "{what}"),
            }
        }
    }
}

/// Headers of clients: from, to, what came, and what is sent, if anything is.
#[tokio::test]
async fn a_clients_header_is_sent_as_what_its_name_says() {
    type Case<'a> = (&'static str, &'a str, &'a [u8], Option<&'a str>);
    #[rustfmt::skip]
    let cases: [Case<'_>; 12] = [
        ("x-c", "x-v", b"a b", Some("a b")),
        ("x-c", "x-v", b"", Some("")),
        ("x-c", "x-v", "é".as_bytes(), None),
        ("x-c", "x-v", b"\xe9", None),
        ("x-c", "x-v", b"a\tb", None),
        ("x-c", "x-v-bin", "é".as_bytes(), Some("w6k")),
        ("x-c", "x-v-bin", b"\xe9", Some("6Q")),
        ("x-c", "x-v-bin", b"AAE=", Some("QUFFPQ")),
        ("x-c-bin", "x-v-bin", b"AAE=", Some("AAE")),
        ("x-c-bin", "x-v-bin", b"a b", None),
        ("x-c-bin", "x-v-bin", b"\xe9", None),
        ("x-c-bin", "x-v", b"AAE=", Some("AAE=")),
    ];
    for (from, to, value, expected) in cases {
        let connect = format!(r#"headers: [{{ name: "{to}", from: "{from}" }}]"#);
        let (answer, calls) = ask(&connect, "String", Json::Null, &[(from, value)]).await;
        let what = format!("{from} {to} {value:?}: {answer}");
        match expected {
            Some(expected) => {
                assert_eq!(calls.iter().map(|call| all(call, to)).collect::<Vec<_>>(), [[expected]], "{what}")
            }
            None => {
                assert!(calls.is_empty(), "{what}");
                assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{what}");
                assert!(answer["errors"][0]["message"].as_str().is_some_and(|told| told.contains("x-")), "{what}");
            }
        }
    }
}

/// Names that are gRPC's or the connection's are sent by no rule, whatever it finds.
#[tokio::test]
async fn reserved_names_are_not_the_clients_to_send() {
    let own = [("x-own", "1"), ("x-own-bin", "AAE=")];
    #[rustfmt::skip]
    let reserved = [
        ("grpc-timeout", "1n"), ("grpc-encoding", "gzip"), ("grpc-accept-encoding", "gzip"), ("grpc-status", "0"), ("grpc-message", "hi"),
        ("grpc-status-details-bin", "AAE="), ("grpc-anything", "1"), ("grpc-trace-bin", "AAE="), ("te", "gzip"), ("content-type", "text/plain"),
        ("content-length", "7"), ("host", "evil.example"), ("connection", "x-own"), ("transfer-encoding", "chunked"), ("upgrade", "h2c"),
    ];
    let service = Service::start(|call| once(Ok(call.message.clone()))).await;
    let world = World::new(&service.url(), |source| {
        source.headers = vec![HeaderRule::PropagateMatching(regex::Regex::new("").expect("an expression"))];
    });
    let response =
        world.ask_with("{ echo(input: { i32: 1 }) { i32 } }", &json!({}), &[&own[..], &reserved].concat()).await;
    assert_eq!(response, json!({"data":{"echo":{"i32":1}}}));
    let call = &service.calls()[0];
    assert_eq!((all(call, "x-own"), all(call, "x-own-bin")), (vec!["1"], vec!["AAE"]));
    for (name, value) in reserved {
        assert!(!all(call, name).contains(&value), "{name}: {:?}", call.headers);
    }
}
