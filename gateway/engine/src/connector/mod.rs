//! Owns the backends: the only place that knows protocols.
//!
//! [`Connectors`] live as long as the gateway and hold clients and their pools. A fetch is prepared with its plan and
//! then only filled in. An enum, not a trait, so that nothing is boxed per fetch.

mod config;
mod connect;
mod fake;
mod graphql;
#[cfg(test)]
mod guarded_tests;
mod headers;
mod http;
mod in_flight;
mod tls;
mod unreachable;

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use tokio::time::{Instant, timeout_at};
use weft_federation::operation::{BoundOperation, Variables};
use weft_federation::plan::{FetchEntry, FetchNode};
use weft_federation::schema::{Id, Model, Supergraph};

use crate::context::RequestContext;
use crate::execute::{Batch, EntityList, ErrorOrigin, SubgraphError};
use crate::policy::{EndpointHealth, Guards};
use crate::response::Layout;

pub use config::{ConnectorsConfig, SourceConfig};
pub use connect::Reads;
use fake::FakeEvents;
pub use fake::{Fake, FakeAnswer, FakeCall};
pub use headers::{HeaderRule, is_reserved};
pub use tls::{Tls, TlsError};

use connect::{Backends, Connect};
use graphql::GraphQl;

/// What a backend is spoken to with.
#[derive(Debug)]
enum Connector {
    GraphQl(GraphQl),
    /// A subgraph that connectors answer: each fetch says which.
    Connect,
    Fake(Fake),
}

/// The way to every backend of a supergraph.
#[derive(Debug)]
pub struct Connectors {
    model: Arc<Model>,
    /// By `SubgraphId`.
    subgraphs: Vec<Connector>,
    /// REST and gRPC services.
    backends: Backends,
}

/// Why the backends of a supergraph cannot be called as configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    pub subgraph: String,
    /// What is wrong and what to do.
    pub message: String,
}

impl std::fmt::Display for ConfigError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "subgraph \"{}\": {}", self.subgraph, self.message)
    }
}

impl std::error::Error for ConfigError {}

impl Connectors {
    /// Builds clients for all subgraphs; they connect when they are first used. All that is wrong is said at once.
    /// Endpoints that are called as they were before keep their guards, which have to be among `guards`.
    pub fn new<State>(
        supergraph: &Supergraph<State>,
        config: &ConnectorsConfig,
        guards: &Guards,
    ) -> Result<Self, Vec<ConfigError>> {
        let mut subgraphs = vec![];
        let mut errors = vec![];
        for subgraph in &supergraph.model.subgraphs {
            if supergraph.connectors.serve(&subgraph.name) {
                subgraphs.push(Connector::Connect);
                continue;
            }
            match GraphQl::new(&subgraph.name, &subgraph.url, config.of(&subgraph.name), guards) {
                Ok(client) => subgraphs.push(Connector::GraphQl(client)),
                Err(message) => errors.push(ConfigError { subgraph: subgraph.name.clone(), message }),
            }
        }
        let model = Arc::clone(&supergraph.model);
        let backends = Backends::new(&model, &supergraph.connectors, config, guards, &mut errors);
        if errors.is_empty() { Ok(Self { model, subgraphs, backends }) } else { Err(errors) }
    }

    /// Every subgraph is answered by `fake`, as if it were a GraphQL server.
    pub fn fake<State>(supergraph: &Supergraph<State>, fake: &Fake) -> Self {
        let subgraphs = supergraph.model.subgraphs.iter().map(|_| Connector::Fake(fake.clone())).collect();
        let model = Arc::clone(&supergraph.model);
        let (config, guards) = (ConnectorsConfig::default(), Guards::default());
        let backends = Backends::new(&model, &Arc::default(), &config, &guards, &mut vec![]);
        Self { model, subgraphs, backends }
    }

    /// The supergraph whose backends these are.
    pub fn model(&self) -> &Arc<Model> {
        &self.model
    }

    /// How all endpoints are now, in order.
    pub fn health(&self) -> Vec<EndpointHealth> {
        let servers = self.subgraphs.iter().filter_map(|connector| match connector {
            Connector::GraphQl(server) => Some(server.guard()),
            Connector::Connect | Connector::Fake(_) => None,
        });
        let mut all: Vec<_> = servers.chain(self.backends.guards()).map(|guard| guard.health()).collect();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        all
    }

