//! Supergraphs of every composer and join version: that they load, what clients see of them, and that they are proved.
//! A case is a file `supergraphs/NAME.graphql`, with what clients see beside it in `NAME.api`. `UPDATE=1` writes those anew.
//! What the reference's API schemas are is in `cases/composition-sample.json`.

use std::path::Path;
use std::{env, fs};

use apollo_compiler::Schema;
use serde_json::Value;
use weft_federation::compose::{prove, split};
use weft_federation::diagnostics::Source;
use weft_federation::schema::{Merged, Supergraph};

const SAMPLE: &str = include_str!("cases/composition-sample.json");

fn load(name: &str, sdl: &str) -> Supergraph<Merged> {
    Supergraph::load(&Source::new(name, sdl)).unwrap_or_else(|found| {
        let found: String = found.iter().map(|found| found.draw(false)).collect();
        panic!("{name} does not load:\n{found}")
    })
}

#[test]
fn supergraphs_of_other_composers_load() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/supergraphs");
    let entries = fs::read_dir(folder).expect("the folder can be read").map(|entry| entry.expect("an entry").path());
    let mut files: Vec<_> = entries.filter(|path| path.extension().is_some_and(|end| end == "graphql")).collect();
    files.sort();
    assert!(!files.is_empty(), "there are cases");
    for file in files {
        let name = file.display().to_string();
        let supergraph = load(&name, &fs::read_to_string(&file).expect("the case can be read"));
        let api = supergraph.api.to_string();
        let expected = file.with_extension("api");
        if env::var_os("UPDATE").is_some() {
            fs::write(&expected, &api).expect("the snapshot can be written");
        }
        assert_eq!(api, fs::read_to_string(expected).unwrap_or_default(), "{name}");
        assert_eq!(prove(supergraph).1, [], "{name}");
    }
}

/// The elements of `join` are what they are under any name.
#[test]
fn what_join_is_called_does_not_matter() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/supergraphs");
    let entries = fs::read_dir(folder).expect("the folder can be read").map(|entry| entry.expect("an entry").path());
    for file in entries.filter(|path| path.extension().is_some_and(|end| end == "graphql")) {
        let name = file.display().to_string();
        let plain = fs::read_to_string(&file).expect("the case can be read");
        let (links, rest) = plain.split_once("specs.apollo.dev/join/v0.").expect("it links join");
        let (minor, rest) = rest.split_once('"').expect("the URL ends");
        let renamed = format!("{links}specs.apollo.dev/join/v0.{minor}\", as: \"j\"{rest}").replace("join__", "j__");
        let renamed_too =
            renamed.replace("as: \"j\"", "as: \"k\", import: [{ name: \"@type\", as: \"@t\" }, \"FieldSet\"]");
        let renamed_too =
            renamed_too.replace("@j__type", "@t").replace("j__FieldSet", "FieldSet").replace("j__", "k__");
        let told = |text: &str| {
            let source = Source::new(&name, text);
            let split = split(&source).unwrap_or_else(|found| panic!("{name}: {found:?}\n{text}"));
            (load(&name, text).api.to_string(), split)
        };
        let expected = told(&plain);
        assert_eq!(told(&renamed), expected, "{name}");
        // `@core` imports nothing.
        if !plain.contains("@core(") {
            assert_eq!(told(&renamed_too), expected, "{name}");
        }
    }
}

/// The definitions of a printed schema, sorted: printers put them in different orders, which says nothing.
fn definitions(printed: &str) -> Vec<String> {
    let schema = Schema::parse(printed, "printed").expect("a printed schema can be read");
    let types = schema.types.values().filter(|ty| !ty.is_built_in()).map(ToString::to_string);
    let directives = schema.directive_definitions.values().filter(|it| !it.is_built_in()).map(ToString::to_string);
    let mut all: Vec<String> = types.chain(directives).collect();
    all.extend(schema.schema_definition.iter_root_operations().map(|(kind, name)| format!("{kind}: {}", name.name)));
    all.sort();
    all
}

#[test]
fn the_api_schema_is_the_references() {
    let cases: Vec<Value> = serde_json::from_str(SAMPLE).expect("the cases are JSON");
    let mut seen = 0;
    for case in &cases {
        let (Some(sdl), Some(expected)) = (case["supergraph"].as_str(), case["apiSchema"].as_str()) else { continue };
        let name = case["name"].as_str().unwrap_or_default();
        assert_eq!(definitions(&load(name, sdl).api.to_string()), definitions(expected), "{name}");
        seen += 1;
    }
    assert!(seen > 0, "there are cases");
}
