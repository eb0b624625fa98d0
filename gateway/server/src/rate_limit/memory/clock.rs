//! Owns the time that counters in memory go by: tokio's, which tests can pause.

use std::time::Duration;

use governor::nanos::Nanos;
use tokio::time::Instant;

/// Time since a counter was made.
#[derive(Debug, Clone, Copy)]
pub struct Clock(Instant);

impl Clock {
    pub fn start() -> Self {
        Self(Instant::now())
    }

    pub fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

impl governor::clock::Clock for Clock {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        Self::now(self).into()
    }
}
