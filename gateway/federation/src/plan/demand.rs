//! Owns demands: what has to be there at a position, for the client or for a fetch's inputs.
//!
//! Demands overlay the positions of a [`Shape`]: several may want the same slot, and a slot is
//! fetched once for all of them.

use std::collections::HashMap;

use super::shape::{Content, Leaf, Position, PositionId, Shape, Slot, SlotId};
use crate::schema::{Arguments, FieldId, FieldSet, FieldSetItem, Id, Model, NameId, TypeId, TypeKind, TypeSet};

crate::schema::ids! {
    /// What has to be there at one position.
    DemandId,
}

#[derive(Debug)]
pub(super) struct Demand {
    pub position: PositionId,
    pub items: Vec<Item>,
}

/// A slot that is wanted for objects of some types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Item {
    pub slot: SlotId,
    pub types: TypeSet,
    /// What is wanted of the objects in it.
    pub child: Option<DemandId>,
}

#[derive(Debug, Default)]
pub(super) struct Demands {
    list: Vec<Demand>,
    required: HashMap<(PositionId, TypeSet, FieldSet), DemandId>,
}

impl Demands {
    pub fn get(&self, id: DemandId) -> &Demand {
        &self.list[id.index()]
    }

    pub fn add(&mut self, demand: Demand) -> DemandId {
        self.list.push(demand);
        DemandId::from_index(self.list.len() - 1)
    }

    /// The demand for a field set on objects of `types` at a position. Slots that are not there yet are added.
    pub fn require(
        &mut self,
        model: &Model,
        shape: &mut Shape,
        position: PositionId,
        types: &TypeSet,
        fields: &FieldSet,
    ) -> DemandId {
        let key = (position, types.clone(), fields.clone());
        if let Some(known) = self.required.get(&key) {
            return *known;
        }
        let mut items = vec![];
        self.require_items(model, shape, position, types, fields, &mut items);
        let id = self.add(Demand { position, items });
        self.required.insert(key, id);
        id
    }

    fn require_items(
        &mut self,
        model: &Model,
        shape: &mut Shape,
        position: PositionId,
        types: &TypeSet,
        fields: &FieldSet,
        items: &mut Vec<Item>,
    ) {
        for item in &fields.items {
            match item {
                FieldSetItem::Typename => {}
                FieldSetItem::Narrow { ty, selections } => {
                    let narrowed = types.intersect(&model.ty(*ty).possible);
                    if !narrowed.is_empty() {
                        self.require_items(model, shape, position, &narrowed, selections, items);
                    }
                }
                FieldSetItem::Field { name, arguments, selections } => {
                    for ty in types.iter() {
                        let Some(field) = model.field_of(ty, *name) else { continue };
                        let slot = slot_for(model, shape, position, ty, *name, field, arguments);
                        let child = match shape.slots[slot.index()].content {
                            Content::Leaf(_) => None,
                            Content::Objects(child) => {
                                let possible = model.ty(model.field(field).base).possible.clone();
                                Some(self.require(model, shape, child, &possible, selections))
                            }
                        };
                        add_item(items, Item { slot, types: TypeSet::one(ty), child });
                    }
                }
            }
        }
    }
}

/// Items that differ only in their types are one.
fn add_item(items: &mut Vec<Item>, item: Item) {
    match items.iter_mut().find(|known| known.slot == item.slot && known.child == item.child) {
        Some(known) => known.types = known.types.union(&item.types),
        None => items.push(item),
    }
}

/// The slot that holds a field of objects of the type `ty`, added if there is none.
fn slot_for(
    model: &Model,
    shape: &mut Shape,
    position: PositionId,
    ty: TypeId,
    name: NameId,
    field: FieldId,
    arguments: &Arguments,
) -> SlotId {
    let slots = &shape.positions[position.index()].slots;
    let known = slots.iter().copied().find(|slot| {
        let slot = &shape.slots[slot.index()];
        slot.name == name && slot.arguments == *arguments && slot.types.contains(ty)
    });
    if let Some(known) = known {
        return known;
    }
    let slot = add_slot(model, shape, position, field, arguments.clone());
    shape.slots[slot.index()].types = TypeSet::one(ty);
    slot
}

/// Adds a slot for a field, with a position under it if it holds objects. Its types are the caller's to fill in.
pub(super) fn add_slot(
    model: &Model,
    shape: &mut Shape,
    position: PositionId,
    field: FieldId,
    arguments: Arguments,
) -> SlotId {
    let def = model.field(field);
    let id = SlotId::from_index(shape.slots.len());
    let content = match leaf(model, def.base) {
        Some(leaf) => Content::Leaf(leaf),
        None => {
            let child = PositionId::from_index(shape.positions.len());
            let types = model.ty(def.base).possible.clone();
            shape.positions.push(Position { parent: Some(id), types, slots: vec![], width: 0 });
            Content::Objects(child)
        }
    };
    let types = TypeSet::default();
    shape.slots.push(Slot { position, index: 0, name: def.name, arguments, types, wrapping: def.wrapping, content });
    shape.positions[position.index()].slots.push(id);
    id
}

/// How a type's values are checked; `None` for one with fields.
fn leaf(model: &Model, ty: TypeId) -> Option<Leaf> {
    let def = model.ty(ty);
    match def.kind {
        TypeKind::Object | TypeKind::Interface | TypeKind::Union => None,
        TypeKind::Enum => Some(Leaf::Enum(def.values.clone())),
        TypeKind::Scalar | TypeKind::Input => Some(match def.name.as_str() {
            "Int" => Leaf::Int,
            "Float" => Leaf::Float,
            "String" => Leaf::String,
            "Boolean" => Leaf::Boolean,
            "ID" => Leaf::Id,
            _ => Leaf::Custom,
        }),
    }
}
