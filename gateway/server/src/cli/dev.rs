//! Owns `weft dev`: compose, serve, and do so again whenever a file is saved. It tells in the terminal how that went.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use weft_federation::diagnostics::Diagnostic;

use super::report::{self, Format};
use super::{Failure, config, serve};
use crate::config::variables;
use crate::dev::{DevOptions, develop};
use crate::reload::{ConfigFile, Recipe, Reload, Served};
use crate::telemetry;

/// A developer who stops it does not want to wait.
const DRAIN_FOR: Duration = Duration::from_secs(2);

/// Compose, serve and reload on save: for developing. Open the address that it tells in a browser.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The `supergraph.yaml` that names the subgraphs. Paths in it are relative to its folder.
    #[arg(long, value_name = "FILE", default_value = "supergraph.yaml")]
    config: PathBuf,
    /// The `weft.yaml` to serve with [default: weft.yaml, if it is there].
    #[arg(short = 'c', long, value_name = "FILE", env = "WEFT_CONFIG_PATH")]
    gateway_config: Option<PathBuf>,
    /// The folder of the clients [default: what the configuration says, or bff-configs, if it is there].
    #[arg(long, value_name = "DIR")]
    bff: Option<PathBuf>,
    /// Where to listen, as host:port [default: what the configuration says, or HOST and PORT, or 127.0.0.1:4000].
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// error, warn, info, debug or trace.
    #[arg(long, value_name = "LEVEL", env = "WEFT_LOG", default_value = "info")]
    log: String,
}

pub fn run(arguments: Arguments) -> Result<(), Failure> {
    telemetry::init(&arguments.log).map_err(|error| Failure::Usage(format!("--log {}: {error}", arguments.log)))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::Failed(format!("cannot start threads: {error}")))?;
    runtime.block_on(develop_until_signal(arguments))
}

async fn develop_until_signal(arguments: Arguments) -> Result<(), Failure> {
    let Arguments { config: supergraph, gateway_config, bff, listen, log: _ } = arguments;
    // What is not there from the start is a mistake of the command line, and nothing to wait for.
    for named in [Some(&supergraph), gateway_config.as_ref(), bff.as_ref()].into_iter().flatten() {
        std::fs::metadata(named).map_err(|error| Failure::unreadable(named, &error))?;
    }
    let recipe = Recipe {
        supergraph,
        config: gateway_config.map_or_else(|| ConfigFile::Usual(config::DEFAULT_FILE.into()), ConfigFile::Named),
        clients: bff,
        usual_clients: config::DEFAULT_CLIENTS.into(),
        dev: true,
        environment: variables(),
    };
    let listen_is_given = listen.is_some();
    let usual_listen = serve::default_listen(|name| std::env::var(name).ok());
    let options = DevOptions { recipe, listen, usual_listen, drain_for: DRAIN_FOR };
    let stop = serve::stop_signal().map_err(|error| Failure::Failed(format!("cannot listen for signals: {error}")))?;
    let mut terminal = Terminal { is_told_where: listen_is_given, ..Terminal::default() };
    let developing = develop(options, move |reload| terminal.tell(reload), stop).await?;
    tracing::info!("the clients, and what is wrong with files, are shown on http://{}/", developing.addr);
    tracing::info!("serving GraphQL on http://{}/graphql", developing.addr);
    developing.stopped().await?;
    tracing::info!("stopped");
    Ok(())
}

/// What was told last, so that it is not told again and again.
#[derive(Default)]
struct Terminal {
    warnings: Vec<Diagnostic>,
    /// Something was sound before.
    serves: bool,
    is_mistaken: bool,
    /// By the command line, so that it does not matter what the configuration says.
    is_told_where: bool,
    /// What the configuration said of it first.
    listen: Option<Option<String>>,
}

impl Terminal {
    fn tell(&mut self, reload: &Reload) {
        let took = reload.took.as_millis();
        let what = named(&reload.changed);
        match &reload.outcome {
            Ok(Served { clients, warnings }) => {
                if self.warnings != *warnings {
                    report::diagnostics(warnings, Format::Text);
                    self.warnings.clone_from(warnings);
                }
                let mended = if self.is_mistaken { "mended: " } else { "" };
                match clients.as_slice() {
                    [] => {
                        tracing::info!("{mended}{what} in {took} ms; there are no clients with a schema of their own")
                    }
                    clients => tracing::info!("{mended}{what} in {took} ms; clients: {}", clients.join(", ")),
                }
                (self.serves, self.is_mistaken) = (true, false);
            }
            Err(found) => {
                report::diagnostics(found, Format::Text);
                let meanwhile = if self.serves {
                    "what was served before still is, until they are mended"
                } else {
                    "nothing is served until they are mended"
                };
                tracing::warn!("{what}, with errors: {meanwhile}");
                self.is_mistaken = true;
            }
        }
        let before = self.listen.get_or_insert_with(|| reload.listen.clone());
        if !self.is_told_where && reload.outcome.is_ok() && *before != reload.listen {
            tracing::warn!("`listen` has changed: that takes effect when weft dev is started again");
            before.clone_from(&reload.listen);
        }
    }
}

/// `a.graphql and 2 others reloaded`
fn named(changed: &[PathBuf]) -> String {
    let shown = |path: &Path| path.display().to_string();
    match changed {
        [] => "composed".to_owned(),
        [only] => format!("reloaded {}", shown(only)),
        [first, second] => format!("reloaded {} and {}", shown(first), shown(second)),
        [first, others @ ..] => format!("reloaded {} and {} others", shown(first), others.len()),
    }
}
