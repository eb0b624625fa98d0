//! Owns `weft compose`: from a `supergraph.yaml` to a supergraph, with all that there is to say about it at once.

use std::path::PathBuf;

use clap::Args;

use super::report::{self, Format};
use super::{Failure, read_source, write_result};
use crate::compose::compose_config;

/// Compose subgraphs into a supergraph.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The `supergraph.yaml` that names the subgraphs; `-` is stdin. Paths in it are relative to its folder.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Where to write the supergraph [default: stdout].
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// How findings are written to stderr.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let (source, folder) = read_source(&arguments.config)?;
    let (composed, found) = compose_config(&source, folder);
    let Some(composed) = composed else { return Err(Failure::Invalid(found, arguments.format)) };
    report::diagnostics(&found, arguments.format);
    match &arguments.output {
        None => write_result(&composed.text),
        Some(path) => std::fs::write(path, composed.text + "\n")
            .map_err(|error| Failure::Usage(format!("cannot write {}: {error}", path.display()))),
    }
}
