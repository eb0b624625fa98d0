//! Owns what people configure, on two levels: raw, as it was written, and resolved, with everything expanded and checked.
//! Nothing past the start sees the raw form.

mod environment;
mod supergraph_yaml;

pub use supergraph_yaml::{SchemaLocation, SubgraphConfig, SupergraphConfig};
