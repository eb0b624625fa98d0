//! Owns sharing reads that are in flight across operations: who asks what is being asked already waits for that answer.
//!
//! A call belongs to all that wait for it. Each waits by its own deadline and may go away, and it goes on for the others;
//! when the last has gone, it is given up. An answer is kept for those who waited and no longer: this is no cache.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared, WeakShared};

/// A call that several may wait for.
pub type Call<T> = Shared<BoxFuture<'static, T>>;

/// The calls that are out, by all that makes them what they are.
pub struct InFlight<T: Clone>(Arc<Inner<T>>);

struct Inner<T: Clone> {
    calls: Mutex<HashMap<Box<[u8]>, Entry<T>>>,
    next: AtomicU64,
}

struct Entry<T: Clone> {
    /// Tells it from a later call with the same key.
    number: u64,
    call: WeakShared<BoxFuture<'static, T>>,
}

impl<T: Clone> Default for InFlight<T> {
    fn default() -> Self {
        Self(Arc::new(Inner { calls: Mutex::default(), next: AtomicU64::new(0) }))
    }
}

impl<T: Clone> fmt::Debug for InFlight<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InFlight").field("calls", &self.0.calls().len()).finish()
    }
}

impl<T: Clone + Send + Sync + 'static> InFlight<T> {
    /// The call with this key that is out, or else the one that `call` makes. It must heed no one operation's deadline.
    pub fn join(&self, key: Vec<u8>, call: impl FnOnce() -> BoxFuture<'static, T>) -> Call<T> {
        let mut calls = self.0.calls();
        // One that has its answer is over, and the next to ask wants a newer one.
        let known = calls.get(&key[..]).and_then(|entry| entry.call.upgrade());
        if let Some(known) = known.filter(|known| known.peek().is_none()) {
            return known;
        }
        let key = key.into_boxed_slice();
        let number = self.0.next.fetch_add(1, Ordering::Relaxed);
        let leaving = Leaving { inner: Arc::clone(&self.0), key: key.clone(), number };
        let call = call();
        let shared = async move {
            // Leaves when the call has ended, or has been given up.
            let _leaving = leaving;
            call.await
        }
        .boxed()
        .shared();
        if let Some(call) = shared.downgrade() {
            calls.insert(key, Entry { number, call });
        }
        shared
    }
}

impl<T: Clone> Inner<T> {
    fn calls(&self) -> MutexGuard<'_, HashMap<Box<[u8]>, Entry<T>>> {
        // Nothing panics while it is held, and a map is whole at any time.
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes a call from the map when it is dropped.
struct Leaving<T: Clone> {
    inner: Arc<Inner<T>>,
    key: Box<[u8]>,
    number: u64,
}

impl<T: Clone> Drop for Leaving<T> {
    fn drop(&mut self) {
        let mut calls = self.inner.calls();
        if calls.get(&self.key).is_some_and(|entry| entry.number == self.number) {
            calls.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;
    use std::time::Duration;
    use tokio::time::{sleep, timeout};

    const LONG: Duration = Duration::from_secs(10);

    /// Joins a call that takes [`LONG`], counts its start and its end, and gives its number.
    fn join(calls: &InFlight<usize>, key: &str, counts: &Arc<[AtomicUsize; 2]>) -> Call<usize> {
        let counts = Arc::clone(counts);
        calls.join(key.into(), move || {
            let number = counts[0].fetch_add(1, Ordering::SeqCst);
            async move {
                sleep(LONG).await;
                counts[1].fetch_add(1, Ordering::SeqCst);
                number
            }
            .boxed()
        })
    }

    fn counted(counts: &Arc<[AtomicUsize; 2]>) -> [usize; 2] {
        [counts[0].load(Ordering::SeqCst), counts[1].load(Ordering::SeqCst)]
    }

    #[tokio::test(start_paused = true)]
    async fn equal_calls_are_one_while_it_is_out_and_no_longer() {
        let (calls, counts) = (InFlight::default(), Arc::default());
        let (first, second, other) =
            (join(&calls, "a", &counts), join(&calls, "a", &counts), join(&calls, "b", &counts));
        assert_eq!(futures_util::future::join3(first, second, other).await, (0, 0, 1));
        assert_eq!(join(&calls, "a", &counts).await, 2);
        assert_eq!(calls.0.calls().len(), 0, "nothing is left behind");
    }

    #[tokio::test(start_paused = true)]
    async fn who_goes_away_or_runs_out_of_time_leaves_the_others_their_answer() {
        let (calls, counts) = (InFlight::default(), Arc::default());
        let first = join(&calls, "a", &counts);
        let second = join(&calls, "a", &counts);
        let hasty = timeout(Duration::from_secs(1), first);
        let (hasty, answer) = futures_util::future::join(hasty, second).await;
        assert!(hasty.is_err());
        assert_eq!(answer, 0);
        assert_eq!(counted(&counts), [1, 1]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_nobody_waits_for_is_given_up() {
        let (calls, counts) = (InFlight::default(), Arc::default());
        let both = futures_util::future::join(join(&calls, "a", &counts), join(&calls, "a", &counts));
        assert!(timeout(Duration::from_secs(1), both).await.is_err());
        assert_eq!(calls.0.calls().len(), 0);
        sleep(LONG).await;
        assert_eq!(counted(&counts), [1, 0]);
        assert_eq!(join(&calls, "a", &counts).await, 1, "the next makes a new one");
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_is_joined_late_is_waited_for_no_longer_than_it_takes() {
        let (calls, counts) = (InFlight::default(), Arc::default());
        let start = tokio::time::Instant::now();
        let late = async {
            sleep(LONG / 2).await;
            join(&calls, "a", &counts).await
        };
        assert_eq!(futures_util::future::join(join(&calls, "a", &counts), late).await, (0, 0));
        assert_eq!(start.elapsed(), LONG);
    }
}
