//! Owns one limit: by what it counts, in which tier, under which rate, and where.

use std::num::NonZeroU32;

use super::key::{By, Key};
use super::memory;
use super::rate::{Algorithm, Decision, Rate};
use super::{RateLimitConfig, Storage, Unit};

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
}

/// Why nothing was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Uncounted;

impl Limit {
    pub fn new(by: By, rate: Rate, config: &RateLimitConfig) -> Self {
        let RateLimitConfig { algorithm, unit, ref storage, .. } = *config;
        let counter = match storage {
            Storage::Memory { max_keys } => Counter::Memory(memory::Counter::new(algorithm, rate, *max_keys)),
        };
        // There is no operation yet where addresses are counted.
        let unit = if by == By::Ip { Unit::Requests } else { unit };
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
        }
    }
}
