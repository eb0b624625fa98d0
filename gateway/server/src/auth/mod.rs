//! Owns who a request is from: the bearer token is found and verified, and what it says becomes an [`Identity`].
//!
//! A request without a token is anonymous. One with a token that does not hold is refused, and never anonymous.

mod audience;
mod bearer;
mod claims;
mod jwt;
#[cfg(test)]
pub mod testing;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::http::HeaderMap;
use jsonwebtoken::{Algorithm, DecodingKey};
use weft_federation::operation::{Identity, Policies};

use jwt::Tokens;

pub use audience::admit;

/// Whose tokens are taken.
#[derive(Debug, Clone)]
pub struct JwtConfig {
    /// At least one. Several may be one issuer with different keys.
    pub issuers: Vec<Issuer>,
    /// How far the clocks of issuers may be off.
    pub leeway: Duration,
}

#[derive(Debug, Clone)]
pub struct Issuer {
    /// The claim `iss` of its tokens.
    pub issuer: String,
    /// The claim `aud` has to have one of these, if there are any.
    pub audiences: Vec<String>,
    /// At least one. All are of the family that the key is for.
    pub algorithms: Vec<Algorithm>,
    pub key: DecodingKey,
}

/// What is demanded of those who ask.
#[derive(Debug, Clone, Default)]
pub struct Authorization {
    /// Of all of them: a credential.
    pub require_authentication: bool,
    /// An operation is refused as a whole where one of its fields is.
    pub reject_unauthorized: bool,
    pub policies: Arc<Policies>,
}

/// Who a request is from.
#[derive(Debug, Default)]
pub struct Caller {
    pub identity: Identity,
    /// The claim `aud`.
    audiences: Vec<String>,
}

/// Why a credential is refused, for who sent it. It goes on from "The token ".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("is missing")]
    Missing,
    #[error("is of another kind than Bearer")]
    NotBearer,
    #[error("is not a JSON Web Token that can be read")]
    Malformed,
    #[error("has a critical header that is not understood")]
    Critical,
    #[error("is of an unknown issuer")]
    Issuer,
    #[error("is signed in a way that is not allowed")]
    Algorithm,
    #[error("has a wrong signature")]
    Signature,
    /// The claim is not there, or not of the type that it has to have.
    #[error("has no valid claim {0}")]
    Claim(&'static str),
    #[error("expired")]
    Expired,
    #[error("is not valid yet")]
    NotYet,
    #[error("is for another audience")]
    Audience,
    /// It holds, but not here.
    #[error("is not for this client")]
    OtherClient,
}

/// Finds out who requests are from.
pub struct Authenticator {
    /// Who sends no token.
    anonymous: Result<Arc<Caller>, Refusal>,
    /// `None` where nobody is authenticated.
    tokens: Option<Tokens>,
}

impl Authenticator {
    /// Without a configuration all requests are anonymous, whatever they carry.
    pub fn new(config: Option<&JwtConfig>, authorization: &Authorization) -> Self {
        let anonymous = if authorization.require_authentication { Err(Refusal::Missing) } else { Ok(Arc::default()) };
        Self { anonymous, tokens: config.map(|config| Tokens::new(config, Arc::clone(&authorization.policies))) }
    }

    /// Who sent these headers at this time.
    pub fn authenticate(&self, headers: &HeaderMap, now: SystemTime) -> Result<Arc<Caller>, Refusal> {
        let Some(tokens) = &self.tokens else { return self.anonymous.clone() };
        match bearer::token(headers)? {
            Some(token) => tokens.verify(token, now),
            None => self.anonymous.clone(),
        }
    }
}
