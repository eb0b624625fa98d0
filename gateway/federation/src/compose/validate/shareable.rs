//! Owns the rules of `@shareable` within one subgraph.

use crate::diagnostics::Diagnostic;
use crate::schema::subgraph::field_set::fields_of;
use crate::schema::subgraph::{SpecDirective, Subgraph, Validated};

pub fn check(subgraph: &Subgraph<Validated>) -> Vec<Diagnostic> {
    const CODE: &str = "INVALID_SHAREABLE_USAGE";
    let shareable = SpecDirective::Shareable.canonical();
    let mut found = Vec::new();
    for (name, ty) in subgraph.types() {
        for (field_name, field) in fields_of(ty).into_iter().flatten() {
            let at = field.name.location();
            let on_field = field.directives.has(shareable);
            if ty.is_interface() && on_field {
                let message = format!(
                    "Invalid use of @shareable on field \"{name}.{field_name}\": only object type fields can be marked with @shareable"
                );
                found.push(subgraph.error(CODE, message, at));
            }
        }
    }
    found
}
