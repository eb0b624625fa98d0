//! Owns the types that schemas become: objects and enums for responses, input types for requests.

use std::collections::{HashMap, HashSet, VecDeque};

use super::form::{self, Style};
use super::shape::{self, Kind, Property, PropertySchema, Shape};
use super::tree::Node;
use crate::diagnostics::Diagnostic;
use crate::import::mapping::text;
use crate::import::model::{About, Argument, Definition, EnumValue, Field, Input, JSON, Object, Schema, Type, Wire};
use crate::import::{COLLISION, names};

/// Whether a value comes from the service or goes to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Output,
    Input,
}

impl Direction {
    /// What the names of its object types end in.
    fn suffix(self) -> &'static str {
        match self {
            Self::Output => "",
            Self::Input => "Input",
        }
    }
}

/// What a schema is in GraphQL.
#[derive(Debug)]
pub struct Value {
    /// Without the `!` of the whole.
    pub ty: Type,
    pub nullable: bool,
    /// As [`Wire::convert`].
    pub convert: String,
    pub note: Option<String>,
}

/// An enum is a `String` if more of its values than this have to be translated, which every selection of it does anew.
const MAX_TRANSLATED: usize = 8;

/// How deep lists may be nested in lists, by reference in themselves.
const MAX_LISTS: usize = 16;

pub struct Types<'d> {
    pub root: &'d Node,
    pub schema: Schema,
    pub collisions: Vec<Diagnostic>,
    /// What the names of types begin with.
    prefix: String,
    taken: names::Taken,
    /// The names that components ask for.
    components: HashMap<&'d str, String>,
    /// The same, which places do not get.
    component_names: HashSet<String>,
    waiting: VecDeque<Waiting<'d>>,
    /// The input types that lack a field which the service needs, with the reason.
    incomplete: HashMap<String, String>,
    /// In how many lists is what is read now.
    lists: usize,
}

/// A type that is named and has no fields yet.
struct Waiting<'d> {
    name: String,
    direction: Direction,
    /// What of a form is written in which style; of anything else all is plain.
    properties: Vec<(Property<'d>, Style)>,
}

impl<'d> Types<'d> {
    pub fn new(root: &'d Node, prefix: &str) -> Self {
        let components = root.get("components");
        let schemas = components.into_iter().flat_map(|components| components.entries("schemas"));
        let components = component_names(schemas.map(|(name, _)| name).collect());
        let component_names = components.values().cloned().collect();
        Self {
            root,
            schema: Schema { prefix: names::pascal(prefix).unwrap_or_default(), ..Schema::default() },
            collisions: vec![],
            prefix: names::pascal(prefix).unwrap_or_default(),
            taken: names::Taken::default(),
            components,
            component_names,
            waiting: VecDeque::new(),
            incomplete: HashMap::new(),
            lists: 0,
        }
    }

    /// The type of a schema. `place` names a type that has no name of its own; `hint` is the name of what has the value.
    pub fn value(&mut self, schema: &'d Node, direction: Direction, place: &str, hint: &str) -> Result<Value, String> {
        if self.lists > MAX_LISTS {
            return Err(format!("its lists are nested more than {MAX_LISTS} deep"));
        }
        let shape = shape::read(self.root, schema)?;
        self.shaped(shape, direction, place, hint)
    }

