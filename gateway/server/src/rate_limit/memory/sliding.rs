//! Owns the sliding window: of the window before this one as much counts as still lies within `per` of now, as if what was taken in it
//! had been taken evenly. That is two numbers a key, where a log of requests would be exact and without bound.

use std::time::Duration;

use crate::rate_limit::rate::{Decision, Rate, nanoseconds};

/// What is known of a key.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    began: Duration,
    /// In the window before.
    before: u32,
    taken: u32,
}

impl Window {
    /// The window that is open now.
    fn at(known: Option<Self>, now: Duration, per: Duration) -> Self {
        let new = Self { began: now, before: 0, taken: 0 };
        let Some(known) = known else { return new };
        match now.saturating_sub(known.began) {
            age if age < per => known,
            age if age < per * 2 => Self { began: known.began + per, before: known.taken, taken: 0 },
            _ => new,
        }
    }
}

/// Takes so many units, which are no more than the limit, if there are as many.
pub fn take(rate: &Rate, known: Option<Window>, now: Duration, units: u32) -> (Decision, Window) {
    let (limit, per) = (rate.limit.get(), rate.per.as_nanos());
    let mut window = Window::at(known, now, rate.per);
    let age = now.saturating_sub(window.began).as_nanos();
    let sliding_in = (u128::from(window.before) * (per - age)).div_ceil(per);
    // It is no more than `before`.
    let counted = window.taken.saturating_add(u32::try_from(sliding_in).unwrap_or(u32::MAX));
    let room = limit.saturating_sub(counted);
    let (remaining, wait) = match room.checked_sub(units) {
        Some(remaining) => {
            window.taken += units;
            (remaining, None)
        }
        None => (room, Some(nanoseconds(wait(limit, per, &window, age, units)))),
    };
    let reset = if window.taken > 0 {
        2 * per - age
    } else if window.before > 0 {
        per - age
    } else {
        0
    };
    (Decision { remaining, reset: nanoseconds(reset), wait }, window)
}

/// How long until so many units can be taken, in nanoseconds.
fn wait(limit: u32, per: u128, window: &Window, age: u128, units: u32) -> u128 {
    // How old a window has to be for so much room beside what `before` of the one before still counts for.
    let age_for = |room: u32, before: u32| match before {
        0 => 0,
        before => per.saturating_sub(u128::from(room) * per / u128::from(before)),
    };
    match limit.saturating_sub(window.taken).checked_sub(units) {
        Some(room) => age_for(room, window.before).saturating_sub(age),
        // This window alone leaves no room: it takes the next one.
        None => per - age + age_for(limit.saturating_sub(units), window.taken),
    }
}
