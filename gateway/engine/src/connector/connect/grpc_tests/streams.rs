//! Streams that feed subscriptions.

use super::*;
use crate::execute::{EventStream, SubscriptionLimits};
use service::{Left, Service};

const WATCH: &str = "subscription { watch(code: 7) { id price } }";

fn thing(id: u32, price: i32) -> Result<Bytes, Status> {
    Ok(bytes("t.Thing", &format!(r#"{{"id":{id},"price":{price}}}"#)))
}

impl World {
    fn subscribe(&self, operation: &str) -> EventStream {
        let headers = HeaderMap::from_iter([(HeaderName::from_static("x-plain"), HeaderValue::from_static("mine"))]);
        self.gateway.subscribe_on(&self.connectors, &headers, operation, SubscriptionLimits::default())
    }
}

async fn all(stream: EventStream) -> Vec<Json> {
    stream.map(|answer| serde_json::from_slice(&answer.body).expect("JSON")).collect().await
}

#[tokio::test]
async fn each_message_is_an_event_until_the_stream_ends() {
    let service = Service::start(|_| stream::iter([thing(1, 10), thing(2, 20)]).boxed()).await;
    let world = World::new(&service.url(), |_| {});
    let events = all(world.subscribe(WATCH)).await;
    let event = |id: &str, price: i32| json!({"data":{"watch":{"id":id,"price":price}}});
    assert_eq!(events, [event("1", 10), event("2", 20)]);
    let call = &service.calls()[0];
    assert_eq!(&call.message[..], [0x08, 7], "the argument");
    assert_eq!(call.headers["x-plain"], "mine");
    assert!(!call.headers.contains_key("grpc-timeout"), "a stream has no deadline");
}

#[tokio::test]
async fn a_stream_that_fails_ends_with_an_error_event() {
    let cases: [(Messages, usize, &str); 4] = [
        (stream::iter([thing(1, 1), Err(Status::permission_denied("no"))]).boxed(), 2, "FORBIDDEN"),
        (once(Err(Status::not_found("no such"))), 1, "NOT_FOUND"),
        (stream::iter([thing(1, 1), Ok(Bytes::from_static(b"\xff"))]).boxed(), 2, "SUBREQUEST_MALFORMED_RESPONSE"),
        (stream::iter([thing(1, 1), Err(Status::unavailable("gone"))]).boxed(), 2, "SUBREQUEST_UNAVAILABLE"),
    ];
    for (messages, count, code) in cases {
        let messages = std::sync::Mutex::new(Some(messages));
        let service = Service::start(move |_| {
            messages.lock().expect("no panic before").take().unwrap_or_else(|| stream::empty().boxed())
        })
        .await;
        let events = all(World::new(&service.url(), |_| {}).subscribe(WATCH)).await;
        assert_eq!(events.len(), count, "{code}: {events:?}");
        let last = &events[count - 1];
        assert_eq!(last["data"], json!({"watch":null}), "{last}");
        assert_eq!(last["errors"][0]["extensions"]["code"], code, "{last}");
        assert_eq!(last["errors"][0]["path"], json!(["watch"]), "{last}");
    }
}

#[tokio::test]
async fn a_service_that_is_not_there_is_an_error_event() {
    let service = Service::start(|_| never()).await;
    let world = World::new(&service.url(), |_| {});
    service.stop().await;
    let events = all(world.subscribe(WATCH)).await;
    assert_eq!(events.len(), 1, "{events:?}");
    assert_eq!(events[0]["errors"][0]["extensions"]["code"], "SUBREQUEST_UNAVAILABLE", "{events:?}");
}

#[tokio::test]
async fn dropping_a_subscription_resets_its_call() {
    let left = Left::default();
    let guards = left.clone();
    let service = Service::start(move |_| {
        let guard = guards.guard();
        stream::iter([thing(1, 1)])
            .chain(never())
            .inspect(move |_| {
                let _ = &guard;
            })
            .boxed()
    })
    .await;
    let world = World::new(&service.url(), |_| {});
    let mut stream = world.subscribe(WATCH);
    assert!(stream.next().await.is_some());
    drop(stream);
    left.one().await;
}

/// More streams than a connection may carry, and a call beside them.
#[tokio::test]
async fn subscriptions_do_not_keep_each_other_or_calls_waiting() {
    let service = Service::start_at(([127, 0, 0, 1], 0).into(), 100, |call| match call.method.as_str() {
        "Watch" => stream::iter([thing(1, 1)]).chain(never()).boxed(),
        _ => once(Ok(call.message.clone())),
    })
    .await;
    let world = World::new(&service.url(), |_| {});
    let mut streams = vec![];
    for _ in 0..120 {
        let mut stream = world.subscribe(WATCH);
        assert!(stream.next().await.is_some());
        streams.push(stream);
    }
    let response = world.ask("{ echo(input: { i32: 1 }) { i32 } }", &json!({})).await;
    assert_eq!(response, json!({"data":{"echo":{"i32":1}}}));
}
