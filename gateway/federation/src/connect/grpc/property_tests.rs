//! Conversion against protobuf's own JSON, as prost-reflect has it: random descriptors, random messages.
//!
//! Where weft differs it does so on purpose, and [`expected`] is the table of it.

use super::conversion::{enum_name, enum_value_of};
use super::tests::problems;
use super::time;
use super::*;
use crate::connect::mapping::{Value, parse_json};
use crate::connect::typing::{Fit, builtin};
use proptest::prelude::*;
use prost::Message as _;
use prost_reflect::{FieldDescriptor, Kind, MapKey, ReflectMessage, SerializeOptions, Value as Proto};
use serde_json::{Map, Value as Json, json};
use std::fmt::Write as _;

const HEAD: &str = r#"
syntax = "proto3"; package p;
import "google/protobuf/timestamp.proto"; import "google/protobuf/duration.proto"; import "google/protobuf/wrappers.proto";
import "google/protobuf/struct.proto"; import "google/protobuf/any.proto"; import "google/protobuf/empty.proto";
import "google/protobuf/field_mask.proto";
enum Kind { KIND_UNSPECIFIED = 0; KIND_ONE = 1; KIND_TWO_WORDS = -5; ODD = 7; }
"#;

#[rustfmt::skip]
const TYPES: [&str; 34] = [
    "double", "float", "int32", "int64", "uint32", "uint64", "sint32", "sint64", "fixed32", "fixed64", "sfixed32", "sfixed64",
    "bool", "string", "bytes", "Kind", "M0", "M1", "google.protobuf.Timestamp", "google.protobuf.Duration", "google.protobuf.FieldMask",
    "google.protobuf.DoubleValue", "google.protobuf.FloatValue", "google.protobuf.Int64Value", "google.protobuf.UInt64Value",
    "google.protobuf.Int32Value", "google.protobuf.UInt32Value", "google.protobuf.BoolValue", "google.protobuf.StringValue",
    "google.protobuf.BytesValue", "google.protobuf.Struct", "google.protobuf.Value", "google.protobuf.ListValue", "google.protobuf.Any",
];
const KEYS: [&str; 7] = ["string", "bool", "int32", "sint64", "uint32", "fixed64", "int64"];

/// Choices, from bytes that proptest can shrink; zeros when they are used up.
struct Tape<'t> {
    bytes: &'t [u8],
}

