//! Owns the section `headers`: rules of what subgraphs are sent.

use std::collections::BTreeMap;

use axum::http::{HeaderName, HeaderValue};
use schemars::JsonSchema;
use serde::Deserialize;
use weft_engine::{HeaderRule, is_reserved};

use super::Resolving;
use crate::auth::forwarded;
use crate::config::values::{Header, Pattern, SecretHeaderValue};
use crate::config::yaml::Located;

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Headers {
    /// For every subgraph.
    all: Rules,
    /// For one subgraph, by its name, after those for all.
    subgraphs: BTreeMap<Located<String>, Rules>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Rules {
    /// What is done to the headers of a call, one rule after the other. Headers of the connection and of the message (`host`,
    /// `content-type`, `accept`, `te`, `grpc-*` and the like) can neither be set nor removed.
    request: Vec<Rule>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Rule {
    /// Send the client's header on.
    Propagate(#[schemars(with = "RawPropagate")] Propagate),
    /// Send a fixed value, in place of what a former rule sends under the name.
    Insert(#[schemars(with = "RawInsert")] Insert),
    /// Do not send what a former rule, `@source` or `@connect` would.
    Remove(#[schemars(with = "RawRemove")] Remove),
}

#[derive(Debug, Deserialize)]
#[serde(try_from = "RawPropagate")]
struct Propagate(HeaderRule);

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RawPropagate {
    /// The name of the header. Either this or `matching`.
    #[schemars(example = "x-tenant")]
    named: Option<Header>,
    /// All headers in whose name this is found.
    #[schemars(example = "^x-")]
    matching: Option<Pattern>,
    /// The name under which it is sent; with `named` alone.
    #[schemars(example = "x-organization")]
    rename: Option<Header>,
    /// What is sent where the client sent none; with `named` alone.
    #[schemars(example = &"public")]
    default: Option<SecretHeaderValue>,
}

#[derive(Debug, Deserialize)]
#[serde(try_from = "RawInsert")]
struct Insert(HeaderRule);

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RawInsert {
    /// The name of the header.
    #[schemars(example = "x-api-key")]
    name: Header,
    /// Its value. It is never shown.
    #[schemars(example = "${env.API_KEY}")]
    value: SecretHeaderValue,
}

#[derive(Debug, Deserialize)]
#[serde(try_from = "RawRemove")]
struct Remove(HeaderRule);

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RawRemove {
    /// The name of the header. Either this or `matching`.
    #[schemars(example = "x-request-id")]
    named: Option<Header>,
    /// All headers in whose name this is found.
    #[schemars(example = "^x-internal-")]
    matching: Option<Pattern>,
}

const ONE_OF: &str = "expected either `named` or `matching`";

impl TryFrom<RawPropagate> for Propagate {
    type Error = String;

    fn try_from(raw: RawPropagate) -> Result<Self, String> {
        let RawPropagate { named, matching, rename, default } = raw;
        match (named, matching) {
            (Some(Header(from)), None) => {
                let to = rename.map_or_else(|| from.clone(), |rename| rename.0);
                // Under its own name it is what the gateway says.
                let to = if to == from { free(to)? } else { settable(to)? };
                let default: Option<HeaderValue> = default.map(|default| default.0);
                Ok(Self(HeaderRule::Propagate { from, to, default }))
            }
            (None, Some(_)) if rename.is_some() || default.is_some() => {
                Err("`rename` and `default` are for one header: they need `named`, not `matching`".to_owned())
            }
            (None, Some(pattern)) => Ok(Self(HeaderRule::PropagateMatching(pattern.0))),
            (Some(_), Some(_)) | (None, None) => Err(ONE_OF.to_owned()),
        }
    }
}

impl TryFrom<RawInsert> for Insert {
    type Error = String;

    fn try_from(raw: RawInsert) -> Result<Self, String> {
        Ok(Self(HeaderRule::Insert(settable(raw.name.0)?, raw.value.0)))
    }
}

impl TryFrom<RawRemove> for Remove {
    type Error = String;

    fn try_from(raw: RawRemove) -> Result<Self, String> {
        match (raw.named, raw.matching) {
            (Some(name), None) => Ok(Self(HeaderRule::Remove(free(name.0)?))),
            (None, Some(pattern)) => Ok(Self(HeaderRule::RemoveMatching(pattern.0))),
            (Some(_), Some(_)) | (None, None) => Err(ONE_OF.to_owned()),
        }
    }
}

/// A name that rules may touch.
fn free(name: HeaderName) -> Result<HeaderName, String> {
    if is_reserved(&name) {
        return Err(format!("`{name}` belongs to the connection or the message; no rule can set or remove it"));
    }
    Ok(name)
}

/// A name that rules may give to what they like.
fn settable(name: HeaderName) -> Result<HeaderName, String> {
    if forwarded::is_of_callers(&name) {
        return Err(format!(
            "`{name}` is set by the gateway, from the caller's credential; `authentication.claims` says from which claim"
        ));
    }
    free(name)
}

/// The rules of all subgraphs, and those of subgraphs that have more.
pub struct ResolvedRules {
    pub all: Vec<HeaderRule>,
    pub subgraphs: BTreeMap<String, Vec<HeaderRule>>,
}

impl ResolvedRules {
    pub fn of(&self, subgraph: &str) -> &[HeaderRule] {
        self.subgraphs.get(subgraph).unwrap_or(&self.all)
    }
}

impl Headers {
    pub fn resolve(self, resolving: &mut Resolving<'_>) -> ResolvedRules {
        const REQUEST_ID: HeaderName = forwarded::X_REQUEST_ID;
        let request_id = HeaderRule::Propagate { from: REQUEST_ID, to: REQUEST_ID, default: None };
        // What a schema names so could be anything of a client's.
        let of_callers = forwarded::OF_CALLERS.map(HeaderRule::Exactly);
        let all = std::iter::once(request_id).chain(of_callers).chain(self.all.resolve());
        let all: Vec<HeaderRule> = all.collect();
        let mut subgraphs = BTreeMap::new();
        for (name, rules) in self.subgraphs {
            resolving.subgraph(&name);
            subgraphs.insert(name.value, all.iter().cloned().chain(rules.resolve()).collect());
        }
        ResolvedRules { all, subgraphs }
    }
}

impl Rules {
    fn resolve(self) -> impl Iterator<Item = HeaderRule> {
        self.request.into_iter().map(|rule| match rule {
            Rule::Propagate(Propagate(rule)) | Rule::Insert(Insert(rule)) | Rule::Remove(Remove(rule)) => rule,
        })
    }
}
