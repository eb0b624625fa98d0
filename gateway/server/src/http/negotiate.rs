//! Owns content negotiation: the media type that a client accepts for its answer, and the one that it sent.

use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};

/// The media types of a GraphQL response. They differ in what the status code of a request error is, and in how many answers
/// there can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResponseType {
    /// `application/json`: a well-formed request is answered with 200, whatever is in it.
    Json,
    /// `application/graphql-response+json`: a request error is a 400.
    GraphqlResponse,
    /// `text/event-stream`: an answer is an event.
    EventStream,
}

impl ResponseType {
    pub fn header(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Json => "application/json; charset=utf-8",
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
            Self::EventStream => "text/event-stream; charset=utf-8",
        })
    }
}

/// The best type that the client accepts: the highest `q`, and of equals the one listed first. A wildcard or no `Accept`
/// at all is `application/json`, as the audits of `graphql-http` have it. `None` if the client accepts none.
pub fn response_type(headers: &HeaderMap) -> Option<ResponseType> {
    let mut ranges = headers.get_all(ACCEPT).iter().flat_map(|value| ranges(value.as_bytes())).peekable();
    if ranges.peek().is_none() {
        return Some(ResponseType::Json);
    }
    let mut best: Option<(u16, ResponseType)> = None;
    let mut refused = Refused::default();
    for range in ranges {
        let Some((ty, specific)) = supported(&range) else { continue };
        if range.quality == 0 {
            refused.note(ty, specific);
        } else if best.is_none_or(|(quality, _)| range.quality > quality) {
            best = Some((range.quality, ty));
        }
    }
    let (_, ty) = best?;
    if !refused.contains(ty) {
        return Some(ty);
    }
    // `application/json;q=0, */*`: the wildcard still takes the other type.
    let other = match ty {
        ResponseType::Json => ResponseType::GraphqlResponse,
        ResponseType::GraphqlResponse | ResponseType::EventStream => ResponseType::Json,
    };
    (!refused.contains(other)).then_some(other)
}

/// Whether the client takes events, be it behind other types. It has to say so: no wildcard counts.
pub fn accepts_events(headers: &HeaderMap) -> bool {
    let mut ranges = headers.get_all(ACCEPT).iter().flat_map(|value| ranges(value.as_bytes()));
    ranges.any(|range| range.quality > 0 && supported(&range) == Some((ResponseType::EventStream, true)))
}

/// The types that a client named with `q=0`.
#[derive(Default)]
struct Refused {
    json: bool,
    graphql_response: bool,
    event_stream: bool,
}

impl Refused {
    /// A wildcard with `q=0` refuses what is not named; what is named stands for itself.
    fn note(&mut self, ty: ResponseType, specific: bool) {
        if specific {
            match ty {
                ResponseType::Json => self.json = true,
                ResponseType::GraphqlResponse => self.graphql_response = true,
                ResponseType::EventStream => self.event_stream = true,
            }
        }
    }

    fn contains(&self, ty: ResponseType) -> bool {
        match ty {
            ResponseType::Json => self.json,
            ResponseType::GraphqlResponse => self.graphql_response,
            ResponseType::EventStream => self.event_stream,
        }
    }
}

/// The response type that a range takes, and whether it names it.
fn supported(range: &MediaRange<'_>) -> Option<(ResponseType, bool)> {
    if !range.is_utf8 {
        return None;
    }
    let is = |essence: &str| range.essence.eq_ignore_ascii_case(essence);
    if is("application/graphql-response+json") {
        Some((ResponseType::GraphqlResponse, true))
    } else if is("application/json") {
        Some((ResponseType::Json, true))
    } else if is("text/event-stream") {
        Some((ResponseType::EventStream, true))
    } else if is("*/*") || is("application/*") {
        Some((ResponseType::Json, false))
    } else {
        None
    }
}

/// What a client says the body of its POST is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyType {
    Json,
    /// A type that a browser sends to another site without asking it first, or none at all.
    Simple,
    /// JSON in another encoding than UTF-8, or any other type.
    Unsupported,
}

pub fn body_type(headers: &HeaderMap) -> BodyType {
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return BodyType::Simple };
    let Some(range) = ranges(value.as_bytes()).next() else { return BodyType::Simple };
    let is = |essence: &str| range.essence.eq_ignore_ascii_case(essence);
    if is("application/json") {
        if range.is_utf8 { BodyType::Json } else { BodyType::Unsupported }
    } else if is("text/plain") || is("application/x-www-form-urlencoded") || is("multipart/form-data") {
        BodyType::Simple
    } else {
        BodyType::Unsupported
    }
}

