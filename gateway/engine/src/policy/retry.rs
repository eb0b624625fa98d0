//! Owns when a call is made again: which may be, after how long, and how many of all calls.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use http::HeaderMap;
use http::header::RETRY_AFTER;
use tokio::time::Instant;

/// The pause before the first further attempt, of which half is left to chance. It doubles with each.
const FIRST_PAUSE: Duration = Duration::from_millis(25);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// How calls are made again.
#[derive(Debug, Clone, PartialEq)]
pub struct RetryConfig {
    /// Beyond the first; 0 is off.
    pub attempts: u32,
    /// Of all calls, this share may be made again: from 0 to 1, where 0 is off.
    pub budget: f64,
}

impl Default for RetryConfig {
    fn default() -> Self {
        Self { attempts: 2, budget: 0.2 }
    }
}

/// Whether a call may change something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    Reads,
    /// It is not sent again where it may have been received.
    Writes,
}

/// Which calls a failure lets be made again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    None,
    /// Not before the backend wants them, if it said so.
    Reads {
        after: Option<Duration>,
    },
    /// Nothing was sent.
    All,
}

/// How calls to one endpoint are made again.
#[derive(Debug)]
pub struct Retries {
    attempts: u32,
    budget: Budget,
}

impl Retries {
    /// `None` where they are off.
    pub fn new(config: &RetryConfig) -> Option<Self> {
        let is_on = config.attempts > 0 && config.budget > 0.0;
        is_on.then(|| Self { attempts: config.attempts, budget: Budget::new(config.budget) })
    }

    /// Notes a call, which adds to what may be made again.
    pub fn called(&self) {
        self.budget.deposit();
    }

    /// How long to wait for the next attempt after so many that were made again; `None` if there is to be none. It is taken from the
    /// budget.
    pub fn pause(&self, effect: Effect, again: Again, made: u32, now: Instant, end: Instant) -> Option<Duration> {
        let after = match (again, effect) {
            (Again::None, _) | (Again::Reads { .. }, Effect::Writes) => return None,
            (Again::Reads { after }, Effect::Reads) => after.unwrap_or_default(),
            (Again::All, Effect::Reads | Effect::Writes) => Duration::ZERO,
        };
        let pause = backoff(made).max(after);
        let is_in_time = now.checked_add(pause).is_some_and(|then| then < end);
        (made < self.attempts && is_in_time && self.budget.withdraw(now)).then_some(pause)
    }
}

fn backoff(made: u32) -> Duration {
    let whole = FIRST_PAUSE.saturating_mul(1 << made.min(16)).min(LONGEST_PAUSE);
    // Or those that failed together would come again together.
    whole.mul_f64(0.5 + fastrand::f64() / 2.0)
}

/// How long a backend wants to be left alone, as `Retry-After` says it: in seconds, or until a date.
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    match text.parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => Some(httpdate::parse_http_date(text).ok()?.duration_since(SystemTime::now()).unwrap_or_default()),
    }
}

/// A bucket of tokens: each call adds a share of one, each that is made again takes one. It is never so empty that there is not one
/// every [`FLOOR`], for endpoints that are seldom called.
#[derive(Debug)]
struct Budget {
    /// What a call adds, in thousandths of a token, as is what is there.
    share: u64,
    there: AtomicU64,
    floor: Mutex<Option<Instant>>,
}

const TOKEN: u64 = 1000;
/// What can be saved up: a burst of so many.
const FULL: u64 = 10 * TOKEN;
const FLOOR: Duration = Duration::from_secs(1);

impl Budget {
    fn new(share: f64) -> Self {
        // From 0 to 1, so that it is a number of thousandths; the smallest share is one.
        let share = ((share.clamp(0.0, 1.0) * TOKEN as f64).round() as u64).max(1);
        Self { share, there: AtomicU64::new(FULL), floor: Mutex::default() }
    }

    fn deposit(&self) {
        // Mostly it is full, and nobody has to write.
        if self.there.load(Ordering::Relaxed) < FULL {
            let more = |there: u64| Some((there + self.share).min(FULL));
            let _ = self.there.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
        }
    }

