//! Owns token buckets: governor's, which keeps of each no more than when it will be full (the generic cell rate algorithm).

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::middleware::StateInformationMiddleware;
use governor::nanos::Nanos;
use governor::state::StateStore;
use governor::{Quota, RateLimiter};

use super::clock::Clock;
use super::generations::Generations;
use crate::rate_limit::Key;
use crate::rate_limit::rate::{Decision, Rate};

pub struct Bucket {
    rate: Rate,
    /// In which one token comes.
    interval: Duration,
    clock: Clock,
    #[cfg(test)]
    keys: Arc<Generations<Option<Nanos>>>,
    limiter: RateLimiter<Key, Store, Clock, StateInformationMiddleware>,
}

/// When the bucket of each key will be full, as governor measures time.
struct Store {
    keys: Arc<Generations<Option<Nanos>>>,
    clock: Clock,
}

impl Bucket {
    /// For about so many keys at most, each remembered for this long after it was used.
    pub fn new(rate: Rate, clock: Clock, max_keys: usize, lifetime: Duration) -> Self {
        // No rate is that high.
        let interval = (rate.per / rate.limit.get()).max(Duration::from_nanos(1));
        // It is `None` for an interval of zero alone.
        let quota = Quota::with_period(interval).unwrap_or(Quota::per_second(rate.limit)).allow_burst(rate.burst);
        let keys = Arc::new(Generations::new(max_keys, lifetime));
        let store = Store { keys: Arc::clone(&keys), clock };
        let limiter = RateLimiter::new(quota, store, clock);
        Self {
            rate,
            interval,
            clock,
            #[cfg(test)]
            keys,
            limiter,
        }
    }

    /// Takes so many tokens, if there are as many. There can be no more than `burst`.
    pub fn take(&self, key: &Key, units: NonZeroU32) -> Decision {
        let burst = self.rate.burst.get();
        match self.limiter.check_key_n(key, units) {
            Ok(Ok(state)) => self.decision(state.remaining_burst_capacity(), None),
            Ok(Err(until)) => {
                let wait = until.wait_time_from(self.clock.now().into());
                let missing = wait.as_nanos().div_ceil(self.interval.as_nanos());
                let missing = u32::try_from(missing).unwrap_or(u32::MAX);
                self.decision(units.get().saturating_sub(missing), Some(wait))
            }
            // Who takes asks for no more than that.
            Err(_) => self.decision(burst, Some(self.rate.filled_in())),
        }
    }

    fn decision(&self, remaining: u32, wait: Option<Duration>) -> Decision {
        let reset = self.interval * self.rate.burst.get().saturating_sub(remaining);
        Decision { remaining, reset, wait }
    }

    #[cfg(test)]
    pub fn remembered(&self) -> usize {
        self.keys.len()
    }
}

impl StateStore for Store {
    type Key = Key;

    fn measure_and_replace<T, F, E>(&self, key: &Key, decide: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        self.keys.update(key, self.clock.now(), |known| match decide(known.flatten()) {
            Ok((result, full_at)) => (Ok(result), Some(full_at)),
            // What is refused takes nothing.
            Err(error) => (Err(error), known.flatten()),
        })
    }
}
