//! Tests of counters in memory, each against a naive model that keeps all that ever happened.

use std::num::NonZeroU32;
use std::time::Duration;

use proptest::prelude::*;
use tokio::time::advance;

use super::Counter;
use crate::rate_limit::Key;
use crate::rate_limit::rate::{Algorithm, Decision, Rate};

const ALGORITHMS: [Algorithm; 3] = [Algorithm::TokenBucket, Algorithm::FixedWindow, Algorithm::SlidingWindow];

fn rate(limit: u32, per: Duration, burst: u32) -> Rate {
    let some = |count| NonZeroU32::new(count).expect("more than none");
    Rate { limit: some(limit), per, burst: some(burst) }
}

fn key(name: &str) -> Key {
    Key::of_consumer(name)
}

fn units(units: u32) -> NonZeroU32 {
    NonZeroU32::new(units).expect("more than none")
}

/// All requests of one key: when each came, in nanoseconds, and what it was given.
struct Model {
    algorithm: Algorithm,
    rate: Rate,
    log: Vec<(u128, u32)>,
}

impl Model {
    /// How much could be taken at this time, if nothing more comes until then.
    fn room(&self, at: u128) -> u32 {
        let room = match self.algorithm {
            Algorithm::TokenBucket => self.tokens(at),
            Algorithm::FixedWindow => self.left_in_fixed(at),
            Algorithm::SlidingWindow => self.left_in_sliding(at),
        };
        u32::try_from(room).expect("a small number")
    }

    /// In parts of a token, of which `limit` come in a nanosecond.
    fn tokens(&self, at: u128) -> u128 {
        let (limit, per) = (u128::from(self.rate.limit.get()), self.rate.per.as_nanos());
        let full = u128::from(self.rate.burst.get()) * per;
        let (mut parts, mut since) = (full, 0);
        for (time, given) in &self.log {
            parts = full.min(parts + (time - since) * limit) - u128::from(*given) * per;
            since = *time;
        }
        full.min(parts + (at - since) * limit) / per
    }

    fn left_in_fixed(&self, at: u128) -> u128 {
        let per = self.rate.per.as_nanos();
        let mut began = None;
        for (time, _) in &self.log {
            if began.is_none_or(|began| time - began >= per) {
                began = Some(*time);
            }
        }
        let open = began.filter(|began| at - began < per);
        let given = open.map_or(0, |began| self.given(began, at));
        u128::from(self.rate.limit.get()) - given
    }

    fn left_in_sliding(&self, at: u128) -> u128 {
        let per = self.rate.per.as_nanos();
        // Windows follow each other from the first request on, and from the first one after one of them had none.
        let mut first: Option<u128> = None;
        let mut last = 0;
        for time in self.log.iter().map(|(time, _)| *time).chain([at]) {
            if first.is_none_or(|first| (time - first) / per >= (last - first) / per + 2) {
                first = Some(time);
            }
            last = time;
        }
        let first = first.expect("there is one at least");
        let began = first + (at - first) / per * per;
        let now = self.given(began, at);
        let before = if began >= first + per { self.given(began - per, began - 1) } else { 0 };
        let share = (before * (per - (at - began))).div_ceil(per);
        u128::from(self.rate.limit.get()).saturating_sub(now + share)
    }

    /// From one time to another, with both.
    fn given(&self, from: u128, to: u128) -> u128 {
        let given = self.log.iter().filter(|(time, _)| (from..=to).contains(time)).map(|(_, given)| u128::from(*given));
        given.sum()
    }

    /// Looks at a decision in every respect, and notes it.
    fn check(&mut self, at: u128, units: u32, decision: Decision) {
        let (room, most) = (self.room(at), self.algorithm.most(&self.rate).get());
        let units = units.min(most);
        let given = if units <= room { units } else { 0 };
        assert_eq!(decision.wait.is_none(), given > 0, "{units} of {room}: {decision:?}");
        assert_eq!(decision.remaining, room - given);
        self.log.push((at, given));
        if let Some(wait) = decision.wait {
            let then = at + wait.as_nanos();
            assert!(self.room(then) >= units, "after {wait:?} there is room");
            assert!(self.room(then - 1) < units, "and not before");
        }
        let reset = at + decision.reset.as_nanos();
        assert_eq!(self.room(reset), most, "after {:?} there is all", decision.reset);
        // Of the tokens in a bucket whole ones are told alone.
        if self.algorithm != Algorithm::TokenBucket && decision.reset > Duration::ZERO {
            assert_ne!(self.room(reset - 1), most, "and not before");
        }
    }
}

