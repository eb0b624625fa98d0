//! Whatever the text, a view is built or refused: with a schema whose fields all come from somewhere, or with an error. It
//! never panics, and says the same each time.

use std::sync::LazyLock;

use proptest::prelude::*;
use weft_federation::compose::{NoConnectors, compose, prove};
use weft_federation::diagnostics::Source;
use weft_federation::schema::subgraph::SubgraphInput;
use weft_federation::schema::{Satisfiable, Supergraph};
use weft_federation::view::{ViewInput, build};

const SUBGRAPH: &str = include_str!("views/shop/a.subgraph.graphql");

/// Views to change at random; some are wrong to begin with.
const VIEWS: &[&str] = &[
    include_str!("views/shop/arguments.graphql"),
    include_str!("views/shop/arguments_good.graphql"),
    include_str!("views/shop/enums.graphql"),
    include_str!("views/shop/inputs.graphql"),
    include_str!("views/shop/interfaces_good.graphql"),
    include_str!("views/shop/internal_partly.graphql"),
    include_str!("views/shop/leaves_good.graphql"),
    include_str!("views/shop/lists_good.graphql"),
    include_str!("views/shop/members.graphql"),
    include_str!("views/shop/nulls_good.graphql"),
    include_str!("views/shop/treatments.graphql"),
    include_str!("views/shop/treatments_good.graphql"),
];

/// What is put in, so that some of it means something.
#[rustfmt::skip]
const WORDS: &[&str] = &[
    "", " ", "!", "[", "]", "[]", "[0]", "(", ")", "{", "}", ":", "$", ".", "\"", "\"\"\"", "\\\"", "\\u00e9", "é", "\0", "#", "|", "&",
    "implements Node", "type", "interface", "union", "enum", "input", "scalar", "extend", "schema { query: User }", "directive @from on FIELD",
    "@from", "@from(path: \".\")", "@from(path: \"me\")", "@from(type: \"User\")", "@from(name: \"id\")", "@from(all: true)",
    "@from(all: true, except: [\"id\"])", "@constant(value: 1)", "@fallback(value: [])", "@fallback(value: null, on: [ERROR, NULL])",
    "@limit(max: 1)", "@mask", "@catchAll", "@dropUnknown", "@authenticated", "@oneOf", "@deprecated", "@skip(if: true)",
    "Query", "Mutation", "Subscription", "User", "Order", "Product", "Node", "Hit", "State", "Vault", "FieldPath", "Const", "__Type", "Int", "ID",
    "type Query { me: User }", "type Vault { id: ID! }", "scalar Const", "query { a }", "$claims.sub", "$claims", "<User>", "<Vault>", "99999999999", "-1",
];

static SUPERGRAPH: LazyLock<Supergraph<Satisfiable>> = LazyLock::new(|| {
    let source = Source::new("a.graphql", SUBGRAPH);
    let input = SubgraphInput { name: "a".to_owned(), url: "http://a".to_owned(), source };
    let sdl = compose(vec![input], &mut NoConnectors).supergraph.expect("the subgraph composes");
    prove(Supergraph::load(&Source::new("supergraph.graphql", sdl)).expect("it loads")).0
});

/// A view with parts of it replaced: where, how much, and by what.
fn texts() -> impl Strategy<Value = String> {
    let change = (any::<prop::sample::Index>(), 0..24usize, prop::sample::select(WORDS));
    let changes = prop::collection::vec(change, 1..6);
    let changed = (prop::sample::select(VIEWS), changes).prop_map(|(view, changes)| {
        let mut text: Vec<char> = view.chars().collect();
        for (at, length, word) in changes {
            let start = at.index(text.len() + 1);
            let end = (start + length).min(text.len());
            text.splice(start..end, word.chars());
        }
        text.into_iter().collect()
    });
    let words = prop::collection::vec(prop::sample::select(WORDS), 0..24).prop_map(|words| words.join(" "));
    prop_oneof![8 => changed, 1 => words, 1 => any::<String>()]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_texts_never_panic(texts in prop::collection::vec(texts(), 1..3), wildcard: bool) {
        let sources = texts.into_iter().enumerate().map(|(at, text)| Source::new(format!("{at}.graphql"), text));
        let input = ViewInput { sources: sources.collect(), client: "arbitrary".to_owned(), wildcard };
        let built = build(&input, &SUPERGRAPH);
        prop_assert_eq!(built.client.is_none(), built.diagnostics.iter().any(|found| found.is_error()));
        for found in &built.diagnostics {
            prop_assert!(!found.draw(false).is_empty());
        }
        if let Some(client) = &built.client {
            let map = client.map().expect("a view has a map");
            for (name, ty) in client.schema.types.iter().filter(|(_, ty)| !ty.is_built_in()) {
                let fields = ty.as_object().map(|ty| &ty.fields).or(ty.as_interface().map(|ty| &ty.fields));
                for field in fields.into_iter().flat_map(|fields| fields.keys()) {
                    prop_assert!(map.fields[name].contains_key(field), "{}.{} comes from nowhere", name, field);
                }
                let inputs = ty.as_input_object().into_iter().flat_map(|ty| ty.fields.keys());
                for field in inputs {
                    prop_assert!(map.inputs[name].fields.contains_key(field), "{}.{} goes nowhere", name, field);
                }
            }
        }
        let again = build(&input, &SUPERGRAPH);
        prop_assert_eq!(built.printed, again.printed);
        prop_assert_eq!(built.diagnostics, again.diagnostics);
    }
}
