//! Splitting a supergraph: what comes back composes to the same supergraph.

use serde_json::Value;
use weft_federation::compose::{NoConnectors, compose, split};
use weft_federation::diagnostics::Source;
use weft_federation::schema::subgraph::SubgraphInput;

const SAMPLE: &str = include_str!("cases/composition-sample.json");

/// `@composeDirective` leaves no trace by which it could be written again.
const LOST: &[&str] = &["composeDirective"];

fn round_trip(name: &str, sdl: &str) -> String {
    let parts = split(&Source::new("supergraph.graphql", sdl));
    let parts = parts.unwrap_or_else(|found| panic!("{name} does not load: {}", found[0]));
    let shown: String = parts.iter().map(|part| format!("# {}\n{}", part.name, part.sdl)).collect();
    let inputs = parts.into_iter().map(|part| SubgraphInput {
        source: Source::new(format!("{}.graphql", part.name), part.sdl),
        name: part.name,
        url: part.url,
    });
    let composition = compose(inputs.collect(), &mut NoConnectors);
    let found: String = composition.diagnostics.iter().map(|found| found.draw(false)).collect();
    composition.supergraph.unwrap_or_else(|| panic!("{name} does not compose:\n{found}\n{shown}"))
}

/// The text without the version of the join specification, of which the first that will do is taken.
fn body(sdl: &str) -> String {
    sdl.lines()
        .filter(|line| !line.contains("@link(") && !line.contains("directive @join__"))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn a_split_supergraph_composes_to_itself() {
    let cases: Vec<Value> = serde_json::from_str(SAMPLE).expect("the cases are JSON");
    let mut seen = 0;
    for case in &cases {
        let (Some(name), Some(sdl)) = (case["name"].as_str(), case["supergraph"].as_str()) else { continue };
        if LOST.contains(&name) {
            continue;
        }
        assert_eq!(body(&round_trip(name, sdl)), body(sdl), "{name}");
        seen += 1;
    }
    assert!(seen > 0, "there are cases");
}

#[test]
fn other_composers_supergraphs_split() {
    let cases = [
        ("join v0.1", include_str!("supergraphs/apollo_join_v0_1.graphql"), 3),
        ("contexts", include_str!("supergraphs/apollo_join_v0_5_context.graphql"), 2),
        ("connectors", include_str!("supergraphs/apollo_join_v0_5_connect.graphql"), 2),
        ("interface objects", include_str!("supergraphs/guild_join_v0_3_interface_object.graphql"), 3),
        ("progressive overrides", include_str!("supergraphs/guild_join_v0_4_progressive_override.graphql"), 2),
    ];
    for (name, sdl, count) in cases {
        let parts =
            split(&Source::new("supergraph.graphql", sdl)).unwrap_or_else(|found| panic!("{name}: {}", found[0]));
        assert_eq!(parts.len(), count, "{name}");
        round_trip(name, sdl);
    }
}