impl Tape<'_> {
    fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.bytes.split_first() else { return 0 };
        self.bytes = rest;
        *first
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::from(self.byte()) % bound
    }

    fn bits(&mut self) -> u64 {
        // Small numbers and extreme ones are as likely as any other.
        match self.below(4) {
            0 => u64::from(self.byte()),
            1 => u64::MAX - u64::from(self.byte()),
            _ => (0..8).fold(0, |bits, _| bits << 8 | u64::from(self.byte())),
        }
    }

    fn text(&mut self) -> String {
        let characters = ['a', '"', '\\', '\n', 'ü', '💡', '\u{0}', ' '];
        (0..self.below(5)).map(|_| characters[self.below(characters.len())]).collect()
    }

    fn schema(&mut self) -> String {
        let mut text = HEAD.to_owned();
        for message in 0..2 {
            let (mut fields, mut oneof) = (String::new(), String::new());
            for number in 1..=1 + self.below(9) {
                let ty = TYPES[self.below(TYPES.len())];
                let name = format!("field_{number}_name");
                // Writing to a String cannot fail.
                let _ = match self.below(5) {
                    0 => writeln!(fields, "{ty} {name} = {number};"),
                    1 => writeln!(fields, "optional {ty} {name} = {number};"),
                    2 => writeln!(fields, "repeated {ty} {name} = {number};"),
                    3 => writeln!(fields, "map<{}, {ty}> {name} = {number};", KEYS[self.below(KEYS.len())]),
                    _ => writeln!(oneof, "{ty} {name} = {number};"),
                };
            }
            let oneof = if oneof.is_empty() { oneof } else { format!("oneof pick {{ {oneof} }}") };
            let _ = writeln!(text, "message M{message} {{ {fields} {oneof} }}");
        }
        text
    }

    fn message(&mut self, descriptor: &MessageDescriptor, depth: usize) -> DynamicMessage {
        let mut message = DynamicMessage::new(descriptor.clone());
        match Conversion::of_message(descriptor) {
            Conversion::Timestamp => {
                let span = 253_402_300_799 + 62_135_596_800_u64;
                let seconds = i64::try_from(self.bits() % span).unwrap_or_default() - 62_135_596_800;
                message.set_field_by_number(1, Proto::I64(seconds));
                message.set_field_by_number(2, Proto::I32(self.nanos()));
            }
            Conversion::Duration => {
                let sign = if self.below(2) == 0 { 1 } else { -1 };
                let seconds = i64::try_from(self.bits() % 315_576_000_000).unwrap_or_default();
                message.set_field_by_number(1, Proto::I64(i64::from(sign) * seconds));
                message.set_field_by_number(2, Proto::I32(sign * self.nanos()));
            }
            Conversion::FieldMask => {
                let paths = ["a", "b_c", "d.e_f"];
                let paths = (0..self.below(3)).map(|_| Proto::String(paths[self.below(3)].to_owned()));
                let paths = paths.collect();
                message.set_field_by_number(1, Proto::List(paths));
            }
            Conversion::JsonValue => {
                let number = [1, 2, 3, 4, 6][self.below(5)];
                let Some(field) = descriptor.get_field(number) else { return message };
                let value = match number {
                    2 => Proto::F64(f64::from(self.byte()) / 8.0),
                    _ => self.value(&field.kind(), depth + 1),
                };
                message.set_field(&field, value);
            }
            Conversion::Any => {
                let name = ["p.M1", "google.protobuf.Duration", "google.protobuf.StringValue"][self.below(3)];
                let Some(inner) = descriptor.parent_pool().get_message_by_name(name) else { return message };
                let inner = self.message(&inner, depth + 1);
                message.set_field_by_number(1, Proto::String(format!("type.googleapis.com/{name}")));
                message.set_field_by_number(2, Proto::Bytes(inner.encode_to_vec().into()));
            }
            _ => {
                for field in descriptor.fields() {
                    if depth < 4 && self.below(4) > 0 {
                        let value = self.field(&field, depth);
                        message.set_field(&field, value);
                    }
                }
            }
        }
        message
    }

    fn nanos(&mut self) -> i32 {
        let nanos = i32::try_from(self.bits() % 1_000_000_000).unwrap_or_default();
        // With nine digits, six, three and none.
        nanos - nanos % [1, 1_000, 1_000_000, 1_000_000_000][self.below(4)]
    }

    fn field(&mut self, field: &FieldDescriptor, depth: usize) -> Proto {
        let kind = field.kind();
        match kind.as_message().filter(|_| field.is_map()) {
            Some(entry) => {
                let (key, value) = (entry.map_entry_key_field().kind(), entry.map_entry_value_field().kind());
                let entries = (0..self.below(3)).map(|_| {
                    let key = self.value(&key, depth).into_map_key().unwrap_or(MapKey::Bool(false));
                    (key, self.value(&value, depth + 1))
                });
                Proto::Map(entries.collect())
            }
            None if field.is_list() => Proto::List((0..self.below(3)).map(|_| self.value(&kind, depth + 1)).collect()),
            None => self.value(&kind, depth + 1),
        }
    }

    fn value(&mut self, kind: &Kind, depth: usize) -> Proto {
        // Casts cut, which is what makes extreme numbers of every width.
        match kind {
            Kind::Double => Proto::F64(f64::from_bits(self.bits())),
            Kind::Float => Proto::F32(f32::from_bits(self.bits() as u32)),
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Proto::I32(self.bits() as i32),
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Proto::I64(self.bits() as i64),
            Kind::Uint32 | Kind::Fixed32 => Proto::U32(self.bits() as u32),
            Kind::Uint64 | Kind::Fixed64 => Proto::U64(self.bits()),
            Kind::Bool => Proto::Bool(self.below(2) == 1),
            Kind::String => Proto::String(self.text()),
            Kind::Bytes => Proto::Bytes((0..self.below(5)).map(|_| self.byte()).collect::<Vec<u8>>().into()),
            Kind::Enum(descriptor) if descriptor.full_name() == "google.protobuf.NullValue" => Proto::EnumNumber(0),
            Kind::Enum(_) => Proto::EnumNumber([0, 1, -5, 7, 99][self.below(5)]),
            Kind::Message(message) => Proto::Message(self.message(message, depth)),
        }
    }
}

