//! Owns composing from files: a `supergraph.yaml`, the schemas that it names, and the supergraph that comes of them.

mod introspect;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use weft_federation::compose::{Definitions, compose, prove_composed};
use weft_federation::connect::Composing;
use weft_federation::diagnostics::{Diagnostic, Source};
use weft_federation::schema::subgraph::SubgraphInput;
use weft_federation::schema::{Satisfiable, Supergraph};

use crate::config::{SchemaLocation, SubgraphConfig, SupergraphConfig};
use crate::files::Files;

/// A supergraph that was composed, with what is known of it besides its text.
pub(crate) struct Composed {
    pub text: String,
    pub supergraph: Supergraph<Satisfiable>,
    pub definitions: Definitions,
}

/// Composes what a `supergraph.yaml` names. Gives the supergraph, unless there is an error among the findings, and all
/// findings. Blocks: it reads files, and asks subgraphs for their schemas where the file says so.
pub fn compose_file(path: &Path) -> (Option<String>, Vec<Diagnostic>) {
    let (composed, found) = compose_noting(path, &Files::default());
    (composed.map(|composed| composed.text), found)
}

/// As [`compose_file`], with what is known of the supergraph, and noting the files that are read.
pub(crate) fn compose_noting(path: &Path, files: &Files) -> (Option<Composed>, Vec<Diagnostic>) {
    match files.read_to_string(path) {
        Ok(text) => {
            let source = Source::new(path.display().to_string(), text);
            compose_source(&source, path.parent().unwrap_or(Path::new("")), files)
        }
        Err(error) => {
            let message = format!("cannot read {}: {error}", path.display());
            (None, vec![Diagnostic::error("CONFIG_UNREADABLE", message)])
        }
    }
}

/// As [`compose_file`], for a text; paths in it are relative to `folder`.
pub(crate) fn compose_config(source: &Arc<Source>, folder: &Path) -> (Option<Composed>, Vec<Diagnostic>) {
    compose_source(source, folder, &Files::default())
}

fn compose_source(source: &Arc<Source>, folder: &Path, files: &Files) -> (Option<Composed>, Vec<Diagnostic>) {
    let config = SupergraphConfig::parse(source, &|name| std::env::var(name).ok());
    match config.and_then(|config| load(config, folder, files)) {
        Ok(loaded) => compose_and_prove(loaded, files),
        Err(found) => (None, found),
    }
}

/// The supergraph, if nothing is wrong, and all findings: the merge's, and then what of the merged one is out of reach.
fn compose_and_prove(loaded: Loaded, files: &Files) -> (Option<Composed>, Vec<Diagnostic>) {
    let Loaded { inputs, folders } = loaded;
    let protos = |subgraph: &str, file: &str| files.read(&folders.get(subgraph)?.join(file)).ok();
    let composition = compose(inputs, &mut Composing::new(&protos));
    let mut found = composition.diagnostics;
    let Some(text) = composition.supergraph else { return (None, found) };
    let supergraph = match Supergraph::load(&Source::new("supergraph", text.as_str())) {
        Ok(merged) => {
            let (supergraph, lacks) = prove_composed(merged, &composition.definitions);
            found.extend(lacks);
            supergraph
        }
        Err(errors) => {
            found.extend(errors);
            return (None, found);
        }
    };
    let is_sound = !found.iter().any(Diagnostic::is_error);
    (is_sound.then_some(Composed { text, supergraph, definitions: composition.definitions }), found)
}

/// The schemas of all subgraphs, and the folders that paths in them are relative to, by subgraph.
struct Loaded {
    inputs: Vec<SubgraphInput>,
    folders: HashMap<String, PathBuf>,
}

/// Gets the schemas of all subgraphs.
fn load(config: SupergraphConfig, folder: &Path, files: &Files) -> Result<Loaded, Vec<Diagnostic>> {
    let (mut inputs, mut folders, mut found) = (vec![], HashMap::new(), vec![]);
    for subgraph in config.subgraphs {
        match load_schema(&subgraph, folder, files) {
            Ok(source) => {
                let schema_folder = match &subgraph.schema {
                    SchemaLocation::File(file) => folder.join(file).parent().unwrap_or(folder).to_owned(),
                    SchemaLocation::Url(_) => folder.to_owned(),
                };
                folders.insert(subgraph.name.clone(), schema_folder);
                let url = subgraph.routing_url.unwrap_or_default();
                inputs.push(SubgraphInput { name: subgraph.name, url, source });
            }
            Err(diagnostic) => found.push(diagnostic.in_subgraph(subgraph.name)),
        }
    }
    if found.is_empty() { Ok(Loaded { inputs, folders }) } else { Err(found) }
}

fn load_schema(subgraph: &SubgraphConfig, folder: &Path, files: &Files) -> Result<Arc<Source>, Diagnostic> {
    let place = || subgraph.schema_span.clone();
    match &subgraph.schema {
        SchemaLocation::File(file) => {
            let path = folder.join(file);
            let text = files.read_to_string(&path).map_err(|error| {
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
