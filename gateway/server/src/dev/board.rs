//! Owns what the page tells: how the files are, and what is served.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use arc_swap::ArcSwap;
use weft_federation::diagnostics::Diagnostic;

use crate::reload::{Reload, Served};

pub struct Board {
    state: ArcSwap<State>,
}

/// What is told between two reloads.
pub struct State {
    /// Another one for each state, of this process and of one after it.
    pub version: String,
    /// The clients that are served; `None` if nothing is yet.
    pub clients: Option<Vec<String>>,
    pub files: Files,
    /// What was reloaded last.
    pub changed: Vec<String>,
    pub took: Duration,
}

/// How the files are.
pub enum Files {
    /// They are served, with these warnings.
    Sound(Vec<Diagnostic>),
    /// What was served before still is.
    Mistaken(Vec<Diagnostic>),
}

impl Board {
    pub fn new(first: Reload) -> Self {
        Self { state: ArcSwap::from_pointee(next(None, first)) }
    }

    pub fn state(&self) -> Arc<State> {
        self.state.load_full()
    }

    /// To be called by one thread only.
    pub fn put(&self, reload: Reload) {
        let state = next(Some(&self.state.load()), reload);
        self.state.store(Arc::new(state));
    }
}

fn next(before: Option<&State>, reload: Reload) -> State {
    let Reload { changed, took, listen: _, outcome } = reload;
    let (clients, files) = match outcome {
        Ok(Served { clients, warnings }) => (Some(clients), Files::Sound(warnings)),
        Err(found) => (before.and_then(|state| state.clients.clone()), Files::Mistaken(found)),
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    let changed = changed.iter().map(|path| path.display().to_string()).collect();
    State { version: format!("{now:x}"), clients, files, changed, took }
}