/// What weft makes of a value that protobuf's JSON has as `theirs`.
fn expected(conversion: &Conversion, theirs: &Json) -> Json {
    match conversion {
        // The same.
        Conversion::Int32
        | Conversion::Int64
        | Conversion::Uint64
        | Conversion::Bool
        | Conversion::String
        | Conversion::Bytes
        | Conversion::Struct
        | Conversion::JsonValue
        | Conversion::JsonList => theirs.clone(),
        // Beyond `Int`: a string, as the wider ones.
        Conversion::Uint32 => Json::String(theirs.to_string()),
        // NaN and the infinities, which are strings there, are null and an error.
        Conversion::Double => theirs.as_f64().map_or(Json::Null, Json::from),
        // And of the shorter type the text is the shortest that is it.
        Conversion::Float => {
            let short = theirs.as_f64().map(|wide| (wide as f32).to_string().parse::<f64>());
            short.and_then(Result::ok).map_or(Json::Null, Json::from)
        }
        // No prefix; null for what is not specified, and for a number that has no name.
        Conversion::Enum(descriptor) => {
            let value = theirs.as_str().and_then(|name| descriptor.get_value_by_name(name));
            value.and_then(|value| enum_name(&value)).map_or(Json::Null, Json::String)
        }
        // The same moment; weft writes fractions in threes of digits.
        Conversion::Timestamp => {
            let (seconds, nanos) = theirs.as_str().and_then(time::parse_timestamp).expect("a moment");
            json!(time::timestamp_text(seconds, i64::from(nanos)))
        }
        Conversion::Duration => {
            let (seconds, nanos) = theirs.as_str().and_then(time::parse_duration).expect("a duration");
            json!(time::duration_text(seconds, i64::from(nanos)))
        }
        // Paths are as the message has them, which is what resolves them.
        Conversion::FieldMask => json!(theirs.as_str().expect("a mask").replace("bC", "b_c").replace("eF", "e_f")),
        Conversion::Wrapper(inner) => expected(inner, theirs),
        Conversion::Empty => json!({}),
        Conversion::Any => panic!("it is of another type each time"),
        Conversion::Message(descriptor) => expected_message(descriptor, theirs),
    }
}

/// Every field is there: null stands for one that has presence and is absent.
fn expected_message(descriptor: &MessageDescriptor, theirs: &Json) -> Json {
    let fields = descriptor.fields().map(|field| {
        let (name, kind) = (field.json_name().to_owned(), field.kind());
        let value = match (theirs.get(&name), kind.as_message().filter(|_| field.is_map())) {
            (None, _) => Json::Null,
            (Some(Json::Object(entries)), Some(entry)) => {
                let kind = entry.map_entry_value_field().kind();
                let entries = entries.iter().map(|(key, value)| (key.clone(), expected_of(&kind, value)));
                Json::Object(entries.collect())
            }
            (Some(Json::Array(items)), None) if field.is_list() => {
                items.iter().map(|item| expected_of(&kind, item)).collect()
            }
            (Some(value), _) => expected_of(&kind, value),
        };
        (name, value)
    });
    Json::Object(fields.collect())
}

