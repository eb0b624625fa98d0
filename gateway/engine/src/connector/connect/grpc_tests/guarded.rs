//! What guards see of gRPC: which statuses are tried again, which open the circuit, and that streams are refused while it is open.

use std::sync::Mutex;

use super::*;
use crate::SubscriptionLimits;
use crate::policy::{BreakerConfig, CircuitState, RetryConfig, Trip};
use service::Service;

const SDL: &str = r#"extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key"])
  @link(url: "https://specs.apollo.dev/connect/v0.3", import: ["@source", "@connect"])
  @link(url: "https://specs.weft.dev/connect/v0.1")
  @source(name: "types", grpc: { address: "http://unused.invalid:1", service: "t.Types", proto: ["types.proto"] })
  scalar JSON
  type Query { get: JSON @connect(source: "types", grpc: { method: "Echo" }, selection: "$") }
  type Mutation { set: JSON @connect(source: "types", grpc: { method: "Echo" }, selection: "$") }
  type Subscription { watch: JSON @connect(source: "types", grpc: { method: "Watch" }, selection: "$") }
"#;

fn pushback(milliseconds: &'static str) -> Status {
    let mut status = Status::unavailable("later");
    status.metadata_mut().insert("grpc-retry-pushback-ms", milliseconds.parse().expect("metadata"));
    status
}

/// What is asked, what the first call comes to, and how many calls there are then.
#[tokio::test]
async fn what_is_unavailable_is_tried_again() {
    let cases = [
        ("{ get }", Status::unavailable("no"), 2),
        ("{ get }", pushback("1"), 2),
        ("{ get }", pushback("-1"), 1),
        ("{ get }", pushback("86400000"), 1),
        ("{ get }", Status::internal("no"), 1),
        ("{ get }", Status::deadline_exceeded("no"), 1),
        ("{ get }", Status::not_found("no"), 1),
        ("{ get }", Status::resource_exhausted("no"), 1),
        ("mutation { set }", Status::unavailable("no"), 1),
    ];
    for (operation, status, expected) in cases {
        let (shown, first) = (status.to_string(), Mutex::new(Some(status)));
        let service = Service::start(move |_| match first.lock().expect("no panic before").take() {
            Some(status) => once(Err(status)),
            None => once(Ok(Bytes::new())),
        });
        let service = service.await;
        let world = World::of(SDL, &service.url(), |_| {});
        let response = world.ask(operation, &json!({})).await;
        assert_eq!(service.calls().len(), expected, "{operation} {shown}: {response}");
        assert_eq!(response["errors"] == Json::Null, expected == 2, "{operation} {shown}: {response}");
    }
}

#[tokio::test]
async fn a_circuit_is_opened_by_the_services_failures_alone() {
    let cases = [
        (Status::unavailable("no"), true),
        (Status::deadline_exceeded("no"), true),
        (Status::internal("no"), true),
        (Status::unknown("no"), true),
        (Status::invalid_argument("no"), false),
        (Status::unauthenticated("no"), false),
        (Status::permission_denied("no"), false),
        (Status::not_found("no"), false),
        (Status::resource_exhausted("no"), false),
        (Status::unimplemented("no"), false),
    ];
    for (status, opens) in cases {
        let shown = status.to_string();
        let service = Service::start(move |_| once(Err(status.clone()))).await;
        let world = World::of(SDL, &service.url(), |config| {
            config.retry = RetryConfig { attempts: 0, budget: 0.0 };
            config.circuit_breaker = Some(BreakerConfig { trip: Trip::Failures(3), ..BreakerConfig::default() });
        });
        for _ in 0..4 {
            world.ask("{ get }", &json!({})).await;
        }
        assert_eq!(service.calls().len(), if opens { 3 } else { 4 }, "{shown}");
        let circuit = world.connectors.health()[0].circuit;
        assert_eq!(matches!(circuit, Some(CircuitState::Open { .. })), opens, "{shown}");
        if opens {
            let (headers, limits) = (HeaderMap::new(), SubscriptionLimits::default());
            let mut events = world.gateway.subscribe_on(&world.connectors, &headers, "subscription { watch }", limits);
            let event = events.next().await.expect("it tells why");
            let event: Json = serde_json::from_slice(&event.body).expect("JSON");
            assert_eq!(event["errors"][0]["extensions"]["code"], "CIRCUIT_OPEN", "{shown}: {event}");
            assert_eq!(service.calls().len(), 3, "{shown}");
        }
    }
}
