//! Owns which interfaces the types that a wildcard completes have: those of the supergraph's type whose fields they have.
//!
//! What is written may leave out or loosen a field that an interface promises; then the type is none of the interface.

use std::collections::HashSet;

use apollo_compiler::ast::{FieldDefinition, Type};
use apollo_compiler::collections::IndexSet;
use apollo_compiler::schema::{ComponentName, ExtendedType};
use apollo_compiler::{Name, Schema};

use super::context::{Api, fields_of};
use super::directives::From;
use super::types::own;

/// The interfaces that a type says it has.
pub(crate) fn of(ty: &ExtendedType) -> Vec<Name> {
    let interfaces = match ty {
        ExtendedType::Object(object) => &object.implements_interfaces,
        ExtendedType::Interface(interface) => &interface.implements_interfaces,
        ExtendedType::Scalar(_) | ExtendedType::Union(_) | ExtendedType::Enum(_) | ExtendedType::InputObject(_) => {
            return vec![];
        }
    };
    interfaces.iter().map(|interface| interface.name.clone()).collect()
}

pub(super) fn has(ty: &ExtendedType, interface: &str) -> bool {
    match ty {
        ExtendedType::Object(object) => object.implements_interfaces.contains(interface),
        ExtendedType::Interface(ty) => ty.implements_interfaces.contains(interface),
        ExtendedType::Scalar(_) | ExtendedType::Union(_) | ExtendedType::Enum(_) | ExtendedType::InputObject(_) => {
            false
        }
    }
}

/// The type without any.
pub(super) fn none(mut ty: ExtendedType) -> ExtendedType {
    if let Some(interfaces) = interfaces_mut(&mut ty) {
        interfaces.clear();
    }
    ty
}

/// Whether an object of the client's with an interface stands for one of the supergraph's types.
pub(super) fn is_taken(schema: &Schema, interface: &str, theirs: &Name) -> bool {
    own(schema).any(|(name, ty)| ty.is_object() && has(ty, interface) && behind(name, ty) == theirs.as_str())
}

/// Adds the interfaces of the supergraph's types to the client's; pairs are of both names.
pub(super) fn complete(schema: &mut Schema, api: Api<'_>, types: &[(Name, Name)]) {
    let mut added: Vec<(&Name, Name)> = vec![];
    for (ours, theirs) in types {
        let Some(definition) = api.ty(theirs) else { continue };
        for interface in of(definition) {
            let alike = own(schema).filter(|(name, ty)| ty.is_interface() && behind(name, ty) == interface.as_str());
            let alike = alike.filter(|(name, _)| *name != ours && !is_taken(schema, name, theirs));
            added.extend(alike.map(|(name, _)| (ours, name.clone())));
        }
    }
    for (ours, interface) in &added {
        if let Some(interfaces) = schema.types.get_mut(*ours).and_then(interfaces_mut) {
            interfaces.insert(interface.into());
        }
    }
    // Whether a field fits may hang on which interfaces its type has: all, until one is found not to be.
    loop {
        let wrong: HashSet<(Name, Name)> = added
            .iter()
            .filter(|(ours, interface)| !satisfies(schema, ours, interface))
            .map(|(ours, interface)| ((*ours).clone(), interface.clone()))
            .collect();
        if wrong.is_empty() {
            return;
        }
        for (ours, interface) in &wrong {
            if let Some(interfaces) = schema.types.get_mut(ours).and_then(interfaces_mut) {
                interfaces.shift_remove(interface.as_str());
            }
        }
        added.retain(|(ours, interface)| !wrong.contains(&((*ours).clone(), interface.clone())));
    }
}

/// The supergraph's name of a type.
fn behind<'a>(name: &'a Name, ty: &'a ExtendedType) -> &'a str {
    let from = From::of(ty.directives().get("from").map(|directive| &directive.node));
    from.ty.and_then(|ty| ty.as_str()).unwrap_or(name)
}

fn interfaces_mut(ty: &mut ExtendedType) -> Option<&mut IndexSet<ComponentName>> {
    match ty {
        ExtendedType::Object(object) => Some(&mut object.make_mut().implements_interfaces),
        ExtendedType::Interface(interface) => Some(&mut interface.make_mut().implements_interfaces),
        ExtendedType::Scalar(_) | ExtendedType::Union(_) | ExtendedType::Enum(_) | ExtendedType::InputObject(_) => None,
    }
}

/// "Implements" of the GraphQL specification ("IsValidImplementation").
fn satisfies(schema: &Schema, ours: &Name, interface: &Name) -> bool {
    let (Some(ty), Some(promised)) = (schema.types.get(ours), schema.types.get(interface)) else { return false };
    let Some(fields) = fields_of(ty) else { return false };
    let all_interfaces = of(promised).iter().all(|interface| has(ty, interface));
    all_interfaces
        && fields_of(promised).into_iter().flat_map(|fields| fields.values()).all(|promised| {
            fields
                .get(&promised.name)
                .is_some_and(|field| fits(schema, &field.ty, &promised.ty) && fits_arguments(field, promised))
        })
}

fn fits_arguments(field: &FieldDefinition, promised: &FieldDefinition) -> bool {
    let has = |name: &Name| promised.argument_by_name(name).is_some();
    promised.arguments.iter().all(|it| field.argument_by_name(&it.name).is_some_and(|own| own.ty == it.ty))
        && field.arguments.iter().all(|own| has(&own.name) || !own.is_required())
}

fn fits(schema: &Schema, ty: &Type, promised: &Type) -> bool {
    if promised.is_non_null() && !ty.is_non_null() {
        return false;
    }
    match (ty, promised) {
        (Type::List(ty) | Type::NonNullList(ty), Type::List(promised) | Type::NonNullList(promised)) => {
            fits(schema, ty, promised)
        }
        (Type::Named(ty) | Type::NonNullNamed(ty), Type::Named(promised) | Type::NonNullNamed(promised)) => {
            ty == promised || schema.is_subtype(promised, ty)
        }
        (Type::List(_) | Type::NonNullList(_), Type::Named(_) | Type::NonNullNamed(_))
        | (Type::Named(_) | Type::NonNullNamed(_), Type::List(_) | Type::NonNullList(_)) => false,
    }
}
