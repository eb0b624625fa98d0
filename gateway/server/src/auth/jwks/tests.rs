//! Tests of published keys: which of them are taken, when they are asked for, and what becomes of tokens when they change.

mod document;
mod refresh;
mod rotation;
