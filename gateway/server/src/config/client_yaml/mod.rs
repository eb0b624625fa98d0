//! Owns `client.yaml`, the policy of one client: [`Raw`] is the file as it is written, [`ClientPolicy`] what holds.

mod admission;
mod lifecycle;
#[cfg(test)]
mod tests;
mod tier;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use weft_federation::diagnostics::{Diagnostic, Source, Span};

use super::values::{Count, Errors, Exposure, Operations, Scheme, Time};
use super::yaml::{self, CODE, Located};
use super::{GatewayConfig, or_variable};
use crate::auth::Admission;

pub use lifecycle::Lifecycle;

/// The policy of one client, beside its schema.
///
/// Every key may be left out, and so may the file. A key that is not known is an error. Durations are written `250ms`, `30s`, `5m`
/// or `1h`. In values `${env.NAME}` and `${env.NAME:-default}` stand for variables of the environment. Bounds hold as the
/// client's tier in `weft.yaml` says, and here they can only be tightened.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(title = "client.yaml")]
struct Raw {
    /// Who the client belongs to: `internal` are our own tools, which alone may take in whole types by `all: true`; `first-party`
    /// are our own applications; `partner` are others.
    #[schemars(extend("default" = "first-party"))]
    exposure: Option<Exposure>,
    /// Who may use it.
    auth: Auth,
    /// One of `tiers` in `weft.yaml`, which bounds what is said here. Without it that is `default`, which bounds nothing unless it is
    /// there.
    #[schemars(example = &"bronze")]
    tier: Option<Located<String>>,
    /// Of one operation.
    limits: Limits,
    /// How long one request may take; never longer than `traffic.request_timeout` in `weft.yaml`.
    #[schemars(example = "3s")]
    timeout: Option<Located<Time>>,
    /// Whether any operation is taken, or only those that are registered: the files in the folder `operations`. See
    /// [operations.md](operations.md).
    #[schemars(extend("default" = "open"))]
    operations: Option<Operations>,
    /// Whether the client may ask for its schema. Without it that is as for the whole gateway.
    #[schemars(example = true)]
    introspection: Option<bool>,
    /// `full` tells what backends say, and which one it was; `masked` only that a field failed, with a code. Without it a `partner` is
    /// told `masked`, and others `full`.
    #[schemars(example = &"masked")]
    errors: Option<Errors>,
    /// Of answers.
    cache: Cache,
    /// When the client's schema goes, and what comes after it.
    lifecycle: lifecycle::RawLifecycle,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Auth {
    /// A request needs a token with one of these in its claim `aud`, or an API key of a consumer with one of these, besides what
    /// `authentication` in `weft.yaml` demands. Without this key the client is open to all that the gateway lets in, be they
    /// anonymous; an empty list is an error.
    #[serde(deserialize_with = "written")]
    #[schemars(with = "Vec<String>", example = ["partner-v1"])]
    audiences: Option<Located<Vec<String>>>,
    /// How callers may say who they are, of what `authentication` in `weft.yaml` takes: `jwt`, `api_key`. Without it all of these. What is
    /// sent in another way is not looked at.
    #[schemars(example = ["api_key"])]
    schemes: Option<Located<Vec<Located<Scheme>>>>,
    /// Whether requests without a credential are refused. Where `authorization` in `weft.yaml` says so they are, whatever is said here.
    #[schemars(extend("default" = false))]
    require_authentication: Located<bool>,
}

/// A key without a value is none that is left out: it is read, and is no list.
fn written<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Located<Vec<String>>>, D::Error> {
    Located::deserialize(value).map(Some)
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "ClientLimits")]
struct Limits {
    /// How many fields may be nested in one another, as the client writes them. Introspection does not count. Without it that is as
    /// the tier says, or else `limits.depth` in `weft.yaml`.
    #[schemars(example = 6)]
    depth: Option<Located<Count>>,
    /// Not measured yet: it is only compared with the tier's.
    #[schemars(example = 500)]
    cost: Option<Located<Count>>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Cache {
    /// Has no effect yet.
    #[schemars(example = "60s")]
    max_age: Option<Located<Time>>,
}

/// What holds for the requests of a client.
#[derive(Debug, Clone)]
pub struct ClientPolicy {
    pub exposure: Exposure,
    /// Who is let in.
    pub admission: Admission,
    /// How many fields may be nested.
    pub depth: u32,
    /// How long a request may take.
    pub timeout: Duration,
    pub operations: Operations,
    /// Automatic persisted queries are taken; where operations are registered, they are not.
    pub apq: bool,
    pub introspection: bool,
    pub errors: Errors,
    pub lifecycle: Lifecycle,
    /// What of the bounds the file itself says.
    pub stated: Stated,
}

/// The bounds that a `client.yaml` says, without those of its tier and of the gateway.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stated {
    pub depth: Option<u32>,
    pub cost: Option<u32>,
    pub timeout: Option<Duration>,
}

