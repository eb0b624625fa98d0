//! Owns what black-box tests stand on: a GraphQL backend with scripted answers, and a gateway before it.

#![allow(dead_code, reason = "each test binary uses its part")]

pub mod process;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::routing::post;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, oneshot};
use tokio::time::timeout;
use weft::{Running, ServeOptions, Source, SupergraphSource};
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
const GIVE_UP: Duration = Duration::from_secs(60);

/// What it says to everything but a request for its SDL.
const ANSWER: &str = r#"{"data":{"hello":"hi","say":"ok","slow":"done"}}"#;

/// A GraphQL server that gives every operation the same answer; one with `slow` in it waits to be let go.
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
}

impl Backend {
    pub async fn start() -> Self {
        let (arrived, released) = (Semaphore::new(0), Semaphore::new(0));
        let (calls, headers, body) = (AtomicUsize::new(0), Mutex::default(), Mutex::default());
        let state = Arc::new(BackendState { calls, headers, body, arrived, released });
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
) -> ([(axum::http::HeaderName, &'static str); 1], String) {
    state.calls.fetch_add(1, Ordering::SeqCst);
    *state.headers.lock().expect("no panic before") = headers;
    state.body.lock().expect("no panic before").clone_from(&body);
    if body.contains("slow") {
        state.arrived.add_permits(1);
        state.released.acquire().await.expect("nobody closes it").forget();
    }
    let answer = if body.contains("_service") {
        format!(r#"{{"data":{{"_service":{{"sdl":{}}}}}}}"#, serde_json::Value::from(SDL))
    } else {
        ANSWER.to_owned()
    };
    ([(CONTENT_TYPE, "application/json")], answer)
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
        let (stop, stopped) = oneshot::channel::<()>();
        let options = ServeOptions { dev, ..ServeOptions::new(SupergraphSource::Text(supergraph), "127.0.0.1:0") };
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
