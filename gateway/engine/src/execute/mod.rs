//! Owns running a plan: which fetch starts when, what it is sent, where its answer goes.

mod batch;
mod contexts;
mod entities;
mod errors;
mod explain;
mod locate;
mod receive;
mod representations;
mod run;
mod scheduler;
mod subscribe;
#[cfg(test)]
mod tests;

pub(crate) use batch::{Batch, EntityList};
pub use errors::{BackendStatus, ErrorOrigin, RestSegment, SubgraphError, denial, write_client_error};
pub(crate) use representations::RepresentationWriter;
pub use scheduler::{ExecutionResult, execute};
pub use subscribe::{EventStream, Subscription, SubscriptionLimits, subscribe};
