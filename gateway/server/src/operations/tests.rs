//! Tests of saved operations: what is found by what, and what is wrong with files.

use std::sync::Arc;

use weft_federation::compose::{NoConnectors, compose as compose_subgraphs, prove};
use weft_federation::diagnostics::{Diagnostic, Source};
use weft_federation::schema::Supergraph;
use weft_federation::schema::subgraph::SubgraphInput;
use weft_federation::view::ClientSchema;

use super::*;

const SDL: &str = "type Query { order(id: ID!): Order me: String orders(first: Int): [Order!] }
    type Order { id: ID! note: String next: Order }
    type Mutation { cancel(id: ID!): Order }";

pub fn client(sdl: &str) -> ClientSchema {
    let input = SubgraphInput { name: "a".into(), url: "http://a".into(), source: Source::new("a.graphql", sdl) };
    let composed = compose_subgraphs(vec![input], &mut NoConnectors).supergraph.expect("one subgraph composes");
    let supergraph = Supergraph::load(&Source::new("supergraph.graphql", composed)).expect("weft's own supergraph");
    ClientSchema::identity(&prove(supergraph).0)
}

/// The route of the only operation of a text.
pub fn route(sdl: &str, operation: &str) -> Route {
    let files = OperationFiles { documents: vec![Source::new("A.graphql", operation)], manifests: vec![] };
    let (saved, found) = compile(&files, &client(sdl), u32::MAX);
    assert_eq!(found, [], "{operation}");
    saved.iter().next().and_then(|saved| saved.route.clone()).expect("it has a route")
}

/// By their names.
type Files<'a> = &'a [(&'a str, &'a str)];

/// Those that end in `.json` are manifests.
fn read(files: Files<'_>) -> (SavedOperations, Vec<Diagnostic>) {
    let sources = files.iter().map(|(name, text)| Source::new(*name, *text));
    let (manifests, documents): (Vec<Arc<Source>>, _) = sources.partition(|source| source.path.ends_with(".json"));
    compile(&OperationFiles { documents, manifests }, &client(SDL), 3)
}

#[test]
fn an_operation_is_found_by_all_that_it_is_known_by() {
    let me = "query Me { me }\n";
    let manifest = r#"{"relay-1": "query Order($id: ID!) { order(id: $id) { ...Card } } fragment Card on Order { id }",
        "anonymous": "{ me }", "again": "query Me { me }", "md5": "query Me { x: me }"}"#;
    let (saved, found) = read(&[
        ("Me.graphql", me),
        (
            "Order.graphql",
            "query OrderDetail($id: ID! @param(in: PATH)) @rest(path: \"/orders/{id}\") { order(id: $id) { ...Card } }",
        ),
        ("Card.graphql", "fragment Card on Order { id note }"),
        ("persisted_queries.json", manifest),
    ]);
    assert_eq!(found, []);
    let shown = |operation: Option<&Arc<SavedOperation>>| {
        operation.map(|operation| operation.text.replace('\n', "").replace("  ", " "))
    };
    let me_hash = sha256(me);
    let order = saved.by_name("OrderDetail");
    let Named::One(order) = order else { panic!("{order:?}") };
    assert_eq!(
        &*order.text,
        "query OrderDetail($id: ID!) {\n  order(id: $id) {\n    ...Card\n  }\n}\n\nfragment Card on Order {\n  id\n  note\n}\n"
    );
    let ids = [
        (me_hash.as_str(), Some("query Me { me}")),
        (&sha256("query Me { me }"), Some("query Me { me}")),
        (&format!("sha256:{me_hash}"), Some("query Me { me}")),
        (&me_hash.to_uppercase(), Some("query Me { me}")),
        ("again", Some("query Me { me}")),
        ("md5", Some("query Me { x: me}")),
        ("anonymous", Some("{ me}")),
        (&sha256("{ me }"), Some("{ me}")),
        (
            &order.hash,
            Some("query OrderDetail($id: ID!) { order(id: $id) {  ...Card }}fragment Card on Order { id note}"),
        ),
        ("unknown", None),
        ("", None),
    ];
    for (id, expected) in ids {
        assert_eq!(shown(saved.by_id(id)).as_deref(), expected, "{id}");
    }
    assert!(matches!(saved.by_name("Me"), Named::Several), "a manifest may have several versions of one");
    assert!(matches!(saved.by_name("Other"), Named::None));
    for (text, is_known) in [("query Me { me }\n", true), ("query Me { me }", true), ("query Me {me}", false)] {
        assert_eq!(saved.by_text(text).is_some(), is_known, "{text}");
    }
    assert_eq!(saved.iter().count(), 5);
}

#[test]
fn what_is_wrong_is_told_where_it_is() {
    let cases: [(Files<'_>, &[&str]); 13] = [
        (&[], &[]),
        (
            &[("A.graphql", "query A {\n  me\n  you\n}")],
            &["A.graphql:3:3: error[OPERATION_INVALID]: type `Query` does not have a field `you`"],
        ),
        (
            &[("A.graphql", "query A { me")],
            &["A.graphql:1:13: error[OPERATION_INVALID]: syntax error: expected R_CURLY, got EOF"],
        ),
        (&[("A.graphql", "{ me }")], &["A.graphql:1:1: error[OPERATION_INVALID]: a saved operation needs a name"]),
        (
            &[("A.graphql", "query A { me }"), ("B.graphql", "query A { m: me }")],
            &["B.graphql:1:7: error[OPERATION_INVALID]: two operations are named `A`"],
        ),
        (
            &[("A.graphql", "fragment F on Query { me }"), ("B.graphql", "fragment F on Query { me }")],
            &["B.graphql:1:1: error[OPERATION_INVALID]: the fragment `F` is defined twice"],
        ),
        (
            &[("A.graphql", "query A { ...F }")],
            &["A.graphql:1:11: error[OPERATION_INVALID]: cannot find fragment `F` in this document"],
        ),
        (
            &[("A.graphql", "query A { ...F }"), ("F.graphql", "fragment F on Query { you }")],
            &["F.graphql:1:23: error[OPERATION_INVALID]: type `Query` does not have a field `you`"],
        ),
        (
            &[("A.graphql", "type A { a: Int }")],
            &["A.graphql:1:1: error[OPERATION_INVALID]: this is no operation and no fragment"],
        ),
        (
            &[("A.graphql", "query A { order(id: 1) { next { next { id } } } }")],
            &[
                "A.graphql:1:7: error[OPERATION_INVALID]: the operation nests 4 fields in one another, and this client may nest 3",
            ],
        ),
        (
            &[("m.json", r#"{"abc":"query A { you }"}"#)],
            &["m.json#abc:1:11: error[OPERATION_INVALID]: type `Query` does not have a field `you`"],
        ),
        (
            &[("m.json", r#"{"abc":"query A { me } query B { me }"}"#)],
            &["m.json#abc:1:1: error[OPERATION_INVALID]: an entry of a manifest is one operation, and this one has 2"],
        ),
        (
            &[("a.json", r#"{"abc":"query A { me }"}"#), ("b.json", r#"{"abc":"query B { me }"}"#)],
            &["b.json#abc:1:1: error[OPERATION_INVALID]: the id \"abc\" is given to two operations"],
        ),
    ];
    for (files, expected) in cases {
        let found: Vec<String> = read(files).1.iter().map(Diagnostic::to_string).collect();
        assert_eq!(found, expected, "{files:?}");
    }
}
