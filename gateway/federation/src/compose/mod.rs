//! (in progress)
pub mod satisfiability;
pub use satisfiability::prove;
