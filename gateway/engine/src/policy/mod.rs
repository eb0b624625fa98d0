//! Owns what stands between calls and backends: circuit breakers, bulkheads, retries, time. It knows no protocol: a call is a future,
//! and whoever makes it says what its end means.

mod breaker;
mod bulkhead;
mod guard;
mod guards;
mod rate;
mod retry;

pub use breaker::{BreakerConfig, CircuitState, Trip};
pub use guard::{Attempt, EndpointHealth, Guard, GuardConfig, Verdict};
pub use guards::{EndpointName, Guards};
pub use retry::{Again, Effect, RetryConfig, retry_after};
