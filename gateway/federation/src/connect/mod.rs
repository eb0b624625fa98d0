//! Owns connectors as data: what `@source` and `@connect` say, read from a subgraph or a supergraph,
//! their mapping language, their templates, and their check against the SDL.

pub mod mapping;
mod suggest;
pub mod template;
