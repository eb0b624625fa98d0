//! How long planning takes: ordinary operations from their text on, and operations that are large on purpose.
//! `cargo bench -p weft-federation --bench plan` prints figures, and asserts nothing of time.

#[path = "support/large.rs"]
mod large;

use std::time::{Duration, Instant};

use weft_federation::operation::{bind, parse};
use weft_federation::plan::Planner;
use weft_federation::view::ClientSchema;

fn main() {
    for case in large::cases() {
        let supergraph = large::supergraph(&case.subgraphs);
        let client = ClientSchema::identity(&supergraph);
        let planner = Planner::new(&supergraph);
        let started = Instant::now();
        let document = match parse(&client, &case.operation, None) {
            Ok(document) => document,
            Err(errors) => {
                println!("{}: {:?}", case.name, errors[0]);
                continue;
            }
        };
        let parsed = started.elapsed();
        let bound = bind(&client, document).unwrap_or_else(|error| panic!("{}: {error:?}", case.name));
        let binding = started.elapsed() - parsed;
        let planning = Instant::now();
        let planned = planner.plan(&bound, 0);
        let took = planning.elapsed();
        let told = match planned {
            Ok(plan) => format!("{} fetches in {} steps", plan.fetches.len(), plan.depth()),
            Err(error) => error.message,
        };
        println!("{}\n  parse {} ms, bind {} ms, plan {} ms: {told}", case.name, ms(parsed), ms(binding), ms(took));
    }
}

fn ms(duration: Duration) -> String {
    format!("{:.1}", duration.as_secs_f64() * 1e3)
}
