//! Tests of routes: what is read from directives, what is wrong with them, and which one a request is for.

use weft_federation::diagnostics::Diagnostic;
use weft_federation::diagnostics::Source;
use weft_federation::view::ClientSchema;

use super::*;
use crate::operations::tests::client;
use crate::operations::{OperationFiles, SavedOperations, compile};

const SDL: &str = "type Query { order(id: ID!): Order orders(first: Int, tags: [String!], status: Status, in: [[Int]]): [Order!] me: String }
    enum Status { PLACED SHIPPED }
    type Order { id: ID! note: String }
    input NewOrder { note: String }
    type Mutation { create(input: NewOrder!, dry: Boolean): Order cancel(id: ID!): Boolean both(a: NewOrder, b: NewOrder): Order }
    type Subscription { ticks: Int }";

fn read(schema: &ClientSchema, operations: &str) -> (SavedOperations, Vec<Diagnostic>) {
    let files = OperationFiles { documents: vec![Source::new("A.graphql", operations)], manifests: vec![] };
    compile(&files, schema, u32::MAX)
}

#[test]
fn variables_come_from_where_rest_has_them() {
    let cases = [
        ("query A($id: ID!) @rest(path: \"/orders/{id}\", root: \"order\") { order(id: $id) { id } }", "GET /orders/{id} 200 order id=Path!id"),
        (
            "query A($first: Int, $tags: [String!], $status: Status = PLACED) @rest(path: \"/orders\")
             { orders(first: $first, tags: $tags, status: $status) { id } }",
            "GET /orders 200 - first=Query.first tags=Query.tags status=Query.status",
        ),
        (
            "mutation A($input: NewOrder!, $dry: Boolean) @rest(method: POST, path: \"/orders\", root: \"create\", status: 201)
             { create(input: $input, dry: $dry) { id } }",
            "POST /orders 201 create input=Body!input dry=Query.dry",
        ),
        (
            "mutation A($input: NewOrder! @param(in: BODY, name: \"order\")) @rest(method: PUT, path: \"/orders\") { create(input: $input) { id } }",
            "PUT /orders 200 - input=Member!order",
        ),
        (
            "mutation A($a: NewOrder, $b: NewOrder) @rest(method: PATCH, path: \"/orders\") { both(a: $a, b: $b) { id } }",
            "PATCH /orders 200 - a=Member.a b=Member.b",
        ),
        (
            "mutation A($input: NewOrder!, $dry: Boolean @param(in: BODY)) @rest(method: POST, path: \"/o\") { create(input: $input, dry: $dry) { id } }",
            "POST /o 200 - input=Member!input dry=Member.dry",
        ),
        (
            "query A($id: ID! @param(in: HEADER, name: \"X-Order\")) @rest(path: \"/order\") { order(id: $id) { id } }",
            "GET /order 200 - id=Header!X-Order",
        ),
        (
            "mutation A($id: ID! @param(in: PATH, name: \"order-id\")) @rest(method: DELETE, path: \"/orders/{order-id}\", status: 204) { cancel(id: $id) }",
            "DELETE /orders/{order-id} 204 - id=Path!order-id",
        ),
    ];
    let schema = client(SDL);
    for (operation, expected) in cases {
        let (saved, found) = read(&schema, operation);
        assert_eq!(found, [], "{operation}");
        let route = saved.iter().next().and_then(|saved| saved.route.clone()).expect("it has a route");
        let mut shown = format!("{route} {} {}", route.status, route.root.as_deref().unwrap_or("-"));
        for input in &route.inputs {
            let mark = if input.is_required { '!' } else { '.' };
            shown += &format!(" {}={:?}{mark}{}", input.variable, input.place, input.name);
        }
        assert_eq!(shown, expected, "{operation}");
    }
}

