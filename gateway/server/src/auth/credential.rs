//! Owns what follows from a verified credential: who it is, what it is for, and what backends are told of it.

use std::sync::Arc;

use weft_federation::operation::{Identity, Policies};

use serde_json::{Map, Value};

use super::forwarded::Forwarded;

/// A claim by the names that lead to it, each inside of the one before.
pub type ClaimPath = Box<[Box<str>]>;

/// What claims say of a caller.
#[derive(Debug, Clone)]
pub struct IdentityClaims {
    pub user_id: ClaimPath,
    pub roles: ClaimPath,
    /// `None` for `scope` and `scp`.
    pub scopes: Option<ClaimPath>,
    pub policies: Arc<Policies>,
}

impl Default for IdentityClaims {
    fn default() -> Self {
        Self { user_id: ["sub".into()].into(), roles: ["roles".into()].into(), scopes: None, policies: Arc::default() }
    }
}

/// What a verified credential says.
#[derive(Debug, Default)]
pub struct Credential {
    pub identity: Identity,
    /// Whom it is for.
    pub audiences: Vec<String>,
    pub forwarded: Forwarded,
}

impl Credential {
    pub fn new(claims: Map<String, Value>, audiences: Vec<String>, names: &IdentityClaims) -> Self {
        let identity = Identity::verified(claims);
        let identity = match &names.scopes {
            Some(path) => identity.with_scopes_of(path),
            None => identity,
        };
        let identity = identity.with_policies(&names.policies);
        let forwarded = Forwarded::of(&identity, names);
        Self { identity, audiences, forwarded }
    }
}
