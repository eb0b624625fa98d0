//! Owns the schema of a case as plain data: one global schema, and which subgraph has what of it.
//!
//! Types are named, not numbered, so that shrinking can drop any part without touching the others.

use std::collections::BTreeMap;

/// A subgraph; it is called `s0`, `s1` and so on.
pub type Sub = usize;

#[derive(Debug, Clone)]
pub struct World {
    /// What all data depends on.
    pub seed: u64,
    pub subgraphs: usize,
    pub objects: Vec<ObjectDef>,
    pub interfaces: Vec<InterfaceDef>,
    pub unions: Vec<Choices>,
    /// An enum's members are its values.
    pub enums: Vec<Choices>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObjectKind {
    Query,
    Mutation,
    Entity,
    Value,
}

#[derive(Debug, Clone)]
pub struct ObjectDef {
    pub name: String,
    pub kind: ObjectKind,
    /// The subgraphs that may have it; in those where no field of it is, it is not.
    pub presence: Vec<Sub>,
    pub fields: Vec<FieldDef>,
    pub keys: Vec<KeyDef>,
}

#[derive(Debug, Clone)]
pub struct KeyDef {
    pub fields: Vec<Sel>,
    /// The subgraphs that declare it, and whether they resolve it.
    pub subs: BTreeMap<Sub, bool>,
}

#[derive(Debug, Clone)]
pub struct FieldDef {
    pub name: String,
    /// The named type.
    pub base: String,
    /// Whether null is excluded, from the outermost list to the named type.
    pub non_null: Vec<bool>,
    pub args: Vec<ArgDef>,
    pub homes: BTreeMap<Sub, Home>,
    pub source: Source,
    pub inaccessible: bool,
    /// Its `@override` has a label: it holds in those cases where the label is active.
    pub progressive: bool,
    /// The interface that it belongs to, where interface objects bring it to all members at once.
    pub contributed: Option<String>,
    /// Arguments that clients do not see. Where there are some, one subgraph alone has the field.
    pub contexts: Vec<ContextArg>,
}

/// Where a field's values come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    Random,
    /// Each object has its own: a key.
    Identity,
    /// Only together with [`Source::Low`] each object has its own.
    High,
    Low,
}

#[derive(Debug, Clone)]
pub struct ArgDef {
    pub name: String,
    pub ty: String,
    pub default: Option<Default>,
}

/// An argument that takes its value from the nearest object around the field's that sets a context.
#[derive(Debug, Clone)]
pub struct ContextArg {
    pub name: String,
    pub context: String,
    pub ty: String,
    /// The object types that set the context, and what is selected of each: one value.
    pub setters: BTreeMap<String, Vec<Sel>>,
}

/// A default value, as it is written and as a resolver gets it.
#[derive(Debug, Clone)]
pub struct Default {
    pub literal: &'static str,
    pub json: &'static str,
}

#[derive(Debug, Clone)]
pub struct Home {
    pub role: Role,
    /// The levels of the type that this subgraph lets be null though no data is.
    pub weak: Vec<bool>,
    /// A `@provides` of the subgraph brings it, though it is external.
    pub provided: bool,
    pub provides: Vec<Sel>,
}

#[derive(Debug, Clone)]
pub enum Role {
    Resolves,
    Requires(Vec<Sel>),
    External,
    /// Another subgraph has taken it over.
    Overridden,
    Overrides(Sub),
}

/// A selection of a `@key`, `@requires` or `@provides`.
#[derive(Debug, Clone)]
pub enum Sel {
    Field { name: String, arg: Option<(String, i32)>, below: Vec<Sel> },
    On { ty: String, below: Vec<Sel> },
}

#[derive(Debug, Clone)]
pub struct InterfaceDef {
    pub name: String,
    pub local: BTreeMap<Sub, LocalInterface>,
    /// The subgraphs that have it as an interface object: an entity whose implementations they do not know. Where there are
    /// some, the interface has a key, and all that know it as an interface have all its members.
    pub objects: Vec<Sub>,
}

impl InterfaceDef {
    pub fn is_entity(&self) -> bool {
        !self.objects.is_empty()
    }

    /// Its implementations.
    pub fn members(&self) -> &[String] {
        self.local.values().next().map(|local| &*local.members).unwrap_or_default()
    }
}

/// An interface as one subgraph knows it.
#[derive(Debug, Clone)]
pub struct LocalInterface {
    pub members: Vec<String>,
    pub fields: Vec<String>,
}

/// A union or enum: what it can be, by subgraph.
#[derive(Debug, Clone)]
pub struct Choices {
    pub name: String,
    pub local: BTreeMap<Sub, Vec<String>>,
}

impl World {
    pub fn object(&self, name: &str) -> Option<&ObjectDef> {
        self.objects.iter().find(|object| object.name == name)
    }

