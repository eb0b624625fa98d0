//! Owns the check of clients as they are: each schema against the supergraph, and each saved operation against its schema.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use weft_federation::check::{SavedOperation, Users};
use weft_federation::diagnostics::{Diagnostic, Source};
use weft_federation::schema::{Satisfiable, Supergraph};
use weft_federation::view::ClientSchema;

use crate::bff::{self, ClientFiles};
use crate::config::Exposure;

/// Where a client's saved operations are, in its folder.
const OPERATIONS: &str = "operations";

pub struct CheckedClient {
    pub files: ClientFiles,
    /// `None` if something is wrong with it.
    pub schema: Option<ClientSchema>,
    /// All that there is to say of its schema.
    pub told: Vec<Diagnostic>,
    /// Those that can be read, be they valid or not.
    pub operations: Vec<SavedOperation>,
}

impl CheckedClient {
    /// Whose operations the saved ones are.
    pub fn users(&self) -> Users {
        match self.files.policy.exposure {
            Exposure::Partner => Users::Unknown,
            Exposure::Internal | Exposure::FirstParty => Users::Saved,
        }
    }
}

/// Checks clients, in their order.
pub fn check(
    clients: Vec<ClientFiles>,
    supergraph: &Supergraph<Satisfiable>,
    found: &mut Vec<Diagnostic>,
) -> Vec<CheckedClient> {
    let check = |files: ClientFiles| {
        found.extend(files.warnings.iter().cloned());
        let (schema, told) = bff::client_schema(&files, supergraph);
        found.extend(told.iter().cloned());
        let operations = operations(&files.folder, found);
        if let Some(schema) = &schema {
            found.extend(operations.iter().flat_map(|operation| operation.check(schema, files.policy.depth)));
        }
        CheckedClient { files, schema, told, operations }
    };
    clients.into_iter().map(check).collect()
}

/// Reads the saved operations of a client's folder, in the order of their names.
fn operations(folder: &Path, found: &mut Vec<Diagnostic>) -> Vec<SavedOperation> {
    let folder = folder.join(OPERATIONS);
    let unreadable = |path: &Path, error: &io::Error| {
        Diagnostic::error("CLIENT_UNREADABLE", format!("cannot read {}: {error}", path.display()))
    };
    let paths = match graphql_files(&folder) {
        Ok(paths) => paths,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return vec![],
        Err(error) => {
            found.push(unreadable(&folder, &error));
            return vec![];
        }
    };
    let mut operations = vec![];
    for path in paths {
        match fs::read_to_string(&path) {
            Ok(text) => match SavedOperation::read(&Source::new(path.display().to_string(), text)) {
                Ok(operation) => operations.push(operation),
                Err(wrong) => found.extend(wrong),
            },
            Err(error) => found.push(unreadable(&path, &error)),
        }
    }
    operations
}

/// In an order that is the same everywhere.
fn graphql_files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "graphql"));
    paths.sort();
    Ok(paths)
}
