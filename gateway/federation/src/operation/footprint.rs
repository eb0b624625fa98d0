//! Owns what a bound operation takes in memory, in bytes: a sum over what it holds, for caches that have a bound.

use super::bound::{BoundOperation, Field, Fragment, Selection, SelectionSet};

impl BoundOperation {
    /// What the operation takes in memory, itself included, but for the document that introspection is answered from.
    pub fn footprint(&self) -> usize {
        let selections = self.selection_sets().map(SelectionSet::footprint).sum::<usize>();
        size_of_val(self)
            + size_of_val(&self.variables[..])
            + size_of_val(&self.conditions[..])
            + size_of_val(&self.demanded[..])
            + selections
    }
}

impl SelectionSet {
    /// Without the sets below it, which may be shared.
    fn footprint(&self) -> usize {
        let selections = self.selections.iter().map(|selection| {
            let more = match selection {
                Selection::Field(Field { arguments, conditions, .. }) => {
                    let arguments = arguments.iter().map(|argument| size_of_val(argument) + argument.1.heap());
                    arguments.sum::<usize>() + size_of_val(&conditions[..])
                }
                Selection::Fragment(Fragment { conditions, .. }) => size_of_val(&conditions[..]),
            };
            size_of_val(selection) + more
        });
        size_of_val(self) + selections.sum::<usize>()
    }
}
