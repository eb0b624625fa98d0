//! Owns policies: names that `@policy` asks for, each with an expression that says for whose claims it holds.
//!
//! An expression is of the mapping language of connectors, with the claims of the credential as its value. It holds if it is
//! `true`, and nothing else is: what is missing, or of another type, holds for nobody.

use serde_json::{Map, Value};

use crate::connect::mapping::{
    MappingError, Selection, SelectionBody, UseRoot, Value as Found, Vars, eval, parse_json,
};

/// The policies of a gateway.
#[derive(Debug, Clone, Default)]
pub struct Policies {
    rules: Vec<(Box<str>, Selection)>,
}

impl Policies {
    /// Adds a policy. Fails if its expression is none, or asks for more than the claims.
    pub fn add(&mut self, name: impl Into<Box<str>>, expression: &str) -> Result<(), MappingError> {
        let selection = Selection::parse(expression)?;
        if let SelectionBody::Object(set) = &selection.body {
            let help = "begin with `$`, which is the claims: `$.roles->contains(\"admin\")`";
            return Err(
                MappingError::new(set.span.clone(), "this makes an object, and a policy is true or not").help(help)
            );
        }
        let other = selection.uses().into_iter().find_map(|found| match found.root {
            UseRoot::Variable(variable) => Some((variable, found.span)),
            UseRoot::Response => None,
        });
        if let Some((variable, span)) = other {
            let message = format!("a policy has no `${}`", variable.name());
            return Err(MappingError::new(span, message).help("`$` is the claims of the credential"));
        }
        self.rules.push((name.into(), selection));
        Ok(())
    }

    pub fn contains(&self, name: &str) -> bool {
        self.rules.iter().any(|(known, _)| **known == *name)
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.rules.iter().map(|(name, _)| &**name)
    }

    /// The names of those that hold for one with these claims.
    pub fn held_by(&self, claims: &Map<String, Value>) -> Vec<Box<str>> {
        if self.rules.is_empty() {
            return vec![];
        }
        let Ok(text) = serde_json::to_string(claims) else { return vec![] };
        // Claims that are nested deeper than answers of services may be are no value, and no policy holds for them.
        let Ok(claims) = parse_json(text.as_bytes()) else { return vec![] };
        let vars = Vars::default();
        let holds = |selection| matches!(eval(selection, &vars, &claims).0, Found::Bool(true));
        self.rules.iter().filter(|(_, selection)| holds(selection)).map(|(name, _)| name.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_holds_if_its_expression_is_true() {
        let cases = [
            (r#"$.roles->contains("admin")"#, r#"{"roles":["user","admin"]}"#, true),
            (r#"$.roles->contains("admin")"#, r#"{"roles":["user"]}"#, false),
            (r#"$.roles->contains("admin")"#, r#"{"roles":"admin"}"#, false),
            (r#"$.roles->contains("admin")"#, "{}", false),
            (r#"$.org.tier->in("gold", "silver")"#, r#"{"org":{"tier":"silver"}}"#, true),
            (r#"$.age->gte(18)->and($.verified)"#, r#"{"age":18,"verified":true}"#, true),
            (r#"$.age->gte(18)->and($.verified)"#, r#"{"age":18,"verified":"yes"}"#, false),
            (r#"$.age->gte(18)->and($.verified)"#, r#"{"age":18}"#, false),
            (r#"$.verified"#, r#"{"verified":true}"#, true),
            (r#"$.verified"#, r#"{"verified":1}"#, false),
            (r#"$(true)"#, "{}", true),
        ];
        for (expression, claims, expected) in cases {
            let mut policies = Policies::default();
            policies.add("p", expression).unwrap_or_else(|error| panic!("{expression}: {error}"));
            let claims = serde_json::from_str(claims).expect("an object");
            assert_eq!(policies.held_by(&claims).len() == 1, expected, "{expression} {claims:?}");
        }
    }

    #[test]
    fn what_is_no_expression_over_claims_is_refused() {
        for (expression, expected) in [
            ("id name", "this makes an object, and a policy is true or not"),
            ("$args.id->eq(1)", "a policy has no `$args`"),
            (r#"$.roles->contains("admin""#, ""),
        ] {
            let error = Policies::default().add("p", expression).expect_err(expression);
            assert!(error.message.starts_with(expected), "{expression}: {error}");
        }
    }
}
