//! Owns a request's way once it is well-formed, in one place and in order: document → bind → variables → plan → execute.

mod answer;
mod asked;
mod cache;
mod clients;
mod compute;
mod engine;
mod overrides;
mod request;
mod reserve;
mod snapshot;

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use axum::http::HeaderMap;
use tokio::runtime::Handle;
use tokio::time::{Instant as Deadline, timeout_at};
use weft_engine::policy::{EndpointHealth, Guards};
use weft_engine::{EventStream, Refused, denial};
use weft_federation::operation::{self, BoundOperation, Document, Identity, OperationError, OperationKind};

use crate::auth::{Authenticator, KeyServers};
use crate::config::{ClientPolicy, Errors};
use crate::operations::{PersistedQueries, Routes};
use crate::rate_limit::{Limited, Toll};
use crate::usage::{Usage, Used};

pub use answer::{Answer, GATEWAY_TIMEOUT, INTERNAL_SERVER_ERROR, Outcome, errors_body};
pub use clients::{Client, Endpoint};
pub use request::{ClientRequest, Malformed, QueryParameters};
pub use snapshot::{Loaded, Snapshot};

use asked::Asked;
use cache::{OperationKeyRef, Refusal};
use clients::View;
use compute::Compute;
use overrides::Labels;

/// What may be asked for, by how it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
}

/// In what a client takes its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// In one response: it may ask for no subscription.
    Once,
    /// In as many as there are.
    Events,
}

/// What a request is answered with.
#[derive(Debug)]
pub enum Reply {
    Once(Answer),
    /// A subscription's events.
    Events(EventStream),
}

/// How a request is asked, and by whom.
#[derive(Debug, Clone, Copy)]
pub struct Asking<'a> {
    pub method: Method,
    pub delivery: Delivery,
    /// The client's; the engine forwards those that a subgraph is to get.
    pub headers: &'a HeaderMap,
    pub identity: &'a Identity,
    /// When it is to be answered.
    pub deadline: Deadline,
}

/// What a request is answered from, from its beginning to its end: a snapshot, and the view in it that it is for.
pub struct Entry {
    snapshot: Arc<Snapshot>,
    view: View,
}

impl Entry {
    pub fn policy(&self) -> &ClientPolicy {
        &self.client().policy
    }

    pub fn authenticator(&self) -> &Authenticator {
        &self.snapshot.authenticator
    }

    /// What a request pays.
    pub fn toll(&self) -> Toll<'_> {
        self.snapshot.rate_limits.toll(self.client_name(), &self.policy().tier)
    }

    /// The largest body of a request, in bytes.
    pub fn max_body(&self) -> usize {
        self.snapshot.max_body
    }

    /// Whether answers can hang on headers of the client's, beside its credential.
    pub fn forwards_headers(&self) -> bool {
        self.snapshot.engine.forwards_headers()
    }

    /// Which of the client's saved operations are asked for over REST.
    pub fn routes(&self) -> &Routes {
        self.client().operations.routes()
    }

    fn client(&self) -> &Client {
        self.snapshot.clients.get(self.view)
    }

    /// `None` for the supergraph's own.
    fn client_name(&self) -> Option<&str> {
        self.snapshot.clients.name(self.view)
    }
}

/// Why a request does not begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoEntry {
    /// No schema was sound since the gateway started.
    NothingServed,
    UnknownClient,
}

/// Whether requests should come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Readiness {
    Ready,
    NothingServed,
    /// The tokens of these issuers cannot be checked, since their keys were never got.
    WithoutKeys(Vec<String>),
}

/// How long the parts of a request's way took. A part that was not reached is zero.
#[derive(Debug, Default, Clone, Copy)]
pub struct Timings {
    pub bind: Duration,
    pub plan: Duration,
    pub execute: Duration,
}

/// The way that requests take through the current snapshot.
pub struct Pipeline {
    /// Empty until there is a first one.
    snapshot: ArcSwapOption<Snapshot>,
    compute: Compute,
    persisted: PersistedQueries,
    /// What stands before backends, through all snapshots.
    guards: Guards,
    /// Where the keys of issuers come from.
    key_servers: KeyServers,
    /// `None` where nobody counts.
    usage: Option<Arc<Usage>>,
}

