//! Views as people write them. A case is a client's file `tests/views/<supergraph>/<name>.graphql` beside the
//! `*.subgraph.graphql` that its supergraph is composed from, or a file `from`, which names a folder of subgraphs or a
//! supergraph. `<name>.view` has all that comes of it: what is said, what clients see, where it comes from, and how an
//! operation on it is planned, if there is one in `<name>.operation`.
//! `UPDATE=1 cargo test --test views` writes them anew. A case whose name begins with `internal` may take types whole.

#[path = "views/listing.rs"]
mod listing;

#[path = "../benches/support/composed.rs"]
mod composed;

use std::path::Path;
use std::{env, fs};

use weft_federation::compose::prove;
use weft_federation::diagnostics::Source;
use weft_federation::operation::{bind, parse};
use weft_federation::plan::explain::Explain;
use weft_federation::plan::{Planner, ProjectionKind, QueryPlan, verify};
use weft_federation::schema::{Satisfiable, Supergraph};
use weft_federation::view::{ClientSchema, ViewInput, build};

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
        if let Ok(operation) = fs::read_to_string(path.with_extension("operation")) {
            text += &format!("\n{}", plan(&supergraph, client, &operation)?);
        }
    }
    let expected = path.with_extension("view");
    if env::var_os("UPDATE").is_some() {
        fs::write(&expected, &text)?;
    }
    assert_eq!(text, fs::read_to_string(&expected).unwrap_or_default(), "what comes of {} has changed", path.display());
    Ok(())
}

/// How an operation of a client's is planned, with all that it can need given.
fn plan(supergraph: &Supergraph<Satisfiable>, client: &ClientSchema, text: &str) -> datatest_stable::Result<String> {
    let document = parse(client, text, None).map_err(|errors| format!("{errors:?}"))?;
    let operation = bind(client, document).map_err(|error| format!("{error:?}"))?;
    let plan = Planner::new(supergraph).plan(&operation, u64::MAX)?;
    verify::verify(&supergraph.model, &plan).map_err(|found| found.join("\n"))?;
    let connector = |id| supergraph.connectors.coordinate(id);
    let explain = Explain { model: &supergraph.model, operation: &operation, plan: &plan, connector: &connector };
    Ok(explain.text() + &runs(&plan))
}

/// The neighbours that are written at once, by the client's keys for them.
fn runs(plan: &QueryPlan) -> String {
    let runs = plan.shape.projections.iter().filter(|projection| projection.kind == ProjectionKind::Run);
    let keys = runs.map(|run| {
        let fields = run.classes.iter().flat_map(|class| &class.fields);
        fields.map(|field| field.key.as_str()).collect::<Vec<_>>().join(" ")
    });
    keys.map(|keys| format!("\nat once: {keys}\n")).collect()
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
