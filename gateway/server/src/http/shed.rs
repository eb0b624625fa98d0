//! Owns shedding: how many requests are worked on at a time. One past that is refused before anything of it is read, so that
//! those that were taken are answered in time.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts the requests that are worked on.
#[derive(Debug, Default)]
pub struct Shed {
    taken: AtomicUsize,
}

/// A request that is worked on, for as long as this lives.
#[derive(Debug)]
pub struct Taken<'a> {
    shed: &'a Shed,
}

impl Shed {
    /// Takes a request on, unless there are as many as there may be.
    pub fn take(&self, most: Option<usize>) -> Option<Taken<'_>> {
        let before = self.taken.fetch_add(1, Ordering::Relaxed);
        let taken = Taken { shed: self };
        // One that is refused counts until it is dropped here.
        most.is_none_or(|most| before < most).then_some(taken)
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        self.shed.taken.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_are_taken_as_there_may_be() {
        let shed = Shed::default();
        let (first, second) = (shed.take(Some(2)), shed.take(Some(2)));
        assert!(first.is_some() && second.is_some());
        for _ in 0..3 {
            assert!(shed.take(Some(2)).is_none());
        }
        drop(first);
        assert!(shed.take(Some(2)).is_some_and(|_| shed.take(Some(2)).is_none()), "what is refused takes no place");
        // The configuration has changed meanwhile.
        assert!(shed.take(Some(1)).is_none());
        assert!(shed.take(Some(3)).is_some());
        assert!(shed.take(None).is_some());
    }
}
