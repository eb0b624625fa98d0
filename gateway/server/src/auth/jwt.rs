//! Owns JSON Web Tokens: whose one is, whether it is signed and holds, and those that are known to be.
//!
//! What a token says of where its key is (`jwk`, `jku`, `x5u`) is not looked at: keys are the configured ones.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use jsonwebtoken::dangerous::insecure_decode_claims;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Validation, decode, decode_header};
use moka::sync::Cache;
use serde_json::{Map, Value};
use weft_federation::operation::{Identity, Policies};

use super::claims::{Validity, texts};
use super::{Caller, Issuer, JwtConfig, Refusal};

/// How much the tokens that are remembered may take, in bytes.
const MAX_BYTES: u64 = 32 << 20;

/// What a token takes: it is kept as it came and as it was read, the latter in many small pieces.
const FACTOR: usize = 8;

pub struct Tokens {
    issuers: Vec<(Issuer, Validation)>,
    leeway: Duration,
    policies: Arc<Policies>,
    /// By the whole token. Checking a signature costs more than the rest of a small request.
    known: Cache<Box<str>, Known>,
}

#[derive(Clone)]
struct Known {
    caller: Arc<Caller>,
    validity: Validity,
    weight: u32,
}

impl Tokens {
    pub fn new(config: &JwtConfig, policies: Arc<Policies>) -> Self {
        let known = Cache::builder().max_capacity(MAX_BYTES).weigher(|_, known: &Known| known.weight).build();
        let issuers = config.issuers.iter().map(|issuer| (issuer.clone(), signature_alone(issuer))).collect();
        Self { issuers, leeway: config.leeway, policies, known }
    }

    /// Who a token is of, if it holds at this time.
    pub fn verify(&self, token: &str, now: SystemTime) -> Result<Arc<Caller>, Refusal> {
        if let Some(known) = self.known.get(token) {
            known.validity.holds_at(now, self.leeway).inspect_err(|_| self.known.invalidate(token))?;
            return Ok(known.caller);
        }
        let (claims, audiences) = self.verified(token)?;
        let validity = Validity::of(&claims)?;
        validity.holds_at(now, self.leeway)?;
        let policies = self.policies.held_by(&claims);
        let caller = Arc::new(Caller { identity: Identity::verified(claims).with_policies(policies), audiences });
        let weight = u32::try_from(token.len() * FACTOR).unwrap_or(u32::MAX);
        self.known.insert(token.into(), Known { caller: Arc::clone(&caller), validity, weight });
        Ok(caller)
    }

    /// The claims of a token that one of the issuers has signed, and whom it is for.
    fn verified(&self, token: &str) -> Result<(Map<String, Value>, Vec<String>), Refusal> {
        let header = decode_header(token).map_err(|_| Refusal::Malformed)?;
        // No extension is understood, and what is critical must be.
        if header.crit.is_some() {
            return Err(Refusal::Critical);
        }
        // Which key to take is all that is believed of it before its signature is checked.
        let claims: Map<String, Value> = insecure_decode_claims(token).map_err(|_| Refusal::Malformed)?;
        let named = texts(&claims, "iss").ok_or(Refusal::Claim("iss"))?;
        let mut refusal = Refusal::Issuer;
        for (issuer, validation) in self.issuers.iter().filter(|(issuer, _)| named.contains(&issuer.issuer)) {
            if !issuer.algorithms.contains(&header.alg) {
                refusal = Refusal::Algorithm;
                continue;
            }
            match decode::<Map<String, Value>>(token, &issuer.key, validation) {
                Ok(token) => {
                    let audiences = texts(&token.claims, "aud").ok_or(Refusal::Claim("aud"))?;
                    let is_ours = |audience| issuer.audiences.contains(audience);
                    let is_for_us = issuer.audiences.is_empty() || audiences.iter().any(is_ours);
                    return if is_for_us { Ok((token.claims, audiences)) } else { Err(Refusal::Audience) };
                }
                // Signed as it should be, but with claims of types that tokens do not have.
                Err(error) if matches!(error.kind(), ErrorKind::Json(_)) => refusal = Refusal::Malformed,
                Err(_) => refusal = Refusal::Signature,
            }
        }
        Err(refusal)
    }
}

/// The claims are compared here, and not by the library: with a clock that is given, and without its exceptions.
fn signature_alone(issuer: &Issuer) -> Validation {
    let mut validation = Validation::default();
    validation.algorithms.clone_from(&issuer.algorithms);
    validation.required_spec_claims = HashSet::new();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation
}
