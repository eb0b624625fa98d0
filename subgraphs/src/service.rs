//! Owns a running service: its socket, its life from start to stop, and the routes that every service has beside its own
//! (`/faults`, `/calls`).

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::Status;

use crate::calls::Calls;
use crate::connection::{Connection, Listener};
use crate::faults::{FaultSettings, Faults};
use crate::gate::Gate;
use crate::rest::ApiError;

/// How long [`Service::stop`] waits for calls in flight before it cuts them off.
const GRACE: Duration = Duration::from_secs(5);

/// A service that runs until it is stopped or dropped.
#[derive(Debug)]
#[must_use = "a service stops when its handle is dropped"]
pub struct Service {
    name: &'static str,
    address: SocketAddr,
    faults: Faults,
    calls: Calls,
    stopping: CancellationToken,
    cut_all: CancellationToken,
    server: JoinHandle<io::Result<()>>,
}

/// A service that could not listen where it was told to.
#[derive(Debug, thiserror::Error)]
#[error("{service} cannot listen on {address}: {source}. Choose another port, or 0 for any that is free")]
pub struct StartError {
    service: &'static str,
    address: SocketAddr,
    source: io::Error,
}

impl Service {
    /// Binds `address` and serves `router` there. The socket listens when this returns.
    pub(crate) async fn start(
        name: &'static str,
        address: SocketAddr,
        gate: Gate,
        router: Router,
    ) -> Result<Self, StartError> {
        let failed = |source| StartError { service: name, address, source };
        let tcp = TcpListener::bind(address).await.map_err(failed)?;
        let address = tcp.local_addr().map_err(failed)?;

        let Gate { faults, calls, stopping } = gate;
        let cut_all = CancellationToken::new();
        let router = router
            .merge(admin(faults.clone(), calls.clone()))
            .fallback(unknown_path)
            .method_not_allowed_fallback(async || ApiError::method_not_allowed())
            .into_make_service_with_connect_info::<Connection>();
        let server = axum::serve(Listener::new(tcp, cut_all.clone()), router)
            .with_graceful_shutdown(stopping.clone().cancelled_owned());
        let server = tokio::spawn(server.into_future());
        Ok(Self { name, address, faults, calls, stopping, cut_all, server })
    }

    /// `catalog`, `orders`, `reviews` or `shipping`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Where it listens; the port is the real one even if 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://` and the address, without a path. The GraphQL endpoint of `reviews` is `/graphql` below it.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The switch of its faults.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// The calls that it received. Those to `/faults` and `/calls` are not among them.
    pub fn calls(&self) -> &Calls {
        &self.calls
    }

    /// Stops listening, lets calls in flight end, ends streams and calls that hang, and returns when all is closed.
    /// Calls that take longer than five seconds are cut off.
    pub async fn stop(mut self) {
        self.stopping.cancel();
        if tokio::time::timeout(GRACE, &mut self.server).await.is_err() {
            self.cut_all.cancel();
            // How the server ended does not matter any more: it ended.
            let _ = (&mut self.server).await;
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.stopping.cancel();
        self.cut_all.cancel();
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.url())
    }
}

fn admin(faults: Faults, calls: Calls) -> Router {
    let faults = Router::new().route("/faults", get(show_faults).put(set_faults)).with_state(faults);
    let calls = Router::new().route("/calls", get(show_calls).delete(clear_calls)).with_state(calls);
    faults.merge(calls)
}

async fn show_faults(State(faults): State<Faults>) -> Json<FaultSettings> {
    Json(faults.get())
}

async fn set_faults(State(faults): State<Faults>, body: Bytes) -> Result<Json<FaultSettings>, ApiError> {
    let settings = serde_json::from_slice(&body)
        .map_err(|error| ApiError::bad_request(format!("the body is not a set of faults: {error}")))?;
    faults.set(settings).map_err(|error| ApiError::invalid(error.to_string()))?;
    Ok(Json(faults.get()))
}

async fn show_calls(State(calls): State<Calls>) -> Response {
    Json(json!({ "count": calls.count(), "calls": calls.list() })).into_response()
}

async fn clear_calls(State(calls): State<Calls>) -> StatusCode {
    calls.clear();
    StatusCode::NO_CONTENT
}

/// 404; for a gRPC client its own way of saying so, since it would take a plain 404 for a broken proxy.
async fn unknown_path(request: axum::extract::Request) -> Response {
    let path = request.uri().path();
    let content_type = request.headers().get(header::CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    if content_type.starts_with(b"application/grpc") {
        return Status::unimplemented(format!("there is no method {path} here")).into_http::<axum::body::Body>();
    }
    ApiError::not_found(format!("there is nothing at {path}")).into_response()
}
