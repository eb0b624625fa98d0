//! Owns which of a client's types its operations can meet, and on which way.

use std::collections::HashMap;

use apollo_compiler::ast::OperationType;
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::{Name, Schema};

use super::context::fields_of;
use super::read::Places;
use super::types::own;
use crate::diagnostics::Diagnostic;

/// The types that can be met, each with one place that names it.
#[derive(Debug, Default)]
pub(super) struct Uses<'s> {
    outputs: HashMap<&'s str, Name>,
    inputs: HashMap<&'s str, Name>,
}

impl<'s> Uses<'s> {
    pub fn of(schema: &'s Schema) -> Self {
        let mut uses = Self::default();
        let mut waiting: Vec<&'s Name> = vec![];
        for root in [OperationType::Query, OperationType::Mutation, OperationType::Subscription] {
            let Some(root) = schema.root_operation(root) else { continue };
            uses.output(root, &mut waiting);
        }
        while let Some(name) = waiting.pop() {
            let Some(ty) = schema.types.get(name) else { continue };
            for field in fields_of(ty).into_iter().flat_map(|fields| fields.values()) {
                uses.output(field.ty.inner_named_type(), &mut waiting);
                for argument in &field.arguments {
                    uses.input(argument.ty.inner_named_type(), &mut waiting);
                }
            }
            match ty {
                ExtendedType::Object(object) => {
                    object.implements_interfaces.iter().for_each(|name| uses.output(&name.name, &mut waiting));
                }
                ExtendedType::Interface(interface) => {
                    interface.implements_interfaces.iter().for_each(|name| uses.output(&name.name, &mut waiting));
                    let implementors = schema.types.values().filter(|ty| implements(ty, name));
                    implementors.for_each(|ty| uses.output(ty.name(), &mut waiting));
                }
                ExtendedType::Union(union) => {
                    union.members.iter().for_each(|name| uses.output(&name.name, &mut waiting));
                }
                ExtendedType::InputObject(input) => {
                    input.fields.values().for_each(|field| uses.input(field.ty.inner_named_type(), &mut waiting));
                }
                ExtendedType::Scalar(_) | ExtendedType::Enum(_) => {}
            }
        }
        uses
    }

    fn output(&mut self, name: &'s Name, waiting: &mut Vec<&'s Name>) {
        if self.outputs.insert(name, name.clone()).is_none() {
            waiting.push(name);
        }
    }

    fn input(&mut self, name: &'s Name, waiting: &mut Vec<&'s Name>) {
        if self.inputs.insert(name, name.clone()).is_none() {
            waiting.push(name);
        }
    }

    /// A place that gives values of a type to clients.
    pub fn as_output(&self, ty: &str) -> Option<&Name> {
        self.outputs.get(ty)
    }

    /// A place that takes values of a type from clients.
    pub fn as_input(&self, ty: &str) -> Option<&Name> {
        self.inputs.get(ty)
    }

    /// Warns of types that no operation meets.
    pub fn check(&self, schema: &Schema, places: &Places, found: &mut Vec<Diagnostic>) {
        for (name, _) in own(schema).filter(|(name, _)| self.as_output(name).or(self.as_input(name)).is_none()) {
            let message = format!("no field or argument leads to `{name}`");
            let help = "take it out, or give it a field that leads to it";
            found.push(Diagnostic::warning("UNUSED_TYPE", message).at(places.name(name, name), "").help(help));
        }
    }
}

fn implements(ty: &ExtendedType, interface: &Name) -> bool {
    let implemented = match ty {
        ExtendedType::Object(object) => &object.implements_interfaces,
        ExtendedType::Interface(ty) => &ty.implements_interfaces,
        ExtendedType::Scalar(_) | ExtendedType::Union(_) | ExtendedType::Enum(_) | ExtendedType::InputObject(_) => {
            return false;
        }
    };
    implemented.iter().any(|known| known.name == *interface)
}
