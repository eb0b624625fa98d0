//! Owns the logs: lines on stderr, at the level asked for.

use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;

/// Sends the process's logs to stderr. `level` is one of `error`, `warn`, `info`, `debug`, `trace`, or directives such as
/// `info,weft=debug`. A second call has no effect.
pub fn init(level: &str) -> Result<(), ParseError> {
    let filter = EnvFilter::builder().parse(level)?;
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none())
        .finish();
    // Fails only where a subscriber is set already, which then stays.
    let _ = tracing::subscriber::set_global_default(subscriber);
    Ok(())
}
