//! The demo backends.
