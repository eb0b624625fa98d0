//! Tables of schemas, and what is said of them.

use super::{check, check_views};
use crate::compose::{Definitions, compose, prove_composed};
use crate::connect::Composing;
use crate::diagnostics::{Diagnostic, Source};
use crate::schema::subgraph::SubgraphInput;
use crate::schema::{Satisfiable, Supergraph};
use crate::view::{ViewInput, build};

const LINKS: &str = r#"extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@shareable", "@external", "@requires"])
  @link(url: "https://specs.apollo.dev/connect/v0.3", import: ["@source", "@connect"])
  @link(url: "https://specs.weft.dev/connect/v0.1")
  @source(name: "api", http: { baseURL: "http://127.0.0.1:9" })
"#;

/// What is said of subgraphs that compose, a line a finding.
fn told(subgraphs: &[&str]) -> Vec<String> {
    let (supergraph, definitions) = composed(subgraphs);
    check(&supergraph, &definitions).iter().map(Diagnostic::to_string).collect()
}

/// What is said of a client's schema on subgraphs.
fn told_of_view(subgraphs: &[&str], view: &str) -> Vec<String> {
    let (supergraph, _) = composed(subgraphs);
    let sources = vec![Source::new("schema.graphql", view)];
    let input = ViewInput { client: "test".to_owned(), sources: sources.clone(), wildcard: true };
    let built = build(&input, &supergraph);
    let client = built.client.unwrap_or_else(|| panic!("{view}: {:#?}", built.diagnostics));
    check_views(&supergraph, &[(&client, &sources)]).iter().map(Diagnostic::to_string).collect()
}

fn composed(subgraphs: &[&str]) -> (Supergraph<Satisfiable>, Definitions) {
    let names = ["a", "b", "c"];
    let inputs = subgraphs.iter().zip(names).map(|(text, name)| SubgraphInput {
        name: name.to_owned(),
        url: "http://127.0.0.1:9".to_owned(),
        source: Source::new(format!("{name}.graphql"), format!("{LINKS}{text}")),
    });
    let no_protos = |_: &str, _: &str| None;
    let composition = compose(inputs.collect(), &mut Composing::new(&no_protos));
    let text = composition.supergraph.unwrap_or_else(|| panic!("{:#?}", composition.diagnostics));
    let merged = Supergraph::load(&Source::new("supergraph.graphql", text)).expect("what weft composed loads");
    let (supergraph, lacks) = prove_composed(merged, &composition.definitions);
    assert_eq!(lacks, [], "{subgraphs:#?}");
    (supergraph, composition.definitions)
}

const ORDERS: &str = r#"
  type Query { orders: [Order] @connect(source: "api", http: { GET: "/orders" }, selection: "id user { id }") }
  type Order { id: ID! user: User }
"#;

