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

    /// Runs `work` on a thread of its own. A thread cannot be stopped from outside, so `work` is given a question that it
    /// can ask: whether its caller still waits for it. The turn belongs to the work and not to the caller.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn Fn() -> bool) -> T + Send + 'static,
    ) -> Result<T, Panicked> {
        // Nobody closes the semaphore.
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|_| Panicked)?;
        // Dropped with this future, whether it came to its end or not.
        let waiting = Arc::new(());
        let wanted = Arc::downgrade(&waiting);
        let worked = spawn_blocking(move || {
            let result = work(&|| wanted.strong_count() > 0);
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
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn work_that_panics_gives_its_turn_back() {
        let compute = Compute::new();
        let turns = compute.turns.available_permits();
        for _ in 0..=turns {
            assert_eq!(compute.run(|_| panic!("a panic of the test's own")).await, Err::<(), _>(Panicked));
        }
        assert_eq!(compute.run(|_| 7).await, Ok(7));
    }

    #[tokio::test]
    async fn work_learns_that_its_caller_is_gone() {
        let compute = Compute::new();
        let (started, has_started) = oneshot::channel();
        let (ended, has_ended) = oneshot::channel();
        let mut run = Box::pin(compute.run(move |is_wanted| {
            started.send(is_wanted()).expect("the test waits for it");
            while is_wanted() {
                std::thread::yield_now();
            }
            ended.send(()).expect("the test waits for it");
        }));
        tokio::select! {
            _ = &mut run => panic!("it ends before its caller is gone"),
            wanted = has_started => assert_eq!(wanted, Ok(true)),
        }
        drop(run);
        assert_eq!(has_ended.await, Ok(()));
        assert_eq!(compute.run(|is_wanted| is_wanted()).await, Ok(true), "another caller's is its own matter");
    }
}
