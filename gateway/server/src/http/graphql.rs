//! Owns the endpoints of GraphQL: from an HTTP request to a client's request, and from its answer to an HTTP response.

use std::sync::Arc;
use std::time::{Instant, SystemTime};

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{ALLOW, AUTHORIZATION, CONNECTION, CONTENT_TYPE, VARY};
use axum::http::{self, HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, Version};
use tokio::time::Instant as Deadline;

use super::Gateway;
use super::drain::InFlight;
use super::endpoint::endpoint;
use super::negotiate::{self, BodyType, ResponseType, body_type, response_type};
use super::rejection::Rejection;
use super::{body, csrf, events, lifecycle, request_id};
use crate::auth::{Caller, Refusal, forwarded};
use crate::pipeline::{
    Answer, Asking, ClientRequest, Delivery, Entry, Method, Outcome, QueryParameters, Reply, Timings,
};

const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

pub async fn handle(State(gateway): State<Arc<Gateway>>, request: Request<Body>) -> Response<Body> {
    let (started, in_flight) = (Instant::now(), gateway.drain.enter());
    let (version, is_get) = (request.version(), request.method() == http::Method::GET);
    let id = request_id::of(request.headers());
    let accepted = response_type(request.headers());
    let rejected = |rejection: Rejection| {
        tracing::debug!(request_id = ?id, ?rejection, "request rejected");
        rejection.into_response(error_type(accepted))
    };
    // A subscription leaves it when its stream begins.
    let taken = gateway.take();
    let entered = taken.as_ref().map_err(Rejection::clone).and_then(|_| enter(&gateway, &request, accepted));
    let mut response = match entered {
        Ok((entry, form)) => {
            let arrival = Arrival { id: &id, started, in_flight };
            let mut response = answer(&gateway, &entry, request, form, arrival).await.unwrap_or_else(rejected);
            lifecycle::announce(&entry.policy().lifecycle, response.headers_mut());
            if let Some(header) = entry.authenticator().api_key_header().filter(|_| is_get) {
                response.headers_mut().append(VARY, header.clone().into());
            }
            response
        }
        Err(rejection) => rejected(rejection),
    };
    response.headers_mut().insert(request_id::X_REQUEST_ID, id);
    if is_get {
        // What is between may keep it: the answer is of this type and for this caller.
        response.headers_mut().append(VARY, HeaderValue::from_static("accept, authorization"));
    }
    close_if_draining(&gateway, version, &mut response);
    response
}

/// Tells a client of HTTP/1 not to send more on its connection.
pub fn close_if_draining(gateway: &Gateway, version: Version, response: &mut Response<Body>) {
    if version <= Version::HTTP_11 && gateway.drain.has_begun() {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
}

/// In which form a request comes and its answer goes.
#[derive(Clone, Copy)]
struct Form {
    method: Method,
    ty: ResponseType,
}

struct Arrival<'a> {
    id: &'a HeaderValue,
    started: Instant,
    in_flight: InFlight,
}

/// The guards that ask nobody who it is, and the endpoint.
fn enter(
    gateway: &Gateway,
    request: &Request<Body>,
    accepted: Option<ResponseType>,
) -> Result<(Entry, Form), Rejection> {
    let method = match *request.method() {
        http::Method::GET => Method::Get,
        http::Method::POST => Method::Post,
        _ => return Err(Rejection::MethodNotAllowed { allow: "GET, POST" }),
    };
    let ty = accepted.ok_or(Rejection::NotAcceptable)?;
    if has_two_authorizations(request.headers()) {
        return Err(Rejection::TwoAuthorizations);
    }
    match method {
        Method::Get if csrf::is_suspect(request.headers()) => return Err(Rejection::ForgedGet),
        Method::Get => {}
        Method::Post => match body_type(request.headers()) {
            BodyType::Json => {}
            BodyType::Simple => return Err(Rejection::SimplePost),
            BodyType::Unsupported => return Err(Rejection::UnsupportedMediaType),
        },
    }
    let endpoint = endpoint(request.uri().path()).ok_or(Rejection::NotFound)?;
    let entry = gateway.pipeline.enter(endpoint)?;
    Ok((entry, Form { method, ty }))
}

