//! Composition by folders: `compose/CASE/*.graphql` are subgraphs, `compose/CASE/expected/` what comes of them:
//! `supergraph.graphql`, `diagnostics.txt`, or both. Run with `UPDATE_SNAPSHOTS=1` to write them anew, then read the diff.

use std::path::{Path, PathBuf};

use weft_federation::compose::{NoConnectors, compose};
use weft_federation::diagnostics::Source;
use weft_federation::schema::subgraph::SubgraphInput;

fn sorted_entries(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("the folder of a case can be read");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry can be read").path()).collect();
    paths.sort();
    paths
}

fn inputs(case: &Path) -> Vec<SubgraphInput> {
    let files = sorted_entries(case).into_iter().filter(|path| path.extension().is_some_and(|end| end == "graphql"));
    let input = |path: PathBuf| {
        let name = path.file_stem().and_then(|name| name.to_str()).expect("a file's name is text").to_owned();
        let text = std::fs::read_to_string(&path).expect("a subgraph can be read");
        SubgraphInput {
            url: format!("http://{name}.example/graphql"),
            source: Source::new(format!("{name}.graphql"), text),
            name,
        }
    };
    files.map(input).collect()
}

/// Compares with a file, in which nothing is the same as no file.
fn check(file: &Path, found: &str, wrong: &mut Vec<String>) {
    let expected = std::fs::read_to_string(file).unwrap_or_default();
    if expected == found {
        return;
    }
    if std::env::var_os("UPDATE_SNAPSHOTS").is_none() {
        wrong.push(format!("{} differs; found:\n{found}", file.display()));
    } else if found.is_empty() {
        std::fs::remove_file(file).expect("an old snapshot can be removed");
    } else {
        std::fs::create_dir_all(file.parent().expect("a snapshot is in a folder")).expect("the folder can be made");
        std::fs::write(file, found).expect("a snapshot can be written");
    }
}

#[test]
fn folders_compose_to_their_snapshots() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/compose");
    let cases: Vec<PathBuf> = sorted_entries(&root).into_iter().filter(|path| path.is_dir()).collect();
    assert!(!cases.is_empty(), "there are cases");
    let mut wrong = Vec::new();
    for case in cases {
        let composition = compose(inputs(&case), &mut NoConnectors);
        let mut reversed = inputs(&case);
        reversed.reverse();
        let backwards = compose(reversed, &mut NoConnectors);
        assert_eq!(composition.supergraph, backwards.supergraph, "{}: order matters", case.display());
        let supergraph = composition.supergraph.map_or_else(String::new, |text| text + "\n");
        let mut diagnostics = String::new();
        for found in &composition.diagnostics {
            diagnostics += &format!("{found}\n");
            if let Some(help) = &found.help {
                diagnostics += &format!("  help: {help}\n");
            }
        }
        check(&case.join("expected/supergraph.graphql"), &supergraph, &mut wrong);
        check(&case.join("expected/diagnostics.txt"), &diagnostics, &mut wrong);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
