//! Owns reading files so that it is known later what was read, and in which state each file was just before.
//!
//! The state is taken before the content: a file that is written while it is read differs from its note, and is read again.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// How deep folders are looked into, so that a link to a folder above ends somewhere.
const MAX_DEPTH: usize = 5;

/// Reads files, and notes them.
#[derive(Debug, Default)]
pub struct Files {
    noted: RefCell<Seen>,
}

/// Files and whole folders, in the state that they were seen in.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Seen {
    files: Listing,
    /// What was in each, however deep.
    folders: BTreeMap<PathBuf, Listing>,
}

type Listing = BTreeMap<PathBuf, State>;

/// What tells that a file has changed, without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Absent,
    Folder,
    File { modified: Option<SystemTime>, length: u64 },
}

impl Files {
    pub fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.note(path);
        fs::read(path)
    }

    pub fn read_to_string(&self, path: &Path) -> io::Result<String> {
        self.note(path);
        fs::read_to_string(path)
    }

    /// Whether there is such a file, which matters for what is made.
    pub fn exists(&self, path: &Path) -> bool {
        self.note(path);
        path.exists()
    }

    /// Notes all that is in a folder: it will be read.
    pub fn note_folder(&self, folder: &Path) {
        self.noted.borrow_mut().folders.entry(folder.to_owned()).or_insert_with(|| listing(folder));
    }

    pub fn into_seen(self) -> Seen {
        self.noted.into_inner()
    }

    /// The first note counts: what is read twice may have changed between.
    fn note(&self, path: &Path) {
        self.noted.borrow_mut().files.entry(path.to_owned()).or_insert_with(|| state(path));
    }
}

impl Seen {
    /// The same files and folders as they are now.
    pub fn now(&self) -> Self {
        Self {
            files: self.files.keys().map(|path| (path.clone(), state(path))).collect(),
            folders: self.folders.keys().map(|folder| (folder.clone(), listing(folder))).collect(),
        }
    }

    /// What is not as it was, has come or has gone. Of a folder that has come or gone, its content is told.
    pub fn changed(&self, now: &Self) -> Vec<PathBuf> {
        let empty = Listing::new();
        let of_folders = self.folders.iter().map(|(folder, was)| (was, now.folders.get(folder).unwrap_or(&empty)));
        let mut changed = BTreeSet::new();
        for (was, is) in std::iter::once((&self.files, &now.files)).chain(of_folders) {
            let differs = |path: &&PathBuf| was.get(*path) != is.get(*path);
            changed.extend(was.keys().chain(is.keys()).filter(differs).cloned());
        }
        let is_told_by_its_content = |folder: &PathBuf| {
            let after = changed.range::<PathBuf, _>((Bound::Excluded(folder), Bound::Unbounded)).next();
            after.is_some_and(|path| path.starts_with(folder))
        };
        changed.iter().filter(|path| !is_told_by_its_content(path)).cloned().collect()
    }
}

fn state(path: &Path) -> State {
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => State::Folder,
        Ok(found) => State::File { modified: found.modified().ok(), length: found.len() },
        Err(_) => State::Absent,
    }
}

/// All that is in a folder, and the folder itself, without what editors leave there while one writes.
fn listing(folder: &Path) -> Listing {
    let mut all = Listing::from([(folder.to_owned(), state(folder))]);
    list(folder, MAX_DEPTH, &mut all);
    all
}

fn list(folder: &Path, depth: usize, all: &mut Listing) {
    // One that has gone meanwhile has nothing in it.
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries {
        let (path, name) = (entry.path(), entry.file_name());
        let (state, name) = (state(&path), name.to_string_lossy());
        if is_hidden(&name) || (state != State::Folder && is_temporary(&name)) {
            continue;
        }
        if state == State::Folder && depth > 0 {
            list(&path, depth - 1, all);
        }
        all.insert(path, state);
    }
}

/// What is hidden is a tool's: `.git`, or the links by which Emacs locks a file.
pub fn is_hidden(name: &str) -> bool {
    name.starts_with('.')
}

/// Backups, and what editors write before they rename it.
fn is_temporary(name: &str) -> bool {
    name.starts_with('#') || ["~", ".swp", ".swx", ".tmp", ".bak"].iter().any(|suffix| name.ends_with(suffix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_editors_leave_is_no_file_of_a_client() {
        let cases = [
            ("schema.graphql", false),
            ("client.yaml", false),
            ("123", false),
            ("schema.graphql~", true),
            (".schema.graphql.swp", true),
            (".#schema.graphql", true),
            ("#schema.graphql#", true),
            ("schema.graphql.tmp", true),
            (".git", true),
        ];
        for (name, expected) in cases {
            assert_eq!(is_hidden(name) || is_temporary(name), expected, "{name}");
        }
    }

    #[test]
    fn a_file_is_noted_as_it_was_before_it_was_first_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, files) = (folder.path().join("a"), Files::default());
        assert!(files.read(&path).is_err());
        fs::write(&path, "now").expect("a file");
        assert_eq!(files.read_to_string(&path).expect("it is there"), "now");
        let seen = files.into_seen();
        assert_eq!(seen.changed(&seen.now()), [path], "the first reading did not see it");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_a_folder_above_ends() {
        let folder = tempfile::tempdir().expect("a folder");
        std::os::unix::fs::symlink(folder.path(), folder.path().join("again")).expect("a link");
        assert_eq!(listing(folder.path()).len(), MAX_DEPTH + 2);
    }
}
