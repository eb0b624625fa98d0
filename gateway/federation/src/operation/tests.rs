//! Tests of requests against a schema of their own: what is refused, and what variables become.

use apollo_compiler::ExecutableDocument;
use apollo_compiler::validation::Valid;
use serde_json::value::RawValue;

use super::{Document, Identity, bind, coerce, parse};
use crate::compose::{NoConnectors, compose, prove};
use crate::diagnostics::Source;
use crate::schema::subgraph::SubgraphInput;
use crate::schema::{Id, Supergraph, VariableId};
use crate::view::ClientSchema;

const SDL: &str = r#"
extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@key"])
  @link(url: "https://specs.weft.dev/connect/v0.1")
scalar Any
enum Color { RED GREEN }
input In { n: Int! = 7 list: [In!] color: Color need: String! }
input One @oneOf { a: Int b: String }
type Query {
  q: Query
  f(n: Int!, any: Any, i: Int, x: Float, s: String, b: Boolean, id: ID, c: Color, o: In, one: One, l: [[Int!]]): Int
}
"#;

fn client() -> ClientSchema {
    let input = SubgraphInput { name: "a".into(), url: "http://a".into(), source: Source::new("a.graphql", SDL) };
    let composed = compose(vec![input], &mut NoConnectors);
    let supergraph = composed.supergraph.unwrap_or_else(|| panic!("{:?}", composed.diagnostics));
    let supergraph = Supergraph::load(&Source::new("supergraph.graphql", supergraph)).expect("weft's own supergraph");
    ClientSchema::identity(&prove(supergraph).0)
}

/// The JSON of `$v`, or the message of what is wrong with it.
fn coerced(declaration: &str, json: &str) -> Result<String, String> {
    let client = client();
    let text = format!("query ($v: {declaration}) {{ f(n: 1) }}");
    // Not validated: `$v` is declared and not used, since what is tested is the coercion to its own type.
    let document = ExecutableDocument::parse(&client.schema, &text, "test").expect("it parses");
    let operation = document.operations.get(None).expect("one operation").clone();
    let document = Document { document: Valid::assume_valid(document), operation };
    let operation = bind(&client, document).expect("it binds");
    let given = RawValue::from_string(json.to_owned()).expect("JSON");
    match coerce(&client, &operation, Some(&given), &Identity::anonymous()) {
        Ok(values) => Ok(values.get(VariableId::from_index(0)).unwrap_or("absent").to_owned()),
        Err(errors) => Err(errors.into_iter().map(|error| error.message).collect::<Vec<_>>().join("; ")),
    }
}

