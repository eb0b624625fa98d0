//! Owns the interned supergraph: types, fields, and which subgraph knows what of them.
//!
//! Written once, while a supergraph is loaded; read-only afterwards. Every table is in the order of
//! the supergraph's text, so that everything derived from it is deterministic.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use apollo_compiler::Name;
use indexmap::IndexSet;

use super::field_set::FieldSet;
use super::ids::{FieldId, Id, NameId, NeedId, SubgraphId, TypeId};
use super::need::Need;
use super::types::{TypeSet, Wrapping};
use super::value::Value;

#[derive(Debug, Clone)]
pub struct SubgraphDef {
    /// The name that people gave it, such as `reviews`.
    pub name: String,
    /// Where a GraphQL subgraph listens; empty where only connectors say.
    pub url: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TypeKind {
    Scalar,
    Object,
    Interface,
    Union,
    Enum,
    Input,
}

/// A key of an entity in one subgraph.
#[derive(Debug, Clone)]
pub struct KeyJoin {
    pub fields: FieldSet,
    /// Whether the subgraph can be entered by it; one that is not is only handed out.
    pub resolvable: bool,
}

/// What one subgraph knows of a type.
#[derive(Debug, Clone)]
pub struct TypeJoin {
    pub subgraph: SubgraphId,
    pub keys: Vec<KeyJoin>,
    /// The subgraph holds the interface as an object type.
    pub is_interface_object: bool,
}

#[derive(Debug, Clone)]
pub struct TypeDef {
    pub name: Name,
    pub kind: TypeKind,
    /// Of objects and interfaces, in the order of the supergraph.
    pub fields: Vec<FieldId>,
    /// Of enums: the values that clients may see.
    pub values: Arc<[Name]>,
    /// The object types that a value of this type can be; an object's is itself, as is that of an interface that
    /// nothing implements.
    pub possible: TypeSet,
    pub joins: Vec<TypeJoin>,
    /// What is demanded of those who see a value of it: all of it.
    pub needs: Box<[NeedId]>,
    /// No client sees it: an object of this type is null to clients, though fetches may need what is in it.
    pub is_inaccessible: bool,
    /// Per subgraph that knows this interface or union: the members that it knows.
    pub possible_in: Vec<(SubgraphId, TypeSet)>,
}

/// What one subgraph says of a field.
#[derive(Debug, Clone)]
pub struct FieldJoin {
    pub subgraph: SubgraphId,
    /// Named, but resolved elsewhere.
    pub external: bool,
    /// Kept in the subgraph's schema, though another one has taken it over by `@override`.
    pub overridden: bool,
    /// The type that it has there, where that differs from the supergraph's.
    pub ty: Option<(Wrapping, TypeId)>,
    pub requires: Option<FieldSet>,
    pub provides: Option<FieldSet>,
    /// Arguments that no client sees, and that take their values from around the object.
    pub contexts: Vec<ContextArgument>,
    /// The label of a progressive `@override`.
    pub override_label: Option<String>,
    /// The subgraph that the field was taken from.
    pub override_from: Option<String>,
}

impl FieldJoin {
    pub fn plain(subgraph: SubgraphId) -> Self {
        Self {
            subgraph,
            external: false,
            overridden: false,
            ty: None,
            requires: None,
            provides: None,
            contexts: vec![],
            override_label: None,
            override_from: None,
        }
    }

    /// Whether the subgraph is asked for the field when these labels of progressive overrides are active.
    pub fn is_chosen(&self, active: &BTreeSet<&str>) -> bool {
        match &self.override_label {
            None => true,
            Some(label) => self.override_from.is_some() == active.contains(label.as_str()),
        }
    }
}

/// An argument whose value is selected on the nearest enclosing object that sets a context (`@fromContext`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContextArgument {
    pub name: Name,
    /// As written, such as `[ID!]`.
    pub ty: String,
    /// The context's name; those of different subgraphs are different contexts.
    pub context: String,
    /// The objects that set the context.
    pub types: TypeSet,
    /// What is selected: one leaf of each object, or its `__typename`.
    pub selection: FieldSet,
}

#[derive(Debug, Clone)]
pub struct ArgumentDef {
    pub name: Name,
    /// As written, such as `[ID!]!`.
    pub ty: String,
    pub default: Option<Value>,
}

#[derive(Debug, Clone)]
pub struct FieldDef {
    pub parent: TypeId,
    pub name: NameId,
    pub wrapping: Wrapping,
    pub base: TypeId,
    pub arguments: Vec<ArgumentDef>,
    /// Of a list: the arguments that say how many items it has, as far as `@listSize` names them.
    pub slicing: Vec<Name>,
    pub joins: Vec<FieldJoin>,
    /// What is demanded of those who see it: all of it. Those of its parent and of the type of its values are among it.
    pub needs: Box<[NeedId]>,
}