impl Pipeline {
    /// One that serves nothing until it has a snapshot. It counts who uses what, if there is something to count with. What goes on
    /// in the background does so on the runtime that this is called on; where there is none, nothing does.
    pub fn empty(usage: Option<Arc<Usage>>) -> Self {
        let (snapshot, persisted) = (ArcSwapOption::empty(), PersistedQueries::new());
        let key_servers = KeyServers::new(Handle::try_current().ok());
        Self { snapshot, compute: Compute::new(), persisted, guards: Guards::default(), key_servers, usage }
    }

    /// What stands before backends, for the next snapshot to take over.
    pub fn guards(&self) -> &Guards {
        &self.guards
    }

    /// Serves requests that come from now on from this snapshot. Those that have begun go on with theirs, subscriptions too.
    pub fn swap(&self, mut snapshot: Snapshot) {
        // While the one from before is there, whose keys it goes on with.
        snapshot.authenticator.follow(&self.key_servers);
        if let Some(before) = &*self.snapshot.load() {
            snapshot.rate_limits.follow(&before.rate_limits);
        }
        self.snapshot.store(Some(Arc::new(snapshot)));
    }

    /// Whether there is anything to serve, and whether it can be served to everybody.
    pub fn readiness(&self) -> Readiness {
        match &*self.snapshot.load() {
            None => Readiness::NothingServed,
            Some(snapshot) => {
                let missing: Vec<String> = snapshot.authenticator.without_keys().map(str::to_owned).collect();
                if missing.is_empty() { Readiness::Ready } else { Readiness::WithoutKeys(missing) }
            }
        }
    }

    /// How many requests are worked on at a time; `None` is without a bound.
    pub fn max_in_flight(&self) -> Option<usize> {
        self.snapshot.load().as_ref().and_then(|snapshot| snapshot.max_in_flight)
    }

    /// How the backends' endpoints are now.
    pub fn health(&self) -> Vec<EndpointHealth> {
        self.snapshot.load().as_ref().map(|snapshot| snapshot.engine.health()).unwrap_or_default()
    }

    /// Where a request that has come now begins.
    pub fn enter(&self, endpoint: Endpoint<'_>) -> Result<Entry, NoEntry> {
        let snapshot = self.snapshot.load_full().ok_or(NoEntry::NothingServed)?;
        let view = snapshot.clients.at(endpoint).ok_or(NoEntry::UnknownClient)?;
        Ok(Entry { snapshot, view })
    }

    /// Answers one request by its deadline.
    pub async fn run(
        &self,
        entry: &Entry,
        request: &ClientRequest<'_>,
        asking: Asking<'_>,
        toll: &mut Toll<'_>,
        timings: &mut Timings,
    ) -> Reply {
        match self.try_run(entry, request, asking, toll, timings).await {
            Ok(reply) => reply,
            Err(errors) => Reply::Once(Answer::refused(&errors)),
        }
    }

