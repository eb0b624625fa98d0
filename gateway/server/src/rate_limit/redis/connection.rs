//! Owns the connection to Redis: made when it is first needed, again when it broke, and anew when nothing comes through it any more.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, RedisError, cmd};
use tokio::time::Instant;

use super::RedisUrl;

/// How long connecting may take. Requests do not wait for it longer than for an answer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

pub struct Connection {
    url: RedisUrl,
    current: Mutex<Option<Current>>,
}

#[derive(Clone)]
struct Current {
    /// It connects again by itself where the connection was closed.
    manager: ConnectionManager,
    made: Instant,
}

impl Connection {
    pub fn new(url: RedisUrl) -> Self {
        Self { url, current: Mutex::default() }
    }

    /// The connection, which may still be made.
    pub fn get(&self) -> Result<ConnectionManager, RedisError> {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(Current { manager, .. }) = &*current {
            return Ok(manager.clone());
        }
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(CONNECT_TIMEOUT))
            .set_response_timeout(Some(CONNECT_TIMEOUT))
            .set_number_of_retries(0);
        let manager = ConnectionManager::new_lazy_with_config(Client::open(self.url.0.as_str())?, config)?;
        *current = Some(Current { manager: manager.clone(), made: Instant::now() });
        // It is made even if whoever needs it stops waiting. That it cannot be, they learn themselves.
        let mut connecting = manager.clone();
        tokio::spawn(async move { drop(cmd("PING").query_async::<()>(&mut connecting).await) });
        Ok(manager)
    }

    /// Leaves the connection, since no answer came in time, unless it was just made: a host that is gone without a word closes none.
    pub fn give_up(&self) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        current.take_if(|current| current.made.elapsed() > CONNECT_TIMEOUT);
    }
}
