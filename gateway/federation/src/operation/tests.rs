//! Tests of requests against a schema of their own: what is refused, and what variables become.

use serde_json::value::RawValue;

use super::{bind, coerce, parse};
use crate::compose::prove;
use crate::diagnostics::Source;
use crate::schema::{Id, Supergraph, VariableId};
use crate::view::ClientSchema;

const SDL: &str = r#"
schema @link(url: "https://specs.apollo.dev/link/v1.0") @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION) { query: Query }
directive @join__field(graph: join__Graph, requires: String, provides: String, type: String, external: Boolean, override: String, usedOverridden: Boolean) repeatable on FIELD_DEFINITION | INPUT_FIELD_DEFINITION
directive @join__graph(name: String!, url: String!) on ENUM_VALUE
directive @join__type(graph: join__Graph!, key: String, extension: Boolean! = false, resolvable: Boolean! = true, isInterfaceObject: Boolean! = false) repeatable on OBJECT | INTERFACE | UNION | ENUM | INPUT_OBJECT | SCALAR
directive @link(url: String, as: String, for: String, import: [String]) repeatable on SCHEMA
directive @oneOf on INPUT_OBJECT
enum join__Graph { A @join__graph(name: "a", url: "http://a") }
scalar Any @join__type(graph: A)
enum Color @join__type(graph: A) { RED GREEN }
input In @join__type(graph: A) { n: Int! = 7 list: [In!] color: Color need: String! }
input One @join__type(graph: A) @oneOf { a: Int b: String }
type Query @join__type(graph: A) {
  f(i: Int, n: Int!, x: Float, s: String, b: Boolean, id: ID, any: Any, c: Color, o: In, one: One, l: [[Int!]]): Int
}
"#;

fn client() -> ClientSchema {
    let supergraph = Supergraph::load(&Source::new("supergraph.graphql", SDL)).expect("the test's own schema");
    ClientSchema::identity(&prove(supergraph).0)
}

/// The JSON of `$v`, or the message of what is wrong with it.
fn coerced(declaration: &str, json: &str) -> Result<String, String> {
    let client = client();
    let text = format!("query ($v: {declaration}) {{ f(n: 1, any: $v) }}");
    // Whatever `$v` is, `any` takes it; what is tested is the coercion to its own type.
    let text = if declaration.starts_with("Any") {
        text
    } else {
        text.replace("any: $v", "n: 1").replace("n: 1, n: 1", "n: 1")
    };
    let text = text.replace("{ f(n: 1) }", "{ f(n: 1) @include(if: true) }");
    let document = apollo_compiler::ExecutableDocument::parse(&client.schema, &text, "test").expect("it parses");
    let operation = document.operations.get(None).expect("one operation").clone();
    let document = super::Document { document: apollo_compiler::validation::Valid::assume_valid(document), operation };
    let operation = bind(&client, document).expect("it binds");
    let given = RawValue::from_string(json.to_owned()).expect("JSON");
    match coerce(&client, &operation, Some(&given)) {
        Ok(values) => Ok(values.get(VariableId::from_index(0)).unwrap_or("absent").to_owned()),
        Err(errors) => Err(errors.into_iter().map(|error| error.message).collect::<Vec<_>>().join("; ")),
    }
}

