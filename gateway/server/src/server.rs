//! Owns a running gateway: made from a supergraph, listening, and stopping in order.

use std::io;
use std::net::SocketAddr;
use std::panic::resume_unwind;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, spawn_blocking};
use weft_federation::diagnostics::{Diagnostic, Source};

use crate::config::GatewayConfig;
use crate::http::{self, Gateway};
use crate::pipeline::{Loaded, Snapshot};
use crate::usage::{Usage, log_every};

/// What to serve, and how.
#[derive(Debug, Clone)]
pub struct ServeOptions {
    pub supergraph: SupergraphSource,
    /// `host:port`; port 0 takes any that is free.
    pub listen: String,
    /// Allow introspection, and send `Server-Timing`, whatever the configuration says.
    pub dev: bool,
    pub config: GatewayConfig,
    /// The longest time from the signal to stop until the gateway has stopped.
    pub drain_for: Duration,
}

impl ServeOptions {
    /// How long draining takes at most if nothing else is said.
    pub const DRAIN_FOR: Duration = Duration::from_secs(30);

    pub fn new(supergraph: SupergraphSource, listen: impl Into<String>) -> Self {
        Self {
            supergraph,
            listen: listen.into(),
            dev: false,
            config: GatewayConfig::default(),
            drain_for: Self::DRAIN_FOR,
        }
    }
}

/// Where the supergraph's SDL is.
#[derive(Debug, Clone)]
pub enum SupergraphSource {
    File(PathBuf),
    Text(Arc<Source>),
}

impl SupergraphSource {
    /// Gets the text. Fails only for a file that cannot be read.
    pub fn read(&self) -> Result<Arc<Source>, ServeError> {
        match self {
            Self::Text(source) => Ok(Arc::clone(source)),
            Self::File(path) => match std::fs::read_to_string(path) {
                Ok(text) => Ok(Source::new(path.display().to_string(), text)),
                Err(source) => Err(ServeError::Read { path: path.clone(), source }),
            },
        }
    }
}

/// Why a gateway does not start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error("cannot read the supergraph {}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    /// Of the supergraph, or of the clients.
    #[error("{} errors were found", .0.len())]
    Invalid(Vec<Diagnostic>),
    #[error("cannot listen on {listen}: {source}{}", listen_help(source))]
    Listen { listen: String, source: io::Error },
    #[error("cannot start a thread: {0}")]
    Thread(io::Error),
    #[error("the gateway ended by a defect: {0}")]
    Defect(#[from] tokio::task::JoinError),
}

fn listen_help(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::AddrInUse => "; another process listens there, choose another address with --listen",
        io::ErrorKind::AddrNotAvailable => "; this machine has no such address",
        io::ErrorKind::PermissionDenied => "; ports below 1024 often need more rights",
        io::ErrorKind::InvalidInput => "; write it as host:port, such as 127.0.0.1:4000",
        _ => "",
    }
}

/// A gateway that serves, until its shutdown future ends.
#[derive(Debug)]
pub struct Running {
    addr: SocketAddr,
    clients: Vec<String>,
    warnings: Vec<Diagnostic>,
    task: JoinHandle<()>,
}

impl Running {
    /// Where it listens, with the port that it got.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The clients that have a schema of their own, at `/bff/NAME/graphql`.
    pub fn clients(&self) -> &[String] {
        &self.clients
    }

    /// What of the supergraph cannot be resolved, though the rest is served.
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }

    /// Waits until it has been told to stop, and has drained.
    pub async fn stopped(self) -> Result<(), ServeError> {
        Ok(self.task.await?)
    }
}

/// Starts a gateway. It listens when this returns; when `shutdown` ends, it drains and stops.
pub async fn serve(
    options: ServeOptions,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<Running, ServeError> {
    let ServeOptions { supergraph, listen, dev, mut config, drain_for } = options;
    config.dev |= dev;
    let usage = config.log_usage.map(|period| (Arc::<Usage>::default(), period));
    let gateway = Arc::new(Gateway::new(config.dev, usage.as_ref().map(|(usage, _)| Arc::clone(usage))));
    let guards = gateway.pipeline.guards().clone();
    let load = move || Snapshot::read(&supergraph.read()?, &config, &guards).map_err(ServeError::Invalid);
    let loaded = spawn_blocking(load).await?;
    let Loaded { snapshot, warnings } = loaded?;
    let clients = snapshot.clients.names();
    gateway.pipeline.swap(snapshot);
    let (addr, served) = start(gateway, Router::new(), &listen, drain_for, shutdown).await?;
    let task = match usage {
        Some((usage, period)) => tokio::spawn(logged(served, usage, period)),
        None => served,
    };
    Ok(Running { addr, clients, warnings, task })
}

/// Logs who uses what, from time to time and at the end.
async fn logged(served: JoinHandle<()>, usage: Arc<Usage>, period: Duration) {
    tokio::select! {
        ended = served => {
            usage.log();
            // Whoever waits for this is told as if it had waited for that.
            if let Err(error) = ended && let Ok(panic) = error.try_into_panic() {
                resume_unwind(panic);
            }
        }
        () = log_every(Arc::clone(&usage), period) => {}
    }
}

/// Listens, and serves until `shutdown` ends and the gateway has drained. `more` are routes besides its own.
pub(crate) async fn start(
    gateway: Arc<Gateway>,
    more: Router<Arc<Gateway>>,
    listen: &str,
    drain_for: Duration,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(SocketAddr, JoinHandle<()>), ServeError> {
    let failed = |source| ServeError::Listen { listen: listen.to_owned(), source };
    let listener = TcpListener::bind(listen).await.map_err(failed)?;
    let addr = listener.local_addr().map_err(failed)?;
    let drain = Arc::clone(&gateway.drain);
    let task = tokio::spawn(http::run(listener, http::Endpoints::new(gateway, more), drain, shutdown, drain_for));
    Ok((addr, task))
}
