//! todo
use crate::diagnostics::Diagnostic;
use crate::schema::subgraph::{Parsed, Subgraph};
pub fn upgrade(_: &mut [Subgraph<Parsed>]) -> Vec<Diagnostic> { Vec::new() }
