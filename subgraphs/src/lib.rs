//! The demo backends: four services of one shop, on real sockets, over the protocols that weft joins.
//!
//! | service | protocol | holds |
//! |---|---|---|
//! | [`catalog`] | REST | users and products |
//! | [`orders`] | gRPC | orders |
//! | [`reviews`] | GraphQL | reviews and questions |
//! | [`shipping`] | REST | shipments |
//!
//! Each listens on one port, for its own protocol and for two routes beside it, which are plain HTTP everywhere:
//! `GET` and `PUT /faults` ([`FaultSettings`]), and `GET` and `DELETE /calls` ([`Call`]).
//!
//! What is absent: storage (a change lasts as long as the process), and chance (everything comes from a seed, including
//! which calls fail).

mod calls;
pub mod catalog;
mod connection;
pub mod data;
mod faults;
mod gate;
pub mod orders;
mod rest;
pub mod reviews;
mod running;
mod service;
pub mod shipping;

pub use calls::{Call, Calls};
pub use faults::{FaultSettings, Faults, InvalidErrorRate};
pub use running::{Ports, Running, start, start_at};
pub use service::{Service, StartError};
