//! Owns what a request comes to: its body, and what happened, from which the status code follows.

use std::fmt::Write as _;

use bytes::Bytes;
use weft_federation::operation::OperationError;
use weft_federation::schema::write_json_string;

use crate::rate_limit::{RATE_LIMITED, SERVICE_UNAVAILABLE};

use super::asked::{PERSISTED_QUERY_NOT_FOUND, PERSISTED_QUERY_NOT_SUPPORTED};

/// A document can be wrong in thousands of places; nobody reads more than this many of them.
const MAX_ERRORS: usize = 20;

/// The longest message of an error, in bytes: some repeat what the client sent.
const MAX_MESSAGE: usize = 1000;

pub const INTERNAL_SERVER_ERROR: &str = "INTERNAL_SERVER_ERROR";
pub const GATEWAY_TIMEOUT: &str = "GATEWAY_TIMEOUT";

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was executed; the body has `data`, and this many errors beside it.
    Executed { errors: usize },
    /// It is wrong, and nothing was executed.
    Refused,
    /// It names its operation by a hash that is not known. The client is to send the text: that is no failure.
    NotPersisted,
    /// It is a mutation, which a GET may not ask for.
    MutationByGet,
    /// It is a subscription, and the client takes no events.
    EventsNotAccepted,
    /// The caller has asked for too much.
    RateLimited,
    /// It could not be counted how much the caller has asked for.
    Unavailable,
    /// The gateway itself failed.
    Failed,
    /// The gateway itself was too slow.
    Late,
}

#[derive(Debug)]
pub struct Answer {
    pub outcome: Outcome,
    /// A GraphQL response in JSON.
    pub body: Bytes,
}

impl Answer {
    /// The answer to a request that was executed, with as many errors in it.
    pub fn executed(body: Bytes, errors: usize) -> Self {
        Self { outcome: Outcome::Executed { errors }, body }
    }

    /// The answer to a request of which nothing was executed.
    pub fn refused(errors: &[OperationError]) -> Self {
        let has = |code| errors.iter().any(|error| error.code == code);
        let outcome = if has(PERSISTED_QUERY_NOT_FOUND) || has(PERSISTED_QUERY_NOT_SUPPORTED) {
            Outcome::NotPersisted
        } else if has(INTERNAL_SERVER_ERROR) {
            Outcome::Failed
        } else if has(RATE_LIMITED) {
            Outcome::RateLimited
        } else if has(SERVICE_UNAVAILABLE) {
            Outcome::Unavailable
        } else if has(GATEWAY_TIMEOUT) {
            Outcome::Late
        } else {
            Outcome::Refused
        };
        Self { outcome, body: errors_body(errors) }
    }

    pub fn events_not_accepted() -> Self {
        let message = "A subscription is answered by a stream of events; send \"Accept: text/event-stream\".";
        let errors = [OperationError::new("BAD_USER_INPUT", message)];
        Self { outcome: Outcome::EventsNotAccepted, body: errors_body(&errors) }
    }

    pub fn mutation_by_get() -> Self {
        let message = "A mutation cannot be sent by GET; send it by POST.";
        Self { outcome: Outcome::MutationByGet, body: errors_body(&[OperationError::new("BAD_USER_INPUT", message)]) }
    }
}

/// A GraphQL response with errors and no data.
pub fn errors_body(errors: &[OperationError]) -> Bytes {
    let mut body = String::from("{\"errors\":[");
    for (at, error) in errors.iter().take(MAX_ERRORS).enumerate() {
        if at > 0 {
            body.push(',');
        }
        body.push_str("{\"message\":");
        write_json_string(shortened(&error.message), &mut body);
        if !error.locations.is_empty() {
            body.push_str(",\"locations\":[");
            for (at, (line, column)) in error.locations.iter().take(MAX_ERRORS).enumerate() {
                let separator = if at > 0 { "," } else { "" };
                // Writing to a String cannot fail.
                let _ = write!(body, "{separator}{{\"line\":{line},\"column\":{column}}}");
            }
            body.push(']');
        }
        body.push_str(",\"extensions\":{\"code\":");
        write_json_string(error.code, &mut body);
        body.push_str("}}");
    }
    body.push_str("]}");
    body.into()
}

fn shortened(message: &str) -> &str {
    let mut end = message.len().min(MAX_MESSAGE);
    while !message.is_char_boundary(end) {
        end -= 1;
    }
    &message[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_written_as_graphql_says() {
        let mut error = OperationError::new("BAD_USER_INPUT", "a \"quote\"");
        error.locations.push((1, 2));
        let body = errors_body(&[error, OperationError::new("NOT_FOUND", "gone")]);
        assert_eq!(
            std::str::from_utf8(&body),
            Ok(concat!(
                r#"{"errors":[{"message":"a \"quote\"","locations":[{"line":1,"column":2}],"extensions":{"code":"BAD_USER_INPUT"}},"#,
                r#"{"message":"gone","extensions":{"code":"NOT_FOUND"}}]}"#
            ))
        );
    }

    #[test]
    fn errors_are_bounded_in_number_and_length() {
        let errors = vec![OperationError::new("BAD_USER_INPUT", "ä".repeat(10_000)); 3000];
        assert!(errors_body(&errors).len() < 30_000);
    }
}
