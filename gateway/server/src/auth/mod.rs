//! Owns who a request is from: tokens and API keys are found and verified, and what they say becomes a [`Caller`].
//!
//! A request without a credential is anonymous. One with a credential that does not hold is refused, and never anonymous. Who sends a
//! token and an API key needs both to hold: the token says who asks, and the key which application it is by.

mod admission;
mod api_keys;
mod bearer;
mod claims;
mod credential;
pub mod forwarded;
mod jwks;
mod jwt;
mod keys;
mod refusal;
#[cfg(test)]
pub mod testing;
#[cfg(test)]
mod tests;

use std::sync::{Arc, LazyLock};
use std::time::SystemTime;

use axum::http::{HeaderMap, HeaderName};
use tokio::time::Instant;
use weft_federation::operation::Identity;

use api_keys::ApiKeys;
use forwarded::Forwarded;
use jwt::Tokens;

pub use admission::Admission;
pub use api_keys::{ApiKeysConfig, Consumer, KeyHash};
pub use credential::{ClaimPath, Credential, IdentityClaims};
pub use jwks::{JwksConfig, KeyServers, Schedule};
pub use jwt::{Issuer, JwtConfig, KeySource};
pub use refusal::{ApiKeyFault, Refusal, Schemes, TokenFault};

/// How callers may say who they are.
#[derive(Debug, Clone, Default)]
pub struct AuthenticationConfig {
    pub jwt: Option<JwtConfig>,
    pub api_keys: Option<ApiKeysConfig>,
    /// What of a token says who it is.
    pub claims: IdentityClaims,
}

impl AuthenticationConfig {
    pub fn schemes(&self) -> Schemes {
        Schemes { jwt: self.jwt.is_some(), api_key: self.api_keys.is_some() }
    }
}

/// Who a request is from.
#[derive(Debug, Default)]
pub struct Caller {
    token: Option<Arc<Credential>>,
    consumer: Option<Arc<Consumer>>,
}

impl Caller {
    pub fn is_anonymous(&self) -> bool {
        self.token.is_none() && self.consumer.is_none()
    }

    /// Of the token where there is one, else of the API key.
    pub fn identity(&self) -> &Identity {
        &self.credential().identity
    }

    /// What backends are told.
    fn forwarded(&self) -> &Forwarded {
        &self.credential().forwarded
    }

    fn credential(&self) -> &Credential {
        static NOBODY: LazyLock<Credential> = LazyLock::new(Credential::default);
        match (&self.token, &self.consumer) {
            (Some(token), _) => token,
            (None, Some(consumer)) => &consumer.credential,
            (None, None) => &NOBODY,
        }
    }
}

/// Finds out who requests are from.
#[derive(Default)]
pub struct Authenticator {
    tokens: Option<Tokens>,
    api_keys: Option<ApiKeys>,
}

impl Authenticator {
    /// Keys that servers publish are there only once they are [followed](Self::follow).
    pub fn new(config: &AuthenticationConfig) -> Self {
        let tokens = config.jwt.as_ref().map(|jwt| Tokens::new(jwt, &config.claims));
        Self { tokens, api_keys: config.api_keys.as_ref().map(ApiKeys::new) }
    }

    /// Has the keys that servers publish from now on.
    pub fn follow(&mut self, servers: &KeyServers) {
        if let Some(tokens) = &mut self.tokens {
            tokens.follow(servers);
        }
    }

    /// The issuers whose tokens cannot be checked, since their keys were never got.
    pub fn without_keys(&self) -> impl Iterator<Item = &str> {
        self.tokens.iter().flat_map(Tokens::without_keys)
    }

    /// The header that carries API keys, where such are taken.
    pub fn api_key_header(&self) -> Option<&HeaderName> {
        self.api_keys.as_ref().map(ApiKeys::header)
    }

    /// Who sent these headers at this time, as far as it is said in one of these ways. What is sent in another way is not looked at.
    pub async fn authenticate(
        &self,
        headers: &HeaderMap,
        schemes: Schemes,
        now: SystemTime,
        deadline: Instant,
    ) -> Result<Caller, Refusal> {
        let consumer = match &self.api_keys {
            Some(keys) if schemes.api_key => keys.find(headers)?,
            Some(_) | None => None,
        };
        let token = match &self.tokens {
            Some(tokens) if schemes.jwt => match bearer::token(headers)? {
                Some(token) => Some(tokens.verify(token, now, deadline).await?),
                None => None,
            },
            Some(_) | None => None,
        };
        Ok(Caller { token, consumer })
    }
}
