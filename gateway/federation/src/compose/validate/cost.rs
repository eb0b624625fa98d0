//! Owns the rules of `@cost` and `@listSize`.

use apollo_compiler::ast::{Directive, FieldDefinition, Type};
use apollo_compiler::{Name, Node};

use crate::diagnostics::Diagnostic;
use crate::schema::subgraph::field_set::fields_of;
use crate::schema::subgraph::{SpecDirective, Subgraph, Validated};

pub fn check(subgraph: &Subgraph<Validated>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (name, ty) in subgraph.types() {
        for field in fields_of(ty).into_iter().flat_map(|fields| fields.values()) {
            if ty.is_interface() {
                let cost = SpecDirective::Cost.canonical();
                for directive in field.directives.get_all(cost) {
                    let message = format!("@cost cannot be applied to interface \"{name}.{}\"", field.name);
                    found.push(subgraph.error("COST_APPLIED_TO_INTERFACE_FIELD", message, directive.location()));
                }
            }
            if let Some(directive) = field.directives.get(SpecDirective::ListSize.canonical()) {
                list_size(subgraph, name, field, directive, &mut found);
            }
        }
    }
    found
}

fn list_size(
    subgraph: &Subgraph<Validated>,
    parent: &Name,
    field: &FieldDefinition,
    directive: &Node<Directive>,
    found: &mut Vec<Diagnostic>,
) {
    let coordinate = format!("{parent}.{}", field.name);
    let mut report = |code, message: String| found.push(subgraph.error(code, message, directive.location()));
    let strings = |argument: &str| -> Option<Vec<&str>> {
        let list = directive.specified_argument_by_name(argument)?.as_list()?;
        Some(list.iter().filter_map(|value| value.as_str()).collect())
    };
    let sized_fields = strings("sizedFields");
    if !field.ty.is_list() && sized_fields.is_none() {
        report("LIST_SIZE_APPLIED_TO_NON_LIST", format!("\"{coordinate}\" is not a list"));
    }
    if let Some(size) = directive.specified_argument_by_name("assumedSize").and_then(|value| value.to_i32())
        && size < 0
    {
        report("LIST_SIZE_INVALID_ASSUMED_SIZE", format!("Assumed size of \"{coordinate}\" cannot be negative"));
    }
    for name in strings("slicingArguments").unwrap_or_default() {
        const CODE: &str = "LIST_SIZE_INVALID_SLICING_ARGUMENT";
        match field.argument_by_name(name) {
            None => report(CODE, format!("Slicing argument \"{name}\" is not an argument of \"{coordinate}\"")),
            Some(argument) => match argument.ty.as_ref() {
                Type::Named(ty) | Type::NonNullNamed(ty) if ty == "Int" => {}
                _ => report(CODE, format!("Slicing argument \"{coordinate}({name}:)\" must be Int or Int!")),
            },
        }
    }
    let parent_fields = subgraph.schema.types.get(field.ty.inner_named_type()).and_then(fields_of);
    for name in sized_fields.unwrap_or_default() {
        const CODE: &str = "LIST_SIZE_INVALID_SIZED_FIELD";
        match parent_fields {
            None => {
                report(CODE, format!("Sized fields cannot be used because \"{}\" is not a composite type", field.ty));
                break;
            }
            Some(fields) => match fields.get(name) {
                None => report(CODE, format!("Sized field \"{name}\" is not a field on type \"{}\"", field.ty)),
                Some(sized) if !sized.ty.is_list() => report(
                    "LIST_SIZE_APPLIED_TO_NON_LIST",
                    format!("Sized field \"{}.{name}\" is not a list", field.ty),
                ),
                Some(_) => {}
            },
        }
    }
}