    fn shaped(&mut self, shape: Shape<'d>, direction: Direction, place: &str, hint: &str) -> Result<Value, String> {
        let Shape { kind, nullable, reference, note } = shape;
        let mut value = Value { ty: Type::named(JSON), nullable, convert: String::new(), note };
        match kind {
            Kind::Scalar(name) => {
                // A number in a request's body has to stay one, which an `ID` does not.
                let may_be_id = match direction {
                    Direction::Output => matches!(name, "String" | "Int" | "BigInt"),
                    Direction::Input => name == "String",
                };
                value.ty = Type::named(if may_be_id && names::is_id(hint) { "ID" } else { name });
            }
            Kind::Enum(values) => (value.ty, value.convert) = self.enumeration(&values, direction, reference, place),
            Kind::List(items) => {
                let Some(items) = items else {
                    value.ty = value.ty.list();
                    self.schema.use_scalar(JSON);
                    return Ok(value);
                };
                let hint = if names::are_ids(hint) { &hint[..hint.len() - 1] } else { "" };
                self.lists += 1;
                let inner = self.value(items, direction, place, hint);
                self.lists -= 1;
                let inner = inner?;
                if !inner.convert.is_empty() {
                    value.convert = format!("->map(@{})", inner.convert);
                }
                value.note = value.note.or(inner.note);
                value.ty = inner.ty.non_null_if(!inner.nullable).list();
            }
            Kind::Object(properties) => {
                let hidden = match direction {
                    Direction::Output => "writeOnly",
                    Direction::Input => "readOnly",
                };
                let is_shown = |property: &Property<'d>| !property.is_hidden(hidden);
                let properties: Vec<_> =
                    properties.into_iter().filter(is_shown).map(|property| (property, Style::Plain)).collect();
                // An object without fields is none in GraphQL.
                if !properties.is_empty() {
                    let comments = value.note.take().into_iter().collect();
                    let name = self.name(reference, place, direction.suffix());
                    self.object(&name, properties, direction, reference, comments);
                    value.ty = Type::named(name);
                }
            }
        }
        self.schema.use_scalar(value.ty.inner());
        Ok(value)
    }

    /// The type of a form; none where it has no fields. The error says why connectors cannot send it.
    pub fn form(&mut self, media: &'d Node, place: &str) -> Result<Option<Value>, String> {
        let mut value = Value { ty: Type::named(JSON), nullable: false, convert: String::new(), note: None };
        let Some(schema) = media.get("schema") else { return Ok(Some(value)) };
        let Shape { kind, reference, note, .. } = shape::read(self.root, schema)?;
        let properties = match kind {
            Kind::Object(properties) => properties,
            Kind::Scalar(JSON) => {
                let (schema, _) = self.root.resolve(schema)?;
                return Ok(if form::is_empty(schema) { None } else { Some(value) });
            }
            Kind::Scalar(_) | Kind::Enum(_) | Kind::List(_) => {
                return Err("its body is a form, and by its schema it is no object".to_owned());
            }
        };
        let properties = properties.into_iter().filter(|property| !property.is_hidden("readOnly")).collect();
        let form::Fields { sent, lost } = form::fields(self.root, media, properties)?;
        if sent.is_empty() {
            return Ok(None);
        }
        // How fields are written is the form's own affair: its type is no other's then.
        let is_plain = lost.is_empty() && sent.iter().all(|(_, style)| *style == Style::Plain);
        let name = self.name(reference.filter(|_| is_plain), place, Direction::Input.suffix());
        self.object(&name, sent, Direction::Input, reference, note.into_iter().chain(lost).collect());
        value.ty = Type::named(name);
        Ok(Some(value))
    }

