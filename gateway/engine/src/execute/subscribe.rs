//! Owns running a subscription: its source's events, each answered like a request of its own, in order.
//!
//! A task reads the source and answers its events ahead of the client, up to a bound. While the bound is reached the source
//! is not read, which holds it back; a client that goes on taking nothing is cut off. Dropping the stream ends the task,
//! and with it the call to the source.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::Stream;
use http::HeaderMap;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::{Instant, timeout};
use weft_federation::operation::{BoundOperation, Variables};
use weft_federation::view::ClientSchema;

use super::batch::Batch;
use super::errors::{SubgraphError, write_client_error};
use super::scheduler::{ExecutionResult, execute_event};
use crate::connector::{Inputs, Part, Reads};
use crate::context::{ErrorDetail, RequestContext};
use crate::prepared::PreparedPlan;

/// A subscription, with all that it needs for as long as it runs.
#[derive(Debug)]
pub struct Subscription {
    pub prepared: Arc<PreparedPlan>,
    /// What `prepared` was made from.
    pub operation: Arc<BoundOperation>,
    /// The schema that `operation` was bound to.
    pub client: Arc<ClientSchema>,
    pub variables: Variables,
    /// The client's headers, as they were when it subscribed.
    pub headers: HeaderMap,
    pub errors: ErrorDetail,
    pub limits: SubscriptionLimits,
}

#[derive(Debug, Clone, Copy)]
pub struct SubscriptionLimits {
    /// For the fetches that follow one event.
    pub event_timeout: Duration,
    /// As many events are held for a client that is slower than its source; at least one.
    pub buffer: usize,
    /// How long a client may take nothing while its buffer is full.
    pub patience: Duration,
}

impl Default for SubscriptionLimits {
    fn default() -> Self {
        Self { event_timeout: Duration::from_secs(30), buffer: 64, patience: Duration::from_secs(10) }
    }
}

/// The events' answers. The last one tells of the error if the source failed, or if the client was too slow.
#[derive(Debug)]
pub struct EventStream {
    answers: mpsc::Receiver<ExecutionResult>,
    task: AbortHandle,
}

impl Stream for EventStream {
    type Item = ExecutionResult;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<ExecutionResult>> {
        self.answers.poll_recv(context)
    }
}

impl Drop for EventStream {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Starts a subscription. Must be called within a runtime.
pub fn subscribe(subscription: Subscription) -> EventStream {
    let (sender, answers) = mpsc::channel(subscription.limits.buffer.max(1));
    let task = tokio::spawn(async move { run(&subscription, &sender).await }).abort_handle();
    EventStream { answers, task }
}

async fn run(subscription: &Subscription, answers: &mpsc::Sender<ExecutionResult>) {
    if forward(subscription, answers).await == End::Slow {
        // The source has been let go; who is told so late may come back for it when they like.
        let _ = answers.send(slow_consumer()).await;
    }
}

/// Why a subscription ends.
#[derive(Debug, PartialEq, Eq)]
enum End {
    Source,
    /// Nobody listens any more.
    Client,
    Slow,
}

async fn forward(subscription: &Subscription, answers: &mpsc::Sender<ExecutionResult>) -> End {
    let Subscription { prepared, variables, headers, errors, limits, .. } = subscription;
    let (Some(fetch), Some(trigger)) = (&prepared.plan.trigger, &prepared.trigger) else {
        // All that it asked for is skipped, or refused, which is told.
        let context = RequestContext { headers, deadline: Instant::now(), errors: *errors };
        let answer = execute_event(prepared, &subscription.operation, &subscription.client, variables, &context, None);
        let answer = answer.await;
        if answer.error_count > 0 && answers.send(answer).await.is_err() {
            return End::Client;
        }
        return End::Source;
    };
    let context = RequestContext { headers, deadline: Instant::now() + limits.event_timeout, errors: *errors };
    let reads = Reads::default();
    let inputs = Inputs { fetch, variables, context: &context, reads: &reads, batch: Batch::default() };
    let mut events = match trigger.subscribe(&inputs).await {
        Ok(events) => events,
        Err(error) => return deliver(subscription, answers, Err(error)).await.err().unwrap_or(End::Source),
    };
    while let Some(event) = events.next().await {
        let is_last = event.is_err();
        if let Err(end) = deliver(subscription, answers, event).await {
            return end;
        }
        if is_last {
            break;
        }
    }
    End::Source
}

/// Answers an event, and waits for a place for the answer.
async fn deliver(
    subscription: &Subscription,
    answers: &mpsc::Sender<ExecutionResult>,
    event: Result<Part, SubgraphError>,
) -> Result<(), End> {
    let Subscription { prepared, operation, client, variables, headers, errors, limits } = subscription;
    let context = RequestContext { headers, deadline: Instant::now() + limits.event_timeout, errors: *errors };
    let answer = execute_event(prepared, operation, client, variables, &context, Some(event)).await;
    match timeout(limits.patience, answers.reserve()).await {
        Ok(Ok(place)) => {
            place.send(answer);
            Ok(())
        }
        Ok(Err(_)) => Err(End::Client),
        Err(_) => Err(End::Slow),
    }
}

fn slow_consumer() -> ExecutionResult {
    let message = "The subscription was closed: its events were not taken as fast as they came.";
    let error = SubgraphError { code: "SLOW_CONSUMER".into(), ..SubgraphError::internal(message) };
    let mut body = String::from("{\"errors\":[");
    write_client_error(&error, None, &mut body);
    body.push_str("]}");
    ExecutionResult { body: body.into(), error_count: 1, degraded_count: 0 }
}
