//! Owns where `@authenticated`, `@requiresScopes` and `@policy` may stand: not on interfaces, whose requirements follow
//! from their implementations.

use crate::diagnostics::Diagnostic;
use crate::schema::subgraph::field_set::fields_of;
use crate::schema::subgraph::{SpecDirective, Subgraph, Validated};

/// The directives that say who may see something.
pub const DIRECTIVES: [SpecDirective; 3] =
    [SpecDirective::Authenticated, SpecDirective::RequiresScopes, SpecDirective::Policy];

pub fn check(subgraph: &Subgraph<Validated>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (name, ty) in subgraph.types() {
        let interface_object = subgraph.facts().interface_objects.contains(name);
        if !ty.is_interface() && !interface_object {
            continue;
        }
        for directive in DIRECTIVES {
            let canonical = directive.canonical();
            let kind = if interface_object { "interface object" } else { "interface" };
            let on_type = ty.directives().get(canonical).map(|found| (format!("{kind} \"{name}\""), found.location()));
            // The fields of an interface object are resolved by its subgraph, which may protect them.
            let fields = fields_of(ty).into_iter().flat_map(|fields| fields.values()).filter(|_| !interface_object);
            let on_fields = fields.filter_map(|field| {
                let found = field.directives.get(canonical)?;
                Some((format!("interface field \"{name}.{}\"", field.name), found.location()))
            });
            for (on, at) in on_type.into_iter().chain(on_fields) {
                let directive = directive.name();
                let message = format!(
                    "Invalid use of @{directive} on {on}: @{directive} cannot be applied on interfaces, interface fields and interface objects"
                );
                found.push(subgraph.error("AUTH_REQUIREMENTS_APPLIED_ON_INTERFACE", message, at));
            }
        }
    }
    found
}
