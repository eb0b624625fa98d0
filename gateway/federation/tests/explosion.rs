//! Operations that are large on purpose: each is planned within the budget, or refused with one clear error; on a thread
//! with as little stack as the server's have. How long they take is printed by `cargo bench --bench plan`.

#[path = "../benches/support/large.rs"]
mod large;

use large::{End, World};
use weft_federation::operation::{OperationError, bind, parse};
use weft_federation::plan::{Planner, QueryPlan, verify};
use weft_federation::view::ClientSchema;

/// Threads of tokio's have this much.
const STACK: usize = 2 * 1024 * 1024;

#[test]
fn large_operations_are_planned_or_refused() {
    let check = || large::worlds().iter().for_each(check);
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(check);
    assert!(thread.expect("a thread can be started").join().is_ok());
}

fn check(world: &World) {
    let supergraph = large::supergraph(&world.subgraphs);
    let client = ClientSchema::identity(&supergraph);
    let planner = Planner::new(&supergraph);
    for case in &world.cases {
        let name = case.name;
        match (plan(&client, &planner, &case.operation), case.end) {
            (Ok(plan), End::Planned) => assert_eq!(verify::verify(&supergraph.model, &plan), Ok(()), "{name}"),
            (Ok(plan), End::Refused(_)) => panic!("{name}: is planned, with {} fetches", plan.fetches.len()),
            (Err(errors), End::Planned) => panic!("{name}: {errors:?}"),
            (Err(errors), End::Refused(code)) => {
                let codes: Vec<&str> = errors.iter().map(|error| error.code).collect();
                assert_eq!(codes, [code], "{name}: {errors:?}");
                assert!(errors[0].message.starts_with("The operation "), "{name}: {errors:?}");
            }
        }
    }
}

/// From a text to its plan, or to all that is said of it.
fn plan(client: &ClientSchema, planner: &Planner, text: &str) -> Result<QueryPlan, Vec<OperationError>> {
    let bound = bind(client, parse(client, text, None)?).map_err(|error| vec![error])?;
    planner.plan(&bound, 0).map_err(|error| vec![OperationError::new(error.code, error.message)])
}
