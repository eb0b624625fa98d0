//! Owns the rules of `@external`.

use crate::diagnostics::Diagnostic;
use crate::schema::subgraph::field_set::fields_of;
use crate::schema::subgraph::{SpecDirective, Subgraph, Validated};

pub fn check(subgraph: &Subgraph<Validated>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let facts = subgraph.facts();
    for (name, ty) in subgraph.types() {
        for (field_name, field) in fields_of(ty).into_iter().flatten() {
            let at = field.name.location();
            if ty.is_interface() && field.directives.has(SpecDirective::External.canonical()) {
                let message = format!(
                    "Interface type field \"{name}.{field_name}\" is marked @external but @external is not allowed on interface fields (it is nonsensical)."
                );
                found.push(subgraph.error("EXTERNAL_ON_INTERFACE", message, at));
            }
            if !facts.is_external(name, field_name) {
                continue;
            }
            if !facts.is_used(name, field_name) {
                let message = format!(
                    "Field \"{name}.{field_name}\" is marked @external but is not used in any federation directive (@key, @provides, @requires) or to satisfy an interface; the field declaration has no use and should be removed (or the field should not be @external)."
                );
                found.push(subgraph.error("EXTERNAL_UNUSED", message, at));
            }
        }
    }
    found
}
