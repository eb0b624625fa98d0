//! Owns what a plan takes in memory, in bytes: a sum over what it holds, for caches that have a bound.
//!
//! Names are counted by their handles, since their texts are mostly the schema's or the operation's.

use super::query_plan::{FetchContent, FetchEntry, FetchNode, FetchSelection, QueryPlan, RepresentationField};
use super::shape::{Content, Leaf, ProjectedField, ProjectionSource, Shape, Slot};
use crate::schema::{Arguments, TypeId, TypeSet};

impl QueryPlan {
    /// What the plan takes in memory, itself included.
    pub fn footprint(&self) -> usize {
        let calls = self.calls.iter().map(|call| size_of_val(call) + size_of_val(&call.fetches[..])).sum::<usize>();
        let fetches = self.trigger.iter().chain(&self.fetches).map(FetchNode::footprint).sum::<usize>();
        size_of_val(self) + calls + fetches + self.shape.heap()
    }
}

impl FetchNode {
    /// What the fetch takes in memory, itself included.
    pub fn footprint(&self) -> usize {
        let entry = match &self.entry {
            FetchEntry::Root(_) => 0,
            FetchEntry::Entities { representations, .. } => {
                representations.iter().map(|plan| size_of_val(plan) + read_from(&plan.fields)).sum::<usize>()
            }
        };
        let contexts = self.contexts.iter().map(|value| {
            let sources = value.sources.iter();
            let sources = sources.map(|source| size_of_val(source) + types(&source.types) + read_from(&source.fields));
            size_of_val(value) + value.ty.len() + value.context.len() + sources.sum::<usize>()
        });
        size_of_val(self) + size_of_val(&self.depends_on[..]) + entry + contexts.sum::<usize>() + asked(&self.selection)
    }
}

fn asked(selection: &FetchSelection) -> usize {
    let fields = selection.fields.iter().map(|field| {
        let content = match &field.content {
            FetchContent::Leaf(leaf) => checked(leaf),
            FetchContent::Objects(selection) => asked(selection),
        };
        let contexts = size_of_val(&field.contexts[..]);
        size_of_val(field) + arguments(&field.arguments) + contexts + types(&field.types) + content
    });
    types(&selection.types) + fields.sum::<usize>()
}

fn read_from(fields: &[RepresentationField]) -> usize {
    fields.iter().map(|field| size_of_val(field) + types(&field.types) + read_from(&field.fields)).sum()
}

impl Shape {
    fn heap(&self) -> usize {
        let positions = self.positions.iter();
        let positions =
            positions.map(|position| size_of_val(position) + types(&position.types) + size_of_val(&position.slots[..]));
        let projections = self.projections.iter().map(|projection| {
            let classes = projection.classes.iter().map(|class| {
                let fields = class.fields.iter().map(ProjectedField::footprint).sum::<usize>();
                size_of_val(class) + types(&class.types) + fields
            });
            size_of_val(projection) + classes.sum::<usize>()
        });
        positions.sum::<usize>() + self.slots.iter().map(Slot::footprint).sum::<usize>() + projections.sum::<usize>()
    }
}

impl Slot {
    fn footprint(&self) -> usize {
        let content = match &self.content {
            Content::Leaf(leaf) => checked(leaf),
            Content::Objects(_) => 0,
        };
        size_of_val(self) + arguments(&self.arguments) + types(&self.types) + content
    }
}

impl ProjectedField {
    fn footprint(&self) -> usize {
        let names = match &self.source {
            ProjectionSource::Typename(names) => {
                names.iter().map(|name| size_of_val(name) + name.1.len()).sum::<usize>()
            }
            ProjectionSource::Leaf(_)
            | ProjectionSource::Objects(..)
            | ProjectionSource::Introspection
            | ProjectionSource::Unshared
            | ProjectionSource::Here(_)
            | ProjectionSource::Denied(_) => 0,
            ProjectionSource::Constant(json) => json.len(),
            ProjectionSource::Viewed(viewed) => size_of_val(&**viewed) + size_of_val(&viewed.lists[..]),
        };
        size_of_val(self) + self.prefix.len() + self.coordinate.len() + names
    }
}

fn checked(leaf: &Leaf) -> usize {
    match leaf {
        Leaf::Enum(values) => size_of_val(&values[..]),
        Leaf::Int | Leaf::Float | Leaf::String | Leaf::Boolean | Leaf::Id | Leaf::Custom => 0,
    }
}

fn arguments(arguments: &Arguments) -> usize {
    arguments.iter().map(|argument| size_of_val(argument) + argument.1.heap()).sum()
}

fn types(types: &TypeSet) -> usize {
    types.len() * size_of::<TypeId>()
}
