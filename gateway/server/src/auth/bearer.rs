//! Owns where a token is in a request: in `Authorization`, after `Bearer`.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;

use super::refusal::TokenFault;

/// Longer ones are not looked at. Servers take headers of 8 to 16 KiB altogether.
pub const MAX_TOKEN: usize = 16 * 1024;

/// The request's token, if it has one. A credential of another kind is none that anybody could check, and is refused.
pub fn token(headers: &HeaderMap) -> Result<Option<&str>, TokenFault> {
    let Some(value) = headers.get(AUTHORIZATION) else { return Ok(None) };
    let value = value.to_str().map_err(|_| TokenFault::Malformed)?.trim();
    let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(TokenFault::NotBearer);
    }
    match token.trim_start() {
        "" => Err(TokenFault::Malformed),
        token if token.len() > MAX_TOKEN => Err(TokenFault::TooLong),
        token => Ok(Some(token)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn a_token_follows_bearer_in_any_case() {
        let (longest, too_long) = ("t".repeat(MAX_TOKEN), "t".repeat(MAX_TOKEN + 1));
        let (bearer, too_much) = (format!("Bearer {longest}"), format!("Bearer {too_long}"));
        let cases = [
            (Some(bearer.as_str()), Ok(Some(longest.as_str()))),
            (Some(too_much.as_str()), Err(TokenFault::TooLong)),
            (Some("Bearer a.b.c"), Ok(Some("a.b.c"))),
            (Some("bearer a.b.c"), Ok(Some("a.b.c"))),
            (Some("BEARER   a.b.c "), Ok(Some("a.b.c"))),
            (None, Ok(None)),
            (Some("Basic dTpw"), Err(TokenFault::NotBearer)),
            (Some("a.b.c"), Err(TokenFault::NotBearer)),
            (Some(""), Err(TokenFault::NotBearer)),
            (Some("Bearer"), Err(TokenFault::Malformed)),
            (Some("Bearer "), Err(TokenFault::Malformed)),
            (Some("Bearer ä"), Err(TokenFault::Malformed)),
        ];
        for (value, expected) in cases {
            let value = value.map(|value| HeaderValue::from_bytes(value.as_bytes()).expect("the test's own"));
            let headers: HeaderMap = value.into_iter().map(|value| (AUTHORIZATION, value)).collect();
            assert_eq!(token(&headers), expected, "{headers:?}");
        }
    }
}
