//! Owns `@cacheControl`: for how long clients may keep what a field answers with.

use std::collections::HashMap;

use apollo_compiler::ast::Directive;
use apollo_compiler::{Name, Node, Schema};

use super::context::fields_of;
use super::read::Places;
use super::types::own;
use crate::diagnostics::Diagnostic;

const DIRECTIVE: &str = "cacheControl";

/// In seconds, by type and field: what a field says, or else what the object type says that it leads to. Those of which nothing is said
/// are not there.
pub type MaxAges = HashMap<Name, HashMap<Name, u32>>;

pub(super) fn max_ages(schema: &Schema, places: &Places, found: &mut Vec<Diagnostic>) -> MaxAges {
    let mut of_types = HashMap::new();
    for (name, ty) in own(schema) {
        let directive = ty.directives().get(DIRECTIVE);
        of_types.extend(directive.and_then(|directive| max_age(directive, places, found)).map(|age| (name, age)));
    }
    let mut ages = MaxAges::new();
    for (name, ty) in own(schema) {
        for field in fields_of(ty).into_iter().flat_map(|fields| fields.values()) {
            let own = field.directives.get(DIRECTIVE).and_then(|directive| max_age(directive, places, found));
            if let Some(age) = own.or_else(|| of_types.get(field.ty.inner_named_type()).copied()) {
                ages.entry(name.clone()).or_default().insert(field.name.clone(), age);
            }
        }
    }
    ages
}

fn max_age(directive: &Node<Directive>, places: &Places, found: &mut Vec<Diagnostic>) -> Option<u32> {
    // Validation tells what is no number.
    let seconds = directive.specified_argument_by_name("maxAge")?.to_i32()?;
    let age = u32::try_from(seconds).ok();
    if age.is_none() {
        let message = format!("`maxAge` is {seconds}: nothing can be kept for less than no time");
        let help = "write a number of seconds; 0 says that the answer is not to be kept";
        found.push(Diagnostic::error("DIRECTIVE_MISUSED", message).at(places.of(directive), "").help(help));
    }
    age
}
