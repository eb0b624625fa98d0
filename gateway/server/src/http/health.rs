//! Owns `/health/live` and `/health/ready`: whether the process works, and whether it should get traffic.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;

use super::Gateway;

pub async fn live() -> impl IntoResponse {
    health(StatusCode::OK, r#"{"status":"live"}"#)
}

pub async fn ready(State(gateway): State<Arc<Gateway>>) -> impl IntoResponse {
    if gateway.drain.has_begun() {
        health(StatusCode::SERVICE_UNAVAILABLE, r#"{"status":"stopping"}"#)
    } else if !gateway.pipeline.serves() {
        health(StatusCode::SERVICE_UNAVAILABLE, r#"{"status":"starting"}"#)
    } else {
        health(StatusCode::OK, r#"{"status":"ready"}"#)
    }
}

fn health(status: StatusCode, body: &'static str) -> impl IntoResponse {
    (status, [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")], body)
}
