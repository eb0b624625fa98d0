//! Owns the API schema: the supergraph as its clients see it, without the machinery of
//! federation and without what is `@inaccessible`.

use std::collections::HashSet;

use apollo_compiler::ast::OperationType;
use apollo_compiler::schema::{Component, ComponentName, DirectiveList, ExtendedType};
use apollo_compiler::validation::Valid;
use apollo_compiler::{Name, Node, Schema};

use super::features::Features;
use super::locations::is_executable;

/// Directives of the specification, which clients may see.
const KEPT: [&str; 5] = ["deprecated", "specifiedBy", "oneOf", "skip", "include"];

/// Cuts the API schema from a supergraph's document. The error says why what is left is no schema.
pub fn api_schema(supergraph: &Schema) -> Result<Valid<Schema>, String> {
    let mut schema = supergraph.clone();
    let features = Features::of(&schema);

    let hidden: HashSet<Name> = schema
        .types
        .iter()
        .filter(|(name, ty)| features.owns(name) || features.is_inaccessible(ty.directives()))
        .map(|(name, _)| name.clone())
        .collect();
    schema.types.retain(|name, _| !hidden.contains(name));
    for ty in schema.types.values_mut() {
        strip_type(ty, &hidden, &features);
    }

    let definition = schema.schema_definition.make_mut();
    definition.directives = DirectiveList::new();
    for root in [OperationType::Query, OperationType::Mutation, OperationType::Subscription] {
        let slot = match root {
            OperationType::Query => &mut definition.query,
            OperationType::Mutation => &mut definition.mutation,
            OperationType::Subscription => &mut definition.subscription,
        };
        if slot.as_ref().is_some_and(|name| hidden.contains(&name.name)) {
            *slot = None;
        }
    }
    // Executable directives belong to clients; those of type systems say nothing to them.
    schema.directive_definitions.retain(|name, directive| {
        KEPT.contains(&name.as_str())
            || (!features.owns_directive(name) && directive.locations.iter().any(|location| is_executable(*location)))
    });
    for directive in schema.directive_definitions.values_mut() {
        let directive = directive.make_mut();
        directive.arguments.retain(|argument| !features.is_inaccessible(&argument.directives));
        directive.arguments.iter_mut().for_each(strip_argument);
    }
    super::defaults::complete(&mut schema);
    schema.validate().map_err(|errors| errors.errors.to_string())
}

fn is_kept(name: &str) -> bool {
    KEPT.contains(&name)
}

fn strip_directives(directives: &mut DirectiveList) {
    directives.0.retain(|directive| is_kept(&directive.name));
}

fn strip_argument(argument: &mut Node<apollo_compiler::ast::InputValueDefinition>) {
    argument.make_mut().directives.0.retain(|directive| is_kept(&directive.name));
}

fn strip_field(field: &mut Component<apollo_compiler::schema::FieldDefinition>, features: &Features) {
    let field = field.make_mut();
    field.directives.0.retain(|directive| is_kept(&directive.name));
    field.arguments.retain(|argument| !features.is_inaccessible(&argument.directives));
    field.arguments.iter_mut().for_each(strip_argument);
}

fn keep_visible(names: &mut apollo_compiler::collections::IndexSet<ComponentName>, hidden: &HashSet<Name>) {
    names.retain(|name| !hidden.contains(&name.name));
}

fn strip_type(ty: &mut ExtendedType, hidden: &HashSet<Name>, features: &Features) {
    match ty {
        ExtendedType::Scalar(scalar) => strip_directives(&mut scalar.make_mut().directives),
        ExtendedType::Object(object) => {
            let object = object.make_mut();
            strip_directives(&mut object.directives);
            keep_visible(&mut object.implements_interfaces, hidden);
            object.fields.retain(|_, field| !features.is_inaccessible(&field.directives));
            object.fields.values_mut().for_each(|field| strip_field(field, features));
        }
        ExtendedType::Interface(interface) => {
            let interface = interface.make_mut();
            strip_directives(&mut interface.directives);
            keep_visible(&mut interface.implements_interfaces, hidden);
            interface.fields.retain(|_, field| !features.is_inaccessible(&field.directives));
            interface.fields.values_mut().for_each(|field| strip_field(field, features));
        }
        ExtendedType::Union(union) => {
            let union = union.make_mut();
            strip_directives(&mut union.directives);
            keep_visible(&mut union.members, hidden);
        }
        ExtendedType::Enum(enumeration) => {
            let enumeration = enumeration.make_mut();
            strip_directives(&mut enumeration.directives);
            enumeration.values.retain(|_, value| !features.is_inaccessible(&value.directives));
            for value in enumeration.values.values_mut() {
                value.make_mut().directives.0.retain(|directive| is_kept(&directive.name));
            }
        }
        ExtendedType::InputObject(input) => {
            let input = input.make_mut();
            strip_directives(&mut input.directives);
            input.fields.retain(|_, field| !features.is_inaccessible(&field.directives));
            for field in input.fields.values_mut() {
                field.make_mut().directives.0.retain(|directive| is_kept(&directive.name));
            }
        }
    }
}
