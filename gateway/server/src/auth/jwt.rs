//! Owns JSON Web Tokens: whose one is, whether it is signed and holds, and those that are known to be.
//!
//! What a token says of where its key is (`jwk`, `jku`, `x5u`) is not looked at: keys are the configured ones, and those that
//! configured servers publish.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use jsonwebtoken::dangerous::insecure_decode_claims;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation, decode, decode_header};
use moka::sync::Cache;
use serde_json::{Map, Value};
use tokio::time::Instant;

use super::claims::{Validity, texts};
use super::credential::{Credential, IdentityClaims};
use super::jwks::{Asked, Jwks, JwksConfig, KeyServers};
use super::keys::{Key, KeySet};
use super::refusal::TokenFault;

/// How much the tokens that are remembered may take, in bytes.
const MAX_BYTES: u64 = 32 << 20;

/// What a token takes: it is kept as it came and as it was read, the latter in many small pieces.
const FACTOR: usize = 8;

/// A client waits no longer for keys of which nobody knows whether they are there.
const LONGEST_WAIT: Duration = Duration::from_secs(3);

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
    /// At least one.
    pub algorithms: Vec<Algorithm>,
    pub keys: KeySource,
}

/// Where an issuer's keys come from.
#[derive(Debug, Clone)]
pub enum KeySource {
    /// It fits all of the issuer's algorithms.
    Fixed(DecodingKey),
    Published(JwksConfig),
}

pub struct Tokens {
    issuers: Vec<Trusted>,
    leeway: Duration,
    /// How long a request waits at most for keys that are asked for because of it.
    pub(super) longest_wait: Duration,
    names: IdentityClaims,
    /// By the whole token. Checking a signature costs more than the rest of a small request.
    known: Cache<Box<str>, Known>,
}

struct Trusted {
    issuer: Issuer,
    keys: Keys,
}

enum Keys {
    Fixed(Arc<KeySet>),
    /// `None` until they are [followed](Tokens::follow).
    Published(Option<Arc<Jwks>>),
}

#[derive(Clone)]
struct Known {
    credential: Arc<Credential>,
    validity: Validity,
    weight: u32,
    /// The place of the issuer, and the keys that it was checked with.
    issuer: usize,
    generation: u64,
}

/// Why a token is not taken as it is.
enum Doubt<'t> {
    Fault(TokenFault),
    /// It may be signed with a key that its issuer publishes by now.
    NoKey(Option<&'t Arc<Jwks>>),
}

impl From<TokenFault> for Doubt<'_> {
    fn from(fault: TokenFault) -> Self {
        Self::Fault(fault)
    }
}

impl Doubt<'_> {
    /// When all was tried.
    fn fault(&self) -> TokenFault {
        match self {
            Self::Fault(fault) => *fault,
            Self::NoKey(Some(jwks)) if jwks.keys().is_some() && !jwks.is_stale() => TokenFault::UnknownKey,
            Self::NoKey(_) => TokenFault::NoKeys,
        }
    }
}

impl Tokens {
    pub fn new(config: &JwtConfig, names: &IdentityClaims) -> Self {
        Self::remembering(config, names, MAX_BYTES)
    }

    fn remembering(config: &JwtConfig, names: &IdentityClaims, max_bytes: u64) -> Self {
        let known = Cache::builder().max_capacity(max_bytes).weigher(|_, known: &Known| known.weight).build();
        let issuers = config.issuers.iter().map(|issuer| Trusted::new(issuer.clone())).collect();
        Self { issuers, leeway: config.leeway, longest_wait: LONGEST_WAIT, names: names.clone(), known }
    }

    /// Has the keys that servers publish from now on.
    pub fn follow(&mut self, servers: &KeyServers) {
        for Trusted { issuer, keys } in &mut self.issuers {
            if let (Keys::Published(jwks), KeySource::Published(config)) = (keys, &issuer.keys) {
                *jwks = servers.follow(config);
            }
        }
    }

