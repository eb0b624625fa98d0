//! Owns `/health/live` and `/health/ready`: whether the process works, and whether it should get traffic. `/health/ready?verbose`
//! tells how the backends' endpoints are too, on which readiness does not hang: one backend's failure is not the gateway's.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{Response, StatusCode, Uri};
use axum::response::IntoResponse;
use serde_json::{Map, Value, json};
use weft_engine::policy::{CircuitState, EndpointHealth};

use super::Gateway;
use crate::pipeline::Readiness;

pub async fn live() -> impl IntoResponse {
    health(StatusCode::OK, r#"{"status":"live"}"#)
}

pub async fn ready(State(gateway): State<Arc<Gateway>>, uri: Uri) -> impl IntoResponse {
    let (code, mut body) = readiness(&gateway);
    if is_verbose(&uri) {
        body["endpoints"] = gateway.pipeline.health().into_iter().map(endpoint).collect();
    }
    health(code, body.to_string())
}

/// The status, and an object that says why.
fn readiness(gateway: &Gateway) -> (StatusCode, Value) {
    let not_yet = |body: Value| (StatusCode::SERVICE_UNAVAILABLE, body);
    if gateway.drain.has_begun() {
        return not_yet(json!({ "status": "stopping" }));
    }
    match gateway.pipeline.readiness() {
        Readiness::Ready => (StatusCode::OK, json!({ "status": "ready" })),
        Readiness::NothingServed => not_yet(json!({ "status": "starting" })),
        Readiness::WithoutKeys(issuers) => {
            let reason = "the keys of these issuers could not be got yet, so that their tokens cannot be checked";
            not_yet(json!({ "status": "starting", "reason": reason, "issuers": issuers }))
        }
    }
}

fn is_verbose(uri: &Uri) -> bool {
    let parameters = uri.query().unwrap_or_default().split('&');
    parameters
        .map(|parameter| parameter.split_once('=').map_or(parameter, |(name, _)| name))
        .any(|name| name == "verbose")
}

fn endpoint(EndpointHealth { name, circuit, load }: EndpointHealth) -> Value {
    let mut shown = Map::new();
    let mut show = |key: &str, value: Value| drop(shown.insert(key.to_owned(), value));
    show("subgraph", name.subgraph.into());
    if let Some(source) = name.source {
        show("source", source.into());
    }
    match circuit {
        None => show("circuit", "off".into()),
        Some(CircuitState::Closed) => show("circuit", "closed".into()),
        Some(CircuitState::HalfOpen) => show("circuit", "half_open".into()),
        Some(CircuitState::Open { for_another }) => {
            show("circuit", "open".into());
            show("open_for_ms", u64::try_from(for_another.as_millis()).unwrap_or(u64::MAX).into());
        }
    }
    if let Some(load) = load {
        show("in_flight", load.in_flight.into());
        show("max_in_flight", load.max_in_flight.into());
        show("waiting", load.waiting.into());
    }
    Value::Object(shown)
}

fn health(status: StatusCode, body: impl Into<Body>) -> Response<Body> {
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")];
    (status, headers, body.into()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_verbose_where_that_is_asked_for() {
        for (uri, expected) in [
            ("/health/ready", false),
            ("/health/ready?verbose", true),
            ("/health/ready?a=b&verbose=1", true),
            ("/health/ready?verbosely", false),
            ("/health/ready?a=verbose", false),
        ] {
            assert_eq!(is_verbose(&Uri::from_static(uri)), expected, "{uri}");
        }
    }
}
