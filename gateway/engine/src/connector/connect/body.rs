//! Owns what the body of an HTTP answer is by its headers: JSON, whatever it is called, or plain text.

use bytes::Bytes;
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use weft_federation::connect::mapping::write_json_string;

/// .NET and others begin their texts with it. It is no part of them.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The longest name of a content type or encoding that is told of.
const MAX_NAME: usize = 64;

/// The body as JSON. Plain text becomes a string where `takes_text` says that a string can be used; many services call their
/// JSON plain text.
pub fn json(headers: &HeaderMap, mut body: Bytes, takes_text: impl FnOnce() -> bool) -> Bytes {
    if body.starts_with(BYTE_ORDER_MARK) {
        body = body.slice(BYTE_ORDER_MARK.len()..);
    }
    if body.is_empty() || content_type(headers).as_deref() != Some("text/plain") || !takes_text() {
        return body;
    }
    match std::str::from_utf8(&body) {
        Ok(text) => {
            let mut json = vec![];
            write_json_string(text, &mut json);
            json.into()
        }
        // Which is told as what is wrong with it.
        Err(_) => body,
    }
}

/// Why an answer is not JSON, by what it says to be; `broken` is what was found in it.
pub fn why_broken(headers: &HeaderMap, broken: &str) -> String {
    let encoding = headers.get(CONTENT_ENCODING).and_then(|value| value.to_str().ok());
    match (encoding.filter(|name| !name.eq_ignore_ascii_case("identity")), content_type(headers)) {
        (Some(encoding), _) => format!("it is compressed (`{}`), which nobody asked for", shown(encoding)),
        (None, Some(kind)) if !is_json(&kind) => format!("it is `{}`, and {broken}", shown(&kind)),
        (None, _) => broken.to_owned(),
    }
}

/// Whether nothing in the headers is against it being JSON.
pub fn says_json(headers: &HeaderMap) -> bool {
    !headers.contains_key(CONTENT_ENCODING) && content_type(headers).is_none_or(|kind| is_json(&kind))
}

/// `text/html`, without parameters, in lower case.
fn content_type(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    Some(text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()).filter(|kind| !kind.is_empty())
}

fn is_json(kind: &str) -> bool {
    kind.ends_with("/json") || kind.ends_with("+json")
}

fn shown(name: &str) -> &str {
    // Header values that are text are ASCII.
    name.get(..MAX_NAME).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn headers(kind: &'static str, encoding: &'static str) -> HeaderMap {
        let named = [(CONTENT_TYPE, kind), (CONTENT_ENCODING, encoding)];
        let set = named.into_iter().filter(|(_, value)| !value.is_empty());
        set.map(|(name, value)| (name, HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn plain_text_is_a_string_where_one_can_be_used() {
        let cases: [(&str, &[u8], bool, &[u8]); 8] = [
            ("application/json", b"{}", true, b"{}"),
            ("text/plain", b"a \"b\"\n", true, br#""a \"b\"\n""#),
            ("Text/Plain; charset=utf-8", b"42", true, br#""42""#),
            ("text/plain", b"{}", false, b"{}"),
            ("text/plain", b"", true, b""),
            ("text/plain", b"\xff", true, b"\xff"),
            ("", b"\xef\xbb\xbf{}", true, b"{}"),
            ("text/plain", b"\xef\xbb\xbftext", true, br#""text""#),
        ];
        for (kind, body, takes_text, expected) in cases {
            let found = json(&headers(kind, ""), Bytes::from_static(body), || takes_text);
            assert_eq!(found, expected, "{kind} {body:?} {takes_text}");
        }
    }

    #[test]
    fn what_is_broken_is_told_with_what_it_says_to_be() {
        let cases = [
            ("application/json", "", "broken"),
            ("application/problem+json; charset=utf-8", "identity", "broken"),
            ("", "", "broken"),
            ("text/html; charset=utf-8", "", "it is `text/html`, and broken"),
            ("application/json", "gzip", "it is compressed (`gzip`), which nobody asked for"),
        ];
        for (kind, encoding, expected) in cases {
            assert_eq!(why_broken(&headers(kind, encoding), "broken"), expected, "{kind} {encoding}");
        }
    }
}
