//! Tests of the description: it is valid OpenAPI, and says what the routes do.

use serde_json::{Value, json};
use weft_federation::diagnostics::Source;

use super::document;
use crate::operations::tests::client;
use crate::operations::{OperationFiles, compile};

const SDL: &str = "type Query { order(id: ID!): Order! orders(first: Int, tags: [String!], status: Status, after: Date): [Order!] node: Node }
    scalar Date
    enum Status { PLACED SHIPPED }
    interface Node { id: ID! }
    type Order implements Node { id: ID! note: String status: Status! total: Float next: Order }
    type User implements Node { id: ID! name: String! }
    input NewOrder { note: String! status: Status = PLACED lines: [Line!]! }
    input Line { count: Int! of: Line }
    type Mutation { create(input: NewOrder!, dry: Boolean): Order remove(id: ID!): Boolean }";

const OPERATIONS: &str = "
    query Order($id: ID!) @rest(path: \"/orders/{id}\", root: \"order\") { order(id: $id) { id ...Card next { id } } }
    query Orders($first: Int, $tags: [String!], $status: Status, $after: Date, $full: Boolean! = false) @rest(path: \"/orders\")
      { orders(first: $first, tags: $tags, status: $status, after: $after) { total @include(if: $full) } }
    query Node @rest(path: \"/node\", root: \"node\") { node { __typename id ... on User { name } ... on Node { again: id } } }
    mutation Create($input: NewOrder!, $tenant: ID! @param(in: HEADER, name: \"x-tenant\"))
      @rest(method: POST, path: \"/orders\", root: \"create\", status: 201) { create(input: $input) { id note @skip(if: false) } x: remove(id: $tenant) }
    mutation Parts($input: NewOrder! @param(in: BODY, name: \"order\"), $dry: Boolean @param(in: BODY))
      @rest(method: PUT, path: \"/orders\") { create(input: $input, dry: $dry) { id } }
    mutation Remove($id: ID!) @rest(method: DELETE, path: \"/orders/{id}\", status: 204) { remove(id: $id) }
    fragment Card on Order { status next { note } }";

fn described() -> Value {
    let schema = client(SDL);
    let files = OperationFiles { documents: vec![Source::new("A.graphql", OPERATIONS)], manifests: vec![] };
    let (saved, found) = compile(&files, &schema, u32::MAX);
    assert_eq!(found, []);
    document("shop", &schema.schema, saved.routes())
}

#[test]
fn it_is_openapi() {
    let text = described().to_string();
    let spec = oas3::from_json(&text).expect("OpenAPI 3.1");
    assert_eq!(spec.validate_version().expect("a version").to_string(), "3.1.0");
    let mut operations: Vec<String> = spec
        .operations()
        .map(|(path, method, operation)| {
            let parameters = operation.parameters(&spec).expect("each resolves");
            let names: Vec<String> = parameters.iter().map(|parameter| parameter.name.clone()).collect();
            let body = operation.request_body(&spec).expect("it resolves").is_some();
            let responses = operation.responses(&spec);
            format!("{method} {path} {names:?} {body} {:?}", responses.keys().collect::<Vec<_>>())
        })
        .collect();
    operations.sort();
    assert_eq!(
        operations,
        [
            r#"DELETE /orders/{id} ["id"] false ["204", "default"]"#,
            r#"GET /node [] false ["200", "304", "default"]"#,
            r#"GET /orders ["first", "tags", "status", "after", "full"] false ["200", "304", "default"]"#,
            r#"GET /orders/{id} ["id"] false ["200", "304", "default"]"#,
            r#"POST /orders ["x-tenant"] true ["201", "default"]"#,
            r#"PUT /orders [] true ["200", "default"]"#,
        ]
    );
}

#[test]
fn schemas_say_what_is_sent_and_answered() {
    let document = described();
    let nullable = |ty: &str| json!({ "type": [ty, "null"] });
    let status = json!({ "$ref": "#/components/schemas/Status" });
    let answered = "/responses/200/content/application~1json/schema";
    let cases = [
        (
            format!("/paths/~1orders~1{{id}}/get{answered}"),
            json!({
                "type": "object",
                "required": ["id", "status", "next"],
                "properties": {
                    "id": { "type": "string" },
                    "status": status,
                    "next": {
                        "type": ["object", "null"],
                        "required": ["note", "id"],
                        "properties": { "id": { "type": "string" }, "note": nullable("string") },
                    },
                },
            }),
        ),
        (
            format!("/paths/~1orders/get{answered}"),
            json!({
                "type": "object",
                "required": ["orders"],
                "properties": { "orders": {
                    "type": ["array", "null"],
                    "items": { "type": "object", "required": [], "properties": { "total": nullable("number") } },
                } },
            }),
        ),
        (
            format!("/paths/~1node/get{answered}"),
            json!({
                "type": "object",
                "required": ["__typename", "id", "again"],
                "properties": {
                    "__typename": { "type": "string" },
                    "id": { "type": "string" },
                    "name": { "type": "string" },
                    "again": { "type": "string" },
                },
            }),
        ),
        (
            "/paths/~1orders/post/requestBody".to_owned(),
            json!({
                "required": true,
                "content": { "application/json": { "schema": { "$ref": "#/components/schemas/NewOrder" } } },
            }),
        ),
        (
            "/paths/~1orders/put/requestBody/content/application~1json/schema".to_owned(),
            json!({
                "type": "object",
                "required": ["order"],
                "properties": { "order": { "$ref": "#/components/schemas/NewOrder" }, "dry": nullable("boolean") },
            }),
        ),
        (
            "/paths/~1orders/get/parameters/1".to_owned(),
            json!({
                "name": "tags",
                "in": "query",
                "required": false,
                "style": "form",
                "explode": true,
                "schema": { "type": "array", "items": { "type": "string" } },
            }),
        ),
        ("/paths/~1orders/get/parameters/3/schema".to_owned(), json!({ "type": "string" })),
        (
            "/components/schemas/NewOrder".to_owned(),
            json!({
                "type": "object",
                "additionalProperties": false,
                "required": ["note", "lines"],
                "properties": {
                    "note": { "type": "string" },
                    "status": { "anyOf": [status, { "type": "null" }] },
                    "lines": { "type": "array", "items": { "$ref": "#/components/schemas/Line" } },
                },
            }),
        ),
        (
            "/components/schemas/Line/properties/of".to_owned(),
            json!({ "anyOf": [{ "$ref": "#/components/schemas/Line" }, { "type": "null" }] }),
        ),
        ("/components/schemas/Status".to_owned(), json!({ "type": "string", "enum": ["PLACED", "SHIPPED"] })),
    ];
    let failures: Vec<String> = cases
        .iter()
        .filter(|(pointer, expected)| document.pointer(pointer) != Some(expected))
        .map(|(pointer, _)| format!("{pointer}\n{:#}", document.pointer(pointer).unwrap_or(&Value::Null)))
        .collect();
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
    assert!(document.pointer("/paths/~1orders~1{id}/delete/responses/204/content").is_none());
}
