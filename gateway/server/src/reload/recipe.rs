//! Owns which files a gateway is made of, and making it of them: configuration, supergraph and clients together.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use weft_engine::policy::Guards;
use weft_federation::diagnostics::{Diagnostic, Source};

use crate::compose::compose_noting;
use crate::config::Config;
use crate::files::Files;
use crate::pipeline::{Loaded, Snapshot};

/// Where everything is. What is not said here, the files say.
#[derive(Debug, Clone)]
pub struct Recipe {
    /// The `supergraph.yaml` that names the subgraphs.
    pub supergraph: PathBuf,
    pub config: ConfigFile,
    /// The folder of the clients, whatever the configuration says.
    pub clients: Option<PathBuf>,
    /// Where clients are if nobody says where, and it is there.
    pub usual_clients: PathBuf,
    /// Allow introspection where nothing is said of it.
    pub dev: bool,
    pub environment: BTreeMap<String, String>,
}

/// Where the `weft.yaml` is.
#[derive(Debug, Clone)]
pub enum ConfigFile {
    Named(PathBuf),
    /// It need not be there.
    Usual(PathBuf),
}

/// What came of it.
pub struct Made {
    /// Where the configuration says to listen, as far as it can be read.
    pub listen: Option<String>,
    pub loaded: Result<Loaded, Vec<Diagnostic>>,
}

impl Recipe {
    /// Reads all files. Endpoints that are called as before keep their guards. What is wrong with the configuration does not keep what is wrong with the schemas from being told.
    pub fn make(&self, files: &Files, guards: &Guards) -> Made {
        let config = self.config(files);
        let (composed, mut told) = compose_noting(&self.supergraph, files);
        let listen = config.as_ref().ok().and_then(|config| config.listen.clone());
        let loaded = match (config, composed) {
            (Ok(config), Some(composed)) => {
                Snapshot::of_composed(&composed.supergraph, &config.gateway, guards).map(|loaded| {
                    told.extend(loaded.warnings);
                    Loaded { warnings: told, ..loaded }
                })
            }
            (Ok(_), None) => Err(told),
            (Err(found), _) => Err(found.into_iter().chain(told).collect()),
        };
        Made { listen, loaded }
    }

    fn config(&self, files: &Files) -> Result<Config, Vec<Diagnostic>> {
        let path = match &self.config {
            ConfigFile::Named(path) => Some(path),
            ConfigFile::Usual(path) => Some(path).filter(|path| files.exists(path)),
        };
        let mut config = match path {
            Some(path) => self.config_at(path, files)?,
            None => Config::without_file(&self.environment),
        };
        let usual = || Some(self.usual_clients.clone()).filter(|folder| files.exists(folder));
        let gateway = &mut config.gateway;
        gateway.bff = self.clients.clone().or_else(|| gateway.bff.take()).or_else(usual);
        if let Some(folder) = &gateway.bff {
            files.note_folder(folder);
        }
        gateway.dev |= self.dev;
        Ok(config)
    }

    fn config_at(&self, path: &Path, files: &Files) -> Result<Config, Vec<Diagnostic>> {
        let text = files.read_to_string(path).map_err(|error| {
            vec![Diagnostic::error("CONFIG_UNREADABLE", format!("cannot read {}: {error}", path.display()))]
        })?;
        let source = Source::new(path.display().to_string(), text);
        Config::parse_noting(&source, path.parent().unwrap_or(Path::new("")), &self.environment, files)
    }
}
