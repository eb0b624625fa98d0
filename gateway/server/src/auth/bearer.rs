//! Owns where a token is in a request: in `Authorization`, after `Bearer`.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;

use super::Refusal;

/// The request's token, if it has one. A credential of another kind is none that anybody could check, and is refused.
pub fn token(headers: &HeaderMap) -> Result<Option<&str>, Refusal> {
    let Some(value) = headers.get(AUTHORIZATION) else { return Ok(None) };
    let value = value.to_str().map_err(|_| Refusal::Malformed)?.trim();
    let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Refusal::NotBearer);
    }
    match token.trim_start() {
        "" => Err(Refusal::Malformed),
        token => Ok(Some(token)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn a_token_follows_bearer_in_any_case() {
        let cases = [
            (Some("Bearer a.b.c"), Ok(Some("a.b.c"))),
            (Some("bearer a.b.c"), Ok(Some("a.b.c"))),
            (Some("BEARER   a.b.c "), Ok(Some("a.b.c"))),
            (None, Ok(None)),
            (Some("Basic dTpw"), Err(Refusal::NotBearer)),
            (Some("a.b.c"), Err(Refusal::NotBearer)),
            (Some(""), Err(Refusal::NotBearer)),
            (Some("Bearer"), Err(Refusal::Malformed)),
            (Some("Bearer "), Err(Refusal::Malformed)),
            (Some("Bearer ä"), Err(Refusal::Malformed)),
        ];
        for (value, expected) in cases {
            let value = value.map(|value| HeaderValue::from_bytes(value.as_bytes()).expect("the test's own"));
            let headers: HeaderMap = value.into_iter().map(|value| (AUTHORIZATION, value)).collect();
            assert_eq!(token(&headers), expected, "{headers:?}");
        }
    }
}
