//! Owns changes of enums' values: what clients can no longer write, and what they have never been given before.

use apollo_compiler::Name;
use apollo_compiler::schema::EnumType;

use super::super::Coordinate;
use super::types::nearest;
use super::{Change, Sides};

pub(super) fn compare(sides: &Sides<'_>, ty: &Name, old: &EnumType, new: &EnumType, found: &mut Vec<Change>) {
    let at = |value: &Name| Coordinate::Member(ty.clone(), value.clone());
    let added = || new.values.keys().filter(|value| !old.values.contains_key(*value));
    // Who is never given a value again misses nothing.
    if sides.old_use.is_taken(ty) {
        for gone in old.values.keys().filter(|value| !new.values.contains_key(*value)) {
            let mut change = Change::breaking("ENUM_VALUE_REMOVED", at(gone), "removed");
            change.renamed = nearest(gone, added()).map(|value| at(&value));
            found.push(change);
        }
    }
    if sides.new_use.is_given(ty) {
        for value in added() {
            let change = Change::dangerous("ENUM_VALUE_ADDED", at(value), "added");
            found.push(change.felt_only_by(Coordinate::Type(ty.clone())));
        }
    }
}