fn expected_of(kind: &Kind, theirs: &Json) -> Json {
    match (Conversion::of(kind), kind) {
        (Conversion::Any, Kind::Message(any)) => {
            // An empty `Any` is nothing.
            let Some(url) = theirs.get("@type").and_then(Json::as_str) else { return Json::Null };
            let name = url.rsplit('/').next().unwrap_or_default();
            let inner = any.parent_pool().get_message_by_name(name).expect("one that the test made");
            let mut fields = Map::from_iter([("@type".to_owned(), json!(url))]);
            match Conversion::of_message(&inner) {
                Conversion::Message(inner) => {
                    let Json::Object(inner) = expected_message(&inner, theirs) else { panic!("an object") };
                    fields.extend(inner);
                }
                other => drop(fields.insert("value".to_owned(), expected(&other, &theirs["value"]))),
            }
            Json::Object(fields)
        }
        (conversion, _) => expected(&conversion, theirs),
    }
}

/// A value as another library's: that one's own reader is not exact to the last bit of a float.
fn json_of(value: &Value<'_>) -> Json {
    match value {
        Value::Null | Value::Unfit(_) => Json::Null,
        Value::Bool(truth) => json!(truth),
        Value::Number(token) => json!(token.parse::<f64>().expect("a number")),
        Value::String(text) => json!(text.decode()),
        Value::Array(items) => items.iter().map(json_of).collect(),
        Value::Object(fields) => {
            Json::Object(fields.iter().map(|(key, value)| (key.to_string(), json_of(value))).collect())
        }
    }
}

/// Equal, whatever the texts of their numbers are.
fn same(left: &Json, right: &Json) -> bool {
    match (left, right) {
        (Json::Number(left), Json::Number(right)) => left.as_f64() == right.as_f64(),
        (Json::Array(left), Json::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Json::Object(left), Json::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(key, left)| right.get(key).is_some_and(|right| same(left, right)))
        }
        _ => left == right,
    }
}

/// What composition lets a field be of is what it has when it is run.
fn fits_as_typed(field: &FieldDescriptor, value: &Value<'_>) -> bool {
    let conversion = Conversion::of(&field.kind());
    if field.is_map() || value.is_null() {
        return true;
    }
    let items = if field.is_list() { value.as_array().unwrap_or_default() } else { std::slice::from_ref(value) };
    ["Int", "Float", "String", "ID", "Boolean"].into_iter().all(|scalar| {
        let fits = |value: &Value<'_>| match (scalar, value) {
            (_, Value::Null | Value::Unfit(_)) => true,
            ("Int", Value::Number(token)) => token.parse::<i32>().is_ok(),
            ("Float", Value::Number(token)) => token.parse::<f64>().is_ok(),
            ("ID", Value::Number(token)) => token.parse::<i64>().is_ok(),
            ("ID" | "String", Value::String(_)) | ("Boolean", Value::Bool(_)) => true,
            _ => false,
        };
        match (builtin(&conversion, scalar), &conversion) {
            // Any JSON can be in it.
            (_, Conversion::JsonValue) | (Fit::No, _) => true,
            (Fit::AsIs, _) => items.iter().all(fits),
            (Fit::Parsed, _) => items
                .iter()
                .all(|item| item.is_null() || item.as_text().is_some_and(|text| text.parse::<i128>().is_ok())),
        }
    })
}

