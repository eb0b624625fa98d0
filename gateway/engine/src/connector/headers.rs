//! Owns which headers backends are sent, by rules that people configure.

use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use regex::Regex;

/// One step of what is done to a call's headers, in the order of the rules.
#[derive(Debug, Clone)]
pub enum HeaderRule {
    /// The client's header, and nothing where the client has none, in place of what is there. For headers that only the gateway
    /// may set, in what it hands over as the client's.
    Exactly(HeaderName),
    /// The client's header, under a name that may differ; the default where the client sent none.
    Propagate { from: HeaderName, to: HeaderName, default: Option<HeaderValue> },
    /// All headers of the client whose name the expression finds, but for [reserved](is_reserved) ones.
    PropagateMatching(Regex),
    /// A fixed value, in place of what is there.
    Insert(HeaderName, HeaderValue),
    /// Not this one, wherever it came from.
    Remove(HeaderName),
    /// None whose name the expression finds, but for reserved ones.
    RemoveMatching(Regex),
}

impl HeaderRule {
    /// Whether it sends on what differs from client to client, beside its credential.
    pub fn forwards(&self) -> bool {
        match self {
            Self::Propagate { from, .. } => !matches!(
                from.as_str(),
                // Those of the user are what the gateway makes of the credential.
                "authorization" | "x-user-id" | "x-user-roles" | "x-user-scopes" | "x-request-id" | "traceparent"
            ),
            Self::PropagateMatching(_) => true,
            Self::Exactly(_) | Self::Insert(..) | Self::Remove(_) | Self::RemoveMatching(_) => false,
        }
    }

    fn apply(&self, client: &HeaderMap, headers: &mut HeaderMap) {
        match self {
            Self::Exactly(name) => {
                if !copy(client, name, name, headers) {
                    headers.remove(name);
                }
            }
            Self::Propagate { from, to, default } => {
                let sent = copy(client, from, to, headers);
                if !sent && let Some(default) = default {
                    headers.insert(to.clone(), default.clone());
                }
            }
            Self::PropagateMatching(pattern) => {
                for name in client.keys().filter(|name| !is_reserved(name) && pattern.is_match(name.as_str())) {
                    copy(client, name, name, headers);
                }
            }
            Self::Insert(name, value) => {
                headers.insert(name.clone(), value.clone());
            }
            Self::Remove(name) => {
                headers.remove(name);
            }
            Self::RemoveMatching(pattern) => {
                let found = headers.keys().filter(|name| !is_reserved(name) && pattern.is_match(name.as_str()));
                for name in found.cloned().collect::<Vec<_>>() {
                    headers.remove(name);
                }
            }
        }
    }
}

/// Applies the rules one after the other to `headers`.
pub(super) fn apply(rules: &[HeaderRule], client: &HeaderMap, headers: &mut HeaderMap) {
    for rule in rules {
        rule.apply(client, headers);
    }
}

/// Copies all values of a header, in place of what is there under the new name; whether there was one.
fn copy(client: &HeaderMap, from: &HeaderName, to: &HeaderName, headers: &mut HeaderMap) -> bool {
    let mut values = client.get_all(from).iter();
    let Some(first) = values.next() else { return false };
    headers.insert(to.clone(), first.clone());
    for value in values {
        headers.append(to.clone(), value.clone());
    }
    true
}

/// Whether a header belongs to one connection, to one message, or to the protocol, so that no rule may send or remove it.
pub fn is_reserved(name: &HeaderName) -> bool {
    const RESERVED: [HeaderName; 13] = [
        header::ACCEPT,
        header::ACCEPT_ENCODING,
        header::CONNECTION,
        header::CONTENT_ENCODING,
        header::CONTENT_LENGTH,
        header::CONTENT_TYPE,
        header::EXPECT,
        header::HOST,
        header::PROXY_AUTHORIZATION,
        header::TE,
        header::TRAILER,
        header::TRANSFER_ENCODING,
        header::UPGRADE,
    ];
    RESERVED.contains(name)
        || matches!(name.as_str(), "keep-alive" | "proxy-connection" | "proxy-authenticate")
        || name.as_str().starts_with("grpc-")
}

/// What makes calls equal, each part with its length, so that no two ways to cut it read alike.
#[derive(Debug, Default)]
pub(super) struct Key(pub Vec<u8>);

