//! Whatever the text, composition answers: with a supergraph or with an error, and it never panics.

use proptest::prelude::*;
use weft_federation::compose::{NoConnectors, compose};
use weft_federation::diagnostics::Source;
use weft_federation::schema::subgraph::SubgraphInput;

/// Words that schemas are made of, so that some texts get past the parser.
const WORDS: &[&str] = &[
    "type",
    "extend",
    "interface",
    "union",
    "enum",
    "input",
    "scalar",
    "schema",
    "directive",
    "implements",
    "Query",
    "T",
    "I",
    "E",
    "ID",
    "Int",
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "!",
    ":",
    "=",
    "|",
    "&",
    "@",
    "@key",
    "@external",
    "@shareable",
    "@requires",
    "@provides",
    "@override",
    "@interfaceObject",
    "(fields: \"id\")",
    "(fields: \"id {\")",
    "(from: \"a\")",
    "id: ID!",
    "a: Int",
    "t: T",
    "type T @key(fields: \"id\") { id: ID! }",
    "type Query { t: T }",
    "interface I { id: ID! }",
    "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.9\", import: [\"@key\", \"@shareable\", \"@external\", \"@requires\", \"@interfaceObject\"])",
    "extend schema @link(url: \"https://specs.apollo.dev/connect/v0.3\", import: [\"@connect\"])",
    "on",
    "OBJECT",
    "\"text\"",
    "\"\"\"",
    "#",
    "é",
    "0",
];

fn texts() -> impl Strategy<Value = String> {
    let words = prop::collection::vec(prop::sample::select(WORDS), 0..24).prop_map(|words| words.join(" "));
    prop_oneof![4 => words, 1 => any::<String>()]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_texts_never_panic(texts in prop::collection::vec(texts(), 0..4)) {
        let inputs: Vec<SubgraphInput> = texts
            .into_iter()
            .enumerate()
            .map(|(index, text)| SubgraphInput {
                name: format!("s{index}"),
                url: String::new(),
                source: Source::new(format!("s{index}.graphql"), text),
            })
            .collect();
        let composition = compose(inputs.clone(), &mut NoConnectors);
        let has_errors = composition.diagnostics.iter().any(|found| found.is_error());
        prop_assert_eq!(composition.supergraph.is_none(), has_errors);
        let backwards = compose(inputs.into_iter().rev().collect(), &mut NoConnectors);
        prop_assert_eq!(composition.supergraph, backwards.supergraph);
    }
}
