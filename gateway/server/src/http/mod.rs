//! Owns HTTP: routes, what is read from a request and what is written as a response. Nothing past it knows of HTTP, but
//! for the headers that subgraphs are sent.

mod body;
mod csrf;
mod drain;
mod endpoint;
mod events;
mod graphql;
mod health;
mod lifecycle;
mod negotiate;
mod rejection;
mod request_id;
mod rest;
mod server;
mod service;
mod shed;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::Response;
use axum::routing::{any, get};

use crate::pipeline::Pipeline;
use crate::usage::Usage;
use negotiate::ResponseType;
use rejection::Rejection;
use shed::{Shed, Taken};

pub use drain::Drain;
pub use server::run;
pub use service::Endpoints;

/// What the handlers share.
pub struct Gateway {
    pub pipeline: Pipeline,
    pub drain: Arc<Drain>,
    shed: Shed,
    /// Tell more than clients of a production gateway should know.
    pub dev: bool,
}

impl Gateway {
    /// One that serves nothing until its pipeline has a snapshot. `usage` counts who uses what.
    pub fn new(dev: bool, usage: Option<Arc<Usage>>) -> Self {
        Self { pipeline: Pipeline::empty(usage), drain: Arc::default(), shed: Shed::default(), dev }
    }
}

impl Gateway {
    /// Takes a request on, unless there are as many as there may be.
    fn take(&self) -> Result<Taken<'_>, Rejection> {
        self.shed.take(self.pipeline.max_in_flight()).ok_or(Rejection::Overloaded)
    }
}

/// The routes of every gateway, and `more`.
fn router(gateway: Arc<Gateway>, more: Router<Arc<Gateway>>) -> Router {
    let operations =
        endpoint::ROUTES.iter().fold(Router::new(), |router, path| router.route(path, any(graphql::handle)));
    operations
        .route(rest::ROUTE, any(rest::handle))
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .merge(more)
        .method_not_allowed_fallback(method_not_allowed)
        .fallback(not_found)
        .with_state(gateway)
}

async fn not_found() -> Response<Body> {
    Rejection::NotFound.into_response(ResponseType::Json)
}

async fn method_not_allowed() -> Response<Body> {
    Rejection::MethodNotAllowed { allow: "GET, HEAD" }.into_response(ResponseType::Json)
}
