//! Owns finding runs: neighbouring fields of a view that look through the same object at its leaves. Where nothing is missing
//! they are written at once, from an object that is found once; so what is flattened costs no more than an object would.

use crate::plan::shape::{
    ProjectedField, Projection, ProjectionClass, ProjectionId, ProjectionKind, ProjectionSource, Shape, SlotId,
    ViewedSource,
};
use crate::schema::{Id, TypeSet};
use crate::view::Treatment;

/// Finds the runs of a shape that has none yet.
pub(super) fn find(shape: &mut Shape) {
    for projection in 0..shape.projections.len() {
        // The field that stands in an object's place is not written for itself.
        if shape.projections[projection].kind == ProjectionKind::Through {
            continue;
        }
        for class in 0..shape.projections[projection].classes.len() {
            let mut fields = std::mem::take(&mut shape.projections[projection].classes[class].fields);
            find_among(&mut fields, shape);
            shape.projections[projection].classes[class].fields = fields;
        }
    }
}

fn find_among(fields: &mut [ProjectedField], shape: &mut Shape) {
    let steps: Vec<Option<Step>> = fields.iter().map(|field| Step::of(field, shape)).collect();
    let mut rest = fields;
    for steps in steps.chunk_by(|a, b| a.as_ref().zip(b.as_ref()).is_some_and(|(a, b)| a.is_same(b))) {
        let (run, others) = rest.split_at_mut(steps.len());
        rest = others;
        let Some(Some(first)) = steps.first() else { continue };
        let mut classes = vec![];
        for (at, (types, _)) in first.classes.iter().enumerate() {
            let beyond = steps.iter().map(|step| step.as_ref()?.classes.get(at)?.1.clone());
            // Where one of the paths does not go on, all are written one by one.
            let mut fields: Vec<ProjectedField> = beyond.collect::<Option<_>>().unwrap_or_default();
            find_among(&mut fields, shape);
            classes.push(ProjectionClass { types: types.clone(), fields });
        }
        if classes.iter().all(|class| class.fields.is_empty()) {
            continue;
        }
        let position = shape.projections[first.through.index()].position;
        let id = ProjectionId::from_index(shape.projections.len());
        shape.projections.push(Projection { position, classes, kind: ProjectionKind::Run });
        if let Some(ProjectedField { source: ProjectionSource::Viewed(viewed), .. }) = run.first_mut() {
            viewed.run = Some(id);
        }
    }
}

/// The first step of a path through objects to a leaf.
struct Step {
    slot: SlotId,
    through: ProjectionId,
    /// By the types of the objects in the slot, what the client's field is for them; `None` where the path does not go on.
    classes: Vec<(TypeSet, Option<ProjectedField>)>,
}

impl Step {
    /// `None` for a field that is no such path.
    fn of(field: &ProjectedField, shape: &Shape) -> Option<Self> {
        let first = step(field)?;
        let through = first.below?;
        let projection = &shape.projections[through.index()];
        if projection.kind != ProjectionKind::Through {
            return None;
        }
        let mut classes = vec![];
        for ProjectionClass { types, fields } in &projection.classes {
            let beyond = match &fields[..] {
                [] => None,
                [next, ..] => Some(beyond(field, &first.treatment, next, shape)?),
            };
            classes.push((types.clone(), beyond));
        }
        Some(Self { slot: first.slot, through, classes })
    }

    fn is_same(&self, other: &Self) -> bool {
        let types = self.classes.iter().map(|(types, _)| types);
        self.slot == other.slot && types.eq(other.classes.iter().map(|(types, _)| types))
    }
}

/// What a client's field is for an object on its path, where `next` is the path's next step; `None` if that leads to no leaf.
fn beyond(
    field: &ProjectedField,
    treatment: &Treatment,
    next: &ProjectedField,
    shape: &Shape,
) -> Option<ProjectedField> {
    let onward = step(next)?;
    let source = match onward.below {
        None if next.promised.is_list() => return None,
        None if *treatment == Treatment::default() => ProjectionSource::Leaf(onward.slot),
        None => viewed(onward, treatment),
        Some(_) => {
            Step::of(next, shape)?;
            viewed(onward, treatment)
        }
    };
    Some(ProjectedField { promised: next.promised, source, ..field.clone() })
}

fn viewed(source: &ViewedSource, treatment: &Treatment) -> ProjectionSource {
    ProjectionSource::Viewed(Box::new(ViewedSource { treatment: treatment.clone(), ..source.clone() }))
}

/// The step that a field begins with, if it has nothing to do with lists.
fn step(field: &ProjectedField) -> Option<&ViewedSource> {
    let ProjectionSource::Viewed(viewed) = &field.source else { return None };
    viewed.lists.is_empty().then_some(&**viewed)
}
