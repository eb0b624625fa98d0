//! Owns the types that messages and enums become: objects for responses, input types for requests.

use std::collections::{HashMap, HashSet, VecDeque};

use prost_reflect::prost_types::FileDescriptorProto;
use prost_reflect::{Cardinality, EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor, OneofDescriptor};

use super::annotations::behavior;
use super::comments::Comments;
use crate::connect::grpc::{Conversion, enum_name};
use crate::diagnostics::Diagnostic;
use crate::import::model::{About, Argument, Definition, EnumValue, Field, Input, JSON, Object, Schema, Type, Wire};
use crate::import::{COLLISION, names};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Output,
    Input,
}

pub struct Types {
    pub schema: Schema,
    pub comments: Comments,
    pub collisions: Vec<Diagnostic>,
    prefix: String,
    /// The names of messages and enums, by their full ones.
    own_names: HashMap<String, String>,
    taken: names::Taken,
    waiting: VecDeque<(String, MessageDescriptor, Direction)>,
}

impl Types {
    /// `roots` are the messages of the methods; those in `package` have the first right to their names.
    pub fn new(roots: &[MessageDescriptor], package: &str, prefix: &str) -> Self {
        Self {
            schema: Schema { prefix: names::pascal(prefix).unwrap_or_default(), ..Schema::default() },
            comments: Comments::default(),
            collisions: vec![],
            prefix: names::pascal(prefix).unwrap_or_default(),
            own_names: own_names(roots, package),
            taken: names::Taken::default(),
            waiting: VecDeque::new(),
        }
    }

    pub fn describe(&mut self, file: &FileDescriptorProto, path: &[i32], deprecated: bool) -> About {
        let description = self.comments.of(file, path);
        About { description, comments: vec![], deprecated: deprecated.then(String::new) }
    }

    /// The type of a value, without `!`. `hint` is the name of what has the value.
    pub fn of(&mut self, conversion: &Conversion, direction: Direction, hint: &str) -> Type {
        let name = match conversion {
            Conversion::Int32 | Conversion::Int64 | Conversion::Uint32 | Conversion::Uint64 | Conversion::String
                if names::is_id(hint) || names::are_ids(hint) =>
            {
                "ID"
            }
            Conversion::Int32 => "Int",
            Conversion::Int64 | Conversion::Uint32 | Conversion::Uint64 => "BigInt",
            Conversion::Float | Conversion::Double => "Float",
            Conversion::Bool => "Boolean",
            Conversion::String | Conversion::Duration | Conversion::FieldMask => "String",
            Conversion::Bytes => "Base64",
            Conversion::Timestamp => "DateTime",
            Conversion::Wrapper(inner) => return self.of(inner, direction, hint),
            Conversion::Struct | Conversion::JsonValue | Conversion::JsonList | Conversion::Any | Conversion::Empty => {
                JSON
            }
            Conversion::Enum(descriptor) => return self.enumeration(descriptor),
            Conversion::Message(message) if message.fields().next().is_none() => JSON,
            Conversion::Message(message) => return self.message(message, direction),
        };
        self.schema.use_scalar(name);
        Type::named(name)
    }

    /// Names the type of a message. Its fields are made by [`Self::complete`], so that types may lead to themselves.
    fn message(&mut self, message: &MessageDescriptor, direction: Direction) -> Type {
        let suffix = match direction {
            Direction::Output => "",
            Direction::Input => "Input",
        };
        let name = self.name(message.full_name(), message.name(), suffix);
        if !self.schema.types.contains_key(&name) {
            let about = self.describe(message.parent_file_descriptor_proto(), message.path(), false);
            let definition = match direction {
                Direction::Output => Definition::Object(Object { about, ..Object::default() }),
                Direction::Input => Definition::Input(Input { about, ..Input::default() }),
            };
            self.schema.types.insert(name.clone(), definition);
            self.waiting.push_back((name.clone(), message.clone(), direction));
        }
        Type::Named(name)
    }

    fn name(&mut self, full_name: &str, own: &str, suffix: &str) -> String {
        let own = self.own_names.get(full_name).cloned().or_else(|| names::pascal(own)).unwrap_or_default();
        // `DashboardQuery` and `DashboardQuery.Input`: the message that has the name keeps it.
        let is_others = !own.ends_with(suffix) && self.own_names.values().any(|name| *name == format!("{own}{suffix}"));
        let suffix_or_none = match (is_others, own.ends_with(suffix)) {
            (true, _) => "Body",
            (false, true) => "",
            (false, false) => suffix,
        };
        let name = format!("{}{own}{suffix_or_none}", self.prefix);
        let owner = format!("{full_name} {suffix}");
        // One that is called `…Input` and goes both ways.
        let goes_both_ways = |name: &str| self.taken.is_of_other_way(name, &owner);
        let name = match (goes_both_ways(&name), suffix) {
            (false, _) => name,
            (true, "") => format!("{name}Output"),
            (true, suffix) => format!("{name}{suffix}"),
        };
        self.take(name, &owner)
    }

