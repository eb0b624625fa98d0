//! Owns paths that a configuration names: relative to its own folder.

use std::path::{Component, Path, PathBuf};

/// Where a path leads from a folder, as short as people would write it: `schemas` and `../clients` are `clients`. A link stays: what is
/// above it is not what is above the place that it leads to.
pub fn from(folder: &Path, path: &str) -> PathBuf {
    let mut joined = folder.to_owned();
    for component in Path::new(path).components() {
        let ends_in_name = matches!(joined.components().next_back(), Some(Component::Normal(_)));
        match component {
            Component::ParentDir if ends_in_name && !joined.is_symlink() => {
                joined.pop();
            }
            Component::CurDir => {}
            other => joined.push(other),
        }
    }
    if joined.as_os_str().is_empty() { PathBuf::from(".") } else { joined }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_relative_to_the_folder_and_short() {
        let cases = [
            ("schemas", "../clients", "clients"),
            ("schemas", "clients", "schemas/clients"),
            ("schemas", "./clients", "schemas/clients"),
            ("schemas", "..", "."),
            ("", "../clients", "../clients"),
            ("", "clients", "clients"),
            (".", "../clients", "./../clients"),
            ("..", "../clients", "../../clients"),
            ("a/b", "../../../c", "../c"),
            ("/etc/weft", "../clients", "/etc/clients"),
            ("schemas", "/clients", "/clients"),
        ];
        for (folder, path, expected) in cases {
            assert_eq!(from(Path::new(folder), path), Path::new(expected), "{folder} {path}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn what_is_above_a_link_is_looked_for_where_it_leads() {
        let folder = tempfile::tempdir().expect("a folder");
        std::os::unix::fs::symlink("/elsewhere/schemas", folder.path().join("schemas")).expect("a link");
        let link = folder.path().join("schemas");
        assert_eq!(from(&link, "../clients"), link.join("../clients"));
    }
}
