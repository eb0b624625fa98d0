//! Owns the headers that tell backends who asks: the gateway alone sets them, and what a client sends under their names is removed.
//!
//! Values hold nothing but visible ASCII. All else in a claim is percent-encoded, and so is `%`, so that two users never read
//! alike and no claim begins a line.

use std::fmt::Write as _;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use weft_federation::operation::Identity;

use super::Caller;
use super::credential::IdentityClaims;

pub const X_USER_ID: HeaderName = HeaderName::from_static("x-user-id");
pub const X_USER_ROLES: HeaderName = HeaderName::from_static("x-user-roles");
pub const X_USER_SCOPES: HeaderName = HeaderName::from_static("x-user-scopes");
pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What is said of a caller.
pub const OF_CALLERS: [HeaderName; 3] = [X_USER_ID, X_USER_ROLES, X_USER_SCOPES];

/// What backends are told of one credential.
#[derive(Debug, Clone, Default)]
pub struct Forwarded {
    user_id: Option<HeaderValue>,
    /// Separated by commas.
    roles: Option<HeaderValue>,
    /// Separated by spaces, as in OAuth 2.
    scopes: Option<HeaderValue>,
}

impl Forwarded {
    pub fn of(identity: &Identity, names: &IdentityClaims) -> Self {
        let user_id = identity.claim(&names.user_id).and_then(|id| match id {
            Value::String(text) => joined([text.as_str()], ""),
            Value::Number(number) => joined([number.to_string().as_str()], ""),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        });
        let roles = identity.claim(&names.roles).and_then(|roles| match roles {
            Value::String(text) => joined(text.split_ascii_whitespace(), ","),
            Value::Array(items) => joined(items.iter().filter_map(Value::as_str), ","),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
        });
        Self { user_id, roles, scopes: joined(identity.scopes().iter().map(|scope| &**scope), " ") }
    }
}

/// The items, safe in a header and apart from each other. `None` where there are none.
fn joined<'a>(items: impl IntoIterator<Item = &'a str>, separator: &str) -> Option<HeaderValue> {
    let mut text = String::new();
    for item in items.into_iter().filter(|item| !item.is_empty()) {
        if !text.is_empty() {
            text.push_str(separator);
        }
        for byte in item.bytes() {
            match byte {
                b'%' => text.push_str("%25"),
                b',' if !separator.is_empty() => text.push_str("%2C"),
                b'!'..=b'~' => text.push(char::from(byte)),
                // Writing to a String cannot fail.
                _ => drop(write!(text, "%{byte:02X}")),
            }
        }
    }
    // Of visible ASCII and spaces, every text is a value.
    Some(text).filter(|text| !text.is_empty()).and_then(|text| HeaderValue::try_from(text).ok())
}

/// Makes the client's headers what backends may be told of: who asks is what the gateway says, and nothing else under its names.
pub fn replace(headers: &mut HeaderMap, caller: &Caller, request_id: &HeaderValue) {
    let names: Vec<HeaderName> =
        headers.keys().filter(|name| is_of_callers(name) || is_alike(name, "x-request-id")).cloned().collect();
    for name in names {
        headers.remove(name);
    }
    headers.insert(X_REQUEST_ID, request_id.clone());
    let Forwarded { user_id, roles, scopes } = caller.forwarded();
    for (name, value) in [(X_USER_ID, user_id), (X_USER_ROLES, roles), (X_USER_SCOPES, scopes)] {
        if let Some(value) = value {
            headers.insert(name, value.clone());
        }
    }
}

/// Whether servers read a header's name as one of those that say who asks.
pub fn is_of_callers(name: &HeaderName) -> bool {
    ["x-user-id", "x-user-roles", "x-user-scopes"].iter().any(|ours| is_alike(name, ours))
}

