//! Owns the map from a client's schema to the supergraph: which type, field, argument and value stands for which.
//!
//! It is made once, by [`super::build`], and is complete: what is in the client's schema is in it, with all that can be worked out
//! before an operation comes.

use std::collections::HashMap;
use std::sync::Arc;

use apollo_compiler::Name;

use super::freshness::MaxAges;
use crate::schema::{Alternatives, ClaimPath, FieldId, Need, TypeId, TypeSet, Value, Wrapping};

/// Where everything in a client's schema comes from.
#[derive(Debug, Default)]
pub struct ViewMap {
    /// Objects, interfaces and unions.
    pub types: HashMap<Name, Arc<TypeMap>>,
    /// By type and field.
    pub fields: HashMap<Name, HashMap<Name, Arc<FieldMap>>>,
    pub enums: HashMap<Name, Arc<EnumMap>>,
    /// Input objects.
    pub inputs: HashMap<Name, InputMap>,
    /// Of fields whose answers may be kept, for how long.
    pub max_ages: MaxAges,
}

impl ViewMap {
    /// The supergraph's name of a client's input type.
    pub fn upstream_input<'a>(&'a self, name: &'a Name) -> &'a Name {
        let of_enum = self.enums.get(name).and_then(|map| map.name.as_ref());
        of_enum.or_else(|| self.inputs.get(name).map(|map| &map.name)).unwrap_or(name)
    }

    /// What stands for a client's enum value in what is sent.
    pub fn written_enum<'a>(&'a self, ty: &str, value: &'a Name) -> &'a Name {
        let written = self.enums.get(ty).and_then(|map| map.written.iter().find(|(client, _)| client == value));
        written.map_or(value, |(_, upstream)| upstream)
    }

    /// What stands for a field of a client's input object in what is sent.
    pub fn written_field<'a>(&'a self, ty: &str, field: &'a Name) -> &'a Name {
        self.inputs.get(ty).and_then(|map| map.fields.get(field)).unwrap_or(field)
    }
}

/// Names of object types, as JSON strings; sorted by the types.
pub type TypeNames = Arc<[(TypeId, Box<str>)]>;

/// What a client's object, interface or union is in the supergraph.
#[derive(Debug)]
pub struct TypeMap {
    pub ty: TypeId,
    /// The object types that the client can see a value of this type as, with the names that it knows them by, as JSON
    /// strings. Sorted; an object of another type is nothing that the client knows.
    pub members: TypeNames,
    /// The same, as a set.
    pub possible: TypeSet,
}

/// Where a client's field comes from, and what becomes of its value.
#[derive(Debug)]
pub struct FieldMap {
    pub source: FieldSource,
    /// The lists and promises that the client's schema has for it.
    pub wrapping: Wrapping,
    /// `Type.field`, as the client knows it, for errors.
    pub coordinate: Box<str>,
    /// The client's arguments.
    pub arguments: Vec<ArgumentMap>,
    /// What the client must be to ask for it. All must hold.
    pub needs: Vec<Need>,
    pub treatment: Treatment,
}

#[derive(Debug)]
pub enum FieldSource {
    /// One step at least.
    Path(Vec<Step>),
    /// The object itself, seen as another of the client's types.
    Here,
    /// Of an interface whose members do not have it from the same place: what the object found has, by the map of its
    /// type, by the client's name of it. Sorted; arguments, needs and treatment are there, and empty here.
    Members(Vec<(Name, Arc<FieldMap>)>),
    /// JSON.
    Constant(Box<str>),
}

/// A step of a path: a field of an object.
#[derive(Debug)]
pub struct Step {
    pub field: FieldId,
    /// By the supergraph's names.
    pub arguments: Vec<(Name, Template)>,
    /// The type that an object found must have for the path to go on; it is null otherwise.
    pub narrow: Option<TypeId>,
    /// What becomes of the lists that the step finds, the outermost first. Lists that are not named here, which only the
    /// last step has, stay as they are.
    pub lists: Vec<ListStep>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ListStep {
    /// `[]`: each item. The first opens the client's list, those after it add to it.
    Each,
    /// `[n]`: one item, or null where there is none.
    At(u32),
}

/// An argument's value in a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Template {
    /// A literal in the supergraph's terms, without variables.
    Literal(Value),
    /// The client's argument at this place of [`FieldMap::arguments`]. Left out where the client leaves it out.
    Argument(usize),
    /// What a verified credential says. `ty` is the supergraph's type for it, as written.
    Claim {
        path: ClaimPath,
        ty: String,
    },
    List(Vec<Template>),
    /// Sorted by name.
    Object(Vec<(Name, Template)>),
    /// A number of items, at most `max`; `max` itself where there is none.
    AtMost {
        value: Option<Box<Template>>,
        max: u32,
    },
}

/// An argument that a client can give.
#[derive(Debug)]
pub struct ArgumentMap {
    /// The client's name for it.
    pub name: Name,
    /// Its type in the supergraph's terms, as written; what a variable for it is declared as.
    pub ty: String,
}

/// What becomes of a field's value on the way to the client. Empty for nearly all fields.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Treatment {
    pub fallback: Option<Fallback>,
    /// Of the client's list, this many items at most.
    pub limit: Option<u32>,
    pub mask: Option<Mask>,
    /// Items of types that the client does not know are left out of its list; otherwise they are null.
    pub drop_unknown: bool,
    /// Of an enum whose values differ from the supergraph's.
    pub values: Option<Arc<EnumMap>>,
}

impl Treatment {
    /// Whether single values are written otherwise than they came.
    pub fn changes_leaves(&self) -> bool {
        self.mask.is_some() || self.values.is_some()
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fallback {
    /// JSON, in the client's terms.
    pub value: Box<str>,
    pub on_error: bool,
    pub on_null: bool,
    /// The error is told, too.
    pub report: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mask {
    /// Of a value with at least twice as many characters; a shorter one is masked whole.
    pub keep_last: u32,
    pub char: char,
    /// Who has all scopes of one of the sets sees the value. With no sets nobody does.
    pub unless: Alternatives,
}

/// The values of a client's enum.
#[derive(Debug, PartialEq, Eq, Default)]
pub struct EnumMap {
    /// The supergraph's name of the type.
    pub name: Option<Name>,
    /// From the supergraph's value to the client's.
    pub read: Vec<(Name, Name)>,
    /// What the client sees of values that are not there.
    pub catch_all: Option<Name>,
    /// From the client's value to the supergraph's.
    pub written: Vec<(Name, Name)>,
}

/// A client's input object.
#[derive(Debug)]
pub struct InputMap {
    /// The supergraph's name of the type.
    pub name: Name,
    /// From the client's field to the supergraph's.
    pub fields: HashMap<Name, Name>,
}
