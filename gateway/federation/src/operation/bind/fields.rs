//! Owns a client's fields: what each of them selects in the supergraph.
//!
//! A path of several steps becomes selection sets inside of each other, which the client looks through: `customerName` at
//! `user.name` selects `user { name }`, and has the place of `user` and the value of `name`.

use std::sync::Arc;

use apollo_compiler::Name;
use apollo_compiler::executable as exe;

use super::super::bound::{
    Condition, Field, FieldTarget, FieldView, Fragment, Premise, Selection, SelectionSet, Sight,
};
use super::super::error::OperationError;
use super::{Binder, unknown};
use crate::schema::Arguments;
use crate::view::{FieldMap, FieldSource, Need, ViewMap};

impl Binder<'_> {
    /// A field whose conditions may hold.
    pub(super) fn field(
        &mut self,
        parent: &Name,
        field: &exe::Field,
        conditions: Vec<Condition>,
    ) -> Result<Field, OperationError> {
        let key = field.response_key().clone();
        let of_the_gateway = |target, arguments, empty| Field {
            key: key.clone(),
            target,
            arguments,
            conditions: conditions.clone(),
            selection_set: empty,
            view: None,
        };
        match field.name.as_str() {
            "__typename" => {
                let empty = self.once(SelectionSet::default());
                return Ok(of_the_gateway(FieldTarget::Typename, Arguments::default(), empty));
            }
            "__schema" | "__type" => {
                self.introspects = true;
                let (arguments, empty) = (self.arguments(&field.arguments)?, self.once(SelectionSet::default()));
                return Ok(of_the_gateway(FieldTarget::Introspection, arguments, empty));
            }
            _ => {}
        }
        let unknown_field = || unknown(&format!("{parent}.{}", field.name));
        let Some(view) = &self.client.view else {
            let target = self.client.field_behind(parent, &field.name).ok_or_else(unknown_field)?;
            let selection_set = self.selection_set(&field.selection_set)?;
            let (target, arguments) = (FieldTarget::Field(target), self.arguments(&field.arguments)?);
            return Ok(Field { key, target, arguments, conditions, selection_set, view: None });
        };
        let map = view.fields.get(parent).and_then(|fields| fields.get(&field.name)).ok_or_else(unknown_field)?;
        self.viewed(view, map, field, conditions)
    }

    fn viewed(
        &mut self,
        view: &ViewMap,
        map: &Arc<FieldMap>,
        field: &exe::Field,
        conditions: Vec<Condition>,
    ) -> Result<Field, OperationError> {
        let key = field.response_key().clone();
        let needs = self.needs(&map.needs)?;
        let unmasked = match &map.treatment.mask {
            Some(mask) if !mask.unless.is_empty() => {
                Some(self.bit(Premise::Need(Need::Scopes(Arc::clone(&mask.unless))))?)
            }
            Some(_) | None => None,
        };
        let below = self.selection_set(&field.selection_set)?;
        let seen_as = |step, needs| Some(FieldView { map: Arc::clone(map), step, needs, unmasked });
        let steps = match &map.source {
            FieldSource::Path(steps) => steps,
            FieldSource::Here | FieldSource::Constant(_) => {
                let target = match map.source {
                    FieldSource::Here => FieldTarget::Here,
                    FieldSource::Path(_) | FieldSource::Constant(_) => FieldTarget::Constant,
                };
                let view = seen_as(0, needs);
                return Ok(Field {
                    key,
                    target,
                    arguments: Arguments::default(),
                    conditions,
                    selection_set: below,
                    view,
                });
            }
        };
        let given = self.given(view, map, field)?;
        let mut below = below;
        for (at, step) in steps.iter().enumerate().skip(1).rev() {
            let arguments = self.fill(&step.arguments, &given);
            let selection_set = self.narrowed(step.narrow, below);
            let target = FieldTarget::Field(step.field);
            let view = seen_as(at, Box::default());
            let field = Field { key: key.clone(), target, arguments, conditions: vec![], selection_set, view };
            below = self.once(SelectionSet { selections: vec![Selection::Field(field)], sight: Sight::Through });
        }
        let first = steps.first().ok_or_else(|| unknown(&map.coordinate))?;
        let arguments = self.fill(&first.arguments, &given);
        let selection_set = self.narrowed(first.narrow, below);
        let (target, view) = (FieldTarget::Field(first.field), seen_as(0, needs));
        Ok(Field { key, target, arguments, conditions, selection_set, view })
    }

    /// A selection set for objects of one type alone.
    fn narrowed(&mut self, ty: Option<crate::schema::TypeId>, below: Arc<SelectionSet>) -> Arc<SelectionSet> {
        let Some(ty) = ty else { return below };
        let types = self.client.model.ty(ty).possible.clone();
        let sight = match &below.sight {
            Sight::Named(names) => Sight::Named(names.iter().filter(|(ty, _)| types.contains(*ty)).cloned().collect()),
            Sight::Plain => Sight::Plain,
            Sight::Through => Sight::Through,
        };
        let fragment = Fragment { types: Some(types), conditions: vec![], selection_set: below };
        self.once(SelectionSet { selections: vec![Selection::Fragment(fragment)], sight })
    }
}