#[test]
fn what_is_wrong_is_told_where_it_is() {
    let cases = [
        ("query A @rest { me }", "A.graphql:1:9: error[OPERATION_INVALID]: `@rest` needs a `path`"),
        (
            "query A @rest(path: \"me\") { me }",
            "A.graphql:1:21: error[OPERATION_INVALID]: this is no path: segments after `/` each, of letters, digits and `-._~`, or a `{name}`",
        ),
        (
            "query A @rest(path: \"/a//b\") { me }",
            "A.graphql:1:21: error[OPERATION_INVALID]: this is no path: segments after `/` each, of letters, digits and `-._~`, or a `{name}`",
        ),
        (
            "query A @rest(path: \"/a/../b\") { me }",
            "A.graphql:1:21: error[OPERATION_INVALID]: this is no path: segments after `/` each, of letters, digits and `-._~`, or a `{name}`",
        ),
        ("query A @rest(path: \"/me/{x}\") { me }", "A.graphql:1:9: error[OPERATION_INVALID]: no variable takes `{x}`"),
        (
            "query A @rest(path: \"/me\", methd: GET) { me }",
            "A.graphql:1:28: error[OPERATION_INVALID]: `@rest` has no argument `methd`",
        ),
        (
            "query A @rest(path: \"/me\", method: HEAD) { me }",
            "A.graphql:1:36: error[OPERATION_INVALID]: `method` is one of GET, POST, PUT, PATCH and DELETE",
        ),
        (
            "query A @rest(path: \"/me\", status: 404) { me }",
            "A.graphql:1:36: error[OPERATION_INVALID]: `status` is that of a success, from 200 to 299",
        ),
        (
            "query A @rest(path: \"/me\", root: \"you\") { me }",
            "A.graphql:1:34: error[OPERATION_INVALID]: `root` is no root field of the operation",
        ),
        (
            "mutation A @rest(path: \"/c\") { cancel(id: 1) }",
            "A.graphql:1:12: error[OPERATION_INVALID]: a mutation cannot be asked for by GET",
        ),
        (
            "subscription A @rest(path: \"/t\") { ticks }",
            "A.graphql:1:16: error[OPERATION_INVALID]: a subscription has no route",
        ),
        (
            "query A($id: ID! @param(in: QUERY)) { order(id: $id) { id } }",
            "A.graphql:1:18: error[OPERATION_INVALID]: `@param` is for operations with a route",
        ),
        (
            "query A($id: ID! @param(in: COOKIE)) @rest(path: \"/a\") { order(id: $id) { id } }",
            "A.graphql:1:18: error[OPERATION_INVALID]: `in` is one of PATH, QUERY, HEADER and BODY",
        ),
        (
            "query A($id: ID! @param(in: PATH)) @rest(path: \"/a\") { order(id: $id) { id } }",
            "A.graphql:1:9: error[OPERATION_INVALID]: the path has no `{id}`",
        ),
        (
            "query A($id: ID! @param(in: HEADER, name: \"a b\")) @rest(path: \"/a\") { order(id: $id) { id } }",
            "A.graphql:1:18: error[OPERATION_INVALID]: \"a b\" is no name of a header",
        ),
        (
            "query A($in: [[Int]] @param(in: QUERY)) @rest(path: \"/a\") { orders(in: $in) { id } }",
            "A.graphql:1:9: error[OPERATION_INVALID]: a value of [[Int]] cannot be written there",
        ),
        (
            "mutation A($input: NewOrder!) @rest(method: DELETE, path: \"/a\") { create(input: $input) { id } }",
            "A.graphql:1:12: error[OPERATION_INVALID]: NewOrder! is sent in a body, and DELETE has none",
        ),
        (
            "query A @rest(path: \"/graphql\") { me }",
            "A.graphql:1:9: error[REST_ROUTE_CONFLICT]: `GET /graphql` has the path of GraphQL",
        ),
        (
            "query A($id: ID!) @rest(path: \"/o/{id}\") { order(id: $id) { id } } query B($x: ID!) @rest(path: \"/o/{x}\") { order(id: $x) { id } }",
            "A.graphql:1:85: error[REST_ROUTE_CONFLICT]: `GET /o/{x}` answers the same requests as `GET /o/{id}` of A",
        ),
        (
            "query A($a: ID!, $b: ID! @param(in: QUERY, name: \"a\")) @rest(path: \"/a\") { x: order(id: $a) { id } order(id: $b) { id } }",
            "A.graphql:1:56: error[OPERATION_INVALID]: two variables take \"a\"",
        ),
    ];
    let schema = client(SDL);
    let mut failures = vec![];
    for (operation, expected) in cases {
        let found: Vec<String> = read(&schema, operation).1.iter().map(Diagnostic::to_string).collect();
        if found != [expected] {
            failures.push(format!("{operation}\n  {}", found.join("\n  ")));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn the_most_specific_route_of_the_method_answers() {
    let operations = r#"
        query Order($id: ID!) @rest(path: "/orders/{id}") { order(id: $id) { id } }
        query Recent @rest(path: "/orders/recent") { orders { id } }
        query Note($id: ID!) @rest(path: "/orders/{id}/note") { order(id: $id) { note } }
        query All @rest(path: "/orders") { orders { id } }
        mutation Create($input: NewOrder!) @rest(method: POST, path: "/orders") { create(input: $input) { id } }
        mutation Cancel($id: ID!) @rest(method: DELETE, path: "/orders/{id}") { cancel(id: $id) }
    "#;
    let (saved, found) = read(&client(SDL), operations);
    assert_eq!(found, []);
    let cases = [
        ("GET", "/orders/7", "Order id=7"),
        ("HEAD", "/orders/7", "Order id=7"),
        ("GET", "/orders/recent", "Recent"),
        ("DELETE", "/orders/recent", "Cancel id=recent"),
        ("GET", "/orders/a%2Fb%20c", "Order id=a/b c"),
        ("GET", "/orders/a+b", "Order id=a+b"),
        ("GET", "/orders/7/note", "Note id=7"),
        ("GET", "/orders", "All"),
        ("POST", "/orders", "Create"),
        ("PUT", "/orders", "405 GET POST"),
        ("PURGE", "/orders/7", "405 GET DELETE"),
        ("POST", "/orders/recent", "405 GET DELETE"),
        ("GET", "/orders/", "404"),
        ("GET", "/orders/7/", "404"),
        ("GET", "/orders/%FF", "404"),
        ("GET", "/other", "404"),
        ("GET", "/", "404"),
        ("GET", "", "404"),
    ];
    for (method, path, expected) in cases {
        let shown = match saved.routes().find(RestMethod::of(method), path) {
            Found::Operation { operation, parameters, .. } => {
                let name = operation.name.as_deref().unwrap_or_default().to_owned();
                parameters.iter().fold(name, |shown, (name, value)| format!("{shown} {name}={value}"))
            }
            Found::Methods(methods) => {
                methods.iter().fold("405".to_owned(), |shown, method| format!("{shown} {}", method.name()))
            }
            Found::Nothing => "404".to_owned(),
        };
        assert_eq!(shown, expected, "{method} {path}");
    }
}