    fn take(&mut self, name: String, owner: &str) -> String {
        match self.taken.take(&name, owner) {
            Ok(name) => name,
            Err(other) => {
                let what = |owner: &str| owner.split(' ').next().unwrap_or_default().to_owned();
                let message = format!("`{}` and `{}` would both be the type `{name}`", what(other), what(owner));
                let help = "leave out the methods of one with --include";
                self.collisions.push(Diagnostic::error(COLLISION, message).help(help));
                name
            }
        }
    }

    fn enumeration(&mut self, descriptor: &EnumDescriptor) -> Type {
        let file = descriptor.parent_file_descriptor_proto();
        let mut values: Vec<EnumValue> = vec![];
        for value in descriptor.values() {
            let Some(name) = enum_name(&value) else { continue };
            if !names::is_name(&name) || ["true", "false", "null"].contains(&name.as_str()) {
                return Type::named("String");
            }
            let options = value.enum_value_descriptor_proto().options.as_ref();
            let about = self.describe(file, value.path(), options.is_some_and(|options| options.deprecated()));
            if values.iter().all(|known| known.name != name) {
                values.push(EnumValue { about, name });
            }
        }
        if values.is_empty() {
            return Type::named("String");
        }
        let name = self.name(descriptor.full_name(), descriptor.name(), "");
        let about = self.describe(file, descriptor.path(), false);
        self.schema.types.entry(name.clone()).or_insert(Definition::Enum { about, values });
        Type::Named(name)
    }

    /// Makes the fields of all types that were named.
    pub fn complete(&mut self) {
        while let Some((name, message, direction)) = self.waiting.pop_front() {
            match direction {
                Direction::Output => {
                    let fields = self.output_fields(&message);
                    if let Some(Definition::Object(object)) = self.schema.types.get_mut(&name) {
                        object.fields = fields;
                    }
                }
                Direction::Input => {
                    let (fields, one_of) = self.input_fields(&message, &name);
                    if let Some(Definition::Input(input)) = self.schema.types.get_mut(&name) {
                        (input.fields, input.one_of) = (fields, one_of);
                    }
                }
            }
        }
    }

    fn output_fields(&mut self, message: &MessageDescriptor) -> Vec<Field> {
        let mut fields: Vec<Field> = vec![];
        for field in message.fields() {
            let Some(name) = field_name(&field).filter(|name| fields.iter().all(|known| known.name != *name)) else {
                continue;
            };
            let about = self.about_field(&field);
            let mut wire = Wire::key(field.json_name());
            if field.is_map() {
                wire.convert = "->entries".to_owned();
            }
            let conversion = Conversion::of(&field.kind());
            // What UNSPECIFIED is, and JSON's null.
            let may_be_null =
                matches!(conversion, Conversion::Enum(_) | Conversion::JsonValue | Conversion::Wrapper(_));
            let ty = self.field_type(&field, &conversion, Direction::Output);
            let ty = if field.is_map() || field.is_list() {
                ty.non_null_if(!may_be_null || field.is_map()).list().non_null()
            } else {
                let is_set = field.cardinality() == Cardinality::Required
                    || !field.supports_presence() && !matches!(conversion, Conversion::Message(_));
                ty.non_null_if(is_set && !may_be_null)
            };
            fields.push(Field { name, about, arguments: vec![], ty, wire, key_only: false, connect: None });
        }
        fields
    }

    fn field_type(&mut self, field: &FieldDescriptor, conversion: &Conversion, direction: Direction) -> Type {
        if let (true, Kind::Message(entry)) = (field.is_map(), field.kind()) {
            return self.message(&entry, direction);
        }
        // Keys come as the names of an object's fields.
        if field.parent_message().is_map_entry() && field.number() == 1 {
            return Type::named("String");
        }
        self.of(conversion, direction, field.name())
    }

    fn about_field(&mut self, field: &FieldDescriptor) -> About {
        let deprecated = field.field_descriptor_proto().options.as_ref().is_some_and(|options| options.deprecated());
        let file = field.parent_message().parent_file();
        self.describe(file.file_descriptor_proto(), field.path(), deprecated)
    }