/// Some servers take `_` for `-`. Names of headers are in lower case here.
fn is_alike(name: &HeaderName, ours: &str) -> bool {
    let name = name.as_str().as_bytes();
    let is_same = |(one, other): (&u8, &u8)| one == other || *one == b'_' && *other == b'-';
    name.len() == ours.len() && name.iter().zip(ours.as_bytes()).all(is_same)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::Credential;
    use serde_json::json;
    use std::sync::Arc;

    fn path(names: &[&str]) -> Box<[Box<str>]> {
        names.iter().map(|name| Box::from(*name)).collect()
    }

    /// The three values, `-` where there is none.
    fn told(claims: Value, names: &IdentityClaims) -> String {
        let Value::Object(claims) = claims else { panic!("claims are an object") };
        let Forwarded { user_id, roles, scopes } = Credential::new(claims, vec![], names).forwarded;
        let shown = |value: Option<HeaderValue>| match value {
            Some(value) => value.to_str().expect("visible ASCII").to_owned(),
            None => "-".to_owned(),
        };
        [user_id, roles, scopes].map(shown).join(" | ")
    }

    #[test]
    fn claims_become_values_that_are_safe_in_a_header() {
        let usual = IdentityClaims::default();
        let cases = [
            (json!({ "sub": "u1", "roles": ["a", "b"], "scope": "r w" }), "u1 | a,b | r w"),
            (json!({ "sub": 7, "roles": "a b", "scp": ["w", "r"] }), "7 | a,b | r w"),
            (json!({}), "- | - | -"),
            (json!({ "sub": null, "roles": [], "scope": "" }), "- | - | -"),
            (json!({ "sub": { "id": 1 }, "roles": { "a": true }, "scope": 7 }), "- | - | -"),
            (json!({ "sub": "u1\r\nx-user-roles: admin" }), "u1%0D%0Ax-user-roles:%20admin | - | -"),
            (json!({ "sub": "u1%0D" }), "u1%250D | - | -"),
            (json!({ "sub": "jürgen\u{0}" }), "j%C3%BCrgen%00 | - | -"),
            (json!({ "sub": " u1 " }), "%20u1%20 | - | -"),
            (json!({ "sub": "cn=a,dc=b" }), "cn=a,dc=b | - | -"),
            (json!({ "roles": ["a,admin", "b c", "", 7] }), "- | a%2Cadmin,b%20c | -"),
            (json!({ "scp": ["a b", "c"] }), "- | - | a%20b c"),
        ];
        for (claims, expected) in cases {
            assert_eq!(told(claims.clone(), &usual), expected, "{claims}");
        }
    }

    #[test]
    fn which_claims_they_are_is_configured() {
        let names = IdentityClaims {
            user_id: path(&["email"]),
            roles: path(&["realm_access", "roles"]),
            scopes: Some(path(&["https://a/permissions"])),
            ..IdentityClaims::default()
        };
        let claims = json!({
            "sub": "u1", "email": "u@a", "realm_access": { "roles": ["x"] }, "scope": "no", "https://a/permissions": ["p", "o"],
        });
        assert_eq!(told(claims, &names), "u@a | x | o p");
    }

    #[test]
    fn what_a_client_sends_under_these_names_is_gone() {
        let Value::Object(claims) = json!({ "sub": "u1" }) else { panic!("an object") };
        let token = Arc::new(Credential::new(claims, vec![], &IdentityClaims::default()));
        let known = Caller { token: Some(token), consumer: None };
        let sent =
            ["X-User-Id", "x_user_id", "x-user_id", "X_USER-ROLES", "x-user-scopes", "x_request_id", "x-request-id"];
        for (caller, expected) in [
            (Caller::default(), "x-request-id: r, x-user-idx: kept"),
            (known, "x-request-id: r, x-user-id: u1, x-user-idx: kept"),
        ] {
            let mut headers = HeaderMap::new();
            for name in sent.into_iter().chain(["x-user-idx"]) {
                let name = HeaderName::from_bytes(name.as_bytes()).expect("a name");
                headers.append(name.clone(), HeaderValue::from_static("forged"));
                headers.append(name, HeaderValue::from_static("kept"));
            }
            replace(&mut headers, &caller, &HeaderValue::from_static("r"));
            headers.insert("x-user-idx", HeaderValue::from_static("kept"));
            let mut shown: Vec<String> =
                headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().expect("ASCII"))).collect();
            shown.sort();
            assert_eq!(shown.join(", "), expected);
        }
    }
}
