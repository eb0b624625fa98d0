//! Owns the section `rate_limit`: by what requests are counted, and how. The rates are those of tiers.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use weft_federation::diagnostics::Diagnostic;

use super::Resolving;
use super::tiers::RawTier;
use crate::auth::AuthenticationConfig;
use crate::config::values::{Algorithm, By, Count, IpNetwork, OnError, SecretRedisUrl, StorageKind, Time, Unit};
use crate::config::yaml::{self, Located};
use crate::rate_limit::{self, RateLimitConfig, RedisConfig, Storage};

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
    /// Where the counts are: in the `memory` of each gateway, or in `redis`, for all gateways together.
    #[serde(default)]
    #[schemars(extend("default" = "memory"))]
    storage: Option<Located<StorageKind>>,
    /// The Redis or Valkey, where `storage` is `redis`.
    #[serde(default)]
    redis: Option<Located<RawRedis>>,
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

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Redis")]
struct RawRedis {
    /// Where it is; with `rediss://` by TLS. A password is best a variable: `redis://:${env.REDIS_PASSWORD}@redis:6379/0`.
    #[schemars(example = &"redis://redis:6379")]
    url: SecretRedisUrl,
    /// What all keys begin with, so that several gateways that are not one can share it.
    #[serde(default)]
    #[schemars(extend("default" = "weft"))]
    prefix: Option<String>,
    /// How long a decision may take.
    #[serde(default)]
    #[schemars(extend("default" = "50ms"))]
    timeout: Option<Time>,
    /// What becomes of requests that cannot be counted, since it is down or slow: `open` admits them, `closed` answers 503.
    #[serde(default)]
    #[schemars(extend("default" = "open"))]
    on_error: Option<OnError>,
}

impl RateLimit {
    pub fn resolve(
        self,
        authentication: Option<&AuthenticationConfig>,
        tiers: &BTreeMap<String, super::Tier>,
        resolving: &mut Resolving<'_>,
    ) -> RateLimitConfig {
        let Self { keys, algorithm, unit, storage, redis, max_keys, trusted_proxies } = self;
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
        let kind = storage.as_ref().map(|storage| storage.value).unwrap_or_default();
        let storage = match (kind, redis, storage) {
            (StorageKind::Redis, Some(redis), _) => redis.value.storage(),
            (StorageKind::Redis, None, Some(storage)) if !resolving.is_damaged => {
                let help = "say it as `redis: { url: \"redis://host:6379\" }`";
                resolving.error(&storage.span, "it is not said where the Redis is", help);
                Storage::Memory { max_keys }
            }
            (StorageKind::Memory, Some(redis), _) => {
                resolving.not_in_effect(&redis.span, "`redis` is not used: `storage` is `memory`");
                Storage::Memory { max_keys }
            }
            (StorageKind::Memory | StorageKind::Redis, None, _) => Storage::Memory { max_keys },
        };
        let trusted_proxies = trusted_proxies.into_iter().map(|IpNetwork(network)| network).collect();
        RateLimitConfig { by, algorithm, unit, trusted_proxies, storage }
    }
}

impl RawRedis {
    fn storage(self) -> Storage {
        let Self { url: SecretRedisUrl(url), prefix, timeout, on_error } = self;
        let timeout = timeout.map_or(Duration::from_millis(50), |Time(timeout)| timeout);
        let redis = RedisConfig { url, prefix: prefix.unwrap_or_else(|| "weft".to_owned()), timeout };
        Storage::Redis { redis, on_error: on_error.map_or_else(Default::default, |OnError(on_error)| on_error) }
    }
}

impl Resolving<'_> {
    /// A warning for each rate, where nothing is counted.
    pub fn rates_without_limits(&mut self, tiers: &BTreeMap<String, RawTier>) {
        for place in tiers.values().filter_map(RawTier::place_of_rate) {
            let help = "say by what requests are counted, such as `rate_limit: { keys: [ip, user] }`";
            let found = Diagnostic::warning("NOT_IN_EFFECT", "this limits nothing without `rate_limit`");
            self.warnings.push(found.at(yaml::span(self.source, place), "").help(help));
        }
    }

    pub fn not_in_effect(&mut self, place: &Range<usize>, message: impl Into<String>) {
        let found = Diagnostic::warning("NOT_IN_EFFECT", message);
        self.warnings.push(found.at(yaml::span(self.source, place), ""));
    }
}
