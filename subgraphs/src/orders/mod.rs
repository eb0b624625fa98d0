//! The gRPC service of orders, after `schemas/orders.proto`, with the reflection service beside it.
//!
//! `BatchGet` and `ListByUsers` answer in an order of their own. A watched order that is pending ships half a second
//! after the watch began, so that there is something to see.

mod message;
mod store;
mod watch;

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use axum::Router;
use futures_util::Stream;
use prost::Message;
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};

use crate::data::dataset;
use crate::gate::{Gate, Protocol};
use crate::service::{Service, StartError};
use proto::order_service_server::{OrderService, OrderServiceServer};
use store::Store;

/// The messages, the client and the server that are generated from `schemas/orders.proto`.
#[allow(missing_docs, clippy::all)]
pub mod proto {
    tonic::include_proto!("orders.v1");

    /// The file descriptor set of `orders.proto` and its imports, encoded.
    pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/orders.binpb"));
}

/// The most ids that one `BatchGet` may name.
pub const MAX_BATCH: usize = 200;
/// The most users that one `ListByUsers` may name, and the most orders that it gives for each.
pub const MAX_LIST: usize = 100;

/// The orders of each user where `per_user` is 0, which in proto3 is how a request says nothing.
const DEFAULT_PER_USER: usize = 10;

/// Starts the service.
pub async fn start(address: SocketAddr) -> Result<Service, StartError> {
    let gate = Gate::default();
    let orders = Orders { store: Arc::new(Store::new(dataset())), stopping: gate.stopping.clone() };
    let orders = Router::new().route_service("/orders.v1.OrderService/{method}", OrderServiceServer::new(orders));
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(proto::DESCRIPTORS)
        .build_v1()
        // The set is compiled in, and a test reads it back.
        .expect("build.rs wrote a valid descriptor set");
    // Outside the gate: its calls are streams without an end of their own, and nothing to count.
    let router = gate
        .guard(Protocol::Grpc(request_as_json), orders)
        .route_service("/grpc.reflection.v1.ServerReflection/{method}", reflection);
    Service::start("orders", address, gate, router).await
}

struct Orders {
    store: Arc<Store>,
    stopping: CancellationToken,
}

#[tonic::async_trait]
impl OrderService for Orders {
    async fn batch_get(&self, request: Request<proto::Ids>) -> Result<Response<proto::Orders>, Status> {
        let ids = request.into_inner().ids;
        at_most(MAX_BATCH, ids.len(), "ids")?;
        Ok(Response::new(proto::Orders { orders: self.store.batch(&ids) }))
    }

    async fn list_by_users(&self, request: Request<proto::ByUsers>) -> Result<Response<proto::Orders>, Status> {
        let proto::ByUsers { user_ids, per_user } = request.into_inner();
        at_most(MAX_LIST, user_ids.len(), "user_ids")?;
        let per_user = match usize::try_from(per_user) {
            Ok(0) => DEFAULT_PER_USER,
            Ok(count @ 1..=MAX_LIST) => count,
            Ok(_) | Err(_) => {
                let message = format!("per_user is {per_user}; it must be from 1 to {MAX_LIST}, or 0 for 10");
                return Err(Status::invalid_argument(message));
            }
        };
        Ok(Response::new(proto::Orders { orders: self.store.latest_of(&user_ids, per_user) }))
    }

    async fn create_order(&self, request: Request<proto::Create>) -> Result<Response<proto::Order>, Status> {
        let proto::Create { user_id, items } = request.into_inner();
        self.store
            .create(user_id, items)
            .map(Response::new)
            .map_err(|error| Status::invalid_argument(error.to_string()))
    }

    type WatchStream = Pin<Box<dyn Stream<Item = Result<proto::Order, Status>> + Send>>;

    async fn watch(&self, request: Request<proto::Id>) -> Result<Response<Self::WatchStream>, Status> {
        let id = request.into_inner().id;
        if self.store.get(&id).is_none() {
            return Err(Status::not_found(format!("there is no order {id:?}")));
        }
        Ok(Response::new(Box::pin(watch::changes(Arc::clone(&self.store), id, self.stopping.clone()))))
    }
}

fn at_most(max: usize, count: usize, field: &str) -> Result<(), Status> {
    if count > max {
        return Err(Status::invalid_argument(format!(
            "{count} {field} are too many for one call; at most {max} are answered"
        )));
    }
    Ok(())
}

/// A request message for the log, given the path of its method; null if it is not one.
fn request_as_json(path: &str, message: &[u8]) -> Value {
    fn json<M: Message + Default + serde::Serialize>(message: &[u8]) -> Value {
        M::decode(message).ok().and_then(|message| serde_json::to_value(message).ok()).unwrap_or_default()
    }
    match path.rsplit('/').next() {
        Some("BatchGet") => json::<proto::Ids>(message),
        Some("ListByUsers") => json::<proto::ByUsers>(message),
        Some("CreateOrder") => json::<proto::Create>(message),
        Some("Watch") => json::<proto::Id>(message),
        _ => Value::Null,
    }
}
