//! Plans as people read them. A case is an operation `tests/plans/<supergraph>/<name>.graphql` beside the
//! `*.subgraph.graphql` that its supergraph is composed from, or a file `from`, which names a folder of subgraphs or a
//! supergraph; the plan is in `<name>.plan`. `UPDATE=1 cargo test --test plans` writes the plans anew.
//!
//! `reference.json` has what the plans of `@apollo/query-planner` (2.x) count for the same operations: fetches in all,
//! and those that follow each other. Where weft's plan is worse on purpose, `but` says why.

#[path = "../benches/support/composed.rs"]
mod composed;

use std::collections::BTreeMap;
use std::path::Path;
use std::{env, fs};

use weft_federation::compose::prove;
use weft_federation::diagnostics::Source;
use weft_federation::operation::{bind, parse};
use weft_federation::plan::explain::Explain;
use weft_federation::plan::{CallId, CallNode, FetchNode, Planner, QueryPlan, verify};
use weft_federation::schema::{Id, Supergraph};
use weft_federation::view::ClientSchema;

/// What the reference's plan counts.
struct Reference {
    fetches: usize,
    depth: usize,
    /// Why weft's plan is worse.
    but: Option<String>,
}

fn plan(path: &Path) -> datatest_stable::Result<()> {
    let sdl = composed::supergraph(path.parent().ok_or("a case lies in a folder")?)?;
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
    for at in 0..plan.fetches.len() {
        for (name, fetch) in wrong_contexts(&plan, at) {
            let right = std::mem::replace(&mut plan.fetches[at], fetch);
            assert!(verify::verify(&supergraph.model, &plan).is_err(), "fetch {at}: {name}: the proof must see it");
            plan.fetches[at] = right;
        }
    }

    let connector = |id| supergraph.connectors.coordinate(id);
    let text = Explain { model: &supergraph.model, operation: &operation, plan: &plan, connector: &connector }.text();
    let expected = path.with_extension("plan");
    if env::var_os("UPDATE").is_some() {
        fs::write(&expected, &text)?;
    }
    let expected = fs::read_to_string(&expected).unwrap_or_default();
    assert_eq!(text, expected, "the plan of {} has changed", path.display());
    against_reference(path, &plan)
}

/// No more steps than the reference's plan has, and no more fetches unless they save a step.
fn against_reference(path: &Path, plan: &QueryPlan) -> datatest_stable::Result<()> {
    let Ok(known) = fs::read_to_string(path.with_file_name("reference.json")) else { return Ok(()) };
    let known: BTreeMap<String, Reference> = read_references(&known)?;
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let Some(reference) = known.get(&*name) else { return Ok(()) };
    let (depth, fetches) = (plan.depth(), plan.calls.len() + usize::from(plan.trigger.is_some()));
    let is_as_good = depth < reference.depth || depth == reference.depth && fetches <= reference.fetches;
    let theirs = format!("{} fetches in {} steps", reference.fetches, reference.depth);
    match &reference.but {
        None => assert!(is_as_good, "{fetches} fetches in {depth} steps, where the reference has {theirs}"),
        Some(why) => assert!(!is_as_good, "as good as the reference with its {theirs}; take out \"{why}\""),
    }
    Ok(())
}

fn read_references(json: &str) -> Result<BTreeMap<String, Reference>, Box<dyn std::error::Error>> {
    let count = |value: &serde_json::Value| value.as_u64().and_then(|count| usize::try_from(count).ok());
    let known: BTreeMap<String, serde_json::Value> = serde_json::from_str(json)?;
    let one = |(name, value): (String, serde_json::Value)| {
        let fetches = count(&value["fetches"]).ok_or_else(|| format!("{name} has no number of fetches"))?;
        let depth = count(&value["depth"]).ok_or_else(|| format!("{name} has no depth"))?;
        Ok((name, Reference { fetches, depth, but: value["but"].as_str().map(str::to_owned) }))
    };
    known.into_iter().map(one).collect()
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

/// A fetch that does not hand in what it should from contexts.
fn wrong_contexts(plan: &QueryPlan, at: usize) -> Vec<(&'static str, FetchNode)> {
    let fetch = &plan.fetches[at];
    if fetch.contexts.is_empty() {
        return vec![];
    }
    let changed = |change: &dyn Fn(&mut FetchNode)| {
        let mut fetch = fetch.clone();
        change(&mut fetch);
        fetch
    };
    vec![
        ("no context", changed(&|fetch| fetch.contexts.clear())),
        ("no argument", changed(&|fetch| fetch.selection.fields.iter_mut().for_each(|field| field.contexts.clear()))),
        ("no object", changed(&|fetch| fetch.contexts[0].sources.clear())),
        ("another object", changed(&|fetch| fetch.contexts[0].sources[0].position = fetch.position)),
        ("no wait", changed(&|fetch| fetch.depends_on.clear())),
    ]
}

datatest_stable::harness! { { test = plan, root = "tests/plans", pattern = r"^[^.]*/[a-z_]*\.graphql$" } }
