//! Plans as people read them. A case is an operation `tests/plans/<supergraph>/<name>.graphql` beside its
//! `supergraph.graphql`; the plan is in `<name>.plan`. `UPDATE=1 cargo test --test plans` writes the plans anew.

use std::path::Path;
use std::{env, fs};

use weft_federation::compose::prove;
use weft_federation::diagnostics::Source;
use weft_federation::operation::{bind, parse};
use weft_federation::plan::explain::Explain;
use weft_federation::plan::{Planner, verify};
use weft_federation::schema::Supergraph;
use weft_federation::view::ClientSchema;

fn plan(path: &Path) -> datatest_stable::Result<()> {
    if path.file_name().is_some_and(|name| name == "supergraph.graphql") {
        return Ok(());
    }
    let sdl = fs::read_to_string(path.with_file_name("supergraph.graphql"))?;
    let supergraph = Supergraph::load(&Source::new("supergraph.graphql", sdl)).map_err(|found| format!("{found:?}"))?;
    let (supergraph, found) = prove(supergraph);
    assert_eq!(found, [], "the supergraph is satisfiable");
    let client = ClientSchema::identity(&supergraph);
    let document = parse(&client, &fs::read_to_string(path)?, None).map_err(|errors| format!("{errors:?}"))?;
    let operation = bind(&client, document).map_err(|error| format!("{error:?}"))?;
    let plan = Planner::new(&supergraph).plan(&operation, 0)?;
    verify::verify(&supergraph.model, &plan).map_err(|found| found.join("\n"))?;

    let connector = |id| supergraph.connectors.coordinate(id);
    let text = Explain { model: &supergraph.model, operation: &operation, plan: &plan, connector: &connector }.text();
    let expected = path.with_extension("plan");
    if env::var_os("UPDATE").is_some() {
        fs::write(&expected, &text)?;
    }
    let expected = fs::read_to_string(&expected).unwrap_or_default();
    assert_eq!(text, expected, "the plan of {} has changed", path.display());
    Ok(())
}

datatest_stable::harness! { { test = plan, root = "tests/plans", pattern = r"\.graphql$" } }
