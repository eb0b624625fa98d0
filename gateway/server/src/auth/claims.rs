//! Owns the claims that decide whether a token holds: `iss`, `aud`, `exp` and `nbf`. What they are compared with is the caller's.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value};

use super::refusal::TokenFault;

/// A claim that is a text or a list of texts. `None` where it is neither; one that is not there is an empty list.
pub fn texts(claims: &Map<String, Value>, name: &str) -> Option<Vec<String>> {
    match claims.get(name) {
        None | Some(Value::Null) => Some(vec![]),
        Some(Value::String(text)) => Some(vec![text.clone()]),
        Some(Value::Array(items)) => items.iter().map(|item| item.as_str().map(str::to_owned)).collect(),
        Some(Value::Bool(_) | Value::Number(_) | Value::Object(_)) => None,
    }
}

/// When a token holds: from when on, and until when, in seconds since 1970. A token without an end is none that is taken.
#[derive(Debug, Clone, Copy)]
pub struct Validity {
    from: Option<f64>,
    until: f64,
}

impl Validity {
    pub fn of(claims: &Map<String, Value>) -> Result<Self, TokenFault> {
        let until = claims.get("exp").and_then(Value::as_f64).ok_or(TokenFault::Claim("exp"))?;
        let from = match claims.get("nbf") {
            None | Some(Value::Null) => None,
            Some(value) => Some(value.as_f64().ok_or(TokenFault::Claim("nbf"))?),
        };
        Ok(Self { from, until })
    }

    pub fn holds_at(self, now: SystemTime, leeway: Duration) -> Result<(), TokenFault> {
        // A clock that stands before 1970 lets no token in that says when it begins.
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        let leeway = leeway.as_secs_f64();
        if now >= self.until + leeway {
            Err(TokenFault::Expired)
        } else if self.from.is_some_and(|from| now < from - leeway) {
            Err(TokenFault::NotYet)
        } else {
            Ok(())
        }
    }
}
