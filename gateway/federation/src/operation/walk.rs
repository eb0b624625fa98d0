//! Owns walking through a bound operation: each selection set once, since spread out there can be exponentially many.

use std::collections::HashSet;
use std::sync::Arc;

use super::bound::{BoundOperation, Field, FieldTarget, Fragment, Selection, SelectionSet};
use crate::schema::FieldId;

impl BoundOperation {
    /// The operation's selection sets, in no order that says anything.
    pub(super) fn selection_sets(&self) -> impl Iterator<Item = &SelectionSet> {
        let mut seen = HashSet::from([Arc::as_ptr(&self.selection_set)]);
        let mut waiting = vec![&*self.selection_set];
        std::iter::from_fn(move || {
            let set = waiting.pop()?;
            for selection in &set.selections {
                let (Selection::Field(Field { selection_set, .. })
                | Selection::Fragment(Fragment { selection_set, .. })) = selection;
                if seen.insert(Arc::as_ptr(selection_set)) {
                    waiting.push(selection_set);
                }
            }
            Some(set)
        })
    }

    /// The fields that are selected somewhere, whatever the conditions; those that are in several places, several times.
    pub(crate) fn fields(&self) -> impl Iterator<Item = FieldId> {
        self.selection_sets().flat_map(|set| &set.selections).filter_map(|selection| match selection {
            Selection::Field(Field { target: FieldTarget::Field(field), .. }) => Some(*field),
            Selection::Field(Field {
                target: FieldTarget::Typename | FieldTarget::Introspection | FieldTarget::Here | FieldTarget::Constant,
                ..
            })
            | Selection::Fragment(_) => None,
        })
    }
}
