//! Owns the ways in which an HTTP request fails before it is a GraphQL request, and what each is answered with.

use axum::body::Body;
use axum::http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, Response, StatusCode};
use weft_federation::operation::OperationError;

use super::body::BodyError;
use super::negotiate::ResponseType;
use crate::auth::Refusal;
use crate::pipeline::{Malformed, NoEntry, errors_body};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    NotFound,
    /// There is no such client, or it is gone.
    UnknownClient,
    /// As many requests are worked on as may be.
    Overloaded,
    /// There is no schema yet that could be served.
    NothingServed,
    Gone,
    /// The credential that it takes to be let in is not there, does not hold, or is of somebody else.
    Unauthorized(Refusal),
    MethodNotAllowed {
        allow: &'static str,
    },
    NotAcceptable,
    TwoAuthorizations,
    ForgedGet,
    SimplePost,
    UnsupportedMediaType,
    TooLarge {
        limit: usize,
    },
    BrokenBody,
    LateBody,
    Malformed(Malformed),
}

impl From<BodyError> for Rejection {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::TooLarge { limit } => Self::TooLarge { limit },
            BodyError::Broken => Self::BrokenBody,
            BodyError::Late => Self::LateBody,
        }
    }
}

impl From<NoEntry> for Rejection {
    fn from(reason: NoEntry) -> Self {
        match reason {
            NoEntry::NothingServed => Self::NothingServed,
            NoEntry::UnknownClient => Self::UnknownClient,
        }
    }
}

impl From<Malformed> for Rejection {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed(malformed)
    }
}

impl From<Refusal> for Rejection {
    fn from(refusal: Refusal) -> Self {
        Self::Unauthorized(refusal)
    }
}

impl Rejection {
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::NotFound | Self::UnknownClient => StatusCode::NOT_FOUND,
            Self::NothingServed | Self::Overloaded => StatusCode::SERVICE_UNAVAILABLE,
            Self::Gone => StatusCode::GONE,
            Self::Unauthorized(Refusal::OtherClient) => StatusCode::FORBIDDEN,
            Self::Unauthorized(_) => StatusCode::UNAUTHORIZED,
            Self::MethodNotAllowed { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
            Self::SimplePost | Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::LateBody => StatusCode::REQUEST_TIMEOUT,
            Self::TwoAuthorizations | Self::ForgedGet | Self::BrokenBody | Self::Malformed(_) => {
                StatusCode::BAD_REQUEST
            }
        }
    }

    pub(super) fn error(&self) -> OperationError {
        let (code, message) = match self {
            Self::NotFound => ("NOT_FOUND", "There is nothing here; GraphQL is served at /graphql.".to_owned()),
            Self::UnknownClient => ("NOT_FOUND", "There is no client of this name.".to_owned()),
            Self::Overloaded => {
                ("OVERLOADED", "The gateway has as many requests as it takes; send this one again later.".to_owned())
            }
            Self::NothingServed => (
                "SERVICE_UNAVAILABLE",
                "There is no schema to serve yet; the gateway's log says what is wrong with its files.".to_owned(),
            ),
            Self::Gone => ("GONE", "This schema has reached its end, and is not served any more.".to_owned()),
            Self::Unauthorized(refusal @ Refusal::OtherClient) => ("FORBIDDEN", format!("The token {refusal}.")),
            Self::Unauthorized(Refusal::Missing) => {
                ("UNAUTHENTICATED", "A token is needed; send it as \"Authorization: Bearer …\".".to_owned())
            }
            Self::Unauthorized(refusal) => ("UNAUTHENTICATED", format!("The token {refusal}.")),
            Self::MethodNotAllowed { allow } => ("BAD_USER_INPUT", format!("This path takes the methods {allow}.")),
            Self::NotAcceptable => (
                "BAD_USER_INPUT",
                "The answer is application/graphql-response+json, application/json or text/event-stream; \"Accept\" allows \
                 none of them."
                    .to_owned(),
            ),
            Self::TwoAuthorizations => {
                ("BAD_USER_INPUT", "The request has two different Authorization headers; send one.".to_owned())
            }
            Self::ForgedGet => (
                "CSRF_PREVENTION_FAILED",
                "A page of another site could have sent this GET; add the header \"apollo-require-preflight: \
                 true\", or use POST."
                    .to_owned(),
            ),
            Self::SimplePost => (
                "CSRF_PREVENTION_FAILED",
                "A page of another site could have sent this POST; send it with \"content-type: application/json\"."
                    .to_owned(),
            ),
            Self::UnsupportedMediaType => {
                ("BAD_USER_INPUT", "Send the request with \"content-type: application/json\", in UTF-8.".to_owned())
            }
            Self::TooLarge { limit } => ("BAD_USER_INPUT", format!("The request's body is larger than {limit} bytes.")),
            Self::BrokenBody => ("BAD_USER_INPUT", "The request's body did not arrive whole.".to_owned()),
            Self::LateBody => ("BAD_USER_INPUT", "The request's body did not arrive in time.".to_owned()),
            Self::Malformed(malformed) => ("BAD_USER_INPUT", malformed.to_string()),
        };
        OperationError::new(code, message)
    }

    /// What the status is not said without.
    pub(super) fn header(&self) -> Option<(HeaderName, HeaderValue)> {
        match self {
            Self::MethodNotAllowed { allow } => Some((ALLOW, HeaderValue::from_static(allow))),
            Self::Overloaded => Some((RETRY_AFTER, HeaderValue::from_static("1"))),
            Self::Unauthorized(refusal) => Some((WWW_AUTHENTICATE, challenge(*refusal))),
            _ => None,
        }
    }

    /// The answer, in the form of a GraphQL response of the type that was negotiated.
    pub fn into_response(self, ty: ResponseType) -> Response<Body> {
        let mut response = Response::new(Body::from(errors_body(&[self.error()])));
        *response.status_mut() = self.status();
        response.headers_mut().insert(CONTENT_TYPE, ty.header());
        response.headers_mut().extend(self.header());
        response
    }
}

/// How to come in, as RFC 6750 says it. Who sent nothing is told no error.
fn challenge(refusal: Refusal) -> HeaderValue {
    let text = match refusal {
        Refusal::Missing | Refusal::NotBearer => "Bearer".to_owned(),
        Refusal::OtherClient => {
            format!("Bearer error=\"insufficient_scope\", error_description=\"the token {refusal}\"")
        }
        _ => format!("Bearer error=\"invalid_token\", error_description=\"the token {refusal}\""),
    };
    // What refusals say is ASCII, without quotes.
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("Bearer"))
}
