//! Owns changes of fields' arguments.

use apollo_compiler::Name;
use apollo_compiler::ast::{FieldDefinition, InputValueDefinition};

use super::super::Coordinate;
use super::types::nearest;
use super::{Change, compatible};

pub(super) fn compare(ty: &Name, old: &FieldDefinition, new: &FieldDefinition, found: &mut Vec<Change>) {
    let at = |argument: &Name| Coordinate::Argument(ty.clone(), old.name.clone(), argument.clone());
    let field = || Coordinate::Member(ty.clone(), old.name.clone());
    for old_argument in &old.arguments {
        let name = &old_argument.name;
        match new.argument_by_name(name) {
            None => {
                let added = new.arguments.iter().map(|argument| &argument.name);
                let added = added.filter(|name| old.argument_by_name(name).is_none());
                let mut change = Change::breaking("ARGUMENT_REMOVED", at(name), "removed");
                change.renamed = nearest(name, added).map(|name| at(&name));
                found.push(change);
            }
            Some(new_argument) => {
                if !compatible::as_input(&old_argument.ty, &new_argument.ty) {
                    let what = format!("is now `{}`, no longer `{}`", new_argument.ty, old_argument.ty);
                    let change = Change::breaking("ARGUMENT_TYPE_CHANGED", at(name), what);
                    let is_missed = new_argument.is_required() && !old_argument.is_required();
                    found.push(if is_missed { change.felt_by(field()) } else { change });
                } else if new_argument.is_required() && !old_argument.is_required() {
                    let what = format!("no longer defaults to `{}`", default(old_argument));
                    found.push(Change::breaking("ARGUMENT_REQUIRED", at(name), what).felt_only_by(field()));
                } else if default(old_argument) != default(new_argument) {
                    let what = default_changed(old_argument, new_argument);
                    found.push(Change::dangerous("DEFAULT_CHANGED", at(name), what).felt_only_by(field()));
                }
            }
        }
    }
    let added = new.arguments.iter().filter(|argument| old.argument_by_name(&argument.name).is_none());
    for argument in added.filter(|argument| argument.is_required()) {
        let change = Change::breaking("REQUIRED_ARGUMENT_ADDED", at(&argument.name), "added, and must be given");
        found.push(change.felt_only_by(field()));
    }
}

/// As it is written; one that is null is as good as none.
pub(super) fn default(input: &InputValueDefinition) -> String {
    match &input.default_value {
        Some(value) => value.serialize().no_indent().to_string(),
        None => "null".to_owned(),
    }
}

pub(super) fn default_changed(old: &InputValueDefinition, new: &InputValueDefinition) -> String {
    match (&old.default_value, &new.default_value) {
        (Some(_), None) => format!("no longer defaults to `{}`", default(old)),
        (None, Some(_)) => format!("now defaults to `{}`", default(new)),
        (Some(_), Some(_)) | (None, None) => {
            format!("now defaults to `{}`, no longer to `{}`", default(new), default(old))
        }
    }
}
