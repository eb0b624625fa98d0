//! Owns the section `rate_limit`: by what requests are counted, and how. The rates are those of tiers.

use schemars::JsonSchema;
use serde::Deserialize;
use weft_federation::diagnostics::Diagnostic;

use super::Resolving;
use super::tiers::RawTier;
use crate::auth::AuthenticationConfig;
use crate::config::values::{Algorithm, By, Count, IpNetwork, StorageKind, Unit};
use crate::config::yaml::{self, Located};
use crate::rate_limit::{self, RateLimitConfig, Storage};

/// Half a hundred bytes each, with what the map takes.
const MAX_KEYS: usize = 100_000;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RateLimit {
    /// By what requests are counted, each under the `rate` of its tier: `ip`, the address that they come from; `user`, the issuer and `sub`
    /// of their token; `api_key`, the consumer whose key they have, whose own tier holds if it names one; `bff`, the client as a whole.
    #[schemars(example = ["ip", "user", "api_key"])]
    keys: Located<Vec<Located<By>>>,
    /// How they are counted: `token_bucket`, which holds `burst` tokens and gets `limit` new ones in `per`; `fixed_window`, which begins with
    /// a key's first request; or `sliding_window`, which takes a share of the window before.
    #[serde(default)]
    #[schemars(extend("default" = "token_bucket"))]
    algorithm: Option<Algorithm>,
    /// What is counted: `requests`, or what operations `cost`. By `ip` requests are counted in either case.
    #[serde(default)]
    #[schemars(extend("default" = "requests"))]
    unit: Option<Located<Unit>>,
    /// Where the counts are: in the `memory` of each gateway.
    #[serde(default)]
    #[schemars(extend("default" = "memory"))]
    storage: Option<StorageKind>,
    /// How many keys are remembered in memory, of a kind in a tier; each takes some hundred bytes. Past it those are forgotten that were not
    /// used for longest, and begin anew.
    #[serde(default)]
    #[schemars(extend("default" = 100_000))]
    max_keys: Option<Count>,
    /// Proxies whose `X-Forwarded-For` is believed, by address or network. Without any, the address is that of the connection.
    #[serde(default)]
    #[schemars(example = ["10.0.0.0/8"])]
    trusted_proxies: Vec<IpNetwork>,
}

impl RateLimit {
    pub fn resolve(
        self,
        authentication: Option<&AuthenticationConfig>,
        tiers: &std::collections::BTreeMap<String, super::Tier>,
        resolving: &mut Resolving<'_>,
    ) -> RateLimitConfig {
        let Self { keys, algorithm, unit, storage, max_keys, trusted_proxies } = self;
        let mut by: Vec<rate_limit::By> = vec![];
        for Located { value: By(key), span } in &keys.value {
            if by.contains(key) {
                resolving.error(span, format!("`{}` is there twice", key.name()), "take one of them out");
            }
            by.push(*key);
            let (is_known, what) = match key {
                rate_limit::By::Ip | rate_limit::By::Bff => (true, ""),
                rate_limit::By::User => (authentication.is_some_and(|config| config.jwt.is_some()), "jwt"),
                rate_limit::By::ApiKey => (authentication.is_some_and(|config| config.api_keys.is_some()), "api_keys"),
            };
            if !is_known {
                let message = format!("`{}` counts nothing: there is no `authentication.{what}`", key.name());
                resolving.not_in_effect(span, message);
            }
        }
        if keys.value.is_empty() && !resolving.is_damaged {
            let help = "name some of ip, user, api_key and bff, or take `rate_limit` out";
            resolving.error(&keys.span, "requests are counted by nothing", help);
        }
        if tiers.values().all(|tier| tier.rate.is_none()) {
            resolving.not_in_effect(&keys.span, "nothing is limited: no tier has a `rate`");
        }
        let algorithm = algorithm.map_or_else(Default::default, |Algorithm(algorithm)| algorithm);
        let unit = unit.map_or_else(Default::default, |Located { value: Unit(unit), span }| {
            if unit == rate_limit::Unit::Cost {
                resolving.not_in_effect(&span, "the cost of operations is not measured yet: each counts as 1");
            }
            unit
        });
        let max_keys = max_keys.and_then(|Count(most)| usize::try_from(most).ok()).unwrap_or(MAX_KEYS);
        let storage = match storage.unwrap_or_default() {
            StorageKind::Memory => Storage::Memory { max_keys },
        };
        let trusted_proxies = trusted_proxies.into_iter().map(|IpNetwork(network)| network).collect();
        RateLimitConfig { by, algorithm, unit, trusted_proxies, storage }
    }
}

impl Resolving<'_> {
    /// A warning for each rate, where nothing is counted.
    pub fn rates_without_limits(&mut self, tiers: &std::collections::BTreeMap<String, RawTier>) {
        for place in tiers.values().filter_map(RawTier::place_of_rate) {
            let help = "say by what requests are counted, such as `rate_limit: { keys: [ip, user] }`";
            let found = Diagnostic::warning("NOT_IN_EFFECT", "this limits nothing without `rate_limit`");
            self.warnings.push(found.at(yaml::span(self.source, place), "").help(help));
        }
    }

    pub fn not_in_effect(&mut self, place: &std::ops::Range<usize>, message: impl Into<String>) {
        let found = Diagnostic::warning("NOT_IN_EFFECT", message);
        self.warnings.push(found.at(yaml::span(self.source, place), ""));
    }
}
