//! Owns the data: a function of the world's seed, so that every subgraph and the naive executor agree on it.
//!
//! A field that is computed from others depends on their values, and those come from the representation in a subgraph:
//! a wrong or missing one shows in the answer.

use apollo_compiler::response::{JsonMap, JsonValue};
use serde_json::json;

use super::rng::{Rng, hash};
use super::schema::{FieldDef, InterfaceDef, ObjectDef, ObjectKind, Role, Sel, Source, World};

/// How many there are of an entity.
pub const INSTANCES: u64 = 4;

/// Numbers as the data has them, and as they are on the wire: all digits of them must come through.
const WIRE: [(&str, &str); 4] = [
    ("777777.5", "777777.50"),
    ("888888.5", "888888.5e400"),
    ("-999999.5", "-999999.5E-400"),
    ("666666.25", "12345678901234567890123456789.0"),
];

/// JSON as a subgraph sends it.
pub fn to_wire(json: &str) -> String {
    WIRE.iter().fold(json.to_owned(), |json, (data, wire)| json.replace(data, wire))
}

/// JSON from the wire as the data has it.
pub fn from_wire(json: &str) -> String {
    WIRE.iter().fold(json.to_owned(), |json, (data, wire)| json.replace(wire, data))
}

/// An object: what it is, and which.
#[derive(Debug, Clone, Copy)]
pub struct Object<'w> {
    pub def: &'w ObjectDef,
    pub id: u64,
}

#[derive(Debug, Clone)]
pub enum Value<'w> {
    Null,
    Leaf(JsonValue),
    Object(Object<'w>),
    List(Vec<Value<'w>>),
}

/// A field's value. `required` is what its `@requires` selects, as [`pick`] gives it.
pub fn value<'w>(
    world: &'w World,
    object: Object<'w>,
    field: &'w FieldDef,
    arguments: &JsonMap,
    required: Option<&JsonValue>,
) -> Value<'w> {
    let identity = match field.source {
        Source::Random => None,
        Source::Identity => Some(object.id),
        Source::High => Some(object.id / 2),
        Source::Low => Some(object.id % 2),
    };
    if let Some(id) = identity {
        return match world.object(&field.base) {
            Some(def) => Value::Object(Object { def, id }),
            None if field.base == "Int" => Value::Leaf(json!(id).into()),
            None => Value::Leaf(json!(format!("{}-{id}", field.name)).into()),
        };
    }
    let arguments = canonical(arguments);
    let required = required.map(ToString::to_string).unwrap_or_default();
    // What an interface object has does not depend on what the object is.
    let kind = match &field.contributed {
        Some(interface) => &**interface,
        None if is_root(object.def) => "",
        None => &*object.def.name,
    };
    let seed = hash(world.seed, &[kind, &object.id.to_string(), &field.name, &arguments, &required]);
    let choices = world.choices(field);
    wrapped(world, &mut Rng::new(seed), field, &field.non_null, choices.as_deref())
}

/// A leaf that is not of the field's type.
pub fn wrong(object: Object<'_>, field: &FieldDef) -> serde_json::Value {
    match (&*field.base, object.id % 4) {
        ("Int", 0) => json!(3_000_000_000u64),
        ("Int", 1) => json!(1.5),
        ("Float" | "Int", 2) => json!("12"),
        ("Boolean", 1) => json!("true"),
        ("Colour" | "Mood", 1) => json!("NOBODY"),
        ("Colour" | "Mood", 2) => json!(7),
        (_, 3) => json!([]),
        _ => json!({"wrong": ["type", 1]}),
    }
}

/// Arguments as a text in which the order of keys does not matter.
pub fn canonical(arguments: &JsonMap) -> String {
    let mut fields: Vec<String> =
        arguments.iter().map(|(name, value)| format!("{}: {}", name.as_str(), canonical_value(value))).collect();
    fields.sort();
    fields.join(", ")
}

fn canonical_value(value: &JsonValue) -> String {
    match value {
        JsonValue::Object(fields) => format!("{{{}}}", canonical(fields)),
        JsonValue::Array(items) => format!("[{}]", items.iter().map(canonical_value).collect::<Vec<_>>().join(", ")),
        leaf => leaf.to_string(),
    }
}

/// All roots are one object, but their fields have names of their own.
fn is_root(def: &ObjectDef) -> bool {
    matches!(def.kind, ObjectKind::Query | ObjectKind::Mutation)
}

fn wrapped<'w>(
    world: &'w World,
    rng: &mut Rng,
    field: &'w FieldDef,
    levels: &[bool],
    choices: Option<&[String]>,
) -> Value<'w> {
    let null = if levels.len() > 1 { 8 } else { 14 };
    if levels.first() == Some(&false) && rng.chance(null) {
        return Value::Null;
    }
    match levels {
        [_, below @ ..] if !below.is_empty() => {
            let mut items = vec![];
            for _ in 0..rng.below(4) {
                let repeated = items.last().cloned().filter(|_| rng.chance(20));
                items.push(repeated.unwrap_or_else(|| wrapped(world, rng, field, below, choices)));
            }
            Value::List(items)
        }
        _ => single(world, rng, &field.base, choices),
    }
}

