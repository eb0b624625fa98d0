//! Owns `weft ops`: what saved operations there are.

use std::fmt::Write as _;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use super::clients::Files;
use super::report::Format as ReportFormat;
use super::{Failure, write_result};
use crate::operations::SavedOperation;

/// Work with the saved operations of clients.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    List(ListArguments),
}

/// List the saved operations of all clients: client, name, hash, and REST route.
#[derive(Debug, Args)]
struct ListArguments {
    /// Only those of this client.
    #[arg(value_name = "CLIENT")]
    client: Option<String>,
    #[command(flatten)]
    files: Files,
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A line an operation.
    Text,
    /// With the texts that the hashes are of.
    Json,
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    match &arguments.command {
        Command::List(arguments) => list(arguments),
    }
}

fn list(arguments: &ListArguments) -> Result<(), Failure> {
    let format = match arguments.format {
        Format::Text => ReportFormat::Text,
        Format::Json => ReportFormat::Json,
    };
    let clients = arguments.files.clients(format)?;
    if let Some(name) = &arguments.client {
        super::clients::one(&clients, name)?;
    }
    let is_asked = |name: &str| arguments.client.as_deref().is_none_or(|asked| asked == name);
    let clients = clients.iter().filter(|(name, _)| is_asked(name));
    let operations: Vec<(&str, &SavedOperation)> =
        clients.flat_map(|(name, client)| client.operations.iter().map(|saved| (&**name, &**saved))).collect();
    write_result(&match arguments.format {
        Format::Text => table(&operations),
        Format::Json => format!(
            "{:#}",
            serde_json::Value::Array(operations.iter().map(|(client, saved)| entry(client, saved)).collect())
        ),
    })
}

fn table(operations: &[(&str, &SavedOperation)]) -> String {
    let rows = operations.iter().map(|(client, saved)| {
        let route = saved.route.as_ref().map_or(String::new(), |route| route.to_string());
        [(*client).to_owned(), saved.name.as_deref().unwrap_or("-").to_owned(), saved.hash.to_string(), route]
    });
    let rows: Vec<[String; 4]> = rows.collect();
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or_default();
    let widths = [width(0), width(1), width(2)];
    let mut text = String::new();
    for [client, name, hash, route] in &rows {
        let [client_width, name_width, hash_width] = widths;
        let line = format!("{client:client_width$}  {name:name_width$}  {hash:hash_width$}  {route}");
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

fn entry(client: &str, saved: &SavedOperation) -> serde_json::Value {
    json!({
        "client": client,
        "name": saved.name,
        "hash": saved.hash,
        "route": saved.route.as_ref().map(|route| route.to_string()),
        "text": saved.text,
    })
}