    /// Defines an object type. Its fields are made by [`Self::complete`], so that types may lead to themselves.
    fn object(
        &mut self,
        name: &str,
        properties: Vec<(Property<'d>, Style)>,
        direction: Direction,
        reference: Option<&'d str>,
        comments: Vec<String>,
    ) {
        if self.schema.types.contains_key(name) {
            return;
        }
        let description = self.root.resolve_reference(reference).and_then(description_of);
        let about = About { description, comments, deprecated: None };
        let definition = match direction {
            Direction::Output => Definition::Object(Object { about, ..Object::default() }),
            Direction::Input => Definition::Input(Input { about, ..Input::default() }),
        };
        self.schema.types.insert(name.to_owned(), definition);
        self.waiting.push_back(Waiting { name: name.to_owned(), direction, properties });
    }

    /// The name of a type: of a component by its name, of any other by its place.
    fn name(&mut self, reference: Option<&str>, place: &str, suffix: &str) -> String {
        let component = reference.filter(|reference| reference.starts_with("#/components/schemas/"));
        let own = component.and_then(|reference| reference.rsplit('/').next());
        let own = own.and_then(|name| self.components.get(name).cloned().or_else(|| names::pascal(name)));
        let with_suffix = |name: &str| if name.ends_with(suffix) { name.to_owned() } else { format!("{name}{suffix}") };
        let (mut name, owner) = match (own, reference) {
            (Some(own), Some(reference)) => {
                let name = with_suffix(&own);
                // Where `Pet` becomes `PetInput` and that is another component.
                let is_others = name != own && self.component_names.contains(&name);
                (if is_others { format!("{own}Body") } else { name }, format!("{reference} {suffix}"))
            }
            _ => (with_suffix(place), format!("{place} {suffix}")),
        };
        if component.is_none() && self.component_names.contains(&name) {
            name.push_str("Value");
        }
        let name = format!("{}{name}", self.prefix);
        // One that is called `…Input` and goes both ways.
        let name = match (self.taken.is_of_other_way(&name, &owner), suffix) {
            (false, _) => name,
            (true, "") => format!("{name}Output"),
            (true, suffix) => format!("{name}{suffix}"),
        };
        // A place that is called as another: `audio.input` beside `audio` as an input.
        let is_others = component.is_none() && self.taken.take(&name, &owner).is_err();
        let name = if is_others { format!("{name}Value") } else { name };
        match self.taken.take(&name, &owner) {
            Ok(name) => name,
            Err(other) => {
                let what = |owner: &str| owner.trim_end().trim_end_matches(" Input").to_owned();
                let message = format!("`{}` and `{}` would both be the type `{name}`", what(other), what(&owner));
                self.collisions.push(Diagnostic::error(COLLISION, message).help("rename one of them in the document"));
                name
            }
        }
    }

    fn enumeration(
        &mut self,
        values: &[&str],
        direction: Direction,
        reference: Option<&str>,
        place: &str,
    ) -> (Type, String) {
        let names: Option<Vec<String>> = values.iter().map(|value| enum_name(value)).collect();
        let text_instead = (Type::named("String"), String::new());
        let Some(names) = names else { return text_instead };
        let distinct: HashSet<&String> = names.iter().collect();
        let pairs = || values.iter().zip(&names).filter(|(value, name)| **value != name.as_str());
        if distinct.len() < names.len() || pairs().count() > MAX_TRANSLATED {
            return text_instead;
        }
        let mut convert = String::new();
        if pairs().next().is_some() {
            let pair = |(value, name): (&&str, &String)| match direction {
                Direction::Output => format!("[{}, {}]", text(value), text(name)),
                Direction::Input => format!("[{}, {}]", text(name), text(value)),
            };
            let pairs: Vec<String> = pairs().map(pair).collect();
            let others = if pairs.len() < values.len() { ", [@, @]" } else { "" };
            convert = format!("->match({}{others})", pairs.join(", "));
        }
        let name = self.name(reference, place, "");
        let values = names.into_iter().map(|name| EnumValue { about: About::default(), name }).collect();
        let described = self.root.resolve_reference(reference).and_then(description_of);
        let about = About { description: described, ..About::default() };
        self.schema.types.entry(name.clone()).or_insert(Definition::Enum { about, values });
        (Type::named(name), convert)
    }

    /// Makes the fields of all types that were named.
    pub fn complete(&mut self) {
        while let Some(Waiting { name, direction, properties }) = self.waiting.pop_front() {
            let in_camel: Vec<String> =
                properties.iter().map(|(property, _)| names::camel(property.name).unwrap_or_default()).collect();
            let mut fields: Vec<Argument> = vec![];
            let mut lost: Vec<String> = vec![];
            for ((property, style), camel) in properties.iter().zip(&in_camel) {
                // Two that would be one keep the names that they have.
                let is_twice = in_camel.iter().filter(|other| *other == camel).count() > 1;
                let own = if is_twice { property.name.to_owned() } else { camel.clone() };
                if !names::is_name(&own) || fields.iter().any(|known| known.name == own) {
                    let why = if is_twice && !camel.is_empty() {
                        "its name is that of another"
                    } else {
                        "no field can be called so"
                    };
                    lost.push(format!("The property `{}` is not here: {why}.", property.name));
                    if property.required && direction == Direction::Input {
                        let why = format!("its body needs the property `{}`, and {why}", property.name);
                        self.incomplete.insert(name.clone(), why);
                    }
                    continue;
                }
                let mut field = self.property(property, direction, &name, own);
                form::write(&mut self.schema, &mut field, *style);
                fields.push(field);
            }
            match self.schema.types.get_mut(&name) {
                Some(Definition::Object(object)) => {
                    object.about.comments.extend(lost);
                    object.fields = fields.into_iter().map(output_field).collect();
                }
                Some(Definition::Input(input)) => {
                    input.about.comments.extend(lost);
                    input.fields = fields;
                }
                Some(Definition::Enum { .. } | Definition::Scalar { .. }) | None => {}
            }
        }
    }

    /// Why no value of an argument's type can be sent as the service wants it; none where all is well.
    pub fn incomplete(&self, ty: &Type) -> Option<&str> {
        if self.incomplete.is_empty() {
            return None;
        }
        let (mut waiting, mut seen) = (vec![ty.inner()], HashSet::new());
        while let Some(name) = waiting.pop() {
            if !seen.insert(name) {
                continue;
            }
            if let Some(why) = self.incomplete.get(name) {
                return Some(why);
            }
            if let Some(Definition::Input(input)) = self.schema.types.get(name) {
                waiting.extend(input.fields.iter().map(|field| field.ty.inner()));
            }
        }
        None
    }

    fn property(&mut self, property: &Property<'d>, direction: Direction, parent: &str, name: String) -> Argument {
        let mut about = About::default();
        let parent = parent.strip_suffix("Input").unwrap_or(parent);
        let parent = parent.strip_prefix(self.prefix.as_str()).unwrap_or(parent);
        let place = format!("{parent}{}", names::pascal(property.name).unwrap_or_default());
        let value = match property.schema {
            PropertySchema::Scalar(scalar) => {
                self.schema.use_scalar(scalar);
                Ok(Value { ty: Type::named(scalar), nullable: true, convert: String::new(), note: None })
            }
            PropertySchema::Node(node) => {
                about.description = description_of(node);
                about.deprecated = node.is_true("deprecated").then(String::new);
                self.value(node, direction, &place, property.name)
            }
        };
        let value = value.unwrap_or_else(|why| {
            self.schema.use_scalar(JSON);
            Value { ty: Type::named(JSON), nullable: true, convert: String::new(), note: Some(why) }
        });
        about.comments.extend(value.note);
        // A deprecated input that is required could not be left out.
        let required = property.required && !value.nullable;
        if direction == Direction::Input && required {
            about.deprecated = None;
        }
        let wire = Wire { key: Some(property.name.to_owned()), convert: value.convert };
        Argument { name, about, ty: value.ty.non_null_if(required), default: None, wire }
    }
}

/// What components are called: `user` and `User`, which would both be `User`, as they are.
fn component_names(components: Vec<&str>) -> HashMap<&str, String> {
    let mut wanted: HashMap<String, usize> = HashMap::new();
    for name in components.iter().filter_map(|name| names::pascal(name)) {
        *wanted.entry(name).or_default() += 1;
    }
    let name = |component| {
        let name = names::pascal(component)?;
        let is_shared = wanted.get(&name).is_some_and(|count| *count > 1);
        Some((component, if is_shared && names::is_name(component) { component.to_owned() } else { name }))
    };
    components.into_iter().filter_map(name).collect()
}

fn output_field(argument: Argument) -> Field {
    let Argument { name, about, ty, wire, .. } = argument;
    Field { name, about, arguments: vec![], ty, wire, key_only: false, connect: None }
}

/// The description that a schema, a parameter or a response itself has.
pub fn description_of(node: &Node) -> Option<String> {
    let text = node.text("description").or(node.text("title")).map(str::trim)?;
    (!text.is_empty()).then(|| text.to_owned())
}

/// A value as an enum's: itself, or with underscores for what GraphQL does not have.
fn enum_name(value: &str) -> Option<String> {
    if names::is_name(value) && !["true", "false", "null"].contains(&value) {
        return Some(value.to_owned());
    }
    // `+1` and `-1` would be one.
    let signed = |sign| value.strip_prefix(sign).filter(|rest: &&str| rest.starts_with(|c: char| c.is_ascii_digit()));
    let value = match (signed('+'), signed('-')) {
        (Some(rest), _) => &format!("plus_{rest}"),
        (None, Some(rest)) => &format!("minus_{rest}"),
        (None, None) => value,
    };
    let mut name: String = value.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    name = name.trim_matches('_').to_owned();
    if name.starts_with(|c: char| c.is_ascii_digit()) {
        name.insert(0, '_');
    }
    (names::is_name(&name) && !["true", "false", "null"].contains(&name.as_str())).then_some(name)
}
