//! Planning that nobody waits for any more ends at the next question whether somebody does, wherever that is.

#[path = "../benches/support/large.rs"]
mod large;

use std::cell::Cell;

use large::End;
use weft_federation::operation::{bind, parse};
use weft_federation::plan::{PlanError, Planner, QueryPlan};
use weft_federation::view::ClientSchema;

/// Of an operation's questions, this many at the most are answered with no: each takes a run.
const MOST: usize = 20;

#[test]
fn planning_ends_once_nobody_waits() {
    let mut tried = 0;
    for world in large::worlds().iter().filter(|world| world.subgraphs.concat().len() < 10_000) {
        let supergraph = large::supergraph(&world.subgraphs);
        let client = ClientSchema::identity(&supergraph);
        let planner = Planner::new(&supergraph);
        for case in world.cases.iter().filter(|case| case.end == End::Planned) {
            let document = parse(&client, &case.operation, None).unwrap_or_else(|errors| panic!("{errors:?}"));
            let bound = bind(&client, document).unwrap_or_else(|error| panic!("{error:?}"));
            // Answers yes that often, then no; also gives how often it was asked.
            let ask = |yes: usize| -> (Result<QueryPlan, PlanError>, usize) {
                let asked = Cell::new(0);
                let is_wanted = || asked.replace(asked.get() + 1) < yes;
                let planned = planner.plan_while(&bound, 0, &is_wanted);
                (planned, asked.get())
            };
            let (planned, asked) = ask(usize::MAX);
            let fetches = planned.unwrap_or_else(|error| panic!("{}: {error}", case.name)).fetches.len();
            assert!(asked > fetches, "{}: it is asked {asked} times for {fetches} fetches", case.name);
            for yes in (0..asked).step_by(asked.div_ceil(MOST)) {
                let (planned, asked) = ask(yes);
                let error = planned.expect_err("nobody waits for it");
                assert_eq!((error.code, asked), ("GATEWAY_TIMEOUT", yes + 1), "{}: {error}", case.name);
                tried += 1;
            }
        }
    }
    assert!(tried > 2 * MOST, "{tried}");
}
