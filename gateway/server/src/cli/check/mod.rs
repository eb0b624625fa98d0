//! Owns `weft check`: what is wrong with the supergraph, its clients and their saved operations; what will be slow or does
//! nothing; and whom a change breaks.

mod against;
mod clients;
mod gone;
mod locks;

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use clap::Args;
use weft_federation::check::check;
use weft_federation::diagnostics::Diagnostic;

use super::report::{self, Format};
use super::{Failure, config, one_from_stdin, read_source, write_result};
use crate::compose::compose_config;
use crate::config::{Config, variables};
use clients::CheckedClient;
use locks::{Locks, Renewal};

/// Check that subgraphs compose and that clients' schemas and saved operations fit; say what a change breaks, and for whom.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The `supergraph.yaml` that names the subgraphs; `-` is stdin. Paths in it are relative to its folder.
    #[arg(long, value_name = "FILE", default_value = "supergraph.yaml")]
    config: PathBuf,
    /// The `weft.yaml` that the supergraph will be served with [default: weft.yaml, if it is there].
    #[arg(short = 'c', long, value_name = "FILE", env = "WEFT_CONFIG_PATH")]
    gateway_config: Option<PathBuf>,
    /// The folder of the clients [default: what the `weft.yaml` says in `bff.path`].
    #[arg(long, value_name = "DIR")]
    bff: Option<PathBuf>,
    /// A supergraph, or the `supergraph.yaml` of one, to compare with: say what has changed since, and for whom.
    #[arg(long, value_name = "OLD")]
    against: Option<PathBuf>,
    /// A folder of clients as they were, such as that of the main branch: keep the promises of the locks there.
    #[arg(long, value_name = "DIR")]
    against_bff: Option<PathBuf>,
    /// Write the locks of clients whose schemas break no promise.
    #[arg(long)]
    write_locks: bool,
    /// Fail where a lock is missing or is not as the schema is now: for CI.
    #[arg(long, conflicts_with = "write_locks")]
    locked: bool,
    /// How findings are written to stderr.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let Arguments { config, gateway_config: gateway, .. } = arguments;
    one_from_stdin(&[
        ("--config", Some(config)),
        ("--gateway-config", gateway.as_deref()),
        ("--against", arguments.against.as_deref()),
    ])?;
    let gateway = gateway_config(arguments)?.gateway;
    let old = arguments.against.as_deref().map(|path| against::read(path, arguments.format)).transpose()?;
    let (source, folder) = read_source(&arguments.config)?;
    let (composed, mut found) = compose_config(&source, folder);
    // Without a supergraph there is nothing to set clients against; what is wrong with their files alone is told all the same.
    let (files, wrong) = gateway.readable_clients();
    let Some(composed) = composed else {
        found.extend(wrong);
        return Err(Failure::Invalid(found, arguments.format));
    };
    found.extend(check(&composed.supergraph, &composed.definitions));
    found.extend(gateway.without_timeout(&composed.supergraph, &composed.definitions));
    found.extend(gateway.unused(&composed.supergraph));
    found.extend(gateway.unmet(&composed.supergraph));
    found.extend(gateway.warnings.iter().cloned());
    found.extend(wrong);
    let clients = clients::check(files, &composed.supergraph, &mut found);
    found.extend(clients::check_calls(&clients, &composed.supergraph));
    found.extend(old.iter().flat_map(|old| against::compare(old, &composed.supergraph, &clients)));
    let locks = Locks { renewal: renewal(arguments), promised: arguments.against_bff.as_deref() };
    let due = locks.check(&clients, &mut found);
    found.extend(arguments.against_bff.iter().flat_map(|before| gone::gone(&gateway, before, SystemTime::now())));
    if arguments.write_locks {
        for path in locks::write(&due)? {
            write_result(&format!("wrote {}", path.display()))?;
        }
    }
    if found.iter().any(Diagnostic::is_error) {
        return Err(Failure::Invalid(found, arguments.format));
    }
    report::diagnostics(&found, arguments.format);
    write_result(&valid(&source.path, &clients))
}

fn renewal(arguments: &Arguments) -> Renewal {
    match (arguments.write_locks, arguments.locked) {
        (true, _) => Renewal::Write,
        (false, true) => Renewal::Demand,
        (false, false) => Renewal::Hint,
    }
}

/// `supergraph.yaml is valid, with 2 clients and 3 operations of theirs`
fn valid(path: &str, clients: &[CheckedClient]) -> String {
    let count = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    let operations =
        clients.iter().flat_map(|client| &client.operations).map(|operation| operation.names().len()).sum();
    match clients.len() {
        0 => format!("{path} is valid"),
        clients => {
            format!("{path} is valid, with {} and {}", count(clients, "client"), count(operations, "saved operation"))
        }
    }
}

/// What the gateway will be configured with. Without a file that is an empty one's.
fn gateway_config(arguments: &Arguments) -> Result<Config, Failure> {
    let default = || Some(Path::new(config::DEFAULT_FILE)).filter(|path| path.exists());
    let mut config = match arguments.gateway_config.as_deref().or_else(default) {
        Some(path) => config::read(path, arguments.format)?,
        None => Config::without_file(&variables()),
    };
    for (flag, folder) in [("--bff", &arguments.bff), ("--against-bff", &arguments.against_bff)] {
        if let Some(folder) = folder.as_ref().filter(|folder| !folder.is_dir()) {
            return Err(Failure::Usage(format!("{flag} {}: there is no such folder", folder.display())));
        }
    }
    config.gateway.bff = arguments.bff.clone().or(config.gateway.bff);
    Ok(config)
}
