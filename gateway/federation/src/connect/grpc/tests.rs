//! Protobuf, type by type: what a message reads as, and that it is written back the same.

use super::*;
use crate::connect::mapping::{MAX_VALUES, Value, parse_json, write_json_telling};
use prost::Message as _;
use prost_reflect::{MapKey, Value as Proto};

const PROTO: &str = r#"
syntax = "proto3"; package t;
import "google/protobuf/timestamp.proto"; import "google/protobuf/duration.proto"; import "google/protobuf/wrappers.proto";
import "google/protobuf/struct.proto"; import "google/protobuf/any.proto"; import "google/protobuf/empty.proto";
import "google/protobuf/field_mask.proto"; import "shared/common.proto";
enum HTTPStatus { HTTP_STATUS_UNSPECIFIED = 0; HTTP_STATUS_OK = 1; HTTP_STATUS_2XX = 2; ODD = 3; }
message All {
  int32 i32 = 1; int64 i64 = 2; uint32 u32 = 3; uint64 u64 = 4; sint32 s32 = 5; sint64 s64 = 6;
  fixed32 f32 = 7; fixed64 f64 = 8; sfixed32 sf32 = 9; sfixed64 sf64 = 10; float fl = 11; double db = 12;
  bool b = 13; string snake_name = 14; bytes by = 15; HTTPStatus st = 16; All child = 17; repeated int32 list = 18;
  map<string, int64> m = 19; map<int32, All> mm = 20; optional string opt = 21;
  oneof pick { string left = 22; int32 right = 23; }
  google.protobuf.Timestamp ts = 30; google.protobuf.Duration du = 31; google.protobuf.FieldMask fm = 32;
  google.protobuf.StringValue ws = 33; google.protobuf.Int64Value wi = 34; google.protobuf.BoolValue wb = 35;
  google.protobuf.Struct js = 36; google.protobuf.Value jv = 37; google.protobuf.ListValue jl = 38;
  google.protobuf.Any any = 39; google.protobuf.Empty em = 40; repeated HTTPStatus sts = 41; shared.Common co = 42;
  bool json_named = 43 [json_name = "renamed"];
}
service S { rpc Get(All) returns (All); rpc Other(shared.Other) returns (shared.Other); }
"#;

const COMMON: &str = r#"syntax = "proto3"; package shared;
message Common { message Inner { string a = 1; } Inner inner = 1; } message Other { string only = 1; }"#;

fn files(name: &str) -> Option<Vec<u8>> {
    match name {
        "dir/t.proto" => Some(PROTO.as_bytes().to_vec()),
        "dir/shared/common.proto" => Some(COMMON.as_bytes().to_vec()),
        _ => None,
    }
}

fn descriptors() -> Descriptors {
    Descriptors::compile(&["dir/t.proto".to_owned()], &files).unwrap()
}

fn all() -> MessageDescriptor {
    descriptors().pool().get_message_by_name("t.All").unwrap()
}

/// What of a value is told to have no form in JSON, sorted.
pub(super) fn problems(value: &Value<'_>) -> Vec<String> {
    let mut problems = vec![];
    write_json_telling(value, &mut vec![], &mut |problem| problems.push(problem.to_string()));
    problems.sort();
    problems
}

/// Encodes JSON, decodes the bytes, and returns one field of the result.
fn round_trip(json: &str, field: &str) -> Result<String, String> {
    let value = parse_json(json.as_bytes()).unwrap();
    let message = encode(&value, &all()).map_err(|error| error.to_string())?;
    let decoded = decode(&message.encode_to_vec(), &all()).unwrap();
    assert_eq!(problems(&decoded), [""; 0], "{json}");
    Ok(decoded.get(field).unwrap_or_else(|| panic!("no {field}")).to_json())
}

