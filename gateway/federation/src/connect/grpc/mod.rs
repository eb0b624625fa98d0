//! Owns protobuf: from `.proto` sources to descriptors, and between messages and [`Value`](super::mapping::Value)s.

mod conversion;
mod decode;
mod descriptors;
mod encode;
mod measure;
mod names;
mod prune;
mod status;
mod time;

#[cfg(test)]
mod property_tests;
#[cfg(test)]
mod tests;

pub(crate) use conversion::enum_name;
pub use conversion::{Conversion, Fields};
pub(super) use conversion::{enum_value_of, field_named};
pub use decode::{DecodeError, decode, decode_message};
pub use descriptors::{Descriptors, GrpcError, ProtoLoader};
pub use encode::{EncodeError, encode};
pub(super) use names::{UnknownField, resolve_names};
pub use status::decode_status;

/// Re-exported so that callers name descriptors and messages of the same version.
pub use prost_reflect::{DynamicMessage, MessageDescriptor, MethodDescriptor};
