//! Owns changes of the fields of input objects.

use apollo_compiler::Name;
use apollo_compiler::schema::InputObjectType;

use super::super::Coordinate;
use super::arguments::{default, default_changed};
use super::types::nearest;
use super::{Change, compatible};

pub(super) fn compare(ty: &Name, old: &InputObjectType, new: &InputObjectType, found: &mut Vec<Change>) {
    let at = |field: &Name| Coordinate::Member(ty.clone(), field.clone());
    // Who writes one of these objects feels what it must or may leave out.
    let whole = || Coordinate::Type(ty.clone());
    for (name, old_field) in &old.fields {
        match new.fields.get(name) {
            None => {
                let added = new.fields.keys().filter(|name| !old.fields.contains_key(*name));
                let mut change = Change::breaking("INPUT_FIELD_REMOVED", at(name), "removed");
                change.renamed = nearest(name, added).map(|name| at(&name));
                found.push(change);
            }
            Some(new_field) => {
                if !compatible::as_input(&old_field.ty, &new_field.ty) {
                    let what = format!("is now `{}`, no longer `{}`", new_field.ty, old_field.ty);
                    let change = Change::breaking("INPUT_FIELD_TYPE_CHANGED", at(name), what);
                    let is_missed = new_field.is_required() && !old_field.is_required();
                    found.push(if is_missed { change.felt_by(whole()) } else { change });
                } else if new_field.is_required() && !old_field.is_required() {
                    let what = format!("no longer defaults to `{}`", default(old_field));
                    found.push(Change::breaking("INPUT_FIELD_REQUIRED", at(name), what).felt_only_by(whole()));
                } else if default(old_field) != default(new_field) {
                    let what = default_changed(old_field, new_field);
                    found.push(Change::dangerous("DEFAULT_CHANGED", at(name), what).felt_only_by(whole()));
                }
            }
        }
    }
    let added = new.fields.iter().filter(|(name, _)| !old.fields.contains_key(*name));
    for (name, _) in added.filter(|(_, field)| field.is_required()) {
        let change = Change::breaking("REQUIRED_INPUT_FIELD_ADDED", at(name), "added, and must be given");
        found.push(change.felt_only_by(whole()));
    }
}
