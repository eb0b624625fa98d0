//! Owns connectors as data: what `@source` and `@connect` say, read from a subgraph or a supergraph,
//! their mapping language, their templates, and their check against the SDL.
//!
//! [`read_subgraph`] and [`read_supergraph`] give [`Connectors`]. All that a request needs is parsed by then: to serve
//! one is to render templates, evaluate mappings, and convert messages.

mod composing;
mod directives;
pub mod grpc;
pub(crate) mod headers;
mod links;
mod located;
pub mod mapping;
mod model;
mod read;
mod reader;
mod settings;
mod table;
pub mod template;
mod typing;

pub use composing::Composing;
pub use located::Located;
pub(crate) use located::span_in;
pub use model::{
    Batch, Connector, Connectors, Coordinate, EnvNames, ErrorMappings, GrpcRequest, GrpcSource, Header, HeaderValue,
    HttpMethod, HttpRequest, HttpSource, Inputs, Mapping, Protocol, Request, Source,
};
pub use read::{read_subgraph, read_supergraph};
pub use settings::ConfigName;
pub use table::ConnectorId;
