//! Operations that are large on purpose: each is planned within the budget, or refused with one clear error; on a thread
//! with as little stack as the server's have. How long they take is printed by `cargo bench --bench plan`.

#[path = "../benches/support/large.rs"]
mod large;

use weft_federation::operation::{bind, parse};
use weft_federation::plan::{Planner, verify};
use weft_federation::view::ClientSchema;

/// Threads of tokio's have this much.
const STACK: usize = 2 * 1024 * 1024;

/// Of the subgraphs' SDL together, in bytes.
const MOST: usize = 50_000;

#[test]
fn large_operations_are_planned_or_refused() {
    // Without optimization the largest supergraphs take minutes to prove; `cargo bench --bench plan` has them too.
    let is_small = |case: &large::Case| case.subgraphs.iter().map(String::len).sum::<usize>() < MOST;
    let cases = large::cases().into_iter().filter(is_small);
    let check = || cases.for_each(|case| check(&case));
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(check).expect("a thread can be started");
    assert!(thread.join().is_ok());
}

fn check(case: &large::Case) {
    let supergraph = large::supergraph(&case.subgraphs);
    let client = ClientSchema::identity(&supergraph);
    let document = parse(&client, &case.operation, None);
    let document = document.unwrap_or_else(|errors| panic!("{}: {:?}", case.name, errors[0]));
    let bound = bind(&client, document).unwrap_or_else(|error| panic!("{}: {error:?}", case.name));
    match Planner::new(&supergraph).plan(&bound, 0) {
        Ok(plan) => {
            assert!(!case.is_refused, "{}: is planned, with {} fetches", case.name, plan.fetches.len());
            assert_eq!(verify::verify(&supergraph.model, &plan), Ok(()), "{}", case.name);
        }
        Err(error) => {
            assert!(case.is_refused, "{}: {error}", case.name);
            assert_eq!(error.code, "COST_ESTIMATED_TOO_EXPENSIVE", "{}", case.name);
            assert!(error.message.starts_with("The operation is too complex to plan: "), "{error}");
        }
    }
}
