//! Owns one call of a connector, from its variables to its mapped answer.

use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;
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

    /// What was noted.
    pub fn into_notes(self) -> Vec<SubgraphError> {
        self.notes.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
    /// Makes the call and gives `then` what came of it, mapped; `None` where there is nothing and `may_miss` allows it.
    pub async fn call<R>(
        &self,
        mut scope: Scope<'_>,
        may_miss: bool,
        then: impl FnOnce(Result<Option<&Value<'_>>, SubgraphError>) -> R,
    ) -> R {
        let backends::Constants { config, env } = self.backends.constants(self.connector);
        scope.config = config.and_then(|json| parse_json(json.as_bytes()).ok());
        scope.env = parse_json(env.as_bytes()).ok();
        scope.request = Some(headers(self.context.headers));
        let rendered = render(self.backends, self.connector, &scope.vars(), self.context.headers, self.origin);
        let reply = match rendered {
            Ok(rendered) => self.share(rendered).await,
            Err(error) => Err(error),
        };
        match reply {
            Ok(reply) => self.judge(&reply, scope, may_miss, then),
            Err(error) => then(Err(error)),
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
                let Request::Grpc(request) = &self.connector.request else {
                    return Err(SubgraphError::internal("A connector's request and source speak different protocols."));
                };
                let left = self.context.deadline.saturating_duration_since(Instant::now());
                grpc::send(client, &request.method, message, headers, left, self.origin).await
            }
            (Client::Http(_), Rendered::Grpc { .. }) | (Client::Grpc(_), Rendered::Http { .. }) => {
                Err(SubgraphError::internal("A connector's request and source speak different protocols."))
            }
        }
    }
}
