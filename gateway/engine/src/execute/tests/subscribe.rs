//! Subscriptions against a source that the test plays.

use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use http::HeaderMap;
use serde_json::{Value as Json, json};
use tokio::sync::mpsc;

use crate::connector::{Connectors, Fake, FakeAnswer};
use crate::policy::Guards;
use crate::testing::Gateway;
use crate::{EventStream, SubscriptionLimits};

const SHOP: &str = r#"type Query { shop: String } type Subscription { changed(id: ID): Item }
  type Item @key(fields: "id") { id: ID! price: Int! }"#;
const NAMES: &str = r#"type Item @key(fields: "id") { id: ID! name: String }"#;
const OPERATION: &str = "subscription { changed { price name } }";

/// A subscription, and where its source's events are sent.
fn start(limits: SubscriptionLimits, name_after: Duration) -> (mpsc::Sender<Option<String>>, EventStream) {
    let gateway = Gateway::new(&[("shop", SHOP), ("names", NAMES)]);
    let (sender, events) = mpsc::channel(1);
    let fake = Fake::new(move |_| Some(FakeAnswer::ok(r#"{"data":{"_entities":[{"name":"N"}]}}"#).after(name_after)));
    let connectors = Connectors::fake(&gateway.supergraph, &fake.with_events(events));
    (sender, gateway.subscribe_on(&connectors, &HeaderMap::new(), OPERATION, limits))
}

async fn next(stream: &mut EventStream) -> Option<Json> {
    let body: Bytes = stream.next().await?.body;
    Some(serde_json::from_slice(&body).expect("JSON"))
}

fn event(price: &str) -> Option<String> {
    Some(format!(r#"{{"changed":{{"id":"1","price":{price}}}}}"#))
}

#[tokio::test]
async fn each_event_is_answered_with_what_other_subgraphs_add() {
    let (sender, mut stream) = start(SubscriptionLimits::default(), Duration::ZERO);
    for price in ["1", "2"] {
        sender.send(event(price)).await.expect("it is read");
        let price: Json = price.parse().expect("a number");
        assert_eq!(next(&mut stream).await, Some(json!({"data":{"changed":{"price":price,"name":"N"}}})));
    }
    // A value that is not there is an error of its event alone.
    sender.send(event("null")).await.expect("it is read");
    let response = next(&mut stream).await.expect("an event");
    assert_eq!(response["data"], json!({"changed":null}), "{response}");
    assert!(response["errors"][0]["path"].is_array(), "{response}");
    sender.send(event("3")).await.expect("it is read");
    assert_eq!(next(&mut stream).await.expect("an event")["data"]["changed"]["price"], 3);
    drop(sender);
    assert_eq!(next(&mut stream).await, None);
}

#[tokio::test]
async fn a_source_that_fails_is_one_last_event() {
    let (sender, mut stream) = start(SubscriptionLimits::default(), Duration::ZERO);
    sender.send(event("1")).await.expect("it is read");
    sender.send(None).await.expect("it is read");
    assert_eq!(next(&mut stream).await.expect("an event")["data"]["changed"]["price"], 1);
    let response = next(&mut stream).await.expect("an event");
    assert_eq!(response["data"], json!({"changed":null}), "{response}");
    assert_eq!(response["errors"][0]["extensions"]["code"], "SUBREQUEST_UNAVAILABLE", "{response}");
    assert_eq!(response["errors"][0]["path"], json!(["changed"]), "{response}");
    assert_eq!(next(&mut stream).await, None);
    sender.closed().await;
}

#[tokio::test(start_paused = true)]
async fn an_event_waits_for_its_own_fetches_no_longer_than_it_may() {
    let limits = SubscriptionLimits { event_timeout: Duration::from_secs(2), ..SubscriptionLimits::default() };
    let (sender, mut stream) = start(limits, Duration::from_secs(3600));
    for price in ["1", "2"] {
        // However long the source is silent.
        tokio::time::sleep(Duration::from_secs(60)).await;
        sender.send(event(price)).await.expect("it is read");
        let response = next(&mut stream).await.expect("an event");
        assert_eq!(response["data"]["changed"]["name"], Json::Null, "{response}");
        assert_eq!(response["errors"][0]["extensions"]["code"], "SUBGRAPH_TIMEOUT", "{response}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_takes_nothing_is_cut_off() {
    let limits = SubscriptionLimits { buffer: 2, patience: Duration::from_secs(5), ..SubscriptionLimits::default() };
    let (sender, mut stream) = start(limits, Duration::ZERO);
    // The source sends for as long as it is listened to.
    let mut sent = 0;
    while sender.send(event("1")).await.is_ok() {
        sent += 1;
    }
    // Two in the buffer, one that waits for its place, and one in the channel of the test.
    assert_eq!(sent, 4);
    for _ in 0..2 {
        assert_eq!(next(&mut stream).await.expect("an event")["data"]["changed"]["price"], 1);
    }
    let response = next(&mut stream).await.expect("an event");
    assert_eq!(response["errors"][0]["extensions"]["code"], "SLOW_CONSUMER", "{response}");
    assert_eq!(response.get("data"), None, "{response}");
    assert_eq!(next(&mut stream).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_burst_is_held_back_for_a_client_that_is_only_slower() {
    let limits = SubscriptionLimits { buffer: 2, patience: Duration::from_secs(5), ..SubscriptionLimits::default() };
    let (sender, mut stream) = start(limits, Duration::ZERO);
    let burst = tokio::spawn(async move {
        for _ in 0..20 {
            sender.send(event("1")).await.expect("it is read");
        }
    });
    for _ in 0..20 {
        tokio::time::sleep(Duration::from_secs(4)).await;
        assert_eq!(next(&mut stream).await.expect("an event")["data"]["changed"]["price"], 1);
    }
    assert_eq!(next(&mut stream).await, None);
    burst.await.expect("no panic");
}

#[tokio::test]
async fn who_may_not_subscribe_is_told_so_by_one_event() {
    let view = r#"type Query { shop: String } type Subscription { mine: Item @from(path: "changed(id: $claims.sub)") }
      type Item { price: Int! }"#;
    let gateway = Gateway::new(&[("shop", SHOP), ("names", NAMES)]).with_view(view);
    let (sender, events) = mpsc::channel(1);
    let connectors = Connectors::fake(&gateway.supergraph, &Fake::new(|_| None).with_events(events));
    let limits = SubscriptionLimits::default();
    let mut stream = gateway.subscribe_on(&connectors, &HeaderMap::new(), "subscription { mine { price } }", limits);
    let response = next(&mut stream).await.expect("an event");
    assert_eq!(response["data"], json!({"mine":null}), "{response}");
    assert_eq!(response["errors"][0]["extensions"]["code"], "UNAUTHENTICATED", "{response}");
    assert_eq!(response["errors"][0]["path"], json!(["mine"]), "{response}");
    assert_eq!(next(&mut stream).await, None);
    // The source has never been asked, so that what it would have sent is still there.
    sender.try_send(event("1")).expect("there is a place, and nobody has let go of it");
}

#[tokio::test]
async fn dropping_the_stream_lets_the_source_go() {
    let (sender, mut stream) = start(SubscriptionLimits::default(), Duration::ZERO);
    sender.send(event("1")).await.expect("it is read");
    assert!(next(&mut stream).await.is_some());
    drop(stream);
    sender.closed().await;
}

#[tokio::test]
async fn a_graphql_subgraph_cannot_be_subscribed_to_yet() {
    let gateway = Gateway::new(&[("shop", SHOP), ("names", NAMES)]);
    let connectors =
        Connectors::new(&gateway.supergraph, &Default::default(), &Guards::default()).expect("a good configuration");
    let mut stream = gateway.subscribe_on(&connectors, &HeaderMap::new(), OPERATION, SubscriptionLimits::default());
    let response = next(&mut stream).await.expect("an event");
    assert_eq!(response["errors"][0]["extensions"]["code"], "SUBSCRIPTION_NOT_SUPPORTED", "{response}");
    assert!(response["errors"][0]["message"].as_str().is_some_and(|text| text.contains("shop")), "{response}");
    assert_eq!(next(&mut stream).await, None);
}
