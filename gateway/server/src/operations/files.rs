//! Owns reading a client's folder `operations`: documents, which end in `.graphql` or `.gql`, and manifests, which end in `.json`.

use std::path::Path;
use std::sync::Arc;
use std::{fs, io};

use weft_federation::diagnostics::{Diagnostic, Source};

use crate::files;

/// A client's saved operations, as its folder has them.
#[derive(Debug, Default)]
pub struct OperationFiles {
    pub documents: Vec<Arc<Source>>,
    pub manifests: Vec<Arc<Source>>,
}

impl OperationFiles {
    /// Reads a folder; one that is not there has no operations. What is neither a document nor a manifest is left alone.
    pub fn read(folder: &Path) -> Result<Self, Vec<Diagnostic>> {
        let (mut read, mut found) = (Self::default(), vec![]);
        let paths = match fs::read_dir(folder)
            .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>())
        {
            Ok(mut paths) => {
                paths.sort();
                paths
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(read),
            Err(error) => return Err(vec![unreadable(folder, &error)]),
        };
        for path in paths.into_iter().filter(|path| !is_hidden(path)) {
            let list = match path.extension().and_then(|extension| extension.to_str()) {
                Some("graphql" | "gql") => &mut read.documents,
                Some("json") => &mut read.manifests,
                Some(_) | None => continue,
            };
            match fs::read_to_string(&path) {
                Ok(text) => list.push(Source::new(path.display().to_string(), text)),
                Err(error) => found.push(unreadable(&path, &error)),
            }
        }
        if found.is_empty() { Ok(read) } else { Err(found) }
    }
}

/// What is hidden is a tool's, such as the links by which Emacs locks a file.
fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| files::is_hidden(&name.to_string_lossy()))
}

fn unreadable(path: &Path, error: &io::Error) -> Diagnostic {
    Diagnostic::error("CLIENT_UNREADABLE", format!("cannot read {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tools_leave_there_is_no_operation() {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["A.graphql", ".#A.graphql", "A.graphql~", "manifest.json", ".settings.json"] {
            fs::write(folder.path().join(name), "").expect("a file");
        }
        let files = OperationFiles::read(folder.path()).unwrap_or_else(|found| panic!("{found:?}"));
        assert_eq!((files.documents.len(), files.manifests.len()), (1, 1));
    }
}
