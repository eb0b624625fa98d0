//! Owns the condition bits: what `@skip` and `@include` ask, and what the client must be.

use apollo_compiler::ast;

use super::super::bound::{Condition, Premise};
use super::super::error::OperationError;
use super::{Binder, unknown};
use crate::view::Need;

/// As many as fit into a request's condition bits.
const MAX_PREMISES: usize = 64;

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

    pub(super) fn needs(&mut self, needs: &[Need]) -> Result<Box<[u8]>, OperationError> {
        needs.iter().map(|need| self.bit(Premise::Need(need.clone()))).collect()
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