    /// The issuers whose tokens cannot be checked, since their keys were never got.
    pub fn without_keys(&self) -> impl Iterator<Item = &str> {
        self.issuers.iter().filter(|trusted| trusted.keys().is_none()).map(|trusted| trusted.issuer.issuer.as_str())
    }

    /// Who a token is of, if it holds at this time. Where its key is not known, its issuer's server may be asked for it, and is waited
    /// for no longer than until the deadline.
    pub async fn verify(&self, token: &str, now: SystemTime, deadline: Instant) -> Result<Arc<Credential>, TokenFault> {
        if let Some(known) = self.known.get(token).filter(|known| self.issuers[known.issuer].is_checked_with(known)) {
            known.validity.holds_at(now, self.leeway).inspect_err(|_| self.known.invalidate(token))?;
            return Ok(known.credential);
        }
        let jwks = match self.check(token, now) {
            Ok(credential) => return Ok(credential),
            Err(Doubt::NoKey(Some(jwks))) => jwks,
            Err(doubt) => return Err(doubt.fault()),
        };
        // In a box, since room for it would be moved with every request.
        let asked = Box::pin(jwks.ask_again(deadline.min(Instant::now() + self.longest_wait))).await;
        match asked {
            Asked::Answered => self.check(token, now).map_err(|doubt| doubt.fault()),
            Asked::NotNow => Err(Doubt::NoKey(Some(jwks)).fault()),
            Asked::TooLate => Err(TokenFault::NoKeys),
        }
    }

    /// Checks a token with the keys that there are, and remembers it.
    fn check(&self, token: &str, now: SystemTime) -> Result<Arc<Credential>, Doubt<'_>> {
        let Checked { claims, audiences, issuer, generation } = self.checked(token)?;
        let validity = Validity::of(&claims)?;
        validity.holds_at(now, self.leeway)?;
        let credential = Arc::new(Credential::new(claims, audiences, &self.names));
        let weight = u32::try_from(token.len() * FACTOR).unwrap_or(u32::MAX);
        let known = Known { credential: Arc::clone(&credential), validity, weight, issuer, generation };
        self.known.insert(token.into(), known);
        Ok(credential)
    }

    /// A token that one of the issuers has signed for us.
    fn checked(&self, token: &str) -> Result<Checked, Doubt<'_>> {
        let header = decode_header(token).map_err(|_| TokenFault::Malformed)?;
        // No extension is understood, and what is critical must be.
        if header.crit.is_some() {
            return Err(TokenFault::Critical.into());
        }
        // Which key to take is all that is believed of it before its signature is checked.
        let claims: Map<String, Value> = insecure_decode_claims(token).map_err(|_| TokenFault::Malformed)?;
        let named = texts(&claims, "iss").ok_or(TokenFault::Claim("iss"))?;
        let mut refused = Doubt::Fault(TokenFault::Issuer);
        for (at, trusted) in
            self.issuers.iter().enumerate().filter(|(_, trusted)| named.contains(&trusted.issuer.issuer))
        {
            match trusted.signed(token, &header) {
                Ok((claims, generation)) => {
                    let audiences = texts(&claims, "aud").ok_or(TokenFault::Claim("aud"))?;
                    let ours = &trusted.issuer.audiences;
                    let is_for_us = ours.is_empty() || audiences.iter().any(|audience| ours.contains(audience));
                    let checked = Checked { claims, audiences, issuer: at, generation };
                    return if is_for_us { Ok(checked) } else { Err(TokenFault::Audience.into()) };
                }
                // Another key may come that fits: that is worth more than to know that this one does not.
                Err(Doubt::Fault(_)) if matches!(refused, Doubt::NoKey(_)) => {}
                Err(doubt) => refused = doubt,
            }
        }
        Err(refused)
    }
}

/// What a token with a good signature says.
struct Checked {
    claims: Map<String, Value>,
    audiences: Vec<String>,
    issuer: usize,
    generation: u64,
}