    /// Works out all of a call that does not depend on the request. Its fetches must be of one subgraph; there are several
    /// only where all look entities up, and no connector answers.
    pub fn prepare(&self, fetches: &[&FetchNode], operation: &BoundOperation) -> Prepared {
        let Some(first) = fetches.first() else { return Prepared::misplanned() };
        let subgraph = self.model.subgraph(first.subgraph);
        let origin = ErrorOrigin { service: subgraph.name.as_str().into(), connector: None };
        let request = || graphql::Request::new(fetches, operation, &self.model);
        match &self.subgraphs[first.subgraph.index()] {
            Connector::GraphQl(client) => {
                let (request, lists) = request();
                Prepared { origin, lists, call: Call::GraphQl(client.clone(), request) }
            }
            Connector::Fake(fake) => {
                let (request, lists) = request();
                Prepared { origin, lists, call: Call::Fake(fake.clone(), request) }
            }
            Connector::Connect => match first.connector {
                Some(id) => {
                    let connector = Some(self.backends.connectors().coordinate(id).into());
                    let connect = Connect::new(&self.backends, id, first, operation.kind, &self.model);
                    let call = connect.map_or(Call::Misplanned, |connect| Call::Connect(Box::new(connect)));
                    Prepared { origin: ErrorOrigin { connector, ..origin }, lists: connect_lists(first), call }
                }
                None => Prepared { origin, ..Prepared::misplanned() },
            },
        }
    }
}

/// A connector gets its entities as they are, and says what they are by their order.
fn connect_lists(fetch: &FetchNode) -> Vec<EntityList> {
    match &fetch.entry {
        FetchEntry::Root(_) => vec![],
        FetchEntry::Entities { .. } => vec![EntityList {
            key: Box::default(),
            opening: Box::default(),
            fetches: vec![fetch.id],
            asks_typename: asks_typename(fetch),
        }],
    }
}

/// Whether a connector's entities may be of several types.
fn asks_typename(fetch: &FetchNode) -> bool {
    match &fetch.entry {
        FetchEntry::Root(_) => false,
        FetchEntry::Entities { representations, .. } => representations.len() > 1,
    }
}

/// A call, ready to be sent.
#[derive(Debug)]
pub struct Prepared {
    pub(crate) origin: ErrorOrigin,
    /// The lists of entities that it asks for; none at the root.
    pub(crate) lists: Vec<EntityList>,
    call: Call,
}

#[derive(Debug)]
enum Call {
    GraphQl(GraphQl, graphql::Request),
    Connect(Box<Connect>),
    /// The plan names no connector that there is: it is of another supergraph.
    Misplanned,
    Fake(Fake, graphql::Request),
}

/// What a call takes from its request.
#[derive(Debug)]
pub struct Inputs<'a> {
    /// The call's first fetch; a connector's only one.
    pub fetch: &'a FetchNode,
    pub variables: &'a Variables,
    pub context: &'a RequestContext<'a>,
    /// The operation's reads so far.
    pub reads: &'a Reads,
    /// The representations, as [`Prepared::lists`] say; empty at the root.
    pub batch: Batch,
}

/// What a backend answered.
#[derive(Debug)]
pub struct Part {
    pub body: Bytes,
    pub form: PartForm,
    /// What is wrong beside what the body says.
    pub errors: Vec<PartError>,
    pub gaps: Gaps,
}

/// Nulls of a body that stand for something which went wrong.
#[derive(Debug, Default)]
pub struct Gaps {
    /// The byte after each null, in order, and which of the errors it has.
    pub nulls: Vec<(usize, usize)>,
    pub errors: Vec<SubgraphError>,
}

#[derive(Debug)]
pub enum PartForm {
    /// A GraphQL response.
    GraphQl,
    /// The data of root fields alone.
    Data,
    /// The data of a root field in the backend's own words.
    Own(Arc<Layout>),
    /// Entities, each at its place; those that there are not have none.
    Entities(Vec<Option<Place>>),
}