    /// What an abstract type or an enum can be in a subgraph.
    pub fn local_choices(&self, name: &str, sub: Sub) -> Option<Vec<String>> {
        if let Some(interface) = self.interfaces.iter().find(|interface| interface.name == name) {
            if interface.objects.contains(&sub) {
                return Some(interface.members().to_vec());
            }
            return Some(interface.local.get(&sub).map(|local| local.members.clone()).unwrap_or_default());
        }
        let choices = self.unions.iter().chain(&self.enums).find(|choices| choices.name == name)?;
        Some(choices.local.get(&sub).cloned().unwrap_or_default())
    }

    /// What a field of an abstract or enum type can be: that which all subgraphs know that answer for it. `None` if the
    /// field is of another type.
    pub fn choices(&self, field: &FieldDef) -> Option<Vec<String>> {
        let mut known: Option<Vec<String>> = None;
        let answers = |home: &Home| match home.role {
            Role::Resolves | Role::Requires(_) | Role::Overrides(_) => true,
            Role::External => home.provided || !self.is_abstract(&field.base),
            Role::Overridden => field.progressive,
        };
        for (sub, _) in field.homes.iter().filter(|(_, home)| answers(home)) {
            let local = self.local_choices(&field.base, *sub)?;
            known = Some(match known {
                None => local,
                Some(known) => known.into_iter().filter(|name| local.contains(name)).collect(),
            });
        }
        known
    }

    /// A field that could be nothing at all: no data is like that.
    pub fn has_empty_choices(&self) -> bool {
        let mut fields = self.objects.iter().flat_map(|object| &object.fields);
        fields.any(|field| self.choices(field).is_some_and(|choices| choices.is_empty()))
    }

    /// The interface with a key that has the object among its members.
    pub fn entity_interface(&self, object: &str) -> Option<&InterfaceDef> {
        let mut interfaces = self.interfaces.iter().filter(|interface| interface.is_entity());
        interfaces.find(|interface| interface.members().iter().any(|member| member == object))
    }

    /// The interface object that stands for the object in a subgraph.
    pub fn stand_in(&self, object: &str, sub: Sub) -> Option<&InterfaceDef> {
        self.entity_interface(object).filter(|interface| interface.objects.contains(&sub))
    }

    pub fn is_interface_object(&self, name: &str, sub: Sub) -> bool {
        self.interfaces.iter().any(|interface| interface.name == name && interface.objects.contains(&sub))
    }

    pub fn is_composite(&self, name: &str) -> bool {
        self.object(name).is_some() || self.is_abstract(name)
    }

    pub fn is_abstract(&self, name: &str) -> bool {
        self.interfaces.iter().any(|interface| interface.name == name)
            || self.unions.iter().any(|union| union.name == name)
    }
}

impl ObjectDef {
    pub fn field(&self, name: &str) -> Option<&FieldDef> {
        self.fields.iter().find(|field| field.name == name)
    }

    pub fn has_key_in(&self, sub: Sub) -> bool {
        self.keys.iter().any(|key| key.subs.contains_key(&sub))
    }

    /// Whether the subgraph has any of its fields.
    pub fn is_in(&self, sub: Sub) -> bool {
        self.fields.iter().any(|field| field.homes.contains_key(&sub))
    }

    pub fn is_resolvable_in(&self, sub: Sub) -> bool {
        self.keys.iter().any(|key| key.subs.get(&sub) == Some(&true))
    }
}

impl Home {
    pub fn new(role: Role) -> Self {
        Self { role, weak: vec![], provided: false, provides: vec![] }
    }
}

impl FieldDef {
    /// Whether the subgraph answers for it everywhere.
    pub fn is_resolved_in(&self, sub: Sub) -> bool {
        self.homes.get(&sub).is_some_and(|home| !matches!(home.role, Role::External | Role::Overridden))
    }
}

impl Sel {
    pub fn leaf(name: &str) -> Self {
        Self::field(name, vec![])
    }

    pub fn field(name: &str, below: Vec<Self>) -> Self {
        Self::Field { name: name.to_owned(), arg: None, below }
    }
}

/// A field set as it is written.
pub fn write_selections(selections: &[Sel]) -> String {
    let one = |selection: &Sel| match selection {
        Sel::Field { name, arg, below } => {
            let arg = arg.as_ref().map(|(name, value)| format!("({name}: {value})")).unwrap_or_default();
            match &below[..] {
                [] => format!("{name}{arg}"),
                below => format!("{name}{arg} {{ {} }}", write_selections(below)),
            }
        }
        Sel::On { ty, below } => format!("... on {ty} {{ {} }}", write_selections(below)),
    };
    selections.iter().map(one).collect::<Vec<_>>().join(" ")
}
