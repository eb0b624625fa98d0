//! Owns what HTTP caches are told of an answer: for how long, and for whom, it holds, and whether it is what the client has.

use axum::http::header::{AUTHORIZATION, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderValue};

use crate::operations::sha256;

/// A strong validator: that of these bytes.
pub fn etag(body: &str) -> HeaderValue {
    let hash = sha256(body);
    // Half of a SHA-256 tells answers of one address apart. Quotes and digits make a header value.
    HeaderValue::from_str(&format!("\"{}\"", &hash[..32])).unwrap_or(HeaderValue::from_static("\"\""))
}

/// Whether the client has what is of this validator (RFC 9110, 13.1.2: by weak comparison).
pub fn is_known(headers: &HeaderMap, etag: &HeaderValue) -> bool {
    let listed = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let mut tags = listed.flat_map(|value| value.split(',')).map(str::trim);
    tags.any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag).as_bytes() == etag.as_bytes())
}

/// What an answer is, as far as caches are concerned.
#[derive(Debug, Clone, Copy)]
pub struct Freshness {
    /// As the schema says, in seconds.
    pub max_age: Option<u32>,
    /// It hangs on who asks.
    pub is_personal: bool,
    /// Something is missing that may be there next time.
    pub is_degraded: bool,
}

impl Freshness {
    pub fn cache_control(self) -> HeaderValue {
        let Self { max_age, is_personal, is_degraded } = self;
        match max_age.filter(|seconds| *seconds > 0 && !is_degraded) {
            None => HeaderValue::from_static("no-store"),
            Some(seconds) => {
                let scope = if is_personal { "private" } else { "public" };
                // Letters and digits.
                HeaderValue::from_str(&format!("{scope}, max-age={seconds}"))
                    .unwrap_or(HeaderValue::from_static("no-store"))
            }
        }
    }
}

/// Whether a request says who asks, be it understood or not.
pub fn is_signed(headers: &HeaderMap) -> bool {
    headers.contains_key(AUTHORIZATION)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_the_tags_is_enough() {
        let etag = etag("a");
        let tag = etag.to_str().expect("visible ASCII");
        let cases = [
            (tag.to_owned(), true),
            (format!("W/{tag}"), true),
            (format!("\"x\", {tag}"), true),
            ("*".to_owned(), true),
            ("\"x\"".to_owned(), false),
            (tag.trim_matches('"').to_owned(), false),
            (String::new(), false),
        ];
        for (value, expected) in cases {
            let value = HeaderValue::from_str(&value).expect("a value");
            let headers = HeaderMap::from_iter([(IF_NONE_MATCH, value.clone())]);
            assert_eq!(is_known(&headers, &etag), expected, "{value:?}");
        }
        assert!(!is_known(&HeaderMap::new(), &etag));
    }

    #[test]
    fn what_may_be_kept_is_said() {
        let cases = [
            (Some(30), false, false, "public, max-age=30"),
            (Some(30), true, false, "private, max-age=30"),
            (Some(30), false, true, "no-store"),
            (Some(0), false, false, "no-store"),
            (None, true, false, "no-store"),
        ];
        for (max_age, is_personal, is_degraded, expected) in cases {
            let freshness = Freshness { max_age, is_personal, is_degraded };
            assert_eq!(freshness.cache_control(), expected, "{freshness:?}");
        }
    }
}
