//! Large messages: read and mapped off the async threads, and refused where they hold too much.

use futures_util::future::{Either, select};

use super::*;
use crate::execute::SubscriptionLimits;
use service::Service;

const ECHO: &str = "{ echo(input: {}) { snakeName } }";
const WATCH: &str = "subscription { watch { id } }";

/// As JSON has it: larger than what is read at once.
fn long() -> String {
    "x".repeat(1 << 20)
}

#[tokio::test]
async fn a_large_message_keeps_nobody_waiting() {
    let service = Service::start(|call| {
        let text = if call.message.is_empty() { long() } else { "short".to_owned() };
        once(Ok(bytes("t.All", &json!({ "snakeName": text }).to_string())))
    })
    .await;
    let world = World::new(&service.url(), |_| {});
    let turns = world.connectors.backends.offload().take_all_turns();
    let empty = json!({});
    let large = std::pin::pin!(world.ask(ECHO, &empty));
    let small = async {
        while service.calls().is_empty() {
            tokio::task::yield_now().await;
        }
        for _ in 0..10 {
            let response = world.ask("{ echo(input: { i32: 1 }) { snakeName } }", &empty).await;
            assert_eq!(response["data"]["echo"]["snakeName"], "short");
        }
    };
    let large = match select(large, std::pin::pin!(small)).await {
        Either::Left((response, _)) => panic!("it waits for its turn: {:.99}", response.to_string()),
        Either::Right(((), large)) => large,
    };
    drop(turns);
    let response = large.await;
    assert_eq!(response, json!({"data":{"echo":{"snakeName":long()}}}));
}

#[tokio::test]
async fn a_large_event_is_an_event_like_others() {
    let item = |at: i32| json!({"id": at.to_string(), "price": at});
    // What the message has and its descriptor does not is passed over.
    let large = move |at: i32| {
        let own = bytes("t.Thing", &item(at).to_string());
        let unknown = [&[0xfa, 0x01, 0x80, 0x80, 0x40][..], &[0; 1 << 20]].concat();
        Ok(Bytes::from([&own[..], &unknown].concat()))
    };
    let service = Service::start(move |_| stream::iter([large(1), large(2)]).boxed()).await;
    let world = World::new(&service.url(), |_| {});
    let events = world.gateway.subscribe_on(&world.connectors, &HeaderMap::new(), WATCH, SubscriptionLimits::default());
    let events: Vec<Json> =
        events.map(|answer| serde_json::from_slice(&answer.body).expect("JSON")).collect::<Vec<_>>().await;
    assert_eq!(events, ["1", "2"].map(|id| json!({"data":{"watch":{"id":id}}})));
}

/// Far below the limit of bytes, and far above what it takes to hold it.
#[tokio::test]
async fn a_message_of_too_many_values_is_refused() {
    let bomb = Bytes::from([0x90, 0x01, 1].repeat(3 << 20));
    let service = Service::start(move |_| once(Ok(bomb.clone()))).await;
    let response = World::new(&service.url(), |_| {}).ask(ECHO, &json!({})).await;
    let error = &response["errors"][0];
    assert_eq!(error["extensions"]["code"], "SUBREQUEST_MALFORMED_RESPONSE", "{response}");
    assert!(error["message"].as_str().is_some_and(|told| told.contains("more values than are read")), "{response}");
}
