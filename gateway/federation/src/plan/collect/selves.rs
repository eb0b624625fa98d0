//! Owns the bound on how often an answer has one object again: where a view's field is the object that it is on (`"."`), it costs
//! nothing to ask for, and each nesting multiplies what is written.

use super::View;
use super::entries::{Class, child_view};
use super::same;
use crate::plan::error::PlanError;

/// How often an object may be in itself, counted through all fields that are nested in one another. Groups of fields, which such
/// fields are for, are few.
const MAX_SELVES: usize = 50;

/// Looks through the views of one position, each with what it collects for the types of the objects.
pub(super) fn check(views: &[View<'_>], classes: &[Vec<Class<'_>>]) -> Result<(), PlanError> {
    let mut counting = Counting { views, classes, counts: vec![None; views.len()] };
    for (view, collected) in classes.iter().enumerate() {
        if counting.of(view) > MAX_SELVES {
            let mut entries = collected.iter().flat_map(|class| &class.entries);
            let key = entries.find(|entry| entry.is_here()).map_or("", |entry| entry.key.as_str());
            let what =
                format!("it has an object in itself more than {MAX_SELVES} times, by \"{key}\" and what is in it");
            return Err(PlanError::too_complex(what));
        }
    }
    Ok(())
}

struct Counting<'v, 'o> {
    views: &'v [View<'o>],
    classes: &'v [Vec<Class<'o>>],
    counts: Vec<Option<usize>>,
}

impl Counting<'_, '_> {
    /// How often a view has its object in itself, for the types of which it has it most. Selection sets end, and so does this; it is
    /// as deep as the operation.
    fn of(&mut self, view: usize) -> usize {
        if let Some(count) = self.counts[view] {
            return count;
        }
        let (views, classes) = (self.views, self.classes);
        let count = classes[view].iter().map(|class| {
            let below = class.entries.iter().filter(|entry| entry.is_here()).map(child_view);
            let places = below.filter_map(|below| views.iter().position(|known| same(known, &below)));
            places.fold(0usize, |count, below| count.saturating_add(1).saturating_add(self.of(below)))
        });
        let count = count.max().unwrap_or_default();
        self.counts[view] = Some(count);
        count
    }
}
