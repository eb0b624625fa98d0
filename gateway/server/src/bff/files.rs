//! Owns reading the clients' folders: `NAME/*.graphql` is a client's schema, `NAME/client.yaml` its policy, and what its saved
//! operations are is in `NAME/operations`.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use weft_federation::diagnostics::{Diagnostic, Source};
use weft_federation::suggest::closest;

use crate::config::{ClientPolicy, GatewayConfig};
use crate::files::is_hidden;
use crate::operations::OperationFiles;

impl GatewayConfig {
    /// The clients of the folder that the configuration names, if it names one.
    pub fn clients(&self) -> Result<Vec<ClientFiles>, Vec<Diagnostic>> {
        let (clients, found) = self.readable_clients();
        if found.is_empty() { Ok(clients) } else { Err(found) }
    }

    /// As [`Self::clients`], to look for what else is wrong: those whose schemas can be read, and all that is wrong with any. A
    /// policy of which something is wrong says what is left of it.
    pub fn readable_clients(&self) -> (Vec<ClientFiles>, Vec<Diagnostic>) {
        match &self.bff {
            Some(folder) => load(folder, self, &self.connectors.env),
            None => (vec![], vec![]),
        }
    }
}

/// What weft prints of a schema, beside the schema.
pub(crate) const LOCK: &str = "schema.lock.graphql";

const POLICY: &str = "client.yaml";

const OPERATIONS: &str = "operations";

/// A client as its folder has it.
pub struct ClientFiles {
    /// Of the folder, and in the address: it needs no escaping there.
    pub name: Box<str>,
    pub folder: PathBuf,
    /// At least one.
    pub schema: Vec<Arc<Source>>,
    pub policy: ClientPolicy,
    pub operations: OperationFiles,
    pub warnings: Vec<Diagnostic>,
}

/// Reads all clients of a folder, in the order of their names, and tells all that is wrong with any of them.
fn load(
    folder: &Path,
    gateway: &GatewayConfig,
    environment: &BTreeMap<String, String>,
) -> (Vec<ClientFiles>, Vec<Diagnostic>) {
    let (mut clients, mut found, mut names) = (vec![], vec![], vec![]);
    let entries = match sorted(folder) {
        Ok(entries) => entries,
        Err(error) => {
            let help = "`bff.path` in weft.yaml names the folder of the clients, relative to its own";
            return (clients, vec![unreadable(folder, &error).help(help)]);
        }
    };
    for path in entries {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        // What is no folder is no client, such as a README; and what is hidden is a tool's.
        if !path.is_dir() || is_hidden(&name) {
            continue;
        }
        clients.extend(Reading { path: &path, found: &mut found }.client(&name, gateway, environment));
        names.push(name.into_owned());
    }
    found.extend(clients.iter().filter_map(|client| wrong_successor(client, &names)));
    (clients, found)
}

struct Reading<'a> {
    path: &'a Path,
    found: &'a mut Vec<Diagnostic>,
}

impl Reading<'_> {
    fn client(
        &mut self,
        name: &str,
        gateway: &GatewayConfig,
        environment: &BTreeMap<String, String>,
    ) -> Option<ClientFiles> {
        if !is_segment(name) {
            let message =
                format!("the folder {} cannot be a client: its name is a part of an address", self.path.display());
            let help = "letters, digits, and `-`, `_`, `.` and `~` between them are allowed";
            self.found.push(Diagnostic::error("INVALID_CLIENT_NAME", message).help(help));
            return None;
        }
        let schema = self.schema();
        let operations = self.operations();
        let (policy, told) = self.policy(gateway, environment)?;
        let (errors, warnings): (Vec<_>, Vec<_>) = told.into_iter().partition(Diagnostic::is_error);
        self.found.extend(errors);
        let (name, folder) = (name.into(), self.path.to_owned());
        Some(ClientFiles { name, folder, schema: schema?, policy, operations: operations?, warnings })
    }

    fn operations(&mut self) -> Option<OperationFiles> {
        OperationFiles::read(&self.path.join(OPERATIONS)).map_err(|found| self.found.extend(found)).ok()
    }

    /// The files that the client's schema is written in.
    fn schema(&mut self) -> Option<Vec<Arc<Source>>> {
        let files = match sorted(self.path) {
            Ok(files) => files,
            Err(error) => {
                self.found.push(unreadable(self.path, &error));
                return None;
            }
        };
        let is_schema = |path: &&PathBuf| {
            path.extension().is_some_and(|extension| extension == "graphql")
                && path.file_name().is_some_and(|name| name != LOCK && !is_hidden(&name.to_string_lossy()))
        };
        let before = self.found.len();
        let files: Vec<PathBuf> = files.iter().filter(is_schema).cloned().collect();
        if files.is_empty() {
            let message = format!("the client in {} has no schema", self.path.display());
            let help = "write what its clients see into schema.graphql";
            self.found.push(Diagnostic::error("CLIENT_WITHOUT_SCHEMA", message).help(help));
        }
        let sources: Vec<Arc<Source>> = files.iter().filter_map(|path| self.read(path)).collect();
        (self.found.len() == before).then_some(sources)
    }

    fn policy(
        &mut self,
        gateway: &GatewayConfig,
        environment: &BTreeMap<String, String>,
    ) -> Option<(ClientPolicy, Vec<Diagnostic>)> {
        let path = self.path.join(POLICY);
        let source = if path.exists() { self.read(&path)? } else { Source::new(path.display().to_string(), "") };
        Some(ClientPolicy::parse(&source, gateway, environment))
    }

    fn read(&mut self, path: &Path) -> Option<Arc<Source>> {
        match fs::read_to_string(path) {
            Ok(text) => Some(Source::new(path.display().to_string(), text)),
            Err(error) => {
                self.found.push(unreadable(path, &error));
                None
            }
        }
    }
}

/// What is in a folder, in an order that is the same everywhere.
fn sorted(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

fn unreadable(path: &Path, error: &io::Error) -> Diagnostic {
    Diagnostic::error("CLIENT_UNREADABLE", format!("cannot read {}: {error}", path.display()))
}

/// Whether a name is a segment of a path as it is written: the unreserved characters of RFC 3986.
fn is_segment(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte))
}

/// A successor that nobody can go on to, where these are all clients, be something wrong with them or not.
fn wrong_successor(client: &ClientFiles, clients: &[String]) -> Option<Diagnostic> {
    let successor = client.policy.lifecycle.successor.as_ref()?;
    let name = successor.name.as_str();
    let others = || clients.iter().map(String::as_str).filter(|other| *other != &*client.name);
    let (message, help) = if name == &*client.name {
        ("a client cannot be its own successor".to_owned(), "name the client to use instead".to_owned())
    } else if others().any(|other| other == name) {
        return None;
    } else {
        let help = match closest(name, others()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("a client is a folder beside {}", client.name),
        };
        (format!("there is no client \"{name}\""), help)
    };
    Some(Diagnostic::error("UNKNOWN_CLIENT", message).at(successor.span.clone(), "").help(help))
}
