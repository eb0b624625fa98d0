//! Owns what the commands about clients begin with: the supergraph and the clients that a `weft.yaml` names.

use std::path::PathBuf;

use clap::Args;
use weft_federation::compose::prove;
use weft_federation::diagnostics::{Diagnostic, Source};
use weft_federation::schema::Supergraph;
use weft_federation::suggest::closest;

use super::report::{self, Format};
use super::{Failure, config, read_input};
use crate::bff;
use crate::config::{Config, variables};
use crate::pipeline::Client;

/// Where the supergraph is if nothing else is said.
const DEFAULT_SUPERGRAPH: &str = "supergraph.graphql";

/// Where clients are, and what they are clients of.
#[derive(Debug, Args)]
pub struct Files {
    /// The configuration, which says where the clients are [default: weft.yaml, if it is there].
    #[arg(short, long, value_name = "FILE", env = "WEFT_CONFIG_PATH")]
    config: Option<PathBuf>,
    /// The supergraph [default: what the configuration says, else supergraph.graphql].
    #[arg(short, long, value_name = "FILE", env = "WEFT_SUPERGRAPH_PATH")]
    supergraph: Option<PathBuf>,
}

impl Files {
    /// All clients, by name. Warnings are said; a client that is wrong fails the command.
    pub fn clients(&self, format: Format) -> Result<Vec<(Box<str>, Client)>, Failure> {
        super::one_from_stdin(&[("--config", self.config.as_deref()), ("--supergraph", self.supergraph.as_deref())])?;
        let default = || Some(PathBuf::from(config::DEFAULT_FILE)).filter(|path| path.exists());
        let mut config = match self.config.clone().or_else(default) {
            Some(path) => config::read(&path, format)?,
            None => Config::without_file(&variables()),
        };
        config.gateway.bff.get_or_insert_with(|| PathBuf::from(config::DEFAULT_CLIENTS));
        let path = self.supergraph.clone().or_else(|| config.supergraph.clone());
        let path = path.unwrap_or_else(|| PathBuf::from(DEFAULT_SUPERGRAPH));
        let invalid = |found| Failure::Invalid(found, format);
        let source = Source::new(path.display().to_string(), read_input(&path)?);
        let (supergraph, _) = prove(Supergraph::load(&source).map_err(invalid)?);
        let (clients, found) = bff::compile(config.gateway.clients().map_err(invalid)?, &supergraph);
        if found.iter().any(Diagnostic::is_error) {
            return Err(invalid(found));
        }
        report::diagnostics(&found, format);
        Ok(clients)
    }
}

/// The client of this name.
pub fn one<'a>(clients: &'a [(Box<str>, Client)], name: &str) -> Result<&'a Client, Failure> {
    if let Some((_, client)) = clients.iter().find(|(known, _)| **known == *name) {
        return Ok(client);
    }
    let names: Vec<&str> = clients.iter().map(|(known, _)| &**known).collect();
    let known = match (closest(name, names.iter().copied()), &names[..]) {
        (Some(near), _) => format!("did you mean {near}?"),
        (None, []) => "there is none at all".to_owned(),
        (None, names) => format!("there are {}", names.join(", ")),
    };
    Err(Failure::Usage(format!("there is no client {name}; {known}")))
}
