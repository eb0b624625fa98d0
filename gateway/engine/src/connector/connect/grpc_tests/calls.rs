//! Calls: statuses and their details, metadata, deadlines, limits, connections.

use tokio::sync::Semaphore;

use super::*;
use service::{Left, Service};

const FAIL: &str = "{ fail(code: 3) { id } }";
const ECHO: &str = r#"{ echo(input: { i32: 1 }) { i32 } }"#;

/// Any of the test's types, or Google's, that is in a status's details.
fn status(code: i32, message: &str, details: &[(&str, &[u8])]) -> Status {
    // `google.rpc.Status`, by hand: it has no file of its own here.
    let mut out = vec![];
    for (url, value) in details {
        let mut any = vec![0x0a, u8::try_from(url.len()).expect("short")];
        any.extend(url.as_bytes());
        any.extend([0x12, u8::try_from(value.len()).expect("short")]);
        any.extend(*value);
        out.extend([0x1a, u8::try_from(any.len()).expect("short")]);
        out.extend(any);
    }
    Status::with_details(tonic::Code::from_i32(code), message, out.into())
}

#[tokio::test]
async fn statuses_have_codes_by_the_table() {
    #[rustfmt::skip]
    let codes = [
        (1, "SUBREQUEST_FAILED"), (2, "SUBREQUEST_FAILED"), (3, "BAD_USER_INPUT"), (4, "SUBGRAPH_TIMEOUT"), (5, "NOT_FOUND"), (6, "CONFLICT"),
        (7, "FORBIDDEN"), (8, "UPSTREAM_RATE_LIMITED"), (9, "BAD_USER_INPUT"), (10, "CONFLICT"), (11, "BAD_USER_INPUT"), (12, "SUBREQUEST_FAILED"),
        (13, "SUBREQUEST_FAILED"), (14, "SUBREQUEST_UNAVAILABLE"), (15, "SUBREQUEST_FAILED"), (16, "UNAUTHENTICATED"),
    ];
    let service = Service::start(|call| {
        // `Code { code }`, whose number is below 128.
        once(Err(Status::new(tonic::Code::from_i32(i32::from(call.message[1])), "no")))
    })
    .await;
    let world = World::new(&service.url(), |_| {});
    for (status, code) in codes {
        let response = world.ask(&format!("{{ fail(code: {status}) {{ id }} }}"), &json!({})).await;
        assert_eq!(response["data"], json!({"fail":null}), "{status}: {response}");
        let extensions = &response["errors"][0]["extensions"];
        assert_eq!(extensions["code"], code, "{status}: {response}");
        assert_eq!(extensions["grpc"], json!({"status": status}), "{response}");
        assert_eq!((&extensions["service"], &extensions["connector"]), (&json!("types"), &json!("Query.fail")));
    }
}

