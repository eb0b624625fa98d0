//! Owns `weft openapi`: a client's REST endpoints, described for REST clients.

use clap::Args;

use super::clients::{Files, one};
use super::report::Format;
use super::{Failure, write_result};
use crate::operations::openapi;

/// Print an OpenAPI 3.1 document of a client's REST endpoints.
#[derive(Debug, Args)]
pub struct Arguments {
    #[arg(value_name = "CLIENT")]
    client: String,
    #[command(flatten)]
    files: Files,
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let clients = arguments.files.clients(Format::Text)?;
    let client = one(&clients, &arguments.client)?;
    let document = openapi::document(&arguments.client, &client.schema.schema, client.operations.routes());
    write_result(&format!("{document:#}"))
}
