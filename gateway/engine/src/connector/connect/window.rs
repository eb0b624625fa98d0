//! Owns the window in which operations put their entities together into the same batches: the first opens it, and what comes
//! until it closes goes along.
//!
//! Not the window of the `dataloader` crate (0.18): its length is a number of yields and cannot be set to a time, what it has
//! loaded is never forgotten, and when the operation that happens to make the call goes away, all others panic.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared, WeakShared};

/// The JSON of a representation, as its operation wrote it.
pub type Entity = Arc<[u8]>;

/// The batch of a window, and what came of it; it is there for all who joined, however long each of them waits.
pub type Joined<T> = Shared<BoxFuture<'static, T>>;

/// The open windows of a source, by all that has to be equal for entities to go together.
pub struct Windows<T: Clone> {
    open: Open<T>,
    length: Duration,
    next: AtomicU64,
}

type Open<T> = Arc<Mutex<HashMap<Box<[u8]>, Window<T>>>>;

struct Window<T: Clone> {
    /// Tells it from a later one with the same key.
    number: u64,
    gathered: Gathered,
    batch: WeakShared<BoxFuture<'static, T>>,
}

/// Entities in the order in which they came, each once.
#[derive(Default)]
struct Gathered {
    order: Vec<Entity>,
    known: HashSet<Entity>,
}

impl Gathered {
    fn add(&mut self, entities: &[Entity]) {
        for entity in entities {
            if self.known.insert(Arc::clone(entity)) {
                self.order.push(Arc::clone(entity));
            }
        }
    }
}

impl<T: Clone> fmt::Debug for Windows<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Windows").field("length", &self.length).finish_non_exhaustive()
    }
}

impl<T: Clone + Send + Sync + 'static> Windows<T> {
    pub fn new(length: Duration) -> Self {
        Self { open: Arc::default(), length, next: AtomicU64::new(0) }
    }

    /// Adds entities to the window with this key, and opens one if there is none. When it closes, `load` is given all that it
    /// holds: that of the operation which opened it, so it must heed no one operation's deadline.
    pub fn join<F>(
        &self,
        key: Vec<u8>,
        entities: &[Entity],
        load: impl FnOnce(Vec<Entity>) -> F + Send + 'static,
    ) -> Joined<T>
    where
        F: Future<Output = T> + Send + 'static,
    {
        let mut open = lock(&self.open);
        if let Some(window) = open.get_mut(&key[..])
            && let Some(batch) = window.batch.upgrade()
        {
            window.gathered.add(entities);
            return batch;
        }
        let key = key.into_boxed_slice();
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let closing = Closing { open: Arc::clone(&self.open), key: key.clone(), number };
        let length = self.length;
        let batch = async move {
            tokio::time::sleep(length).await;
            load(closing.close()).await
        }
        .boxed()
        .shared();
        if let Some(weak) = batch.downgrade() {
            let mut gathered = Gathered::default();
            gathered.add(entities);
            open.insert(key, Window { number, gathered, batch: weak });
        }
        batch
    }
}

fn lock<T: Clone>(open: &Open<T>) -> MutexGuard<'_, HashMap<Box<[u8]>, Window<T>>> {
    // Nothing panics while it is held, and a map is whole at any time.
    open.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Closes a window, also one that all have left before its time.
struct Closing<T: Clone> {
    open: Open<T>,
    key: Box<[u8]>,
    number: u64,
}

impl<T: Clone> Closing<T> {
    fn close(&self) -> Vec<Entity> {
        let mut open = lock(&self.open);
        // After it was left by all, another one may have been opened in its place.
        let is_own = open.get(&self.key).is_some_and(|window| window.number == self.number);
        let closed = if is_own { open.remove(&self.key) } else { None };
        closed.map_or_else(Vec::new, |window| window.gathered.order)
    }
}

impl<T: Clone> Drop for Closing<T> {
    fn drop(&mut self) {
        self.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::{sleep, timeout};

    const LENGTH: Duration = Duration::from_millis(5);

    struct Calls {
        windows: Windows<Result<String, String>>,
        made: Arc<Mutex<Vec<String>>>,
    }

    impl Calls {
        fn new() -> Self {
            Self { windows: Windows::new(LENGTH), made: Arc::default() }
        }

        /// Joins with entities, a letter each; a call takes a second and answers with what it was given. One for `!` fails.
        fn join(&self, key: &str, entities: &str) -> Joined<Result<String, String>> {
            let entities: Vec<Entity> = entities.bytes().map(|byte| Entity::from([byte])).collect();
            let made = Arc::clone(&self.made);
            self.windows.join(key.into(), &entities, move |all| async move {
                let all: String = all.iter().map(|entity| String::from_utf8_lossy(entity)).collect();
                made.lock().expect("no panic before").push(all.clone());
                sleep(Duration::from_secs(1)).await;
                if all.contains('!') { Err(all) } else { Ok(all) }
            })
        }

        fn made(&self) -> Vec<String> {
            self.made.lock().expect("no panic before").clone()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn operations_that_arrive_together_are_one_batch() {
        let calls = Calls::new();
        let late = async {
            sleep(LENGTH * 2).await;
            calls.join("k", "ad").await
        };
        let (first, second, other, late) =
            tokio::join!(calls.join("k", "ab"), calls.join("k", "bca"), calls.join("other", "a"), late);
        assert_eq!((first, second), (Ok("abc".to_owned()), Ok("abc".to_owned())));
        assert_eq!((other, late), (Ok("a".to_owned()), Ok("ad".to_owned())));
        assert_eq!(calls.made(), ["abc", "a", "ad"]);
        assert!(lock(&calls.windows.open).is_empty(), "nothing is left behind");
    }

    #[tokio::test(start_paused = true)]
    async fn an_error_goes_to_all() {
        let calls = Calls::new();
        let (first, second) = tokio::join!(calls.join("k", "a!"), calls.join("k", "b"));
        assert_eq!((first, second), (Err("a!b".to_owned()), Err("a!b".to_owned())));
    }

    #[tokio::test(start_paused = true)]
    async fn a_member_that_goes_away_leaves_the_others_their_batch() {
        let calls = Calls::new();
        // It opened the window, and goes before it closes; another goes while the call is out.
        let opens = timeout(LENGTH / 2, calls.join("k", "a"));
        let hasty = timeout(LENGTH * 2, calls.join("k", "b"));
        let (opens, hasty, stays) = tokio::join!(opens, hasty, calls.join("k", "c"));
        assert!(opens.is_err() && hasty.is_err());
        assert_eq!(stays, Ok("abc".to_owned()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_window_that_all_have_left_calls_nobody() {
        let calls = Calls::new();
        assert!(timeout(LENGTH / 2, calls.join("k", "a")).await.is_err());
        assert!(lock(&calls.windows.open).is_empty());
        assert_eq!(calls.join("k", "b").await, Ok("b".to_owned()));
        assert_eq!(calls.made(), ["b"]);
    }
}
