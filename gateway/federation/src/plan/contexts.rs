//! Owns where contextual arguments get their values: the positions around a field whose objects set the context.

use std::collections::BTreeSet;

use super::graph::ContextId;
use super::shape::{PositionId, Shape};
use crate::schema::{Id, TypeSet};

/// Contexts that are set around the objects of a position.
pub(super) type SetContexts = BTreeSet<ContextId>;

/// A position around others, and those of its objects that set a context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Setter {
    pub position: PositionId,
    /// The types of the objects on the way to the position below.
    pub on_path: TypeSet,
    /// Those of them that set the context.
    pub types: TypeSet,
}

/// The positions whose objects set a context for those at `position`, from the nearest on; the objects themselves do not
/// count. `None` if some objects may be in none that does.
pub(super) fn setters(shape: &Shape, position: PositionId, types: &TypeSet) -> Option<Vec<Setter>> {
    let mut found = vec![];
    for (position, on_path) in around(shape, position) {
        let setting = on_path.intersect(types);
        let all_set = setting.len() == on_path.len();
        if !setting.is_empty() {
            found.push(Setter { position, on_path, types: setting });
        }
        if all_set {
            return Some(found);
        }
    }
    None
}

/// The positions around one, from the nearest on, each with the types of the objects on the way.
pub(super) fn around(shape: &Shape, position: PositionId) -> impl Iterator<Item = (PositionId, TypeSet)> + '_ {
    let up = |position: PositionId| {
        let slot = &shape.slots[shape.positions[position.index()].parent?.index()];
        Some((slot.position, slot.types.clone()))
    };
    std::iter::successors(up(position), move |(position, _)| up(*position))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::shape::{Content, Position, ROOT, Slot, SlotId};
    use crate::schema::{NameId, TypeId, Wrapping};

    fn types(ids: &[u32]) -> TypeSet {
        ids.iter().map(|id| TypeId(*id)).collect()
    }

    /// Positions in each other; the objects of each that lead to the next have these types.
    fn chain(levels: &[&[u32]]) -> (Shape, PositionId) {
        let mut shape = Shape::default();
        let position = |parent| Position::new(parent, TypeSet::default());
        shape.positions.push(position(None));
        for (at, level) in levels.iter().enumerate() {
            let below = PositionId::from_index(at + 1);
            shape.slots.push(Slot {
                position: PositionId::from_index(at),
                index: 0,
                name: NameId(0),
                arguments: [].into(),
                types: types(level),
                wrapping: Wrapping::default(),
                content: Content::Objects(below),
            });
            shape.positions.push(position(Some(SlotId::from_index(at))));
        }
        (shape, PositionId::from_index(levels.len()))
    }

    #[test]
    fn the_nearest_objects_that_set_a_context_count() {
        // The types on the way down from the root, those that set the context, and the levels that count.
        type Case<'a> = (&'a str, &'a [&'a [u32]], &'a [u32], Option<&'a [u32]>);
        let cases: &[Case<'_>] = &[
            ("nobody", &[&[0], &[1]], &[2], None),
            ("the root's own objects", &[], &[0], None),
            ("the root", &[&[0], &[1]], &[0], Some(&[0])),
            ("the nearest", &[&[0], &[1], &[1]], &[1], Some(&[2])),
            ("some of the nearest, then further out", &[&[0], &[1], &[1, 2]], &[1], Some(&[2, 1])),
            ("some, and nobody further out", &[&[0], &[3], &[1, 2]], &[1], None),
            ("members that all set it", &[&[0], &[1, 2]], &[1, 2], Some(&[1])),
        ];
        for (name, levels, setting, expected) in cases {
            let (shape, position) = chain(levels);
            let found = setters(&shape, position, &types(setting));
            let found = found.map(|found| found.iter().map(|setter| setter.position.0).collect::<Vec<u32>>());
            assert_eq!(found.as_deref(), *expected, "{name}");
            assert!(position != ROOT || found.is_none(), "{name}");
        }
    }
}
