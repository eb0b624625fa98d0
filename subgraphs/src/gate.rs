//! Owns what every call passes on its way to a service: it is logged, and then meets the faults that are switched on.

use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use axum::{Router, middleware};
use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;
use tonic::Status;

use crate::calls::{Call, Calls};
use crate::connection::Connection;
use crate::faults::{Ending, Fate, Faults};
use crate::rest::{ApiError, query_pairs};

/// Bodies are read whole before they are logged; no demo request comes near this.
const MAX_BODY: usize = 4 << 20;

/// What a service is told when it starts, and what its gate works with.
#[derive(Clone, Default)]
pub(crate) struct Gate {
    pub faults: Faults,
    pub calls: Calls,
    /// Cancelled when the service should end: what would go on for ever, such as a stream, must end then.
    pub stopping: CancellationToken,
}

/// How calls are logged and how an injected error looks.
#[derive(Clone, Copy)]
pub(crate) enum Protocol {
    Rest,
    GraphQl,
    /// With the function that decodes a request message, given the path of the method.
    Grpc(fn(&str, &[u8]) -> Value),
}

impl Gate {
    /// Puts the gate before every route that `router` has now.
    pub(crate) fn guard(&self, protocol: Protocol, router: Router) -> Router {
        router.layer(middleware::from_fn_with_state((self.clone(), protocol), pass))
    }
}

async fn pass(
    State((gate, protocol)): State<(Gate, Protocol)>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    request: Request,
    next: Next,
) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, MAX_BODY).await else {
        return ApiError::bad_request("the body is larger than 4 MB, or was cut off").into_response();
    };
    gate.calls.record(protocol.describe(&parts, &body));

    let Fate { delay, ending } = gate.faults.draw();
    if !delay.is_zero() {
        tokio::select! {
            () = tokio::time::sleep(delay) => {}
            () = gate.stopping.cancelled() => {}
        }
    }
    match ending {
        Ending::Answer => next.run(Request::from_parts(parts, Body::from(body))).await,
        Ending::Error => protocol.injected_error(),
        Ending::Hang => {
            gate.stopping.cancelled().await;
            cut(&connection)
        }
        Ending::Reset => cut(&connection),
    }
}

/// Resets the connection. The response is for the types alone: it can no longer be written.
fn cut(connection: &Connection) -> Response {
    connection.reset();
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

impl Protocol {
    fn describe(self, parts: &Parts, body: &Bytes) -> Call {
        let path = parts.uri.path();
        let (operation, input) = match self {
            Self::Rest => (format!("{} {path}", parts.method), rest_input(parts, body)),
            Self::GraphQl => (format!("{} {path}", parts.method), json_or_text(body)),
            Self::Grpc(decode) => {
                // Five bytes come before the message: a flag for compression, which is not offered here, and the length.
                (path.trim_start_matches('/').to_owned(), decode(path, body.get(5..).unwrap_or_default()))
            }
        };
        Call { operation, input, headers: parts.headers.clone() }
    }

    fn injected_error(self) -> Response {
        const MESSAGE: &str = "this error was injected; see /faults";
        match self {
            Self::Rest | Self::GraphQl => ApiError::internal(MESSAGE).into_response(),
            Self::Grpc(_) => Status::unavailable(MESSAGE).into_http::<Body>(),
        }
    }
}

fn rest_input(parts: &Parts, body: &Bytes) -> Value {
    let mut query: Map<String, Value> = Map::new();
    for (name, value) in query_pairs(&parts.uri) {
        if let Value::Array(values) = query.entry(name).or_insert_with(|| Value::Array(Vec::new())) {
            values.push(Value::String(value));
        }
    }
    let mut input = Map::new();
    if !query.is_empty() {
        input.insert("query".to_owned(), Value::Object(query));
    }
    if !body.is_empty() {
        input.insert("body".to_owned(), json_or_text(body));
    }
    Value::Object(input)
}

/// Null where there is no body; a body that is not JSON is logged as text.
fn json_or_text(body: &Bytes) -> Value {
    if body.is_empty() {
        return Value::Null;
    }
    serde_json::from_slice(body).unwrap_or_else(|_| Value::String(String::from_utf8_lossy(body).into_owned()))
}
