//! Owns `/health/live` and `/health/ready`: whether the process works, and whether it should get traffic.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{Response, StatusCode};
use axum::response::IntoResponse;
use serde_json::json;

use super::Gateway;
use crate::pipeline::Readiness;

pub async fn live() -> impl IntoResponse {
    health(StatusCode::OK, r#"{"status":"live"}"#)
}

pub async fn ready(State(gateway): State<Arc<Gateway>>) -> impl IntoResponse {
    let not_yet = |body: String| health(StatusCode::SERVICE_UNAVAILABLE, body);
    if gateway.drain.has_begun() {
        return not_yet(r#"{"status":"stopping"}"#.to_owned());
    }
    match gateway.pipeline.readiness() {
        Readiness::Ready => health(StatusCode::OK, r#"{"status":"ready"}"#),
        Readiness::NothingServed => not_yet(r#"{"status":"starting"}"#.to_owned()),
        Readiness::WithoutKeys(issuers) => {
            let reason = "the keys of these issuers could not be got yet, so that their tokens cannot be checked";
            not_yet(json!({ "status": "starting", "reason": reason, "issuers": issuers }).to_string())
        }
    }
}

fn health(status: StatusCode, body: impl Into<Body>) -> Response<Body> {
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")];
    (status, headers, body.into()).into_response()
}
