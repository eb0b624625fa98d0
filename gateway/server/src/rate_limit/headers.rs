//! Owns what clients are told of their limits: `RateLimit-Policy` and `RateLimit` as of draft-ietf-httpapi-ratelimit-headers-10, and
//! `Retry-After` (RFC 9110).
//!
//! Both are lists of structured fields (RFC 9651), an item for each limit that was looked at, named by what it counts by: `"ip"`, `"user"`,
//! `"api_key"`, `"bff"`.

use std::fmt::Write as _;
use std::time::Duration;

use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderName, HeaderValue};

use super::Unit;
use super::limit::Limit;
use super::rate::Decision;

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// How limits stand after these decisions.
pub fn standing(decisions: &[(&Limit, Decision)]) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
    let (mut policies, mut standings) = (String::with_capacity(64), String::with_capacity(64));
    for (at, (limit, Decision { remaining, reset, wait: _ })) in decisions.iter().enumerate() {
        let (separator, name, rate) = (if at > 0 { ", " } else { "" }, limit.by.name(), limit.rate);
        // Writing to a String cannot fail.
        let _ = write!(policies, "{separator}\"{name}\";q={};w={}", rate.limit, seconds(rate.per));
        match limit.unit {
            Unit::Requests => {}
            Unit::Cost => policies.push_str(";qu=\"cost\""),
        }
        let _ = write!(standings, "{separator}\"{name}\";r={remaining};t={}", seconds(*reset));
    }
    let headers = [(RATE_LIMIT_POLICY, policies), (RATE_LIMIT, standings)];
    // Names and numbers: a value can be made of each.
    headers.into_iter().filter_map(|(name, text)| Some((name, HeaderValue::try_from(text).ok()?)))
}

/// When to come again.
pub fn retry_after(wait: Duration) -> [(HeaderName, HeaderValue); 1] {
    // At once is never.
    [(RETRY_AFTER, seconds(wait).max(1).into())]
}

/// Whole ones, after which it is over.
pub fn seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}
