//! Composition against what the reference composer says: `cases/composition-sample.json` holds sets of subgraphs with
//! its supergraphs, its error codes and its hints; `cases/composition-more.json` adds cases of our own for more codes, and
//! `cases/composition-rules.json` many small ones, by the rule that they are about. In both the reference was asked.

use std::collections::BTreeSet;

use serde_json::Value;
use weft_federation::compose::{Composition, NoConnectors, compose};
use weft_federation::diagnostics::Source;
use weft_federation::schema::subgraph::SubgraphInput;

const SAMPLE: &str = include_str!("cases/composition-sample.json");
/// Codes that the sample does not have.
const MORE: &str = include_str!("cases/composition-more.json");
/// The variants of each rule, and random sets of subgraphs.
const RULES: &str = include_str!("cases/composition-rules.json");

/// Decided on the planner's graph, not by `compose`.
const ELSEWHERE: &[&str] = &["SATISFIABILITY_ERROR"];

fn inputs(case: &Value) -> Vec<SubgraphInput> {
    case["subgraphs"]
        .as_array()
        .expect("a case has subgraphs")
        .iter()
        .map(|subgraph| {
            let text = |key: &str| subgraph[key].as_str().unwrap_or_else(|| panic!("a subgraph has {key}")).to_owned();
            let name = text("name");
            SubgraphInput {
                url: format!("http://{name}"),
                source: Source::new(format!("{name}.graphql"), text("sdl")),
                name,
            }
        })
        .collect()
}

fn codes(composition: &Composition) -> BTreeSet<&str> {
    composition.diagnostics.iter().filter(|found| found.is_error()).map(|found| found.code).collect()
}

fn cases() -> Vec<Value> {
    let read = |text: &str| -> Vec<Value> { serde_json::from_str(text).expect("the cases are JSON") };
    [read(SAMPLE), read(MORE), read(RULES)].concat()
}

#[test]
fn agrees_with_the_reference() {
    let mut wrong = Vec::new();
    for case in cases() {
        let name = &case["name"];
        let composition = compose(inputs(&case), &mut NoConnectors);
        let found = codes(&composition);
        let shown = || composition.diagnostics.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        if case["expect"] == "ok" {
            let expected = case["supergraph"].as_str();
            if composition.supergraph.as_deref() != expected {
                let supergraph = composition.supergraph.as_deref().unwrap_or_default();
                wrong.push(format!("{name}: not the reference's supergraph:\n{supergraph}\n{}", shown()));
            }
            continue;
        }
        let expected: BTreeSet<&str> = case["expect"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .filter(|code| !ELSEWHERE.contains(code))
            .collect();
        if found != expected {
            wrong.push(format!("{name}: expected {expected:?}, found {found:?}\n{}", shown()));
        }
    }
    assert!(wrong.is_empty(), "{} cases differ:\n{}", wrong.len(), wrong.join("\n\n"));
}

#[test]
fn hints_agree_with_the_reference() {
    for case in cases().iter().filter(|case| case["hints"].is_array()) {
        let composition = compose(inputs(case), &mut NoConnectors);
        let found: BTreeSet<&str> = composition.diagnostics.iter().map(|found| found.code).collect();
        let expected: BTreeSet<&str> =
            case["hints"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        assert_eq!(found, expected, "{}", case["name"]);
    }
}

#[test]
fn order_of_subgraphs_does_not_matter() {
    for case in cases() {
        let forwards = compose(inputs(&case), &mut NoConnectors);
        let mut reversed = inputs(&case);
        reversed.reverse();
        let backwards = compose(reversed, &mut NoConnectors);
        assert_eq!(forwards.supergraph, backwards.supergraph, "{}", case["name"]);
        let codes =
            |composition: &Composition| composition.diagnostics.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(codes(&forwards), codes(&backwards), "{}", case["name"]);
    }
}

#[test]
fn composes_the_benchmark_to_the_byte() {
    let subgraph = |name: &str, text: &str| SubgraphInput {
        name: name.to_owned(),
        url: format!("http://127.0.0.1:4200/{name}"),
        source: Source::new(format!("{name}.graphql"), text),
    };
    let composition = compose(
        vec![
            subgraph("reviews", include_str!("bench/reviews.graphql")),
            subgraph("accounts", include_str!("bench/accounts.graphql")),
            subgraph("products", include_str!("bench/products.graphql")),
            subgraph("inventory", include_str!("bench/inventory.graphql")),
        ],
        &mut NoConnectors,
    );
    assert_eq!(composition.diagnostics, []);
    assert_eq!(composition.supergraph.as_deref(), Some(include_str!("bench/supergraph.graphql").trim_end()));
}
