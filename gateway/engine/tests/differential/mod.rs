//! Owns the differential property: for random supergraphs, data, operations and faults, weft answers as one naive
//! executor over the whole schema would.
//!
//! weft is the real thing here: composition, proof, planning, and the engine over fake backends. A case is an operation; several are
//! run on one supergraph, since that is what costs.

pub mod authorization;
mod compare;
mod contexts;
mod data;
mod entity_interfaces;
mod faults;
mod federate;
mod gateway;
mod generate;
mod naive;
mod operation;
mod provides;
mod render;
mod repair;
mod rng;
mod schema;
mod shrink;
mod subgraph;
pub mod views;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use apollo_compiler::response::JsonMap;

use compare::{Disagreement, Verdict, check};
use faults::Faults;
use gateway::{Gateway, Refused};
use operation::Operation;
use rng::{Rng, mix};
use schema::World;

/// Operations on one supergraph.
const PER_WORLD: usize = 12;
/// Rounds of repair for each world.
const REPAIRS: usize = 8;
/// Tries for each operation, since some are invalid.
const TRIES: usize = 6;

/// What to run.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    pub seed: u64,
    pub cases: usize,
    /// Disagreements after which nothing more is tried.
    pub failures: usize,
    pub threads: usize,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Summary {
    pub cases: usize,
    /// Those whose answers were equal to the byte, of those with faults and in all.
    pub exact: usize,
    pub faulted: usize,
    /// Calls of subgraphs.
    pub calls: usize,
    pub worlds: usize,
    /// Worlds that have no gateway, by reason.
    pub refused: BTreeMap<String, Refusals>,
    pub invalid: usize,
    /// Shrunk and written for people.
    pub failures: Vec<String>,
}

/// Worlds that have no gateway for one reason.
#[derive(Debug, Default)]
pub struct Refusals {
    pub count: usize,
    /// The seed of one of them, and what was said about it.
    pub example: (u64, String),
}

/// Runs cases until there are enough, or enough disagreements.
pub fn run(settings: &Settings) -> Summary {
    run_with(settings, &world)
}

