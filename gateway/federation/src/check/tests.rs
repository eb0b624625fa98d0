//! Advice as a table: a schema of connectors, and each finding as a line of code and message.

use super::connectors;
use crate::compose::compose;
use crate::connect::Composing;
use crate::diagnostics::Source;
use crate::schema::subgraph::SubgraphInput;

const LINK: &str = r#"extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key"])
  @link(url: "https://specs.apollo.dev/connect/v0.3", import: ["@source", "@connect"])
  @link(url: "https://specs.weft.dev/connect/v0.1")
  @source(name: "a", http: { baseURL: "http://a" })
"#;

fn check(sdl: &str) -> String {
    let none = |_: &str, _: &str| None;
    let mut composing = Composing::new(&none);
    let source = Source::new("s.graphql", format!("{LINK}{sdl}"));
    let composed = compose(vec![SubgraphInput { name: "s".to_owned(), url: String::new(), source }], &mut composing);
    let errors: String = composed.diagnostics.iter().map(|found| found.draw(false)).collect();
    assert!(composed.supergraph.is_some(), "{sdl}\n{errors}");
    let found = connectors(&composing);
    for found in &found {
        assert!(found.help.is_some() && !found.labels.is_empty() && !found.is_error(), "{found:?}");
    }
    let lines: Vec<String> = found.iter().map(|found| format!("{}: {}", found.code, found.message)).collect();
    lines.join("\n")
}

#[test]
fn advises() {
    const POSTS: &str = r#"type Query { posts: [Post] @connect(source: "a", http: { GET: "/posts" },
        selection: "id title user: { id: userId }") }"#;
    let user = |connector: &str, fields: &str| {
        format!(
            "{POSTS} type Post {{ id: ID! title: String user: User }}
             type User @key(fields: \"id\") {connector} {{ id: ID! name: String {fields} }}"
        )
    };
    let one = r#"@connect(source: "a", http: { GET: "/users/{$this.id}" }, selection: "id name")"#;
    let many = r#"@connect(source: "a", http: { GET: "/users", queryParams: "id: $batch.id" }, selection: "id name")"#;
    let friends =
        r#"friends: [User] @connect(source: "a", http: { GET: "/users/{$this.id}/friends" }, selection: "id name")"#;
    let grouped = r#"friends: [User] @connect(source: "a", http: { GET: "/friends", queryParams: "of: $batch.id" },
        batch: { groupBy: "id" }, selection: "id name")"#;
    let cases = [
        (
            user(one, ""),
            "CONNECTOR_CALL_PER_ITEM: `Query.posts` is a list, and `name` of `User` takes a call of the connector on \
             `User` for each of its items",
        ),
        (user(many, ""), ""),
        (user(&format!("{one} {many}"), ""), ""),
        (
            user(many, friends),
            "CONNECTOR_CALL_PER_ITEM: `Query.posts` is a list, and `User.friends` takes a call of the connector on \
             `User.friends` for each of its items",
        ),
        (user(many, grouped), ""),
        // A root field that looks entities up, for what the list does not hold.
        (
            r#"type Query {
                user(id: ID!): User @connect(source: "a", entity: true, http: { GET: "/users/{$args.id}" }, selection: "id name age")
                users: [User] @connect(source: "a", http: { GET: "/users" }, selection: "id name") }
              type User @key(fields: "id") { id: ID! name: String age: Int }"#
                .to_owned(),
            "CONNECTOR_CALL_PER_ITEM: `Query.users` is a list, and `age` of `User` takes a call of the connector on \
             `Query.user` for each of its items",
        ),
        // The list holds it all.
        (
            r#"type Query {
                user(id: ID!): User @connect(source: "a", entity: true, http: { GET: "/users/{$args.id}" }, selection: "id name")
                users: [User] @connect(source: "a", http: { GET: "/users" }, selection: "id name") }
              type User @key(fields: "id") { id: ID! name: String }"#
                .to_owned(),
            "",
        ),
        // One at a time is fine where there is one.
        (
            r#"type Query { me: User @connect(source: "a", http: { GET: "/me" }, selection: "id") }
              type User @key(fields: "id") @connect(source: "a", http: { GET: "/users/{$this.id}" }, selection: "id name") {
                id: ID! name: String }"#
                .to_owned(),
            "",
        ),
        (
            r#"type Query { search(text: String, first: Int, after: String): [String]
                @connect(source: "a", http: { GET: "/search?q={$args.text}" }, selection: "$") }"#
                .to_owned(),
            "UNUSED_ARGUMENT: the argument `first` of `Query.search` does nothing: no mapping reads it\n\
             UNUSED_ARGUMENT: the argument `after` of `Query.search` does nothing: no mapping reads it",
        ),
        // All of them at once are read, and so is one that only the answer's mapping looks at.
        (
            r#"type Query { search(text: String, first: Int): [String]
                @connect(source: "a", http: { POST: "/search", body: "$args" }, selection: "$") }"#
                .to_owned(),
            "",
        ),
        (
            r#"type Query { id(id: ID): ID @connect(source: "a", http: { GET: "/x" }, selection: "$args.id") }"#.to_owned(),
            "",
        ),
    ];
    for (sdl, expected) in cases {
        assert_eq!(check(&sdl), expected, "{sdl}");
    }
}
