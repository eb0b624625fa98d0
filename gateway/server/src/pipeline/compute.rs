//! Owns where CPU-heavy work runs: off the async threads, and no more of it at once than there are processors.

use std::sync::Arc;
use std::thread::available_parallelism;

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

/// A bound on parsing, validating and planning that is under way. Turns are given in the order in which they were asked for.
#[derive(Debug)]
pub struct Compute {
    turns: Arc<Semaphore>,
}

/// The work panicked: a defect, of which the panic's message is in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the work panicked")]
pub struct Panicked;

impl Compute {
    pub fn new() -> Self {
        Self { turns: Arc::new(Semaphore::new(available_parallelism().map_or(1, usize::from))) }
    }

    /// Runs `work` on a thread of its own. A caller that goes away does not stop work that has started, so the turn
    /// belongs to the work and not to the caller.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Panicked> {
        // Nobody closes the semaphore.
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|_| Panicked)?;
        let worked = spawn_blocking(move || {
            let result = work();
            drop(turn);
            result
        });
        worked.await.map_err(|_| Panicked)
    }

    /// Lets nothing run until what this gives is dropped. Everything has to be at rest.
    #[cfg(test)]
    pub fn take_all_turns(&self) -> tokio::sync::OwnedSemaphorePermit {
        let turns = u32::try_from(self.turns.available_permits()).unwrap_or(u32::MAX);
        Arc::clone(&self.turns).try_acquire_many_owned(turns).expect("as many are free")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_that_panics_gives_its_turn_back() {
        let compute = Compute::new();
        let turns = compute.turns.available_permits();
        for _ in 0..=turns {
            assert_eq!(compute.run(|| panic!("a panic of the test's own")).await, Err::<(), _>(Panicked));
        }
        assert_eq!(compute.run(|| 7).await, Ok(7));
    }
}