/// Runs with a clock that stands still unless it is moved.
fn paused(work: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime").block_on(work);
}

proptest! {
    #[test]
    fn every_decision_is_that_of_the_naive_model(
        algorithm in prop::sample::select(&ALGORITHMS[..]),
        limit in prop::sample::select(&[1_u32, 2, 3, 5, 8, 60, 100][..]),
        // One that all limits divide, so that a token comes after a whole number of nanoseconds.
        seconds in prop::sample::select(&[3_u64, 6, 60][..]),
        burst in 1_u32..12,
        // How long after the one before, in thousandths of the window, and how much is asked for.
        requests in prop::collection::vec((prop_oneof![0_u64..40, 0_u64..3000], 1_u32..6), 1..60),
    ) {
        paused(async move {
            let rate = rate(limit, Duration::from_secs(seconds), burst);
            let (counter, key) = (Counter::new(algorithm, rate, 1000), key("k"));
            let mut model = Model { algorithm, rate, log: vec![] };
            let mut now = 0;
            for (thousandths, asked) in requests {
                let pause = rate.per / 1000 * u32::try_from(thousandths).expect("a small number");
                advance(pause).await;
                now += pause.as_nanos();
                let taken = algorithm.units(&rate, units(asked));
                model.check(now, asked, counter.take(&key, taken));
            }
        });
    }
}

#[test]
fn a_key_is_admitted_as_often_as_its_rate_says() {
    // When a request comes, in milliseconds, and how many of three at that time are admitted.
    let cases: [(Algorithm, &[(u64, usize)]); 3] = [
        (Algorithm::TokenBucket, &[(0, 2), (999, 0), (1000, 1), (2000, 1), (60_000, 2)]),
        (Algorithm::FixedWindow, &[(0, 3), (1, 1), (1999, 0), (2000, 3), (4100, 3)]),
        (Algorithm::SlidingWindow, &[(0, 3), (1, 1), (2000, 0), (2500, 1), (3000, 1), (60_000, 3)]),
    ];
    for (algorithm, times) in cases {
        paused(async move {
            let limit = if algorithm == Algorithm::TokenBucket { 2 } else { 4 };
            let counter = Counter::new(algorithm, rate(limit, Duration::from_secs(2), 2), 10);
            let mut now = 0;
            for (at, expected) in times {
                advance(Duration::from_millis(at - now)).await;
                now = *at;
                let admitted = (0..3).filter(|_| counter.take(&key("k"), units(1)).wait.is_none()).count();
                assert_eq!(admitted, *expected, "{algorithm:?} at {at} ms");
            }
        });
    }
}

#[test]
fn one_key_takes_nothing_from_another() {
    for algorithm in ALGORITHMS {
        let counter = Counter::new(algorithm, rate(1, Duration::from_secs(3600), 1), 100);
        for name in ["a", "b", "c"] {
            assert!(counter.take(&key(name), units(1)).wait.is_none(), "{algorithm:?} {name}");
            assert!(counter.take(&key(name), units(1)).wait.is_some(), "{algorithm:?} {name}");
        }
    }
}

/// Nor does a flood make a key forgotten that is in use.
#[test]
fn a_flood_of_keys_takes_no_more_than_its_room() {
    for algorithm in ALGORITHMS {
        let (most, exhausted) = (2000, key("exhausted"));
        let counter = Counter::new(algorithm, rate(1, Duration::from_secs(3600), 1), most);
        assert!(counter.take(&exhausted, units(1)).wait.is_none());
        for number in 0..200_000 {
            counter.take(&key(&number.to_string()), units(1));
            if number % 20 == 0 {
                assert!(counter.take(&exhausted, units(1)).wait.is_some(), "{algorithm:?} after {number}");
                assert!(counter.remembered() <= most, "{algorithm:?}: {} keys", counter.remembered());
            }
        }
    }
}

#[test]
fn keys_that_are_not_used_are_forgotten() {
    for algorithm in ALGORITHMS {
        paused(async move {
            let counter = Counter::new(algorithm, rate(10, Duration::from_secs(1), 10), 100_000);
            let touch = |from: u32| {
                for number in from..from + 1000 {
                    counter.take(&key(&number.to_string()), units(1));
                }
            };
            touch(0);
            assert_eq!(counter.remembered(), 1000);
            for _ in 0..3 {
                advance(Duration::from_secs(3)).await;
                touch(5000);
            }
            assert_eq!(counter.remembered(), 1000, "{algorithm:?}");
        });
    }
}
