//! Owns the schema that clients see: what was written, without weft's directives, and with descriptions for what has none.

use apollo_compiler::ast::{self, FieldDefinition, InputValueDefinition};
use apollo_compiler::schema::{Component, ComponentOrigin, DirectiveList, ExtendedType};
use apollo_compiler::validation::Valid;
use apollo_compiler::{Node, Schema};

use super::context::Context;
use super::definitions::{is_defined_for_clients, is_machinery, is_shown};
use super::map::{FieldSource, Step, Template, ViewMap};

/// The error says why what is left is no schema, which validation has ruled out but for names that weft has taken.
pub(super) fn schema(cx: Context<'_>, map: &ViewMap) -> Result<Valid<Schema>, String> {
    let mut schema = cx.schema.clone();
    schema.types.retain(|name, _| !is_machinery(name));
    schema.directive_definitions.retain(|_, directive| is_defined_for_clients(directive, cx.schema));
    for directive in schema.directive_definitions.values_mut().filter(|directive| !directive.is_built_in()) {
        directive.make_mut().arguments.iter_mut().for_each(strip_input);
    }
    let definition = schema.schema_definition.make_mut();
    definition.directives = DirectiveList::default();
    for root in [&mut definition.query, &mut definition.mutation, &mut definition.subscription].into_iter().flatten() {
        root.origin = ComponentOrigin::Definition;
    }
    for ty in schema.types.values_mut().filter(|ty| !ty.is_built_in()) {
        describe(cx, map, ty);
        strip(ty);
    }
    schema.validate().map_err(|failed| failed.errors.to_string())
}

/// Takes weft's directives out, and makes extensions a part of what they extend.
fn strip(ty: &mut ExtendedType) {
    match ty {
        ExtendedType::Scalar(scalar) => strip_directives(&mut scalar.make_mut().directives),
        ExtendedType::Object(object) => {
            let object = object.make_mut();
            strip_directives(&mut object.directives);
            own_names(&mut object.implements_interfaces);
            object.fields.values_mut().for_each(strip_field);
        }
        ExtendedType::Interface(interface) => {
            let interface = interface.make_mut();
            strip_directives(&mut interface.directives);
            own_names(&mut interface.implements_interfaces);
            interface.fields.values_mut().for_each(strip_field);
        }
        ExtendedType::Union(union) => {
            let union = union.make_mut();
            strip_directives(&mut union.directives);
            own_names(&mut union.members);
        }
        ExtendedType::Enum(enumeration) => {
            let enumeration = enumeration.make_mut();
            strip_directives(&mut enumeration.directives);
            for value in enumeration.values.values_mut() {
                value.origin = ComponentOrigin::Definition;
                strip_applied(&mut value.make_mut().directives);
            }
        }
        ExtendedType::InputObject(input) => {
            let input = input.make_mut();
            strip_directives(&mut input.directives);
            for field in input.fields.values_mut() {
                field.origin = ComponentOrigin::Definition;
                strip_applied(&mut field.make_mut().directives);
            }
        }
    }
}

fn strip_directives(directives: &mut DirectiveList) {
    directives.0.retain(|directive| is_shown(&directive.name));
    directives.0.iter_mut().for_each(|directive| directive.origin = ComponentOrigin::Definition);
}

fn strip_applied(directives: &mut ast::DirectiveList) {
    directives.0.retain(|directive| is_shown(&directive.name));
}

fn strip_input(input: &mut Node<InputValueDefinition>) {
    strip_applied(&mut input.make_mut().directives);
}

fn strip_field(field: &mut Component<FieldDefinition>) {
    field.origin = ComponentOrigin::Definition;
    let field = field.make_mut();
    strip_applied(&mut field.directives);
    field.arguments.iter_mut().for_each(strip_input);
}

fn own_names(names: &mut apollo_compiler::collections::IndexSet<apollo_compiler::schema::ComponentName>) {
    *names = names.iter().map(|name| (&name.name).into()).collect();
}

/// Where nothing is written, the supergraph's descriptions are kept.
fn describe(cx: Context<'_>, map: &ViewMap, ty: &mut ExtendedType) {
    let name = ty.name().clone();
    let behind = match cx.types.composite(&name) {
        Some(map) => Some(cx.supergraph.model.type_name(map.ty)),
        None => cx.types.other(&name),
    };
    let Some(theirs) = behind.and_then(|name| cx.supergraph.ty(name)) else { return };
    let described = |ours: &mut Option<Node<str>>, theirs: Option<&Node<str>>| {
        if ours.is_none() {
            *ours = theirs.cloned();
        }
    };
    let described_fields = |fields: &mut apollo_compiler::collections::IndexMap<_, Component<FieldDefinition>>| {
        for (field_name, field) in fields.iter_mut() {
            let Some(map) = map.fields.get(&name).and_then(|fields| fields.get(field_name)) else { continue };
            let FieldSource::Path(steps) = &map.source else { continue };
            let theirs = steps.last().and_then(|step| cx.supergraph.definition(step.field));
            let field = field.make_mut();
            described(&mut field.description, theirs.and_then(|theirs| theirs.description.as_ref()));
            for (at, argument) in field.arguments.iter_mut().enumerate() {
                let theirs = steps.iter().find_map(|step| argument_behind(cx, step, at));
                described(&mut argument.make_mut().description, theirs.and_then(|it| it.description.as_ref()));
            }
        }
    };
    match ty {
        ExtendedType::Scalar(ty) => described(&mut ty.make_mut().description, theirs.description()),
        ExtendedType::Object(ty) => {
            let ty = ty.make_mut();
            described(&mut ty.description, theirs.description());
            described_fields(&mut ty.fields);
        }
        ExtendedType::Interface(ty) => {
            let ty = ty.make_mut();
            described(&mut ty.description, theirs.description());
            described_fields(&mut ty.fields);
        }
        ExtendedType::Union(ty) => described(&mut ty.make_mut().description, theirs.description()),
        ExtendedType::Enum(ty) => {
            let ty = ty.make_mut();
            described(&mut ty.description, theirs.description());
            let (Some(values), Some(map)) = (theirs.as_enum(), map.enums.get(&name)) else { return };
            for (theirs, ours) in &map.read {
                if let (Some(ours), Some(theirs)) = (ty.values.get_mut(ours), values.values.get(theirs)) {
                    described(&mut ours.make_mut().description, theirs.description.as_ref());
                }
            }
        }
        ExtendedType::InputObject(ty) => {
            let ty = ty.make_mut();
            described(&mut ty.description, theirs.description());
            let (Some(fields), Some(map)) = (theirs.as_input_object(), map.inputs.get(&name)) else { return };
            for (ours, theirs) in &map.fields {
                if let (Some(ours), Some(theirs)) = (ty.fields.get_mut(ours), fields.fields.get(theirs)) {
                    described(&mut ours.make_mut().description, theirs.description.as_ref());
                }
            }
        }
    }
}

/// The argument of a step that takes the client's argument at this place.
fn argument_behind<'a>(cx: Context<'a>, step: &Step, at: usize) -> Option<&'a Node<InputValueDefinition>> {
    let takes = |template: &Template| match template {
        Template::Argument(argument) => *argument == at,
        Template::AtMost { value: Some(value), .. } => **value == Template::Argument(at),
        Template::Literal(_)
        | Template::Claim { .. }
        | Template::List(_)
        | Template::Object(_)
        | Template::AtMost { value: None, .. } => false,
    };
    let (name, _) = step.arguments.iter().find(|(_, template)| takes(template))?;
    cx.supergraph.definition(step.field)?.argument_by_name(name)
}
