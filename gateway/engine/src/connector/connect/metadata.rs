//! Owns how values become gRPC metadata. Under a name that ends in `-bin` they are bytes, which go as base64.

use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::connector::headers::{self, HeaderRule};

/// gRPC sends no padding, and takes it.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_encode_padding(false).with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

pub fn is_binary(name: &str) -> bool {
    name.ends_with("-bin")
}

/// The value of a template, under a name that ends in `-bin`.
pub fn encode(bytes: &[u8]) -> HeaderValue {
    // Base64 has no character that a header may not have.
    HeaderValue::from_str(&BASE64.encode(bytes)).unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// Adds the client's values of `from` as metadata of this name. Between two names in `-bin` they are base64 already; each is
/// read and written anew, so that nothing but base64 is sent. The error says which header is wrong.
pub fn forward(from: &str, name: &HeaderName, client: &HeaderMap, metadata: &mut HeaderMap) -> Result<(), String> {
    for value in client.get_all(from) {
        if !is_binary(name.as_str()) {
            metadata.append(name.clone(), value.clone());
        } else if !is_binary(from) {
            metadata.append(name.clone(), encode(value.as_bytes()));
        } else {
            // Values of one name may have been joined on the way.
            for part in value.as_bytes().split(|byte| *byte == b',') {
                let bytes = BASE64
                    .decode(part.trim_ascii())
                    .map_err(|_| format!("the header `{from}` is not base64, which a name in `-bin` stands for"))?;
                metadata.append(name.clone(), encode(&bytes));
            }
        }
    }
    Ok(())
}

/// Applies configured rules to metadata. A value that is fixed, or of a header whose name says no bytes, is encoded.
pub fn apply(rules: &[HeaderRule], client: &HeaderMap, metadata: &mut HeaderMap) -> Result<(), String> {
    for rule in rules {
        match rule {
            HeaderRule::Insert(name, value) if is_binary(name.as_str()) => {
                metadata.insert(name.clone(), encode(value.as_bytes()));
            }
            HeaderRule::Propagate { from, to, default } if is_binary(to.as_str()) => {
                if client.contains_key(from) {
                    metadata.remove(to);
                    forward(from.as_str(), to, client, metadata)?;
                } else if let Some(default) = default {
                    metadata.insert(to.clone(), encode(default.as_bytes()));
                }
            }
            HeaderRule::PropagateMatching(pattern) => {
                headers::apply(std::slice::from_ref(rule), client, metadata);
                let is_found = |name: &&HeaderName| is_binary(name.as_str()) && pattern.is_match(name.as_str());
                for name in client.keys().filter(|name| !headers::is_reserved(name)).filter(is_found) {
                    metadata.remove(name);
                    forward(name.as_str(), name, client, metadata)?;
                }
            }
            HeaderRule::Exactly(_)
            | HeaderRule::Insert(..)
            | HeaderRule::Propagate { .. }
            | HeaderRule::Remove(_)
            | HeaderRule::RemoveMatching(_) => headers::apply(std::slice::from_ref(rule), client, metadata),
        }
    }
    Ok(())
}

/// Whether all values are such as gRPC lets be sent: printable ASCII, where HTTP knows tabs and other bytes too, which servers
/// refuse or read as something else. The error says which is not.
pub fn check(metadata: &HeaderMap) -> Result<(), String> {
    let is_text = |value: &HeaderValue| value.as_bytes().iter().all(|byte| (b' '..=b'~').contains(byte));
    match metadata.iter().find(|(_, value)| !is_text(value)) {
        None => Ok(()),
        Some((name, _)) => Err(format!(
            "the metadata `{name}` has characters that are not printable ASCII, which gRPC sends only under a name in `-bin`"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From, to, the client's values, and what is sent.
    type Case = (&'static str, &'static str, &'static [&'static str], Result<&'static [&'static str], ()>);

    #[test]
    fn values_are_forwarded_by_the_names_that_they_come_and_go_under() {
        #[rustfmt::skip]
        let cases: [Case; 9] = [
            ("a", "b", &["x", "y"], Ok(&["x", "y"])),
            ("a", "b-bin", &["Bearer t"], Ok(&["QmVhcmVyIHQ"])),
            ("a-bin", "b", &["AAE="], Ok(&["AAE="])),
            ("a-bin", "b-bin", &["AAE="], Ok(&["AAE"])),
            ("a-bin", "b-bin", &["AAE, /w==", "AQ"], Ok(&["AAE", "/w", "AQ"])),
            ("a-bin", "b-bin", &[""], Ok(&[""])),
            ("a-bin", "b-bin", &["not base64!"], Err(())),
            ("a-bin", "b-bin", &["AAE=", "%0d%0a"], Err(())),
            ("missing", "b-bin", &[], Ok(&[])),
        ];
        for (from, to, values, expected) in cases {
            let mut client = HeaderMap::new();
            for value in values {
                let name = HeaderName::from_bytes(from.as_bytes()).expect("a name of the test's own");
                client.append(name, HeaderValue::from_str(value).expect("a value of the test's own"));
            }
            let mut metadata = HeaderMap::new();
            let to = HeaderName::from_bytes(to.as_bytes()).expect("a name of the test's own");
            let result = forward(from, &to, &client, &mut metadata);
            assert_eq!(result.is_ok(), expected.is_ok(), "{from} {to} {values:?}");
            if let Ok(expected) = expected {
                let sent: Vec<&[u8]> = metadata.get_all(&to).iter().map(HeaderValue::as_bytes).collect();
                assert_eq!(sent, expected.iter().map(|value| value.as_bytes()).collect::<Vec<_>>(), "{from} {to}");
            }
        }
    }

    #[test]
    fn configured_rules_make_metadata_too() {
        let name = HeaderName::from_static;
        let value = HeaderValue::from_static;
        let propagate = |from, to, default| HeaderRule::Propagate { from: name(from), to: name(to), default };
        let matching = || HeaderRule::PropagateMatching(regex::Regex::new("^x-").expect("an expression"));
        let client: HeaderMap = [(name("x-a"), value("t")), (name("x-b-bin"), value("AAE="))].into_iter().collect();
        let cases: [(HeaderRule, &str); 9] = [
            (HeaderRule::Insert(name("y-bin"), value("t")), "y-bin: dA"),
            (HeaderRule::Insert(name("y"), value("t")), "y: t"),
            (HeaderRule::Exactly(name("x-a")), "x-a: t"),
            (HeaderRule::Exactly(name("x-user-id")), ""),
            (propagate("x-a", "y-bin", None), "y-bin: dA"),
            (propagate("x-b-bin", "y-bin", None), "y-bin: AAE"),
            (propagate("none", "y-bin", Some(value("t"))), "y-bin: dA"),
            (propagate("x-b-bin", "y", None), "y: AAE="),
            (matching(), "x-a: t, x-b-bin: AAE"),
        ];
        for (rule, expected) in cases {
            let mut metadata = HeaderMap::new();
            apply(std::slice::from_ref(&rule), &client, &mut metadata).expect("base64");
            let shown = metadata.iter().map(|(name, value)| format!("{name}: {}", value.to_str().expect("ASCII")));
            let mut shown: Vec<String> = shown.collect();
            shown.sort();
            assert_eq!(shown.join(", "), expected, "{rule:?}");
        }
        let client: HeaderMap = [(name("x-b-bin"), value("%"))].into_iter().collect();
        assert!(apply(&[matching()], &client, &mut HeaderMap::new()).is_err());
    }
}
