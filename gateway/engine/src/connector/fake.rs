//! Owns a backend for tests: answers that a function gives, without a network.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc;

use super::{Gaps, Inputs, Part, PartForm, graphql};
use crate::execute::{ErrorOrigin, SubgraphError};

/// A call as a GraphQL subgraph would get it.
#[derive(Debug, Clone)]
pub struct FakeCall {
    pub subgraph: String,
    /// The operation's text.
    pub operation: String,
    /// The JSON body.
    pub body: String,
}

/// What the backend does.
#[derive(Debug, Clone)]
pub struct FakeAnswer {
    pub status: u16,
    pub body: Bytes,
    /// How long it takes.
    pub delay: Duration,
}

impl FakeAnswer {
    /// A prompt answer.
    pub fn ok(body: impl Into<Bytes>) -> Self {
        Self { status: 200, body: body.into(), delay: Duration::ZERO }
    }

    pub fn status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    /// The answer comes later.
    pub fn after(self, delay: Duration) -> Self {
        Self { delay, ..self }
    }
}

/// A function that plays all backends. `None` stands for one that cannot be reached.
#[derive(Clone)]
pub struct Fake {
    answer: Arc<dyn Fn(FakeCall) -> Option<FakeAnswer> + Send + Sync>,
    /// The events of the first subscription.
    events: Arc<Mutex<Option<FakeEvents>>>,
}

impl std::fmt::Debug for Fake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Fake")
    }
}

impl Fake {
    pub fn new(answer: impl Fn(FakeCall) -> Option<FakeAnswer> + Send + Sync + 'static) -> Self {
        Self { answer: Arc::new(answer), events: Arc::default() }
    }

    /// Gives the first subscription what is sent here, each the JSON of the root's data, or `None` for a failure.
    pub fn with_events(self, events: mpsc::Receiver<Option<String>>) -> Self {
        Self { events: Arc::new(Mutex::new(Some(FakeEvents { events, origin: ErrorOrigin::default() }))), ..self }
    }

    pub(super) fn subscribe(&self, origin: &ErrorOrigin) -> Option<FakeEvents> {
        // Nothing panics while it is held.
        let events = self.events.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        Some(FakeEvents { origin: origin.clone(), ..events })
    }

    pub(super) async fn fetch(
        &self,
        request: &graphql::Request,
        inputs: Inputs<'_>,
        origin: &ErrorOrigin,
    ) -> Result<Part, SubgraphError> {
        let body = request.body(inputs.batch, inputs.variables);
        let call = FakeCall {
            subgraph: origin.service.to_string(),
            operation: request.text.to_string(),
            body: String::from_utf8_lossy(&body).into_owned(),
        };
        let answer = (self.answer)(call).ok_or_else(|| SubgraphError::unavailable(origin))?;
        if !answer.delay.is_zero() {
            tokio::time::sleep(answer.delay).await;
        }
        Ok(graphql::part(answer.status, answer.body, origin))
    }
}

/// Events that a test sends.
#[derive(Debug)]
pub struct FakeEvents {
    events: mpsc::Receiver<Option<String>>,
    origin: ErrorOrigin,
}

impl FakeEvents {
    pub(super) async fn next(&mut self) -> Option<Result<Part, SubgraphError>> {
        let part =
            |body: String| Part { body: body.into(), form: PartForm::Data, errors: vec![], gaps: Gaps::default() };
        Some(self.events.recv().await?.map(part).ok_or_else(|| SubgraphError::unavailable(&self.origin)))
    }
}
