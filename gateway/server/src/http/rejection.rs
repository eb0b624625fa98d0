//! Owns the ways in which an HTTP request fails before it is a GraphQL request, and what each is answered with.

use axum::body::Body;
use axum::http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, Response, StatusCode};
use weft_federation::operation::OperationError;

use super::body::BodyError;
use super::negotiate::ResponseType;
use crate::auth::{ApiKeyFault, Refusal, Schemes, TokenFault};
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
    NotLetIn(Refusal),
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
        Self::NotLetIn(refusal)
    }
}

impl Rejection {
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::NotFound | Self::UnknownClient => StatusCode::NOT_FOUND,
            Self::NothingServed | Self::Overloaded => StatusCode::SERVICE_UNAVAILABLE,
            Self::Gone => StatusCode::GONE,
            Self::NotLetIn(refusal) => standing(*refusal).0,
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
            Self::NotLetIn(refusal) => (standing(*refusal).1, refusal.to_string()),
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
            Self::NotLetIn(Refusal::Token(TokenFault::NoKeys)) => Some((RETRY_AFTER, HeaderValue::from_static("5"))),
            Self::NotLetIn(refusal) => challenge(*refusal).map(|challenge| (WWW_AUTHENTICATE, challenge)),
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

/// The status and the code of who is not let in.
fn standing(refusal: Refusal) -> (StatusCode, &'static str) {
    match refusal {
        Refusal::Token(TokenFault::OtherClient) | Refusal::ApiKey(ApiKeyFault::OtherClient) => {
            (StatusCode::FORBIDDEN, "FORBIDDEN")
        }
        // The token may be right: only later it can be known.
        Refusal::Token(TokenFault::NoKeys) => (StatusCode::SERVICE_UNAVAILABLE, "SERVICE_UNAVAILABLE"),
        Refusal::Token(TokenFault::TooLong) => (StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "BAD_USER_INPUT"),
        Refusal::ApiKey(ApiKeyFault::Ambiguous) => (StatusCode::BAD_REQUEST, "BAD_USER_INPUT"),
        Refusal::Missing(_)
        | Refusal::Token(
            TokenFault::NotBearer
            | TokenFault::Malformed
            | TokenFault::Critical
            | TokenFault::Issuer
            | TokenFault::Algorithm
            | TokenFault::UnknownKey
            | TokenFault::Signature
            | TokenFault::Claim(_)
            | TokenFault::Expired
            | TokenFault::NotYet
            | TokenFault::Audience,
        )
        | Refusal::ApiKey(ApiKeyFault::Unknown | ApiKeyFault::Disabled) => {
            (StatusCode::UNAUTHORIZED, "UNAUTHENTICATED")
        }
    }
}

/// How to come in: for tokens as RFC 6750 says it, where who sent nothing is told no error. API keys have no scheme that is
/// registered; theirs has the usual name.
fn challenge(refusal: Refusal) -> Option<HeaderValue> {
    let text = match refusal {
        Refusal::Missing(Schemes { jwt: true, api_key: true }) => "Bearer, ApiKey".to_owned(),
        Refusal::Missing(Schemes { jwt: false, api_key: true }) => "ApiKey".to_owned(),
        Refusal::Missing(Schemes { api_key: false, .. }) | Refusal::Token(TokenFault::NotBearer) => "Bearer".to_owned(),
        Refusal::Token(TokenFault::NoKeys | TokenFault::TooLong) | Refusal::ApiKey(ApiKeyFault::Ambiguous) => {
            return None;
        }
        Refusal::Token(fault @ TokenFault::OtherClient) => {
            format!("Bearer error=\"insufficient_scope\", error_description=\"the token {fault}\"")
        }
        Refusal::Token(fault) => format!("Bearer error=\"invalid_token\", error_description=\"the token {fault}\""),
        Refusal::ApiKey(ApiKeyFault::Unknown | ApiKeyFault::Disabled | ApiKeyFault::OtherClient) => "ApiKey".to_owned(),
    };
    // What refusals say is ASCII, without quotes.
    HeaderValue::from_str(&text).ok()
}