impl Key {
    pub fn push(&mut self, part: &[u8]) {
        self.0.extend_from_slice(&part.len().to_be_bytes());
        self.0.extend_from_slice(part);
    }

    /// All headers, as they are sent within one operation.
    pub fn push_headers(&mut self, headers: &HeaderMap) {
        self.push_headers_but(headers, |_| false);
    }

    /// The headers of a call that other operations may share: all but those that name the client's request and change no
    /// answer, which are other ones in every operation. They do so only as the client sent them; what was made under such a
    /// name, as `is_made` or another value tell, may be anything.
    pub fn push_shared_headers(
        &mut self,
        headers: &HeaderMap,
        client: &HeaderMap,
        is_made: impl Fn(&HeaderName) -> bool,
    ) {
        const OF_ONE_REQUEST: [&str; 3] = ["x-request-id", "traceparent", "tracestate"];
        self.push_headers_but(headers, |name| {
            OF_ONE_REQUEST.contains(&name.as_str())
                && !is_made(name)
                && headers.get_all(name).iter().eq(client.get_all(name).iter())
        });
    }

    fn push_headers_but(&mut self, headers: &HeaderMap, is_left_out: impl Fn(&HeaderName) -> bool) {
        for (name, value) in headers.iter().filter(|(name, _)| !is_left_out(name)) {
            self.push(name.as_str().as_bytes());
            self.push(value.as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Headers as `name: value` separated by commas, sorted.
    fn shown(headers: &HeaderMap) -> String {
        let mut lines: Vec<String> =
            headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().expect("ASCII"))).collect();
        lines.sort();
        lines.join(", ")
    }

    fn name(name: &'static str) -> HeaderName {
        HeaderName::from_static(name)
    }

    fn value(value: &'static str) -> HeaderValue {
        HeaderValue::from_static(value)
    }

    fn pattern(pattern: &str) -> Regex {
        Regex::new(pattern).expect("an expression")
    }

    #[test]
    fn rules_are_applied_in_their_order() {
        let mut client = HeaderMap::new();
        for (key, text) in [("x-a", "1"), ("x-a", "2"), ("x-b", "3"), ("cookie", "c"), ("host", "h"), ("te", "t")] {
            client.append(name(key), value(text));
        }
        let propagate = |from, to, default: Option<&'static str>| HeaderRule::Propagate {
            from: name(from),
            to: name(to),
            default: default.map(value),
        };
        let fixed = "accept: json, x-own: o";
        let cases = [
            (vec![], fixed.to_owned()),
            (vec![HeaderRule::Exactly(name("x-own"))], "accept: json".to_owned()),
            (vec![HeaderRule::Exactly(name("x-b"))], "accept: json, x-b: 3, x-own: o".to_owned()),
            (vec![propagate("x-a", "x-a", None)], format!("{}, x-a: 1, x-a: 2, x-own: o", "accept: json")),
            (vec![propagate("x-b", "x-c", Some("d"))], "accept: json, x-c: 3, x-own: o".to_owned()),
            (vec![propagate("x-none", "x-c", Some("d"))], "accept: json, x-c: d, x-own: o".to_owned()),
            (vec![propagate("x-none", "x-own", None)], fixed.to_owned()),
            (vec![propagate("x-b", "x-own", None)], "accept: json, x-own: 3".to_owned()),
            (
                vec![HeaderRule::PropagateMatching(pattern("."))],
                "accept: json, cookie: c, x-a: 1, x-a: 2, x-b: 3, x-own: o".to_owned(),
            ),
            (
                vec![HeaderRule::PropagateMatching(pattern("^x-")), HeaderRule::Remove(name("x-a"))],
                "accept: json, x-b: 3, x-own: o".to_owned(),
            ),
            (vec![HeaderRule::RemoveMatching(pattern("."))], "accept: json".to_owned()),
            (
                vec![HeaderRule::Remove(name("x-own")), HeaderRule::Insert(name("x-own"), value("n"))],
                "accept: json, x-own: n".to_owned(),
            ),
        ];
        for (rules, expected) in cases {
            let mut headers = HeaderMap::new();
            headers.insert(name("accept"), value("json"));
            headers.insert(name("x-own"), value("o"));
            apply(&rules, &client, &mut headers);
            assert_eq!(shown(&headers), expected, "{rules:?}");
        }
    }
}
