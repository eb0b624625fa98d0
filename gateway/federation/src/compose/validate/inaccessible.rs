//! todo
use crate::compose::merged::MergedSchema;
use crate::diagnostics::Diagnostic;
pub fn check(_: &MergedSchema) -> Vec<Diagnostic> { Vec::new() }
