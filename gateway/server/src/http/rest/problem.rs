//! Owns problem details (RFC 9457): what a REST client is told of what went wrong, and which status each code has.

use axum::body::Body;
use axum::http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, Response, StatusCode};
use serde_json::json;

use crate::http::rejection::Rejection;

/// Why a request has no answer of its own.
#[derive(Debug)]
pub struct Problem {
    pub status: StatusCode,
    pub code: String,
    pub detail: String,
    /// What the status is not said without.
    header: Option<Box<(HeaderName, HeaderValue)>>,
}

impl Problem {
    pub fn new(status: StatusCode, code: impl Into<String>, detail: impl Into<String>) -> Self {
        let header =
            (status == StatusCode::UNAUTHORIZED).then(|| (WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")));
        let header = header.map(Box::new);
        Self { status, code: code.into(), detail: detail.into(), header }
    }

    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "BAD_USER_INPUT", detail)
    }

    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "NOT_FOUND", detail)
    }

    /// The address takes these methods, separated by commas.
    pub fn method_not_allowed(allow: &str) -> Self {
        let detail = format!("This path takes the methods {allow}.");
        // The names of methods.
        let header = HeaderValue::from_str(allow).ok().map(|allow| Box::new((ALLOW, allow)));
        Self { header, ..Self::new(StatusCode::METHOD_NOT_ALLOWED, "BAD_USER_INPUT", detail) }
    }

    pub fn into_response(self) -> Response<Body> {
        let title = self.status.canonical_reason().unwrap_or("Error");
        let body = json!({
            "type": "about:blank",
            "title": title,
            "status": self.status.as_u16(),
            "detail": self.detail,
            "code": self.code,
        });
        let mut response = Response::new(Body::from(body.to_string()));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.extend(self.header.map(|header| *header));
        response
    }
}

impl From<Rejection> for Problem {
    fn from(rejection: Rejection) -> Self {
        let (status, header, error) = (rejection.status(), rejection.header().map(Box::new), rejection.error());
        Self { status, code: error.code.to_owned(), detail: error.message, header }
    }
}

/// The status of a request of which nothing was executed.
pub fn status_of_refusal(code: &str) -> StatusCode {
    match code {
        // The team has saved it, and it held when it was loaded.
        "GRAPHQL_PARSE_FAILED" | "GRAPHQL_VALIDATION_FAILED" | "INTERNAL_SERVER_ERROR" => {
            StatusCode::INTERNAL_SERVER_ERROR
        }
        "INTROSPECTION_DISABLED" => StatusCode::FORBIDDEN,
        code => known(code).unwrap_or(StatusCode::BAD_REQUEST),
    }
}

/// The status of what was executed and has failed: an error of a backend, if it is not known.
pub fn status_of_failure(code: &str) -> StatusCode {
    known(code).unwrap_or(StatusCode::BAD_GATEWAY)
}

fn known(code: &str) -> Option<StatusCode> {
    Some(match code {
        "BAD_USER_INPUT" => StatusCode::BAD_REQUEST,
        "UNAUTHENTICATED" => StatusCode::UNAUTHORIZED,
        "FORBIDDEN" | "UNAUTHORIZED_FIELD_OR_TYPE" => StatusCode::FORBIDDEN,
        "NOT_FOUND" => StatusCode::NOT_FOUND,
        "CONFLICT" => StatusCode::CONFLICT,
        "RATE_LIMITED" | "UPSTREAM_RATE_LIMITED" => StatusCode::TOO_MANY_REQUESTS,
        "OVERLOADED" | "SERVICE_UNAVAILABLE" | "CIRCUIT_OPEN" | "SUBREQUEST_UNAVAILABLE" => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        "GATEWAY_TIMEOUT" | "SUBGRAPH_TIMEOUT" => StatusCode::GATEWAY_TIMEOUT,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_a_status() {
        let cases = [
            ("BAD_USER_INPUT", 400, 400),
            ("UNAUTHENTICATED", 401, 401),
            ("UNAUTHORIZED_FIELD_OR_TYPE", 403, 403),
            ("NOT_FOUND", 404, 404),
            ("UPSTREAM_RATE_LIMITED", 429, 429),
            ("SUBREQUEST_FAILED", 400, 502),
            ("SUBREQUEST_MALFORMED_RESPONSE", 400, 502),
            ("SUBREQUEST_UNAVAILABLE", 503, 503),
            ("SUBGRAPH_TIMEOUT", 504, 504),
            ("MAX_DEPTH_LIMIT", 400, 502),
            ("INTERNAL_SERVER_ERROR", 500, 502),
            ("A_CODE_OF_ITS_OWN", 400, 502),
        ];
        for (code, refusal, failure) in cases {
            assert_eq!(
                (status_of_refusal(code).as_u16(), status_of_failure(code).as_u16()),
                (refusal, failure),
                "{code}"
            );
        }
    }
}
