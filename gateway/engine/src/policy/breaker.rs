//! Owns the circuit breaker of one endpoint: a state machine that is told what the time is and how calls ended, and nothing
//! else.
//!
//! Closed, calls pass, and failures are counted; at too many it opens, and calls are refused. After a while it is half-open: as
//! many calls at a time as configured go out as probes. That many successes close it, and one failure opens it again.
//!
//! A call that was let through in one phase says nothing of a later one: each phase has a number, and what comes with another is
//! not counted. While all is well a call costs two reads of one number, and nobody is asked for the time.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::rate::Rate;

/// When a circuit opens, and how it closes again.
#[derive(Debug, Clone, PartialEq)]
pub struct BreakerConfig {
    pub trip: Trip,
    /// How long a failure counts.
    pub window: Duration,
    /// How long calls are refused before the endpoint is tried again.
    pub open_for: Duration,
    /// How many probes are out at a time, and how many have to succeed; at least one.
    pub half_open_requests: u32,
}

/// What opens a circuit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Trip {
    /// So many failures in a row.
    Failures(u32),
    /// This share of the calls, once there were so many of them.
    Rate { share: f64, min_requests: u32 },
}

impl Default for BreakerConfig {
    fn default() -> Self {
        Self {
            trip: Trip::Failures(5),
            window: Duration::from_secs(60),
            open_for: Duration::from_secs(30),
            half_open_requests: 3,
        }
    }
}

#[derive(Debug)]
pub struct Breaker {
    config: BreakerConfig,
    /// The number of the phase, and two bits of what is known of it without the lock.
    glance: AtomicU64,
    state: Mutex<State>,
}

/// Calls pass.
const CLOSED: u64 = 1;
/// A success changes nothing.
const QUIET: u64 = 2;
const FLAGS: u32 = 2;

#[derive(Debug)]
struct State {
    /// The number of the phase.
    number: u64,
    phase: Phase,
}

#[derive(Debug)]
enum Phase {
    Closed(Tally),
    Open { until: Instant },
    HalfOpen { out: u32, succeeded: u32 },
}

/// How calls ended of late.
#[derive(Debug)]
enum Tally {
    /// When each of the last failures was, without a success between them.
    Row(VecDeque<Instant>),
    Rate(Option<Rate>),
}

/// What a circuit does with calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CircuitState {
    Closed,
    /// Calls are refused for this long.
    Open {
        for_another: Duration,
    },
    HalfOpen,
}

/// The circuit is open, or half-open with all its probes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused;

/// What a call's end did to the circuit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    Opened,
    Closed,
}

impl Breaker {
    pub fn new(config: BreakerConfig) -> Self {
        let state = State { number: 0, phase: Phase::closed(&config) };
        Self { glance: AtomicU64::new(state.glance()), config, state: Mutex::new(state) }
    }

