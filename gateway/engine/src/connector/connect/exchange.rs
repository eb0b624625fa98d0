//! Owns one call of a connector, from its variables to its mapped answer.

use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;
use weft_federation::connect::grpc::MethodDescriptor;
use weft_federation::connect::mapping::{Selection, Value, parse_json};
use weft_federation::connect::{Connector, ConnectorId, Request};
use weft_federation::schema::Id;

use super::answer::{Payload, Reply};
use super::backends::{Backends, Client, HttpClient};
use super::reads::Reads;
use super::request::{Rendered, render};
use super::scope::{Scope, headers};
use super::{backends, grpc};
use crate::connector::http as transport;
use crate::context::RequestContext;
use crate::execute::{BackendStatus, ErrorOrigin, SubgraphError};

/// The calls of one connector for one request.
pub struct Exchange<'a> {
    pub backends: &'a Backends,
    pub id: ConnectorId,
    pub connector: &'a Connector,
    pub selection: &'a Selection,
    pub origin: &'a ErrorOrigin,
    pub context: &'a RequestContext<'a>,
    /// Where equal reads are shared, if they may be.
    pub reads: Option<&'a Reads>,
    /// What was wrong with single values of the answers.
    notes: Mutex<Vec<SubgraphError>>,
}

impl<'a> Exchange<'a> {
    pub fn new(
        backends: &'a Backends,
        (id, connector): (ConnectorId, &'a Connector),
        selection: &'a Selection,
        origin: &'a ErrorOrigin,
        context: &'a RequestContext<'a>,
        reads: Option<&'a Reads>,
    ) -> Self {
        Self { backends, id, connector, selection, origin, context, reads, notes: Mutex::default() }
    }

    /// Notes what has no JSON in an answer, such as a number that is none.
    pub(super) fn note(&self, problems: &[String]) {
        let mut notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        notes.extend(problems.iter().map(|problem| SubgraphError::malformed(self.origin, problem)));
    }

    /// What was noted since this was last asked.
    pub fn take_notes(&self) -> Vec<SubgraphError> {
        std::mem::take(&mut self.notes.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Makes the call and gives `then` what came of it, mapped; `None` where there is nothing and `may_miss` allows it.
    pub async fn call<R>(
        &self,
        scope: Scope<'_>,
        may_miss: bool,
        then: impl FnOnce(Result<Option<&Value<'_>>, SubgraphError>) -> R,
    ) -> R {
        let scope = self.with_constants(scope);
        let reply = match self.render(&scope) {
            Ok(rendered) => self.share(rendered).await,
            Err(error) => Err(error),
        };
        match reply {
            Ok(reply) => self.judge(&reply, scope, may_miss, then),
            Err(error) => then(Err(error)),
        }
    }

    /// Opens the stream of a gRPC method.
    pub async fn open(&self, scope: Scope<'_>) -> Result<grpc::Messages<'a>, SubgraphError> {
        let scope = self.with_constants(scope);
        match (self.backends.client_of(self.connector), self.render(&scope)?) {
            (Client::Grpc(client), Rendered::Grpc { message, headers }) => {
                grpc::Call { client, method: self.method()?, message, headers, origin: self.origin }.open().await
            }
            (Client::Http(_) | Client::Grpc(_), Rendered::Http { .. } | Rendered::Grpc { .. }) => Err(two_protocols()),
        }
    }

    /// Adds what is the same for every call of the request.
    pub(super) fn with_constants<'s>(&self, scope: Scope<'s>) -> Scope<'s>
    where
        'a: 's,
    {
        let backends::Constants { config, env } = self.backends.constants(self.connector);
        Scope {
            config: config.and_then(|json| parse_json(json.as_bytes()).ok()),
            env: parse_json(env.as_bytes()).ok(),
            request: Some(headers(self.context.headers)),
            ..scope
        }
    }

    fn render(&self, scope: &Scope<'_>) -> Result<Rendered, SubgraphError> {
        render(self.backends, self.connector, &scope.vars(), self.context.headers, self.origin)
    }

    fn method(&self) -> Result<&'a MethodDescriptor, SubgraphError> {
        match &self.connector.request {
            Request::Grpc(request) => Ok(&request.method),
            Request::Http(_) => Err(two_protocols()),
        }
    }

    async fn share(&self, rendered: Rendered) -> Result<Reply, SubgraphError> {
        let Some(reads) = self.reads else { return self.send(rendered).await };
        // Two connectors that send the same are rare, and may read their answers differently.
        let mut key = self.id.index().to_be_bytes().to_vec();
        key.extend(rendered.key());
        reads.share(key, self.send(rendered)).await
    }

    async fn send(&self, rendered: Rendered) -> Result<Reply, SubgraphError> {
        match (self.backends.client_of(self.connector), rendered) {
            (Client::Http(client), Rendered::Http { method, uri, headers, body }) => {
                let request = transport::request(method, uri, headers, body.unwrap_or_default());
                let HttpClient { client, config } = &**client;
                let answer = transport::send(client, request, config, self.context.deadline, self.origin).await?;
                let status = BackendStatus::Http(answer.status);
                Ok(Reply { status, headers: answer.headers, body: Payload::Json(answer.body) })
            }
            (Client::Grpc(client), Rendered::Grpc { message, headers }) => {
                let left = self.context.deadline.saturating_duration_since(Instant::now());
                grpc::Call { client, method: self.method()?, message, headers, origin: self.origin }.send(left).await
            }
            (Client::Http(_), Rendered::Grpc { .. }) | (Client::Grpc(_), Rendered::Http { .. }) => Err(two_protocols()),
        }
    }
}

fn two_protocols() -> SubgraphError {
    SubgraphError::internal("A connector's request and source speak different protocols.")
}
