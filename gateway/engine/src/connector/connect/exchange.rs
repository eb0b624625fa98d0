//! Owns one call of a connector, from its variables to its mapped answer.

use std::sync::Arc;

use futures_util::FutureExt;
use http::{HeaderMap, Method};
use tokio::time::Instant;
use weft_federation::connect::grpc::MethodDescriptor;
use weft_federation::connect::mapping::{Value, Variable, parse_json};
use weft_federation::connect::{Connector, ConnectorId, Request};
use weft_federation::schema::Id;

use super::answer::{Judge, Payload, Reply};
use super::backends::{Backends, Client};
use super::form::{Form, Found};
use super::mapped::AnswerMapping;
use super::offload::is_large;
use super::reads::Reads;
use super::request::{Rendered, render};
use super::scope::{Scope, headers, read_arguments, read_entity};
use super::{backends, body, codes, grpc, own};
use crate::connector::http as transport;
use crate::context::RequestContext;
use crate::execute::{BackendStatus, ErrorOrigin, SubgraphError};
use crate::policy::Effect;

/// The calls of one connector for one request.
pub struct Exchange<'a> {
    pub backends: &'a Backends,
    pub id: ConnectorId,
    pub connector: &'a Connector,
    pub mapping: &'a Arc<AnswerMapping>,
    pub origin: &'a ErrorOrigin,
    pub context: &'a RequestContext<'a>,
    /// Where equal reads are shared, if they may be.
    pub reads: Option<&'a Reads>,
    /// Whether other operations may share its calls, where that is turned on.
    pub shares: bool,
    pub effect: Effect,
}

impl<'a> Exchange<'a> {
    pub fn new(
        backends: &'a Backends,
        (id, connector): (ConnectorId, &'a Connector),
        mapping: &'a Arc<AnswerMapping>,
        origin: &'a ErrorOrigin,
        context: &'a RequestContext<'a>,
        reads: Option<&'a Reads>,
    ) -> Self {
        Self { backends, id, connector, mapping, origin, context, reads, shares: false, effect: Effect::Writes }
    }

    /// Makes the call and writes what comes of it, mapped. Nothing is written where there is nothing and `may_miss` allows it.
    pub async fn call(&self, scope: Scope<'_>, may_miss: bool, form: Form<'_>) -> Found {
        let scope = self.with_constants(scope);
        let reply = self.share(self.render(&scope)?).await?;
        self.take(&reply, scope, may_miss, form).await
    }

    /// Judges a reply, and maps and writes it where it is not read as it came: a large one off the async threads.
    pub async fn take(&self, reply: &Reply, scope: Scope<'_>, may_miss: bool, form: Form<'_>) -> Found {
        let Self { backends, id, connector, mapping, origin, .. } = *self;
        let size = reply.body.size();
        if !is_large(size) {
            if let Some(found) = self.own(reply, &form) {
                return found;
            }
            return Judge { backends, id, connector, mapping, origin }.take(reply, scope, may_miss, &form);
        }
        let (backends, mapping, origin) = (backends.clone(), Arc::clone(mapping), origin.clone());
        let (reply, scope, form) = (reply.clone(), scope.into_owned(), form.into_owned());
        let work = move || {
            let connector = connector_of(&backends, id)?;
            let judge = Judge { backends: &backends, id, connector, mapping: &mapping, origin: &origin };
            judge.take(&reply, scope, may_miss, &form)
        };
        // Boxed, since all calls would have to have room for it, and few answers are large.
        Box::pin(self.backends.offload().run(size, work)).await?
    }

    /// What a successful reply holds, as it came.
    fn own(&self, reply: &Reply, form: &Form<'_>) -> Option<Found> {
        match &reply.body {
            // What is no JSON is told of by what it says to be.
            Payload::Json(body) if codes::is_success(reply.status) && body::says_json(&reply.headers) => {
                own::find(form, self.mapping.layout()?, body, self.origin)
            }
            Payload::Json(_) | Payload::Value { .. } => None,
        }
    }

    /// Opens the stream of a gRPC method.
    pub async fn open(&self, scope: Scope<'_>) -> Result<grpc::Messages<'a>, SubgraphError> {
        let scope = self.with_constants(scope);
        match (self.backends.client_of(self.connector), self.render(&scope)?) {
            (Client::Grpc(client), Rendered::Grpc { message, headers }) => {
                grpc::Call { client, method: method(self.connector)?, message, headers, origin: self.origin }
                    .open()
                    .await
            }
            (Client::Http(_) | Client::Grpc(_), Rendered::Http { .. } | Rendered::Grpc { .. }) => Err(two_protocols()),
        }
    }

    /// Adds what is the same for every call of the request.
    pub(super) fn with_constants<'s>(&self, scope: Scope<'s>) -> Scope<'s>
    where
        'a: 's,
    {
        with_constants(self.backends, (self.id, self.connector), self.context.headers, scope)
    }

    fn render(&self, scope: &Scope<'_>) -> Result<Rendered, SubgraphError> {
        render(self.backends, self.connector, &scope.vars(), self.context.headers, self.origin)
    }

    /// Sends a request once within the operation, and where that is turned on, once for all operations that ask it now.
    async fn share(&self, rendered: Rendered) -> Result<Reply, SubgraphError> {
        let Some(reads) = self.reads else { return self.send(rendered).await };
        let key = read_key(self.id, rendered.key());
        let across = self.backends.sharing(self.connector).in_flight.as_ref().filter(|_| self.shares);
        // Boxed, since who waits for it has room for it several times, and copies that.
        let sent = Box::pin(async {
            match across {
                Some(_) => {
                    let shared = rendered.shared_key(self.backends, self.connector, self.context.headers);
                    let call = OwnCall::new(self.backends, self.id, self.origin);
                    Box::pin(call.share(read_key(self.id, shared), rendered)).await
                }
                None => self.send(rendered).await,
            }
        });
        reads.share(key, sent).await
    }

    async fn send(&self, rendered: Rendered) -> Result<Reply, SubgraphError> {
        send(self.backends, self.connector, rendered, self.effect, self.context.deadline, self.origin).await
    }
}

/// Adds what is the same for every call that is made for these headers of a client.
fn with_constants<'a>(
    backends: &'a Backends,
    (id, connector): (ConnectorId, &Connector),
    client: &HeaderMap,
    scope: Scope<'a>,
) -> Scope<'a> {
    let backends::Constants { config, env } = backends.constants(connector);
    let reads = |variable| backends.reads(id, variable);
    Scope {
        config: config.filter(|_| reads(Variable::Config)).and_then(|json| parse_json(json.as_bytes()).ok()),
        env: if reads(Variable::Env) { parse_json(env.as_bytes()).ok() } else { None },
        request: reads(Variable::Request).then(|| headers(client)),
        ..scope
    }
}

