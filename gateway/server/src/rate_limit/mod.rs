//! Owns rate limits: by what requests are counted, under which rates, and what becomes of those that are too many.
//!
//! [`RateLimits`] is what holds for a snapshot; a [`Toll`] is one request's way through it. Who has no rate is never counted.

mod address;
mod headers;
mod key;
mod limit;
mod memory;
mod rate;
mod redis;
mod toll;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::config::Tier;
use limit::{Limit, Shared};

pub use address::Network;
pub use key::By;
pub use rate::{Algorithm, Rate};
pub use redis::{RedisConfig, RedisUrl};
pub use toll::{Limited, RATE_LIMITED, SERVICE_UNAVAILABLE, Toll};

use key::Key;

/// How requests are counted, whatever the rates are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateLimitConfig {
    /// By what, each once.
    pub by: Vec<By>,
    pub algorithm: Algorithm,
    pub unit: Unit,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
    pub storage: Storage,
}

/// Where the counts are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Storage {
    /// In this gateway's memory, for about so many keys of a kind and tier.
    Memory { max_keys: usize },
    /// In Redis or Valkey, for all gateways that are told of the same one.
    Redis { redis: RedisConfig, on_error: OnError },
}

/// What becomes of requests that cannot be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnError {
    /// They are admitted.
    #[default]
    Open,
    /// They are refused.
    Closed,
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Unit {
    #[default]
    Requests,
    /// What their operations cost. By address requests are counted all the same, since that is before there is an operation.
    Cost,
}

impl Unit {
    fn name(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::Cost => "cost",
        }
    }
}

/// The limits of a gateway, by the tiers that have a rate. Without any, nothing is limited.
#[derive(Default)]
pub struct RateLimits {
    tiers: HashMap<Box<str>, TierLimits>,
    trusted_proxies: Vec<Network>,
}

/// The limits of a tier, as [`By`] numbers them.
type TierLimits = [Option<Arc<Limit>>; By::ALL.len()];

impl RateLimits {
    pub fn new(config: &RateLimitConfig, tiers: &BTreeMap<String, Tier>) -> Self {
        let shared = Shared::new(&config.storage);
        let limits = |(name, tier): (&String, &Tier)| {
            let rate = tier.rate?;
            let limit = |by| config.by.contains(&by).then(|| Arc::new(Limit::new(by, name, rate, config, &shared)));
            Some((name.as_str().into(), By::ALL.map(limit)))
        };
        let tiers = tiers.iter().filter_map(limits).collect();
        Self { tiers, trusted_proxies: config.trusted_proxies.clone() }
    }

    /// Goes on with what was counted before, where the limit is the same.
    pub fn follow(&mut self, before: &Self) {
        for (name, limits) in &mut self.tiers {
            let Some(before) = before.tiers.get(name) else { continue };
            for (limit, before) in limits.iter_mut().zip(before) {
                if let (Some(limit), Some(before)) = (limit, before)
                    && limit.is_as(before)
                {
                    *limit = Arc::clone(before);
                }
            }
        }
    }

    /// What a request for this client is to pay; `None` is the supergraph's own endpoint.
    pub fn toll<'a>(&'a self, client: Option<&'a str>, tier: &str) -> Toll<'a> {
        Toll::new(self, client, self.tiers.get(tier))
    }

    /// The limit that holds in a tier.
    fn limit(limits: Option<&TierLimits>, by: By) -> Option<&Limit> {
        limits?[by as usize].as_deref()
    }
}