    /// Lets a call through, or refuses it.
    pub fn admit(&self, now: impl FnOnce() -> Instant) -> Result<Permit<'_>, Refused> {
        let glance = self.glance.load(Ordering::Acquire);
        if glance & CLOSED != 0 {
            return Ok(Permit { breaker: self, number: glance >> FLAGS, is_settled: false });
        }
        let mut state = self.lock();
        if let Phase::Open { until } = state.phase {
            if now() < until {
                return Err(Refused);
            }
            self.enter(&mut state, Phase::HalfOpen { out: 0, succeeded: 0 });
        }
        match &mut state.phase {
            Phase::HalfOpen { out, .. } if *out >= self.config.half_open_requests => return Err(Refused),
            Phase::HalfOpen { out, .. } => *out += 1,
            // It was closed, or opened, since it was looked at; what was just open is half-open now.
            Phase::Closed(_) | Phase::Open { .. } => {}
        }
        Ok(Permit { breaker: self, number: state.number, is_settled: false })
    }

    /// What it would do with a call. It stays as it is.
    pub fn state(&self, now: impl FnOnce() -> Instant) -> CircuitState {
        if self.glance.load(Ordering::Acquire) & CLOSED != 0 {
            return CircuitState::Closed;
        }
        match self.lock().phase {
            Phase::Closed(_) => CircuitState::Closed,
            Phase::HalfOpen { .. } => CircuitState::HalfOpen,
            Phase::Open { until } => match until.saturating_duration_since(now()) {
                Duration::ZERO => CircuitState::HalfOpen,
                for_another => CircuitState::Open { for_another },
            },
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it is held.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter(&self, state: &mut State, phase: Phase) {
        *state = State { number: state.number + 1, phase };
        self.glance.store(state.glance(), Ordering::Release);
    }

    fn succeeded(&self, number: u64, now: impl FnOnce() -> Instant) -> Option<Change> {
        if self.glance.load(Ordering::Acquire) == number << FLAGS | CLOSED | QUIET {
            return None;
        }
        let mut state = self.lock();
        if state.number != number {
            return None;
        }
        match &mut state.phase {
            Phase::Closed(Tally::Row(failures)) => failures.clear(),
            Phase::Closed(Tally::Rate(rate)) => {
                let now = now();
                rate.get_or_insert_with(|| Rate::new(self.config.window, now)).succeeded(now);
            }
            Phase::HalfOpen { out, succeeded } => {
                *out -= 1;
                *succeeded += 1;
                if *succeeded >= self.config.half_open_requests {
                    let closed = Phase::closed(&self.config);
                    self.enter(&mut state, closed);
                    return Some(Change::Closed);
                }
            }
            // It lets no call through.
            Phase::Open { .. } => {}
        }
        self.glance.store(state.glance(), Ordering::Release);
        None
    }

    fn failed(&self, number: u64, now: Instant) -> Option<Change> {
        let mut state = self.lock();
        if state.number != number {
            return None;
        }
        let is_too_much = match (&mut state.phase, self.config.trip) {
            (Phase::Closed(Tally::Row(failures)), Trip::Failures(most)) => {
                let is_over = |at: &Instant| now.saturating_duration_since(*at) >= self.config.window;
                while failures.front().is_some_and(is_over) {
                    failures.pop_front();
                }
                failures.push_back(now);
                u32::try_from(failures.len()).is_ok_and(|count| count >= most)
            }
            (Phase::Closed(Tally::Rate(rate)), Trip::Rate { share, min_requests }) => {
                let rate = rate.get_or_insert_with(|| Rate::new(self.config.window, now));
                rate.failed(now);
                rate.calls() >= u64::from(min_requests) && rate.share() >= share
            }
            (Phase::HalfOpen { .. }, _) => true,
            // A tally is as the configuration has it, and what is open lets no call through.
            (Phase::Closed(Tally::Row(_) | Tally::Rate(_)) | Phase::Open { .. }, _) => false,
        };
        if is_too_much {
            self.enter(&mut state, Phase::Open { until: now + self.config.open_for });
            return Some(Change::Opened);
        }
        self.glance.store(state.glance(), Ordering::Release);
        None
    }

    /// Takes a probe back that came to nothing.
    fn left(&self, number: u64) {
        if self.glance.load(Ordering::Acquire) & CLOSED != 0 {
            return;
        }
        let mut state = self.lock();
        if state.number != number {
            return;
        }
        match &mut state.phase {
            Phase::HalfOpen { out, .. } => *out -= 1,
            Phase::Closed(_) | Phase::Open { .. } => {}
        }
    }
}

impl State {
    fn glance(&self) -> u64 {
        let flags = match &self.phase {
            Phase::Closed(Tally::Row(failures)) if failures.is_empty() => CLOSED | QUIET,
            Phase::Closed(_) => CLOSED,
            Phase::Open { .. } | Phase::HalfOpen { .. } => 0,
        };
        self.number << FLAGS | flags
    }
}

impl Phase {
    fn closed(config: &BreakerConfig) -> Self {
        Self::Closed(match config.trip {
            Trip::Failures(_) => Tally::Row(VecDeque::new()),
            Trip::Rate { .. } => Tally::Rate(None),
        })
    }
}

/// A call that was let through. Dropped without a word on how it ended, it counts for nothing, and a probe's place is free
/// again.
#[derive(Debug)]
pub struct Permit<'a> {
    breaker: &'a Breaker,
    /// Of the phase that it was given in.
    number: u64,
    is_settled: bool,
}

impl Permit<'_> {
    /// Whether the phase is still the one in which it was given.
    pub fn holds(&self) -> bool {
        self.breaker.glance.load(Ordering::Acquire) >> FLAGS == self.number
    }

    /// The endpoint answered.
    pub fn succeeded(mut self, now: impl FnOnce() -> Instant) -> Option<Change> {
        self.is_settled = true;
        self.breaker.succeeded(self.number, now)
    }

    /// The endpoint failed.
    pub fn failed(mut self, now: Instant) -> Option<Change> {
        self.is_settled = true;
        self.breaker.failed(self.number, now)
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        if !self.is_settled {
            self.breaker.left(self.number);
        }
    }
}
