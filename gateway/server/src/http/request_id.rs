//! Owns the request id: the client's where it sent a usable one, else a new one.

use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::{HeaderMap, HeaderValue};

pub use crate::auth::forwarded::X_REQUEST_ID;

/// Longer ids are replaced: they end in logs and are sent to subgraphs.
const MAX_LENGTH: usize = 128;

/// The id of a request. One that a client chose is taken if it can do no harm in a log or a header.
pub fn of(headers: &HeaderMap) -> HeaderValue {
    match headers.get(X_REQUEST_ID) {
        Some(id) if is_usable(id.as_bytes()) => id.clone(),
        Some(_) | None => generate(),
    }
}

fn is_usable(id: &[u8]) -> bool {
    (1..=MAX_LENGTH).contains(&id.len())
        && id.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:/+=".contains(byte))
}

/// Unique, not secret: a number of this process, drawn at random once, and a count.
fn generate() -> HeaderValue {
    static PROCESS: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one(std::process::id()));
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let mut id = [0; 32];
    let digits = (*PROCESS, count);
    for (at, digit) in id.iter_mut().enumerate() {
        let half = if at < 16 { digits.0 } else { digits.1 };
        *digit = b"0123456789abcdef"[(half >> (60 - at % 16 * 4) & 15) as usize];
    }
    HeaderValue::from_bytes(&id).unwrap_or_else(|_| HeaderValue::from_static("0"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_usable_id_is_kept_and_another_is_replaced() {
        let long = "x".repeat(MAX_LENGTH + 1);
        for (sent, kept) in [("abc-123", true), ("a b", false), ("", false), (long.as_str(), false), ("a\"b", false)] {
            let value = HeaderValue::from_str(sent).expect("a header value of the test's own");
            let id = of(&HeaderMap::from_iter([(X_REQUEST_ID, value.clone())]));
            assert_eq!(id == value, kept, "{sent}");
        }
    }

    #[test]
    fn new_ids_differ() {
        let (one, two) = (generate(), generate());
        assert_eq!(one.len(), 32);
        assert_ne!(one, two);
    }
}
