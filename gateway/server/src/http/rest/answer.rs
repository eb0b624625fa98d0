//! Owns the way from a GraphQL response to what a REST client is answered: the part that the route asks for, how much of it is
//! missing, or the problem that it came to.

use std::borrow::Cow;
use std::collections::HashMap;

use axum::http::StatusCode;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use serde_json::value::RawValue;

use super::problem::{Problem, status_of_failure, status_of_refusal};
use crate::operations::Route;
use crate::pipeline::{Answer, Outcome};

/// What was asked for.
#[derive(Debug)]
pub struct Answered {
    pub json: String,
    /// In how many places something is missing, or is not what it should be.
    pub degraded: usize,
}

#[derive(Deserialize)]
struct Response<'a> {
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    #[serde(borrow, default)]
    errors: Vec<ResponseError<'a>>,
    #[serde(default)]
    extensions: Extensions,
}

#[derive(Deserialize)]
struct ResponseError<'a> {
    #[serde(borrow)]
    message: Cow<'a, str>,
    #[serde(default)]
    path: Vec<Value>,
    #[serde(borrow, default)]
    extensions: ErrorExtensions<'a>,
}

#[derive(Deserialize, Default)]
struct ErrorExtensions<'a> {
    #[serde(borrow)]
    code: Option<Cow<'a, str>>,
}

#[derive(Deserialize, Default)]
struct Extensions {
    #[serde(default)]
    degraded: Vec<IgnoredAny>,
}

/// Reads an answer for a route.
pub fn read(route: &Route, answer: &Answer) -> Result<Answered, Problem> {
    let broken = |_| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_SERVER_ERROR", FAILED);
    let response: Response<'_> = serde_json::from_slice(&answer.body).map_err(broken)?;
    let errors = match answer.outcome {
        Outcome::Executed { errors } => errors,
        Outcome::Refused
        | Outcome::NotPersisted
        | Outcome::MutationByGet
        | Outcome::EventsNotAccepted
        | Outcome::RateLimited
        | Outcome::Unavailable
        | Outcome::Failed
        | Outcome::Late => return Err(problem(response.errors.first(), status_of_refusal)),
    };
    let Some(data) = response.data else { return Err(problem(response.errors.first(), status_of_failure)) };
    let members: HashMap<Cow<'_, str>, &RawValue> = serde_json::from_str(data.get()).map_err(broken)?;
    let value = |key: &str| members.get(key).map(|value| value.get()).filter(|value| *value != "null");
    let is_asked = |key: &str| route.root.as_ref().is_none_or(|root| *root == key);
    let mut asked = route.fields.iter().filter(|field| is_asked(&field.key));
    if asked.clone().all(|field| value(&field.key).is_none()) {
        let at_root = |error: &&ResponseError<'_>| error.path.first().and_then(Value::as_str).is_none_or(is_asked);
        if let Some(error) = response.errors.iter().find(at_root) {
            return Err(problem(Some(error), status_of_failure));
        }
        if asked.all(|field| field.is_object) {
            return Err(Problem::not_found("There is no such thing."));
        }
    }
    let json = match &route.root {
        Some(root) => value(root).unwrap_or("null"),
        None => data.get(),
    };
    Ok(Answered { json: json.to_owned(), degraded: errors + response.extensions.degraded.len() })
}

const FAILED: &str = "The gateway failed; its log has the cause.";

fn problem(error: Option<&ResponseError<'_>>, status: fn(&str) -> StatusCode) -> Problem {
    let code = error.and_then(|error| error.extensions.code.as_deref()).unwrap_or("SUBREQUEST_FAILED");
    let detail = error.map_or("It could not be loaded.", |error| &*error.message);
    Problem::new(status(code), code, detail)
}
