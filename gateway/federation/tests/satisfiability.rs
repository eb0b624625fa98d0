//! The proof against what the reference composer says, on the sets of subgraphs in `cases/satisfiability.json`: those of
//! the sample, those of federation-gateway-audit and federation-composition (The Guild, MIT), and random ones.
//! What was proved is then planned, and the plans are verified.
//!
//! In cases with a `reference` we differ on purpose. The reference does not look for the fields of a key in the very
//! subgraph that the key enters, nor for what a field requires in the subgraphs that the path came through; plans do both.

use std::collections::{HashSet, VecDeque};

use apollo_compiler::Schema;
use apollo_compiler::ast::FieldDefinition;
use apollo_compiler::schema::ExtendedType;
use serde_json::Value;
use weft_federation::compose::{NoConnectors, compose, prove_composed};
use weft_federation::diagnostics::{Diagnostic, Source};
use weft_federation::operation::{bind, parse};
use weft_federation::plan::{Planner, verify};
use weft_federation::schema::subgraph::SubgraphInput;
use weft_federation::schema::{Satisfiable, Supergraph};
use weft_federation::view::ClientSchema;

const CASES: &str = include_str!("cases/satisfiability.json");
const CODE: &str = "SATISFIABILITY_ERROR";

/// How deep the operations are that are planned.
const DEPTH: usize = 4;

fn cases() -> Vec<Value> {
    serde_json::from_str(CASES).expect("the cases are JSON")
}

