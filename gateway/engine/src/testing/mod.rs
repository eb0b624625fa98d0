//! Owns what tests stand on: plans by hand, and a whole gateway over scripted backends.

mod gateway;
mod plan;
mod server;

pub use gateway::{Gateway, Outcome};
pub use plan::{PlanBuilder, supergraph};
pub use server::{Reply, Server};
