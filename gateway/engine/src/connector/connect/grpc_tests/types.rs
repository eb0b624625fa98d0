//! Every type, from a GraphQL argument to a message and from a message to a GraphQL result.

use super::*;
use service::Service;

/// The default that each field has in an empty message.
const EMPTY: &[(&str, &str)] = &[
    ("i32", "0"),
    ("s32", "0"),
    ("sf32", "0"),
    ("i64", r#""0""#),
    ("s64", r#""0""#),
    ("sf64", r#""0""#),
    ("u32", r#""0""#),
    ("f32", r#""0""#),
    ("u64", r#""0""#),
    ("f64", r#""0""#),
    ("fl", "0"),
    ("db", "0"),
    ("truth", "false"),
    ("snakeName", r#""""#),
    ("raw", r#""""#),
    ("color", "null"),
    ("colors", "[]"),
    ("numbers", "[]"),
    ("byString { key value }", "[]"),
    ("byInt", "{}"),
    ("byBool", "{}"),
    ("byWide", "{}"),
    ("text", "null"),
    ("point { x y }", "null"),
    ("maybe", "null"),
    ("child { i32 }", "null"),
    ("at", "null"),
    ("took", "null"),
    ("mask", "null"),
    ("wrappedText", "null"),
    ("wrappedNumber", "null"),
    ("wrappedTruth", "null"),
    ("wrappedDouble", "null"),
    ("wrappedRaw", "null"),
    ("object", "null"),
    ("value", "null"),
    ("list", "null"),
    ("any", "null"),
    ("nothing", "true"),
    ("id", r#""0""#),
    ("small", "0"),
    ("nullish", r#""""#),
    ("type", r#""""#),
    ("otherName", "false"),
];

async fn echo() -> (Service, World) {
    let service = Service::start(|call| once(Ok(call.message.clone()))).await;
    let world = World::new(&service.url(), |_| {});
    (service, world)
}

fn name(field: &str) -> &str {
    field.split(' ').next().unwrap_or_default()
}

#[tokio::test]
async fn what_goes_in_comes_out() {
    #[rustfmt::skip]
    let cases: &[(&str, &str, &str, &str)] = &[
        // the argument's field, its value, the result's field, its value
        ("i32", "-2147483648", "i32", "-2147483648"), ("s32", "2147483647", "s32", "2147483647"), ("sf32", "-1", "sf32", "-1"),
        ("i64", r#""-9223372036854775808""#, "i64", r#""-9223372036854775808""#), ("i64", "9007199254740993", "i64", r#""9007199254740993""#),
        ("s64", r#""1""#, "s64", r#""1""#), ("sf64", r#""-7""#, "sf64", r#""-7""#),
        ("u32", r#""4294967295""#, "u32", r#""4294967295""#), ("f32", "3", "f32", r#""3""#),
        ("u64", r#""18446744073709551615""#, "u64", r#""18446744073709551615""#), ("f64", "12", "f64", r#""12""#),
        ("fl", "0.1", "fl", "0.1"), ("db", "1.5e300", "db", "1.5e300"), ("truth", "true", "truth", "true"),
        ("snakeName", r#""a\"\u00fc\n""#, "snakeName", r#""a\"ü\n""#), ("raw", r#""AAEC/w==""#, "raw", r#""AAEC/w==""#),
        ("color", r#""RED""#, "color", r#""RED""#), ("color", r#""DEEP_BLUE""#, "color", r#""DEEP_BLUE""#), ("color", "null", "color", "null"),
        ("colors", r#"["RED","DEEP_BLUE"]"#, "colors", r#"["RED","DEEP_BLUE"]"#), ("colors", r#""RED""#, "colors", r#"["RED"]"#),
        ("numbers", r#"[1,"2"]"#, "numbers", r#"["1","2"]"#),
        ("byString", r#"[{"key":"b","value":2},{"key":"a","value":"1"}]"#, "byString { key value }", r#"[{"key":"a","value":"1"},{"key":"b","value":"2"}]"#),
        ("by_int", r#"{"-1":"x","2":"y"}"#, "byInt", r#"{"-1":"x","2":"y"}"#), ("byBool", r#"{"true":"RED"}"#, "byBool", r#"{"true":"RED"}"#),
        ("text", r#""""#, "text", r#""""#), ("text", r#""t""#, "point { x }", "null"), ("point", r#"{"x":1,"y":-1}"#, "point { x y }", r#"{"x":1,"y":-1}"#),
        ("maybe", "0", "maybe", "0"), ("maybe", "null", "maybe", "null"),
        ("child", r#"{"child":{"i32":3,"color":"RED"}}"#, "child { i32 child { i32 color } }", r#"{"i32":0,"child":{"i32":3,"color":"RED"}}"#),
        ("at", r#""2024-02-29T23:59:59.5+01:00""#, "at", r#""2024-02-29T22:59:59.500Z""#), ("took", r#""-1.5s""#, "took", r#""-1.500s""#), ("mask", r#""a,b.c""#, "mask", r#""a,b.c""#),
        ("wrappedText", r#""""#, "wrappedText", r#""""#), ("wrappedNumber", "0", "wrappedNumber", r#""0""#), ("wrappedTruth", "false", "wrappedTruth", "false"),
        ("wrappedDouble", "2.5", "wrappedDouble", "2.5"), ("wrappedRaw", r#""AA==""#, "wrappedRaw", r#""AA==""#),
        ("object", r#"{"a":[1,null,{"b":"c"}]}"#, "object", r#"{"a":[1,null,{"b":"c"}]}"#), ("value", r#"[true,"x"]"#, "value", r#"[true,"x"]"#), ("value", "1.5", "value", "1.5"),
        ("list", r#"[{},[]]"#, "list", r#"[{},[]]"#), ("nothing", "true", "nothing", "true"),
        ("any", r#"{"@type":"type.googleapis.com/t.Point","x":1,"y":2}"#, "any", r#"{"@type":"type.googleapis.com/t.Point","x":1,"y":2}"#),
        ("id", r#""9223372036854775807""#, "id", r#""9223372036854775807""#), ("small", "-5", "small", "-5"),
        ("null", r#""n""#, "nullish", r#""n""#), ("type", r#""y""#, "type", r#""y""#), ("renamed_field", "true", "otherName", "true"),
    ];
    let (_service, world) = echo().await;
    for (argument, value, field, expected) in cases {
        let operation = format!("query($input: AllInput!) {{ echo(input: $input) {{ {field} }} }}");
        let input = format!(r#"{{"input":{{"{argument}":{value}}}}}"#).parse().expect("JSON of the test's own");
        let response = world.ask(&operation, &input).await;
        assert_eq!(response.get("errors"), None, "{argument}: {value}: {response}");
        let expected: Json = expected.parse().expect("JSON of the test's own");
        assert_eq!(response["data"]["echo"][name(field)], expected, "{argument}: {value}");
    }
}

#[tokio::test]
async fn a_oneof_is_nullable_fields_and_as_an_argument_a_one_of_input() {
    let (_service, world) = echo().await;
    let cases = [
        (json!({"text":"t"}), json!({"text":"t","point":null})),
        (json!({"point":{"x":0,"y":0}}), json!({"text":null,"point":{"x":0,"y":0}})),
    ];
    for (pick, expected) in cases {
        let operation = "query($pick: Pick!) { pick(pick: $pick) { text point { x y } } }";
        assert_eq!(world.ask(operation, &json!({"pick": pick})).await, json!({"data":{"pick":expected}}));
    }
}

#[tokio::test]
async fn an_empty_message_has_every_default() {
    let (_service, world) = echo().await;
    let fields: Vec<&str> = EMPTY.iter().map(|(field, _)| *field).collect();
    let operation = format!("{{ echo(input: {{}}) {{ {} }} }}", fields.join(" "));
    let response = world.ask(&operation, &json!({})).await;
    assert_eq!(response.get("errors"), None, "{response}");
    for (field, expected) in EMPTY {
        let expected: Json = expected.parse().expect("JSON of the test's own");
        assert_eq!(response["data"]["echo"][name(field)], expected, "{field}");
    }
}

#[tokio::test]
async fn what_a_message_cannot_hold_is_refused_before_it_is_sent() {
    #[rustfmt::skip]
    let cases: &[(&str, &str, &str)] = &[
        ("u32", "-1", "u32: expected an unsigned 32-bit integer"), ("i64", r#""x""#, "i64: expected a 64-bit integer"),
        ("u64", r#""18446744073709551616""#, "u64"), ("raw", r#""%""#, "raw: not base64"), ("at", r#""today""#, "at: expected a date"),
        ("text", r#""a","point":{"x":1,"y":1}"#, "more than one field of `t.All.pick` is set"), ("by_int", r#"{"a":"b"}"#, "by_int.a: expected a 32-bit"),
        ("any", r#"{"@type":"x/t.None"}"#, "no message `t.None`"), ("list", "{}", "list: expected a list"),
    ];
    let (service, world) = echo().await;
    for (argument, value, message) in cases {
        let input = format!(r#"{{"input":{{"{argument}":{value}}}}}"#).parse().expect("JSON of the test's own");
        let response = world.ask("query($input: AllInput!) { echo(input: $input) { i32 } }", &input).await;
        assert_eq!(response["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{argument}: {response}");
        let told = response["errors"][0]["message"].as_str().unwrap_or_default();
        assert!(told.contains(message), "{argument}: {told}");
    }
    assert_eq!(service.calls().len(), 0);
}

/// What GraphQL or JSON cannot say is null, and an error says why.
#[tokio::test]
async fn what_has_no_form_is_null_and_an_error() {
    // Numbers and bytes as they are on the wire, which no JSON makes.
    #[rustfmt::skip]
    let cases: &[(&str, &[u8], &str)] = &[
        ("fl", &[0x5d, 0, 0, 0xc0, 0x7f], "t.All.fl: NaN"), ("fl", &[0x5d, 0, 0, 0x80, 0x7f], "t.All.fl: inf"),
        ("db", &[0x61, 0, 0, 0, 0, 0, 0, 0xf0, 0xff], "t.All.db: -inf"),
        ("color", &[0x80, 0x01, 99], "`t.Color` has no value 99"),
        ("small", &[0xc8, 0x02, 0x80, 0x80, 0x80, 0x80, 0x10], ""),
        ("at", &[0xda, 0x01, 0x02, 0x10, 0xff], "invalid"),
    ];
    for (field, wire, message) in cases {
        let wire = Bytes::copy_from_slice(wire);
        let service = Service::start(move |_| once(Ok(wire.clone()))).await;
        let world = World::new(&service.url(), |_| {});
        let response = world.ask(&format!("{{ echo(input: {{}}) {{ {field} }} }}"), &json!({})).await;
        let of_field = &response["data"]["echo"][field];
        assert!(of_field.is_null(), "{field}: {response}");
        let errors = response["errors"].as_array().unwrap_or_else(|| panic!("{field}: {response}"));
        assert_eq!(errors.len(), 1, "{field}: {response}");
        assert_eq!(errors[0]["extensions"]["code"], "SUBREQUEST_MALFORMED_RESPONSE", "{field}: {response}");
        assert!(errors[0]["message"].as_str().is_some_and(|told| told.contains(message)), "{field}: {response}");
    }
}
