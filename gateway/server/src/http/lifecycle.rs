//! Owns what clients are told of their schema's end: `Deprecation`, `Sunset` and `Link`.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::http::header::LINK;
use axum::http::{HeaderMap, HeaderName, HeaderValue};

use crate::config::Lifecycle;

/// RFC 9745: a date as structured fields write one.
const DEPRECATION: HeaderName = HeaderName::from_static("deprecation");
/// RFC 8594: a date as HTTP writes one.
const SUNSET: HeaderName = HeaderName::from_static("sunset");

/// Tells it in a response's headers.
pub fn announce(lifecycle: &Lifecycle, headers: &mut HeaderMap) {
    let Lifecycle { deprecated, sunset, successor } = lifecycle;
    let deprecated = deprecated.map(|date| (DEPRECATION, format!("@{date}")));
    let sunset = sunset.map(|date| (SUNSET, httpdate::fmt_http_date(moment(date))));
    let successor =
        successor.as_ref().map(|to| (LINK, format!("</bff/{}/graphql>; rel=\"successor-version\"", to.name)));
    for (name, text) in deprecated.into_iter().chain(sunset).chain(successor) {
        // Numbers, dates and names that need no escaping: a value can be made of each.
        headers.extend(HeaderValue::from_str(&text).ok().map(|value| (name, value)));
    }
}

fn moment(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}