#[test]
fn variables_are_coerced_to_their_types() {
    let cases = [
        ("Int", r#"{"v": 3}"#, Ok("3")),
        ("Int", r#"{"v": 3.0}"#, Ok("3")),
        ("Int", r#"{}"#, Ok("absent")),
        ("Int = 4", r#"{}"#, Ok("4")),
        ("Int = 4", r#"{"v": null}"#, Ok("null")),
        ("Int", r#"{"v": 2147483648}"#, Err("2147483648 is not a value of type Int")),
        ("Int", r#"{"v": "3"}"#, Err("is not a value of type Int")),
        ("Int!", r#"{}"#, Err("a value of type Int! is required")),
        ("Int!", r#"{"v": null}"#, Err("Int! cannot be null")),
        ("Float", r#"{"v": 1e2}"#, Ok("1e2")),
        ("Float", r#"{"v": 3}"#, Ok("3")),
        ("String", r#"{"v": "a\"b"}"#, Ok(r#""a\"b""#)),
        ("String", r#"{"v": 1}"#, Err("is not a value of type String")),
        ("ID", r#"{"v": 17}"#, Ok(r#""17""#)),
        ("ID", r#"{"v": 1.5}"#, Err("is not a value of type ID")),
        ("Boolean", r#"{"v": true}"#, Ok("true")),
        ("Boolean", r#"{"v": 1}"#, Err("is not a value of type Boolean")),
        ("Color", r#"{"v": "RED"}"#, Ok(r#""RED""#)),
        ("Color", r#"{"v": "BLUE"}"#, Err("is not a value of the enum Color")),
        (
            "Any",
            r#"{"v": {"deep": [1.50, 10000000000000000000001]}}"#,
            Ok(r#"{"deep": [1.50, 10000000000000000000001]}"#),
        ),
        ("[[Int!]]", r#"{"v": 1}"#, Ok("[[1]]")),
        ("[[Int!]]", r#"{"v": [[1, 2], null]}"#, Ok("[[1,2],null]")),
        ("[[Int!]]", r#"{"v": [[1, null]]}"#, Err("$v[0][1]")),
        ("In", r#"{"v": {"need": "x"}}"#, Ok(r#"{"n":7,"need":"x"}"#)),
        (
            "In",
            r#"{"v": {"need": "x", "list": {"need": "y", "n": 1}}}"#,
            Ok(r#"{"n":7,"list":[{"n":1,"need":"y"}],"need":"x"}"#),
        ),
        ("In", r#"{"v": {}}"#, Err("In.need of type String! is required")),
        ("In", r#"{"v": {"need": "x", "nope": 1}}"#, Err("In has no field \"nope\"")),
        ("In", r#"{"v": {"need": "x", "list": [{"need": 1}]}}"#, Err("$v.list[0].need")),
        ("One", r#"{"v": {"a": 1}}"#, Ok(r#"{"a":1}"#)),
        ("One", r#"{"v": {"a": 1, "b": "x"}}"#, Err("exactly one field")),
        ("One", r#"{"v": {"a": null}}"#, Err("exactly one field")),
    ];
    for (ty, json, expected) in cases {
        match (coerced(ty, json), expected) {
            (Ok(value), Ok(expected)) => assert_eq!(value, expected, "{ty} {json}"),
            (Err(message), Err(expected)) => assert!(message.contains(expected), "{ty} {json}: {message}"),
            (result, _) => panic!("{ty} {json}: {result:?}"),
        }
    }
}

#[test]
fn deep_variables_are_refused() {
    let deep = format!("{{\"v\": {}1{}}}", "[".repeat(5000), "]".repeat(5000));
    assert!(coerced("[[Int!]]", &deep).is_err());
    let mut object = "{\"need\":\"x\"}".to_owned();
    for _ in 0..100 {
        object = format!("{{\"need\":\"x\",\"list\":{object}}}");
    }
    let message = coerced("In", &format!("{{\"v\": {object}}}")).expect_err("it is too deep");
    assert!(message.contains("deeper than"), "{message}");
}

#[test]
fn operations_that_cannot_run_are_refused() {
    let cases = [
        ("{ f(n: 1", None, "GRAPHQL_PARSE_FAILED"),
        ("", None, "GRAPHQL_PARSE_FAILED"),
        ("{ g }", None, "GRAPHQL_VALIDATION_FAILED"),
        ("{ f }", None, "GRAPHQL_VALIDATION_FAILED"),
        ("query A { f(n: 1) } query B { f(n: 1) }", None, "OPERATION_RESOLUTION_FAILURE"),
        ("query A { f(n: 1) }", Some("C"), "OPERATION_RESOLUTION_FAILURE"),
        ("fragment F on Query { f(n: 1) }", None, "GRAPHQL_VALIDATION_FAILED"),
    ];
    let client = client();
    for (text, name, code) in cases {
        let errors = parse(&client, text, name).expect_err(text);
        assert_eq!(errors[0].code, code, "{text}: {errors:?}");
    }
    let long = format!("{{ {} }}", "a: f(n: 1) ".repeat(5000));
    assert_eq!(parse(&client, &long, None).expect_err("too long")[0].code, "MAX_TOKENS_LIMIT");
}
