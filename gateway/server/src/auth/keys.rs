//! Owns keys that check signatures, and which of them a token may be checked with.

use jsonwebtoken::{Algorithm, DecodingKey};

/// One key. What it is for is known of it, and not taken from a token.
#[derive(Debug, Clone)]
pub struct Key {
    /// `kid`; a key without one may be that of any token.
    pub id: Option<Box<str>>,
    /// Those that fit the key's type, or the only one that it is for.
    pub algorithms: Vec<Algorithm>,
    pub decoding: DecodingKey,
}

/// The keys of an issuer at some time.
#[derive(Debug, Clone, Default)]
pub struct KeySet {
    /// Tells it from what was there before and after: a token that was checked with another set is checked again.
    pub generation: u64,
    pub keys: Vec<Key>,
}

/// So many keys are tried with one token: each costs as much as a small request, whoever sends the token.
const MAX_TRIES: usize = 8;

impl KeySet {
    /// The keys that a token may be signed with that says this of its key. A token that names no key may be signed with any.
    pub fn fitting<'k>(&'k self, id: Option<&'k str>, algorithm: Algorithm) -> impl Iterator<Item = &'k Key> {
        let may_be_it = move |key: &&Key| match (key.id.as_deref(), id) {
            (Some(known), Some(named)) => known == named,
            (None, _) | (_, None) => true,
        };
        self.keys.iter().filter(may_be_it).filter(move |key| key.algorithms.contains(&algorithm)).take(MAX_TRIES)
    }
}
