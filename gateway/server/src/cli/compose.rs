//! Owns `weft compose`: from a `supergraph.yaml` to a supergraph, with all that there is to say about it at once.

use std::path::{Path, PathBuf};

use clap::Args;
use weft_federation::diagnostics::Source;

use super::report::{self, Format};
use super::{Failure, read_input, write_result};
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
    let text = read_input(&arguments.config)?;
    let (name, folder) = if arguments.config == Path::new("-") {
        ("<stdin>".to_owned(), Path::new(""))
    } else {
        (arguments.config.display().to_string(), arguments.config.parent().unwrap_or(Path::new("")))
    };
    let (supergraph, found) = compose_config(&Source::new(name, text), folder);
    let Some(supergraph) = supergraph else { return Err(Failure::Invalid(found, arguments.format)) };
    report::diagnostics(&found, arguments.format);
    match &arguments.output {
        None => write_result(&supergraph),
        Some(path) => std::fs::write(path, supergraph + "\n")
            .map_err(|error| Failure::Usage(format!("cannot write {}: {error}", path.display()))),
    }
}
