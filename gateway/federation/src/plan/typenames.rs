//! Owns the pass that asks `__typename` only where something depends on it. Objects of several types that are read,
//! shown and looked up alike need not say what they are.

use super::query_plan::{FetchEntry, FetchNode, FetchSelection, RepresentationField};
use super::shape::{Content, Projection, ProjectionSource, Shape};
use crate::schema::Id;

pub(super) fn ask_where_needed(shape: &Shape, fetches: &mut [FetchNode]) {
    let mut needed = vec![false; shape.positions.len()];
    for fetch in fetches.iter() {
        mark_selections(&fetch.selection, &mut needed);
        for source in fetch.contexts.iter().flat_map(|value| &value.sources) {
            // The type tells whether an object sets the context, and by which field.
            needed[source.position.index()] = true;
            mark_representation(shape, &source.fields, &mut needed);
        }
        if let FetchEntry::Entities { representations, .. } = &fetch.entry {
            // The type chooses the representation.
            needed[fetch.position.index()] = true;
            representations.iter().for_each(|plan| mark_representation(shape, &plan.fields, &mut needed));
        }
    }
    for projection in shape.projections.iter().filter(|projection| !shows_all_alike(shape, projection)) {
        needed[projection.position.index()] = true;
    }
    fetches.iter_mut().for_each(|fetch| forget(&mut fetch.selection, &needed));
}

/// Marks the positions of which some objects have fields that others do not have.
fn mark_selections(selection: &FetchSelection, needed: &mut [bool]) {
    for field in &selection.fields {
        if !selection.types.is_subset(&field.types) {
            needed[selection.position.index()] = true;
        }
        if let Some(below) = field.content.selection() {
            mark_selections(below, needed);
        }
    }
}

/// Marks the positions of the objects in a representation: what is written of them goes by their types.
fn mark_representation(shape: &Shape, fields: &[RepresentationField], needed: &mut [bool]) {
    for field in fields {
        if let Content::Objects(position) = shape.slots[field.slot.index()].content {
            needed[position.index()] = true;
        }
        mark_representation(shape, &field.fields, needed);
    }
}

/// Whether the client sees objects of all types in the same way, and is not told the types.
fn shows_all_alike(shape: &Shape, projection: &Projection) -> bool {
    let types = &shape.positions[projection.position.index()].types;
    let [class] = &projection.classes[..] else { return false };
    let tells = class.fields.iter().any(|field| matches!(field.source, ProjectionSource::Typename(_)));
    types.is_subset(&class.types) && !(tells && types.len() > 1)
}

fn forget(selection: &mut FetchSelection, needed: &[bool]) {
    selection.typename &= needed[selection.position.index()];
    for field in &mut selection.fields {
        if let Some(below) = field.content.selection_mut() {
            forget(below, needed);
        }
    }
}
