//! Owns `weft serve`: run the gateway until a signal says to stop.

use std::path::{Path, PathBuf};

use clap::Args;

use super::report::{self, Format};
use super::{Failure, config, read_source};
use crate::config::{Config, variables};
use crate::server::{ServeError, ServeOptions, SupergraphSource, serve};
use crate::telemetry;

/// Run the gateway.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The configuration. Flags go before what it says [default: weft.yaml, if no supergraph is given and it is there].
    #[arg(short, long, value_name = "FILE", env = "WEFT_CONFIG_PATH")]
    config: Option<PathBuf>,
    /// The supergraph to serve, as `weft compose` or another composer has written it; `-` is stdin [default: what the
    /// configuration says].
    #[arg(short, long, value_name = "FILE", env = "WEFT_SUPERGRAPH_PATH")]
    supergraph: Option<PathBuf>,
    /// Where to listen, as host:port [default: what the configuration says, or HOST and PORT, or 127.0.0.1:4000].
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// For development: allow introspection, and tell in `Server-Timing` what took how long.
    #[arg(long)]
    dev: bool,
    /// error, warn, info, debug or trace.
    #[arg(long, value_name = "LEVEL", env = "WEFT_LOG", default_value = "info")]
    log: String,
}

pub fn run(arguments: Arguments) -> Result<(), Failure> {
    telemetry::init(&arguments.log).map_err(|error| Failure::Usage(format!("--log {}: {error}", arguments.log)))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::Failed(format!("cannot start threads: {error}")))?;
    runtime.block_on(serve_until_signal(arguments))
}

impl From<ServeError> for Failure {
    fn from(error: ServeError) -> Self {
        match error {
            ServeError::Invalid(diagnostics) => Self::Invalid(diagnostics, Format::Text),
            ServeError::Read { .. } => Self::Usage(error.to_string()),
            ServeError::Listen { .. } | ServeError::Thread(_) | ServeError::Defect(_) => {
                Self::Failed(error.to_string())
            }
        }
    }
}

async fn serve_until_signal(arguments: Arguments) -> Result<(), Failure> {
    let options = options(arguments)?;
    let stop = stop_signal().map_err(|error| Failure::Failed(format!("cannot listen for signals: {error}")))?;
    let running = serve(options, stop).await?;
    report::diagnostics(running.warnings(), Format::Text);
    for client in running.clients() {
        tracing::info!("serving the client {client} on http://{}/bff/{client}/graphql", running.addr());
    }
    tracing::info!("serving GraphQL on http://{}/graphql", running.addr());
    running.stopped().await?;
    tracing::info!("stopped");
    Ok(())
}

/// What the command line says, and for the rest the configuration.
fn options(arguments: Arguments) -> Result<ServeOptions, Failure> {
    let Arguments { config: path, supergraph, listen, dev, log: _ } = arguments;
    let default = || Some(PathBuf::from(config::DEFAULT_FILE)).filter(|path| supergraph.is_none() && path.exists());
    let path = path.or_else(default);
    let config = match &path {
        Some(path) => config::read(path, Format::Text)?,
        None => Config::without_file(&variables()),
    };
    let Some(supergraph) = supergraph.or(config.supergraph) else {
        return Err(Failure::Usage(match path {
            Some(path) => format!(
                "{} does not say what to serve; name the supergraph in `supergraph: {{ path: … }}`, or with --supergraph",
                path.display()
            ),
            None => {
                "there is nothing to serve; name a configuration with --config, or a supergraph with --supergraph, or \
                     put a weft.yaml here"
                    .to_owned()
            }
        }));
    };
    let listen = listen.or(config.listen).unwrap_or_else(|| default_listen(|name| std::env::var(name).ok()));
    let supergraph = if supergraph == Path::new("-") {
        SupergraphSource::Text(read_source(&supergraph)?.0)
    } else {
        SupergraphSource::File(supergraph)
    };
    let options = ServeOptions::new(supergraph, listen);
    Ok(ServeOptions { dev, config: config.gateway, ..options })
}

pub(super) fn default_listen(variable: impl Fn(&str) -> Option<String>) -> String {
    let host = variable("HOST").unwrap_or_else(|| "127.0.0.1".to_owned());
    let port = variable("PORT").unwrap_or_else(|| "4000".to_owned());
    // An IPv6 address has colons of its own.
    if host.contains(':') && !host.starts_with('[') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

/// A future that ends at SIGTERM or Ctrl-C. They are listened for from now on, not from when it is first polled: one that
/// comes while the gateway starts is not lost, and does not kill it.
#[cfg(unix)]
pub(super) fn stop_signal() -> std::io::Result<impl Future<Output = ()> + Send + 'static> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// A future that ends at Ctrl-C.
#[cfg(windows)]
pub(super) fn stop_signal() -> std::io::Result<impl Future<Output = ()> + Send + 'static> {
    let mut interrupt = tokio::signal::windows::ctrl_c()?;
    Ok(async move { drop(interrupt.recv().await) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_and_port_come_from_the_environment() {
        let cases = [
            ((None, None), "127.0.0.1:4000"),
            ((Some("0.0.0.0"), None), "0.0.0.0:4000"),
            ((None, Some("80")), "127.0.0.1:80"),
            ((Some("::"), Some("80")), "[::]:80"),
        ];
        for ((host, port), expected) in cases {
            let variable = |name: &str| if name == "HOST" { host } else { port }.map(str::to_owned);
            assert_eq!(default_listen(variable), expected);
        }
    }
}
