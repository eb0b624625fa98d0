//! Owns federation's rules about one subgraph alone, one file per family of directives, and the rules about the
//! merged schema that its API depends on.

mod authorization;
mod context;
mod cost;
mod defaults;
mod external;
mod fields;
mod inaccessible;
mod interfaces;
mod shareable;

use super::merged::MergedSchema;
use crate::diagnostics::Diagnostic;
use crate::schema::subgraph::{Facts, Parsed, Subgraph, Validated};

/// Validates a subgraph; it comes back in any case, so that the others' findings are complete.
pub fn validate(subgraph: Subgraph<Parsed>, diagnostics: &mut Vec<Diagnostic>) -> Subgraph<Validated> {
    let facts = Facts::collect(&subgraph.schema);
    let subgraph = subgraph.with_state(Validated { facts });
    let defaults = defaults::check(&subgraph);
    if !defaults.is_empty() {
        diagnostics.extend(defaults);
        return subgraph;
    }
    // What is external cannot be told while `@provides` is where it means nothing; the rest would be noise.
    let mut blocking = fields::provides_on_leaves(&subgraph);
    if blocking.is_empty() {
        blocking = fields::provides_on_external(&subgraph);
    }
    if !blocking.is_empty() {
        diagnostics.extend(blocking);
        return subgraph;
    }
    diagnostics.extend(fields::keys(&subgraph));
    diagnostics.extend(fields::requires(&subgraph));
    diagnostics.extend(fields::provides(&subgraph));
    diagnostics.extend(external::check(&subgraph));
    diagnostics.extend(shareable::check(&subgraph));
    diagnostics.extend(interfaces::check(&subgraph));
    diagnostics.extend(authorization::check(&subgraph));
    diagnostics.extend(cost::check(&subgraph));
    diagnostics.extend(context::check(&subgraph));
    subgraph
}

/// What only the whole shows: that the API schema, without what is inaccessible, is sound.
pub fn merged(schema: &MergedSchema) -> Vec<Diagnostic> {
    inaccessible::check(schema)
}
