//! weft's plans against the best there are, on small random cases: the best is found by trying everything.
//! `CASES=100000 cargo test -p weft-federation --test optimal -- --nocapture` tries more and prints what was lost.

#[path = "optimal/generate.rs"]
mod generate;
#[path = "optimal/oracle.rs"]
mod oracle;

use std::collections::{BTreeMap, BTreeSet};

use generate::{Rng, World};
use oracle::Oracle;
use weft_federation::compose::{NoConnectors, compose, prove};
use weft_federation::diagnostics::Source;
use weft_federation::operation::{bind, parse};
use weft_federation::plan::explain::Explain;
use weft_federation::plan::graph::PlannerGraph;
use weft_federation::plan::{Planner, verify};
use weft_federation::schema::subgraph::SubgraphInput;
use weft_federation::schema::{Satisfiable, Supergraph};
use weft_federation::view::ClientSchema;

const PER_WORLD: usize = 8;

#[derive(Default)]
struct Tally {
    cases: usize,
    /// Worlds without a plan for all, and operations that are too large to try everything.
    skipped: usize,
    /// How many plans are this much deeper, and have this many calls more, than the best one.
    gaps: BTreeMap<(i64, i64), usize>,
    examples: Vec<String>,
}

#[test]
fn nearly_every_plan_is_the_best_there_is() {
    let wanted = std::env::var("CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(200);
    let mut tally = Tally::default();
    for seed in 0.. {
        if tally.cases >= wanted {
            break;
        }
        world(seed, &mut tally);
    }
    let lost: usize = tally.gaps.iter().filter(|(gap, _)| **gap > (0, 0)).map(|(_, count)| count).sum();
    let beyond: usize = tally.gaps.iter().filter(|(gap, _)| **gap < (0, 0)).map(|(_, count)| count).sum();
    println!("{} cases, {lost} not the best; gaps (steps, fetches): {:?}", tally.cases, tally.gaps);
    println!("{} skipped", tally.skipped);
    tally.examples.iter().for_each(|example| println!("{example}"));
    assert_eq!(beyond, 0, "who tries everything misses nothing: {:?}", tally.gaps);
    assert!(lost * 100 <= tally.cases, "{lost} of {} plans are not the best: {:?}", tally.cases, tally.gaps);
    // A generator of which nearly all is skipped tests nothing.
    assert!(tally.skipped < 3 * tally.cases, "{} were skipped", tally.skipped);
}

fn world(seed: u64, tally: &mut Tally) {
    let mut rng = Rng(seed);
    let world = World::generate(&mut rng);
    let Some(supergraph) = supergraph(&world) else {
        tally.skipped += PER_WORLD;
        return;
    };
    let model = &supergraph.model;
    let client = ClientSchema::identity(&supergraph);
    let planner = Planner::new(&supergraph);
    let graph = PlannerGraph::build(model, &supergraph.connectors, &BTreeSet::new());
    for _ in 0..PER_WORLD {
        let text = world.operation(&mut rng);
        let document = parse(&client, &text, None).unwrap_or_else(|errors| panic!("{seed} {text}: {errors:?}"));
        let bound = bind(&client, document).unwrap_or_else(|error| panic!("{seed} {text}: {error:?}"));
        let plan = planner.plan(&bound, 0).unwrap_or_else(|error| panic!("{seed} {text}: {error}"));
        assert_eq!(verify::verify(model, &plan), Ok(()), "{seed} {text}");
        let mut oracle = Oracle::new(model, &graph);
        let best = oracle.best(bound.root, &bound.selection_set);
        let Some((depth, calls)) = best.filter(|_| !oracle.is_too_large) else {
            tally.skipped += 1;
            continue;
        };
        tally.cases += 1;
        let gap = (plan.depth() as i64 - depth as i64, plan.fetches.len() as i64 - calls as i64);
        *tally.gaps.entry(gap).or_default() += 1;
        if gap != (0, 0) && tally.examples.len() < 5 {
            let sdl: Vec<String> = (0..world.subgraphs()).map(|sub| world.sdl(sub)).collect();
            let connector = |_| String::new();
            let plan = Explain { model, operation: &bound, plan: &plan, connector: &connector }.text();
            let sdl = sdl.join("\n");
            tally.examples.push(format!("--- seed {seed}, gap {gap:?}, best {best:?}\n{text}\n{plan}\n{sdl}"));
        }
    }
}

fn supergraph(world: &World) -> Option<Supergraph<Satisfiable>> {
    let inputs = (0..world.subgraphs()).map(|sub| SubgraphInput {
        name: format!("s{sub}"),
        url: format!("http://s{sub}"),
        source: Source::new(format!("s{sub}.graphql"), world.sdl(sub)),
    });
    let sdl = compose(inputs.collect(), &mut NoConnectors).supergraph?;
    let merged = Supergraph::load(&Source::new("supergraph.graphql", sdl)).ok()?;
    let (supergraph, found) = prove(merged);
    found.is_empty().then_some(supergraph)
}