/// Whether a message has what no value stands for, so that it cannot be made of one: a float that is no number, an enum's
/// unknown number, or in a list or map one that is not specified.
fn is_lossy(message: &DynamicMessage) -> bool {
    fn lost(value: &Proto, is_item: bool) -> bool {
        match value {
            Proto::F32(float) => !float.is_finite(),
            Proto::F64(float) => !float.is_finite(),
            Proto::EnumNumber(number) => *number == 99 || (is_item && *number == 0),
            Proto::List(items) => items.iter().any(|item| lost(item, true)),
            Proto::Map(entries) => entries.values().any(|value| lost(value, true)),
            Proto::Message(message) => lossy_message(message, is_item),
            Proto::Bool(_)
            | Proto::I32(_)
            | Proto::I64(_)
            | Proto::U32(_)
            | Proto::U64(_)
            | Proto::String(_)
            | Proto::Bytes(_) => false,
        }
    }
    fn lossy_message(message: &DynamicMessage, is_item: bool) -> bool {
        let descriptor = message.descriptor();
        let nothing = message.fields().next().is_none();
        match Conversion::of_message(&descriptor) {
            // Nothing, and null, which cannot stand in a list; and a set field that is nothing reads as one that is not set.
            Conversion::Any => nothing || message.get_field_by_number(2).is_some_and(|bytes| opened(message, &bytes)),
            Conversion::JsonValue => {
                let is_null = nothing || message.has_field_by_number(1);
                is_null && !is_item || message.fields().any(|(_, value)| lost(value, false))
            }
            Conversion::Struct | Conversion::JsonList => false,
            _ => message.fields().any(|(field, value)| {
                let unspecified = matches!(value, Proto::EnumNumber(0)) && field.supports_presence();
                unspecified || lost(value, false)
            }),
        }
    }
    fn opened(any: &DynamicMessage, bytes: &Proto) -> bool {
        let url = any.get_field_by_number(1).and_then(|url| url.as_str().map(str::to_owned)).unwrap_or_default();
        let name = url.rsplit('/').next().unwrap_or_default();
        let descriptor = any.descriptor().parent_pool().get_message_by_name(name).expect("one that the test made");
        // What is in it is encoded anew, with its map entries in another order, and of well-known types by their form.
        let is_plain = matches!(Conversion::of_message(&descriptor), Conversion::Message(_));
        let bytes = bytes.as_bytes().cloned().unwrap_or_default();
        !is_plain
            || DynamicMessage::decode(descriptor, bytes)
                .map_or(true, |inner| lossy_message(&inner, false) || inner.fields().any(|(_, value)| has_map(value)))
    }
    fn has_map(value: &Proto) -> bool {
        match value {
            Proto::Map(_) => true,
            Proto::List(items) => items.iter().any(has_map),
            Proto::Message(message) => message.fields().any(|(_, value)| has_map(value)),
            _ => false,
        }
    }
    lossy_message(message, false)
}

/// A message as its receiver has it: a default that has no presence is not sent.
fn on_the_wire(message: &DynamicMessage) -> DynamicMessage {
    DynamicMessage::decode(message.descriptor(), &message.encode_to_vec()[..]).expect("what was encoded")
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn conversion_agrees_with_protobufs_json(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let mut tape = Tape { bytes: &bytes };
        let text = tape.schema();
        let load = |name: &str| (name == "p.proto").then(|| text.as_bytes().to_vec());
        let descriptors = Descriptors::compile(&["p.proto".to_owned()], &load).expect("a file of the test's own");
        let descriptor = descriptors.pool().get_message_by_name("p.M0").expect("it is there");
        let message = tape.message(&descriptor, 0);

        let options = SerializeOptions::new().skip_default_fields(false);
        let theirs = message.serialize_with_options(serde_json::value::Serializer, &options);
        let theirs = theirs.expect("protobuf's JSON has a form for it");
        let ours = decode(&message.encode_to_vec(), &descriptor).expect("what was encoded");
        let shown = json_of(&ours);
        let wanted = expected_message(&descriptor, &theirs);
        prop_assert!(same(&shown, &wanted), "{text}\n{shown:#}\n{wanted:#}");

        for field in descriptor.fields() {
            let value = ours.get(field.json_name()).expect("every field is there");
            prop_assert!(fits_as_typed(&field, value), "{text}\n{}: {}", field.name(), value.to_json());
        }

        if is_lossy(&message) {
            return Ok(());
        }
        prop_assert_eq!(problems(&ours), [""; 0]);
        let again = encode(&ours, &descriptor).map(|again| on_the_wire(&again));
        prop_assert_eq!(again, Ok(on_the_wire(&message)), "{}\n{}", text, shown);
        // What other tools write as protobuf's JSON is understood too, but for the paths of masks.
        if !text.contains("FieldMask") {
            let written = theirs.to_string();
            let read = encode(&parse_json(written.as_bytes()).expect("JSON"), &descriptor);
            prop_assert_eq!(read.map(|read| on_the_wire(&read)), Ok(on_the_wire(&message)), "{}\n{}", text, written);
        }
    }
}

