//! Owns the projections of a position: where in its slots a view's fields are read, and what becomes of them.

use std::sync::Arc;

use super::entries::{Class, Entry, Target, child_view};
use super::slots::{Gathered, SlotOf};
use super::{Collector, View, same};
use crate::operation::{Premise, Sight};
use crate::plan::error::PlanError;
use crate::plan::shape::{ProjectedField, ProjectionClass, ProjectionId, ProjectionSource, SlotId, ViewedSource};
use crate::schema::{Id, TypeSet, Wrapping, write_json_string};
use crate::view::{FieldSource, Treatment, TypeNames};

/// What the projections of a position are made of.
pub(super) struct Here<'v, 'o> {
    /// The names of its types.
    pub names: &'v TypeNames,
    pub views: &'v [View<'o>],
    /// The place of the first one.
    pub first: usize,
}

impl<'o> Collector<'o> {
    pub(super) fn project(
        &self,
        class: Class<'o>,
        here: &Here<'_, 'o>,
        gathered: &[Gathered<'o>],
        by_field: &SlotOf<'o>,
    ) -> Result<ProjectionClass, PlanError> {
        let mut fields = Vec::with_capacity(class.entries.len());
        let first = class.types.first().copied();
        for entry in &class.entries {
            let mut prefix = String::from(if fields.is_empty() { '{' } else { ',' });
            write_json_string(entry.key, &mut prefix);
            prefix.push(':');
            let (wrapping, source, name) = match &entry.target {
                Target::Typename => {
                    (Wrapping::NON_NULL, ProjectionSource::Typename(Arc::clone(here.names)), "__typename")
                }
                Target::Introspection => (Wrapping::default(), ProjectionSource::Introspection, entry.key.as_str()),
                Target::Unshared { name, wrapping } => {
                    (*wrapping, ProjectionSource::Unshared, self.model.name(*name).as_str())
                }
                Target::Here => {
                    let view = child_view(entry);
                    let at =
                        here.views.iter().position(|known| same(known, &view)).ok_or_else(|| inconsistent(entry))?;
                    let below = ProjectionId::from_index(here.first + at);
                    (Wrapping::NON_NULL, ProjectionSource::Here(below), entry.key.as_str())
                }
                Target::Constant => (Wrapping::default(), self.constant(entry)?, entry.key.as_str()),
                Target::Denied { premise, wrapping, name } => {
                    let name = name.map_or("__typename", |name| self.model.name(name).as_str());
                    (*wrapping, self.refused(*premise, entry)?, name)
                }
                Target::Field { name, wrapping, arguments, call, .. } => {
                    let Some(at) = first.and_then(|ty| by_field.get(&(ty, *name, *arguments, *call))) else { continue };
                    let slot = &gathered[*at];
                    let view = child_view(entry);
                    let below = slot.views.iter().position(|known| same(known, &view)).map(|at| slot.projections[at]);
                    (*wrapping, self.slot_source(entry, slot.slot, below), self.model.name(*name).as_str())
                }
            };
            let view = entry.nodes.first().and_then(|node| node.view.as_ref());
            let promised = wrapping;
            let (wrapping, coordinate) = match (view, first) {
                (Some(view), _) => (view.map.wrapping, view.map.coordinate.clone()),
                (None, Some(ty)) => (wrapping, format!("{}.{name}", self.model.type_name(ty)).into()),
                (None, None) => (wrapping, name.into()),
            };
            let (key, prefix) = (entry.key.clone(), prefix.into());
            fields.push(ProjectedField { key, prefix, wrapping, promised, source, coordinate });
        }
        Ok(ProjectionClass { types: class.types.into_iter().collect(), fields })
    }

    fn constant(&self, entry: &Entry<'o>) -> Result<ProjectionSource, PlanError> {
        match entry.nodes.first().and_then(|node| node.view.as_ref()).map(|view| &view.map.source) {
            Some(FieldSource::Constant(json)) => Ok(ProjectionSource::Constant(json.clone())),
            Some(FieldSource::Path(_) | FieldSource::Here | FieldSource::Members(_)) | None => Err(inconsistent(entry)),
        }
    }

    /// What is asked of nobody, for want of what the premise demands.
    fn refused(&self, premise: usize, entry: &Entry<'o>) -> Result<ProjectionSource, PlanError> {
        let need = match self.premises.get(premise) {
            Some(Premise::Need(need)) => Some(need),
            // Which of them is missing is not known here.
            Some(Premise::All(needs)) => needs.first(),
            Some(Premise::Variable(_)) | None => None,
        };
        need.map(|need| ProjectionSource::Denied(need.clone())).ok_or_else(|| inconsistent(entry))
    }

    /// What is read from a slot.
    fn slot_source(&self, entry: &Entry<'o>, slot: SlotId, below: Option<ProjectionId>) -> ProjectionSource {
        let plain = || match below {
            Some(below) => ProjectionSource::Objects(slot, below),
            None => ProjectionSource::Leaf(slot),
        };
        let Some(node) = entry.nodes.first() else { return plain() };
        let Some(view) = &node.view else { return plain() };
        let FieldSource::Path(steps) = &view.map.source else { return plain() };
        let Some(step) = steps.get(view.step) else { return plain() };
        let mut treatment = if view.step == 0 { view.map.treatment.clone() } else { Treatment::default() };
        if view.unmasked.is_some_and(|bit| self.bits >> bit & 1 == 1) {
            treatment.mask = None;
        }
        let is_through = matches!(node.selection_set.sight, Sight::Through);
        // Who looks through an object finds a source of this kind.
        if view.step == 0 && !is_through && step.lists.is_empty() && treatment == Treatment::default() {
            return plain();
        }
        let lists = step.lists.iter().copied().collect();
        ProjectionSource::Viewed(Box::new(ViewedSource { slot, below, lists, treatment, run: None }))
    }

    /// The names of types, as JSON strings.
    pub(super) fn typenames(&self, types: &TypeSet) -> TypeNames {
        let name = |ty| {
            let mut json = String::new();
            write_json_string(self.model.type_name(ty), &mut json);
            (ty, json.into_boxed_str())
        };
        types.iter().map(name).collect()
    }
}

/// A mistake of ours: what was bound does not fit together.
fn inconsistent(entry: &Entry<'_>) -> PlanError {
    PlanError::internal(format!("the view of the field \"{}\" does not fit its operation", entry.key))
}

pub(super) fn shows_typename(class: &ProjectionClass) -> bool {
    class.fields.iter().any(|field| matches!(field.source, ProjectionSource::Typename(_)))
}
