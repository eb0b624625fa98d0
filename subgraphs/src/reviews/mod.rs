//! The GraphQL service of reviews and questions, a Federation 2 subgraph at `/graphql`.
//!
//! Queries, mutations and `_entities` are POSTs. Subscriptions come over a WebSocket (`graphql-transport-ws`, or the older
//! `graphql-ws`) or, with `Accept: text/event-stream`, as the answer to a POST (the "distinct connections" mode of
//! GraphQL over SSE).

mod objects;
mod schema;
mod store;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use async_graphql_axum::{GraphQLProtocol, GraphQLRequest, GraphQLResponse, GraphQLWebSocket};
use axum::Router;
use axum::body::Body;
use axum::extract::{State, WebSocketUpgrade};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use futures_util::{StreamExt as _, stream};
use tokio_util::sync::CancellationToken;

use crate::data::dataset;
use crate::gate::{Gate, Protocol};
use crate::service::{Service, StartError};
use schema::ReviewsSchema;
use store::Store;

/// Starts the service.
pub async fn start(address: SocketAddr) -> Result<Service, StartError> {
    let gate = Gate::default();
    let schema = schema::build(Arc::new(Store::new(dataset())), gate.stopping.clone());
    let routes = Router::new()
        .route("/graphql", post(execute).get(websocket))
        .with_state(Reviews { schema, stopping: gate.stopping.clone() });
    let router = gate.guard(Protocol::GraphQl, routes);
    Service::start("reviews", address, gate, router).await
}

/// The subgraph's schema with its federation directives, as `_service { sdl }` gives it and `schemas/reviews.graphql`
/// keeps it.
pub fn sdl() -> String {
    schema::sdl(&schema::build(Arc::new(Store::new(dataset())), CancellationToken::new()))
}

#[derive(Clone)]
struct Reviews {
    schema: ReviewsSchema,
    stopping: CancellationToken,
}

async fn execute(State(reviews): State<Reviews>, headers: HeaderMap, request: GraphQLRequest) -> Response {
    let request = request.into_inner();
    let accepts = headers.get(header::ACCEPT).map(HeaderValue::as_bytes).unwrap_or_default();
    if !accepts.starts_with(b"text/event-stream") {
        return GraphQLResponse::from(reviews.schema.execute(request).await).into_response();
    }
    let answers = reviews.schema.execute_stream(request).map(|answer| match serde_json::to_string(&answer) {
        Ok(json) => format!("event: next\ndata: {json}\n\n"),
        // A comment, which clients skip. An answer consists of strings and numbers, so there is nothing to go wrong.
        Err(error) => format!(": {error}\n\n"),
    });
    // Written by hand, since axum's events leave out a `data` that is empty, and an event without one is dropped by
    // whoever reads it as the specification says.
    let events = answers.chain(stream::iter(["event: complete\ndata:\n\n".to_owned()])).map(Ok::<_, Infallible>);
    ([(header::CONTENT_TYPE, "text/event-stream")], Body::from_stream(events)).into_response()
}

async fn websocket(State(reviews): State<Reviews>, protocol: GraphQLProtocol, upgrade: WebSocketUpgrade) -> Response {
    upgrade.protocols(async_graphql::http::ALL_WEBSOCKET_PROTOCOLS).on_upgrade(move |socket| async move {
        let connection = GraphQLWebSocket::new(socket, reviews.schema, protocol).serve();
        // The server does not wait for an upgraded connection, so nothing else would end it.
        tokio::select! {
            () = connection => {}
            () = reviews.stopping.cancelled() => {}
        }
    })
}
