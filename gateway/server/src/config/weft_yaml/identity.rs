//! Owns how claims are named that say what of a caller.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, Deserializer, SeqAccess, Visitor};

use weft_federation::operation::Policies;

use crate::auth::{ClaimPath, IdentityClaims};

#[derive(Debug, Default, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "Claims")]
pub struct RawIdentity {
    /// Who it is: a text or a number.
    #[schemars(extend("default" = "sub"))]
    user_id: Option<Claim>,
    /// A list, or a text with spaces between them.
    #[schemars(extend("default" = "roles"), example = ["realm_access", "roles"])]
    roles: Option<Claim>,
    /// A list, or a text with spaces between them; `scope` and `scp` together if nothing is said.
    #[schemars(example = &"permissions")]
    scopes: Option<Claim>,
}

impl RawIdentity {
    pub fn resolve(self, policies: &Arc<Policies>) -> IdentityClaims {
        let usual = IdentityClaims::default();
        IdentityClaims {
            user_id: self.user_id.map_or(usual.user_id, |claim| claim.0),
            roles: self.roles.map_or(usual.roles, |claim| claim.0),
            scopes: self.scopes.map(|claim| claim.0),
            policies: Arc::clone(policies),
        }
    }
}

/// A claim by its name, or by the names that lead to it. Names may have dots: those that are URLs do.
#[derive(Debug)]
struct Claim(ClaimPath);

impl<'de> Deserialize<'de> for Claim {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ClaimVisitor;

        impl<'de> Visitor<'de> for ClaimVisitor {
            type Value = Claim;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a claim, or a list of names for one inside of another")
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<Claim, E> {
                if name.is_empty() {
                    return Err(E::custom("a claim has a name"));
                }
                Ok(Claim([name.into()].into()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Claim, A::Error> {
                let mut names: Vec<Box<str>> = vec![];
                while let Some(name) = items.next_element::<String>()? {
                    names.push(name.into());
                }
                if names.is_empty() {
                    return Err(de::Error::custom("a claim has a name"));
                }
                Ok(Claim(names.into()))
            }
        }

        deserializer.deserialize_any(ClaimVisitor)
    }
}

impl JsonSchema for Claim {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "claim".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "array"], "title": "claim", "items": { "type": "string" }, "minLength": 1, "minItems": 1 })
    }
}
