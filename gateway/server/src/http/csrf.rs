//! Owns the guard against cross-site request forgery: what a browser sends to another site without asking it first is
//! not executed.

use axum::http::HeaderMap;

/// Headers that tell that a browser sent the request.
const FROM_BROWSER: [&str; 3] = ["origin", "cookie", "sec-fetch-site"];

/// Headers that only a script sets, which a browser lets it do for another site only after a preflight. They are named one
/// by one: browsers, web views and proxies add headers of their own, more every year, and one of these must not pass.
const SET_BY_SCRIPT: [&str; 3] = ["apollo-require-preflight", "graphql-require-preflight", "x-apollo-operation-name"];

/// Whether a GET may have been sent by a page of another site: a browser sent it, and no header says that it asked first.
pub fn is_suspect(headers: &HeaderMap) -> bool {
    let has_any = |names: &[&str]| names.iter().any(|name| headers.contains_key(*name));
    has_any(&FROM_BROWSER) && !has_any(&SET_BY_SCRIPT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue};

    #[test]
    fn a_get_of_a_browser_needs_a_header_that_a_script_set() {
        let cases: [(&[&str], bool); 11] = [
            (&[], false),
            (&["user-agent", "accept"], false),
            (&["origin"], true),
            (&["cookie", "accept-language"], true),
            (&["sec-fetch-site", "sec-fetch-mode"], true),
            (&["sec-fetch-site", "apollo-require-preflight"], false),
            (&["sec-fetch-site", "graphql-require-preflight"], false),
            (&["origin", "x-apollo-operation-name"], false),
            (&["origin", "x-forwarded-for", "x-request-id"], true),
            // Browsers and web views add these, and so do the proxies on the way.
            (&["origin", "purpose", "x-requested-with", "attribution-reporting-eligible", "alt-used"], true),
            (&["cookie", "x-scheme", "cdn-loop", "baggage", "x-anything"], true),
        ];
        for (names, expected) in cases {
            let headers: HeaderMap =
                names.iter().map(|name| (HeaderName::from_static(name), HeaderValue::from_static("1"))).collect();
            assert_eq!(is_suspect(&headers), expected, "{names:?}");
        }
    }
}
