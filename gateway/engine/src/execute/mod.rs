//! Owns running a plan: which fetch starts when, what it is sent, where its answer goes.

mod errors;

pub use errors::{BackendStatus, ErrorOrigin, RestSegment, SubgraphError, write_client_error};
