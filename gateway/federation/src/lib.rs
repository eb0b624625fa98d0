//! Composition, views, operations and query planning of the weft gateway.
//!
//! Pure by rule: no I/O, no async, no clock, no randomness. The same input gives the same output,
//! byte for byte. What can go wrong in a user's file is returned as [`diagnostics::Diagnostic`]s, all of them at once.

pub mod check;
pub mod compose;
pub mod connect;
pub mod diagnostics;
pub mod import;
pub mod json_text;
pub mod operation;
pub mod plan;
pub mod schema;
pub mod suggest;
pub mod view;
