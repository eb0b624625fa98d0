//! Owns what people configure, on two levels: raw, as it was written, and resolved, with everything expanded and checked.
//! Nothing past the start sees the raw form.

mod environment;
mod supergraph_yaml;
mod weft_yaml;
mod yaml;

pub use environment::variables;
pub use supergraph_yaml::{SchemaLocation, SubgraphConfig, SupergraphConfig};
pub use weft_yaml::{Config, GatewayConfig, json_schema};
