//! Plans as people read them. A case is an operation `tests/plans/<supergraph>/<name>.graphql` beside the
//! `*.subgraph.graphql` that its supergraph is composed from, or a file `from`, which names a folder of subgraphs or a
//! supergraph; the plan is in `<name>.plan`. `UPDATE=1 cargo test --test plans` writes the plans anew.

use std::path::Path;
use std::{env, fs};

use weft_federation::compose::{compose, prove};
use weft_federation::connect::Composing;
use weft_federation::diagnostics::Source;
use weft_federation::operation::{bind, parse};
use weft_federation::plan::explain::Explain;
use weft_federation::plan::{CallId, CallNode, Planner, QueryPlan, verify};
use weft_federation::schema::subgraph::SubgraphInput;
use weft_federation::schema::{Id, Supergraph};
use weft_federation::view::ClientSchema;

fn plan(path: &Path) -> datatest_stable::Result<()> {
    let sdl = supergraph(path.parent().ok_or("a case lies in a folder")?)?;
    let supergraph = Supergraph::load(&Source::new("supergraph.graphql", sdl)).map_err(|found| format!("{found:?}"))?;
    let (supergraph, found) = prove(supergraph);
    assert_eq!(found, [], "the supergraph is satisfiable");
    let client = ClientSchema::identity(&supergraph);
    let document = parse(&client, &fs::read_to_string(path)?, None).map_err(|errors| format!("{errors:?}"))?;
    let operation = bind(&client, document).map_err(|error| format!("{error:?}"))?;
    let mut plan = Planner::new(&supergraph).plan(&operation, 0)?;
    verify::verify(&supergraph.model, &plan).map_err(|found| found.join("\n"))?;
    for (name, calls) in wrong_calls(&plan) {
        let right = std::mem::replace(&mut plan.calls, calls);
        assert!(verify::verify(&supergraph.model, &plan).is_err(), "{name}: the proof must see it");
        plan.calls = right;
    }

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

/// Partitions of a plan's fetches into calls that must not be.
fn wrong_calls(plan: &QueryPlan) -> Vec<(&'static str, Vec<CallNode>)> {
    let numbered = |calls: Vec<CallNode>| {
        let numbered = calls.into_iter().enumerate().map(|(at, call)| CallNode { id: CallId::from_index(at), ..call });
        numbered.collect::<Vec<_>>()
    };
    let [first, .., last] = &plan.calls[..] else {
        return plan.calls.first().map(|_| ("nothing is called", vec![])).into_iter().collect();
    };
    let all = plan.fetches.iter().map(|fetch| fetch.id).collect();
    let mut wrong = vec![
        ("a fetch is in no call", plan.calls[1..].to_vec()),
        ("a fetch is in two calls", plan.calls.iter().chain([last]).cloned().collect()),
        ("all is one call", vec![CallNode { fetches: all, ..first.clone() }]),
    ];
    if plan.depth() > 1 {
        wrong.push(("calls stand before what they wait for", plan.calls.iter().rev().cloned().collect()));
    }
    wrong.into_iter().map(|(name, calls)| (name, numbered(calls))).collect()
}

fn supergraph(folder: &Path) -> datatest_stable::Result<String> {
    let (folder, ending) = match fs::read_to_string(folder.join("from")) {
        Ok(elsewhere) => (folder.join(elsewhere.trim()), ".graphql"),
        Err(_) => (folder.to_owned(), ".subgraph.graphql"),
    };
    if folder.is_file() {
        return Ok(fs::read_to_string(folder)?);
    }
    let mut inputs = vec![];
    for entry in fs::read_dir(&folder)? {
        let path = entry?.path();
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if let Some(name) = file.strip_suffix(ending) {
            let source = Source::new(file.clone(), fs::read_to_string(&path)?);
            inputs.push(SubgraphInput { name: name.to_owned(), url: format!("http://{name}"), source });
        }
    }
    let protos = |_: &str, file: &str| fs::read(folder.join(file)).ok();
    let composed = compose(inputs, &mut Composing::new(&protos));
    let found: String = composed.diagnostics.iter().map(|found| found.draw(false)).collect();
    Ok(composed.supergraph.ok_or(found)?)
}

datatest_stable::harness! { { test = plan, root = "tests/plans", pattern = r"^[^.]*/[a-z_]*\.graphql$" } }