    async fn try_run(
        &self,
        entry: &Entry,
        request: &ClientRequest<'_>,
        Asking { method, delivery, headers, identity, deadline }: Asking<'_>,
        toll: &mut Toll<'_>,
        timings: &mut Timings,
    ) -> Result<Reply, Refusal> {
        let (snapshot, client) = (&entry.snapshot, entry.client());
        // Were a plan ready later than this, the calls would have no time, and backends be blamed for that.
        let deadline = reserve::calls_end(deadline, client.policy.timeout);
        let started = Instant::now();
        let asked = in_time(deadline, self.asked(entry, request)).await?;
        let key =
            OperationKeyRef { view: entry.view, text: asked.text(), operation_name: request.operation_name.as_deref() };
        let operation = in_time(deadline, snapshot.caches.operation(key, self.bind(snapshot, key))).await?;
        if let Asked::Registering { text, hash } = asked {
            self.persisted.insert(entry.client_name(), hash, text);
        }
        let bound = &operation.bound;
        match (bound.kind, method, delivery) {
            (OperationKind::Mutation, Method::Get, _) => return Ok(Reply::Once(Answer::mutation_by_get())),
            (OperationKind::Subscription, _, Delivery::Once) => return Ok(Reply::Once(Answer::events_not_accepted())),
            (OperationKind::Query | OperationKind::Mutation | OperationKind::Subscription, _, _) => {}
        }
        if bound.introspection.is_some() && !client.policy.introspection {
            return Err(refuse("INTROSPECTION_DISABLED", NO_INTROSPECTION));
        }
        let variables = operation::coerce(&client.schema, bound, request.variables, identity).map_err(Arc::new)?;
        // Until it is measured what an operation costs, each is worth one.
        toll.charge(NonZeroU32::MIN).await.map_err(too_many)?;
        timings.bind = started.elapsed();

        if let Some(usage) = &self.usage {
            usage.count(entry.client_name(), headers, &operation.used);
        }

        let started = Instant::now();
        let condition_bits = variables.condition_bits(bound, identity);
        let labels = snapshot.engine.overrides().decide(&operation.labels);
        let planning = async {
            let (engine, operation, labels) = (Arc::clone(&snapshot.engine), Arc::clone(&operation), labels.clone());
            let plan =
                move |is_wanted: &dyn Fn() -> bool| engine.plan(&operation.bound, condition_bits, &labels, is_wanted);
            let planned = self.compute.run(plan).await;
            let planned = planned.map_err(|panicked| internal("planning an operation", panicked))?;
            planned.map_err(|errors| masked(client, errors))
        };
        let plan = snapshot.caches.plan(&operation, condition_bits, &labels.met, planning);
        let plan = in_time(deadline, plan).await?;
        timings.plan = started.elapsed();
        if snapshot.rejects_unauthorized && !plan.refused.is_empty() {
            return Err(Arc::new(plan.refused.iter().map(refused_field).collect()));
        }

        if bound.kind == OperationKind::Subscription {
            let events = snapshot.engine.subscribe(plan, Arc::clone(bound), client, variables, headers.clone());
            return Ok(Reply::Events(events));
        }
        let started = Instant::now();
        let answer = snapshot.engine.execute(&plan, bound, client, &variables, headers, deadline).await;
        timings.execute = started.elapsed();
        Ok(Reply::Once(answer))
    }

    /// Parses, validates and binds a document, off the async threads: a hostile one takes its time.
    async fn bind(
        &self,
        snapshot: &Arc<Snapshot>,
        key: OperationKeyRef<'_>,
    ) -> Result<(BoundOperation, Labels, Used), Vec<OperationError>> {
        let (snapshot, view, is_counted) = (Arc::clone(snapshot), key.view, self.usage.is_some());
        let (text, operation_name) = (key.text.to_owned(), key.operation_name.map(str::to_owned));
        let work = move |_: &dyn Fn() -> bool| {
            let (client, engine) = (snapshot.clients.get(view), &snapshot.engine);
            let document = document(client, &text, operation_name.as_deref())?;
            let used = if is_counted { Used::of(&document) } else { Used::default() };
            let bound = operation::bind(&client.schema, document);
            let bound = bound.map_err(|error| masked(client, vec![error]))?;
            let labels = engine.overrides().met_by(&bound);
            Ok((bound, labels, used))
        };
        let bound = self.compute.run(work).await;
        bound.map_err(|panicked| internal("binding an operation", panicked))?
    }
}

/// From a text to the operation on the supergraph. Also what `weft plan` starts with.
pub fn bind(client: &Client, text: &str, operation_name: Option<&str>) -> Result<BoundOperation, Vec<OperationError>> {
    let document = document(client, text, operation_name)?;
    operation::bind(&client.schema, document).map_err(|error| vec![error])
}

/// A text that the client may send, as a valid document.
fn document(client: &Client, text: &str, operation_name: Option<&str>) -> Result<Document, Vec<OperationError>> {
    let document = operation::parse(&client.schema, text, operation_name)?;
    let (depth, max) = (operation::depth(&document), client.policy.depth);
    if usize::try_from(max).is_ok_and(|max| depth > max) {
        let message = format!("The operation nests {depth} fields in one another; {max} are allowed.");
        return Err(vec![OperationError::new("MAX_DEPTH_LIMIT", message)]);
    }
    Ok(document)
}

const TOO_LATE: &str = "The gateway could not plan the operation in time; send it again later.";
const NO_INTROSPECTION: &str = "Introspection is disabled here; `introspection: true` in the configuration of the client, or of the gateway, allows it.";

/// Waits for what is worked at off the async threads, and no longer than the request may take. Then work that waits for its
/// turn is given up, and planning that has started ends early; parsing and binding go on to their end, which their own
/// limits bound.
async fn in_time<T>(deadline: Deadline, work: impl Future<Output = Result<T, Refusal>>) -> Result<T, Refusal> {
    timeout_at(deadline, work).await.unwrap_or_else(|_| Err(refuse(GATEWAY_TIMEOUT, TOO_LATE)))
}

