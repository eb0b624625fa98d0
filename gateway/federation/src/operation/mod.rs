//! Owns a client's operation: parsed and validated against the client's schema, then bound to the supergraph.

mod bind;
mod bound;
mod claims;
mod depth;
mod document;
mod error;
mod footprint;
mod identity;
mod labels;
mod policies;
#[cfg(test)]
mod tests;
mod variables;
mod walk;

pub use bind::bind;
pub use bound::{
    BoundOperation, Condition, Derived, Field, FieldTarget, FieldView, Fragment, Introspection, OperationKind, Premise,
    Selection, SelectionSet, Sight, VariableDef, VariableOrigin,
};
pub use depth::depth;
pub use document::{Document, MAX_TOKENS, parse};
pub use error::OperationError;
pub use identity::Identity;
pub use labels::{LabelId, OverrideLabels};
pub use policies::Policies;
pub use variables::{Variables, coerce};
