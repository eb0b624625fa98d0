//! Owns the SHA-256 hashes that operations are named by, as lower-case hexadecimal digits.

use aws_lc_rs::digest::{SHA256, digest};

pub fn sha256(text: &str) -> String {
    let digest = digest(&SHA256, text.as_bytes());
    let digit = |value: u8| char::from_digit(value.into(), 16).unwrap_or('0');
    digest.as_ref().iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Whether a text is such a hash, in either case.
pub fn is_hash(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_everybody() {
        assert_eq!(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_eq!(sha256("{__typename}"), "ecf4edb46db40b5132295c0291d62fb65d6759a9eedfa4d5d612dd5ec54a6b38");
        assert!(is_hash(&sha256("a")) && is_hash(&sha256("a").to_uppercase()) && !is_hash("abc"));
    }
}