impl ClientPolicy {
    /// What holds at the supergraph's own endpoint.
    pub fn of_supergraph(gateway: &GatewayConfig) -> Self {
        Self {
            exposure: Exposure::Internal,
            admission: Admission {
                schemes: gateway.schemes(),
                is_required: gateway.requires_authentication,
                audiences: Box::default(),
            },
            depth: gateway.max_depth,
            timeout: gateway.request_timeout,
            operations: Operations::Open,
            apq: gateway.apq,
            introspection: gateway.allows_introspection(),
            errors: Errors::Full,
            lifecycle: Lifecycle::default(),
            stated: Stated::default(),
        }
    }

    /// Reads the text of a `client.yaml`, an empty one where there is no file. Gives the policy, and all that there is to say; where
    /// something is an error, the policy is not to be used.
    pub fn parse(
        source: &Arc<Source>,
        gateway: &GatewayConfig,
        environment: &BTreeMap<String, String>,
    ) -> (Self, Vec<Diagnostic>) {
        let (raw, found) = yaml::read::<Raw>(source, &|name| environment.get(name).cloned());
        let is_damaged = !found.is_empty();
        let mut resolving = Resolving { source, gateway, found, is_damaged };
        (resolving.policy(raw.unwrap_or_default()), resolving.found)
    }
}

/// The JSON Schema of the file, for editors.
pub fn json_schema() -> Value {
    let mut schema = schemars::schema_for!(Raw);
    or_variable(&mut schema);
    schema.to_value()
}

struct Resolving<'a> {
    source: &'a Arc<Source>,
    gateway: &'a GatewayConfig,
    found: Vec<Diagnostic>,
    /// Something was wrong with the file before, and was taken out.
    is_damaged: bool,
}

impl Resolving<'_> {
    fn policy(&mut self, raw: Raw) -> ClientPolicy {
        let exposure = raw.exposure.unwrap_or_default();
        let tier = self.tier(raw.tier.as_ref());
        let (depth, timeout) = self.bounds(&tier, &raw);
        let count = |count: &Located<Count>| count.value.0;
        let stated = Stated {
            depth: raw.limits.depth.as_ref().map(count),
            cost: raw.limits.cost.as_ref().map(count),
            timeout: raw.timeout.as_ref().map(|time| time.value.0),
        };
        let by_exposure = match exposure {
            Exposure::Partner => Errors::Masked,
            Exposure::Internal | Exposure::FirstParty => Errors::Full,
        };
        if let Some(max_age) = &raw.cache.max_age {
            self.not_in_effect(&max_age.span, "`cache.max_age` has no effect yet");
        }
        let operations = raw.operations.unwrap_or_default();
        ClientPolicy {
            exposure,
            admission: self.admission(raw.auth),
            depth: depth.unwrap_or(self.gateway.max_depth),
            timeout: timeout.map_or(self.gateway.request_timeout, |timeout| timeout.min(self.gateway.request_timeout)),
            operations,
            apq: operations == Operations::Open,
            introspection: raw.introspection.unwrap_or_else(|| self.gateway.allows_introspection()),
            errors: raw.errors.unwrap_or(by_exposure),
            lifecycle: raw.lifecycle.resolve(self),
            stated,
        }
    }

    fn error(&mut self, code: &'static str, place: &Range<usize>, message: impl Into<String>, help: impl Into<String>) {
        self.found.push(Diagnostic::error(code, message).at(self.span(place), "").help(help));
    }

    fn not_in_effect(&mut self, place: &Range<usize>, message: &str) {
        self.found.push(Diagnostic::warning("NOT_IN_EFFECT", message).at(self.span(place), ""));
    }

    fn span(&self, place: &Range<usize>) -> Span {
        yaml::span(self.source, place)
    }
}
