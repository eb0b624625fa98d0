//! Owns `weft check`: compose and prove as `weft compose` does, then say what will be slow, or does nothing.

use std::path::{Path, PathBuf};

use clap::Args;
use weft_federation::check::check;

use super::report::{self, Format};
use super::{Failure, config, one_from_stdin, read_source, write_result};
use crate::compose::compose_config;
use crate::config::{Config, variables};

/// Check that subgraphs compose, and warn of what will be slow or has no effect.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The `supergraph.yaml` that names the subgraphs; `-` is stdin. Paths in it are relative to its folder.
    #[arg(long, value_name = "FILE", default_value = "supergraph.yaml")]
    config: PathBuf,
    /// The `weft.yaml` that the supergraph will be served with [default: weft.yaml, if it is there].
    #[arg(short = 'c', long, value_name = "FILE", env = "WEFT_CONFIG_PATH")]
    gateway_config: Option<PathBuf>,
    /// How findings are written to stderr.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let Arguments { config, gateway_config: gateway, .. } = arguments;
    one_from_stdin(&[("--config", Some(config)), ("--gateway-config", gateway.as_deref())])?;
    let gateway = gateway_config(arguments)?.gateway;
    let (source, folder) = read_source(&arguments.config)?;
    let (composed, mut found) = compose_config(&source, folder);
    let Some(composed) = composed else { return Err(Failure::Invalid(found, arguments.format)) };
    found.extend(check(&composed.supergraph, &composed.definitions));
    found.extend(gateway.without_timeout(&composed.supergraph, &composed.definitions));
    found.extend(gateway.unused(&composed.supergraph));
    report::diagnostics(&found, arguments.format);
    write_result(&format!("{} is valid", source.path))
}

/// What the gateway will be configured with. Without a file that is an empty one's.
fn gateway_config(arguments: &Arguments) -> Result<Config, Failure> {
    let default = || Some(Path::new(config::DEFAULT_FILE)).filter(|path| path.exists());
    match arguments.gateway_config.as_deref().or_else(default) {
        Some(path) => config::read(path, arguments.format),
        None => Ok(Config::without_file(&variables())),
    }
}
