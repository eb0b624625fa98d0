//! Owns automatic persisted queries: texts that clients have sent with their hashes, which they name by the hash from then on.
//!
//! They outlive a reload, since a text is what it is whatever the schema.

use std::sync::Arc;

use moka::sync::Cache;

/// How much the cache may hold, in bytes.
const MAX_BYTES: u64 = 64 << 20;

/// What an entry costs the cache beside its text, in bytes.
const ENTRY: usize = 256;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    /// `None` at the supergraph's own endpoint. What one client has sent is nothing to another.
    client: Option<Box<str>>,
    hash: Box<str>,
}

/// Bounded; the texts that are used most stay.
#[derive(Debug)]
pub struct PersistedQueries {
    texts: Cache<Key, Arc<str>>,
}

impl PersistedQueries {
    pub fn new() -> Self {
        let weigh = |key: &Key, text: &Arc<str>| {
            let bytes = ENTRY + key.client.as_ref().map_or(0, |client| client.len()) + key.hash.len() + text.len();
            u32::try_from(bytes).unwrap_or(u32::MAX)
        };
        Self { texts: Cache::builder().max_capacity(MAX_BYTES).weigher(weigh).build() }
    }

    pub fn get(&self, client: Option<&str>, hash: &str) -> Option<Arc<str>> {
        self.texts.get(&key(client, hash))
    }

    /// Remembers a text by its hash, which the caller has verified.
    pub fn insert(&self, client: Option<&str>, hash: &str, text: &str) {
        let key = key(client, hash);
        if !self.texts.contains_key(&key) {
            self.texts.insert(key, text.into());
        }
    }
}

fn key(client: Option<&str>, hash: &str) -> Key {
    Key { client: client.map(Into::into), hash: hash.to_ascii_lowercase().into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_known_to_the_client_that_sent_it() {
        let queries = PersistedQueries::new();
        queries.insert(Some("web"), "AB", "{ a }");
        let cases =
            [(Some("web"), "ab", true), (Some("web"), "AB", true), (Some("tv"), "ab", false), (None, "ab", false)];
        for (client, hash, expected) in cases {
            assert_eq!(queries.get(client, hash).as_deref() == Some("{ a }"), expected, "{client:?} {hash}");
        }
    }
}