    fn withdraw(&self, now: Instant) -> bool {
        let less = |there: u64| there.checked_sub(TOKEN);
        if self.there.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_ok() {
            return true;
        }
        // Nothing panics while it is held.
        let mut last = self.floor.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = last.is_none_or(|last| now.saturating_duration_since(last) >= FLOOR);
        if is_due {
            *last = Some(now);
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn retries(attempts: u32, budget: f64) -> Retries {
        Retries::new(&RetryConfig { attempts, budget }).expect("they are on")
    }

    #[test]
    fn what_may_have_been_received_is_sent_again_only_if_it_reads() {
        let (now, soon) = (Instant::now(), Some(Duration::from_millis(1)));
        let end = now + Duration::from_secs(60);
        let cases = [
            (Again::None, false, false),
            (Again::Reads { after: None }, true, false),
            (Again::Reads { after: soon }, true, false),
            (Again::All, true, true),
        ];
        for (again, reads, writes) in cases {
            let is_made = |effect| retries(2, 0.2).pause(effect, again, 0, now, end).is_some();
            assert_eq!((is_made(Effect::Reads), is_made(Effect::Writes)), (reads, writes), "{again:?}");
        }
    }

    #[test]
    fn pauses_grow_and_heed_the_backend_and_the_end() {
        let now = Instant::now();
        let pause = |made, after: Option<u64>, left: u64| {
            let again = Again::Reads { after: after.map(Duration::from_millis) };
            retries(20, 1.0).pause(Effect::Reads, again, made, now, now + Duration::from_millis(left))
        };
        let ranges = [(0, 12, 25), (1, 25, 50), (2, 50, 100), (5, 400, 800), (6, 500, 1000), (19, 500, 1000)];
        for (made, least, most) in ranges {
            for _ in 0..100 {
                let pause = pause(made, None, 60_000).expect("there is time");
                assert!(
                    (Duration::from_millis(least)..=Duration::from_millis(most)).contains(&pause),
                    "{made}: {pause:?}"
                );
            }
        }
        assert_eq!(pause(20, None, 60_000), None, "no more attempts");
        assert_eq!(pause(0, Some(2000), 2001), Some(Duration::from_secs(2)));
        assert_eq!(pause(0, Some(2000), 2000), None, "there would be no time left");
        assert_eq!(pause(0, None, 12), None);
        assert_eq!(pause(0, Some(u64::MAX), 60_000), None);
    }

    #[test]
    fn a_share_of_the_calls_is_made_again() {
        // Calls before, and how many of a hundred that fail at once may be made again. One is always there.
        for (share, calls, expected) in
            [(0.2, 0, 1), (0.2, 4, 1), (0.2, 5, 2), (0.2, 20, 5), (0.2, 1000, 11), (1.0, 3, 4), (0.001, 1000, 2)]
        {
            let (budget, now) = (Budget::new(share), Instant::now());
            while budget.there.load(Ordering::Relaxed) >= TOKEN {
                assert!(budget.withdraw(now));
            }
            (0..calls).for_each(|_| budget.deposit());
            assert_eq!((0..100).filter(|_| budget.withdraw(now)).count(), expected, "{share} of {calls}");
            assert!(!budget.withdraw(now + FLOOR - Duration::from_millis(1)), "{share} of {calls}");
            assert!(budget.withdraw(now + FLOOR), "{share} of {calls}");
        }
    }

    #[test]
    fn backends_say_when_to_come_again() {
        let parsed = |text: &'static str| {
            retry_after(&HeaderMap::from_iter([(RETRY_AFTER, http::HeaderValue::from_static(text))]))
        };
        for (text, expected) in [
            ("0", Some(0)),
            (" 120 ", Some(120)),
            ("Wed, 21 Oct 2015 07:28:00 GMT", Some(0)),
            ("-1", None),
            ("1.5", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(parsed(text), expected.map(Duration::from_secs), "{text}");
        }
        assert!(parsed("Fri, 31 Dec 9999 23:59:59 GMT").is_some_and(|after| after > Duration::from_secs(1 << 32)));
        assert_eq!(retry_after(&HeaderMap::new()), None);
    }
}
