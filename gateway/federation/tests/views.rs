//! Views as people write them. A case is a client's file `tests/views/<supergraph>/<name>.graphql` beside the
//! `*.subgraph.graphql` that its supergraph is composed from, or a file `from`, which names a folder of subgraphs or a
//! supergraph. `<name>.view` has all that comes of it: what is said, what clients see, and where it comes from.
//! `UPDATE=1 cargo test --test views` writes them anew. A case whose name begins with `internal` may take types whole.

#[path = "views/listing.rs"]
mod listing;

#[path = "../benches/support/composed.rs"]
mod composed;

use std::path::Path;
use std::{env, fs};

use weft_federation::compose::prove;
use weft_federation::diagnostics::Source;
use weft_federation::schema::{Satisfiable, Supergraph};
use weft_federation::view::{ViewInput, build};

fn supergraph(folder: &Path) -> datatest_stable::Result<Supergraph<Satisfiable>> {
    let source = Source::new("supergraph.graphql", composed::supergraph(folder)?);
    let supergraph = Supergraph::load(&source).map_err(|found| format!("{found:?}"))?;
    Ok(prove(supergraph).0)
}

fn view(path: &Path) -> datatest_stable::Result<()> {
    let supergraph = supergraph(path.parent().ok_or("a case lies in a folder")?)?;
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let input = ViewInput {
        sources: vec![Source::new(format!("{name}.graphql"), fs::read_to_string(path)?)],
        wildcard: name.starts_with("internal"),
        client: name,
    };
    let built = build(&input, &supergraph);
    let is_wrong = built.diagnostics.iter().any(|found| found.is_error());
    assert_eq!(built.client.is_none(), is_wrong, "a schema or an error");
    let mut text: String = built.diagnostics.iter().map(|found| found.draw(false)).collect();
    if let (Some(client), Some(printed)) = (&built.client, &built.printed) {
        text += &format!("{printed}\n{}", listing::listing(client, &supergraph.model));
    }
    let expected = path.with_extension("view");
    if env::var_os("UPDATE").is_some() {
        fs::write(&expected, &text)?;
    }
    assert_eq!(text, fs::read_to_string(&expected).unwrap_or_default(), "what comes of {} has changed", path.display());
    Ok(())
}

/// The demo's clients have nothing that is wrong.
fn demo(path: &Path) -> datatest_stable::Result<()> {
    let supergraph = supergraph(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/views/demo"))?;
    let sources = vec![Source::new("schema.graphql", fs::read_to_string(path)?)];
    let built = build(&ViewInput { sources, client: "demo".to_owned(), wildcard: true }, &supergraph);
    let told: String =
        built.diagnostics.iter().filter(|found| found.is_error()).map(|found| found.draw(false)).collect();
    assert_eq!(told, "");
    Ok(())
}

datatest_stable::harness! {
    { test = view, root = "tests/views", pattern = r"^[^.]+\.graphql$" },
    { test = demo, root = "../../bff-configs", pattern = r"^[^/]+/schema\.graphql$" },
}