fn prove(case: &Value) -> (Supergraph<Satisfiable>, Vec<Diagnostic>) {
    let name = &case["name"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let inputs = case["subgraphs"].as_array().into_iter().flatten().map(|subgraph| SubgraphInput {
        name: text(&subgraph["name"]),
        url: format!("http://{}", text(&subgraph["name"])),
        source: Source::new(format!("{}.graphql", text(&subgraph["name"])), text(&subgraph["sdl"])),
    });
    let composition = compose(inputs.collect(), &mut NoConnectors);
    let Some(sdl) = composition.supergraph else { panic!("{name} does not compose: {:#?}", composition.diagnostics) };
    let merged = Supergraph::load(&Source::new("supergraph.graphql", sdl));
    let merged = merged.unwrap_or_else(|found| panic!("{name} does not load: {}", found[0]));
    prove_composed(merged, &composition.definitions)
}

#[test]
fn verdicts_agree_with_the_reference() {
    let mut wrong = vec![];
    for case in cases() {
        let found = prove(&case).1;
        let is_expected = found.iter().any(Diagnostic::is_error) == (case["expect"] != "ok");
        if !is_expected {
            let found: String = found.iter().map(|found| found.draw(false)).collect();
            wrong.push(format!("{}: expected {}\n{found}", case["name"], case["expect"]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn errors_show_a_query_the_reasons_and_the_places() {
    let cases = cases();
    let refused: Vec<&Value> = cases.iter().filter(|case| case["expect"] != "ok").collect();
    assert!(!refused.is_empty(), "there are cases");
    for case in refused {
        let name = &case["name"];
        for found in prove(case).1 {
            assert_eq!(found.code, CODE, "{name}");
            let (query, reasons) = found.message.split_once("\nbecause:\n").expect("reasons");
            let query = query.strip_prefix("no plan can resolve this query:\n").expect("a query");
            let document = apollo_compiler::ast::Document::parse(query.replace("...\n", "__typename\n"), "query");
            assert!(document.is_ok(), "{name}: {query}");
            assert!(reasons.lines().all(|line| line.starts_with("- ")), "{name}: {reasons}");
            assert!(!found.labels.is_empty(), "{name}: {}", found.message);
            assert!(found.help.is_some(), "{name}");
        }
    }
}

#[test]
fn an_error_reads_well() {
    let cases = cases();
    let case = cases.iter().find(|case| case["name"] == "sample/value-type-field-not-reachable").expect("the case");
    let found = prove(case).1;
    let message = "no plan can resolve this query:\n{\n  v {\n    b\n  }\n}\nbecause:\n\
                   - a: the path comes through it, but it does not resolve V.b\n\
                   - b: it has V.b, but V has no resolvable @key there";
    assert_eq!(found.iter().map(|found| found.message.as_str()).collect::<Vec<_>>(), [message]);
    let labels: Vec<_> =
        found[0].labels.iter().map(|label| (label.span.source.path.as_str(), label.note.as_str())).collect();
    assert_eq!(labels, [("b.graphql", "b has it here"), ("a.graphql", "the path comes through here")]);
}

/// Where the reference says nothing, and its planner refuses. Type by type it can be had.
#[test]
fn a_field_of_an_interface_that_no_source_has_for_all_is_a_warning() {
    let because = |[a, b]: [&str; 2]| {
        format!(
            "no plan can resolve this query:\n{{\n  node(id: $id) {{\n    id\n  }}\n}}\nbecause:\n\
             - {a}: the path comes through it, but it does not resolve Chat.id\n\
             - {b}: the path comes through it, but it does not resolve Account.id"
        )
    };
    let sorted = |message: &str| {
        let mut lines: Vec<String> = message.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    let expected = [
        ("audit/corrupted-supergraph-node-id", ["a", "b"]),
        ("federation-composition/SATISFIABILITY_ERROR/51", ["foo", "bar"]),
    ];
    let mut warned = vec![];
    for case in cases().iter().filter(|case| case["expect"] == "ok") {
        let (supergraph, found) = prove(case);
        let Some(warning) = found.first() else { continue };
        let name = case["name"].as_str().unwrap_or_default().to_owned();
        let (_, subgraphs) = expected.iter().find(|(known, _)| *known == name).unwrap_or_else(|| panic!("{warning}"));
        assert_eq!((found.len(), sorted(&warning.message)), (1, sorted(&because(*subgraphs))));
        warned.push(name);

        let (planner, client) = (Planner::new(&supergraph), ClientSchema::identity(&supergraph));
        let can_be_planned = |text: &str| {
            let operation = bind(&client, parse(&client, text, None).expect("it is valid")).expect("it can be bound");
            planner.plan(&operation, 0).is_ok()
        };
        assert!(!can_be_planned(r#"{ node(id: "1") { id } }"#));
        assert!(!can_be_planned(r#"{ node(id: "1") { id ... on Chat { id } } }"#));
        assert!(can_be_planned(r#"{ node(id: "1") { ... on Account { id } ... on Chat { id } } }"#));
    }
    assert_eq!(warned, expected.map(|(name, _)| name));
}

#[test]
fn what_is_proved_can_be_planned() {
    let mut wrong = vec![];
    let mut planned = 0;
    for case in cases().iter().filter(|case| case["expect"] == "ok") {
        let (supergraph, warnings) = prove(case);
        if !warnings.is_empty() {
            continue;
        }
        let planner = Planner::new(&supergraph);
        let client = ClientSchema::identity(&supergraph);
        for text in operations(&client.schema).into_iter().chain(alone(&client.schema)) {
            let Ok(document) = parse(&client, &text, None) else { panic!("{}: {text}", case["name"]) };
            let operation = bind(&client, document).expect("it can be bound");
            let result = planner.plan(&operation, 0).map_err(|error| error.to_string());
            let result =
                result.and_then(|plan| verify::verify(&supergraph.model, &plan).map_err(|found| found.join("\n")));
            planned += 1;
            if let Err(error) = result {
                wrong.push(format!("{}: {text}\n{error}", case["name"]));
            }
        }
    }
    assert!(planned > 100, "there are operations");
    assert!(wrong.is_empty(), "{} of {planned}:\n{}", wrong.len(), wrong.join("\n\n"));
}

/// For each root field without required arguments: all that can be asked under it, to a depth.
fn operations(schema: &Schema) -> Vec<String> {
    let mut operations = vec![];
    for (kind, root) in schema.schema_definition.iter_root_operations() {
        let Some(ty) = schema.types.get(&root.name) else { continue };
        let ExtendedType::Object(object) = ty else { continue };
        for field in object.fields.values().filter(|field| !field.arguments.iter().any(|it| it.is_required())) {
            if let Some(below) = selection(schema, field.ty.inner_named_type(), DEPTH) {
                operations.push(format!("{kind} {{ {}{below} }}", field.name));
            }
        }
    }
    operations
}

/// Leaves by themselves, without what would come along with them: a leaf for each field, on the first path to it.
fn alone(schema: &Schema) -> Vec<String> {
    let implementers = schema.implementers_map();
    let mut seen: HashSet<(&str, &str)> = HashSet::new();
    let mut operations = vec![];
    for (kind, root) in schema.schema_definition.iter_root_operations() {
        let mut waiting = VecDeque::from([(root.name.as_str(), format!("{kind} {{ "), 1)]);
        while let Some((ty, path, depth)) = waiting.pop_front() {
            let (fields, members): (_, Vec<&str>) = match schema.types.get(ty) {
                Some(ExtendedType::Object(object)) => (Some(&object.fields), vec![]),
                Some(ExtendedType::Interface(interface)) => {
                    let objects = implementers.get(ty).into_iter().flat_map(|it| &it.objects);
                    (Some(&interface.fields), objects.map(|name| name.as_str()).collect())
                }
                Some(ExtendedType::Union(union)) => {
                    (None, union.members.iter().map(|member| member.name.as_str()).collect())
                }
                _ => {
                    operations.push(format!("{path}{}", " }".repeat(depth)));
                    continue;
                }
            };
            let is_free = |field: &&FieldDefinition| !field.arguments.iter().any(|it| it.is_required());
            for field in fields.into_iter().flat_map(|fields| fields.values()).map(|field| &***field).filter(is_free) {
                // There are no objects of an interface that nothing implements.
                let base = field.ty.inner_named_type().as_str();
                let is_nothing = matches!(schema.types.get(base), Some(ExtendedType::Interface(_)))
                    && !implementers.contains_key(base);
                if !is_nothing && seen.insert((ty, &field.name)) {
                    let is_leaf = schema.types.get(base).is_some_and(|it| it.is_scalar() || it.is_enum());
                    let below = if is_leaf { "" } else { " { " };
                    waiting.push_back((base, format!("{path}{}{below}", field.name), depth + usize::from(!is_leaf)));
                }
            }
            for member in members {
                waiting.push_back((member, format!("{path}... on {member} {{ "), depth + 1));
            }
        }
    }
    operations
}

/// Empty for a leaf; `None` where nothing can be asked.
fn selection(schema: &Schema, ty: &str, depth: usize) -> Option<String> {
    let fields = match schema.types.get(ty)? {
        ExtendedType::Object(object) => &object.fields,
        ExtendedType::Interface(interface) => &interface.fields,
        ExtendedType::Union(_) => &Default::default(),
        ExtendedType::Scalar(_) | ExtendedType::Enum(_) | ExtendedType::InputObject(_) => return Some(String::new()),
    };
    if depth == 0 {
        return None;
    }
    let mut parts = vec!["__typename".to_owned()];
    for field in fields.values().filter(|field| !field.arguments.iter().any(|it| it.is_required())) {
        if let Some(below) = selection(schema, field.ty.inner_named_type(), depth - 1) {
            // The alias keeps fields of different types apart.
            parts.push(format!("{ty}_{0}: {0}{below}", field.name));
        }
    }
    let implementers = schema.implementers_map();
    if matches!(schema.types.get(ty)?, ExtendedType::Interface(_)) && !implementers.contains_key(ty) {
        // There are no objects of it, so that nothing was proved of them.
        return None;
    }
    let members: Vec<&str> = match schema.types.get(ty)? {
        ExtendedType::Union(union) => union.members.iter().map(|member| member.name.as_str()).collect(),
        ExtendedType::Interface(_) => {
            implementers.get(ty).into_iter().flat_map(|it| it.objects.iter().map(|name| name.as_str())).collect()
        }
        ExtendedType::Object(_) | ExtendedType::Scalar(_) | ExtendedType::Enum(_) | ExtendedType::InputObject(_) => {
            vec![]
        }
    };
    for member in members {
        if let Some(below) = selection(schema, member, depth - 1) {
            parts.push(format!("... on {member}{below}"));
        }
    }
    Some(format!(" {{ {} }}", parts.join(" ")))
}