/// Where an entity is in a body.
#[derive(Debug)]
pub struct Place {
    pub range: Range<usize>,
    /// How it is read where it is in the backend's own words. Then it is known to be JSON.
    pub layout: Option<Arc<Layout>>,
}

#[derive(Debug)]
pub struct PartError {
    pub error: SubgraphError,
    pub about: About,
}

/// What of an answer an error is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// All of it.
    Fetch,
    /// The entity of this representation.
    Entity(u32),
    /// Some value in it, nobody knows where.
    Value,
}

impl Prepared {
    fn misplanned() -> Self {
        Self { origin: ErrorOrigin::default(), lists: vec![], call: Call::Misplanned }
    }

    /// What it takes in memory beside what it shares with its plan, in bytes.
    pub(crate) fn footprint(&self) -> usize {
        let lists = self.lists.iter();
        let lists =
            lists.map(|list| size_of_val(list) + list.key.len() + list.opening.len() + size_of_val(&list.fetches[..]));
        let call = match &self.call {
            Call::GraphQl(_, request) | Call::Fake(_, request) => request.heap(),
            Call::Connect(connect) => size_of_val(&**connect),
            Call::Misplanned => 0,
        };
        size_of_val(self) + lists.sum::<usize>() + call
    }

    /// Sends the call. It ends by the request's deadline.
    pub async fn fetch(&self, inputs: Inputs<'_>) -> Result<Part, SubgraphError> {
        let deadline = inputs.context.deadline;
        match &self.call {
            // One call, which heeds the deadline itself.
            Call::GraphQl(client, request) => client.fetch(request, inputs, &self.origin).await,
            // Boxed, since it is far larger than a call to a GraphQL server, and room for the largest is allocated and
            // copied for every fetch.
            Call::Connect(connect) => self.until(deadline, Box::pin(connect.fetch(inputs, &self.origin))).await,
            Call::Misplanned => Err(misplanned()),
            Call::Fake(fake, request) => self.until(deadline, fake.fetch(request, inputs, &self.origin)).await,
        }
    }

    /// Opens the stream that a subscription's events come from. There is no deadline.
    pub async fn subscribe<'a>(&'a self, inputs: &Inputs<'a>) -> Result<Events<'a>, SubgraphError> {
        match &self.call {
            Call::Connect(connect) => {
                connect.subscribe(inputs, &self.origin).await.map(|feed| Events(EventSource::Connect(Box::new(feed))))
            }
            Call::GraphQl(..) => Err(self.no_subscriptions()),
            Call::Misplanned => Err(misplanned()),
            Call::Fake(fake, _) => fake
                .subscribe(&self.origin)
                .map(|events| Events(EventSource::Fake(events)))
                .ok_or_else(|| self.no_subscriptions()),
        }
    }

    fn no_subscriptions(&self) -> SubgraphError {
        let service = &self.origin.service;
        let message = format!(
            "The subgraph \"{service}\" is a GraphQL server, and subscriptions to those are not supported yet; a gRPC method that streams its responses can feed one."
        );
        SubgraphError::new(&self.origin, "SUBSCRIPTION_NOT_SUPPORTED", message)
    }

    async fn until(
        &self,
        deadline: Instant,
        answer: impl Future<Output = Result<Part, SubgraphError>>,
    ) -> Result<Part, SubgraphError> {
        timeout_at(deadline, answer).await.unwrap_or_else(|_| Err(SubgraphError::timeout(&self.origin)))
    }
}

/// What a subscription's source sends. Dropping it ends the call.
pub struct Events<'a>(EventSource<'a>);

enum EventSource<'a> {
    Connect(Box<connect::Feed<'a>>),
    Fake(FakeEvents),
}

impl Events<'_> {
    /// The next event's data; `None` at the end. After an error there is nothing more.
    pub async fn next(&mut self) -> Option<Result<Part, SubgraphError>> {
        match &mut self.0 {
            EventSource::Connect(feed) => feed.next().await,
            EventSource::Fake(events) => events.next().await,
        }
    }
}

fn misplanned() -> SubgraphError {
    SubgraphError::internal("The plan of this operation is of another supergraph.")
}
