//! Owns API keys: whose one is. Keys are kept as SHA-256 hashes alone.
//!
//! A key is found by the hash of what was sent, in a map. How long that takes depends on this hash, which nobody can choose without
//! knowing what it is the hash of, and so tells nothing of the hashes that are kept: a comparison in constant time would add nothing.
//! One round of a fast hash is enough, since keys are drawn at random and are not words that somebody remembers.

use std::collections::HashMap;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use axum::http::{HeaderMap, HeaderName};

use super::credential::Credential;
use super::refusal::ApiKeyFault;

/// Of a key.
pub type KeyHash = [u8; 32];

/// Whose keys are taken.
#[derive(Debug, Clone)]
pub struct ApiKeysConfig {
    /// That carries the key.
    pub header: HeaderName,
    pub consumers: Vec<Arc<Consumer>>,
}

/// Who has keys: an application or an organization.
#[derive(Debug)]
pub struct Consumer {
    pub id: Box<str>,
    /// Several while one is replaced.
    pub keys: Vec<KeyHash>,
    /// Of `tiers` in the configuration.
    pub tier: Option<Box<str>>,
    pub is_disabled: bool,
    /// What its keys say of it.
    pub credential: Credential,
}

/// The consumers, by the hashes of their keys.
#[derive(Debug)]
pub struct ApiKeys {
    header: HeaderName,
    consumers: HashMap<KeyHash, Arc<Consumer>>,
}

impl ApiKeys {
    pub fn new(config: &ApiKeysConfig) -> Self {
        let of =
            |consumer: &Arc<Consumer>| consumer.keys.iter().map(|key| (*key, Arc::clone(consumer))).collect::<Vec<_>>();
        Self { header: config.header.clone(), consumers: config.consumers.iter().flat_map(of).collect() }
    }

    /// The header that carries the key.
    pub fn header(&self) -> &HeaderName {
        &self.header
    }

    /// Whose key these headers have, if they have one.
    pub fn find(&self, headers: &HeaderMap) -> Result<Option<Arc<Consumer>>, ApiKeyFault> {
        let mut values = headers.get_all(&self.header).iter();
        let Some(key) = values.next() else { return Ok(None) };
        if values.any(|other| other != key) {
            return Err(ApiKeyFault::Ambiguous);
        }
        let consumer = self.consumers.get(&hash(key.as_bytes())).ok_or(ApiKeyFault::Unknown)?;
        if consumer.is_disabled { Err(ApiKeyFault::Disabled) } else { Ok(Some(Arc::clone(consumer))) }
    }
}

fn hash(key: &[u8]) -> KeyHash {
    let mut hash = KeyHash::default();
    hash.copy_from_slice(digest(&SHA256, key).as_ref());
    hash
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn consumer(id: &str, keys: &[&str], is_disabled: bool) -> Arc<Consumer> {
        let keys = keys.iter().map(|key| hash(key.as_bytes())).collect();
        Arc::new(Consumer { id: id.into(), keys, tier: None, is_disabled, credential: Credential::default() })
    }

    /// What is sent, and whose it is.
    type Case<'a> = (&'a [&'static str], Result<Option<&'a str>, ApiKeyFault>);

    #[test]
    fn a_key_is_of_one_consumer_or_refused() {
        let consumers = vec![consumer("acme", &["k", "k2"], false), consumer("gone", &["k3"], true)];
        let keys = ApiKeys::new(&ApiKeysConfig { header: HeaderName::from_static("x-api-key"), consumers });
        let cases: [Case<'_>; 9] = [
            (&[], Ok(None)),
            (&["k"], Ok(Some("acme"))),
            (&["k2"], Ok(Some("acme"))),
            (&["k", "k"], Ok(Some("acme"))),
            (&["k", "k2"], Err(ApiKeyFault::Ambiguous)),
            (&["k3"], Err(ApiKeyFault::Disabled)),
            (&["K1"], Err(ApiKeyFault::Unknown)),
            (&[""], Err(ApiKeyFault::Unknown)),
            // The hash is no key.
            (&["sha256:8254c329a92850f6d539dd376f4816ee2764517da5e0235514af433164480d7a"], Err(ApiKeyFault::Unknown)),
        ];
        for (sent, expected) in cases {
            let mut headers = HeaderMap::new();
            for key in sent {
                headers.append("x-api-key", HeaderValue::from_static(key));
            }
            let found = keys.find(&headers);
            let found = found.map(|consumer| consumer.map(|consumer| consumer.id.to_string()));
            assert_eq!(found, expected.map(|id| id.map(str::to_owned)), "{sent:?}");
        }
    }
}
