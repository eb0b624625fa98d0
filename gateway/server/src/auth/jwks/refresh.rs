//! Owns when a server is asked for its keys: at once, then again and again, sooner where a token names a key that is not known, but
//! not more often than the cool-down allows. What was got is kept until there is something newer.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use bytes::Bytes;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep, timeout_at};

use super::document::Published;
use crate::auth::keys::KeySet;

/// Keys are asked for no more often than this because their server says that they hold for a shorter time.
const SHORTEST: Duration = Duration::from_secs(60);

/// From the first failure to the second try. The pause doubles with each failure.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// The longest pause after a failure.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// How often a server is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Schedule {
    /// Keys are no older, unless their server fails.
    pub refresh: Duration,
    /// From one request to the next that a token may cause.
    pub cool_down: Duration,
}

/// What a server has answered.
#[derive(Debug)]
pub struct Fetched {
    pub published: Published,
    /// As it came: the keys are others where it is another.
    pub document: Bytes,
    pub max_age: Option<Duration>,
}

/// What came of asking a server because of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// It was asked, well or not.
    Answered,
    /// It has been asked too short a time ago.
    NotNow,
    /// It has not answered in time.
    TooLate,
}

/// The keys of one server, as far as they are known.
#[derive(Debug)]
pub struct Refreshed {
    /// Who asks, for the log.
    name: String,
    schedule: Schedule,
    keys: ArcSwapOption<KeySet>,
    progress: watch::Sender<Progress>,
    wanted: Notify,
}

#[derive(Debug, Clone, Copy)]
struct Progress {
    /// How many requests have ended, well or not.
    ended: u64,
    is_asking: bool,
    has_failed: bool,
    /// From when on a token may cause a request.
    free_from: Instant,
}

/// What came of the requests so far.
#[derive(Default)]
struct Past {
    /// The last that was got.
    document: Bytes,
    /// Since then.
    failures: u32,
}

impl Refreshed {
    pub fn new(name: String, schedule: Schedule) -> Self {
        // The first request comes at once, and whoever comes before it waits for it.
        let progress = Progress { ended: 0, is_asking: true, has_failed: false, free_from: Instant::now() };
        Self {
            name,
            schedule,
            keys: ArcSwapOption::empty(),
            progress: watch::Sender::new(progress),
            wanted: Notify::new(),
        }
    }

    /// `None` until the server has answered once.
    pub fn keys(&self) -> Option<Arc<KeySet>> {
        self.keys.load_full()
    }

    pub fn generation(&self) -> Option<u64> {
        self.keys.load().as_ref().map(|keys| keys.generation)
    }

    /// Whether the keys may be others by now, since their server did not answer when it was asked last.
    pub fn is_stale(&self) -> bool {
        self.progress.borrow().has_failed
    }

    /// Waits until the server has been asked again, by the deadline, if it may be asked now.
    pub async fn ask_again(&self, deadline: Instant) -> Asked {
        let mut progress = self.progress.subscribe();
        let before = *progress.borrow_and_update();
        if !before.is_asking {
            if Instant::now() < before.free_from {
                return Asked::NotNow;
            }
            self.wanted.notify_one();
        }
        let ended = progress.wait_for(|now| now.ended > before.ended);
        match timeout_at(deadline, ended).await {
            Ok(_) => Asked::Answered,
            Err(_) => Asked::TooLate,
        }
    }

    /// Asks, without end.
    pub async fn follow<F: Future<Output = Result<Fetched, String>>>(&self, mut fetch: impl FnMut() -> F) {
        let mut past = Past::default();
        loop {
            let free_from = Instant::now() + self.schedule.cool_down;
            self.progress.send_modify(|progress| (progress.is_asking, progress.free_from) = (true, free_from));
            let pause = match fetch().await {
                Ok(fetched) => self.succeeded(fetched, &mut past),
                Err(reason) => self.failed(&reason, &mut past),
            };
            self.progress.send_modify(|progress| {
                progress.ended += 1;
                (progress.is_asking, progress.has_failed) = (false, past.failures > 0);
            });
            // Gateways that were started together do not ask together.
            let pause = pause.mul_f64(0.9 + 0.1 * fastrand::f64());
            tokio::select! {
                () = sleep(pause) => {}
                () = self.wanted() => {}
            }
        }
    }

    /// Takes new keys. Gives the pause until they are asked for again.
    fn succeeded(&self, Fetched { published, document, max_age }: Fetched, past: &mut Past) -> Duration {
        let is_new = past.document != document;
        if is_new || past.failures > 0 {
            self.tell(&published);
        }
        if is_new {
            let generation = self.generation().map_or(0, |generation| generation + 1);
            self.keys.store(Some(Arc::new(KeySet { generation, keys: published.keys })));
        }
        *past = Past { document, failures: 0 };
        let refresh = self.schedule.refresh;
        max_age.map_or(refresh, |age| age.clamp(SHORTEST.min(refresh), refresh))
    }

    /// Stays with the keys from before. Gives the pause until the next try.
    fn failed(&self, reason: &str, past: &mut Past) -> Duration {
        let meanwhile = if self.keys.load().is_some() { "those from before are used" } else { "there are none" };
        tracing::warn!("cannot get the keys of {}: {reason}; {meanwhile}", self.name);
        let factor = 1_u32.checked_shl(past.failures).unwrap_or(u32::MAX);
        past.failures = past.failures.saturating_add(1);
        FIRST_PAUSE.saturating_mul(factor).min(LONGEST_PAUSE).min(self.schedule.refresh)
    }

    /// Waits until a token needs keys that are not known, and the server may be asked for its sake.
    async fn wanted(&self) {
        loop {
            self.wanted.notified().await;
            // One that was late may find that the server has been asked meanwhile.
            if Instant::now() >= self.progress.borrow().free_from {
                return;
            }
        }
    }

    fn tell(&self, Published { keys, left_out }: &Published) {
        tracing::info!("got the keys of {}: {}", self.name, keys.len());
        for reason in left_out {
            tracing::warn!("the keys of {}: {reason}, and is left out", self.name);
        }
    }
}
