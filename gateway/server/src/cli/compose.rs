//! Owns `weft compose`: from a `supergraph.yaml` to a supergraph, with all that there is to say about it at once.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use weft_federation::compose::{NoConnectors, compose, prove};
use weft_federation::diagnostics::{Diagnostic, Source};
use weft_federation::schema::Supergraph;
use weft_federation::schema::subgraph::SubgraphInput;

use super::report::{self, Format};
use super::{Failure, introspect, read_input, write_result};
use crate::config::{SchemaLocation, SubgraphConfig, SupergraphConfig};

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
    let invalid = |found| Failure::Invalid(found, arguments.format);
    let text = read_input(&arguments.config)?;
    let (name, folder) = if arguments.config == Path::new("-") {
        ("<stdin>".to_owned(), Path::new(""))
    } else {
        (arguments.config.display().to_string(), arguments.config.parent().unwrap_or(Path::new("")))
    };
    let config = SupergraphConfig::parse(&Source::new(name, text), &|name| std::env::var(name).ok());
    let inputs = load(config.map_err(invalid)?, folder).map_err(invalid)?;
    let (supergraph, found) = compose_and_prove(inputs);
    let Some(supergraph) = supergraph else { return Err(invalid(found)) };
    report::diagnostics(&found, arguments.format);
    match &arguments.output {
        None => write_result(&supergraph),
        Some(path) => std::fs::write(path, &supergraph)
            .map_err(|error| Failure::Usage(format!("cannot write {}: {error}", path.display()))),
    }
}

/// The supergraph, if nothing is wrong, and all findings: the merge's, and then what of the merged one is out of reach.
fn compose_and_prove(inputs: Vec<SubgraphInput>) -> (Option<String>, Vec<Diagnostic>) {
    let composition = compose(inputs, &mut NoConnectors);
    let mut found = composition.diagnostics;
    let Some(text) = composition.supergraph else { return (None, found) };
    match Supergraph::load(&Source::new("supergraph", text.as_str())) {
        Ok(merged) => found.extend(prove(merged).1),
        Err(errors) => found.extend(errors),
    }
    let is_sound = !found.iter().any(Diagnostic::is_error);
    (is_sound.then_some(text), found)
}

/// Gets the schemas of all subgraphs.
fn load(config: SupergraphConfig, folder: &Path) -> Result<Vec<SubgraphInput>, Vec<Diagnostic>> {
    let (mut inputs, mut found) = (vec![], vec![]);
    for subgraph in config.subgraphs {
        match load_schema(&subgraph, folder) {
            Ok(source) => {
                let url = subgraph.routing_url.unwrap_or_default();
                inputs.push(SubgraphInput { name: subgraph.name, url, source });
            }
            Err(diagnostic) => found.push(diagnostic.in_subgraph(subgraph.name)),
        }
    }
    if found.is_empty() { Ok(inputs) } else { Err(found) }
}

fn load_schema(subgraph: &SubgraphConfig, folder: &Path) -> Result<Arc<Source>, Diagnostic> {
    let place = || subgraph.schema_span.clone();
    match &subgraph.schema {
        SchemaLocation::File(file) => {
            let path = folder.join(file);
            let text = std::fs::read_to_string(&path).map_err(|error| {
                Diagnostic::error("SCHEMA_UNREADABLE", format!("cannot read {}: {error}", path.display()))
                    .at(place(), "")
                    .help("paths are relative to the folder of the configuration")
            })?;
            if subgraph.routing_url.is_none() && !text.contains("/connect/v") {
                let message = "nothing says where the subgraph listens, and it has no connectors";
                return Err(Diagnostic::error("ROUTING_URL_MISSING", message)
                    .at(place(), "")
                    .help("add a `routing_url` beside `schema`"));
            }
            Ok(Source::new(path.display().to_string(), text))
        }
        SchemaLocation::Url(url) => {
            let sdl = introspect::fetch_sdl(url).map_err(|error| {
                Diagnostic::error("SCHEMA_UNREADABLE", format!("{url} does not give its schema: {error}"))
                    .at(place(), "")
                    .help("the subgraph must run, and answer { _service { sdl } }")
            })?;
            Ok(Source::new(url.clone(), sdl))
        }
    }
}
