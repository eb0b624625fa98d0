//! Owns `weft config`: what can be said of a `weft.yaml` without serving, and the `weft.yaml` that `weft serve` takes.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use weft_engine::policy::Guards;
use weft_federation::diagnostics::Source;

use super::report::{self, Format};
use super::{Failure, read_input, read_source, write_result};
use crate::config::{Config, client_json_schema, consumers_json_schema, json_schema, variables};

/// Where the configuration is if nothing else is said.
pub const DEFAULT_FILE: &str = "weft.yaml";

/// Where the clients are if nothing else is said.
pub const DEFAULT_CLIENTS: &str = "bff-configs";

/// Work with `weft.yaml`.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Validate(ValidateArguments),
    Schema(SchemaArguments),
}

/// Check a `weft.yaml`, with the variables of this environment, and with its supergraph if it names one that is there.
#[derive(Debug, Args)]
struct ValidateArguments {
    /// The file; `-` is stdin.
    #[arg(value_name = "FILE", env = "WEFT_CONFIG_PATH", default_value = DEFAULT_FILE)]
    file: PathBuf,
    /// How findings are written to stderr.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Print the JSON Schema of `weft.yaml`, for editors.
#[derive(Debug, Args)]
struct SchemaArguments {
    /// That of a client's `client.yaml` instead.
    #[arg(long)]
    client: bool,
    /// That of a `consumers.yaml` instead.
    #[arg(long, conflicts_with = "client")]
    consumers: bool,
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    match &arguments.command {
        Command::Validate(arguments) => validate(arguments),
        // Strings and objects alone: it has a text.
        Command::Schema(arguments) => {
            let schema = match arguments {
                SchemaArguments { client: true, .. } => client_json_schema(),
                SchemaArguments { consumers: true, .. } => consumers_json_schema(),
                SchemaArguments { client: false, consumers: false } => json_schema(),
            };
            write_result(&format!("{schema:#}"))
        }
    }
}

fn validate(arguments: &ValidateArguments) -> Result<(), Failure> {
    let config = read(&arguments.file, arguments.format)?;
    let invalid = |found| Failure::Invalid(found, arguments.format);
    let supergraph = config.supergraph.as_deref().filter(|path| path.exists());
    let warnings = match supergraph {
        Some(path) => {
            let source = Source::new(path.display().to_string(), read_input(path)?);
            crate::pipeline::Snapshot::read(&source, &config.gateway, &Guards::default()).map_err(invalid)?.warnings
        }
        None => {
            let clients = config.gateway.clients().map_err(invalid)?;
            let of_clients = clients.into_iter().flat_map(|client| client.warnings);
            config.gateway.warnings.into_iter().chain(of_clients).collect()
        }
    };
    report::diagnostics(&warnings, arguments.format);
    write_result(&format!("{} is valid", arguments.file.display()))
}

/// Reads a `weft.yaml`, with the variables of this process.
pub fn read(path: &Path, format: Format) -> Result<Config, Failure> {
    let (source, folder) = read_source(path)?;
    Config::parse(&source, folder, &variables()).map_err(|found| Failure::Invalid(found, format))
}
