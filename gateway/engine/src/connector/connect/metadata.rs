//! Owns how values become gRPC metadata. Under a name that ends in `-bin` they are bytes, which go as base64.

use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use http::{HeaderMap, HeaderName, HeaderValue};

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
}
