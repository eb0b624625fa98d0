//! Owns what a view demands of those who ask, on top of what the supergraph does: `@authenticated` and `@requiresScopes`.

use apollo_compiler::Name;
use apollo_compiler::ast::{Directive, FieldDefinition};

use super::context::Context;
use crate::schema::{Demand, Need};

/// Of a field: its own, those of the object that it is on, and those of the type that it leads to. An interface's are on
/// what leads to it.
pub(super) fn of_field(cx: Context<'_>, owner: &Name, field: &FieldDefinition, base: &Name) -> Vec<Need> {
    let mut needs: Vec<Need> = vec![];
    let owner = cx.schema.types.get(owner).filter(|ty| ty.is_object());
    let types = owner.into_iter().chain(cx.schema.types.get(base));
    let of_types = types.flat_map(|ty| ty.directives().iter().map(|directive| &directive.node));
    for need in field.directives.iter().chain(of_types).filter_map(|directive| read(directive)) {
        if !needs.contains(&need) {
            needs.push(need);
        }
    }
    needs
}

fn read(directive: &Directive) -> Option<Need> {
    let demand = match directive.name.as_str() {
        "authenticated" => Demand::Authenticated,
        "requiresScopes" => Demand::RequiresScopes,
        _ => return None,
    };
    Some(demand.read(directive))
}
