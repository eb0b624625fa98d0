//! Owns random operations on an API schema: aliases that collide, fragments of all kinds, conditions, variables.
//!
//! Most are valid; those that are not (fields that conflict) the gateway refuses, and they are counted.

use std::collections::BTreeMap;
use std::fmt::Write;

use apollo_compiler::ast::{FieldDefinition, InputValueDefinition, Type};
use apollo_compiler::response::{JsonMap, JsonValue};
use apollo_compiler::schema::{ExtendedType, InputObjectType};
use apollo_compiler::{Node, Schema};
use serde_json::json;

use super::rng::Rng;

const ALIASES: [&str; 7] = ["id", "f0", "f1", "f2", "sku", "a", "info"];
/// Fields under fields.
const MAX_DEPTH: usize = 5;
const MAX_SELECTIONS: usize = 60;

const COLOURS: [&str; 3] = ["RED", "GREEN", "BLUE"];

#[derive(Debug, Clone)]
pub struct Operation {
    pub text: String,
    pub variables: JsonMap,
    /// Whether the label of progressive overrides is active.
    pub label: bool,
}

/// A random operation; `types` says what objects each composite type can be.
pub fn operation(rng: &mut Rng, schema: &Schema, types: &Possible) -> Operation {
    let mutation = schema.schema_definition.mutation.as_ref().filter(|_| rng.chance(20));
    let query = schema.schema_definition.query.as_ref();
    let (keyword, root) = match (mutation, query) {
        (Some(root), _) => ("mutation", root.name.to_string()),
        (None, Some(root)) => ("query", root.name.to_string()),
        (None, None) => ("query", String::new()),
    };
    let mut generator =
        Generator { rng, schema, types, variables: vec![], values: JsonMap::new(), fragments: vec![], count: 0 };
    let mut scopes = Scopes { all: vec![Scope::default()] };
    let set = generator.selection_set(&root, 0, 0, &mut scopes);
    let mut text = format!("{keyword} Q");
    if !generator.variables.is_empty() {
        let one = |variable: &Variable| {
            let default = variable.default.as_ref().map(|default| format!(" = {default}")).unwrap_or_default();
            format!("${}: {}{default}", variable.name, variable.ty)
        };
        let _ = write!(text, "({})", generator.variables.iter().map(one).collect::<Vec<_>>().join(", "));
    }
    let _ = write!(text, " {set}");
    for (name, on, set) in &generator.fragments {
        let _ = write!(text, "\nfragment {name} on {on} {set}");
    }
    let label = generator.rng.chance(50);
    Operation { text, variables: generator.values, label }
}

/// What objects can be where a composite type is.
pub type Possible = BTreeMap<String, Vec<String>>;

pub fn possible(schema: &Schema) -> Possible {
    let implementers = schema.implementers_map();
    let mut possible = Possible::new();
    for (name, ty) in &schema.types {
        let members: Vec<String> = match ty {
            ExtendedType::Object(_) => vec![name.to_string()],
            ExtendedType::Union(union) => union.members.iter().map(ToString::to_string).collect(),
            ExtendedType::Interface(_) => {
                let known = implementers.get(name).map(|known| known.objects.iter().map(ToString::to_string).collect());
                known.unwrap_or_default()
            }
            ExtendedType::Scalar(_) | ExtendedType::Enum(_) | ExtendedType::InputObject(_) => continue,
        };
        if !name.starts_with("__") {
            possible.insert(name.to_string(), members);
        }
    }
    possible
}

struct Variable {
    name: String,
    ty: String,
    default: Option<String>,
}

/// The fields of one place in the response, by key.
#[derive(Default)]
struct Scope {
    keys: BTreeMap<String, Taken>,
}

#[derive(Clone)]
struct Taken {
    field: String,
    on: String,
    ty: String,
    below: usize,
}

struct Scopes {
    all: Vec<Scope>,
}

struct Generator<'a> {
    rng: &'a mut Rng,
    schema: &'a Schema,
    types: &'a Possible,
    variables: Vec<Variable>,
    values: JsonMap,
    fragments: Vec<(String, String, String)>,
    count: usize,
}

