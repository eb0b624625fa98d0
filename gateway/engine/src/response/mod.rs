//! Owns the response while it grows: parts of bytes, an arena of objects over them, and the
//! projection that writes the client's answer.

mod arena;
mod deserialize;
mod json;
mod laid_out;
mod layout;
mod leaf;
mod lost;
mod plain;
mod project;
mod report;
mod shown;
#[cfg(test)]
mod tests;
mod typename;
mod viewed;

pub use arena::{ErrorRef, ObjectId, PartId, ResponseArena, SlotValue};
pub use deserialize::Deserializer;
pub use json::{JsonError, RawString, Reader};
pub use layout::{EntityLayout, KeyLayout, Later, Layout, MadeLayout, ObjectLayout, Walk};
pub use project::{IntrospectionAnswers, Projected, project};
