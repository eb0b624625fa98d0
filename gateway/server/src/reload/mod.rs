//! Owns making a gateway's snapshot anew when its files change. What was served is served on until a new one is sound. It does not
//! know who is told of it.

mod recipe;
#[cfg(test)]
mod tests;
mod watch;

use std::convert::Infallible;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use weft_federation::diagnostics::Diagnostic;

use crate::files::Files;
use crate::http::Gateway;
use crate::pipeline::{Loaded, Pipeline};

pub use recipe::{ConfigFile, Recipe};

use recipe::Made;
use watch::{Poll, Watch};

/// How often files are looked at. It is also how long they have to be left alone before they are read.
const INTERVAL: Duration = Duration::from_millis(200);

/// Schemas nest; the stack of a thread is smaller than the main one's if nothing is said.
const STACK_SIZE: usize = 8 * 1024 * 1024;

/// What came of the files in one state.
pub struct Reload {
    /// Since the state before.
    pub changed: Vec<PathBuf>,
    /// From the first file read until it was served, or known to be unsound.
    pub took: Duration,
    /// Where the configuration says to listen, as far as it can be read.
    pub listen: Option<String>,
    /// What is served from now on, or the errors. Warnings are told again when there are none.
    pub outcome: Result<Served, Vec<Diagnostic>>,
}

/// What is served.
pub struct Served {
    /// The clients that have a schema of their own, in order.
    pub clients: Vec<String>,
    pub warnings: Vec<Diagnostic>,
}

/// Keeps a pipeline as its files are.
pub struct Reloader {
    recipe: Recipe,
    watch: Watch,
}

impl Reloader {
    /// Reads the files for the first time.
    pub fn start(recipe: Recipe, pipeline: &Pipeline) -> (Self, Reload) {
        let (reload, watch) = load(&recipe, pipeline, vec![]);
        (Self { recipe, watch }, reload)
    }

    /// Looks at the files once, and reads them anew if they have changed and are left alone.
    pub fn poll(&mut self, pipeline: &Pipeline) -> Option<Reload> {
        match self.watch.poll() {
            Poll::Unchanged | Poll::Settling => None,
            Poll::Changed(changed) => {
                let (reload, watch) = load(&self.recipe, pipeline, changed);
                self.watch = watch;
                Some(reload)
            }
        }
    }

    /// Looks at the files again and again, on a thread of its own, until what it gives is dropped.
    pub fn follow(
        mut self,
        gateway: Arc<Gateway>,
        mut tell: impl FnMut(Reload) + Send + 'static,
    ) -> io::Result<Following> {
        let (following, stopped) = mpsc::channel();
        let work = move || {
            while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(INTERVAL) {
                if let Some(reload) = self.poll(&gateway.pipeline) {
                    tell(reload);
                }
            }
        };
        thread::Builder::new().name("reload".to_owned()).stack_size(STACK_SIZE).spawn(work)?;
        Ok(Following { _alive: following })
    }
}

/// Files are followed for as long as this lives.
pub struct Following {
    _alive: mpsc::Sender<Infallible>,
}

fn load(recipe: &Recipe, pipeline: &Pipeline, changed: Vec<PathBuf>) -> (Reload, Watch) {
    let (started, files) = (Instant::now(), Files::default());
    // A defect that one state of the files shows is no reason not to look at the next.
    let made = catch_unwind(AssertUnwindSafe(|| recipe.make(&files, pipeline.guards())));
    let Made { listen, loaded } = made.unwrap_or_else(|_| Made { listen: None, loaded: Err(vec![defect()]) });
    let outcome = loaded.map(|Loaded { snapshot, warnings }| {
        let clients = snapshot.clients.names();
        pipeline.swap(snapshot);
        Served { clients, warnings }
    });
    let outcome = outcome.map_err(|found| found.into_iter().filter(Diagnostic::is_error).collect());
    (Reload { changed, took: started.elapsed(), listen, outcome }, Watch::new(files.into_seen()))
}

fn defect() -> Diagnostic {
    let help = "what it said of it is on stderr; please report it with these files";
    Diagnostic::error("DEFECT", "weft failed to read the files; this is a defect of weft").help(help)
}