fn run_with(settings: &Settings, world: &(dyn Fn(u64) -> Summary + Sync)) -> Summary {
    let next = AtomicU64::new(0);
    let summary = Mutex::new(Summary::default());
    // What panics is caught and told with its case.
    std::panic::set_hook(Box::new(|_| {}));
    std::thread::scope(|scope| {
        for _ in 0..settings.threads.max(1) {
            scope.spawn(|| {
                loop {
                    {
                        let summary = summary.lock().unwrap_or_else(PoisonError::into_inner);
                        if summary.cases >= settings.cases || summary.failures.len() >= settings.failures {
                            break;
                        }
                    }
                    let seed = mix(mix(settings.seed).wrapping_add(next.fetch_add(1, Ordering::Relaxed)));
                    let found = world(seed);
                    found.failures.iter().for_each(|failure| eprintln!("{failure}"));
                    summary.lock().unwrap_or_else(PoisonError::into_inner).add(found);
                }
            });
        }
    });
    drop(std::panic::take_hook());
    summary.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// Runs the cases of one world, as [`run`] does for each; the seed is what a failure names.
pub fn world(seed: u64) -> Summary {
    let mut summary = Summary { worlds: 1, ..Summary::default() };
    let mut rng = Rng::new(seed ^ 1);
    let gateway = match answerable(generate::generate(seed)) {
        Ok(gateway) => gateway,
        Err(Refused::Broken(what)) => {
            summary.failures.push(format!("world {seed}: {what}"));
            return summary;
        }
        Err(Refused::Unsatisfiable(fields)) => {
            summary.refuse("unsatisfiable", seed, fields.join(", "));
            return summary;
        }
        Err(Refused::Composition(errors)) => {
            let code = errors.first().and_then(|error| error.split(' ').next()).unwrap_or_default();
            summary.refuse(code, seed, errors.join("\n"));
            return summary;
        }
    };
    let possible = operation::possible(gateway.api());
    let mut kinds: Vec<&str> = vec![];
    for _ in 0..PER_WORLD {
        for _ in 0..TRIES {
            let operation = operation::operation(&mut rng, gateway.api(), &possible);
            let faults = faults::faults(&mut rng, &gateway.world);
            match check(&gateway, &operation, &faults) {
                Verdict::Invalid => {
                    summary.invalid += 1;
                    continue;
                }
                Verdict::Agrees(found) => {
                    summary.exact += usize::from(found.is_exact);
                    summary.faulted += usize::from(found.is_faulted);
                    summary.calls += found.calls;
                }
                Verdict::Disagrees(found) => {
                    // One of a kind is enough of a world.
                    if !kinds.contains(&found.kind) {
                        kinds.push(found.kind);
                        summary.failures.push(told(seed, &gateway.world, operation, faults, &found));
                    }
                }
            }
            summary.cases += 1;
            break;
        }
    }
    summary
}

/// The gateway of a world, after repairs if it needs some.
fn answerable(mut world: World) -> Result<Gateway, Refused> {
    for _ in 0..REPAIRS {
        match Gateway::new(world.clone()) {
            Err(Refused::Unsatisfiable(found)) => {
                let mut repaired = false;
                for coordinate in &found {
                    repaired |= repair::repair(&mut world, coordinate);
                }
                if !repaired {
                    return Err(Refused::Unsatisfiable(found));
                }
            }
            other => return other,
        }
    }
    Gateway::new(world)
}

fn told(seed: u64, world: &World, operation: Operation, faults: Faults, found: &Disagreement) -> String {
    let case = shrink::shrink(shrink::Case { world: world.clone(), operation, faults }, found.kind);
    let again = Gateway::new(case.world.clone()).ok();
    let shown = match again.map(|gateway| check(&gateway, &case.operation, &case.faults)) {
        Some(Verdict::Disagrees(again)) => again,
        _ => Disagreement { kind: found.kind, message: found.message.clone(), calls: found.calls.clone() },
    };
    let mut text = format!("world {seed}: {}\n{}\n", shown.kind, shown.message);
    for sub in 0..case.world.subgraphs {
        let sdl = render::render(&case.world, sub, render::Form::Federated);
        let lines = sdl.lines().filter(|line| !line.starts_with("extend schema"));
        text.push_str(&format!("--- s{sub}\n{}\n", lines.collect::<Vec<_>>().join("\n")));
    }
    text.push_str(&format!("--- operation\n{}\n", case.operation.text));
    let variables = serde_json::to_string(&case.operation.variables).unwrap_or_default();
    text.push_str(&format!("--- label\n{}\n", case.operation.label));
    text.push_str(&format!("--- variables\n{variables}\n--- faults\n{:?}\n--- calls\n", case.faults));
    text.push_str(&shown.calls.join("\n"));
    text.push('\n');
    text
}

/// A call of a field, for the order of mutations.
fn call_text(field: &str, arguments: &JsonMap) -> String {
    format!("{field}({})", data::canonical(arguments))
}

impl Summary {
    fn refuse(&mut self, reason: &str, seed: u64, what: String) {
        self.refused.insert(reason.to_owned(), Refusals { count: 1, example: (seed, what) });
    }

    fn add(&mut self, other: Self) {
        self.cases += other.cases;
        self.exact += other.exact;
        self.faulted += other.faulted;
        self.calls += other.calls;
        self.worlds += other.worlds;
        self.invalid += other.invalid;
        for (reason, other) in other.refused {
            let known = self.refused.entry(reason).or_default();
            known.count += other.count;
            known.example = other.example;
        }
        self.failures.extend(other.failures);
    }
}

impl std::fmt::Display for Summary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for failure in &self.failures {
            writeln!(f, "{failure}")?;
        }
        let refused: usize = self.refused.values().map(|refusals| refusals.count).sum();
        let Self { cases, faulted, exact, calls, worlds, invalid, .. } = self;
        writeln!(f, "{cases} cases ({faulted} with faults, {exact} equal to the byte, {calls} upstream calls)")?;
        writeln!(f, "{invalid} operations were invalid; of {worlds} supergraphs {refused} were refused")?;
        for (reason, Refusals { count, example: (seed, what) }) in &self.refused {
            writeln!(f, "  {count} {reason}, such as world {seed}: {what}")?;
        }
        writeln!(f, "{} disagreements", self.failures.len())
    }
}
