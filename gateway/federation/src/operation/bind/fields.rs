//! Owns a client's fields: what each of them selects in the supergraph.
//!
//! A path of several steps becomes selection sets inside of each other, which the client looks through: `customerName` at
//! `user.name` selects `user { name }`, and has the place of `user` and the value of `name`.

use std::sync::Arc;

use apollo_compiler::Name;
use apollo_compiler::ast::FieldDefinition;
use apollo_compiler::executable as exe;

use super::super::bound::{
    Condition, Field, FieldTarget, FieldView, Fragment, Premise, Selection, SelectionSet, Sight,
};
use super::super::error::OperationError;
use super::{Binder, unknown};
use crate::schema::{Arguments, Need, TypeId};
use crate::view::{FieldMap, FieldSource, ViewMap};

/// A field of an operation, and what it is on the type that it is taken on: a member of an interface can have more
/// arguments.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub field: &'a exe::Field,
    pub definition: &'a FieldDefinition,
}

impl Binder<'_> {
    /// `None` if its conditions never hold.
    pub(super) fn field(&mut self, parent: &Name, field: &exe::Field) -> Result<Option<Selection>, OperationError> {
        let Some(conditions) = self.conditions(&field.directives)? else { return Ok(None) };
        self.demand_types(parent)?;
        let field = match (field.name.as_str(), &self.client.view) {
            ("__typename" | "__schema" | "__type", _) => self.of_the_gateway(field, conditions),
            (_, None) => self.unviewed(parent, field, conditions),
            (name, Some(view)) => {
                let map = view.fields.get(parent).and_then(|fields| fields.get(name));
                let map = map.ok_or_else(|| unknown(&format!("{parent}.{name}")))?;
                let below = self.selection_set(&field.selection_set)?;
                match &map.source {
                    FieldSource::Members(members) => {
                        return self.by_members(view, members, field, conditions, &below).map(Some);
                    }
                    FieldSource::Path(_) | FieldSource::Here | FieldSource::Constant(_) => {
                        self.viewed(view, map, Asked { field, definition: &field.definition }, conditions, below)
                    }
                }
            }
        }?;
        Ok(Some(Selection::Field(field)))
    }

    /// A field of an interface whose members have it from different places: a fragment for each of them.
    fn by_members(
        &mut self,
        view: &ViewMap,
        members: &[(Name, Arc<FieldMap>)],
        field: &exe::Field,
        conditions: Vec<Condition>,
        below: &Arc<SelectionSet>,
    ) -> Result<Selection, OperationError> {
        let mut selections = Vec::with_capacity(members.len());
        for (member, map) in members {
            let definition =
                self.client.schema.type_field(member, &field.name).map_err(|_| unknown(&map.coordinate))?;
            let one = self.viewed(view, map, Asked { field, definition }, vec![], Arc::clone(below))?;
            let ty = view.types.get(member).ok_or_else(|| unknown(member))?;
            let sight = Sight::Named(Arc::clone(&ty.members));
            let selection_set = self.once(SelectionSet { selections: vec![Selection::Field(one)], sight });
            let types = Some(ty.possible.clone());
            selections.push(Selection::Fragment(Fragment { types, conditions: vec![], selection_set }));
        }
        let selection_set = self.once(SelectionSet { selections, sight: Sight::Plain });
        Ok(Selection::Fragment(Fragment { types: None, conditions, selection_set }))
    }

    fn of_the_gateway(&mut self, field: &exe::Field, conditions: Vec<Condition>) -> Result<Field, OperationError> {
        let target = match field.name.as_str() {
            "__typename" => FieldTarget::Typename,
            _ => {
                self.introspects = true;
                FieldTarget::Introspection
            }
        };
        let (key, arguments) = (field.response_key().clone(), self.arguments(&field.arguments)?);
        let selection_set = self.once(SelectionSet::default());
        Ok(Field { key, target, arguments, conditions, selection_set, view: None })
    }

    /// A field that is the supergraph's.
    fn unviewed(
        &mut self,
        parent: &Name,
        field: &exe::Field,
        conditions: Vec<Condition>,
    ) -> Result<Field, OperationError> {
        let asked = self.client.field_behind(parent, &field.name);
        let asked = asked.ok_or_else(|| unknown(&format!("{parent}.{}", field.name)))?;
        self.demand_field(asked)?;
        let target = FieldTarget::Field(asked);
        let selection_set = self.selection_set(&field.selection_set)?;
        let (key, arguments) = (field.response_key().clone(), self.arguments(&field.arguments)?);
        Ok(Field { key, target, arguments, conditions, selection_set, view: None })
    }

    fn viewed(
        &mut self,
        view: &ViewMap,
        map: &Arc<FieldMap>,
        asked: Asked<'_>,
        conditions: Vec<Condition>,
        below: Arc<SelectionSet>,
    ) -> Result<Field, OperationError> {
        let key = asked.field.response_key().clone();
        let needs = self.needs(map)?;
        let unmasked = match &map.treatment.mask {
            Some(mask) if !mask.unless.is_empty() => {
                Some(self.bit(Premise::Need(Need::Scopes(Arc::clone(&mask.unless))))?)
            }
            Some(_) | None => None,
        };
        let seen_as = |step, needs| Some(FieldView { map: Arc::clone(map), step, needs, unmasked });
        let (target, arguments, selection_set) = match &map.source {
            FieldSource::Here => (FieldTarget::Here, Arguments::default(), below),
            FieldSource::Constant(_) => (FieldTarget::Constant, Arguments::default(), below),
            FieldSource::Path(steps) => {
                let (first, rest) = steps.split_first().ok_or_else(|| unknown(&map.coordinate))?;
                let given = self.given(view, map, asked)?;
                let mut below = below;
                for (at, step) in rest.iter().enumerate().rev() {
                    let (target, arguments) = (FieldTarget::Field(step.field), self.fill(&step.arguments, &given));
                    let (selection_set, view) = (self.narrowed(step.narrow, below), seen_as(at + 1, Box::default()));
                    let field = Field { key: key.clone(), target, arguments, conditions: vec![], selection_set, view };
                    let selections = vec![Selection::Field(field)];
                    below = self.once(SelectionSet { selections, sight: Sight::Through });
                }
                let (arguments, below) = (self.fill(&first.arguments, &given), self.narrowed(first.narrow, below));
                (FieldTarget::Field(first.field), arguments, below)
            }
            // Members are objects, which have their fields from one place.
            FieldSource::Members(_) => return Err(unknown(&map.coordinate)),
        };
        Ok(Field { key, target, arguments, conditions, selection_set, view: seen_as(0, needs) })
    }

    /// A selection set for objects of one type alone.
    fn narrowed(&mut self, ty: Option<TypeId>, below: Arc<SelectionSet>) -> Arc<SelectionSet> {
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
