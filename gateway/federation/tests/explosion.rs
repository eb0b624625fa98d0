//! Operations that are large on purpose: each is planned within the budget, or refused with one clear error; on a thread
//! with as little stack as the server's have. How long they take is printed by `cargo bench --bench plan`.

#[path = "../benches/support/large.rs"]
mod large;

use std::sync::Arc;

use large::{End, World};
use weft_federation::operation::{Field, OperationError, Selection, SelectionSet, Sight, bind, parse};
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

/// A client's view can make several fields of one, so that there are more in each other than validation lets through.
#[test]
fn what_a_view_nests_too_deep_is_refused() {
    let sdl = "type Query { a: A } type A { a: A b: Int }".to_owned();
    let supergraph = large::supergraph(&[sdl]);
    let client = ClientSchema::identity(&supergraph);
    let planner = Planner::new(&supergraph);
    for (objects, is_planned) in [(150, true), (151, false), (1_000, false)] {
        let document = parse(&client, "{ a { a { b } } }", None).unwrap_or_else(|errors| panic!("{errors:?}"));
        let mut bound = bind(&client, document).unwrap_or_else(|error| panic!("{error:?}"));
        let first = only_field(&bound.selection_set);
        let mut below = Arc::clone(&first.selection_set);
        for _ in 2..objects {
            below = around(below, only_field(&first.selection_set));
        }
        bound.selection_set = around(below, first);
        match planner.plan(&bound, 0) {
            Ok(plan) => assert!(is_planned, "{objects}: {} fetches", plan.fetches.len()),
            Err(error) => assert_eq!((error.code, is_planned), ("COST_ESTIMATED_TOO_EXPENSIVE", false), "{error}"),
        }
    }
}

fn only_field(set: &SelectionSet) -> &Field {
    match &set.selections[..] {
        [Selection::Field(field)] => field,
        other => panic!("it is one field: {other:?}"),
    }
}

/// A selection set of a field that is like this one, but for what is below it.
fn around(selection_set: Arc<SelectionSet>, field: &Field) -> Arc<SelectionSet> {
    let Field { key, target, arguments, view, .. } = field;
    let (key, target, arguments, view) = (key.clone(), *target, Arc::clone(arguments), view.clone());
    let field = Field { key, target, arguments, conditions: vec![], selection_set, view };
    Arc::new(SelectionSet { selections: vec![Selection::Field(field)], sight: Sight::Plain })
}

/// From a text to its plan, or to all that is said of it.
fn plan(client: &ClientSchema, planner: &Planner, text: &str) -> Result<QueryPlan, Vec<OperationError>> {
    let bound = bind(client, parse(client, text, None)?).map_err(|error| vec![error])?;
    planner.plan(&bound, 0).map_err(|error| vec![OperationError::new(error.code, error.message)])
}
