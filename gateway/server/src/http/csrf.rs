//! Owns the guard against cross-site request forgery: what a browser sends to another site without asking it first is
//! not executed.

use axum::http::HeaderMap;

/// Headers that tell that a browser sent the request.
const FROM_BROWSER: [&str; 3] = ["origin", "cookie", "sec-fetch-site"];

/// Headers that come without a script having set them: of browsers, and of the proxies between them and the gateway.
/// Everything else had to be set by a script, which a browser does for another site only after a preflight.
const UNASKED: [&str; 44] = [
    "accept",
    "accept-charset",
    "accept-encoding",
    "accept-language",
    "access-control-request-headers",
    "access-control-request-method",
    "authorization",
    "cache-control",
    "connection",
    "content-language",
    "content-length",
    "content-type",
    "cookie",
    "date",
    "device-memory",
    "dnt",
    "downlink",
    "dpr",
    "ect",
    "forwarded",
    "host",
    "if-modified-since",
    "if-none-match",
    "keep-alive",
    "last-event-id",
    "origin",
    "pragma",
    "priority",
    "range",
    "referer",
    "rtt",
    "save-data",
    "te",
    "traceparent",
    "tracestate",
    "transfer-encoding",
    "true-client-ip",
    "upgrade",
    "upgrade-insecure-requests",
    "user-agent",
    "via",
    "viewport-width",
    "width",
    "x-request-id",
];

/// Prefixes of such headers.
const UNASKED_PREFIXES: [&str; 9] =
    ["sec-", "proxy-", "x-forwarded-", "x-real-", "x-envoy-", "x-amzn-", "x-b3-", "x-cloud-", "cf-"];

/// Whether a GET may have been sent by a page of another site: a browser sent it, and no header says that it asked first.
pub fn is_suspect(headers: &HeaderMap) -> bool {
    FROM_BROWSER.iter().any(|name| headers.contains_key(*name)) && !headers.keys().any(|name| had_to_ask(name.as_str()))
}

fn had_to_ask(name: &str) -> bool {
    UNASKED.binary_search(&name).is_err() && !UNASKED_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue};

    #[test]
    fn the_list_is_sorted_so_that_it_can_be_searched() {
        assert!(UNASKED.is_sorted());
    }

    #[test]
    fn a_get_of_a_browser_needs_a_header_that_a_script_set() {
        let cases: [(&[&str], bool); 9] = [
            (&[], false),
            (&["user-agent", "accept"], false),
            (&["origin"], true),
            (&["cookie", "accept-language"], true),
            (&["sec-fetch-site", "sec-fetch-mode"], true),
            (&["sec-fetch-site", "apollo-require-preflight"], false),
            (&["origin", "x-apollo-operation-name"], false),
            (&["origin", "x-anything"], false),
            (&["origin", "x-forwarded-for", "x-request-id"], true),
        ];
        for (names, expected) in cases {
            let headers: HeaderMap =
                names.iter().map(|name| (HeaderName::from_static(name), HeaderValue::from_static("1"))).collect();
            assert_eq!(is_suspect(&headers), expected, "{names:?}");
        }
    }
}
