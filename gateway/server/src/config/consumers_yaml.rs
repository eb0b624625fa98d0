//! Owns `consumers.yaml`: who has API keys, and what these say of who has them. [`Raw`] is the file as it is written.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};
use weft_federation::diagnostics::{Diagnostic, Source};
use weft_federation::operation::Policies;
use weft_federation::suggest::closest;

use super::or_variable;
use super::values::HashedKey;
use super::weft_yaml::Tier;
use super::yaml::{self, CODE, Located};
use crate::auth::{Consumer, Credential, IdentityClaims, KeyHash};

/// Who has API keys.
///
/// A key that is not known is an error. In values `${env.NAME}` and `${env.NAME:-default}` stand for variables of the environment.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(title = "consumers.yaml")]
struct Raw {
    /// Applications and organizations.
    consumers: Vec<RawConsumer>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Consumer")]
struct RawConsumer {
    /// Who it is: `$claims.sub`, and what backends get as `x-user-id` where no token says who asks.
    #[schemars(example = &"acme")]
    id: Located<String>,
    /// The keys, as `sha256:` and the SHA-256 of the key in hexadecimal digits. There may be several, while one is replaced.
    #[serde(default)]
    #[schemars(example = ["sha256:9834876dcfb05cb167a5c24953eba58c4ac89b1adf57f28f2f9d09af107ee8f0"])]
    keys: Vec<Located<HashedKey>>,
    /// One of `tiers` in `weft.yaml`, whose `rate` holds for its keys. Without it that is the tier of the client that it asks.
    #[schemars(example = &"bronze")]
    tier: Option<Located<String>>,
    /// What it may do, as the scopes of a token.
    #[serde(default)]
    #[schemars(example = ["orders:read"])]
    scopes: Vec<Located<String>>,
    /// What backends get as `x-user-roles` where no token says who asks; `$claims.roles`.
    #[serde(default)]
    #[schemars(example = ["partner"])]
    roles: Vec<String>,
    /// What else is said of it, for `$claims` in the schemas of clients.
    #[serde(default)]
    #[schemars(example = serde_json::json!({ "org": { "id": 7 } }))]
    claims: Located<Map<String, Value>>,
    /// The clients that it may use, of those that ask for an audience (`auth.audiences` in `client.yaml`).
    #[serde(default)]
    #[schemars(example = ["partner-v1"])]
    audiences: Vec<String>,
    /// Its keys are refused.
    #[serde(default)]
    #[schemars(extend("default" = false))]
    disabled: bool,
}

/// What a file is read with.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    pub tiers: &'a BTreeMap<String, Tier>,
    pub environment: &'a BTreeMap<String, String>,
    pub policies: &'a Arc<Policies>,
}

/// Reads the text of a `consumers.yaml`. Gives those of whom nothing is wrong, and all that is wrong with others.
pub fn parse(source: &Arc<Source>, surroundings: Surroundings<'_>) -> (Vec<Consumer>, Vec<Diagnostic>) {
    let Surroundings { tiers, environment, policies } = surroundings;
    let (raw, mut found) = yaml::read::<Raw>(source, &|name| environment.get(name).cloned());
    // Somebody may have written a key itself.
    let shown = yaml::starred(source, &["keys"]);
    for label in found.iter_mut().flat_map(|found| &mut found.labels) {
        label.span.source = Arc::clone(&shown);
    }
    let names = IdentityClaims { policies: Arc::clone(policies), ..IdentityClaims::default() };
    let mut reading = Reading { source: &shown, tiers, names, found, ids: HashMap::new(), keys: HashMap::new() };
    let consumers = raw.unwrap_or_default().consumers;
    let consumers = consumers.into_iter().map(|consumer| reading.consumer(consumer)).collect();
    (consumers, reading.found)
}

/// The JSON Schema of the file, for editors.
pub fn json_schema() -> Value {
    let mut schema = schemars::schema_for!(Raw);
    or_variable(&mut schema);
    schema.to_value()
}

struct Reading<'a> {
    source: &'a Arc<Source>,
    tiers: &'a BTreeMap<String, Tier>,
    names: IdentityClaims,
    found: Vec<Diagnostic>,
    /// Where each is said first.
    ids: HashMap<String, Range<usize>>,
    keys: HashMap<KeyHash, Range<usize>>,
}

impl Reading<'_> {
    fn consumer(&mut self, raw: RawConsumer) -> Consumer {
        let RawConsumer { id, keys, tier, scopes, roles, claims, audiences, disabled } = raw;
        if id.value.is_empty() {
            self.error(&id.span, "a consumer has an `id`", "name who has the keys");
        }
        if let Some(first) = self.ids.insert(id.value.clone(), id.span.clone()) {
            self.twice(
                &id.span,
                &first,
                format!("there are two consumers \"{}\"", id.value),
                "one may have several `keys`",
            );
        }
        for key in &keys {
            if let Some(first) = self.keys.insert(key.value.0, key.span.clone()) {
                self.twice(&key.span, &first, "this key is there twice", "a key is of one consumer");
            }
        }
        if let Some(tier) = tier.as_ref().filter(|tier| !self.tiers.contains_key(&tier.value)) {
            let help = match closest(&tier.value, self.tiers.keys().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None if self.tiers.is_empty() => "weft.yaml has no `tiers`".to_owned(),
                None => format!("the tiers are {}", self.tiers.keys().cloned().collect::<Vec<_>>().join(", ")),
            };
            self.error(&tier.span, format!("weft.yaml has no tier \"{}\"", tier.value), help);
        }
        for scope in scopes.iter().filter(|scope| scope.value.contains(char::is_whitespace) || scope.value.is_empty()) {
            self.error(&scope.span, "a scope is a word", "write several as a list");
        }
        let scopes: Vec<&str> = scopes.iter().map(|scope| scope.value.as_str()).collect();
        let claims = self.claims(claims, &id.value, &scopes, roles);
        Consumer {
            id: id.value.into(),
            keys: keys.iter().map(|key| key.value.0).collect(),
            tier: tier.map(|tier| tier.value.into()),
            is_disabled: disabled,
            credential: Credential::new(claims, audiences, &self.names),
        }
    }

    /// What a token would say of it.
    fn claims(
        &mut self,
        Located { value: mut claims, span }: Located<Map<String, Value>>,
        id: &str,
        scopes: &[&str],
        roles: Vec<String>,
    ) -> Map<String, Value> {
        for (name, key) in [("sub", "id"), ("roles", "roles"), ("scope", "scopes"), ("scp", "scopes")] {
            if claims.contains_key(name) {
                self.error(&span, format!("`{name}` cannot be said in `claims`"), format!("say it in `{key}`"));
            }
        }
        claims.insert("sub".to_owned(), id.into());
        if !scopes.is_empty() {
            claims.insert("scope".to_owned(), scopes.join(" ").into());
        }
        if !roles.is_empty() {
            claims.insert("roles".to_owned(), roles.into());
        }
        claims
    }

    fn error(&mut self, place: &Range<usize>, message: impl Into<String>, help: impl Into<String>) {
        self.found.push(Diagnostic::error(CODE, message).at(yaml::span(self.source, place), "").help(help));
    }

    fn twice(&mut self, place: &Range<usize>, first: &Range<usize>, message: impl Into<String>, help: &str) {
        let found = Diagnostic::error(CODE, message).at(yaml::span(self.source, place), "");
        self.found.push(found.at(yaml::span(self.source, first), "the first").help(help));
    }
}
