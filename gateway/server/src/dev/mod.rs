//! Owns a gateway for developing: it is composed from files, made anew when they change, and has a page that tells how they are.

mod board;
mod html;
mod page;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{JoinHandle, spawn_blocking};

use crate::http::Gateway;
use crate::reload::{Following, Recipe, Reload, Reloader};
use crate::server::{self, ServeError};

use board::Board;

/// What is served for developing, and where.
pub struct DevOptions {
    pub recipe: Recipe,
    /// `host:port`, whatever the configuration says.
    pub listen: Option<String>,
    /// Where to listen if neither says it.
    pub usual_listen: String,
    /// The longest time from the signal to stop until the gateway has stopped.
    pub drain_for: Duration,
}

/// A gateway that serves, and follows its files.
pub struct Developing {
    pub addr: SocketAddr,
    task: JoinHandle<()>,
    _following: Following,
}

impl Developing {
    /// Waits until it has been told to stop, and has drained.
    pub async fn stopped(self) -> Result<(), ServeError> {
        Ok(self.task.await?)
    }
}

/// Starts the gateway, even if something is wrong with its files: then it waits until that is mended. `tell` gets what comes of
/// the files in each of their states, from the first on.
pub async fn develop(
    options: DevOptions,
    mut tell: impl FnMut(&Reload) + Send + 'static,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<Developing, ServeError> {
    let DevOptions { recipe, listen, usual_listen, drain_for } = options;
    let gateway = Arc::new(Gateway::new(true, None));
    let (reloader, first) = {
        let gateway = Arc::clone(&gateway);
        spawn_blocking(move || Reloader::start(recipe, &gateway.pipeline)).await?
    };
    tell(&first);
    let listen = listen.or_else(|| first.listen.clone()).unwrap_or(usual_listen);
    let board = Arc::new(Board::new(first));
    let page = page::routes(Arc::clone(&board));
    let (addr, task) = server::start(Arc::clone(&gateway), page, &listen, drain_for, shutdown).await?;
    let following = reloader.follow(gateway, move |reload| {
        tell(&reload);
        board.put(reload);
    });
    Ok(Developing { addr, task, _following: following.map_err(ServeError::Thread)? })
}
