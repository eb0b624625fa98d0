//! Owns key sets that servers publish: they are got in the background, for as long as some snapshot needs them.

mod document;
mod fetch;
mod refresh;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use reqwest::Url;
use tokio::runtime::Handle;
use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::keys::KeySet;
use fetch::Server;
use refresh::Refreshed;

pub use refresh::{Asked, Schedule};

/// Where a key set is, and how it is got.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct JwksConfig {
    pub url: Url,
    /// For one request, from its start to the last byte of its answer.
    pub timeout: Duration,
    pub schedule: Schedule,
}

/// A key set that follows what its server publishes until it is dropped.
#[derive(Debug)]
pub struct Jwks {
    refreshed: Arc<Refreshed>,
    task: AbortHandle,
}

impl Jwks {
    fn start(config: &JwksConfig, runtime: &Handle) -> Self {
        let refreshed = Arc::new(Refreshed::new(shown(&config.url), config.schedule));
        let (following, config) = (Arc::clone(&refreshed), config.clone());
        let work = async move {
            let server = Server::new(&config.url, config.timeout);
            following
                .follow(|| {
                    let server = server.clone();
                    async move { server?.fetch().await }
                })
                .await;
        };
        Self { refreshed, task: runtime.spawn(work).abort_handle() }
    }

    /// `None` until the server has answered once.
    pub fn keys(&self) -> Option<Arc<KeySet>> {
        self.refreshed.keys()
    }

    /// The same as that of the keys.
    pub fn generation(&self) -> Option<u64> {
        self.refreshed.generation()
    }

    /// Whether a key that is not known may be there all the same, since the server could not be asked.
    pub fn is_stale(&self) -> bool {
        self.refreshed.is_stale()
    }

    /// Waits until the server has been asked again, by the deadline, if it may be asked now.
    pub async fn ask_again(&self, deadline: Instant) -> Asked {
        self.refreshed.ask_again(deadline).await
    }
}

impl Drop for Jwks {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// An address without what of it may be secret.
fn shown(url: &Url) -> String {
    format!("{}{}", url.origin().ascii_serialization(), url.path())
}

/// The key sets that are followed. It outlives snapshots: where two need the same, it is got once, and a reload loses no keys.
#[derive(Debug)]
pub struct KeyServers {
    /// `None` where nothing is fetched.
    runtime: Option<Handle>,
    followed: Mutex<HashMap<JwksConfig, Weak<Jwks>>>,
}

impl KeyServers {
    /// Keys are got on this runtime.
    pub fn new(runtime: Option<Handle>) -> Self {
        Self { runtime, followed: Mutex::default() }
    }

    /// The key set of a server, which is followed from now on if it is not yet.
    pub fn follow(&self, config: &JwksConfig) -> Option<Arc<Jwks>> {
        let runtime = self.runtime.as_ref()?;
        // Nothing panics while it is held, and a map is whole at any time.
        let mut followed = self.followed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = followed.get(config).and_then(Weak::upgrade) {
            return Some(known);
        }
        followed.retain(|_, jwks| jwks.strong_count() > 0);
        let jwks = Arc::new(Jwks::start(config, runtime));
        followed.insert(config.clone(), Arc::downgrade(&jwks));
        Some(jwks)
    }
}
