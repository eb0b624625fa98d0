//! Owns one limit: by what it counts, in which tier, under which rate, and where.

use std::num::NonZeroU32;
use std::sync::Arc;

use super::key::{By, Key};
use super::memory;
use super::rate::{Algorithm, Decision, Rate};
use super::redis::{self, Redis};
use super::{OnError, RateLimitConfig, Storage, Unit};

pub struct Limit {
    pub by: By,
    pub rate: Rate,
    /// What is counted.
    pub unit: Unit,
    algorithm: Algorithm,
    storage: Storage,
    counter: Counter,
}

enum Counter {
    Memory(memory::Counter),
    Redis(redis::Counter, OnError),
}

/// What the limits of a gateway count with together.
pub enum Shared {
    Memory { max_keys: usize },
    Redis { redis: Arc<Redis>, prefix: String, on_error: OnError },
}

impl Shared {
    pub fn new(storage: &Storage) -> Self {
        match storage {
            Storage::Memory { max_keys } => Self::Memory { max_keys: *max_keys },
            Storage::Redis { redis, on_error } => {
                Self::Redis { redis: Arc::new(Redis::new(redis)), prefix: redis.prefix.clone(), on_error: *on_error }
            }
        }
    }
}

/// What is known of a request that could not be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Uncounted(pub OnError);

impl Limit {
    pub fn new(by: By, tier: &str, rate: Rate, config: &RateLimitConfig, shared: &Shared) -> Self {
        let RateLimitConfig { algorithm, unit, ref storage, .. } = *config;
        // There is no operation yet where addresses are counted.
        let unit = if by == By::Ip { Unit::Requests } else { unit };
        let counter = match shared {
            Shared::Memory { max_keys } => Counter::Memory(memory::Counter::new(algorithm, rate, *max_keys)),
            Shared::Redis { redis, prefix, on_error } => {
                // All that a count hangs on is in it, so that no count is read as another one's.
                let Rate { limit, per, burst } = rate;
                let numbers = format!("{limit}/{}/{burst}", per.as_millis());
                let namespace = format!("{prefix}:{}:{}:{tier}:{}:{numbers}", by.name(), algorithm.name(), unit.name());
                Counter::Redis(redis::Counter::new(Arc::clone(redis), namespace, algorithm, rate), *on_error)
            }
        };
        Self { by, rate, unit, algorithm, storage: storage.clone(), counter }
    }

    /// Whether what the other one has counted holds for this one.
    pub fn is_as(&self, other: &Self) -> bool {
        let Self { by, rate, unit, algorithm, storage, counter: _ } = self;
        (*by, *rate, *unit, *algorithm) == (other.by, other.rate, other.unit, other.algorithm)
            && *storage == other.storage
    }

    /// Takes so many units from what this key may take, if it may.
    pub async fn take(&self, key: &Key, units: NonZeroU32) -> Result<Decision, Uncounted> {
        let units = self.algorithm.units(&self.rate, units);
        match &self.counter {
            Counter::Memory(counter) => Ok(counter.take(key, units)),
            // The log has why.
            Counter::Redis(counter, on_error) => counter.take(key, units).await.map_err(|_| Uncounted(*on_error)),
        }
    }
}
