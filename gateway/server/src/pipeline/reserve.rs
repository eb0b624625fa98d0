//! Owns what of a request's time is kept for the gateway itself: calls to backends end before it, so that there is time to put
//! together what has come, and a slow backend makes fields null and no request late.

use std::time::Duration;

use tokio::time::Instant;

/// A twentieth of the time is kept, and no more than this.
const MOST: Duration = Duration::from_millis(250);

/// When the calls of a request must have ended, which may take `timeout` and has to be answered by `deadline`.
pub fn calls_end(deadline: Instant, timeout: Duration) -> Instant {
    deadline.checked_sub((timeout / 20).min(MOST)).unwrap_or(deadline)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_twentieth_is_kept_and_a_quarter_of_a_second_at_most() {
        let deadline = Instant::now() + Duration::from_secs(60);
        for (timeout, kept) in [(0, 0), (100, 5), (1000, 50), (5000, 250), (30_000, 250)] {
            let end = calls_end(deadline, Duration::from_millis(timeout));
            assert_eq!(deadline - end, Duration::from_millis(kept), "{timeout}");
        }
    }
}
