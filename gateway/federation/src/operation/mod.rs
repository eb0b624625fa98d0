//! Owns a client's operation: parsed and validated against the client's schema, then bound to the supergraph.

mod bind;
mod bound;
mod document;
mod error;
mod footprint;
mod labels;
#[cfg(test)]
mod tests;
mod variables;
mod walk;

pub use bind::bind;
pub use bound::{
    BoundOperation, Condition, Field, FieldTarget, Fragment, Introspection, OperationKind, Selection, SelectionSet,
    VariableDef,
};
pub use document::{Document, parse};
pub use error::OperationError;
pub use labels::{LabelId, OverrideLabels};
pub use variables::{Variables, coerce};
