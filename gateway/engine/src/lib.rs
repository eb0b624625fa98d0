//! Execution of query plans.
