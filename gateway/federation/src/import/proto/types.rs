//! Owns the types that messages and enums become: objects for responses, input types for requests.

use std::collections::{HashMap, HashSet, VecDeque};

use prost_reflect::prost_types::FileDescriptorProto;
use prost_reflect::{Cardinality, EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor, OneofDescriptor};

use super::annotations::behavior;
use super::comments::Comments;
use super::naming;
use crate::connect::grpc::{Conversion, enum_name};
use crate::diagnostics::Diagnostic;
use crate::import::model::{About, Argument, Definition, EnumValue, Field, Input, JSON, Object, Schema, Type, Wire};
use crate::import::{COLLISION, names};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Output,
    Input,
}

/// What a request's message becomes.
#[derive(Debug, Default)]
pub struct InputFields {
    pub fields: Vec<Argument>,
    /// Exactly one of them is given.
    pub one_of: bool,
    /// Comments about what is not among them.
    pub lost: Vec<String>,
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
            own_names: naming::types(roots, package),
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
        let mut numbers: HashMap<String, i32> = HashMap::new();
        for value in descriptor.values() {
            let Some(name) = enum_name(&value) else { continue };
            if !names::is_name(&name) || ["true", "false", "null"].contains(&name.as_str()) {
                return Type::named("String");
            }
            let options = value.enum_value_descriptor_proto().options.as_ref();
            let about = self.describe(file, value.path(), options.is_some_and(|options| options.deprecated()));
            match values.iter_mut().find(|known| known.name == name) {
                None => {
                    numbers.insert(name.clone(), value.number());
                    values.push(EnumValue { about, name });
                }
                // An alias is the same value. Another has no name left, and comes under this one.
                Some(known) if numbers.get(&name) != Some(&value.number()) => {
                    known.about.comments.push(format!(
                        "`{}` = {} is read as this one too.",
                        value.name(),
                        value.number()
                    ));
                }
                Some(_) => {}
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
                    let (fields, lost) = self.output_fields(&message);
                    if let Some(Definition::Object(object)) = self.schema.types.get_mut(&name) {
                        object.fields = fields;
                        object.about.comments.extend(lost);
                    }
                }
                Direction::Input => {
                    let made = self.input_fields(&message, &name);
                    if let Some(Definition::Input(input)) = self.schema.types.get_mut(&name) {
                        (input.fields, input.one_of) = (made.fields, made.one_of);
                        input.about.comments.extend(made.lost);
                    }
                }
            }
        }
    }

    /// The fields of an answer's message, and comments about what is not among them.
    fn output_fields(&mut self, message: &MessageDescriptor) -> (Vec<Field>, Vec<String>) {
        let mut fields: Vec<Field> = vec![];
        let mut names = naming::fields(message);
        for field in message.fields() {
            let Some(name) = names.take(&field) else { continue };
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
        (fields, names.lost)
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

    /// The fields of a request's message, as arguments or as those of an input type that is called `parent`.
    pub fn input_fields(&mut self, message: &MessageDescriptor, parent: &str) -> InputFields {
        let oneofs: Vec<OneofDescriptor> = message.oneofs().filter(|oneof| !oneof.is_synthetic()).collect();
        let is_in = |field: &FieldDescriptor| oneofs.iter().position(|oneof| oneof.fields().any(|own| own == *field));
        let mut names = naming::fields(message);
        if let ([_], true) = (oneofs.as_slice(), message.fields().all(|field| is_in(&field).is_some())) {
            let fields = message.fields().filter_map(|field| self.input_choice(&field, &mut names)).collect();
            return InputFields { fields, one_of: true, lost: names.lost };
        }
        let mut fields: Vec<Argument> = vec![];
        let mut seen: HashSet<usize> = HashSet::new();
        for field in message.fields() {
            fields.extend(match is_in(&field) {
                None => self.input_field(&field, &mut names),
                Some(at) if seen.insert(at) => self.oneof(&oneofs[at], parent, &mut names),
                Some(_) => None,
            });
        }
        InputFields { fields, one_of: false, lost: names.lost }
    }

    fn input_field(&mut self, field: &FieldDescriptor, names: &mut naming::FieldNames) -> Option<Argument> {
        let behavior = behavior(field);
        if behavior.output_only {
            return None;
        }
        let name = names.take(field)?;
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

    /// A field of a oneof, which is never required, whatever its options say: another may be given.
    fn input_choice(&mut self, field: &FieldDescriptor, names: &mut naming::FieldNames) -> Option<Argument> {
        let argument = self.input_field(field, names)?;
        Some(Argument { ty: argument.ty.nullable(), ..argument })
    }

    /// An argument of which one field is given; on the wire these are fields of the message around it.
    fn oneof(&mut self, oneof: &OneofDescriptor, parent: &str, names: &mut naming::FieldNames) -> Option<Argument> {
        let mut about = self.describe(oneof.parent_message().parent_file_descriptor_proto(), oneof.path(), false);
        let fields: Vec<Argument> = oneof.fields().filter_map(|field| self.input_choice(&field, names)).collect();
        if fields.is_empty() {
            return None;
        }
        let name = names.take_oneof(oneof)?;
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
