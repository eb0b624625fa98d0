//! Owns the memory of counters: what is known of each key, for a bounded number of keys.
//!
//! There are two generations. A key that is used goes to the young one; when that is full, or as old as what is known of a key lives,
//! it becomes the old one, and the old one is dropped whole. So a key is forgotten when it was not used for so long that nothing of it
//! counts any more; or else, under a flood of keys, when it was not used while half of all places were filled. Then it begins anew:
//! what a flood gains is what a sender with so many keys has anyway. Nothing is searched for, and nothing is sorted.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::rate_limit::Key;

/// So that requests seldom wait for one another.
const SHARDS: usize = 16;

pub struct Generations<V> {
    shards: Box<[Mutex<Shard<V>>; SHARDS]>,
    hasher: RandomState,
    /// Of a generation, in one shard.
    most: usize,
    lifetime: Duration,
}

struct Shard<V> {
    young: HashMap<Key, V>,
    old: HashMap<Key, V>,
    /// When the young generation began.
    began: Duration,
}

impl<V> Default for Shard<V> {
    fn default() -> Self {
        Self { young: HashMap::new(), old: HashMap::new(), began: Duration::ZERO }
    }
}

impl<V: Copy> Generations<V> {
    /// For about so many keys at most, each remembered for at least this long after it was used, as long as there is room.
    pub fn new(max_keys: usize, lifetime: Duration) -> Self {
        let shards = Box::new(std::array::from_fn(|_| Mutex::default()));
        Self { shards, hasher: RandomState::new(), most: (max_keys / (2 * SHARDS)).max(1), lifetime }
    }

    /// Changes what is known of a key.
    pub fn update<T>(&self, key: &Key, now: Duration, change: impl FnOnce(Option<V>) -> (T, V)) -> T {
        let (result, dropped) = self.shard(key).update(key, now, self.most, self.lifetime, change);
        // Here, where nobody waits for it: it may be large.
        drop(dropped);
        result
    }

    fn shard(&self, key: &Key) -> MutexGuard<'_, Shard<V>> {
        // The remainder is small.
        #[expect(clippy::cast_possible_truncation)]
        let at = (self.hasher.hash_one(key) % SHARDS as u64) as usize;
        // What is done under the lock leaves no half of anything behind.
        self.shards[at].lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    pub fn len(&self) -> usize {
        let count = |shard: &Mutex<Shard<V>>| {
            let shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            shard.young.len() + shard.old.len()
        };
        self.shards.iter().map(count).sum()
    }
}

impl<V: Copy> Shard<V> {
    /// Gives also what is to be dropped.
    fn update<T>(
        &mut self,
        key: &Key,
        now: Duration,
        most: usize,
        lifetime: Duration,
        change: impl FnOnce(Option<V>) -> (T, V),
    ) -> (T, Option<HashMap<Key, V>>) {
        let is_late = now.saturating_sub(self.began) > lifetime;
        if let Some(value) = self.young.get_mut(key).filter(|_| !is_late) {
            let (result, changed) = change(Some(*value));
            *value = changed;
            return (result, None);
        }
        let dropped = (is_late || self.young.len() >= most).then(|| {
            self.began = now;
            let young = mem::take(&mut self.young);
            mem::replace(&mut self.old, young)
        });
        let (key, value) = match self.old.remove_entry(key) {
            Some((key, value)) => (key, Some(value)),
            None => (key.clone(), None),
        };
        let (result, changed) = change(value);
        self.young.insert(key, changed);
        (result, dropped)
    }
}
