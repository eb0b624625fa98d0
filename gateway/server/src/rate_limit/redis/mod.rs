//! Owns counting in Redis or Valkey, for all gateways that share one. Each decision is one script, which runs there at once and by the
//! time of there, so that neither the gateways' clocks nor their number matter.
//!
//! What takes longer than the timeout, or fails, is no decision: whoever asks says what holds then. A decision has one key, with a hash tag
//! of its own, as a cluster wants it.

mod connection;
mod script;
#[cfg(test)]
mod tests;

use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use redis::{IntoConnectionInfo, RedisError};
use tokio::time::timeout;

use super::key::Key;
use super::rate::{Algorithm, Decision, Rate};
use connection::Connection;
use script::{Answer, Script};

/// Where counts are shared.
#[derive(Clone, PartialEq, Eq)]
pub struct RedisConfig {
    /// With its password, if it has one.
    pub url: RedisUrl,
    /// What keys begin with.
    pub prefix: String,
    /// How long a decision may take.
    pub timeout: Duration,
}

/// One that a client can be made for. It is not shown: it may have a password in it.
#[derive(Clone, PartialEq, Eq)]
pub struct RedisUrl(String);

impl RedisUrl {
    /// `None` for what is no address of a Redis.
    pub fn parse(text: &str) -> Option<Self> {
        text.into_connection_info().ok().map(|_| Self(text.to_owned()))
    }
}

impl fmt::Debug for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

impl fmt::Debug for RedisConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { url, prefix, timeout } = self;
        f.debug_struct("RedisConfig").field("url", url).field("prefix", prefix).field("timeout", timeout).finish()
    }
}

/// Why there is no decision.
#[derive(Debug, thiserror::Error)]
pub enum RedisFault {
    #[error("it did not answer in time")]
    Late,
    #[error("{0}")]
    Failed(#[from] RedisError),
}

/// A connection to Redis, which all counters share.
pub struct Redis {
    connection: Connection,
    timeout: Duration,
    is_failing: AtomicBool,
}

impl Redis {
    /// It is connected to when there is something to count.
    pub fn new(config: &RedisConfig) -> Self {
        let RedisConfig { url, timeout, .. } = config;
        Self { connection: Connection::new(url.clone()), timeout: *timeout, is_failing: AtomicBool::new(false) }
    }

    async fn run(&self, script: &Script, key: &str, arguments: [u64; 4]) -> Result<Answer, RedisFault> {
        let answered = timeout(self.timeout, script.run(self.connection.get()?, key, arguments)).await;
        answered.unwrap_or_else(|_| {
            self.connection.give_up();
            Err(RedisFault::Late)
        })
    }

    /// The log has when it began to fail and when that was over, and not each failure.
    fn log(&self, fault: Option<&RedisFault>) {
        match (fault, self.is_failing.load(Ordering::Relaxed)) {
            (None, false) | (Some(_), true) => return,
            (Some(fault), false) => tracing::error!("rate limits cannot be counted in Redis: {fault}"),
            (None, true) => tracing::info!("rate limits are counted in Redis again"),
        }
        self.is_failing.store(fault.is_some(), Ordering::Relaxed);
    }
}

/// Counts what is taken under a rate, key by key.
pub struct Counter {
    redis: Arc<Redis>,
    script: &'static Script,
    /// What its keys begin with.
    namespace: String,
    rate: Rate,
}

impl Counter {
    /// `namespace` tells its keys from those of all others.
    pub fn new(redis: Arc<Redis>, namespace: String, algorithm: Algorithm, rate: Rate) -> Self {
        Self { redis, script: Script::of(algorithm), namespace, rate }
    }

    /// Takes so many units, at most as many as there can be, if there are as many.
    pub async fn take(&self, key: &Key, units: NonZeroU32) -> Result<Decision, RedisFault> {
        let Rate { limit, per, burst } = self.rate;
        let micros = u64::try_from(per.as_micros()).unwrap_or(u64::MAX);
        let arguments = [limit.get().into(), micros, burst.get().into(), units.get().into()];
        let key = format!("{}:{{{}}}", self.namespace, key.as_str());
        let answered = self.redis.run(self.script, &key, arguments).await;
        self.redis.log(answered.as_ref().err());
        let (admitted, remaining, reset, wait) = answered?;
        let reset = Duration::from_micros(reset);
        let wait = (admitted == 0).then(|| Duration::from_micros(wait));
        Ok(Decision { remaining, reset, wait })
    }
}
