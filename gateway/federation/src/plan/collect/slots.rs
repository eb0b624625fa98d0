//! Owns which slots a position has: a field is in one slot for all the types and views that want the same of it.

use std::collections::HashMap;
use std::sync::Arc;

use super::entries::{Call, Class, Target, child_view, entries_of};
use super::{Collector, View, same};
use crate::operation::SelectionSet;
use crate::plan::demand::add_slot;
use crate::plan::shape::{PositionId, ProjectionId, SlotId};
use crate::schema::{Arguments, FieldId, NameId, TypeId, TypeSet, Wrapping};

/// What tells slots of one position apart. The pointers are those of the child selection sets.
#[derive(PartialEq, Eq, Hash)]
struct SlotKey<'o> {
    call: Option<Call<'o>>,
    name: NameId,
    arguments: &'o Arguments,
    wrapping: Wrapping,
    leaf: Option<TypeId>,
    children: Vec<Vec<*const SelectionSet>>,
}

/// A slot while its position is collected.
pub(super) struct Gathered<'o> {
    pub slot: SlotId,
    pub types: Vec<TypeId>,
    pub views: Vec<View<'o>>,
    pub projections: Vec<ProjectionId>,
    /// Selected on an interface, by one of the views at least.
    pub is_on_interface: bool,
}

/// Which gathered slot holds a field of a type. The last part tells calls of their own apart.
pub(super) type SlotOf<'o> = HashMap<(TypeId, NameId, &'o Arguments, Option<Call<'o>>), usize>;

impl<'o> Collector<'o> {
    /// The slots that the views need, and which slot each type's field is in.
    pub(super) fn slots(
        &mut self,
        position: PositionId,
        types: &TypeSet,
        views: &[View<'o>],
        classes: &[Vec<Class<'o>>],
    ) -> (Vec<Gathered<'o>>, SlotOf<'o>) {
        let mut gathered: Vec<Gathered<'o>> = vec![];
        let mut known: HashMap<SlotKey<'o>, usize> = HashMap::new();
        let mut by_field = HashMap::new();
        for ty in types.iter() {
            // What all views together want of each field of this type, in the order of the first view that does.
            let mut wanted: Vec<(FieldId, Target<'o>, Vec<View<'o>>, bool)> = vec![];
            let mut places: HashMap<(NameId, &'o Arguments, Option<Call<'o>>), usize> = HashMap::new();
            for entry in entries_of(ty, views, classes) {
                let Target::Field { name, arguments, call, .. } = entry.target else { continue };
                // The class was collected for a type like this one; the field's own definition is this type's.
                let Some(field) = self.model.field_of(ty, name) else { continue };
                let at = *places.entry((name, arguments, call)).or_insert_with(|| {
                    wanted.push((field, entry.target, vec![], false));
                    wanted.len() - 1
                });
                let view = child_view(entry);
                wanted[at].3 |= entry.nodes.iter().any(|node| self.is_on_interface(node));
                if !view.is_empty() && !wanted[at].2.iter().any(|known| same(known, &view)) {
                    wanted[at].2.push(view);
                }
            }
            for (field, target, views, is_on_interface) in wanted {
                let Target::Field { name, wrapping, leaf, arguments, call, .. } = target else { continue };
                let children =
                    views.iter().map(|view| view.iter().map(|set| std::ptr::from_ref(*set)).collect()).collect();
                let key = SlotKey { call, name, arguments, wrapping, leaf, children };
                let at = *known.entry(key).or_insert_with(|| {
                    let slot = add_slot(self.model, &mut self.shape, position, field, Arc::clone(arguments));
                    gathered.push(Gathered { slot, types: vec![], views, projections: vec![], is_on_interface: false });
                    gathered.len() - 1
                });
                gathered[at].types.push(ty);
                gathered[at].is_on_interface |= is_on_interface;
                by_field.insert((ty, name, arguments, call), at);
            }
        }
        (gathered, by_field)
    }
}

/// Splits a class whose types keep the same field in different slots, because another view wants more of some.
pub(super) fn split_by_slots<'o>(class: Class<'o>, by_field: &SlotOf<'o>) -> Vec<Class<'o>> {
    let mut split: Vec<(Vec<Option<usize>>, Class<'o>)> = vec![];
    for ty in class.types {
        let slots = class.entries.iter().map(|entry| match entry.target {
            Target::Field { name, arguments, call, .. } => by_field.get(&(ty, name, arguments, call)).copied(),
            Target::Typename
            | Target::Introspection
            | Target::Unshared { .. }
            | Target::Here
            | Target::Constant
            | Target::Denied { .. } => None,
        });
        let slots: Vec<Option<usize>> = slots.collect();
        match split.iter_mut().find(|(known, _)| *known == slots) {
            Some((_, class)) => class.types.push(ty),
            None => split.push((slots, Class { types: vec![ty], entries: class.entries.clone() })),
        }
    }
    split.into_iter().map(|(_, class)| class).collect()
}
