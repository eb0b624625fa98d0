//! How long planning takes: the operations of `tests/plans` from their text on, and operations that are large on purpose.
//! `cargo bench -p weft-federation --bench plan` prints figures, and asserts nothing of time.

#[path = "support/composed.rs"]
mod composed;
#[path = "support/large.rs"]
mod large;

use std::cell::Cell;
use std::error::Error;
use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use large::{Case, End, World};
use weft_federation::compose::prove;
use weft_federation::diagnostics::Source;
use weft_federation::operation::{BoundOperation, bind, parse};
use weft_federation::plan::Planner;
use weft_federation::schema::Supergraph;
use weft_federation::view::ClientSchema;

const ROUNDS: usize = 301;

fn main() -> Result<(), Box<dyn Error>> {
    println!("medians of {ROUNDS}, in \u{b5}s{:>22} {:>8} {:>8}", "parse", "bind", "plan");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/plans");
    for folder in entries(&root)?.iter().filter(|path| path.is_dir()) {
        ordinary(folder)?;
    }
    println!("\nlarge on purpose, in ms{:>47} {:>8} {:>8} {:>8}", "parse", "bind", "plan", "unasked");
    large::worlds().iter().for_each(on_purpose);
    Ok(())
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut paths = vec![];
    for entry in fs::read_dir(folder)? {
        paths.push(entry?.path());
    }
    paths.sort();
    Ok(paths)
}

fn ordinary(folder: &Path) -> Result<(), Box<dyn Error>> {
    let sdl = composed::supergraph(folder)?;
    let supergraph = Supergraph::load(&Source::new("supergraph.graphql", sdl)).map_err(|found| found[0].to_string())?;
    let (supergraph, _) = prove(supergraph);
    let client = ClientSchema::identity(&supergraph);
    let planner = Planner::new(&supergraph);
    for path in entries(folder)? {
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let Some(name) = file.strip_suffix(".graphql").filter(|name| !name.contains('.')) else { continue };
        let text = fs::read_to_string(&path)?;
        let (mut parsing, mut binding, mut planning) = (vec![], vec![], vec![]);
        let mut told = String::new();
        for _ in 0..ROUNDS {
            let started = Instant::now();
            let document = parse(&client, &text, None).map_err(|errors| format!("{name}: {errors:?}"))?;
            parsing.push(started.elapsed());
            let started = Instant::now();
            let bound = bind(&client, document).map_err(|error| format!("{name}: {error:?}"))?;
            binding.push(started.elapsed());
            let started = Instant::now();
            let plan = black_box(planner.plan(&bound, 0)?);
            planning.push(started.elapsed());
            told = format!("{} fetches in {} steps", plan.fetches.len(), plan.depth());
        }
        let title = format!("{}/{name}", folder.file_name().unwrap_or_default().to_string_lossy());
        let figures = [parsing, binding, planning].map(|times| median(times).as_secs_f64() * 1e6);
        println!("{title:<36} {:>8.1} {:>8.1} {:>8.1}  {told}", figures[0], figures[1], figures[2]);
    }
    Ok(())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn on_purpose(world: &World) {
    let supergraph = large::supergraph(&world.subgraphs);
    let client = ClientSchema::identity(&supergraph);
    let planner = Planner::new(&supergraph);
    for case in &world.cases {
        let started = Instant::now();
        let document = parse(&client, &case.operation, None);
        let parsed = started.elapsed();
        let document = match document {
            Ok(document) => document,
            Err(errors) => {
                let told = refused(case, errors[0].code, &errors[0].message);
                println!("{:<61} {:>8.1} {:>8} {:>8} {:>8}  {told}", case.name, millis(parsed), "", "", "");
                continue;
            }
        };
        let started = Instant::now();
        let bound = bind(&client, document).unwrap_or_else(|error| panic!("{}: {error:?}", case.name));
        let binding = started.elapsed();
        let started = Instant::now();
        let planned = planner.plan(&bound, 0);
        let took = started.elapsed();
        let told = match planned {
            Ok(plan) => format!("{} fetches in {} steps", plan.fetches.len(), plan.depth()),
            Err(error) => refused(case, error.code, &error.message),
        };
        let times = [parsed, binding, took, unasked(&planner, &bound)].map(millis);
        println!("{:<61} {:>8.1} {:>8.1} {:>8.1} {:>8.1}  {told}", case.name, times[0], times[1], times[2], times[3]);
    }
}

/// The longest that planning goes on without asking whether anybody waits for it.
fn unasked(planner: &Planner, bound: &BoundOperation) -> Duration {
    let (last, longest) = (Cell::new(Instant::now()), Cell::new(Duration::ZERO));
    let asked = || {
        let now = Instant::now();
        longest.set(longest.get().max(now - last.replace(now)));
        true
    };
    // How it ends is known.
    let _ = black_box(planner.plan_while(bound, 0, &asked));
    asked();
    longest.get()
}

fn refused(case: &Case, code: &'static str, message: &str) -> String {
    let unexpected = if case.end == End::Refused(code) { "" } else { ", and should not be" };
    format!("refused{unexpected}: {message}")
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
