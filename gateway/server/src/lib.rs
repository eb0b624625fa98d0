//! The weft gateway as a library: what the binary does, for the demo and for tests.
//!
//! [`compose_file`] makes a supergraph, [`serve`] runs a gateway in this process, [`cli`] is the command line.

mod auth;
mod bff;
pub mod cli;
mod compose;
mod config;
mod dev;
mod download;
mod files;
mod http;
mod operations;
mod pipeline;
mod reload;
mod server;
mod telemetry;
mod this_machine;
mod usage;

pub use compose::compose_file;
pub use config::{Config, GatewayConfig};
pub use server::{Running, ServeError, ServeOptions, SupergraphSource, serve};
pub use weft_federation::diagnostics::Source;
