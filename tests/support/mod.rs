//! Owns what black-box tests stand on: a GraphQL backend with scripted answers, and a gateway before it.

#![allow(dead_code, reason = "each test binary uses its part")]

pub mod process;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, oneshot};
use tokio::time::timeout;
pub use weft::Source;
use weft::{Config, Running, ServeOptions, SupergraphSource};
use weft_federation::compose::{NoConnectors, compose};
use weft_federation::schema::subgraph::SubgraphInput;

/// The backend's schema.
pub const SDL: &str = r#"
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
type Query { hello(name: String): String slow: String }
type Mutation { say(text: String!): String }
type Subscription { ticks: Int }
"#;

/// A test that has waited so long waits for nothing: it fails instead of hanging.
pub const GIVE_UP: Duration = Duration::from_secs(60);

/// What it says to everything but a request for its SDL.
const ANSWER: &str = r#"{"data":{"hello":"hi","say":"ok","slow":"done","other":"else"}}"#;

/// A GraphQL server that gives every operation the same answer; one with `slow` in it waits to be let go. It can be told to
/// fail.
pub struct Backend {
    pub address: SocketAddr,
    state: Arc<BackendState>,
}

struct BackendState {
    calls: AtomicUsize,
    /// Of the last call.
    headers: Mutex<HeaderMap>,
    /// Of the last call.
    body: Mutex<String>,
    arrived: Semaphore,
    released: Semaphore,
    /// Slow calls that the caller gave up.
    abandoned: Semaphore,
    /// How many calls are yet to fail, and with what status.
    failing: Mutex<(usize, u16)>,
}

impl Backend {
    pub async fn start() -> Self {
        let (arrived, released, abandoned) = (Semaphore::new(0), Semaphore::new(0), Semaphore::new(0));
        let failing = Mutex::new((0, 500));
        let (calls, headers, body) = (AtomicUsize::new(0), Mutex::default(), Mutex::default());
        let state = Arc::new(BackendState { calls, headers, body, arrived, released, abandoned, failing });
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it listens");
        let router = Router::new().route("/graphql", post(answer)).with_state(Arc::clone(&state));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, state }
    }

    pub fn calls(&self) -> usize {
        self.state.calls.load(Ordering::SeqCst)
    }

    /// The headers of the last call.
    pub fn headers(&self) -> HeaderMap {
        self.state.headers.lock().expect("no panic before").clone()
    }

    /// The body of the last call.
    pub fn body(&self) -> String {
        self.state.body.lock().expect("no panic before").clone()
    }

    /// Waits until a slow call has come.
    pub async fn slow_call(&self) {
        let arrived = timeout(GIVE_UP, self.state.arrived.acquire()).await.expect("a call comes");
        arrived.expect("nobody closes it").forget();
    }

    /// Waits until as many slow calls have been given up: their connections, or streams, were closed.
    pub async fn abandoned(&self, calls: u32) {
        let abandoned = timeout(GIVE_UP, self.state.abandoned.acquire_many(calls)).await.expect("they are given up");
        abandoned.expect("nobody closes it").forget();
    }

    /// Lets the next calls fail with a status.
    pub fn fail(&self, calls: usize, status: u16) {
        *self.state.failing.lock().expect("no panic before") = (calls, status);
    }

    /// Lets one slow call be answered.
    pub fn release(&self) {
        self.state.released.add_permits(1);
    }

    pub fn supergraph(&self) -> Arc<Source> {
        supergraph(&format!("http://{}/graphql", self.address))
    }
}

async fn answer(
    State(state): State<Arc<BackendState>>,
    headers: HeaderMap,
    body: String,
) -> (StatusCode, [(axum::http::HeaderName, &'static str); 1], String) {
    state.calls.fetch_add(1, Ordering::SeqCst);
    *state.headers.lock().expect("no panic before") = headers;
    state.body.lock().expect("no panic before").clone_from(&body);
    if body.contains("slow") {
        let given_up = GivenUp(&state.abandoned);
        state.arrived.add_permits(1);
        state.released.acquire().await.expect("nobody closes it").forget();
        std::mem::forget(given_up);
    }
    if let (calls @ 1.., status) = &mut *state.failing.lock().expect("no panic before") {
        *calls -= 1;
        let status = StatusCode::from_u16(*status).expect("the test's own");
        return (status, [(CONTENT_TYPE, "text/plain")], "no".to_owned());
    }
    let answer = if body.contains("_service") {
        format!(r#"{{"data":{{"_service":{{"sdl":{}}}}}}}"#, serde_json::Value::from(SDL))
    } else {
        ANSWER.to_owned()
    };
    (StatusCode::OK, [(CONTENT_TYPE, "application/json")], answer)
}

/// Tells that it was dropped, as is whatever waits for a connection's request when the connection is closed.
struct GivenUp<'a>(&'a Semaphore);

impl Drop for GivenUp<'_> {
    fn drop(&mut self) {
        self.0.add_permits(1);
    }
}

/// A supergraph of one subgraph, which is at `url`.
pub fn supergraph(url: &str) -> Arc<Source> {
    composed(&[("greeter", url, SDL)])
}

/// A supergraph of subgraphs, each a name, where it is, and its schema.
pub fn composed(subgraphs: &[(&str, &str, &str)]) -> Arc<Source> {
    let inputs = subgraphs.iter().map(|(name, url, sdl)| SubgraphInput {
        name: (*name).to_owned(),
        url: (*url).to_owned(),
        source: Source::new(format!("{name}.graphql"), *sdl),
    });
    let composition = compose(inputs.collect(), &mut NoConnectors);
    let text = composition.supergraph.unwrap_or_else(|| panic!("{:?}", composition.diagnostics));
    Source::new("supergraph.graphql", text)
}

/// A gateway that stops when told to, or when dropped.
pub struct Gateway {
    pub running: Running,
    stop: Option<oneshot::Sender<()>>,
}

impl Gateway {
    pub async fn start(supergraph: Arc<Source>, dev: bool) -> Self {
        Self::start_with(ServeOptions { dev, ..ServeOptions::new(SupergraphSource::Text(supergraph), "127.0.0.1:0") })
            .await
    }

    /// With a `weft.yaml`.
    pub async fn configured(supergraph: Arc<Source>, weft_yaml: &str) -> Self {
        let source = Source::new("weft.yaml", weft_yaml);
        let config =
            Config::parse(&source, Path::new(""), &BTreeMap::new()).unwrap_or_else(|found| panic!("{found:?}"));
        let options = ServeOptions::new(SupergraphSource::Text(supergraph), "127.0.0.1:0");
        Self::start_with(ServeOptions { config: config.gateway, ..options }).await
    }

    async fn start_with(options: ServeOptions) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let running = weft::serve(options, async { drop(stopped.await) }).await.expect("it starts");
        Self { running, stop: Some(stop) }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.running.addr())
    }

    /// Tells it to stop; returns at once.
    pub fn tell_to_stop(&mut self) {
        self.stop = None;
    }
}