impl Trusted {
    fn new(issuer: Issuer) -> Self {
        let keys = match &issuer.keys {
            KeySource::Fixed(decoding) => {
                let key = Key { id: None, algorithms: issuer.algorithms.clone(), decoding: decoding.clone() };
                Keys::Fixed(Arc::new(KeySet { generation: 0, keys: vec![key] }))
            }
            KeySource::Published(_) => Keys::Published(None),
        };
        Self { issuer, keys }
    }

    fn keys(&self) -> Option<Arc<KeySet>> {
        match &self.keys {
            Keys::Fixed(keys) => Some(Arc::clone(keys)),
            Keys::Published(jwks) => jwks.as_ref()?.keys(),
        }
    }

    /// Whether the keys are still those that a token was checked with.
    fn is_checked_with(&self, known: &Known) -> bool {
        match &self.keys {
            Keys::Fixed(_) => true,
            Keys::Published(jwks) => jwks
                .as_ref()
                .and_then(|jwks| jwks.generation())
                .is_some_and(|generation| generation == known.generation),
        }
    }

    /// The claims of a token that is signed with one of the keys, and which set of keys that was.
    fn signed(&self, token: &str, header: &Header) -> Result<(Map<String, Value>, u64), Doubt<'_>> {
        if !self.issuer.algorithms.contains(&header.alg) {
            return Err(TokenFault::Algorithm.into());
        }
        let Some(keys) = self.keys() else { return Err(self.no_key()) };
        let validation = signature_alone(header.alg);
        let mut is_named = false;
        for key in keys.fitting(header.kid.as_deref(), header.alg) {
            match decode::<Map<String, Value>>(token, &key.decoding, &validation) {
                Ok(token) => return Ok((token.claims, keys.generation)),
                // Signed as it should be, but with claims of types that tokens do not have.
                Err(error) if matches!(error.kind(), ErrorKind::Json(_)) => return Err(TokenFault::Malformed.into()),
                Err(_) => is_named |= key.id.is_some() && header.kid.is_some(),
            }
        }
        // The key that it names is there, and did not sign it.
        if is_named { Err(TokenFault::Signature.into()) } else { Err(self.no_key()) }
    }

    fn no_key(&self) -> Doubt<'_> {
        match &self.keys {
            Keys::Fixed(_) => TokenFault::Signature.into(),
            Keys::Published(jwks) => Doubt::NoKey(jwks.as_ref()),
        }
    }
}

/// The claims are compared here, and not by the library: with a clock that is given, and without its exceptions.
fn signature_alone(algorithm: Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.required_spec_claims = HashSet::new();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::testing::{self, SECRET};
    use jsonwebtoken::EncodingKey;
    use std::time::UNIX_EPOCH;

    #[test]
    fn what_is_remembered_is_bounded_and_what_is_not_is_checked_again() {
        let keys = KeySource::Fixed(DecodingKey::from_secret(SECRET));
        let issuer = Issuer { issuer: "a".to_owned(), audiences: vec![], algorithms: vec![Algorithm::HS256], keys };
        let config = JwtConfig { issuers: vec![issuer], leeway: Duration::ZERO };
        let tokens = Tokens::remembering(&config, &IdentityClaims::default(), 16 << 10);
        let key = EncodingKey::from_secret(SECRET);
        let token = |user: usize| {
            let claims = serde_json::json!({ "iss": "a", "sub": format!("u{user}"), "exp": 60 });
            testing::token(&Header::default(), &claims, &key)
        };
        for user in (0..100).chain(0..100) {
            let credential = tokens.check(&token(user), UNIX_EPOCH).unwrap_or_else(|_| panic!("it holds"));
            assert_eq!(credential.identity.claim(&["sub".into()]), Some(&format!("u{user}").into()));
        }
        tokens.known.run_pending_tasks();
        let (entries, bytes) = (tokens.known.entry_count(), tokens.known.weighted_size());
        assert!((1..20).contains(&entries) && bytes <= 16 << 10, "{entries} in {bytes} bytes");
    }
}