/// What the whole operation is refused for.
fn refused_field(Refused { coordinate, need }: &Refused) -> OperationError {
    let (code, message) = denial(need);
    OperationError::new(code, format!("{coordinate}: {message}"))
}

fn refuse(code: &'static str, message: &str) -> Refusal {
    Arc::new(vec![OperationError::new(code, message)])
}

fn too_many(limited: Limited) -> Refusal {
    refuse(limited.code(), &limited.to_string())
}

/// What lies in the supergraph is told in its own names, which a client that is told of no backend does not know.
fn masked(client: &Client, errors: Vec<OperationError>) -> Vec<OperationError> {
    let is_told = match client.policy.errors {
        Errors::Full => true,
        Errors::Masked => errors.iter().all(|error| error.code != INTERNAL_SERVER_ERROR),
    };
    if is_told {
        return errors;
    }
    let causes: Vec<&str> = errors.iter().map(|error| error.message.as_str()).collect();
    internal("answering an operation of a client", causes.join(" "))
}

/// The client learns that the gateway failed, the log what of it.
fn internal(doing: &str, cause: impl std::fmt::Display) -> Vec<OperationError> {
    tracing::error!("{doing}: {cause}");
    vec![OperationError::new(INTERNAL_SERVER_ERROR, "The gateway failed; its log has the cause.")]
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use weft_federation::compose::{NoConnectors, compose};
    use weft_federation::diagnostics::Source;
    use weft_federation::schema::subgraph::SubgraphInput;

    use super::*;
    use crate::config::GatewayConfig;

    fn pipeline() -> Pipeline {
        let source = Source::new("a.graphql", "type Query { a: Int }");
        let input = SubgraphInput { name: "a".to_owned(), url: "http://a.invalid".to_owned(), source };
        let sdl = compose(vec![input], &mut NoConnectors).supergraph.expect("one subgraph composes");
        let loaded = Snapshot::load(
            &Source::new("supergraph.graphql", sdl),
            vec![],
            &GatewayConfig::default(),
            &Guards::default(),
        );
        let Ok(Loaded { snapshot, .. }) = loaded else { panic!("what was composed loads") };
        let pipeline = Pipeline::empty(None);
        pipeline.swap(snapshot);
        pipeline
    }

    fn written(reply: Reply) -> Bytes {
        match reply {
            Reply::Once(answer) => answer.body,
            Reply::Events(_) => panic!("a query has one answer"),
        }
    }

    #[tokio::test]
    async fn a_request_that_gets_no_turn_in_time_ends_and_the_next_one_is_answered() {
        let pipeline = pipeline();
        let ask = async |a: bool, deadline: Deadline| {
            let body = format!(
                r#"{{"query":"query($a: Boolean!) {{ b: __typename @include(if: $a) }}","variables":{{"a":{a}}}}}"#
            );
            let request = ClientRequest::from_json(body.as_bytes()).expect("the test's own");
            let (headers, identity, mut timings) = (HeaderMap::new(), Identity::anonymous(), Timings::default());
            let entry = pipeline.enter(Endpoint::Supergraph).unwrap_or_else(|_| panic!("it is always there"));
            let (method, delivery) = (Method::Post, Delivery::Once);
            let asking = Asking { method, delivery, headers: &headers, identity: &identity, deadline };
            let reply = pipeline.try_run(&entry, &request, asking, &mut entry.toll(), &mut timings).await;
            reply.map(written).map_err(|errors| errors[0].code)
        };
        let (now, later) = (Deadline::now(), Deadline::now() + Duration::from_secs(600));
        let all = pipeline.compute.take_all_turns();
        assert_eq!(ask(true, now).await, Err(GATEWAY_TIMEOUT), "it is not bound");
        drop(all);
        assert_eq!(ask(true, later).await.as_deref(), Ok(&br#"{"data":{"b":"Query"}}"#[..]));
        let all = pipeline.compute.take_all_turns();
        assert_eq!(ask(true, now).await.as_deref(), Ok(&br#"{"data":{"b":"Query"}}"#[..]), "it was planned before");
        assert_eq!(ask(false, now).await, Err(GATEWAY_TIMEOUT), "it is not planned for this condition");
        drop(all);
        assert_eq!(ask(false, later).await.as_deref(), Ok(&br#"{"data":{}}"#[..]));
    }
}
