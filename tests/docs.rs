//! The examples of docs/connectors.md: they compose, and say nothing that is worth a warning.

mod support;

use std::path::Path;

use support::process::command;

/// The fenced blocks whose first line is a comment with a file's name.
fn files(page: &str) -> Vec<(&str, &str)> {
    let blocks = page.split("\n```").skip(1).step_by(2);
    let named = blocks.filter_map(|block| {
        let (_language, text) = block.split_once('\n')?;
        let first = text.lines().next()?;
        let name = first.strip_prefix("# ").or_else(|| first.strip_prefix("// "))?;
        Some((name, text))
    });
    named.collect()
}

#[test]
fn the_examples_of_connectors_compose() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/connectors.md");
    let page = std::fs::read_to_string(page).expect("the page");
    let folder = tempfile::tempdir().expect("a folder");
    let files = files(&page);
    let names: Vec<&str> = files.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["catalog.graphql", "supergraph.yaml", "orders.proto", "orders.graphql", "weft.yaml"]);
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).expect("a file");
    }
    for arguments in [&["check"][..], &["config", "validate"], &["compose", "--config", "supergraph.yaml"]] {
        let output = command(folder.path(), arguments).output().expect("the binary runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), said.as_ref()), (Some(0), ""), "{arguments:?}");
    }
}
