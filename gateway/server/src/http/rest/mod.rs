//! Owns the REST facade: saved operations with a route, asked for and answered as REST clients expect. Past it they are GraphQL requests like
//! any other.

mod answer;
mod cache;
mod problem;
#[cfg(test)]
mod tests;
mod variables;

use std::sync::Arc;
use std::time::{Instant, SystemTime};

use axum::body::{Body, HttpBody as _};
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, ETAG, VARY};
use axum::http::{self, HeaderName, HeaderValue, Request, Response, StatusCode};
use bytes::Bytes;

use super::negotiate::{self, BodyType, body_type};
use super::rejection::Rejection;
use super::{Gateway, body, csrf, graphql, lifecycle, request_id};
use crate::auth::forwarded;
use crate::operations::route::{Found, RestMethod};
use crate::operations::{Route, SavedOperation};
use crate::pipeline::{Asking, ClientRequest, Delivery, Endpoint, Entry, Method, Reply, Timings};
use answer::Answered;
use cache::Freshness;
use problem::Problem;
use variables::Said;

/// The routes of clients, as the router knows them.
pub const ROUTE: &str = "/bff/{client}/{*path}";

const DEGRADED: HeaderName = HeaderName::from_static("weft-degraded");

pub async fn handle(State(gateway): State<Arc<Gateway>>, request: Request<Body>) -> Response<Body> {
    let (started, in_flight) = (Instant::now(), gateway.drain.enter());
    let (version, is_head) = (request.version(), request.method() == http::Method::HEAD);
    let is_safe = is_head || request.method() == http::Method::GET;
    let id = request_id::of(request.headers());
    let failed = |problem: Problem| {
        tracing::debug!(request_id = ?id, ?problem, "REST request failed");
        problem.into_response()
    };
    let taken = gateway.take();
    let entered = taken.as_ref().map_err(|full| full.clone().into()).and_then(|_| enter(&gateway, &request));
    let mut response = match entered {
        Ok((entry, at)) => {
            let arrival = Arrival { id: &id, started };
            let mut response = respond(&gateway, &entry, request, at, arrival).await.unwrap_or_else(failed);
            lifecycle::announce(&entry.policy().lifecycle, response.headers_mut());
            if let Some(header) = entry.authenticator().api_key_header().filter(|_| is_safe) {
                response.headers_mut().append(VARY, header.clone().into());
            }
            response
        }
        Err(problem) => failed(problem),
    };
    if is_safe {
        // The answer is for this caller.
        response.headers_mut().append(VARY, HeaderValue::from_static("authorization"));
    }
    if is_head {
        response = without_body(response);
    }
    response.headers_mut().insert(request_id::X_REQUEST_ID, id);
    graphql::close_if_draining(&gateway, version, &mut response);
    drop(in_flight);
    response
}

struct Arrival<'a> {
    id: &'a HeaderValue,
    started: Instant,
}

/// The client that a request is for, and where in the path its name ends.
fn enter(gateway: &Gateway, request: &Request<Body>) -> Result<(Entry, usize), Problem> {
    if graphql::has_two_authorizations(request.headers()) {
        return Err(Rejection::TwoAuthorizations.into());
    }
    let path = request.uri().path();
    let prefix = "/bff/";
    let name = path.strip_prefix(prefix).and_then(|rest| Some(rest.split_once('/')?.0)).ok_or(Rejection::NotFound)?;
    let entry = gateway.pipeline.enter(Endpoint::Client(name)).map_err(Rejection::from)?;
    Ok((entry, prefix.len() + name.len()))
}