/// Of subgraphs that do not link weft's specification the reference's rules hold, by which there is no `@oneOf`.
#[test]
fn one_of_is_carried_where_all_agree() {
    let link = "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.5\") @link(url: \"https://specs.weft.dev/connect/v0.1\")";
    let plain = "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.5\")";
    #[rustfmt::skip]
    let cases = [
        (format!("{link} input I @oneOf {{ a: Int b: Int }}"), format!("{link} input I @oneOf {{ a: Int b: Int }}"), Ok(())),
        (format!("{link} input I @oneOf {{ a: Int }}"), format!("{plain} directive @oneOf on INPUT_OBJECT input I @oneOf {{ a: Int }}"), Ok(())),
        (format!("{link} directive @oneOf on INPUT_OBJECT input I @oneOf {{ a: Int }}"), format!("{link} input I @oneOf {{ a: Int }}"), Ok(())),
        (format!("{link} input I @oneOf {{ a: Int }}"), format!("{link} input I {{ a: Int }}"), Err("ONE_OF_MISMATCH")),
        (format!("{link} input I @oneOf {{ a: Int }}"), format!("{link} input I @oneOf {{ a: Int! }}"), Err("INVALID_ONE_OF")),
        (format!("{plain} input I @oneOf {{ a: Int }}"), format!("{link} input I @oneOf {{ a: Int }}"), Err("INVALID_GRAPHQL")),
    ];
    for (first, second, expected) in cases {
        let input = |name: &str, sdl: &str| SubgraphInput {
            name: name.into(),
            url: "http://a".into(),
            source: Source::new(format!("{name}.graphql"), format!("{sdl} type Query {{ {name}(i: I): Int }}")),
        };
        let composed = compose(vec![input("a", &first), input("b", &second)], &mut NoConnectors);
        match expected {
            Ok(()) => {
                let sdl = composed.supergraph.unwrap_or_else(|| panic!("{first}: {:?}", composed.diagnostics));
                let supergraph = Supergraph::load(&Source::new("s.graphql", sdl)).expect("what weft composed loads");
                let one_of = supergraph.api.types["I"].directives().has("oneOf");
                assert!(one_of, "{first}\n{second}");
            }
            Err(code) => {
                assert!(composed.supergraph.is_none(), "{first}\n{second}");
                let codes: Vec<&str> = composed.diagnostics.iter().map(|found| found.code).collect();
                assert!(codes.contains(&code), "{first}\n{second}: {codes:?}");
            }
        }
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
        // Half of a surrogate pair is no character.
        ("String", r#"{"v": "\ud83d\ude00 \\ud800"}"#, Ok(r#""\ud83d\ude00 \\ud800""#)),
        ("String", r#"{"v": "a\ud800"}"#, Err("Variable \"$v\": \"a\\ud800\" has half of a surrogate pair")),
        ("ID", r#"{"v": "\udc00"}"#, Err("half of a surrogate pair")),
        ("In", r#"{"v": {"need": "\ud800x"}}"#, Err("Variable \"$v.need\":")),
        ("[Any]", r#"{"v": ["\"[", {"a": ["\ud800"]}]}"#, Err("Variable \"$v[1]\":")),
        ("Any", r#"{"v": {"\ud800": 1}}"#, Err("half of a surrogate pair")),
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
    // A custom scalar's own levels count too, beside those that it stands in; what is in strings does not.
    let nested = |levels: usize| format!("{{\"v\": {}\"[[\\\"[[\"{}}}", "[".repeat(levels), "]".repeat(levels));
    for (ty, levels, is_good) in [("Any", 64, true), ("Any", 65, false), ("[Any]", 64, true), ("[Any]", 65, false)] {
        let result = coerced(ty, &nested(levels));
        assert_eq!(result.is_ok(), is_good, "{ty} {levels}: {result:?}");
    }
    let wide = format!("{{\"v\": [{}[]]}}", "[],".repeat(100));
    assert!(coerced("Any", &wide).is_ok());
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
    let errors = parse(&client, &long, None).expect_err("too long");
    let told: Vec<_> = errors.iter().map(|error| (error.code, error.message.as_str())).collect();
    assert_eq!(told, [("MAX_TOKENS_LIMIT", "The operation has more than 15000 tokens.")]);
}

/// Whatever is nested too deep, in whichever way, is one error that says which limits there are.
#[test]
fn what_is_nested_too_deep_is_one_clear_error() {
    let within = |levels: usize, open: &str, text: &str, close: &str| {
        format!("{}{text}{}", open.repeat(levels), close.repeat(levels))
    };
    let fields = |levels: usize| within(levels - 1, "{ q ", "{ f(n: 1) }", "}");
    let selections = |levels: usize| within(levels - 1, "{ ... ", "{ f(n: 1) }", "}");
    let lists = |levels: usize| format!("{{ f(n: 1, any: {}) }}", within(levels, "[", "1", "]"));
    let fragments = |levels: usize| {
        let one = |at: usize| format!("fragment F{at} on Query {{ ...F{} }} ", at + 1);
        let chain: String = (1..levels).map(one).collect();
        format!("{{ ...F1 }} {chain} fragment F{levels} on Query {{ f(n: 1) }}")
    };
    let cases: [(&dyn Fn(usize) -> String, usize); 4] =
        [(&fields, 129), (&fragments, 100), (&selections, 500), (&lists, 499)];
    let client = client();
    for (make, most) in cases {
        assert!(parse(&client, &make(most), None).is_ok(), "{}", make(most));
        for levels in [most + 1, 2 * most, 4 * most] {
            let errors = parse(&client, &make(levels), None).expect_err("it is too deep");
            let told: Vec<_> = errors.iter().map(|error| (error.code, error.message.contains("At most"))).collect();
            assert_eq!(told, [("MAX_DEPTH_LIMIT", true)], "{levels} where {most} are the most: {errors:?}");
        }
    }
}
