//! Owns the scripts that run in Redis, one for each algorithm.

use std::sync::LazyLock;

use redis::aio::ConnectionManager;
use redis::{ErrorKind, ServerErrorKind, cmd};

use super::RedisFault;
use crate::rate_limit::rate::Algorithm;

/// A script, and the hash that Redis knows it by once it was sent.
pub struct Script {
    text: &'static str,
    hash: String,
}

/// Whether it was admitted, what is left, until all is there and until it would be admitted, in microseconds.
pub type Answer = (u8, u32, u64, u64);

impl Script {
    pub fn of(algorithm: Algorithm) -> &'static Self {
        static TOKEN_BUCKET: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("token_bucket.lua")));
        static FIXED_WINDOW: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("fixed_window.lua")));
        static SLIDING_WINDOW: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("sliding_window.lua")));
        match algorithm {
            Algorithm::TokenBucket => &TOKEN_BUCKET,
            Algorithm::FixedWindow => &FIXED_WINDOW,
            Algorithm::SlidingWindow => &SLIDING_WINDOW,
        }
    }

    fn new(text: &'static str) -> Self {
        Self { text, hash: redis::Script::new(text).get_hash().to_owned() }
    }

    /// Runs it by its hash, or by its text where Redis has forgotten it: it has been restarted, or told to.
    pub async fn run(
        &self,
        mut connection: ConnectionManager,
        key: &str,
        arguments: [u64; 4],
    ) -> Result<Answer, RedisFault> {
        let call = |name, script: &str| {
            let mut call = cmd(name);
            call.arg(script).arg(1).arg(key).arg(&arguments[..]);
            call
        };
        match call("EVALSHA", &self.hash).query_async(&mut connection).await {
            Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript) => {
                Ok(call("EVAL", self.text).query_async(&mut connection).await?)
            }
            answered => Ok(answered?),
        }
    }
}