/// Two connectors that send the same are rare, and may read their answers differently.
fn read_key(id: ConnectorId, request: Vec<u8>) -> Vec<u8> {
    let mut key = id.index().to_be_bytes().to_vec();
    key.extend(request);
    key
}

/// A call that is of several operations, which are queries: nothing in it is borrowed from one, and it ends by the source's timeout alone.
pub struct OwnCall {
    backends: Backends,
    id: ConnectorId,
    origin: ErrorOrigin,
}

impl OwnCall {
    pub fn new(backends: &Backends, id: ConnectorId, origin: &ErrorOrigin) -> Self {
        Self { backends: backends.clone(), id, origin: origin.clone() }
    }

    fn connector(&self) -> Result<&Connector, SubgraphError> {
        connector_of(&self.backends, self.id)
    }

    /// Joins the equal call that is out, if reads in flight are shared.
    async fn share(self, key: Vec<u8>, rendered: Rendered) -> Result<Reply, SubgraphError> {
        let connector = self.connector()?;
        let deadline = Instant::now() + self.backends.config_of(connector).timeout;
        let Some(in_flight) = &self.backends.sharing(connector).in_flight else {
            return send(&self.backends, connector, rendered, Effect::Reads, deadline, &self.origin).await;
        };
        let call = Self::new(&self.backends, self.id, &self.origin);
        let call = async move {
            send(&call.backends, call.connector()?, rendered, Effect::Reads, deadline, &call.origin).await
        };
        in_flight.join(key, || call.boxed()).await
    }

    /// Renders and sends the request for a batch, as the operation with these arguments and headers would.
    pub async fn batch(
        &self,
        entities: &[impl AsRef<[u8]>],
        arguments: Option<&str>,
        client: &HeaderMap,
    ) -> Result<Reply, SubgraphError> {
        let connector = self.connector()?;
        let batch: Result<_, _> = entities.iter().map(|entity| read_entity(entity.as_ref(), &self.origin)).collect();
        let scope = Scope {
            arguments: arguments.map(|json| read_arguments(json, &self.origin)).transpose()?,
            batch: Some(Value::Array(batch?)),
            ..Scope::default()
        };
        let scope = with_constants(&self.backends, (self.id, connector), client, scope);
        let rendered = render(&self.backends, connector, &scope.vars(), client, &self.origin)?;
        let key = read_key(self.id, rendered.shared_key(&self.backends, connector, client));
        Self::new(&self.backends, self.id, &self.origin).share(key, rendered).await
    }
}

fn connector_of(backends: &Backends, id: ConnectorId) -> Result<&Connector, SubgraphError> {
    let found = backends.connectors().get(id);
    found.ok_or_else(|| SubgraphError::internal("A plan names a connector that is not there."))
}

async fn send(
    backends: &Backends,
    connector: &Connector,
    rendered: Rendered,
    effect: Effect,
    deadline: Instant,
    origin: &ErrorOrigin,
) -> Result<Reply, SubgraphError> {
    match (backends.client_of(connector), rendered) {
        (Client::Http(client), Rendered::Http { method, uri, headers, body }) => {
            let body = body.unwrap_or_default();
            // A query that deletes something is not sent twice either.
            let effect =
                if [Method::GET, Method::HEAD, Method::POST].contains(&method) { effect } else { Effect::Writes };
            let request = || transport::request(method.clone(), uri.clone(), headers.clone(), body.clone());
            let answer = client.endpoint.send(effect, deadline, origin, request).await?;
            let status = BackendStatus::Http(answer.status);
            let takes_text = || backends.connectors().takes_text(connector, codes::is_success(status));
            let body = Payload::Json(body::json(&answer.headers, answer.body, takes_text));
            Ok(Reply { status, headers: answer.headers, body })
        }
        (Client::Grpc(client), Rendered::Grpc { message, headers }) => {
            let call = grpc::Call { client, method: method(connector)?, message, headers, origin };
            // Boxed, since all calls would have to have room for it, and be copied with that.
            Box::pin(call.send(effect, deadline)).await
        }
        (Client::Http(_), Rendered::Grpc { .. }) | (Client::Grpc(_), Rendered::Http { .. }) => Err(two_protocols()),
    }
}

fn method(connector: &Connector) -> Result<&MethodDescriptor, SubgraphError> {
    match &connector.request {
        Request::Grpc(request) => Ok(&request.method),
        Request::Http(_) => Err(two_protocols()),
    }
}

fn two_protocols() -> SubgraphError {
    SubgraphError::internal("A connector's request and source speak different protocols.")
}
