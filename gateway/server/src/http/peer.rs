//! Owns whom a connection is with.

use std::net::IpAddr;

/// The address of who opened the connection that a request came by.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub IpAddr);
