//! Imported documents as the SDL that a team gets. A case is a document in `tests/import/openapi` or a `.proto` file in
//! `tests/import/proto`; beside it are its SDL (`.graphql`), which has to compose, and what was found (`.txt`).
//! `UPDATE=1 cargo test --test import` writes both anew.

use std::path::Path;
use std::{env, fs};

use weft_federation::compose::{compose, prove_composed};
use weft_federation::connect::Composing;
use weft_federation::connect::grpc::Descriptors;
use weft_federation::diagnostics::{Diagnostic, Source};
use weft_federation::import::{Imported, openapi, proto};
use weft_federation::schema::Supergraph;
use weft_federation::schema::subgraph::SubgraphInput;

fn from_openapi(path: &Path) -> datatest_stable::Result<()> {
    let source = Source::new(file_name(path), fs::read_to_string(path)?);
    let options = openapi::Options { name: "api".to_owned(), ..openapi::Options::default() };
    check(path, openapi::import(&source, &options))
}

fn from_proto(path: &Path) -> datatest_stable::Result<()> {
    let name = file_name(path);
    let folder = path.parent().ok_or("a case lies in a folder")?;
    let descriptors =
        Descriptors::compile(std::slice::from_ref(&name), &|file: &str| fs::read(folder.join(file)).ok())?;
    let options = proto::Options {
        name: "api".to_owned(),
        address: "http://127.0.0.1:9".to_owned(),
        proto: vec![name.clone()],
        files: vec![name.clone()],
        origin: name,
        ..proto::Options::default()
    };
    check(path, proto::import(&descriptors, &options))
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn check(path: &Path, imported: Imported) -> datatest_stable::Result<()> {
    let lines = |found: &[Diagnostic]| -> String {
        let line = |found: &Diagnostic| {
            let help = found.help.as_ref().map(|help| format!("  help: {help}\n")).unwrap_or_default();
            format!("{found}\n{help}")
        };
        found.iter().map(line).collect()
    };
    let Imported { sdl, diagnostics, imported, left_out } = imported;
    let found = format!("{imported} imported, {left_out} left out\n{}", lines(&diagnostics));
    if let Some(sdl) = &sdl {
        let composed = errors_of_composing(path, sdl);
        assert!(composed.is_empty(), "the import of {} does not compose:\n{composed}\n{sdl}", path.display());
    }
    for (ending, text) in [("graphql", sdl.unwrap_or_default()), ("txt", found)] {
        let expected = path.with_extension(ending);
        if env::var_os("UPDATE").is_some() && !text.is_empty() {
            fs::write(&expected, &text)?;
        }
        let expected = fs::read_to_string(&expected).unwrap_or_default();
        assert_eq!(text, expected, "the import of {} has changed", path.display());
    }
    Ok(())
}

/// Composes the SDL beside a subgraph that has a query, since not all imports have one.
fn errors_of_composing(path: &Path, sdl: &str) -> String {
    let input = |name: &str, text: &str| SubgraphInput {
        name: name.to_owned(),
        url: format!("http://{name}"),
        source: Source::new(format!("{name}.graphql"), text),
    };
    let folder = path.parent().unwrap_or(Path::new(""));
    let protos = |_: &str, file: &str| fs::read(folder.join(file)).ok();
    let inputs = vec![input("imported", sdl), input("other", "type Query { other: Int }")];
    let composition = compose(inputs, &mut Composing::new(&protos));
    let mut found = composition.diagnostics;
    if let Some(supergraph) = composition.supergraph {
        match Supergraph::load(&Source::new("supergraph", supergraph)) {
            Ok(merged) => found.extend(prove_composed(merged, &composition.definitions).1),
            Err(errors) => found.extend(errors),
        }
    }
    found.iter().filter(|found| found.is_error()).map(|found| found.draw(false)).collect()
}

datatest_stable::harness! {
    { test = from_openapi, root = "tests/import/openapi", pattern = r"^[^/]*\.(yaml|json)$" },
    { test = from_proto, root = "tests/import/proto", pattern = r"^[^/]*\.proto$" },
}