impl Generator<'_> {
    fn selection_set(&mut self, ty: &str, scope: usize, depth: usize, scopes: &mut Scopes) -> String {
        let mut out = String::from("{");
        let wanted = if depth == 0 { 1 + self.rng.below(4) } else { 1 + self.rng.below(5) };
        let mut made = 0;
        for _ in 0..wanted {
            if self.count > MAX_SELECTIONS && made > 0 {
                break;
            }
            self.count += 1;
            if let Some(selection) = self.selection(ty, scope, depth, scopes) {
                let _ = write!(out, " {selection}");
                made += 1;
            }
        }
        if made == 0 {
            out.push_str(" __typename");
        }
        out.push_str(" }");
        out
    }

    fn selection(&mut self, ty: &str, scope: usize, depth: usize, scopes: &mut Scopes) -> Option<String> {
        let fields = self.fields(ty);
        match self.rng.below(100) {
            0..9 => {
                let alias = if self.rng.chance(15) { "t: " } else { "" };
                let condition = self.condition();
                Some(format!("{alias}__typename{condition}"))
            }
            9..12 if depth == 0 && self.schema.get_object(ty).is_some() && ty == "Query" => Some(self.introspection()),
            12..34 => self.fragment(ty, scope, depth, scopes),
            _ if fields.is_empty() => self.fragment(ty, scope, depth, scopes),
            _ => self.field(ty, &fields, scope, depth, scopes),
        }
    }

    /// A field on what the schema says of itself.
    fn introspection(&mut self) -> String {
        let name = ["E0", "I0", "U0", "J0", "Mood", "Filter", "V0", "Query", "Nobody"][self.rng.below(9)];
        let (condition, below) = (self.condition(), self.condition());
        match self.rng.below(6) {
            0 => format!("__schema{condition} {{ queryType {{ name }} mutationType{below} {{ name }} }}"),
            1 => {
                format!("s: __schema {{ ... on __Schema{condition} {{ t: __typename directives{below} {{ name }} }} }}")
            }
            2 => {
                format!("t: __type(name: \"{name}\"){condition} {{ __typename kind n: name possibleTypes {{ name }} }}")
            }
            3 => {
                let of = "ofType { name kind ofType { name kind ofType { name } } }";
                format!("__type(name: \"{name}\") {{ kind name fields{below} {{ name type {{ name kind {of} }} }} }}")
            }
            4 => format!(
                "u: __type(name: \"{name}\"){condition} {{ interfaces {{ name }} enumValues{below} {{ name }}
                 fields(includeDeprecated: true) {{ f: name args {{ name defaultValue type {{ kind name }} }} }} }}"
            ),
            _ => format!(
                "i: __type(name: \"{name}\"){condition} {{ inputFields {{ name defaultValue type {{ kind name }} }} }}"
            ),
        }
    }

    fn fields(&self, ty: &str) -> Vec<Node<FieldDefinition>> {
        let fields = match self.schema.types.get(ty) {
            Some(ExtendedType::Object(object)) => &object.fields,
            Some(ExtendedType::Interface(interface)) => &interface.fields,
            _ => return vec![],
        };
        fields.values().map(|field| (**field).clone()).collect()
    }

    fn fragment(&mut self, ty: &str, scope: usize, depth: usize, scopes: &mut Scopes) -> Option<String> {
        let here = self.types.get(ty)?;
        let fits: Vec<&String> = self
            .types
            .iter()
            .filter(|(_, members)| members.iter().any(|member| here.contains(member)))
            .map(|(name, _)| name)
            .collect();
        let on = (*self.rng.pick(&fits)?).clone();
        let condition = self.condition();
        let known = self.fragments.iter().filter(|(_, known, _)| fits.contains(&known));
        let known: Vec<String> = known.map(|(name, ..)| name.clone()).collect();
        if self.rng.chance(15)
            && let Some(name) = self.rng.pick(&known)
        {
            return Some(format!("...{name}{condition}"));
        }
        if self.rng.chance(12) {
            let set = self.selection_set(ty, scope, depth.max(1), scopes);
            return Some(format!("...{condition} {set}"));
        }
        let set = self.selection_set(&on, scope, depth.max(1), scopes);
        if self.rng.chance(35) {
            let name = format!("F{}", self.fragments.len());
            self.fragments.push((name.clone(), on, set));
            return Some(format!("...{name}{condition}"));
        }
        Some(format!("... on {on}{condition} {set}"))
    }

    fn field(
        &mut self,
        ty: &str,
        fields: &[Node<FieldDefinition>],
        scope: usize,
        depth: usize,
        scopes: &mut Scopes,
    ) -> Option<String> {
        let mut field = self.rng.pick(fields)?;
        let is_composite =
            |field: &Node<FieldDefinition>| self.types.contains_key(field.ty.inner_named_type().as_str());
        let leaves: Vec<Node<FieldDefinition>> = fields.iter().filter(|field| !is_composite(field)).cloned().collect();
        if depth >= MAX_DEPTH && is_composite(field) {
            field = self.rng.pick(&leaves)?;
        }
        let composite = self.types.contains_key(field.ty.inner_named_type().as_str());
        let arguments = self.arguments(field);
        let mut key = field.name.to_string();
        if self.rng.chance(25) {
            key = ALIASES[self.rng.below(ALIASES.len())].to_owned();
        }
        let signature = format!("{}{arguments}", field.name);
        let written = field.ty.to_string();
        let taken = scopes.all[scope].keys.get(&key).cloned();
        let is_object = |name: &str| self.schema.get_object(name).is_some();
        let below = match taken {
            Some(taken) if taken.field == signature && taken.ty == written => taken.below,
            Some(taken)
                if taken.ty == written
                    && taken.on != ty
                    && is_object(ty)
                    && is_object(&taken.on)
                    && self.rng.chance(80) =>
            {
                taken.below
            }
            other => {
                if other.is_some() {
                    key = format!("x{}", self.count);
                }
                scopes.all.push(Scope::default());
                let below = scopes.all.len() - 1;
                let taken = Taken { field: signature.clone(), on: ty.to_owned(), ty: written, below };
                scopes.all[scope].keys.insert(key.clone(), taken);
                below
            }
        };
        let alias = if key == field.name.as_str() { String::new() } else { format!("{key}: ") };
        let condition = self.condition();
        let set = if composite {
            let base = field.ty.inner_named_type().to_string();
            format!(" {}", self.selection_set(&base, below, depth + 1, scopes))
        } else {
            String::new()
        };
        Some(format!("{alias}{signature}{condition}{set}"))
    }

    fn condition(&mut self) -> String {
        if !self.rng.chance(12) {
            return String::new();
        }
        let name = if self.rng.chance(50) { "skip" } else { "include" };
        let both = if self.rng.chance(10) { " @skip(if: false)" } else { "" };
        let both = if name == "skip" { "" } else { both };
        let value = match self.rng.below(4) {
            0 => self.rng.chance(50).to_string(),
            _ => self.variable("Boolean!"),
        };
        format!(" @{name}(if: {value}){both}")
    }

    fn arguments(&mut self, field: &FieldDefinition) -> String {
        let mut given = vec![];
        for argument in &field.arguments {
            if argument.is_required() || self.rng.chance(60) {
                let value = self.value(&argument.ty, true, argument.default_value.is_some());
                given.push(format!("{}: {value}", argument.name));
            }
        }
        if given.is_empty() { String::new() } else { format!("({})", given.join(", ")) }
    }

    /// A value in an operation: a literal, a variable, or a literal with variables in it.
    fn value(&mut self, ty: &Type, variables: bool, has_default: bool) -> String {
        if variables && self.rng.chance(35) {
            let mut ty = ty.to_string();
            // A stricter type fits too, and so does a looser one where there is a default.
            match ty.strip_suffix('!') {
                Some(loose) if has_default && self.rng.chance(30) => ty = loose.to_owned(),
                Some(_) => {}
                None if self.rng.chance(20) => ty.push('!'),
                None => {}
            }
            return self.variable(&ty);
        }
        match ty {
            Type::Named(_) | Type::List(_) if self.rng.chance(10) => "null".to_owned(),
            Type::List(item) | Type::NonNullList(item) => {
                if self.rng.chance(15) {
                    return self.value(item, false, false);
                }
                let items: Vec<String> = (0..self.rng.below(3)).map(|_| self.value(item, variables, false)).collect();
                format!("[{}]", items.join(", "))
            }
            Type::Named(name) | Type::NonNullNamed(name) => match self.schema.get_input_object(name) {
                Some(input) => {
                    let mut fields = vec![];
                    for field in in_order(input, ["low", "high", "colour", "inner"]) {
                        if self.rng.chance(if field.ty.inner_named_type() == name { 15 } else { 35 }) {
                            let value = self.value(&field.ty, variables, field.default_value.is_some());
                            fields.push(format!("{}: {value}", field.name));
                        }
                    }
                    format!("{{{}}}", fields.join(", "))
                }
                None => self.leaf(name).1,
            },
        }
    }

    /// A leaf as JSON and as a literal.
    fn leaf(&mut self, name: &str) -> (serde_json::Value, String) {
        let value = match name {
            "Int" => json!(self.rng.below(5)),
            "Boolean" => json!(self.rng.chance(50)),
            // Any JSON, which a literal writes with names for keys.
            "Blob" => {
                let number = self.rng.below(5);
                let value = [json!({"a": [number, null], "b": {"c": "é\""}}), json!([number, [true]]), json!(number)];
                let text = [
                    format!("{{a: [{number}, null], b: {{c: \"é\\\"\"}}}}"),
                    format!("[{number}, [true]]"),
                    number.to_string(),
                ];
                let at = self.rng.below(3);
                return (value[at].clone(), text[at].clone());
            }
            "Colour" if self.knows_colours() => {
                let colour = COLOURS[self.rng.below(3)];
                return (json!(colour), colour.to_owned());
            }
            name if self.schema.get_enum(name).is_some() => {
                let values = self.schema.get_enum(name).map(|ty| ty.values.keys().collect::<Vec<_>>());
                let value = values.as_deref().and_then(|values| self.rng.pick(values));
                let value = value.map(ToString::to_string).unwrap_or_default();
                return (json!(value), value);
            }
            _ => json!(["", "a\"b\\", "é\n", "x"][self.rng.below(4)]),
        };
        let text = value.to_string();
        (value, text)
    }

    /// Whether the values of the enum that operations hand in are called what they always are.
    fn knows_colours(&self) -> bool {
        let known = self.schema.get_enum("Colour");
        known.is_some_and(|ty| ty.values.keys().all(|name| COLOURS.contains(&name.as_str())))
    }

    fn json(&mut self, ty: &Type) -> serde_json::Value {
        match ty {
            Type::Named(_) | Type::List(_) if self.rng.chance(10) => serde_json::Value::Null,
            Type::List(item) | Type::NonNullList(item) => {
                if self.rng.chance(15) {
                    return self.json(item);
                }
                (0..self.rng.below(3)).map(|_| self.json(item)).collect()
            }
            Type::Named(name) | Type::NonNullNamed(name) => {
                let Some(input) = self.schema.get_input_object(name) else { return self.leaf(name).0 };
                let mut filter = json!({});
                for field in in_order(input, ["high", "low", "colour", "inner"]) {
                    if self.rng.chance(if field.ty.inner_named_type() == name { 15 } else { 40 }) {
                        filter[field.name.as_str()] = self.json(&field.ty);
                    }
                }
                filter
            }
        }
    }

    /// A variable of the type: one that there is, or a new one with or without value and default.
    fn variable(&mut self, ty: &str) -> String {
        let same = self.variables.iter().filter(|variable| variable.ty == ty);
        let same: Vec<String> = same.map(|variable| variable.name.clone()).collect();
        if self.rng.chance(40)
            && let Some(name) = self.rng.pick(&same)
        {
            return format!("${name}");
        }
        let name = match self.variables.len() {
            1 => "representations".to_owned(),
            count => format!("v{count}"),
        };
        let Ok(parsed) = Type::parse(ty, "type") else { return "null".to_owned() };
        let default = self.rng.chance(25).then(|| self.value(&parsed, false, false));
        let is_optional = default.is_some() || !parsed.is_non_null();
        if !is_optional || self.rng.chance(65) {
            let value: JsonValue = self.json(&parsed).into();
            self.values.insert(name.as_str(), value);
        }
        self.variables.push(Variable { name: name.clone(), ty: ty.to_owned(), default });
        format!("${name}")
    }
}

/// The fields of an input type, these first: what a seed gives does not hang on how a schema was composed.
fn in_order<'a>(input: &'a InputObjectType, first: [&str; 4]) -> Vec<&'a InputValueDefinition> {
    let mut fields: Vec<&InputValueDefinition> = input.fields.values().map(|field| &***field).collect();
    fields.sort_by_key(|field| first.iter().position(|name| field.name.as_str() == *name).unwrap_or(first.len()));
    fields
}
