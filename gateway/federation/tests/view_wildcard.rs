//! A view that takes all gives the supergraph's API back.

use std::collections::HashSet;
use std::path::Path;

use apollo_compiler::ast::OperationType;
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::{Name, Schema};
use serde_json::Value;
use weft_federation::compose::{NoConnectors, compose, prove};
use weft_federation::diagnostics::Source;
use weft_federation::schema::subgraph::SubgraphInput;
use weft_federation::schema::{Merged, Supergraph};
use weft_federation::view::{ViewInput, build};

#[path = "../benches/support/composed.rs"]
mod composed;

/// Sets of subgraphs, with what the reference composer says of them.
const CASES: &[&str] = &[
    include_str!("cases/composition-sample.json"),
    include_str!("cases/composition-more.json"),
    include_str!("cases/composition-rules.json"),
];

#[test]
fn all_of_a_supergraph_is_its_api() {
    let mut compared = 0;
    for cases in CASES {
        let cases: Vec<Value> = serde_json::from_str(cases).expect("the cases are JSON");
        for case in cases {
            let inputs = case["subgraphs"].as_array().into_iter().flatten().map(|subgraph| {
                let text = |key: &str| subgraph[key].as_str().unwrap_or_default().to_owned();
                let source = Source::new(text("name"), text("sdl"));
                SubgraphInput { name: text("name"), url: "http://a".to_owned(), source }
            });
            let Some(sdl) = compose(inputs.collect(), &mut NoConnectors).supergraph else { continue };
            let supergraph = Supergraph::load(&Source::new("supergraph.graphql", sdl));
            let supergraph = supergraph.unwrap_or_else(|found| panic!("{}: {found:?}", case["name"]));
            compare(&case["name"].to_string(), supergraph);
            compared += 1;
        }
    }
    assert!(compared > 100, "only {compared} supergraphs");
}

#[test]
fn all_of_the_demo_is_its_api() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/views/demo");
    let sdl = composed::supergraph(&folder).expect("the demo composes");
    compare("demo", Supergraph::load(&Source::new("supergraph.graphql", sdl)).expect("it loads"));
}

fn compare(name: &str, supergraph: Supergraph<Merged>) {
    let (supergraph, _) = prove(supergraph);
    let api = &supergraph.api;
    let mut text = String::new();
    for (operation, root) in api.schema_definition.iter_root_operations() {
        let keyword = operation.default_type_name();
        text += &format!("type {keyword} @from(type: \"{root}\", all: true)\n", root = root.name);
    }
    let input = ViewInput { sources: vec![Source::new("all.graphql", text)], client: "all".to_owned(), wildcard: true };
    let built = build(&input, &supergraph);
    let told: Vec<String> = built.diagnostics.iter().map(ToString::to_string).collect();
    let client = built.client.unwrap_or_else(|| panic!("{name}: {told:#?}"));
    assert_eq!(told, Vec::<String>::new(), "{name}");
    let reached = reached(api);
    for (ty, theirs) in api.types.iter().filter(|(ty, definition)| !definition.is_built_in() && reached.contains(*ty)) {
        assert_eq!(client.schema.types.get(ty), Some(theirs), "{name}: {ty}");
    }
    for (ty, _) in client.schema.types.iter().filter(|(_, definition)| !definition.is_built_in()) {
        assert!(reached.contains(ty), "{name}: {ty} is not reached");
    }
}

/// The types that operations can meet.
fn reached(schema: &Schema) -> HashSet<Name> {
    let roots = [OperationType::Query, OperationType::Mutation, OperationType::Subscription];
    let mut waiting: Vec<(Name, bool)> =
        roots.iter().filter_map(|root| Some((schema.root_operation(*root)?.clone(), true))).collect();
    // An interface that a type merely has does not lead to the other types that have it.
    let mut seen = HashSet::new();
    while let Some((name, is_led_to)) = waiting.pop() {
        let Some(ty) = schema.types.get(&name) else { continue };
        if !seen.insert((name.clone(), is_led_to)) {
            continue;
        }
        let (fields, interfaces) = match ty {
            ExtendedType::Object(ty) => (Some(&ty.fields), Some(&ty.implements_interfaces)),
            ExtendedType::Interface(ty) => (Some(&ty.fields), Some(&ty.implements_interfaces)),
            _ => (None, None),
        };
        waiting.extend(interfaces.into_iter().flatten().map(|interface| (interface.name.clone(), false)));
        for field in fields.into_iter().flat_map(|fields| fields.values()) {
            waiting.push((field.ty.inner_named_type().clone(), true));
            waiting.extend(field.arguments.iter().map(|argument| (argument.ty.inner_named_type().clone(), true)));
        }
        match ty {
            ExtendedType::Union(ty) => waiting.extend(ty.members.iter().map(|member| (member.name.clone(), true))),
            ExtendedType::InputObject(ty) => {
                waiting.extend(ty.fields.values().map(|field| (field.ty.inner_named_type().clone(), true)));
            }
            ExtendedType::Interface(_) if is_led_to => {
                let objects = schema.types.values().filter_map(|ty| ty.as_object());
                let objects = objects.filter(|object| object.implements_interfaces.contains(&name));
                waiting.extend(objects.map(|object| (object.name.clone(), true)));
            }
            _ => {}
        }
    }
    seen.into_iter().map(|(name, _)| name).collect()
}
