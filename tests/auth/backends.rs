//! Owns backends that write down the headers they get: a GraphQL server, a REST service and a gRPC service.

use std::pin::Pin;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::routing::{MethodRouter, any};
use futures_util::Stream;
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::Server;
use tonic::{Request, Response, Status};
use weft_subgraphs::orders::proto::order_service_server::{OrderService, OrderServiceServer};
use weft_subgraphs::orders::proto::{ByUsers, Create, Id, Ids, Order, Orders};

/// The headers of the last call of each.
#[derive(Clone, Default)]
pub struct Backends {
    seen: Arc<Mutex<[HeaderMap; 3]>>,
    pub http: String,
    pub grpc: String,
}

const GRAPHQL: usize = 0;
const REST: usize = 1;
const GRPC: usize = 2;

impl Backends {
    pub async fn start() -> Self {
        let seen = Arc::<Mutex<[HeaderMap; 3]>>::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let http = format!("http://{}", listener.local_addr().expect("it listens"));
        let router = Router::new()
            .route("/graphql", noting(GRAPHQL, r#"{"data":{"plain":"p"}}"#))
            .route("/rest", noting(REST, r#""r""#))
            .with_state(Arc::clone(&seen));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let grpc = format!("http://{}", listener.local_addr().expect("it listens"));
        let service = OrderServiceServer::new(Service(Arc::clone(&seen)));
        tokio::spawn(Server::builder().add_service(service).serve_with_incoming(TcpListenerStream::new(listener)));
        Self { seen, http, grpc }
    }

    /// What each was told of who asks, since this was asked last: `name: value` without `x-`, those of the same for all once.
    pub fn told(&self) -> Vec<String> {
        let seen = std::mem::take(&mut *self.seen.lock().expect("no panic before"));
        let shown = |headers: &HeaderMap| {
            let own = headers.iter().filter(|(name, _)| name.as_str().starts_with("x-") && *name != "x-request-id");
            let mut lines: Vec<String> = own
                .map(|(name, value)| format!("{}: {}", &name.as_str()[2..], String::from_utf8_lossy(value.as_bytes())))
                .collect();
            assert!(headers.contains_key("x-request-id"), "all have the id: {headers:?}");
            lines.sort();
            lines.join(", ")
        };
        let mut told: Vec<String> = seen.iter().map(shown).collect();
        told.dedup();
        told
    }
}

type Seen = Arc<Mutex<[HeaderMap; 3]>>;

/// Answers everything with this JSON.
fn noting(which: usize, answer: &'static str) -> MethodRouter<Seen> {
    any(move |State(seen): State<Seen>, headers| async move {
        note(&seen, which, headers);
        ([(CONTENT_TYPE, "application/json")], answer)
    })
}

fn note(seen: &Seen, which: usize, headers: HeaderMap) {
    seen.lock().expect("no panic before")[which] = headers;
}

struct Service(Seen);

type Watched = Pin<Box<dyn Stream<Item = Result<Order, Status>> + Send>>;

#[tonic::async_trait]
impl OrderService for Service {
    async fn batch_get(&self, request: Request<Ids>) -> Result<Response<Orders>, Status> {
        note(&self.0, GRPC, request.metadata().clone().into_headers());
        let orders = request.into_inner().ids.into_iter().map(|id| Order { id, ..Order::default() });
        Ok(Response::new(Orders { orders: orders.collect() }))
    }

    async fn list_by_users(&self, _: Request<ByUsers>) -> Result<Response<Orders>, Status> {
        Err(Status::unimplemented("not asked here"))
    }

    async fn create_order(&self, _: Request<Create>) -> Result<Response<Order>, Status> {
        Err(Status::unimplemented("not asked here"))
    }

    type WatchStream = Watched;

    async fn watch(&self, _: Request<Id>) -> Result<Response<Watched>, Status> {
        Err(Status::unimplemented("not asked here"))
    }
}
