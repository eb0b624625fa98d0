//! The REST service of shipments.
//!
//! | route | answers |
//! |---|---|
//! | `GET /shipments/{order_id}` | the shipment of an order, or 404 |
//! | `GET /shipments/batch?order_id=&order_id=` | a list of those that exist, in an order of its own; at most 200 ids |
//!
//! It knows the orders of the data set alone: an order that was created since has no shipment yet.

use std::net::SocketAddr;

use axum::extract::Path;
use axum::http::Uri;
use axum::routing::get;
use axum::{Json, Router};

use crate::data::{Shipment, dataset, index_of};
use crate::gate::{Gate, Protocol};
use crate::rest::{ApiError, batch_ids, pick};
use crate::service::{Service, StartError};

/// The most ids that one batch may name.
pub const MAX_BATCH: usize = 200;

/// Starts the service.
pub async fn start(address: SocketAddr) -> Result<Service, StartError> {
    let gate = Gate::default();
    let routes = Router::new().route("/shipments/batch", get(batch)).route("/shipments/{order_id}", get(one));
    let router = gate.guard(Protocol::Rest, routes);
    Service::start("shipping", address, gate, router).await
}

async fn one(Path(order_id): Path<String>) -> Result<Json<&'static Shipment>, ApiError> {
    let shipment = index_of(&order_id, 'o').and_then(|index| dataset().shipments.get(index));
    shipment.map(Json).ok_or_else(|| ApiError::not_found(format!("there is no shipment for order {order_id:?}")))
}

async fn batch(uri: Uri) -> Result<Json<Vec<Shipment>>, ApiError> {
    let order_ids = batch_ids(&uri, "order_id", MAX_BATCH)?;
    Ok(Json(pick(&dataset().shipments, &order_ids, 'o')))
}
