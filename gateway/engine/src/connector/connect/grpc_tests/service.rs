//! Owns a gRPC service for tests: a function answers each call with messages, over a real socket.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{Request as HttpRequest, Response as HttpResponse};
use bytes::Bytes;
use futures_util::future::{BoxFuture, FutureExt};
use futures_util::stream::BoxStream;
use http::HeaderMap;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, JoinSet};
use tonic::server::{Grpc, ServerStreamingService};
use tonic::{Request, Response, Status};

use super::super::grpc::Raw;

/// What the service sends for a call; one message for a unary one.
pub type Messages = BoxStream<'static, Result<Bytes, Status>>;

/// A call as it came.
#[derive(Debug, Clone)]
pub struct Call {
    pub method: String,
    pub headers: HeaderMap,
    pub message: Bytes,
}

type Answer = Arc<dyn Fn(&Call) -> Messages + Send + Sync>;

/// It stops, and cuts its connections, when this is dropped or [`Self::stop`]ped.
pub struct Service {
    pub address: SocketAddr,
    calls: Arc<Mutex<Vec<Call>>>,
    task: JoinHandle<()>,
}

impl Service {
    pub async fn start(answer: impl Fn(&Call) -> Messages + Send + Sync + 'static) -> Self {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        Self::start_at(any, 200, answer).await
    }

    /// Starts at an address, with so many calls allowed at once on one connection.
    pub async fn start_at(
        address: SocketAddr,
        max_streams: u32,
        answer: impl Fn(&Call) -> Messages + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(address).await.expect("a free port");
        let address = listener.local_addr().expect("it listens");
        let calls = Arc::new(Mutex::new(vec![]));
        let shared = Shared { answer: Arc::new(answer), calls: Arc::clone(&calls) };
        let router = Router::new().fallback(handle).with_state(shared);
        let task = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let service = TowerToHyperService::new(router.clone());
                let mut builder = Builder::new(TokioExecutor::new());
                builder.http2().max_concurrent_streams(max_streams);
                let connection = builder.serve_connection(TokioIo::new(stream), service).into_owned();
                connections.spawn(async move { drop(connection.await) });
            }
        });
        Self { address, calls, task }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn calls(&self) -> Vec<Call> {
        self.calls.lock().expect("no panic before").clone()
    }

    /// Stops, and returns when the port is free again.
    pub async fn stop(mut self) {
        self.task.abort();
        let _ = (&mut self.task).await;
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[derive(Clone)]
struct Shared {
    answer: Answer,
    calls: Arc<Mutex<Vec<Call>>>,
}

async fn handle(State(shared): State<Shared>, request: HttpRequest<Body>) -> HttpResponse<tonic::body::Body> {
    let method = request.uri().path().rsplit('/').next().unwrap_or_default().to_owned();
    Grpc::new(Raw).server_streaming(Handler { shared, method }, request).await
}

struct Handler {
    shared: Shared,
    method: String,
}

impl ServerStreamingService<Bytes> for Handler {
    type Response = Bytes;
    type ResponseStream = Messages;
    type Future = BoxFuture<'static, Result<Response<Messages>, Status>>;

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let headers = request.metadata().clone().into_headers();
        let call = Call { method: self.method.clone(), headers, message: request.into_inner() };
        let messages = (self.shared.answer)(&call);
        self.shared.calls.lock().expect("no panic before").push(call);
        async { Ok(Response::new(messages)) }.boxed()
    }
}

/// Counts the calls that their clients have left.
#[derive(Clone, Default)]
pub struct Left(Arc<LeftCount>);

struct LeftCount(Semaphore);

impl Default for LeftCount {
    fn default() -> Self {
        Self(Semaphore::new(0))
    }
}

impl Left {
    /// Waits until one more call has been left.
    pub async fn one(&self) {
        self.0.0.acquire().await.expect("nobody closes it").forget();
    }

    /// To be held by a call's messages.
    pub fn guard(&self) -> LeftGuard {
        LeftGuard(self.clone())
    }
}

pub struct LeftGuard(Left);

impl Drop for LeftGuard {
    fn drop(&mut self) {
        self.0.0.0.add_permits(1);
    }
}
