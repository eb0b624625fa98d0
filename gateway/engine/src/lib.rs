//! Execution of query plans.

pub mod execute;
pub mod response;

#[cfg(test)]
mod testing;
