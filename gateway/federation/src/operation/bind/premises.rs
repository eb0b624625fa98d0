//! Owns the condition bits: what `@skip` and `@include` ask, and what the client must be.

use std::collections::{BTreeMap, HashSet};

use apollo_compiler::{Name, ast};

use super::super::bound::{Condition, Premise};
use super::super::error::OperationError;
use super::{Binder, unknown};
use crate::schema::{FieldId, NeedId};
use crate::view::{FieldMap, FieldSource};

/// As many as fit into a request's condition bits.
const MAX_PREMISES: usize = 64;
/// The last of them.
const SHARED: usize = MAX_PREMISES - 1;

/// What the supergraph demands for what is selected.
#[derive(Default)]
pub(super) struct Demanding {
    pub bits: BTreeMap<NeedId, u8>,
    /// Of what was looked at, so that each is looked at once.
    types: HashSet<Name>,
    fields: HashSet<FieldId>,
}

impl Binder<'_> {
    /// The conditions of `@skip` and `@include`; `None` if literals say that the selection is never taken.
    pub(super) fn conditions(
        &mut self,
        directives: &ast::DirectiveList,
    ) -> Result<Option<Vec<Condition>>, OperationError> {
        let mut conditions = vec![];
        for directive in directives.iter() {
            let taken_if = match directive.name.as_str() {
                "skip" => false,
                "include" => true,
                _ => continue,
            };
            match directive.specified_argument_by_name("if").map(|value| &**value) {
                Some(ast::Value::Boolean(value)) if *value == taken_if => {}
                Some(ast::Value::Variable(name)) => {
                    let variable = self.variable(name).ok_or_else(|| unknown(name))?;
                    let bit = self.bit(Premise::Variable(variable))?;
                    conditions.push(Condition { bit, expected: taken_if });
                }
                _ => return Ok(None),
            }
        }
        Ok(Some(conditions))
    }

    /// What a view's field hangs on: what the view demands, and what the supergraph does for each step of the path, so that
    /// none of it is fetched for one who is refused another.
    pub(super) fn needs(&mut self, map: &FieldMap) -> Result<Box<[u8]>, OperationError> {
        let mut bits = vec![];
        let mut add = |bit| {
            if !bits.contains(&bit) {
                bits.push(bit)
            }
        };
        for need in &map.needs {
            add(self.bit(Premise::Need(need.clone()))?);
        }
        let steps = match &map.source {
            FieldSource::Path(steps) => &steps[..],
            FieldSource::Here | FieldSource::Members(_) | FieldSource::Constant(_) => &[],
        };
        for step in steps {
            self.demand_field(step.field)?;
            let client = self.client;
            let model = &client.model;
            let narrowed = step.narrow.into_iter().flat_map(|ty| model.ty(ty).needs.iter());
            for need in model.field(step.field).needs.iter().chain(narrowed) {
                add(self.demand(*need)?);
            }
        }
        Ok(bits.into())
    }

    /// Takes in what the supergraph demands for objects of a client's type: they are looked at by the types that they have.
    pub(super) fn demand_types(&mut self, ty: &Name) -> Result<(), OperationError> {
        if self.client.model.needs().is_empty() || !self.demanding.types.insert(ty.clone()) {
            return Ok(());
        }
        let client = self.client;
        let model = &client.model;
        let types = self.possible(ty)?;
        self.demand_all(types.iter().flat_map(|ty| model.ty(ty).needs.iter()))
    }

    /// Takes in what the supergraph demands for a field, on whichever type.
    pub(super) fn demand_field(&mut self, asked: FieldId) -> Result<(), OperationError> {
        let client = self.client;
        let model = &client.model;
        if model.needs().is_empty() || !self.demanding.fields.insert(asked) {
            return Ok(());
        }
        let def = model.field(asked);
        let on_types = model.ty(def.parent).possible.iter().flat_map(|ty| {
            let field = model.field_of(ty, def.name).into_iter().flat_map(|field| model.field(field).needs.iter());
            model.ty(ty).needs.iter().chain(field)
        });
        self.demand_all(def.needs.iter().chain(on_types))
    }

    fn demand_all<'n>(&mut self, mut needs: impl Iterator<Item = &'n NeedId>) -> Result<(), OperationError> {
        needs.try_for_each(|need| self.demand(*need).map(drop))
    }

    /// The bit of what the supergraph demands.
    fn demand(&mut self, need: NeedId) -> Result<u8, OperationError> {
        if let Some(bit) = self.demanding.bits.get(&need) {
            return Ok(*bit);
        }
        let found = self.client.model.need(need).clone();
        // An interface may have more types than there are bits. What is demanded for the rest of them shares the last one: who is
        // not all of it sees nothing of any.
        let bit = match self.conditions.len() {
            SHARED => self.bit(Premise::All(vec![found]))?,
            _ => match self.conditions.get_mut(SHARED) {
                Some(Premise::All(all)) => {
                    all.push(found);
                    // The cast cannot cut: the bit is below 64.
                    SHARED as u8
                }
                Some(Premise::Need(_) | Premise::Variable(_)) | None => self.bit(Premise::Need(found))?,
            },
        };
        self.demanding.bits.insert(need, bit);
        Ok(bit)
    }

    /// The bit that stands for a premise.
    pub(super) fn bit(&mut self, premise: Premise) -> Result<u8, OperationError> {
        let bit = match self.conditions.iter().position(|known| *known == premise) {
            Some(bit) => bit,
            None => {
                self.conditions.push(premise);
                self.conditions.len() - 1
            }
        };
        if bit >= MAX_PREMISES {
            let message = format!(
                "The operation hangs on more than {MAX_PREMISES} different variables of @skip and @include and demands on who asks."
            );
            return Err(OperationError::new("GRAPHQL_VALIDATION_FAILED", message));
        }
        // The cast cannot cut: the bit is below 64.
        Ok(bit as u8)
    }
}
