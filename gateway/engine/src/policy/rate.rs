//! Owns the share of failures among the calls of a window, which is counted in slices of it.

use std::time::Duration;

use tokio::time::Instant;

/// A call is forgotten with its slice: after at most the window, and at least nine tenths of it.
const SLICES: usize = 10;

#[derive(Debug)]
pub struct Rate {
    slices: [Slice; SLICES],
    /// The slice that is being counted in, since `start`.
    at: u64,
    start: Instant,
    /// In nanoseconds.
    length: u128,
}

#[derive(Debug, Clone, Copy, Default)]
struct Slice {
    calls: u64,
    failures: u64,
}

impl Rate {
    pub fn new(window: Duration, now: Instant) -> Self {
        let length = (window.as_nanos() / SLICES as u128).max(1);
        Self { slices: [Slice::default(); SLICES], at: 0, start: now, length }
    }

    pub fn succeeded(&mut self, now: Instant) {
        self.slice(now).calls += 1;
    }

    pub fn failed(&mut self, now: Instant) {
        let slice = self.slice(now);
        slice.calls += 1;
        slice.failures += 1;
    }

    /// As of the last one.
    pub fn calls(&self) -> u64 {
        self.slices.iter().map(|slice| slice.calls).sum()
    }

    /// From 0 to 1.
    pub fn share(&self) -> f64 {
        let failures: u64 = self.slices.iter().map(|slice| slice.failures).sum();
        // There are not so many that it would matter.
        failures as f64 / self.calls().max(1) as f64
    }

    /// The slice of now, after those that are over were forgotten.
    fn slice(&mut self, now: Instant) -> &mut Slice {
        let since = now.saturating_duration_since(self.start).as_nanos() / self.length;
        let at = u64::try_from(since).unwrap_or(u64::MAX);
        let place = |at: u64| (at % SLICES as u64) as usize;
        let gone = at.saturating_sub(self.at).min(SLICES as u64);
        // Clocks of several threads: one that is behind counts in the slice that there is.
        self.at = self.at.max(at);
        for back in 0..gone {
            self.slices[place(self.at - back)] = Slice::default();
        }
        &mut self.slices[place(self.at)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_forgotten_with_their_slice() {
        let start = Instant::now();
        let mut rate = Rate::new(Duration::from_secs(10), start);
        // When, whether it fails, and what is known then.
        let cases = [
            (0, true, (1, 1.0)),
            (500, false, (2, 0.5)),
            (1_000, false, (3, 1.0 / 3.0)),
            (9_999, true, (4, 0.5)),
            // Those of the first second are over.
            (10_000, true, (3, 2.0 / 3.0)),
            (11_000, true, (3, 1.0)),
            // A thread whose clock is behind.
            (10_500, false, (4, 0.75)),
            (1_000_000, false, (1, 0.0)),
        ];
        for (at, fails, expected) in cases {
            let now = start + Duration::from_millis(at);
            if fails {
                rate.failed(now)
            } else {
                rate.succeeded(now)
            }
            assert_eq!((rate.calls(), rate.share()), expected, "{at}");
        }
    }
}
