//! Owns how many calls to one endpoint are out at a time, and how long others wait for a place.
//!
//! Places are given in the order in which they were asked for. A queue is for bursts: it is no use where more calls come than
//! the endpoint can take, since all would wait, and then be sent with too little time left to be answered. So the bound on the
//! wait is short, and much shorter once there has been somebody waiting for that long, which tells overload from a burst. This
//! is controlled delay (CoDel) as servers have it: B. Maurer, "Fail at Scale", ACM Queue 13(8), 2015.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout};

/// A call waits for at most this part of the time that it may take.
const IN_A_BURST: u32 = 10;
/// And in a queue that has stood for longer than that, for at most this part.
const IN_OVERLOAD: u32 = 50;
/// What is left must be worth sending the call: it waits for no more than this part of what is left of its own time.
const OF_WHAT_IS_LEFT: u32 = 2;

#[derive(Debug)]
pub struct Bulkhead {
    limit: usize,
    places: Semaphore,
    queue: Mutex<Queue>,
}

#[derive(Debug)]
struct Queue {
    waiting: usize,
    /// When the first came, where there was none before.
    since: Instant,
}

/// A place among the calls that are out, for as long as this lives.
#[derive(Debug)]
pub struct Place<'a> {
    _permit: SemaphorePermit<'a>,
}

/// No place came free in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full;

impl Bulkhead {
    /// At most `limit` calls are out.
    pub fn new(limit: usize) -> Self {
        let limit = limit.min(Semaphore::MAX_PERMITS);
        let queue = Queue { waiting: 0, since: Instant::now() };
        Self { limit, places: Semaphore::new(limit), queue: Mutex::new(queue) }
    }

    pub fn limit(&self) -> usize {
        self.limit
    }

    pub fn taken(&self) -> usize {
        self.limit - self.places.available_permits()
    }

    pub fn waiting(&self) -> usize {
        self.lock().waiting
    }

    /// A place, if one is free and nobody waits for it.
    pub fn try_enter(&self) -> Option<Place<'_>> {
        self.places.try_acquire().ok().map(|permit| Place { _permit: permit })
    }

    /// Waits for a place. `timeout` is what calls may take; this one has to be answered by `end`.
    pub async fn enter(&self, call_timeout: Duration, end: Instant) -> Result<Place<'_>, Full> {
        let (_waiting, standing) = self.wait();
        let burst = call_timeout / IN_A_BURST;
        let patience = if standing > burst { call_timeout / IN_OVERLOAD } else { burst };
        let left = end.saturating_duration_since(Instant::now());
        match timeout(patience.min(left / OF_WHAT_IS_LEFT), self.places.acquire()).await {
            Ok(Ok(permit)) => Ok(Place { _permit: permit }),
            // Nobody closes it.
            Ok(Err(_)) | Err(_) => Err(Full),
        }
    }

    /// Joins the queue, and says for how long there has been one.
    fn wait(&self) -> (Waiting<'_>, Duration) {
        let mut queue = self.lock();
        let now = Instant::now();
        if queue.waiting == 0 {
            queue.since = now;
        }
        queue.waiting += 1;
        (Waiting { bulkhead: self }, now.saturating_duration_since(queue.since))
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        // Nothing panics while it is held.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Leaves the queue when it is dropped.
struct Waiting<'a> {
    bulkhead: &'a Bulkhead,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.bulkhead.lock().waiting -= 1;
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future::join_all;
    use tokio::time::{sleep, timeout};

    use super::*;

    const CALL: Duration = Duration::from_secs(5);

    fn end() -> Instant {
        Instant::now() + CALL
    }

    #[tokio::test(start_paused = true)]
    async fn places_are_given_in_order_and_come_free() {
        let bulkhead = Bulkhead::new(2);
        let (first, second) = (bulkhead.try_enter().expect("free"), bulkhead.try_enter().expect("free"));
        assert!(bulkhead.try_enter().is_none());
        assert_eq!((bulkhead.taken(), bulkhead.waiting()), (2, 0));
        let order = Mutex::new(vec![]);
        let call = async |name| {
            let place = bulkhead.enter(CALL, end()).await;
            order.lock().expect("no panic before").push(name);
            place.map(drop)
        };
        let leaves = async {
            sleep(Duration::from_millis(10)).await;
            assert_eq!(bulkhead.waiting(), 3);
            assert!(bulkhead.try_enter().is_none(), "nobody comes before those that wait");
            drop(first);
        };
        let (one, two, three, ()) = tokio::join!(call(1), call(2), call(3), leaves);
        assert_eq!((one, two, three), (Ok(()), Ok(()), Ok(())));
        assert_eq!(*order.lock().expect("no panic before"), [1, 2, 3]);
        drop(second);
        assert_eq!((bulkhead.taken(), bulkhead.waiting()), (0, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn who_goes_away_takes_no_place() {
        let bulkhead = Bulkhead::new(1);
        let taken = bulkhead.try_enter().expect("free");
        let hasty = timeout(Duration::from_millis(1), bulkhead.enter(CALL, end())).await;
        assert!(hasty.is_err());
        assert_eq!(bulkhead.waiting(), 0);
        drop(taken);
        assert!(bulkhead.try_enter().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_is_short_and_shorter_where_it_does_not_help() {
        let bulkhead = Bulkhead::new(1);
        let _taken = bulkhead.try_enter().expect("free");
        let refused = async |left: Duration| {
            let start = Instant::now();
            assert_eq!(bulkhead.enter(CALL, start + left).await.err(), Some(Full));
            start.elapsed()
        };
        // Timers are exact to a millisecond.
        let about = |found: Duration, expected: u64| {
            assert!(found.as_millis().abs_diff(expected.into()) <= 1, "{found:?} {expected}");
        };
        about(refused(CALL).await, 500);
        about(refused(Duration::from_millis(100)).await, 50);
        about(refused(Duration::ZERO).await, 0);
        // Somebody waits all the time.
        let crowd = join_all((0..20).map(async |at| {
            sleep(Duration::from_millis(at * 90)).await;
            refused(CALL).await
        }));
        let waits = crowd.await;
        waits[..6].iter().for_each(|wait| about(*wait, 500));
        waits[6..].iter().for_each(|wait| about(*wait, 100));
        about(refused(CALL).await, 500);
    }
}
