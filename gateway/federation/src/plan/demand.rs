//! Owns demands: what has to be there at a position, for the client or for a fetch's inputs.
//!
//! Demands overlay the positions of a [`Shape`]: several may want the same slot, and a slot is
//! fetched once for all of them.

use std::collections::HashMap;

use super::shape::{Content, Leaf, Position, PositionId, Shape, Slot, SlotId};
use crate::schema::{
    Arguments, FieldId, FieldSet, FieldSetItem, Id, Model, NameId, TypeId, TypeKind, TypeSet, Wrapping,
};

crate::schema::ids! {
    /// What has to be there at one position.
    DemandId,
}

#[derive(Debug, Clone)]
pub(super) struct Demand {
    pub position: PositionId,
    pub items: Vec<Item>,
    /// Those of the items' slots that the client selects on an interface.
    pub on_interface: Vec<SlotId>,
    /// Whether it has to be known which type each object has, whatever the items are.
    pub typed: bool,
    /// What contexts take of the same objects, where the sources that the items alone would choose cannot give it.
    pub beside: Vec<Item>,
}

impl Demand {
    pub fn new(position: PositionId) -> Self {
        Self { position, items: vec![], on_interface: vec![], typed: false, beside: vec![] }
    }
}

/// The objects that a field set is wanted of: those of `types`, seen as a type that all of them have in common.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Whom {
    pub ty: TypeId,
    pub types: TypeSet,
}

impl Whom {
    pub fn one(ty: TypeId) -> Self {
        Self { ty, types: TypeSet::one(ty) }
    }

    pub fn all(model: &Model, ty: TypeId) -> Self {
        Self { ty, types: model.ty(ty).possible.clone() }
    }
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
    required: HashMap<(PositionId, Whom, FieldSet), DemandId>,
}

impl Demands {
    pub fn get(&self, id: DemandId) -> &Demand {
        &self.list[id.index()]
    }

    /// Wants what another demand does too, of whoever gives the objects. False if that was so.
    pub fn join(&mut self, demand: DemandId, other: DemandId) -> bool {
        let wanted = self.get(other).items.clone();
        let beside = &mut self.list[demand.index()].beside;
        let before = beside.len();
        for item in wanted {
            if !beside.contains(&item) {
                beside.push(item);
            }
        }
        beside.len() > before
    }

    pub fn add(&mut self, demand: Demand) -> DemandId {
        self.list.push(demand);
        DemandId::from_index(self.list.len() - 1)
    }

    /// The demand for a field set on objects at a position. Slots that are not there yet are added.
    pub fn require(
        &mut self,
        model: &Model,
        shape: &mut Shape,
        position: PositionId,
        whom: &Whom,
        fields: &FieldSet,
    ) -> DemandId {
        let key = (position, whom.clone(), fields.clone());
        if let Some(known) = self.required.get(&key) {
            return *known;
        }
        let mut demand = Demand::new(position);
        self.require_items(model, shape, whom, fields, &mut demand);
        let id = self.add(demand);
        self.required.insert(key, id);
        id
    }

    fn require_items(&mut self, model: &Model, shape: &mut Shape, whom: &Whom, fields: &FieldSet, demand: &mut Demand) {
        for item in &fields.items {
            match item {
                FieldSetItem::Typename => demand.typed |= whom.types.len() > 1,
                FieldSetItem::Narrow { ty, selections } => {
                    let types = whom.types.intersect(&model.ty(*ty).possible);
                    demand.typed |= types != whom.types;
                    if !types.is_empty() {
                        self.require_items(model, shape, &Whom { ty: *ty, types }, selections, demand);
                    }
                }
                FieldSetItem::Field { name, arguments, selections } => {
                    for (slot, types, field) in slots_for(model, shape, demand.position, whom, *name, arguments) {
                        let child = match shape.slots[slot.index()].content {
                            Content::Leaf(_) => None,
                            Content::Objects(child) => {
                                let whom = Whom::all(model, model.field(field).base);
                                Some(self.require(model, shape, child, &whom, selections))
                            }
                        };
                        add_item(&mut demand.items, Item { slot, types, child });
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

/// The slots that hold a field of some objects, each with the types that it is for. There is one for all of them, if
/// the slots that are there allow it.
fn slots_for(
    model: &Model,
    shape: &mut Shape,
    position: PositionId,
    whom: &Whom,
    name: NameId,
    arguments: &Arguments,
) -> Vec<(SlotId, TypeSet, FieldId)> {
    let alike = |slot: &SlotId| {
        let slot = &shape.slots[slot.index()];
        slot.name == name && slot.arguments == *arguments
    };
    let known: Vec<SlotId> = shape.positions[position.index()].slots.iter().copied().filter(alike).collect();
    if let Some(field) = model.field_of(whom.ty, name) {
        let wanted = |slot: &SlotId| !shape.slots[slot.index()].types.intersect(&whom.types).is_empty();
        let holders: Vec<SlotId> = known.iter().copied().filter(wanted).collect();
        let def = model.field(field);
        match holders[..] {
            [] => {
                let slot = add_slot(model, shape, position, field, arguments.clone());
                shape.slots[slot.index()].types = whom.types.clone();
                return vec![(slot, whom.types.clone(), field)];
            }
            [slot] if shape.slots[slot.index()].is_like(model, def.wrapping, def.base) => {
                widen(model, shape, slot, whom, field);
                return vec![(slot, whom.types.clone(), field)];
            }
            _ => {}
        }
    }
    let mut slots = vec![];
    for ty in whom.types.iter() {
        let Some(field) = model.field_of(ty, name) else { continue };
        let holder = known.iter().copied().find(|slot| shape.slots[slot.index()].types.contains(ty));
        let slot = holder.unwrap_or_else(|| {
            let slot = add_slot(model, shape, position, field, arguments.clone());
            shape.slots[slot.index()].types = TypeSet::one(ty);
            slot
        });
        slots.push((slot, TypeSet::one(ty), field));
    }
    slots
}

/// Lets a slot hold the field of further types too, which may promise less of it.
fn widen(model: &Model, shape: &mut Shape, slot: SlotId, whom: &Whom, field: FieldId) {
    let slot = &mut shape.slots[slot.index()];
    if whom.types.is_subset(&slot.types) {
        return;
    }
    let def = model.field(field);
    slot.types = slot.types.union(&whom.types);
    slot.wrapping = def.wrapping;
    if let Content::Objects(child) = slot.content {
        let child = &mut shape.positions[child.index()];
        child.types = child.types.union(&model.ty(def.base).possible);
    }
}

impl Slot {
    /// Whether values of this type can be held beside those that are held.
    fn is_like(&self, model: &Model, wrapping: Wrapping, base: TypeId) -> bool {
        self.wrapping.lists() == wrapping.lists()
            && match (&self.content, leaf(model, base)) {
                (Content::Leaf(held), Some(leaf)) => *held == leaf,
                (Content::Objects(_), None) => true,
                (Content::Leaf(_), None) | (Content::Objects(_), Some(_)) => false,
            }
    }
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
            shape.positions.push(Position::new(Some(id), types));
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