fn single<'w>(world: &'w World, rng: &mut Rng, base: &str, choices: Option<&[String]>) -> Value<'w> {
    if let Some(def) = world.object(base) {
        let id = rng.next();
        let id = match world.entity_interface(base) {
            Some(interface) => *rng.pick(&ids_of(interface, base)).unwrap_or(&0),
            None if def.kind == ObjectKind::Entity => id % INSTANCES,
            None => id,
        };
        return Value::Object(Object { def, id });
    }
    if let Some(choices) = choices {
        return match rng.pick(choices) {
            None => Value::Null,
            Some(choice) if world.is_abstract(base) => single(world, rng, choice, None),
            Some(choice) => Value::Leaf(json!(choice).into()),
        };
    }
    let number = rng.below(1000);
    let odd = [777_777.5, 888_888.5, -999_999.5, 666_666.25][number % 4];
    let leaf = match base {
        "Int" => json!(number as i64 - 100),
        "Float" if number < 200 => json!(odd),
        "Float" => json!(number as f64 / 8.0),
        "Boolean" => json!(number.is_multiple_of(2)),
        "ID" => json!(format!("i{number}")),
        "Blob" => match number % 5 {
            0 => json!({"a": [number, null], "__typename": "Blob"}),
            1 => json!([{"x": number}]),
            2 => json!(number),
            3 => json!({"odd": [odd, u64::MAX]}),
            _ => json!("blob"),
        },
        _ => match number % 5 {
            0 => json!(""),
            1 => json!(format!("é\"\\{number}")),
            _ => json!(format!("t{number}")),
        },
    };
    Value::Leaf(leaf.into())
}

/// The objects of one member of an interface with a key: all members share the key's values, so each has its own.
fn ids_of(interface: &InterfaceDef, member: &str) -> Vec<u64> {
    (0..INSTANCES).filter(|id| member_of(interface, *id).is_some_and(|known| known == member)).collect()
}

/// Which member of an interface with a key has this identity.
pub fn member_of(interface: &InterfaceDef, id: u64) -> Option<&str> {
    let members = interface.members();
    let at = usize::try_from(id).ok()?.checked_rem(members.len())?;
    members.get(at).map(String::as_str)
}

/// What a `@requires` selects of an object, from the data itself.
pub fn pick_data(world: &World, object: Object<'_>, set: &[Sel]) -> JsonValue {
    let mut picked = vec![];
    data_into(world, object, set, &mut picked);
    JsonValue::Array(picked)
}

fn data_into(world: &World, object: Object<'_>, set: &[Sel], picked: &mut Vec<JsonValue>) {
    for sel in set {
        match sel {
            Sel::On { ty, below } if *ty == object.def.name => data_into(world, object, below, picked),
            Sel::On { .. } => {}
            Sel::Field { name, arg, below } => {
                let Some(field) = object.def.field(name) else { continue };
                let arguments = arguments(field, arg.as_ref());
                let value = value(world, object, field, &arguments, required(world, object, field).as_ref());
                picked.push(data_value(world, value, below));
            }
        }
    }
}

fn data_value(world: &World, value: Value<'_>, below: &[Sel]) -> JsonValue {
    match value {
        Value::Null => JsonValue::Null,
        Value::Leaf(leaf) => leaf,
        Value::Object(object) => pick_data(world, object, below),
        Value::List(items) => JsonValue::Array(items.into_iter().map(|item| data_value(world, item, below)).collect()),
    }
}

/// What a field is computed from, according to the data; `None` if it is not computed.
pub fn required(world: &World, object: Object<'_>, field: &FieldDef) -> Option<JsonValue> {
    field.homes.values().find_map(|home| match &home.role {
        Role::Requires(set) => Some(pick_data(world, object, set)),
        Role::Resolves | Role::External | Role::Overridden | Role::Overrides(_) => None,
    })
}

/// The arguments that a field set's field is resolved with.
fn arguments(field: &FieldDef, given: Option<&(String, i32)>) -> JsonMap {
    let mut arguments = JsonMap::new();
    for def in &field.args {
        let value = match given.filter(|(name, _)| *name == def.name) {
            Some((_, value)) => Some(json!(value)),
            None => def.default.as_ref().and_then(|default| serde_json::from_str(default.json).ok()),
        };
        if let Some(value) = value {
            arguments.insert(def.name.as_str(), value.into());
        }
    }
    arguments
}

/// What a field set selects of a representation, in the form of [`pick_data`]; what it lacks is the error.
pub fn pick(representation: &JsonValue, set: &[Sel]) -> Result<JsonValue, String> {
    let mut picked = vec![];
    pick_into(representation, set, &mut picked)?;
    Ok(JsonValue::Array(picked))
}

fn pick_into(representation: &JsonValue, set: &[Sel], picked: &mut Vec<JsonValue>) -> Result<(), String> {
    for sel in set {
        match sel {
            Sel::On { ty, below } => match representation.get("__typename").and_then(JsonValue::as_str) {
                None => return Err("no __typename beside fields of a member".to_owned()),
                Some(told) if told == ty => pick_into(representation, below, picked)?,
                Some(_) => {}
            },
            Sel::Field { name, below, .. } => {
                let Some(value) = representation.get(name.as_str()) else { return Err(format!("no {name}")) };
                picked.push(picked_value(value, below).map_err(|lack| format!("{lack} in {name}"))?);
            }
        }
    }
    Ok(())
}

fn picked_value(value: &JsonValue, below: &[Sel]) -> Result<JsonValue, String> {
    match value {
        JsonValue::Array(items) if !below.is_empty() => {
            Ok(JsonValue::Array(items.iter().map(|item| picked_value(item, below)).collect::<Result<_, _>>()?))
        }
        JsonValue::Object(_) if !below.is_empty() => pick(value, below),
        other => Ok(other.clone()),
    }
}
