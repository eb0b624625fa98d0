//! Owns what a bound operation takes in memory, in bytes: a sum over what it holds, for caches that have a bound.

use std::collections::HashSet;
use std::sync::Arc;

use super::bound::{BoundOperation, Field, Fragment, Selection, SelectionSet};

impl BoundOperation {
    /// What the operation takes in memory, itself included, but for the document that introspection is answered from.
    pub fn footprint(&self) -> usize {
        let selections = footprint(&self.selection_set, &mut HashSet::new());
        size_of_val(self) + size_of_val(&self.variables[..]) + size_of_val(&self.conditions[..]) + selections
    }
}

/// A selection set that is shared counts once, and is looked at once: spread out it can be exponentially large.
fn footprint(set: &Arc<SelectionSet>, seen: &mut HashSet<*const SelectionSet>) -> usize {
    if !seen.insert(Arc::as_ptr(set)) {
        return 0;
    }
    let selections = set.selections.iter().map(|selection| {
        let (more, below) = match selection {
            Selection::Field(Field { arguments, conditions, selection_set, .. }) => {
                let arguments = arguments.iter().map(|argument| size_of_val(argument) + argument.1.heap());
                (arguments.sum::<usize>() + size_of_val(&conditions[..]), selection_set)
            }
            Selection::Fragment(Fragment { conditions, selection_set, .. }) => {
                (size_of_val(&conditions[..]), selection_set)
            }
        };
        size_of_val(selection) + more + footprint(below, seen)
    });
    size_of_val(&**set) + selections.sum::<usize>()
}
