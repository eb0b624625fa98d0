//! Owns the fixed window: it begins with a key's first request, and with the first one after it has ended.

use std::time::Duration;

use crate::rate_limit::rate::{Decision, Rate};

/// What is known of a key.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    began: Duration,
    taken: u32,
}

/// Takes so many units, which are no more than the limit, if there are as many.
pub fn take(rate: &Rate, known: Option<Window>, now: Duration, units: u32) -> (Decision, Window) {
    let is_open = |window: &Window| now.saturating_sub(window.began) < rate.per;
    let mut window = known.filter(is_open).unwrap_or(Window { began: now, taken: 0 });
    let ends_in = (window.began + rate.per).saturating_sub(now);
    let remaining = rate.limit.get().saturating_sub(window.taken);
    let decision = match remaining.checked_sub(units) {
        Some(remaining) => {
            window.taken += units;
            Decision { remaining, reset: ends_in, wait: None }
        }
        None => Decision { remaining, reset: ends_in, wait: Some(ends_in) },
    };
    (decision, window)
}