struct MediaRange<'h> {
    essence: &'h str,
    /// In thousandths.
    quality: u16,
    /// No charset was named, or UTF-8 was.
    is_utf8: bool,
}

/// The media ranges of a header value. What is not one is left out.
fn ranges(value: &[u8]) -> impl Iterator<Item = MediaRange<'_>> {
    let value = std::str::from_utf8(value).unwrap_or_default();
    value.split(',').filter_map(|item| {
        let mut parts = item.split(';');
        let essence = parts.next()?.trim();
        if essence.is_empty() {
            return None;
        }
        let mut range = MediaRange { essence, quality: 1000, is_utf8: true };
        for (name, value) in parts.filter_map(|parameter| parameter.split_once('=')) {
            let value = value.trim().trim_matches('"');
            match name.trim() {
                name if name.eq_ignore_ascii_case("q") => range.quality = quality(value),
                name if name.eq_ignore_ascii_case("charset") => range.is_utf8 = value.eq_ignore_ascii_case("utf-8"),
                _ => {}
            }
        }
        Some(range)
    })
}

/// A weight in thousandths; one that is no number counts as the lowest, so that it never wins over a good one.
fn quality(text: &str) -> u16 {
    match text.parse::<f32>() {
        // The cast cannot cut: the number is between 0 and 1000.
        Ok(weight) if (0.0..=1.0).contains(&weight) => (weight * 1000.0) as u16,
        Ok(_) | Err(_) => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: axum::http::HeaderName, value: &str) -> HeaderMap {
        let value = HeaderValue::from_str(value).expect("a header value of the test's own");
        HeaderMap::from_iter([(name, value)])
    }

    #[test]
    fn accept_chooses_the_response_type() {
        use ResponseType::{EventStream, GraphqlResponse, Json};
        let cases = [
            ("application/json", Some(Json)),
            ("application/graphql-response+json", Some(GraphqlResponse)),
            (
                "application/graphql-response+json; charset=utf-8, application/json; charset=utf-8",
                Some(GraphqlResponse),
            ),
            ("application/graphql-response+json, application/json;q=0.9", Some(GraphqlResponse)),
            ("application/json;q=0.9, application/graphql-response+json", Some(GraphqlResponse)),
            ("application/json, application/graphql-response+json", Some(Json)),
            ("application/graphql-response+json;q=0.5, application/json;q=0.6", Some(Json)),
            ("APPLICATION/JSON", Some(Json)),
            ("*/*", Some(Json)),
            ("application/*;q=0.1", Some(Json)),
            ("text/html, */*;q=0.8", Some(Json)),
            ("application/json;q=0, */*", Some(GraphqlResponse)),
            ("application/graphql-response+json, */*;q=0", Some(GraphqlResponse)),
            ("multipart/mixed, application/json", Some(Json)),
            ("text/event-stream", Some(EventStream)),
            ("text/event-stream, application/json", Some(EventStream)),
            ("application/json, text/event-stream", Some(Json)),
            ("text/event-stream;q=0, */*", Some(Json)),
            ("text/html", None),
            ("application/json;q=0", None),
            ("application/json; charset=iso-8859-1", None),
        ];
        for (accept, expected) in cases {
            assert_eq!(response_type(&headers(ACCEPT, accept)), expected, "{accept}");
        }
        assert_eq!(response_type(&HeaderMap::new()), Some(Json));
    }

    #[test]
    fn events_are_accepted_by_name() {
        let cases = [
            ("text/event-stream", true),
            ("application/json, text/event-stream;q=0.1", true),
            ("text/event-stream;q=0", false),
            ("*/*", false),
            ("text/*", false),
            ("application/json", false),
        ];
        for (accept, expected) in cases {
            assert_eq!(accepts_events(&headers(ACCEPT, accept)), expected, "{accept}");
        }
        assert!(!accepts_events(&HeaderMap::new()));
    }

    #[test]
    fn content_type_is_json_or_refused() {
        let cases = [
            ("application/json", BodyType::Json),
            ("application/json; charset=UTF-8", BodyType::Json),
            ("application/json; charset=\"utf-8\"", BodyType::Json),
            ("application/json; charset=utf-16", BodyType::Unsupported),
            ("application/graphql", BodyType::Unsupported),
            ("text/plain; application/json", BodyType::Simple),
            ("multipart/form-data; boundary=x", BodyType::Simple),
            ("application/x-www-form-urlencoded", BodyType::Simple),
            ("", BodyType::Simple),
        ];
        for (content_type, expected) in cases {
            assert_eq!(body_type(&headers(CONTENT_TYPE, content_type)), expected, "{content_type}");
        }
        assert_eq!(body_type(&HeaderMap::new()), BodyType::Simple);
    }
}
