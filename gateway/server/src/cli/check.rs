//! Owns `weft check`: whether subgraphs compose, and what could be better about them.

use std::path::{Path, PathBuf};

use clap::Args;
use weft_federation::diagnostics::{Diagnostic, Source};
use weft_federation::schema::Supergraph;

use super::report::{self, Format};
use super::{Failure, config, read_input, write_result};
use crate::compose::check_config;
use crate::config::{Config, variables};

/// Check what subgraphs compose to.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The `supergraph.yaml` that names the subgraphs; `-` is stdin. Paths in it are relative to its folder.
    #[arg(long, value_name = "FILE", default_value = "supergraph.yaml")]
    config: PathBuf,
    /// The configuration that the gateway will have [default: weft.yaml, if it is there].
    #[arg(long, value_name = "FILE", env = "WEFT_CONFIG_PATH")]
    gateway: Option<PathBuf>,
    /// How findings are written to stderr.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let text = read_input(&arguments.config)?;
    let (name, folder) = if arguments.config == Path::new("-") {
        ("<stdin>".to_owned(), Path::new(""))
    } else {
        (arguments.config.display().to_string(), arguments.config.parent().unwrap_or(Path::new("")))
    };
    let gateway = gateway(arguments)?;
    let (supergraph, mut found) = check_config(&Source::new(name.clone(), text), folder);
    let Some(supergraph) = supergraph else { return Err(Failure::Invalid(found, arguments.format)) };
    found.extend(of_gateway(&supergraph, &gateway));
    report::diagnostics(&found, arguments.format);
    write_result(&format!("{name} is valid"))
}

fn gateway(arguments: &Arguments) -> Result<Config, Failure> {
    let default = Path::new(config::DEFAULT_FILE);
    match arguments.gateway.as_deref().or_else(|| default.exists().then_some(default)) {
        Some(path) => config::read(path, arguments.format),
        None => Ok(Config::without_file(&variables())),
    }
}

/// What the gateway's configuration lacks or has too much for this supergraph.
fn of_gateway(supergraph: &str, config: &Config) -> Vec<Diagnostic> {
    // It was composed a moment ago, and what was wrong with it has been told.
    let Ok(supergraph) = Supergraph::load(&Source::new("supergraph", supergraph)) else { return vec![] };
    let mut found = config.gateway.unused(&supergraph);
    found.extend(config.gateway.default_timeouts(&supergraph));
    found
}
