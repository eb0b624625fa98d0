//! Owns GraphQL over server-sent events, in distinct connections mode: each answer is an event `next`, and `complete` is the
//! last one.

use std::convert::Infallible;
use std::pin::pin;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderName, HeaderValue, Response};
use bytes::Bytes;
use futures_util::future::{Either, select};
use futures_util::stream::{self, Stream, StreamExt};
use tokio::time::{Instant, sleep_until};
use weft_engine::ExecutionResult;

use super::drain::InFlight;
use super::negotiate::ResponseType;

/// A connection that is silent for long is closed by whatever is between; a minute is a common limit.
const KEEP_ALIVE: Duration = Duration::from_secs(12);

const COMMENT: Bytes = Bytes::from_static(b":\n\n");
/// The empty `data` has it dispatched: an event without is dropped by browsers.
const COMPLETE: Bytes = Bytes::from_static(b"event: complete\ndata:\n\n");

/// Tells nginx not to collect what is to arrive at once.
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// One answer as events.
pub fn once(body: &[u8]) -> Response<Body> {
    let mut events = next(body);
    events.extend_from_slice(&COMPLETE);
    response(Body::from(events))
}

/// A subscription's answers as events, with comments while there are none. It is completed when its source ends, and when the
/// gateway is to stop.
pub fn stream(
    subscription: impl Stream<Item = ExecutionResult> + Send + Unpin + 'static,
    in_flight: InFlight,
) -> Response<Body> {
    let open = Open { subscription, in_flight, silent_until: Instant::now() + KEEP_ALIVE };
    let events = stream::unfold(Some(open), |open| async {
        let (event, open) = open?.next().await;
        Some((Ok::<_, Infallible>(event), open))
    });
    response(Body::from_stream(events))
}

struct Open<S> {
    subscription: S,
    in_flight: InFlight,
    silent_until: Instant,
}

impl<S: Stream<Item = ExecutionResult> + Unpin> Open<S> {
    /// The next bytes, and what to go on with.
    async fn next(mut self) -> (Bytes, Option<Self>) {
        let event = {
            let ending = pin!(self.in_flight.should_end());
            let silence = pin!(sleep_until(self.silent_until));
            // Whoever stops is asked first: a source that never pauses must not keep the gateway from stopping.
            match select(ending, select(self.subscription.next(), silence)).await {
                Either::Left(_) | Either::Right((Either::Left((None, _)), _)) => None,
                Either::Right((Either::Left((Some(answer), _)), _)) => Some(Bytes::from(next(&answer.body))),
                Either::Right((Either::Right(_), _)) => Some(COMMENT),
            }
        };
        self.silent_until = Instant::now() + KEEP_ALIVE;
        match event {
            Some(event) => (event, Some(self)),
            None => (COMPLETE, None),
        }
    }
}

/// An event on one line. Line breaks in JSON are between its tokens, where a space is as good; in an event they end a field.
fn next(body: &[u8]) -> Vec<u8> {
    let mut event = Vec::with_capacity(body.len() + 24);
    event.extend_from_slice(b"event: next\ndata: ");
    event.extend(body.iter().map(|byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { *byte }));
    event.extend_from_slice(b"\n\n");
    event
}

fn response(body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, ResponseType::EventStream.header());
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(X_ACCEL_BUFFERING, HeaderValue::from_static("no"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    use http_body_util::BodyExt;
    use tokio::sync::mpsc;

    use crate::http::Drain;

    fn answer(body: &'static str) -> ExecutionResult {
        ExecutionResult { body: body.into(), error_count: 0, degraded_count: 0 }
    }

    async fn frame(body: &mut Body) -> Option<String> {
        let data = body.frame().await?.expect("it cannot fail").into_data().expect("no trailers");
        Some(String::from_utf8(data.into()).expect("UTF-8"))
    }

    #[tokio::test]
    async fn one_answer_is_two_events() {
        let body = once(b"{\"data\":\r\n{\"a\": 1}}").into_body().collect().await.expect("a body").to_bytes();
        assert_eq!(&body[..], b"event: next\ndata: {\"data\":  {\"a\": 1}}\n\nevent: complete\ndata:\n\n");
    }

    #[tokio::test(start_paused = true)]
    async fn answers_come_as_they_are_there_and_comments_between() {
        let (sender, mut receiver) = mpsc::channel(1);
        let answers = stream::poll_fn(move |context| receiver.poll_recv(context));
        let drain = Arc::new(Drain::default());
        let mut body = stream(answers, drain.enter()).into_body();
        sender.send(answer("{}")).await.expect("it is read");
        assert_eq!(frame(&mut body).await.as_deref(), Some("event: next\ndata: {}\n\n"));
        let started = Instant::now();
        assert_eq!(frame(&mut body).await.as_deref(), Some(":\n\n"));
        assert!(started.elapsed() >= KEEP_ALIVE && started.elapsed() < 2 * KEEP_ALIVE);
        drop(sender);
        assert_eq!(frame(&mut body).await.as_deref(), Some("event: complete\ndata:\n\n"));
        assert_eq!(frame(&mut body).await, None);
    }

    #[tokio::test]
    async fn it_is_completed_when_the_gateway_stops() {
        let drain = Arc::new(Drain::default());
        // A source that never pauses.
        let answers = stream::repeat_with(|| answer("{}"));
        let mut body = stream(answers, drain.enter()).into_body();
        assert!(frame(&mut body).await.is_some_and(|event| event.starts_with("event: next")));
        drain.begin();
        assert_eq!(frame(&mut body).await.as_deref(), Some("event: complete\ndata:\n\n"));
        assert_eq!(frame(&mut body).await, None);
        drop(body);
        drain.idle().await;
    }
}
