//! Starts the demo backends.
fn main() {}
