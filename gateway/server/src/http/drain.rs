//! Owns the state between "please stop" and "stopped": how many requests are in flight, and whether new ones are welcome.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::sync::Notify;

/// Counts the requests in flight, and remembers that draining has begun.
///
/// The orderings are sequential: either the last request to leave sees that draining has begun, or who begins it sees
/// that the last request has left.
#[derive(Debug, Default)]
pub struct Drain {
    in_flight: AtomicUsize,
    has_begun: AtomicBool,
    left: Notify,
    begun: Notify,
}

/// A request in flight, for as long as this lives.
#[derive(Debug)]
pub struct InFlight {
    drain: Arc<Drain>,
}

impl Drain {
    pub fn enter(self: &Arc<Self>) -> InFlight {
        self.in_flight.fetch_add(1, Ordering::SeqCst);
        InFlight { drain: Arc::clone(self) }
    }

    pub fn has_begun(&self) -> bool {
        self.has_begun.load(Ordering::SeqCst)
    }

    /// Says that draining has begun.
    pub fn begin(&self) {
        self.has_begun.store(true, Ordering::SeqCst);
        self.begun.notify_waiters();
    }

    /// Waits until draining begins.
    pub async fn begun(&self) {
        loop {
            let begun = self.begun.notified();
            if self.has_begun() {
                return;
            }
            begun.await;
        }
    }

    /// Waits until no request is in flight. To be called after [`Self::begin`].
    pub async fn idle(&self) {
        loop {
            let left = self.left.notified();
            if self.in_flight.load(Ordering::SeqCst) == 0 {
                return;
            }
            left.await;
        }
    }
}

impl InFlight {
    /// Waits until draining begins: what never ends by itself has to end then.
    pub async fn should_end(&self) {
        self.drain.begun().await;
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        let was_last = self.drain.in_flight.fetch_sub(1, Ordering::SeqCst) == 1;
        if was_last && self.drain.has_begun() {
            self.drain.left.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    #[tokio::test]
    async fn it_is_idle_when_the_last_request_has_left() {
        let drain = Arc::new(Drain::default());
        let (one, two) = (drain.enter(), drain.enter());
        let told = tokio::spawn({
            let three = drain.enter();
            async move { three.should_end().await }
        });
        assert!(one.should_end().now_or_never().is_none());
        drain.begin();
        assert!(told.await.is_ok());
        drop(one);
        assert!(drain.idle().now_or_never().is_none());
        let idle = tokio::spawn({
            let drain = Arc::clone(&drain);
            async move { drain.idle().await }
        });
        drop(two);
        assert!(idle.await.is_ok());
        assert!(drain.idle().now_or_never().is_some());
    }
}