async fn respond(
    gateway: &Gateway,
    entry: &Entry,
    request: Request<Body>,
    at: usize,
    Arrival { id, started }: Arrival<'_>,
) -> Result<Response<Body>, Problem> {
    let (policy, now) = (entry.policy(), SystemTime::now());
    let deadline = (started + policy.timeout).into();
    let (mut parts, sent) = request.into_parts();
    if policy.lifecycle.is_over(now) {
        return Err(Rejection::Gone.into());
    }
    let caller = graphql::caller(entry, &parts.headers, now, deadline).await.map_err(Rejection::from)?;

    let path = parts.uri.path().to_owned();
    let (operation, route, parameters) = match entry.routes().find(RestMethod::of(parts.method.as_str()), &path[at..]) {
        Found::Operation { operation, route, parameters } => (operation, route, parameters),
        Found::Methods(methods) => return Err(Problem::method_not_allowed(&allow(&methods))),
        Found::Nothing => return Err(Problem::not_found("There is nothing here.")),
    };
    if negotiate::response_type(&parts.headers).is_none() {
        return Err(Problem::new(StatusCode::NOT_ACCEPTABLE, "BAD_USER_INPUT", "The answer is application/json."));
    }
    let bytes = if route.has_body() {
        body::read(&parts.headers, sent, entry.max_body(), deadline).await.map_err(Rejection::from)?
    } else {
        Bytes::new()
    };
    may_be_sent(route, &parts.headers, &bytes)?;
    forwarded::replace(&mut parts.headers, &caller, id);
    let query = parts.uri.query().unwrap_or_default();
    let said = Said { path: &parameters, query, headers: &parts.headers, body: &bytes };
    let variables = variables::bind(route, said).map_err(Problem::bad_request)?;

    let asked = ClientRequest {
        query: None,
        hash: None,
        id: Some((&*operation.hash).into()),
        operation_name: None,
        variables: Some(&variables),
    };
    let method = if route.method == RestMethod::Get { Method::Get } else { Method::Post };
    let asking =
        Asking { method, delivery: Delivery::Once, headers: &parts.headers, identity: caller.identity(), deadline };
    let answer = match gateway.pipeline.run(entry, &asked, asking, &mut Timings::default()).await {
        Reply::Once(answer) => answer,
        // No subscription has a route.
        Reply::Events(_) => return Err(Rejection::NotFound.into()),
    };
    graphql::log(&answer, operation.name.as_deref(), id);
    let answered = answer::read(route, &answer)?;
    let is_personal = operation.is_personal
        || entry.forwards_headers()
        || policy.admission.asks()
        || !caller.is_anonymous()
        || cache::is_signed(&parts.headers);
    Ok(written(operation, route, answered, is_personal, &parts.headers))
}

/// What a page of another site can send unasked is not executed, and a body is JSON.
fn may_be_sent(route: &Route, headers: &http::HeaderMap, body: &[u8]) -> Result<(), Rejection> {
    match body_type(headers) {
        BodyType::Json => Ok(()),
        // A query changes nothing, and its answer is read by nobody but who may.
        _ if route.method == RestMethod::Get => Ok(()),
        BodyType::Simple if route.method == RestMethod::Post && csrf::is_suspect(headers) => Err(Rejection::SimplePost),
        BodyType::Simple | BodyType::Unsupported if body.is_empty() => Ok(()),
        BodyType::Simple | BodyType::Unsupported => Err(Rejection::UnsupportedMediaType),
    }
}

fn allow(methods: &[RestMethod]) -> String {
    let names = methods.iter().map(|method| match method {
        RestMethod::Get => "GET, HEAD",
        other => other.name(),
    });
    names.collect::<Vec<_>>().join(", ")
}

fn written(
    operation: &SavedOperation,
    route: &Route,
    Answered { json, degraded }: Answered,
    is_personal: bool,
    headers: &http::HeaderMap,
) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    // Routes have one from 200 to 299.
    *response.status_mut() = StatusCode::from_u16(route.status).unwrap_or(StatusCode::OK);
    if degraded > 0 {
        response.headers_mut().insert(DEGRADED, degraded.into());
    }
    if route.method == RestMethod::Get {
        let etag = cache::etag(&json);
        let freshness = Freshness { max_age: operation.max_age, is_personal, is_degraded: degraded > 0 };
        response.headers_mut().insert(CACHE_CONTROL, freshness.cache_control());
        let is_known = cache::is_known(headers, &etag);
        response.headers_mut().insert(ETAG, etag);
        if is_known {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            return response;
        }
    } else {
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if !matches!(response.status(), StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT) {
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        *response.body_mut() = Body::from(json);
    }
    response
}

/// The answer to `HEAD`: it says how long the body would be.
fn without_body(response: Response<Body>) -> Response<Body> {
    let (mut parts, body) = response.into_parts();
    let length = body.size_hint().exact();
    if let Some(length) = length.filter(|_| parts.status != StatusCode::NOT_MODIFIED) {
        parts.headers.insert(CONTENT_LENGTH, length.into());
    }
    Response::from_parts(parts, Body::empty())
}
