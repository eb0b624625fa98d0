//! Owns what a credential's claim is as a value of a type of the supergraph.

use apollo_compiler::ast::Type;
use serde_json::Value;

use super::variables::coerce_scalar;

/// The JSON of a claim; `None` if it is no value of the type. A claim has no enums and input objects: it is a scalar, or a list of
/// some, and one stands for a list of it.
pub(super) fn value(ty: &Type, claim: &Value) -> Option<String> {
    let mut out = String::new();
    write(ty, claim, &mut out).then_some(out)
}

fn write(ty: &Type, claim: &Value, out: &mut String) -> bool {
    match ty {
        Type::Named(name) | Type::NonNullNamed(name) => coerce_scalar(name, &claim.to_string(), 0, out).is_ok(),
        Type::List(item) | Type::NonNullList(item) => {
            let items = match claim {
                Value::Array(items) => items.as_slice(),
                one => std::slice::from_ref(one),
            };
            out.push('[');
            for (at, claim) in items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                if !write(item, claim, out) {
                    return false;
                }
            }
            out.push(']');
            true
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_fits_a_type_or_is_none() {
        let cases = [
            ("ID!", r#""u1""#, Some(r#""u1""#)),
            ("ID!", "7", Some(r#""7""#)),
            ("ID", "7.5", None),
            ("ID", "{}", None),
            ("String", r#""a""#, Some(r#""a""#)),
            ("String", "7", None),
            ("Int", "7", Some("7")),
            ("Int", "7.0", Some("7")),
            ("Int", "1099511627776", None),
            ("Int", r#""7""#, None),
            ("Float", "1.5", Some("1.5")),
            ("Boolean", "true", Some("true")),
            ("Boolean", r#""true""#, None),
            ("[String!]!", r#"["a","b"]"#, Some(r#"["a","b"]"#)),
            ("[String!]!", r#""a""#, Some(r#"["a"]"#)),
            ("[String!]!", r#"["a",1]"#, None),
            ("[[Int]]", "[1,[2]]", Some("[[1],[2]]")),
            ("Json", r#"{"a":[1]}"#, Some(r#"{"a":[1]}"#)),
        ];
        for (ty, claim, expected) in cases {
            let parsed = Type::parse(ty, "test").expect("a type");
            let claim: Value = serde_json::from_str(claim).expect("JSON");
            assert_eq!(value(&parsed, &claim).as_deref(), expected, "{claim} as {ty}");
        }
    }
}
