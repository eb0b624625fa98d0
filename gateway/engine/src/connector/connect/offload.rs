//! Owns where large answers are read and mapped: off the async threads, and no more of them at once than there are processors.

use std::sync::Arc;
use std::thread::available_parallelism;

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use crate::execute::SubgraphError;

/// Answers of more bytes of JSON than this are large: to read and map so much takes about a millisecond (`cargo bench -p
/// weft-federation --bench mapping`), and to hand it to another thread some microseconds and a copy of what the mapping reads
/// beside the answer.
const LARGE: usize = 256 << 10;

/// A message takes so many times as long as JSON of its size: it says more in a byte, and is decoded before it is mapped.
const OF_MESSAGES: usize = 4;

pub fn is_large(bytes: usize) -> bool {
    bytes > LARGE
}

/// How many bytes of JSON are as much work as a message of so many bytes.
pub fn of_message(bytes: usize) -> usize {
    bytes.saturating_mul(OF_MESSAGES)
}

/// A bound on work that is under way. Turns are given in the order in which they were asked for.
#[derive(Debug, Clone)]
pub struct Offload {
    turns: Arc<Semaphore>,
}

impl Default for Offload {
    fn default() -> Self {
        Self { turns: Arc::new(Semaphore::new(available_parallelism().map_or(1, usize::from))) }
    }
}

impl Offload {
    /// Runs work on an answer of so many bytes of JSON: here, or on a thread of its own if it is large. Who goes away does not stop work
    /// that has started, so the turn belongs to the work.
    pub async fn run<T: Send + 'static>(
        &self,
        bytes: usize,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, SubgraphError> {
        if !is_large(bytes) {
            return Ok(work());
        }
        let panicked = || SubgraphError::internal("An answer could not be read, because of a defect of the gateway.");
        // Nobody closes the semaphore.
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|_| panicked())?;
        let worked = spawn_blocking(move || {
            let result = work();
            drop(turn);
            result
        });
        worked.await.map_err(|_| panicked())
    }
}

#[cfg(test)]
impl Offload {
    /// Lets nothing large be worked on until what this gives is dropped. Everything has to be at rest.
    pub fn take_all_turns(&self) -> tokio::sync::OwnedSemaphorePermit {
        let turns = u32::try_from(self.turns.available_permits()).unwrap_or(u32::MAX);
        Arc::clone(&self.turns).try_acquire_many_owned(turns).expect("as many are free")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    #[tokio::test]
    async fn large_answers_are_worked_on_elsewhere() {
        let offload = Offload::default();
        let here = thread::current().id();
        let cases = [
            (0, true),
            (LARGE, true),
            (LARGE + 1, false),
            (of_message(64 << 10), true),
            (of_message((64 << 10) + 1), false),
        ];
        for (bytes, is_here) in cases {
            let there = offload.run(bytes, || thread::current().id()).await.expect("no panic");
            assert_eq!(there == here, is_here, "{bytes}");
        }
    }

    #[tokio::test]
    async fn work_that_panics_gives_its_turn_back() {
        let offload = Offload::default();
        for _ in 0..=offload.turns.available_permits() {
            let result = offload.run(LARGE + 1, || panic!("a panic of the test's own")).await;
            assert!(result.is_err_and(|error: SubgraphError| error.code == "INTERNAL_SERVER_ERROR"));
        }
        assert!(matches!(offload.run(LARGE + 1, || 7).await, Ok(7)));
    }
}
