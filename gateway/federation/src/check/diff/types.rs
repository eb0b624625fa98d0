//! Owns changes of whole types: those that go, become something else, or are no longer what others take them for.

use apollo_compiler::Name;
use apollo_compiler::ast::OperationType;
use apollo_compiler::schema::{ExtendedType, UnionType};

use super::super::Coordinate;
use super::{Change, Sides, enums, fields, inputs};
use crate::suggest::closest;
use crate::view::{interfaces_of, kind};

pub(super) fn compare(sides: &Sides<'_>, found: &mut Vec<Change>) {
    for (name, old) in sides.old.types.iter().filter(|(_, ty)| !ty.is_built_in()) {
        match sides.new.types.get(name) {
            Some(new) => compare_type(sides, name, old, new, found),
            None => found.push(removed(sides, name, old)),
        }
    }
    for root in [OperationType::Query, OperationType::Mutation, OperationType::Subscription] {
        let (Some(old), None) = (sides.old.root_operation(root), sides.new.root_operation(root)) else { continue };
        // The type's own removal is told already.
        if sides.new.types.contains_key(old) {
            let what = format!("is no longer where a {root} begins");
            found.push(Change::breaking("ROOT_REMOVED", Coordinate::Type(old.clone()), what));
        }
    }
}

fn removed(sides: &Sides<'_>, name: &Name, old: &ExtendedType) -> Change {
    let is_candidate =
        |(name, ty): &(&Name, &ExtendedType)| kind(ty) == kind(old) && !sides.old.types.contains_key(*name);
    let added = sides.new.types.iter().filter(is_candidate).map(|(name, _)| name);
    let mut change = Change::breaking("TYPE_REMOVED", Coordinate::Type(name.clone()), "removed");
    change.renamed = nearest(name, added).map(Coordinate::Type);
    change
}

/// The name that is nearest to one that has gone.
pub(super) fn nearest<'a>(gone: &str, added: impl Iterator<Item = &'a Name>) -> Option<Name> {
    let added: Vec<&Name> = added.collect();
    let near = closest(gone, added.iter().map(|name| name.as_str()))?;
    added.into_iter().find(|name| *name == near).cloned()
}

fn compare_type(sides: &Sides<'_>, name: &Name, old: &ExtendedType, new: &ExtendedType, found: &mut Vec<Change>) {
    match (old, new) {
        (ExtendedType::Scalar(_), ExtendedType::Scalar(_)) => {}
        (ExtendedType::Object(old_object), ExtendedType::Object(new_object)) => {
            interfaces(name, old, new, found);
            fields::compare(name, &old_object.fields, &new_object.fields, found);
        }
        (ExtendedType::Interface(old_interface), ExtendedType::Interface(new_interface)) => {
            interfaces(name, old, new, found);
            implementors(sides, name, found);
            fields::compare(name, &old_interface.fields, &new_interface.fields, found);
        }
        (ExtendedType::Union(old), ExtendedType::Union(new)) => members(name, old, new, found),
        (ExtendedType::Enum(old), ExtendedType::Enum(new)) => enums::compare(sides, name, old, new, found),
        (ExtendedType::InputObject(old), ExtendedType::InputObject(new)) => inputs::compare(name, old, new, found),
        (
            ExtendedType::Scalar(_)
            | ExtendedType::Object(_)
            | ExtendedType::Interface(_)
            | ExtendedType::Union(_)
            | ExtendedType::Enum(_)
            | ExtendedType::InputObject(_),
            _,
        ) => {
            let what = format!("is now {}, no longer {}", kind(new), kind(old));
            found.push(Change::breaking("TYPE_KIND_CHANGED", Coordinate::Type(name.clone()), what));
        }
    }
}

fn interfaces(name: &Name, old: &ExtendedType, new: &ExtendedType, found: &mut Vec<Change>) {
    let kept = interfaces_of(new);
    for gone in interfaces_of(old).into_iter().filter(|interface| !kept.contains(interface)) {
        let what = format!("no longer implements {gone}");
        found.push(Change::breaking("IMPLEMENTATION_REMOVED", Coordinate::Type(name.clone()), what));
    }
}

/// Objects that an interface can newly be.
fn implementors(sides: &Sides<'_>, name: &Name, found: &mut Vec<Change>) {
    let is_one = |ty: &ExtendedType| ty.is_object() && interfaces_of(ty).contains(name);
    for new in sides.new.types.values().filter(|ty| is_one(ty)) {
        if !sides.old.types.get(new.name()).is_some_and(is_one) {
            let what = format!("can now be {}", new.name());
            found.push(Change::dangerous("IMPLEMENTATION_ADDED", Coordinate::Type(name.clone()), what));
        }
    }
}

fn members(name: &Name, old: &UnionType, new: &UnionType, found: &mut Vec<Change>) {
    let at = || Coordinate::Type(name.clone());
    for gone in old.members.iter().filter(|member| !new.members.contains(member.name.as_str())) {
        let what = format!("can no longer be {}", gone.name);
        let change = Change::breaking("UNION_MEMBER_REMOVED", at(), what);
        found.push(change.felt_only_by(Coordinate::Type(gone.name.clone())));
    }
    for added in new.members.iter().filter(|member| !old.members.contains(member.name.as_str())) {
        found.push(Change::dangerous("UNION_MEMBER_ADDED", at(), format!("can now be {}", added.name)));
    }
}
