//! Owns running a plan: which fetch starts when, what it is sent, where its answer goes.

mod errors;
mod explain;
mod locate;
mod receive;
mod representations;
mod scheduler;
#[cfg(test)]
mod tests;

pub use errors::{BackendStatus, ErrorOrigin, RestSegment, SubgraphError, write_client_error};
pub(crate) use representations::{Batch, RepresentationWriter, asks_typename};
pub use scheduler::{ExecutionResult, execute};