    /// The fields of a request's message, as arguments or as those of an input type that is called `parent`. True where
    /// exactly one of them is given.
    pub fn input_fields(&mut self, message: &MessageDescriptor, parent: &str) -> (Vec<Argument>, bool) {
        let oneofs: Vec<OneofDescriptor> = message.oneofs().filter(|oneof| !oneof.is_synthetic()).collect();
        let is_in = |field: &FieldDescriptor| oneofs.iter().position(|oneof| oneof.fields().any(|own| own == *field));
        if let ([_], true) = (oneofs.as_slice(), message.fields().all(|field| is_in(&field).is_some())) {
            let fields = message.fields().filter_map(|field| self.input_field(&field));
            return (fields.collect(), true);
        }
        let mut fields: Vec<Argument> = vec![];
        let mut seen: HashSet<usize> = HashSet::new();
        for field in message.fields() {
            let argument = match is_in(&field) {
                None => self.input_field(&field),
                Some(at) if seen.insert(at) => self.oneof(&oneofs[at], parent),
                Some(_) => None,
            };
            fields.extend(argument.filter(|argument| fields.iter().all(|known| known.name != argument.name)));
        }
        (fields, false)
    }

    fn input_field(&mut self, field: &FieldDescriptor) -> Option<Argument> {
        let name = field_name(field)?;
        let behavior = behavior(field);
        if behavior.output_only {
            return None;
        }
        let mut about = self.about_field(field);
        let conversion = Conversion::of(&field.kind());
        let ty = self.field_type(field, &conversion, Direction::Input);
        let ty = if field.is_map() || field.is_list() { ty.non_null().list() } else { ty };
        let is_key = field.parent_message().is_map_entry() && field.number() == 1;
        let required = behavior.required || field.cardinality() == Cardinality::Required || is_key;
        if required {
            about.deprecated = None;
        }
        let wire = Wire::key(field.json_name());
        Some(Argument { name, about, ty: ty.non_null_if(required), default: None, wire })
    }

    /// An argument of which one field is given; on the wire these are fields of the message around it.
    fn oneof(&mut self, oneof: &OneofDescriptor, parent: &str) -> Option<Argument> {
        let name = names::camel(oneof.name())?;
        let mut about = self.describe(oneof.parent_message().parent_file_descriptor_proto(), oneof.path(), false);
        let fields: Vec<Argument> = oneof.fields().filter_map(|field| self.input_field(&field)).collect();
        if fields.is_empty() {
            return None;
        }
        let own = format!("{}{}", parent.strip_suffix("Input").unwrap_or(parent), names::pascal(oneof.name())?);
        // A message's name goes first.
        let is_message = self
            .own_names
            .values()
            .any(|name| [&own, &format!("{own}Input")].contains(&&format!("{}{name}", self.prefix)));
        let place = format!("{own}{}Input", if is_message { "Choice" } else { "" });
        let type_name = self.take(place, &format!("{} oneof", oneof.full_name()));
        let input = Input { about: std::mem::take(&mut about), one_of: true, fields };
        self.schema.types.entry(type_name.clone()).or_insert(Definition::Input(input));
        Some(Argument { name, about, ty: Type::Named(type_name), default: None, wire: Wire::default() })
    }
}

/// The name that JSON gives the field, as far as GraphQL allows.
fn field_name(field: &FieldDescriptor) -> Option<String> {
    let name = field.json_name();
    if names::is_name(name) { Some(name.to_owned()) } else { names::camel(name) }
}

/// The names of all messages and enums that the roots lead to, without their packages as far as these are not needed.
fn own_names(roots: &[MessageDescriptor], package: &str) -> HashMap<String, String> {
    let mut found: Vec<(String, String)> = vec![];
    let mut seen: HashSet<String> = HashSet::new();
    let mut waiting: Vec<MessageDescriptor> = roots.to_vec();
    while let Some(message) = waiting.pop() {
        if !seen.insert(message.full_name().to_owned()) {
            continue;
        }
        found.push((message.full_name().to_owned(), message.package_name().to_owned()));
        for field in message.fields() {
            match Conversion::of(&field.kind()) {
                Conversion::Message(inner) => waiting.push(inner),
                Conversion::Enum(inner) if seen.insert(inner.full_name().to_owned()) => {
                    found.push((inner.full_name().to_owned(), inner.package_name().to_owned()));
                }
                _ => {}
            }
        }
    }
    let simple = |full: &str, package: &str| {
        let own = full.strip_prefix(package).map_or(full, |rest| rest.trim_start_matches('.'));
        names::pascal(own).unwrap_or_default()
    };
    let mut counts: HashMap<String, usize> = HashMap::new();
    for (full, own_package) in &found {
        *counts.entry(simple(full, own_package)).or_default() += 1;
    }
    let named = found.into_iter().map(|(full, own_package)| {
        let name = simple(&full, &own_package);
        let is_shared = counts.get(&name).is_some_and(|count| *count > 1);
        let name = if is_shared && own_package != package { names::pascal(&full).unwrap_or(name) } else { name };
        (full, name)
    });
    named.collect()
}