#[tokio::test]
async fn details_are_decoded_for_error_mappings() {
    let info = [&[0x0a, 5][..], b"QUOTA", &[0x12, 5], b"d.com", &[0x1a, 6, 0x0a, 1, b'k', 0x12, 1, b'v']].concat();
    let service = Service::start(move |_| {
        let details: [(&str, &[u8]); 3] = [
            ("type.googleapis.com/google.rpc.ErrorInfo", &info),
            ("type.googleapis.com/t.OutOfStock", b"\x0a\x02p1"),
            ("type.googleapis.com/other.Thing", b"\xff\x00"),
        ];
        once(Err(status(8, "too much", &details)))
    })
    .await;
    let response = World::new(&service.url(), |_| {}).ask(FAIL, &json!({})).await;
    let error = &response["errors"][0];
    assert_eq!(error["extensions"]["reason"], "QUOTA", "{response}");
    let details = json!([
        {"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"QUOTA","domain":"d.com","metadata":{"k":"v"}},
        // Of the service's own file, where no method leads to it.
        {"@type":"type.googleapis.com/t.OutOfStock","productId":"p1"},
        {"@type":"type.googleapis.com/other.Thing","value":"/wA="},
    ]);
    assert_eq!(error["extensions"]["details"], details, "{response}");
    assert!(error["message"].as_str().is_some_and(|text| text.contains("too much")), "{response}");
}

#[tokio::test]
async fn metadata_is_what_the_rules_say() {
    let service = Service::start(|call| once(Ok(call.message.clone()))).await;
    let world = World::new(&service.url(), |_| {});
    let headers = [("x-plain", "a b"), ("x-sent-bin", "AAE=,/w=="), ("cookie", "secret"), ("grpc-timeout", "1n")];
    let response = world.ask_with(ECHO, &json!({}), &headers).await;
    assert_eq!(response, json!({"data":{"echo":{"i32":1}}}));
    let sent = service.calls()[0].headers.clone();
    let all = |name: &str| sent.get_all(name).iter().map(|value| value.to_str().expect("ASCII")).collect::<Vec<_>>();
    assert_eq!(all("x-plain"), ["a b"]);
    assert_eq!(all("x-hyphened-name"), ["fixed"]);
    assert_eq!(all("x-sent-bin"), ["AAE", "/w"]);
    assert_eq!(STANDARD.decode("ZsO8ciBhIGI=").expect("base64"), "für a b".as_bytes());
    assert_eq!(all("x-made-bin"), ["ZsO8ciBhIGI"]);
    assert_eq!(all("cookie"), [""; 0]);
    assert_ne!(all("grpc-timeout"), ["1n"], "the client's value is not the gateway's");

    let response = world.ask_with(ECHO, &json!({}), &[("x-sent-bin", "no base64!")]).await;
    assert_eq!(response["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{response}");
    assert!(response["errors"][0]["message"].as_str().is_some_and(|text| text.contains("x-sent-bin")), "{response}");
    assert_eq!(service.calls().len(), 1, "it was not sent");
}

/// A header such as `4999m`, in milliseconds.
fn milliseconds(call: &Call) -> u64 {
    let text = call.headers["grpc-timeout"].to_str().expect("ASCII");
    let (digits, unit) = text.split_at(text.len() - 1);
    let number: u64 = digits.parse().expect("digits");
    match unit {
        "n" => number / 1_000_000,
        "u" => number / 1_000,
        "m" => number,
        "S" => number * 1_000,
        "M" => number * 60_000,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn the_deadline_is_the_nearer_of_two() {
    // The source's timeout and what the request has left, in seconds; which of them it is.
    for (timeout, left, expected) in [(7, 30, 7), (30, 7, 7)] {
        let service = Service::start(|call| once(Ok(call.message.clone()))).await;
        let mut world = World::new(&service.url(), |source| source.timeout = Duration::from_secs(timeout));
        world.gateway.deadline = Duration::from_secs(left);
        world.ask(ECHO, &json!({})).await;
        let sent = milliseconds(&service.calls()[0]);
        assert!((1..=expected * 1_000).contains(&sent), "{sent} ms");
    }
}

#[tokio::test]
async fn a_call_that_is_late_is_given_up_and_its_server_told() {
    let left = Left::default();
    let guards = left.clone();
    let service = Service::start(move |_| {
        let guard = guards.guard();
        never()
            .inspect(move |_| {
                let _ = &guard;
            })
            .boxed()
    })
    .await;
    let world = World::new(&service.url(), |source| source.timeout = Duration::from_millis(50));
    let response = world.ask(ECHO, &json!({})).await;
    assert_eq!(response["errors"][0]["extensions"]["code"], "SUBGRAPH_TIMEOUT", "{response}");
    left.one().await;

    // The client goes away: the future of its request is dropped.
    let world = World::new(&service.url(), |_| {});
    let calls = service.calls().len();
    let empty = json!({});
    tokio::select! {
        _ = world.ask(ECHO, &empty) => panic!("nobody answers"),
        () = async { while service.calls().len() == calls { tokio::task::yield_now().await } } => {}
    }
    left.one().await;
}

#[tokio::test]
async fn messages_have_limits_both_ways() {
    let service =
        Service::start(|_| once(Ok(bytes("t.All", &format!(r#"{{"snakeName":"{}"}}"#, "x".repeat(500)))))).await;
    let world = World::new(&service.url(), |source| source.max_body = 499);
    let response = world.ask(ECHO, &json!({})).await;
    assert_eq!(response["errors"][0]["extensions"]["code"], "SUBREQUEST_MALFORMED_RESPONSE", "{response}");
    assert!(response["errors"][0]["message"].as_str().is_some_and(|text| text.contains("larger than 499 bytes")));

    let world = World::new(&service.url(), |source| source.max_request = 100);
    let long = json!({"input":{"snakeName":"x".repeat(101)}});
    let response = world.ask("query($input: AllInput!) { echo(input: $input) { i32 } }", &long).await;
    assert_eq!(response["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{response}");
    assert!(response["errors"][0]["message"].as_str().is_some_and(|text| text.contains("at most 100")), "{response}");
    assert_eq!(service.calls().len(), 1, "it was not sent");
    // Which is no fault of the client's where the service says the same of its own accord.
    let service = Service::start(|_| once(Err(Status::out_of_range("page 9 of 3")))).await;
    let response = World::new(&service.url(), |_| {}).ask(ECHO, &json!({})).await;
    assert_eq!(response["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{response}");
}

#[tokio::test]
async fn a_service_that_comes_back_is_found_again() {
    let service = Service::start(|call| once(Ok(call.message.clone()))).await;
    let (address, world) = (service.address, World::new(&service.url(), |_| {}));
    assert_eq!(world.ask(ECHO, &json!({})).await, json!({"data":{"echo":{"i32":1}}}));
    service.stop().await;
    let response = world.ask(ECHO, &json!({})).await;
    assert_eq!(response["errors"][0]["extensions"]["code"], "SUBREQUEST_UNAVAILABLE", "{response}");
    let _service = Service::start_at(address, 200, |call| once(Ok(call.message.clone()))).await;
    assert_eq!(world.ask(ECHO, &json!({})).await, json!({"data":{"echo":{"i32":1}}}));
}

/// More calls at once than one connection may carry: none waits for another.
#[tokio::test]
async fn calls_are_spread_over_connections() {
    const CALLS: usize = 150;
    let arrived = std::sync::Arc::new(Semaphore::new(0));
    let seen = std::sync::Arc::clone(&arrived);
    let all = std::sync::Arc::clone(&arrived);
    // Each is answered when all have come.
    let service = Service::start_at(([127, 0, 0, 1], 0).into(), 100, move |call| {
        seen.add_permits(1);
        let (all, message) = (std::sync::Arc::clone(&all), call.message.clone());
        stream::once(async move {
            let count = u32::try_from(CALLS).expect("few");
            drop(all.acquire_many(count).await.expect("nobody closes it"));
            Ok(message)
        })
        .boxed()
    })
    .await;
    let world = World::new(&service.url(), |_| {});
    let empty = json!({});
    let calls = futures_util::future::join_all((0..CALLS).map(|_| world.ask(ECHO, &empty)));
    for response in calls.await {
        assert_eq!(response, json!({"data":{"echo":{"i32":1}}}));
    }
}