const PROTO2: &str = r#"syntax = "proto2"; package q;
enum Level { LEVEL_LOW = 1; LEVEL_HIGH = 2; }
message Old {
  required string id = 1;
  optional int32 plain = 2;
  optional int32 count = 3 [default = 7];
  optional string label = 4 [default = "none"];
  optional Level level = 5 [default = LEVEL_HIGH];
  optional Level other = 6;
  optional group Part = 7 { required int32 size = 1; }
  repeated int32 packed = 8 [packed = true];
  extensions 100 to 200;
}
extend Old { optional string note = 100; }
"#;

#[test]
fn proto2_has_defaults_required_fields_groups_and_extensions() {
    let load = |name: &str| (name == "q.proto").then(|| PROTO2.as_bytes().to_vec());
    let descriptors = Descriptors::compile(&["q.proto".to_owned()], &load).expect("a file of the test's own");
    let old = descriptors.pool().get_message_by_name("q.Old").expect("it is there");
    let empty =
        r#"{"id":null,"plain":null,"count":7,"label":"none","level":"HIGH","other":null,"part":null,"packed":[]}"#;
    assert_eq!(decode(&[], &old).expect("a message").to_json(), empty);
    #[rustfmt::skip]
    let cases = [
        (r#"{"id":"a"}"#, Ok(r#"{"id":"a","plain":null,"count":7,"label":"none","level":"HIGH","other":null,"part":null,"packed":[]}"#)),
        (r#"{"id":"a","count":0,"label":"","level":"LOW","part":{"size":3},"packed":[1,2]}"#,
            Ok(r#"{"id":"a","plain":null,"count":0,"label":"","level":"LOW","other":null,"part":{"size":3},"packed":[1,2]}"#)),
        (r#"{"count":1}"#, Err("id: it is required")), (r#"{"id":"a","part":{}}"#, Err("part.size: it is required")),
        (r#"{"id":"a","note":"x"}"#, Err("has no field `note`")), (r#"{"id":"a","[q.note]":"x"}"#, Err("has no field")),
    ];
    for (json, wanted) in cases {
        let value = parse_json(json.as_bytes()).expect("JSON of the test's own");
        match (encode(&value, &old), wanted) {
            (Ok(message), Ok(wanted)) => {
                let mut wire = message.encode_to_vec();
                // An extension, `note = "x"`, which is passed over.
                wire.extend([0xa2, 0x06, 1, b'x']);
                assert_eq!(decode(&wire, &old).expect("a message").to_json(), wanted, "{json}");
            }
            (Err(error), Err(wanted)) => assert!(error.to_string().contains(wanted), "{json}: {error}"),
            (got, wanted) => panic!("{json}: {got:?}, not {wanted:?}"),
        }
    }
}

#[test]
fn aliases_are_read_as_the_first_and_written_by_any() {
    let text = r#"syntax = "proto3"; package a; message M { repeated E e = 1; }
      enum E { option allow_alias = true; E_NONE = 0; E_Z = 5; E_A = 5; E_B = 5; }"#;
    let load = |name: &str| (name == "a.proto").then(|| text.as_bytes().to_vec());
    let descriptors = Descriptors::compile(&["a.proto".to_owned()], &load).expect("a file of the test's own");
    let message = descriptors.pool().get_message_by_name("a.M").expect("it is there");
    let value = parse_json(br#"{"e":["A","E_B","Z",5,"NONE"]}"#).expect("JSON");
    let encoded = encode(&value, &message).expect("it fits");
    assert_eq!(decode_message(&encoded).to_json(), r#"{"e":["Z","Z","Z","Z","NONE"]}"#);
    let descriptor = descriptors.pool().get_enum_by_name("a.E").expect("it is there");
    assert_eq!(enum_value_of(&descriptor, 5).map(|value| value.name().to_owned()).as_deref(), Some("E_Z"));
}