#[test]
fn calls_once_per_item_are_told() {
    let cases: [(&str, &[&str], &[&str]); 12] = [
        (
            "a type's connector without a batch",
            &[
                r#"type User @connect(source: "api", http: { GET: "/users/{$this.id}" }, selection: "id name") { id: ID! name: String }"#,
            ],
            &["below the list `Query.orders`, `User.name` takes a call for every item: the connector of `User`"],
        ),
        (
            "a type's connector with one",
            &[
                r#"type User @connect(source: "api", http: { GET: "/users", queryParams: "id: $batch.id" }, batch: { maxSize: 9 }, selection: "id name") { id: ID! name: String }"#,
            ],
            &[],
        ),
        (
            "both: the planner takes the batch",
            &[r#"
            extend type Query { user(id: ID!): User @connect(source: "api", entity: true, http: { GET: "/users/{$args.id}" }, selection: "id name") }
            type User @connect(source: "api", http: { GET: "/users", queryParams: "id: $batch.id" }, batch: { maxSize: 9 }, selection: "id name") { id: ID! name: String }"#],
            &[],
        ),
        (
            "a root field that resolves the entity",
            &[r#"
            extend type Query { user(id: ID!): User @connect(source: "api", entity: true, http: { GET: "/users/{$args.id}" }, selection: "id name") }
            type User @key(fields: "id") { id: ID! name: String }"#],
            &["below the list `Query.orders`, `User.name` takes a call for every item: the connector of `Query.user`"],
        ),
        (
            "a field's connector, and several fields of one",
            &[
                r#"type User @key(fields: "id") { id: ID! pet: Pet @connect(source: "api", http: { GET: "/users/{$this.id}/pet" }, selection: "id name") }
            type Pet { id: ID! name: String }"#,
            ],
            &["below the list `Query.orders`, `User.pet` takes a call for every item: the connector of `User.pet`"],
        ),
        (
            "a field's connector with a batch",
            &[
                r#"type User @key(fields: "id") { id: ID! pet: Pet @connect(source: "api", http: { GET: "/pets", queryParams: "of: $batch.id" }, batch: { groupBy: "owner" }, selection: "id owner") }
            type Pet { id: ID! owner: ID }"#,
            ],
            &[],
        ),
        (
            "not below a list",
            &[r#"
            extend type Query { me: Person @connect(source: "api", http: { GET: "/me" }, selection: "id") }
            type User @key(fields: "id") { id: ID! }
            type Person @key(fields: "id") { id: ID! pet: Pet @connect(source: "api", http: { GET: "/users/{$this.id}/pet" }, selection: "id") }
            type Pet { id: ID! }"#],
            &[],
        ),
        (
            "what the list gives by itself",
            &[r#"
            extend type Query { users: [User] @connect(source: "api", http: { GET: "/users" }, selection: "id name") }
            type User @connect(source: "api", http: { GET: "/users/{$this.id}" }, selection: "id name city") { id: ID! name: String city: String }"#],
            &["below the list `Query.users`, `User.city`"],
        ),
        (
            "a list in another subgraph",
            &[
                "type User @key(fields: \"id\", resolvable: false) { id: ID! }",
                r#"
            type User @connect(source: "api", http: { GET: "/users/{$this.id}" }, selection: "id name") { id: ID! name: String }
            extend type Query { b: Int @connect(source: "api", http: { GET: "/" }, selection: "$.b") }"#,
            ],
            &["b.graphql:7:18: warning[N_PLUS_ONE]: [b] below the list `Query.orders`, `User.name`"],
        ),
        (
            "a call that a call in between needs",
            &[r#"type User @key(fields: "id") {
              id: ID!
              tag: ID @connect(source: "api", http: { GET: "/users/{$this.id}/tag" }, selection: "$.tag")
              pet: Pet @connect(source: "api", http: { GET: "/pets", queryParams: "of: $batch.tag" }, batch: { groupBy: "tag" }, selection: "id tag")
            }
            type Pet { id: ID! tag: ID }"#],
            &["below the list `Query.orders`, `User.tag`"],
        ),
        (
            "lists of objects in objects of a call",
            &[r#"type User @key(fields: "id") { id: ID! }
            extend type Query { page: Page @connect(source: "api", http: { GET: "/page" }, selection: "items { id box { pet { id } } }") }
            type Page { items: [Item!]! } type Item { id: ID! box: Box } type Box { pet: Pet }
            type Pet @connect(source: "api", http: { GET: "/pets/{$this.id}" }, selection: "id name") { id: ID! name: String }"#],
            &["below the list `Page.items`, `Pet.name`"],
        ),
        (
            "a mutation's call for one object",
            &[r#"type User @key(fields: "id") { id: ID! }
            type Mutation { rename(id: ID!): Pet @connect(source: "api", http: { PUT: "/pets/{$args.id}" }, selection: "id") }
            type Pet @connect(source: "api", http: { GET: "/pets/{$this.id}" }, selection: "id name") { id: ID! name: String }"#],
            &[],
        ),
    ];
    for (name, subgraphs, expected) in cases {
        let first = format!("{ORDERS}{}", subgraphs[0]);
        let all: Vec<&str> = [first.as_str()].into_iter().chain(subgraphs[1..].iter().copied()).collect();
        let found: Vec<String> = told(&all).into_iter().filter(|found| found.contains("N_PLUS_ONE")).collect();
        assert_eq!(found.len(), expected.len(), "{name}: {found:#?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.contains(expected), "{name}: {found}");
        }
    }
}

#[test]
fn batches_that_nothing_bounds_are_told_where_they_are_in_a_url() {
    let batched = |connect: &str| {
        format!(
            r#"{ORDERS} type User @connect(source: "api", {connect}, selection: "id name") {{ id: ID! name: String }}"#
        )
    };
    let field = r#"type User @key(fields: "id") { id: ID! pets: [Pet] @connect(source: "api",
        http: { GET: "/pets?of={$batch.id}" }, batch: { groupBy: "of" }, selection: "of name") } type Pet { of: ID name: String }"#;
    let cases = [
        (batched(r#"http: { GET: "/users", queryParams: "id: $batch.id" }"#), Some("`User`")),
        (batched(r#"http: { GET: "/users/{$batch.id->joinNotNull(',')}" }, batch: {}"#), Some("`User`")),
        (batched(r#"http: { GET: "/users?id={$batch.id}" }, batch: { maxSize: 9 }"#), None),
        (batched(r#"http: { POST: "/users", body: "ids: $batch.id" }"#), None),
        (format!("{ORDERS} {field}"), Some("`User.pets`")),
    ];
    for (text, expected) in cases {
        let found = told(&[&text]);
        assert_eq!(found.len(), usize::from(expected.is_some()), "{text}: {found:#?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.contains("BATCH_WITHOUT_MAX_SIZE") && found.contains(expected), "{text}: {found}");
        }
    }
}

/// What of a client's schema takes calls once per item; of users there are only such calls.
#[test]
fn fields_of_clients_that_call_once_per_item_are_told() {
    let one = r#"extend type Query { order(id: ID!): Order @connect(source: "api", http: { GET: "/orders/{$args.id}" }, selection: "id user { id }") }
      type User @connect(source: "api", http: { GET: "/users/{$this.id}" }, selection: "id name friends: pals { id }") { id: ID! name: String friends: [User] }"#;
    let batched = one.replace(
        r#"GET: "/users/{$this.id}" }"#,
        r#"GET: "/users", queryParams: "id: $batch.id" }, batch: { maxSize: 9 }"#,
    );
    let card = r#"type Card @from(type: "Order") { id: ID! buyer: String @from(path: "user.name") }"#;
    let cases: [(&str, String, &str, &[&str]); 11] = [
        (
            "a type below a list",
            format!("type Query {{ orders: [Card] @limit(max: 3) }} {card}"),
            one,
            &["Query.orders Card.buyer"],
        ),
        ("the same type, not below one", format!("type Query {{ order(id: ID!): Card }} {card}"), one, &[]),
        (
            "both",
            format!("type Query {{ order(id: ID!): Card orders: [Card] @limit(max: 3) }} {card}"),
            one,
            &["Query.orders Card.buyer"],
        ),
        (
            "a path through the list",
            r#"type Query { names: [String] @from(path: "orders[].user.name") @limit(max: 3) }"#.to_owned(),
            one,
            &["Query.orders Query.names"],
        ),
        (
            "a path to one item, which all are asked for",
            r#"type Query { name: String @from(path: "orders[0].user.name") }"#.to_owned(),
            one,
            &["Query.orders Query.name"],
        ),
        (
            "a path that ends before",
            r#"type Query { ids: [ID] @from(path: "orders[].user.id") @limit(max: 3) }"#.to_owned(),
            one,
            &[],
        ),
        (
            "groups of fields",
            format!(
                r#"type Query {{ home: Home @from(path: ".") }} type Home @from(type: "Query") {{ recent: [Card] @from(path: "orders") @limit(max: 3) }} {card}"#
            ),
            one,
            &["Query.orders Card.buyer"],
        ),
        (
            "lists of lists, and fields of one connector",
            r#"type Query { order(id: ID!): Card } type Card @from(type: "Order") { user: Person }
            type Person @from(type: "User") { id: ID! name: String friends: [Person] @limit(max: 3) }"#
                .to_owned(),
            one,
            &["User.friends Person.friends", "User.friends Person.name"],
        ),
        ("what a wildcard brings", r#"type Query @from(all: true)"#.to_owned(), one, &[]),
        (
            "what is written beside it",
            r#"type Query @from(all: true) type Order @from(all: true) { buyer: String @from(path: "user.name") }"#
                .to_owned(),
            one,
            &["Query.orders Order.buyer"],
        ),
        ("a batch", format!("type Query {{ orders: [Card] @limit(max: 3) }} {card}"), &batched, &[]),
    ];
    for (name, view, users, expected) in cases {
        let found = told_of_view(&[&format!("{ORDERS}{users}")], &view);
        let shown = |pair: &&str| {
            let (list, at) = pair.split_once(' ').expect("two");
            format!(
                "below the list `{list}`, `{at}` takes a call for every item: the connector of `User` takes one at a time"
            )
        };
        let expected: Vec<String> = expected.iter().map(shown).collect();
        assert_eq!(found.len(), expected.len(), "{name}: {found:#?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.starts_with("schema.graphql:") && found.ends_with(&expected), "{name}: {found}");
        }
    }
}

#[test]
fn arguments_that_nothing_reads_are_told() {
    let cases: [(&str, &[&str]); 8] = [
        (r#"(a: Int) : Int @connect(source: "api", http: { GET: "/x" }, selection: "$.x")"#, &["a"]),
        (
            r#"(a: Int b: Int c: Int) : Int @connect(source: "api", http: { GET: "/x/{$args.b}" }, selection: "$.x")"#,
            &["a", "c"],
        ),
        (
            r#"(a: Int) : Int @connect(source: "api", http: { GET: "/x", queryParams: "q: $args.a" }, selection: "$.x")"#,
            &[],
        ),
        (r#"(a: Int) : Int @connect(source: "api", http: { POST: "/x", body: "$args" }, selection: "$.x")"#, &[]),
        (
            r#"(a: Int b: Int) : Int @connect(source: "api", http: { POST: "/x", body: "$args { a }" }, selection: "$.x")"#,
            &["b"],
        ),
        (
            r#"(a: In) : Int @connect(source: "api", http: { POST: "/x", body: "$args.a { b }" }, selection: "$.x")"#,
            &[],
        ),
        (
            r#"(a: Int) : Int @connect(source: "api", http: { GET: "/x", headers: [{ name: "q", value: "{$args.a}" }] }, selection: "$.x")"#,
            &[],
        ),
        (r#"(a: Int) : Int @connect(source: "api", http: { GET: "/x" }, selection: "$.x->map($args.a)")"#, &[]),
    ];
    for (field, arguments) in cases {
        let found = told(&[&format!("type Query {{ x{field} }} input In {{ b: Int }}")]);
        let name = |argument: &&str| {
            format!("clients can give `Query.x` the argument `{argument}`, which its connector does not read")
        };
        let expected: Vec<String> = arguments.iter().map(name).collect();
        assert_eq!(found.len(), expected.len(), "{field}: {found:#?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.starts_with("a.graphql:6:") && found.ends_with(&expected), "{field}: {found}");
        }
    }
}
