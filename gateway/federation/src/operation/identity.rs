//! Owns who a request is from, as far as a verified credential says it. How it was verified is not known here.

use serde_json::{Map, Value};

use super::claims;
use super::policies::Policies;
use crate::schema::Need;

/// What is known of the one who asks.
#[derive(Debug, Clone, Default)]
pub struct Identity {
    /// `None` for one without a credential.
    claims: Option<Map<String, Value>>,
    scopes: Vec<Box<str>>,
    policies: Vec<Box<str>>,
}

impl Identity {
    /// One without a credential.
    pub fn anonymous() -> Self {
        Self::default()
    }

    /// One whose credential has been verified. Scopes are those of the claims `scope` (a text with spaces between them) and
    /// `scp` (such a text, or a list).
    pub fn verified(claims: Map<String, Value>) -> Self {
        let scopes = scopes(["scope", "scp"].iter().filter_map(|name| claims.get(*name)));
        Self { claims: Some(claims), scopes, policies: vec![] }
    }

    /// The same, with the scopes of another claim: such a text, or a list.
    #[must_use]
    pub fn with_scopes_of(mut self, path: &[Box<str>]) -> Self {
        self.scopes = scopes(self.claim(path));
        self
    }

    /// The same, for whom these policies hold that do.
    #[must_use]
    pub fn with_policies(mut self, policies: &Policies) -> Self {
        self.policies = self.claims.as_ref().map(|claims| policies.held_by(claims)).unwrap_or_default();
        self.policies.sort_unstable();
        self
    }

    /// Sorted, each once.
    pub fn scopes(&self) -> &[Box<str>] {
        &self.scopes
    }

    pub fn is_anonymous(&self) -> bool {
        self.claims.is_none()
    }

    /// What a credential says under these names, each inside of the one before; a null says nothing.
    pub fn claim(&self, path: &[Box<str>]) -> Option<&Value> {
        let (first, rest) = path.split_first()?;
        let found = self.claims.as_ref()?.get(&**first)?;
        let found = rest.iter().try_fold(found, |value, name| value.get(&**name))?;
        (!found.is_null()).then_some(found)
    }

    pub fn meets(&self, need: &Need) -> bool {
        match need {
            Need::Authenticated => !self.is_anonymous(),
            Need::Scopes(sets) => has_one(&self.scopes, sets),
            Need::Policies(sets) => has_one(&self.policies, sets),
            Need::Claim(path, ty) => self.claim(path).is_some_and(|claim| claims::value(ty, claim).is_some()),
        }
    }
}

/// Whether all names of one of the sets are among those that are held, which are sorted.
fn has_one(held: &[Box<str>], sets: &[Box<[Box<str>]>]) -> bool {
    sets.iter().any(|set| set.iter().all(|name| held.binary_search(name).is_ok()))
}

fn scopes<'c>(claims: impl IntoIterator<Item = &'c Value>) -> Vec<Box<str>> {
    let mut scopes: Vec<Box<str>> = vec![];
    for claim in claims {
        match claim {
            Value::String(text) => scopes.extend(text.split_ascii_whitespace().map(Box::from)),
            Value::Array(items) => scopes.extend(items.iter().filter_map(Value::as_str).map(Box::from)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => {}
        }
    }
    scopes.sort_unstable();
    scopes.dedup();
    scopes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(claims: &str) -> Identity {
        Identity::verified(serde_json::from_str(claims).expect("an object"))
    }

    #[test]
    fn claims_are_found_by_their_names() {
        let found = |claims: &str, path: &[&str]| {
            let path: Vec<Box<str>> = path.iter().map(|name| Box::from(*name)).collect();
            identity(claims).claim(&path).map(Value::to_string)
        };
        assert_eq!(found(r#"{"sub":"1"}"#, &["sub"]).as_deref(), Some("\"1\""));
        assert_eq!(found(r#"{"org":{"id":7}}"#, &["org", "id"]).as_deref(), Some("7"));
        assert_eq!(found(r#"{"org":{"id":7}}"#, &["org", "name"]), None);
        assert_eq!(found(r#"{"sub":null}"#, &["sub"]), None);
        assert_eq!(found(r#"{"sub":"1"}"#, &["sub", "id"]), None);
        assert_eq!(Identity::anonymous().claim(&["sub".into()]), None);
    }

    #[test]
    fn one_set_of_scopes_must_be_held_whole() {
        let sets: [Box<[Box<str>]>; 2] = [["a".into(), "b".into()].into(), ["c".into()].into()];
        let need = Need::Scopes(sets.into());
        let cases = [
            (r#"{"scope":"a b"}"#, true),
            (r#"{"scope":"a"}"#, false),
            (r#"{"scp":["c"]}"#, true),
            (r#"{"scp":"x c","scope":"y"}"#, true),
            (r#"{"scope":"ab"}"#, false),
            (r#"{}"#, false),
        ];
        for (claims, expected) in cases {
            assert_eq!(identity(claims).meets(&need), expected, "{claims}");
        }
        assert!(!Identity::anonymous().meets(&Need::Scopes([].into())), "no set is held by nobody");
    }
}