/// The supergraph, interned.
#[derive(Debug, Default)]
pub struct Model {
    pub subgraphs: Vec<SubgraphDef>,
    pub types: Vec<TypeDef>,
    pub fields: Vec<FieldDef>,
    /// What is demanded somewhere, each once. Empty for most supergraphs.
    pub(super) needs: Vec<Need>,
    pub(super) names: IndexSet<Name>,
    pub(super) types_by_name: HashMap<Name, TypeId>,
    pub(super) fields_by_name: HashMap<(TypeId, NameId), FieldId>,
    pub query: Option<TypeId>,
    pub mutation: Option<TypeId>,
    pub subscription: Option<TypeId>,
}

impl Model {
    pub fn subgraph(&self, id: SubgraphId) -> &SubgraphDef {
        &self.subgraphs[id.index()]
    }

    pub fn ty(&self, id: TypeId) -> &TypeDef {
        &self.types[id.index()]
    }

    pub fn field(&self, id: FieldId) -> &FieldDef {
        &self.fields[id.index()]
    }

    pub fn need(&self, id: NeedId) -> &Need {
        &self.needs[id.index()]
    }

    /// All that is demanded somewhere, each once.
    pub fn needs(&self) -> &[Need] {
        &self.needs
    }

    pub fn name(&self, id: NameId) -> &Name {
        &self.names[id.index()]
    }

    pub fn type_name(&self, id: TypeId) -> &Name {
        &self.ty(id).name
    }

    pub fn type_named(&self, name: &str) -> Option<TypeId> {
        self.types_by_name.get(name).copied()
    }

    /// The id of a field name; `None` if no field of the supergraph has it.
    pub fn name_id(&self, name: &str) -> Option<NameId> {
        self.names.get_index_of(name).map(NameId::from_index)
    }

    pub fn field_of(&self, ty: TypeId, name: NameId) -> Option<FieldId> {
        self.fields_by_name.get(&(ty, name)).copied()
    }

    pub fn field_named(&self, ty: TypeId, name: &str) -> Option<FieldId> {
        self.field_of(ty, self.name_id(name)?)
    }

    pub fn subgraph_named(&self, name: &str) -> Option<SubgraphId> {
        self.subgraphs.iter().position(|subgraph| subgraph.name == name).map(SubgraphId::from_index)
    }

    pub fn subgraph_ids(&self) -> impl Iterator<Item = SubgraphId> {
        (0..self.subgraphs.len()).map(SubgraphId::from_index)
    }

    pub fn type_ids(&self) -> impl Iterator<Item = TypeId> {
        (0..self.types.len()).map(TypeId::from_index)
    }

    /// The labels of progressive overrides.
    pub fn override_labels(&self) -> BTreeSet<&str> {
        let joins = self.fields.iter().flat_map(|field| &field.joins);
        joins.filter_map(|join| join.override_label.as_deref()).collect()
    }

    /// `Type.field`
    pub fn coordinate(&self, field: FieldId) -> String {
        let def = self.field(field);
        format!("{}.{}", self.type_name(def.parent), self.name(def.name))
    }

    pub fn join(&self, ty: TypeId, subgraph: SubgraphId) -> Option<&TypeJoin> {
        self.ty(ty).joins.iter().find(|join| join.subgraph == subgraph)
    }

    pub fn field_join(&self, field: FieldId, subgraph: SubgraphId) -> Option<&FieldJoin> {
        self.field(field).joins.iter().find(|join| join.subgraph == subgraph)
    }

    /// The object types that a value of `ty` can be when `subgraph` answers it.
    pub fn possible_in(&self, ty: TypeId, subgraph: SubgraphId) -> TypeSet {
        let def = self.ty(ty);
        match def.kind {
            TypeKind::Object => def.possible.clone(),
            TypeKind::Interface | TypeKind::Union => {
                match def.possible_in.iter().find(|(known, _)| *known == subgraph) {
                    Some((_, types)) => types.clone(),
                    None => TypeSet::default(),
                }
            }
            TypeKind::Scalar | TypeKind::Enum | TypeKind::Input => TypeSet::default(),
        }
    }

    /// The interfaces and unions are abstract: a value's own type is another.
    pub fn is_abstract(&self, ty: TypeId) -> bool {
        matches!(self.ty(ty).kind, TypeKind::Interface | TypeKind::Union)
    }

    pub fn is_composite(&self, ty: TypeId) -> bool {
        matches!(self.ty(ty).kind, TypeKind::Object | TypeKind::Interface | TypeKind::Union)
    }
}