async fn answer(
    gateway: &Gateway,
    entry: &Entry,
    request: Request<Body>,
    Form { method, ty }: Form,
    Arrival { id, started, in_flight }: Arrival<'_>,
) -> Result<Response<Body>, Rejection> {
    let (policy, now) = (entry.policy(), SystemTime::now());
    let deadline = (started + policy.timeout).into();
    let (mut parts, body) = request.into_parts();
    if policy.lifecycle.is_over(now) {
        return Err(Rejection::Gone);
    }
    let caller = caller(entry, &parts.headers, now, deadline).await?;

    // What the client's request borrows from.
    let (bytes, parameters);
    let request = match method {
        Method::Get => {
            parameters = QueryParameters::decode(parts.uri.query().unwrap_or_default())?;
            ClientRequest::from_query(&parameters)?
        }
        Method::Post => {
            bytes = body::read(&parts.headers, body, entry.max_body(), deadline).await?;
            ClientRequest::from_json(&bytes)?
        }
    };

    forwarded::replace(&mut parts.headers, &caller, id);
    let delivery = if negotiate::accepts_events(&parts.headers) { Delivery::Events } else { Delivery::Once };
    let asking = Asking { method, delivery, headers: &parts.headers, identity: caller.identity(), deadline };
    let mut timings = Timings::default();
    let answer = match gateway.pipeline.run(entry, &request, asking, &mut timings).await {
        Reply::Once(answer) => answer,
        Reply::Events(subscription) => return Ok(events::stream(subscription, in_flight)),
    };
    log(&answer, request.operation_name.as_deref(), id);
    let mut response = respond(answer, ty);
    if gateway.dev
        && let Some(value) = server_timing(&timings, started)
    {
        response.headers_mut().insert(SERVER_TIMING, value);
    }
    Ok(response)
}

/// Who sends a request, if it may use the client that it is for.
pub async fn caller(
    entry: &Entry,
    headers: &HeaderMap,
    now: SystemTime,
    deadline: Deadline,
) -> Result<Caller, Refusal> {
    let admission = &entry.policy().admission;
    let caller = entry.authenticator().authenticate(headers, admission.schemes, now, deadline).await?;
    admission.admit(&caller)?;
    Ok(caller)
}

fn respond(answer: Answer, ty: ResponseType) -> Response<Body> {
    let status = match (answer.outcome, ty) {
        (Outcome::Executed { .. } | Outcome::Refused | Outcome::NotPersisted, ResponseType::EventStream) => {
            return events::once(&answer.body);
        }
        (Outcome::Executed { .. } | Outcome::NotPersisted, _) | (Outcome::Refused, ResponseType::Json) => {
            StatusCode::OK
        }
        (Outcome::Refused, ResponseType::GraphqlResponse) => StatusCode::BAD_REQUEST,
        (Outcome::MutationByGet, _) => StatusCode::METHOD_NOT_ALLOWED,
        (Outcome::EventsNotAccepted, _) => StatusCode::NOT_ACCEPTABLE,
        (Outcome::Failed, _) => StatusCode::INTERNAL_SERVER_ERROR,
        (Outcome::Late, _) => StatusCode::GATEWAY_TIMEOUT,
    };
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, error_type(Some(ty)).header());
    if answer.outcome == Outcome::MutationByGet {
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
    }
    response
}

/// The type of an answer that is no event.
fn error_type(accepted: Option<ResponseType>) -> ResponseType {
    match accepted {
        Some(ResponseType::GraphqlResponse) => ResponseType::GraphqlResponse,
        Some(ResponseType::Json | ResponseType::EventStream) | None => ResponseType::Json,
    }
}

/// One who signs a request as two may be read as either, depending on who reads.
pub fn has_two_authorizations(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let first = values.next();
    values.any(|value| Some(value) != first)
}

pub fn log(answer: &Answer, operation: Option<&str>, id: &HeaderValue) {
    match answer.outcome {
        Outcome::Executed { errors: 0 } => {}
        Outcome::Executed { errors } => tracing::info!(request_id = ?id, operation, errors, "answered with errors"),
        Outcome::NotPersisted => {}
        Outcome::Refused | Outcome::MutationByGet | Outcome::EventsNotAccepted => {
            let body = String::from_utf8_lossy(&answer.body);
            tracing::debug!(request_id = ?id, operation, %body, "operation refused");
        }
        Outcome::Failed => tracing::error!(request_id = ?id, operation, "request failed"),
        Outcome::Late => tracing::warn!(request_id = ?id, operation, "no turn to plan came in time"),
    }
}

/// The phases in milliseconds, for a browser's developer tools.
fn server_timing(timings: &Timings, started: Instant) -> Option<HeaderValue> {
    let milliseconds = |duration: std::time::Duration| duration.as_secs_f64() * 1000.0;
    let text = format!(
        "bind;dur={:.3}, plan;dur={:.3}, execute;dur={:.3}, total;dur={:.3}",
        milliseconds(timings.bind),
        milliseconds(timings.plan),
        milliseconds(timings.execute),
        milliseconds(started.elapsed())
    );
    HeaderValue::from_str(&text).ok()
}