#[test]
fn every_type_there_and_back() {
    #[rustfmt::skip]
    let cases = [
        // field, what goes in, what comes out
        ("i32", "-5", "-5"), ("i32", "\"7\"", "7"), ("s32", "-1", "-1"), ("sf32", "2147483647", "2147483647"),
        ("i64", "9007199254740993", "\"9007199254740993\""), ("i64", "\"-9223372036854775808\"", "\"-9223372036854775808\""),
        ("u32", "4294967295", "\"4294967295\""), ("u64", "\"18446744073709551615\"", "\"18446744073709551615\""),
        ("s64", "1", "\"1\""), ("f32", "1", "\"1\""), ("f64", "1", "\"1\""), ("sf64", "-1", "\"-1\""),
        ("fl", "0.1", "0.1"), ("db", "0.1", "0.1"), ("db", "1e300", "1e300"), ("fl", "16777216", "16777216"),
        ("b", "true", "true"), ("snakeName", "\"a\\\"b\"", "\"a\\\"b\""), ("snakeName", "12", "\"12\""),
        ("by", "\"AAEC/w==\"", "\"AAEC/w==\""),
        ("st", "\"OK\"", "\"OK\""), ("st", "\"HTTP_STATUS_OK\"", "\"OK\""), ("st", "1", "\"OK\""), ("st", "\"ODD\"", "\"ODD\""),
        ("st", "\"HTTP_STATUS_2XX\"", "\"HTTP_STATUS_2XX\""), ("st", "\"2XX\"", "\"HTTP_STATUS_2XX\""), ("st", "\"UNSPECIFIED\"", "null"),
        ("sts", "[\"OK\", \"UNSPECIFIED\"]", "[\"OK\",null]"),
        ("list", "[3, 1]", "[3,1]"), ("list", "5", "[5]"), ("list", "null", "[]"),
        ("m", "{\"b\": 2, \"a\": \"1\"}", "{\"a\":\"1\",\"b\":\"2\"}"), ("m", "[{\"key\": \"k\", \"value\": 1}]", "{\"k\":\"1\"}"),
        ("opt", "\"\"", "\"\""), ("opt", "null", "null"), ("left", "\"l\"", "\"l\""), ("right", "0", "0"),
        ("ts", "\"2024-02-29T23:59:59.123Z\"", "\"2024-02-29T23:59:59.123Z\""), ("ts", "\"2024-01-01T00:00:00+01:30\"", "\"2023-12-31T22:30:00Z\""),
        ("ts", "\"0001-01-01T00:00:00Z\"", "\"0001-01-01T00:00:00Z\""), ("ts", "\"9999-12-31T23:59:59.999999999Z\"", "\"9999-12-31T23:59:59.999999999Z\""),
        ("du", "\"1.5s\"", "\"1.500s\""), ("du", "\"-0.000001s\"", "\"-0.000001s\""), ("du", "\"0s\"", "\"0s\""),
        ("fm", "\"a,b.c\"", "\"a,b.c\""), ("ws", "\"\"", "\"\""), ("ws", "null", "null"), ("wi", "0", "\"0\""), ("wb", "false", "false"),
        ("js", "{\"z\": [1, null, {\"y\": \"x\"}], \"a\": true}", "{\"a\":true,\"z\":[1,null,{\"y\":\"x\"}]}"),
        ("jv", "[1.5, \"s\"]", "[1.5,\"s\"]"), ("jv", "\"s\"", "\"s\""), ("jl", "[{}]", "[{}]"), ("em", "{}", "{}"), ("em", "true", "{}"),
        ("any", "{\"@type\": \"type.googleapis.com/shared.Common\", \"inner\": {\"a\": \"v\"}}", "{\"@type\":\"type.googleapis.com/shared.Common\",\"inner\":{\"a\":\"v\"}}"),
        ("renamed", "true", "true"),
    ];
    for (field, input, expected) in cases {
        let json = format!("{{\"{field}\":{input}}}");
        assert_eq!(round_trip(&json, field).as_deref(), Ok(expected), "{json}");
    }
    assert_eq!(round_trip(r#"{"snake_name":"x","json_named":true}"#, "snakeName").as_deref(), Ok("\"x\""));
    assert_eq!(
        round_trip(r#"{"child":{"child":{"i32":4}}}"#, "child").map(|json| json.contains(r#""i32":4"#)),
        Ok(true)
    );
    assert_eq!(round_trip(r#"{"mm":{"-1":{"b":true}}}"#, "mm").map(|json| json.starts_with(r#"{"-1":{"#)), Ok(true));
}

#[test]
fn values_are_bounded() {
    let width = all().fields().len();
    let cases = [
        ("{}", 0),
        (r#"{"i32":5}"#, 0),
        (r#"{"list":[1,2,3]}"#, 3),
        (r#"{"m":{"a":1}}"#, 1),
        (r#"{"js":{"a":[1,2],"b":[]}}"#, 4),
    ];
    for (json, inner) in cases {
        let message = encode(&parse_json(json.as_bytes()).unwrap(), &all()).unwrap();
        assert!(decode::decode_within(&message, width + inner).is_ok(), "{json}");
        assert_eq!(decode::decode_within(&message, width + inner - 1), Err(DecodeError::TooManyValues), "{json}");
    }
}

/// Before it is built, a message is counted as it will be when it is converted.
#[test]
fn bytes_are_measured_as_they_are_converted() {
    let json = [
        "{}",
        r#"{"i32":5,"opt":"x","child":{"child":{"list":[1,2]}}}"#,
        r#"{"list":[1,2,300],"sts":["OK","ODD"],"m":{"a":1,"b":2},"mm":{"1":{"i32":1}}}"#,
        r#"{"ts":"2024-01-01T00:00:00Z","ws":"x","js":{"a":[1,{"b":null}],"c":"d"},"jl":[[],[1]],"jv":{"x":[]}}"#,
        r#"{"co":{"inner":{"a":"x"}},"em":{},"by":"AAAA"}"#,
    ];
    for json in json {
        let message = encode(&parse_json(json.as_bytes()).unwrap(), &all()).unwrap();
        let bytes = message.encode_to_vec();
        let count = (0..).find(|count| decode::decode_within(&message, *count).is_ok()).unwrap();
        assert!(measure::fits(&bytes, &all(), count), "{json}: {count}");
        assert!(!measure::fits(&bytes, &all(), count - 1), "{json}: {count}");
    }
}

#[test]
fn a_bomb_is_refused_before_it_is_built() {
    // A child each, as many as there are; unknown fields; numbers in a list; and entries of a map.
    let bombs: [&[u8]; 4] = [&[0x8a, 0x01, 0], &[0xf8, 0x07, 1], &[0x90, 0x01, 1], &[0x9a, 0x01, 0]];
    let any = |bytes: &[u8]| {
        let descriptor = all().parent_pool().get_message_by_name("google.protobuf.Any").unwrap();
        let mut any = DynamicMessage::new(descriptor);
        any.set_field_by_name("type_url", Proto::String("x/t.All".into()));
        any.set_field_by_name("value", Proto::Bytes(bytes.to_vec().into()));
        let mut message = DynamicMessage::new(all());
        message.set_field_by_name("any", Proto::Message(any));
        message.encode_to_vec()
    };
    for bomb in bombs {
        let bytes = bomb.repeat(MAX_VALUES + 1);
        assert_eq!(decode(&bytes, &all()), Err(DecodeError::TooManyValues), "{bomb:?}");
        assert_eq!(decode(&any(&bytes), &all()), Err(DecodeError::TooManyValues), "{bomb:?} in an Any");
    }
    let packed = [&[0x92, 0x01, 0x80, 0x80, 0x80, 0x02][..], &[0; 4 << 20]].concat();
    assert_eq!(decode(&packed, &all()), Err(DecodeError::TooManyValues));
    // What is no message is told to be none, however long it is.
    let broken = [&[0x90, 0x01, 1].repeat(100_000)[..], &[0xff]].concat();
    assert!(matches!(decode(&broken, &all()), Err(DecodeError::Malformed(_))));
}

/// An empty message: proto3's defaults are values, and what has presence is null.
#[test]
fn defaults_are_not_null() {
    let value = decode(&[], &all()).unwrap();
    assert_eq!(problems(&value), [""; 0]);
    #[rustfmt::skip]
    let cases = [
        ("i32", "0"), ("i64", "\"0\""), ("u32", "\"0\""), ("fl", "0"), ("b", "false"), ("snakeName", "\"\""), ("by", "\"\""), ("st", "null"),
        ("child", "null"), ("list", "[]"), ("m", "{}"), ("opt", "null"), ("left", "null"), ("right", "null"), ("ts", "null"), ("ws", "null"),
        ("js", "null"), ("jv", "null"), ("any", "null"), ("em", "null"),
    ];
    for (field, expected) in cases {
        assert_eq!(value.get(field).unwrap().to_json(), expected, "{field}");
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    #[rustfmt::skip]
    let cases = [
        (r#"{"i32": 2147483648}"#, "i32: expected a 32-bit integer, found 2147483648"), (r#"{"i32": 1.5}"#, "i32: expected a 32-bit"),
        (r#"{"u32": -1}"#, "unsigned"), (r#"{"u64": "x"}"#, "found \"x\""), (r#"{"i64": "9223372036854775808"}"#, "64-bit"),
        (r#"{"b": "true"}"#, "a boolean, found a string"), (r#"{"snakeName": {}}"#, "a string, found an object"), (r#"{"by": "%"}"#, "not base64"),
        (r#"{"st": "NOPE"}"#, "`t.HTTPStatus` has no value `NOPE`"), (r#"{"list": [1, null]}"#, "found null"), (r#"{"child": 1}"#, "expected an object"),
        (r#"{"child": {"lits": []}}"#, "child: `t.All` has no field `lits`; did you mean `list`?"), (r#"{"m": [1]}"#, "{ key value }"),
        (r#"{"mm": {"x": {}}}"#, "mm.x: expected a 32-bit"), (r#"{"left": "a", "right": 1}"#, "more than one field"), (r#"{"ts": "yesterday"}"#, "date and time"),
        (r#"{"ts": "2023-02-29T00:00:00Z"}"#, "date and time"), (r#"{"ts": "é024-01-01T00:00:00Z"}"#, "date and time"), (r#"{"du": "1.5"}"#, "a duration"),
        (r#"{"du": "999999999999999999999s"}"#, "a duration"), (r#"{"js": []}"#, "expected an object"), (r#"{"jl": {}}"#, "expected a list"),
        (r#"{"any": {}}"#, "@type"), (r#"{"any": {"@type": "x/none.None"}}"#, "no message `none.None`"), ("[]", "expected an object"), (r#"{"db": "1"}"#, "a number"),
    ];
    for (json, message) in cases {
        let error = round_trip(json, "i32").expect_err(json);
        assert!(error.contains(message), "{json}: {error}");
    }
}

#[test]
fn what_json_cannot_say_is_null_and_a_problem() {
    let descriptor = all();
    let mut message = DynamicMessage::new(descriptor.clone());
    message.set_field_by_name("fl", Proto::F32(f32::NAN));
    message.set_field_by_name("db", Proto::F64(f64::NEG_INFINITY));
    message.set_field_by_name("st", Proto::EnumNumber(99));
    let timestamp = descriptor.parent_pool().get_message_by_name("google.protobuf.Timestamp").unwrap();
    let mut late = DynamicMessage::new(timestamp);
    late.set_field_by_name("seconds", Proto::I64(i64::MAX));
    message.set_field_by_name("ts", Proto::Message(late));
    let duration = descriptor.parent_pool().get_message_by_name("google.protobuf.Duration").unwrap();
    let mut long = DynamicMessage::new(duration);
    long.set_field_by_name("seconds", Proto::I64(i64::MIN));
    message.set_field_by_name("du", Proto::Message(long));
    message.set_field_by_name("m", Proto::Map([(MapKey::String("k".into()), Proto::I64(1))].into()));
    let value = decode_message(&message);
    for field in ["fl", "db", "st", "ts", "du"] {
        assert_eq!(value.get(field).unwrap().to_json(), "null", "{field}");
    }
    assert_eq!(
        problems(&value),
        [
            "t.All.db: -inf has no form in JSON",
            "t.All.du: the duration is out of range",
            "t.All.fl: NaN has no form in JSON",
            "t.All.st: `t.HTTPStatus` has no value 99",
            "t.All.ts: the timestamp is out of range",
        ]
    );
}

/// However many values of a message are unfit, what is told of them is little.
#[test]
fn problems_are_kept_once() {
    let mut message = DynamicMessage::new(all());
    message.set_field_by_name("sts", Proto::List((0..1000).map(|at| Proto::EnumNumber(1000 + at % 500)).collect()));
    let value = decode_message(&message);
    let problems = problems(&value);
    assert_eq!(problems.len(), 1000, "each of them is told");
    let different: std::collections::BTreeSet<&String> = problems.iter().collect();
    assert_eq!(different.len(), 65);
    assert!(different.contains(&"more of it has no form in JSON".to_owned()));
    let mut texts = std::collections::BTreeSet::new();
    write_json_telling(&value, &mut vec![], &mut |problem| _ = texts.insert(problem.as_ptr()));
    assert_eq!(texts.len(), different.len(), "equal ones share their text");
}

/// `Any` in `Any` is opened as it is decoded, so that protobuf's own limit does not bound it.
#[test]
fn nested_any_is_bounded() {
    let descriptor = all();
    let any = descriptor.parent_pool().get_message_by_name("google.protobuf.Any").unwrap();
    let mut inner = DynamicMessage::new(any.clone());
    for _ in 0..1000 {
        let bytes = inner.encode_to_vec();
        inner = DynamicMessage::new(any.clone());
        inner.set_field_by_name("type_url", Proto::String("x/google.protobuf.Any".into()));
        inner.set_field_by_name("value", Proto::Bytes(bytes.into()));
    }
    let mut message = DynamicMessage::new(descriptor);
    message.set_field_by_name("any", Proto::Message(inner));
    let problems = problems(&decode_message(&message));
    assert!(problems.iter().any(|problem| problem.contains("nested more than")), "{problems:?}");
}

#[test]
fn prunes_and_embeds() {
    let descriptors = descriptors();
    let other = descriptors.prune(&[descriptors.method("t.S", "Other").unwrap()]);
    let names: Vec<String> = other.pool().all_messages().map(|message| message.full_name().to_owned()).collect();
    assert_eq!(names, ["shared.Other"]);
    assert_eq!(other.methods("t.S"), ["Other"]);
    let get = descriptors.prune(&[descriptors.method("t.S", "Get").unwrap()]);
    assert!(get.pool().get_message_by_name("shared.Common.Inner").is_some());
    assert!(get.pool().get_message_by_name("shared.Other").is_none());
    let again = Descriptors::from_base64(&get.to_base64()).unwrap();
    assert_eq!(again.to_base64(), get.to_base64());
    assert!(again.method("t.S", "Get").is_some());
    assert!(Descriptors::from_base64("%").is_err() && Descriptors::from_base64("AAAA").is_err());
}

/// Pruning twice is as pruning once: a supergraph's descriptors are pruned again where they are read.
#[test]
fn what_only_an_any_can_carry_is_kept() {
    let files = |name: &str| {
        let text = match name {
            "a.proto" => {
                r#"syntax = "proto3"; package a; import "b.proto"; import "google/api/x.proto"; import "google/protobuf/any.proto";
                message In { option (b.rule) = { x: 1 }; int32 i = 1; } message Other { int32 i = 1; }
                message Reason { Part part = 1; message Part { Why why = 1; } } enum Why { NONE = 0; }
                service S { rpc Get(In) returns (In); rpc Put(Other) returns (In); }"#
            }
            "b.proto" => {
                r#"syntax = "proto2"; package b; import "google/protobuf/descriptor.proto";
                message Rule { optional int32 x = 1; } extend google.protobuf.MessageOptions { optional Rule rule = 50000; }"#
            }
            "google/api/x.proto" => r#"syntax = "proto3"; package google.api; message Unused { int32 i = 1; }"#,
            _ => return None,
        };
        Some(text.as_bytes().to_vec())
    };
    let all = Descriptors::compile(&["a.proto".to_owned()], &files).unwrap();
    let once = all.prune(&[all.method("a.S", "Get").unwrap()]);
    let mut names: Vec<String> = once.pool().all_messages().map(|message| message.full_name().to_owned()).collect();
    names.sort();
    assert_eq!(names, ["a.In", "a.Reason", "a.Reason.Part"]);
    let twice = once.prune(&[once.method("a.S", "Get").unwrap()]);
    assert_eq!(twice.to_base64(), once.to_base64());
}

#[test]
fn names_that_fields_share_lead_to_one_of_them() {
    let text = r#"syntax = "proto2"; package n; message M {
        optional int32 user_id = 1; optional int32 other = 2 [json_name = "renamed"]; optional int32 renamed_too = 3 [json_name = "other"]; }"#;
    let load = |name: &str| (name == "n.proto").then(|| text.as_bytes().to_vec());
    let descriptors = Descriptors::compile(&["n.proto".to_owned()], &load).unwrap();
    let message = descriptors.pool().get_message_by_name("n.M").unwrap();
    // The JSON name is what a decoded message has, so that it comes first wherever a name is written.
    for (name, number) in [("user_id", 1), ("userId", 1), ("renamed", 2), ("other", 3), ("renamed_too", 3)] {
        assert_eq!(field_named(&message, name).map(|field| field.number()), Some(number), "{name}");
    }
    let value = parse_json(br#"{"user_id":1,"renamed":2,"other":3}"#).unwrap();
    let decoded = decode_message(&encode(&value, &message).unwrap());
    assert_eq!(decoded.to_json(), r#"{"userId":1,"renamed":2,"other":3}"#);
    // Two fields of one JSON name could not be told apart.
    for fields in [
        "optional int32 a_b = 1; optional int32 aB = 2;",
        "optional int32 a = 1; optional int32 b = 2 [json_name = \"a\"];",
    ] {
        let text = format!("syntax = \"proto2\"; package n; message M {{ {fields} }}");
        let load = |name: &str| (name == "n.proto").then(|| text.as_bytes().to_vec());
        let error = Descriptors::compile(&["n.proto".to_owned()], &load).unwrap_err().to_string();
        assert!(error.contains("n.proto"), "{error}");
    }
}

#[test]
fn descriptor_sets_are_read() {
    use base64::Engine as _;
    let set = base64::engine::general_purpose::STANDARD.decode(descriptors().to_base64()).unwrap();
    let load = move |name: &str| (name == "all.binpb").then(|| set.clone());
    let read = Descriptors::compile(&["all.binpb".to_owned()], &load).unwrap();
    assert!(read.method("t.S", "Get").is_some());
}

/// A newer protoc's `descriptor.proto` has syntax that is not understood here.
#[test]
fn well_known_files_are_the_compilers_own() {
    let root = "syntax = \"proto3\"; import \"google/protobuf/empty.proto\"; service S { rpc A(google.protobuf.Empty) returns (google.protobuf.Empty); }";
    let load = move |name: &str| Some(if name == "a.proto" { root } else { "no proto" }.as_bytes().to_vec());
    let read = Descriptors::compile(&["a.proto".to_owned()], &load).unwrap();
    assert!(read.method("S", "A").is_some());
}

#[test]
fn files_that_are_wrong() {
    let cases: [(&str, Option<&str>, &str); 4] = [
        ("a.proto", None, "a.proto: there is no such file"),
        ("a.proto", Some("syntax = \"proto3\"; import \"b.proto\";"), "imports `b.proto`, and there is no such file"),
        ("a.proto", Some("message {"), "a.proto: "),
        ("a.proto", Some("syntax = \"proto3\"; message A { B b = 1; }"), "B"),
    ];
    for (name, text, message) in cases {
        let load = |wanted: &str| text.filter(|_| wanted == name).map(|text| text.as_bytes().to_vec());
        let error = Descriptors::compile(&[name.to_owned()], &load).unwrap_err().to_string();
        assert!(error.contains(message), "{text:?}: {error}");
    }
}

mod any_bytes {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 64, ..ProptestConfig::default() })]

        #[test]
        fn never_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            let _ = decode(&bytes, &ALL.with(Clone::clone));
            measure::fits(&bytes, &ALL.with(Clone::clone), 1000);
        }

        #[test]
        fn numbers_survive(i in any::<i64>(), u in any::<u64>(), d in any::<f64>(), f in any::<f32>(), s in ".*", seconds in -62_135_596_800i64..253_402_300_799, nanos in 0i32..1_000_000_000) {
            let descriptor = ALL.with(Clone::clone);
            let mut message = DynamicMessage::new(descriptor.clone());
            message.set_field_by_name("i64", Proto::I64(i));
            message.set_field_by_name("u64", Proto::U64(u));
            message.set_field_by_name("db", Proto::F64(if d.is_finite() { d } else { 0.0 }));
            message.set_field_by_name("fl", Proto::F32(if f.is_finite() { f } else { 0.0 }));
            message.set_field_by_name("snake_name", Proto::String(s));
            let mut time = DynamicMessage::new(descriptor.parent_pool().get_message_by_name("google.protobuf.Timestamp").unwrap());
            time.set_field_by_name("seconds", Proto::I64(seconds));
            time.set_field_by_name("nanos", Proto::I32(nanos));
            message.set_field_by_name("ts", Proto::Message(time));
            let value = decode_message(&message);
            prop_assert_eq!(problems(&value), [""; 0]);
            let json = value.to_json();
            let again = encode(&parse_json(json.as_bytes()).unwrap(), &descriptor).unwrap();
            prop_assert_eq!(decode_message(&again).to_json(), json);
            prop_assert_eq!(again.get_field_by_name("db"), message.get_field_by_name("db"));
            prop_assert_eq!(again.get_field_by_name("fl"), message.get_field_by_name("fl"));
            prop_assert_eq!(again.get_field_by_name("ts"), message.get_field_by_name("ts"));
        }
    }

    // Compiled once per thread: the compiler is the slow part.
    thread_local! { static ALL: MessageDescriptor = all(); }
}
