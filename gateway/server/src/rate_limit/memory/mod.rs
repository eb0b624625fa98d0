//! Owns counting in memory: a counter for one rate, of any number of keys, of which a bounded number is remembered.

mod bucket;
mod clock;
mod fixed;
mod generations;
mod sliding;
#[cfg(test)]
mod tests;

use std::num::NonZeroU32;

use super::Key;
use super::rate::{Algorithm, Decision, Rate};
use bucket::Bucket;
use clock::Clock;
use generations::Generations;

/// Counts what is taken under a rate, key by key.
pub struct Counter(Kind);

enum Kind {
    TokenBucket(Bucket),
    FixedWindow(Windows<fixed::Window>),
    SlidingWindow(Windows<sliding::Window>),
}

struct Windows<W> {
    rate: Rate,
    clock: Clock,
    keys: Generations<W>,
}

impl Counter {
    /// One that remembers so many keys.
    pub fn new(algorithm: Algorithm, rate: Rate, max_keys: usize) -> Self {
        let (clock, lifetime) = (Clock::start(), algorithm.forgets_after(&rate));
        Self(match algorithm {
            Algorithm::TokenBucket => Kind::TokenBucket(Bucket::new(rate, clock, max_keys, lifetime)),
            Algorithm::FixedWindow => {
                Kind::FixedWindow(Windows { rate, clock, keys: Generations::new(max_keys, lifetime) })
            }
            Algorithm::SlidingWindow => {
                Kind::SlidingWindow(Windows { rate, clock, keys: Generations::new(max_keys, lifetime) })
            }
        })
    }

    /// Takes so many units, at most as many as there can be, if there are as many.
    pub fn take(&self, key: &Key, units: NonZeroU32) -> Decision {
        match &self.0 {
            Kind::TokenBucket(bucket) => bucket.take(key, units),
            Kind::FixedWindow(Windows { rate, clock, keys }) => {
                let now = clock.now();
                keys.update(key, now, |window| fixed::take(rate, window, now, units.get()))
            }
            Kind::SlidingWindow(Windows { rate, clock, keys }) => {
                let now = clock.now();
                keys.update(key, now, |window| sliding::take(rate, window, now, units.get()))
            }
        }
    }

    #[cfg(test)]
    fn remembered(&self) -> usize {
        match &self.0 {
            Kind::TokenBucket(bucket) => bucket.remembered(),
            Kind::FixedWindow(windows) => windows.keys.len(),
            Kind::SlidingWindow(windows) => windows.keys.len(),
        }
    }
}
