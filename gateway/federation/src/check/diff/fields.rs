//! Owns changes of the fields of objects and interfaces.

use apollo_compiler::Name;
use apollo_compiler::ast::FieldDefinition;
use apollo_compiler::collections::IndexMap;
use apollo_compiler::schema::Component;

use super::super::Coordinate;
use super::types::nearest;
use super::{Change, arguments, compatible};

type Fields = IndexMap<Name, Component<FieldDefinition>>;

pub(super) fn compare(ty: &Name, old: &Fields, new: &Fields, found: &mut Vec<Change>) {
    for (name, old_field) in old {
        let at = Coordinate::Member(ty.clone(), name.clone());
        match new.get(name) {
            None => {
                let mut change = Change::breaking("FIELD_REMOVED", at, "removed");
                change.renamed = renamed(name, old_field, old, new).map(|name| Coordinate::Member(ty.clone(), name));
                found.push(change);
            }
            Some(new_field) => {
                if !compatible::as_output(&old_field.ty, &new_field.ty) {
                    let what = format!("is now `{}`, no longer `{}`", new_field.ty, old_field.ty);
                    found.push(Change::breaking("FIELD_TYPE_CHANGED", at.clone(), what));
                }
                arguments::compare(ty, old_field, new_field, found);
            }
        }
    }
}

/// What a field may be called now: a new one with a name like it, or the only new one of its type if it is the only one of it that
/// has gone.
fn renamed(name: &Name, gone: &FieldDefinition, old: &Fields, new: &Fields) -> Option<Name> {
    let added = || new.iter().filter(|(name, _)| !old.contains_key(*name));
    nearest(name, added().map(|(name, _)| name)).or_else(|| {
        let alike = |field: &FieldDefinition| field.ty == gone.ty;
        let is_only = old.iter().filter(|(name, field)| !new.contains_key(*name) && alike(field)).count() == 1;
        let mut candidates = added().filter(|(_, field)| alike(field));
        let candidate = candidates.next().filter(|_| is_only && candidates.next().is_none());
        candidate.map(|(name, _)| name.clone())
    })
}
