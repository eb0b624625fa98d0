//! Owns `weft import supergraph`: from a supergraph to the SDL of its subgraphs.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use weft_federation::compose::{SplitSubgraph, split};
use weft_federation::diagnostics::Source;

use super::write_all_new;
use crate::cli::report::Format;
use crate::cli::{Failure, read_input, write_result};

/// Split a supergraph into the SDL of its subgraphs, with a `supergraph.yaml` that composes them.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The supergraph, of any composer; `-` is stdin.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The folder to write to, which is made if it is not there. Files that are there are not overwritten.
    #[arg(short, long, value_name = "FOLDER")]
    output: PathBuf,
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let source = Source::new(arguments.file.display().to_string(), read_input(&arguments.file)?);
    let subgraphs = split(&source).map_err(|found| Failure::Invalid(found, Format::Text))?;
    let folder = &arguments.output;
    std::fs::create_dir_all(folder)
        .map_err(|error| Failure::Usage(format!("cannot make the folder {}: {error}", folder.display())))?;
    let mut config = String::from("subgraphs:\n");
    let mut written = String::new();
    let mut all: Vec<(PathBuf, Vec<u8>)> = vec![];
    for SplitSubgraph { name, url, sdl, files } in &subgraphs {
        let file = file_name(name);
        all.push((folder.join(&file), sdl.clone().into_bytes()));
        for (file, bytes) in files {
            all.push((folder.join(file), bytes.clone()));
            // Writing to a String cannot fail, here and below.
            let _ = writeln!(written, "{}", folder.join(file).display());
        }
        let _ = writeln!(config, "  {}:", quoted(name));
        if !url.is_empty() {
            let _ = writeln!(config, "    routing_url: {}", quoted(url));
        }
        let _ = writeln!(config, "    schema:\n      file: {}", quoted(&file));
        let _ = writeln!(written, "{}", folder.join(&file).display());
    }
    let path = folder.join("supergraph.yaml");
    all.push((path.clone(), config.into_bytes()));
    write_all_new(&all)?;
    let _ = writeln!(written, "{}", path.display());
    write_result(&written)
}

/// A string as YAML reads it: as JSON does.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A subgraph's name as a file's: names may hold what paths give a meaning to.
fn file_name(name: &str) -> String {
    let safe = |c: char| if c.is_alphanumeric() || c == '-' || c == '_' { c } else { '_' };
    format!("{}.graphql", name.chars().map(safe).collect::<String>())
}
