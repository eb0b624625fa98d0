//! Owns changes that clients do not see and feel all the same: where values come from, and what becomes of them on the way.

use apollo_compiler::Schema;
use apollo_compiler::schema::ExtendedType;

use super::super::{Coordinate, Facts, Lock, Unseen};
use super::Change;
use crate::view::fields_of;

/// What has changed of what stands in both schemas.
pub fn unseen(old: &Lock, new: &Schema, new_unseen: &Unseen) -> Vec<Change> {
    let none = Facts::default();
    let of_old = old.unseen.iter().map(|(at, facts)| (at, facts, new_unseen.get(at).unwrap_or(&none)));
    let of_new = new_unseen.iter().filter(|(at, _)| old.unseen.get(at).is_none()).map(|(at, facts)| (at, &none, facts));
    let mut found = vec![];
    for (at, old_facts, new_facts) in of_old.chain(of_new) {
        if exists(&old.schema, at) && exists(new, at) {
            compare(at, old_facts, new_facts, &mut found);
        }
    }
    found
}

fn exists(schema: &Schema, at: &Coordinate) -> bool {
    let Some(ty) = schema.types.get(at.type_name()) else { return false };
    match at {
        Coordinate::Type(_) => true,
        Coordinate::Member(_, name) => match ty {
            ExtendedType::Object(_) | ExtendedType::Interface(_) => {
                fields_of(ty).is_some_and(|fields| fields.contains_key(name))
            }
            ExtendedType::Enum(ty) => ty.values.contains_key(name),
            ExtendedType::InputObject(ty) => ty.fields.contains_key(name),
            ExtendedType::Scalar(_) | ExtendedType::Union(_) => false,
        },
        Coordinate::Argument(_, field, name) => fields_of(ty)
            .and_then(|fields| fields.get(field))
            .is_some_and(|field| field.argument_by_name(name).is_some()),
    }
}

fn compare(at: &Coordinate, old: &Facts, new: &Facts, found: &mut Vec<Change>) {
    let mut change = |code, what: String| found.push(Change::dangerous(code, at.clone(), what));
    let (was, is) = (source(at, old), source(at, new));
    if was != is {
        change("TARGET_CHANGED", format!("now comes from {is}, no longer from {was}"));
    }
    match (old.limit, new.limit) {
        (Some(was), Some(is)) if is < was => {
            change("LIMIT_LOWERED", format!("now has at most {is} items, no longer {was}"));
        }
        (None, Some(is)) => change("LIMIT_LOWERED", format!("now has at most {is} items")),
        (Some(_) | None, Some(_) | None) => {}
    }
    if is_stricter(old, new) {
        let what = if old.mask.is_none() { "is now masked" } else { "is now masked for more, or more of it" };
        change("MASK_STRICTER", what.to_owned());
    }
    match (&old.fallback, &new.fallback) {
        (Some(was), Some(is)) if was != is => {
            change("FALLBACK_CHANGED", format!("now falls back as `{is}`, no longer as `{was}`"));
        }
        (Some(_), None) => change("FALLBACK_CHANGED", "no longer has a fallback".to_owned()),
        (None, Some(is)) => change("FALLBACK_CHANGED", format!("now falls back: `{is}`")),
        (Some(_), Some(_)) | (None, None) => {}
    }
    if old.catch_all != new.catch_all {
        let what = if new.catch_all { "now stands" } else { "no longer stands" };
        change("CATCH_ALL_CHANGED", format!("{what} for values that the enum does not have"));
    }
    if old.drop_unknown != new.drop_unknown {
        let what = if new.drop_unknown { "now leaves out" } else { "no longer leaves out, and has null for," };
        change("DROP_UNKNOWN_CHANGED", format!("{what} items of other types"));
    }
    if new.authenticated && !old.authenticated {
        change("ACCESS_NARROWED", "is now only for who is authenticated".to_owned());
    }
    match &new.scopes {
        Some(scopes) if new.scopes != old.scopes => {
            change("ACCESS_NARROWED", format!("now needs the scopes `{scopes}`"));
        }
        Some(_) | None => {}
    }
}

/// Where it comes from, as people are told.
fn source(at: &Coordinate, facts: &Facts) -> String {
    match &facts.constant {
        Some(value) => format!("the constant `{value}`"),
        None => format!("`{}`", facts.from.as_ref().map_or(at.name().as_str(), |from| from.name.as_str())),
    }
}

fn is_stricter(old: &Facts, new: &Facts) -> bool {
    let Some(new) = &new.mask else { return false };
    let Some(old) = &old.mask else { return true };
    // Who has all of the scopes sees the value; where there are none nobody does.
    let fewer_see_it = !old.unless.is_empty() && (new.unless.is_empty() || !new.unless.is_subset(&old.unless));
    new.keep_last < old.keep_last || fewer_see_it
}
