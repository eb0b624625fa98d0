//! Owns what the REST services have in common: errors as JSON, query parameters, batches and pages.

use std::collections::BTreeSet;

use axum::Json;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::json;

use crate::data::index_of;

/// A page's size where the request names none.
const DEFAULT_LIMIT: usize = 20;
const MAX_LIMIT: usize = 100;

/// An answer `{"error": {"code": …, "message": …}}` with its status.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl ApiError {
    /// 400: the request cannot be understood.
    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code: "BAD_REQUEST", message: message.into() }
    }

    /// 404.
    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self { status: StatusCode::NOT_FOUND, code: "NOT_FOUND", message: message.into() }
    }

    /// 422: understood, and against a rule.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self { status: StatusCode::UNPROCESSABLE_ENTITY, code: "INVALID", message: message.into() }
    }

    /// 405.
    pub(crate) fn method_not_allowed() -> Self {
        let message = "this path exists, but not with this method".to_owned();
        Self { status: StatusCode::METHOD_NOT_ALLOWED, code: "METHOD_NOT_ALLOWED", message }
    }

    /// 500.
    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, code: "INTERNAL", message: message.into() }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let Self { status, code, message } = self;
        (status, Json(json!({ "error": { "code": code, "message": message } }))).into_response()
    }
}

/// The name and value pairs of the query string, decoded, in the order of the request.
pub(crate) fn query_pairs(uri: &Uri) -> impl Iterator<Item = (String, String)> {
    form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned()
}

/// The ids of a batch: each `name=…` of the query, from 1 to `max` of them.
pub(crate) fn batch_ids(uri: &Uri, name: &str, max: usize) -> Result<Vec<String>, ApiError> {
    let ids: Vec<String> = query_pairs(uri).filter(|(key, _)| key == name).map(|(_, id)| id).collect();
    match ids.len() {
        0 => Err(ApiError::bad_request(format!("no ids; name them as ?{name}=…&{name}=…"))),
        count if count > max => {
            Err(ApiError::bad_request(format!("{count} ids are too many for one call; at most {max} are answered")))
        }
        _ => Ok(ids),
    }
}

/// Those of `all` whose ids were asked for, each once and the highest number first. So the answer is neither aligned with
/// the request nor in its order, as with many a real backend.
pub(crate) fn pick<T: Clone>(all: &[T], ids: &[String], letter: char) -> Vec<T> {
    let indices: BTreeSet<usize> = ids.iter().filter_map(|id| index_of(id, letter)).collect();
    indices.into_iter().rev().filter_map(|index| all.get(index)).cloned().collect()
}

/// What `?limit=&cursor=` asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct PageRequest {
    limit: usize,
    /// The id after which the page starts.
    after: Option<String>,
}

/// One page of a list.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Page<T> {
    pub items: Vec<T>,
    /// Asks for the next page; null on the last.
    pub next_cursor: Option<String>,
}

impl PageRequest {
    pub(crate) fn parse(uri: &Uri) -> Result<Self, ApiError> {
        let mut page = Self { limit: DEFAULT_LIMIT, after: None };
        for (name, value) in query_pairs(uri) {
            match name.as_str() {
                "limit" => page.limit = parse_limit(&value)?,
                "cursor" if !value.is_empty() => page.after = Some(value),
                _ => {}
            }
        }
        Ok(page)
    }

    /// Cuts the page out of `all`. A cursor is the id of the last item of the page before.
    pub(crate) fn of<T: Clone>(&self, all: &[T], id: impl Fn(&T) -> &str) -> Result<Page<T>, ApiError> {
        let start = match &self.after {
            None => 0,
            Some(after) => all.iter().position(|item| id(item) == after).map(|at| at + 1).ok_or_else(|| {
                ApiError::bad_request(format!("cursor {after:?} is not one that this list gave out; start without one"))
            })?,
        };
        let end = (start + self.limit).min(all.len());
        let items = all[start..end].to_vec();
        let next_cursor = (end < all.len()).then(|| items.last().map(|item| id(item).to_owned())).flatten();
        Ok(Page { items, next_cursor })
    }
}

fn parse_limit(value: &str) -> Result<usize, ApiError> {
    match value.parse() {
        Ok(limit @ 1..=MAX_LIMIT) => Ok(limit),
        Ok(_) | Err(_) => {
            Err(ApiError::bad_request(format!("limit is {value:?}; it must be a number from 1 to {MAX_LIMIT}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(uri: &'static str) -> Result<Page<&'static str>, ApiError> {
        PageRequest::parse(&Uri::from_static(uri))?.of(&["a", "b", "c"], |item| item)
    }

    #[test]
    fn pages_follow_each_other() {
        let cases: [(&str, &[&str], Option<&str>); 6] = [
            ("/x", &["a", "b", "c"], None),
            ("/x?cursor=", &["a", "b", "c"], None),
            ("/x?limit=2", &["a", "b"], Some("b")),
            ("/x?limit=2&cursor=b", &["c"], None),
            ("/x?limit=3", &["a", "b", "c"], None),
            ("/x?cursor=c", &[], None),
        ];
        for (uri, items, next) in cases {
            let expected = Page { items: items.to_vec(), next_cursor: next.map(str::to_owned) };
            assert_eq!(page(uri), Ok(expected), "{uri}");
        }
    }

    #[test]
    fn a_page_that_cannot_be_is_refused() {
        for uri in ["/x?limit=0", "/x?limit=101", "/x?limit=-1", "/x?limit=two", "/x?cursor=z"] {
            assert_eq!(page(uri).map_err(|error| error.status), Err(StatusCode::BAD_REQUEST), "{uri}");
        }
    }

    #[test]
    fn a_batch_names_its_ids() {
        let ids = |uri: &'static str| batch_ids(&Uri::from_static(uri), "id", 2).map_err(|error| error.status);
        assert_eq!(ids("/x?id=a%26b&other=1&id=c"), Ok(vec!["a&b".to_owned(), "c".to_owned()]));
        assert_eq!(ids("/x"), Err(StatusCode::BAD_REQUEST));
        assert_eq!(ids("/x?id=a&id=b&id=c"), Err(StatusCode::BAD_REQUEST));
    }
}
