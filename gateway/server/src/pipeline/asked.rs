//! Owns which document a request asks for: by its text, by a hash or id of it, or by the name of a saved operation; and whether the
//! client may ask for it.

use std::sync::Arc;

use weft_federation::operation::MAX_TOKENS;

use super::cache::Refusal;
use super::request::ClientRequest;
use super::{Entry, Pipeline, internal, refuse};
use crate::config::Operations;
use crate::operations::{Named, SHA256, SavedOperation, canonical, is_hash, sha256};

pub const PERSISTED_QUERY_NOT_FOUND: &str = "PERSISTED_QUERY_NOT_FOUND";
pub const PERSISTED_QUERY_NOT_SUPPORTED: &str = "PERSISTED_QUERY_NOT_SUPPORTED";

/// The document that is to run.
#[derive(Debug)]
pub enum Asked<'r> {
    Text(&'r str),
    /// A text that is to be known by its hash from now on, if it is an operation.
    Registering {
        text: &'r str,
        hash: &'r str,
    },
    /// A text that was sent before.
    Persisted(Arc<str>),
    Saved(Arc<SavedOperation>),
}

impl Asked<'_> {
    pub fn text(&self) -> &str {
        match self {
            Self::Text(text) | Self::Registering { text, .. } => text,
            Self::Persisted(text) => text,
            Self::Saved(saved) => &saved.text,
        }
    }
}

impl Pipeline {
    /// Finds the document that a request asks for.
    pub(super) async fn asked<'r>(&self, entry: &Entry, request: &'r ClientRequest<'_>) -> Result<Asked<'r>, Refusal> {
        match &request.query {
            Some(text) => self.by_text(entry, text, request.hash.as_deref()).await,
            None => self.by_name(entry, request),
        }
    }

    async fn by_text<'r>(&self, entry: &Entry, text: &'r str, hash: Option<&'r str>) -> Result<Asked<'r>, Refusal> {
        let client = entry.client();
        let known = client.operations.by_text(text);
        if let Some(hash) = hash {
            // A manifest may have named it otherwise than by its hash.
            let named = client.operations.by_id(hash);
            let is_named = named.zip(known).is_some_and(|(named, known)| Arc::ptr_eq(named, known));
            if !is_named && !hash.eq_ignore_ascii_case(&sha256(text)) {
                return Err(refuse("PERSISTED_QUERY_HASH_MISMATCH", MISMATCH));
            }
        }
        match client.policy.operations {
            Operations::Open => Ok(match (known, hash.filter(|_| client.policy.apq)) {
                // Written with weft's directives, it is none that could run as it is.
                (Some(saved), _) => Asked::Saved(Arc::clone(saved)),
                (None, Some(hash)) => Asked::Registering { text, hash },
                (None, None) => Asked::Text(text),
            }),
            Operations::Registered => match known {
                Some(saved) => Ok(Asked::Saved(Arc::clone(saved))),
                None => self.registered(entry, text).await.map(Asked::Saved),
            },
        }
    }

    /// A saved operation that is the same but for what GraphQL ignores.
    async fn registered(&self, entry: &Entry, text: &str) -> Result<Arc<SavedOperation>, Refusal> {
        let text = text.to_owned();
        let canonical = self.compute.run(move |_| canonical(&text, MAX_TOKENS)).await;
        let canonical = canonical.map_err(|panicked| Arc::new(internal("reading an operation", panicked)))?;
        let saved = canonical.and_then(|text| entry.client().operations.by_text(&text).cloned());
        saved.ok_or_else(|| refuse("QUERY_NOT_IN_SAFELIST", NOT_REGISTERED))
    }

    /// What a request without a text asks for.
    fn by_name<'r>(&self, entry: &Entry, request: &ClientRequest<'_>) -> Result<Asked<'r>, Refusal> {
        let client = entry.client();
        let (id, name) = (request.hash.as_ref().or(request.id.as_ref()), request.operation_name.as_deref());
        let unknown = |code, message| match client.policy.operations {
            Operations::Open => refuse(code, message),
            Operations::Registered => refuse("QUERY_NOT_IN_SAFELIST", NOT_REGISTERED),
        };
        let Some(id) = id else {
            let name = name.unwrap_or_default();
            return match client.operations.by_name(name) {
                Named::One(saved) => Ok(Asked::Saved(Arc::clone(saved))),
                Named::None => Err(unknown("BAD_USER_INPUT", &no_text(name))),
                Named::Several => Err(refuse("OPERATION_RESOLUTION_FAILURE", &several(name))),
            };
        };
        if let Some(saved) = client.operations.by_id(id) {
            return Ok(Asked::Saved(Arc::clone(saved)));
        }
        let hash = Some(id.strip_prefix(SHA256).unwrap_or(id)).filter(|hash| is_hash(hash));
        match client.policy.operations {
            Operations::Open if client.policy.apq => {
                let known = hash.and_then(|hash| self.persisted.get(entry.client_name(), hash));
                known.map(Asked::Persisted).ok_or_else(|| refuse(PERSISTED_QUERY_NOT_FOUND, NOT_FOUND))
            }
            Operations::Open if client.operations.iter().next().is_none() => {
                Err(refuse(PERSISTED_QUERY_NOT_SUPPORTED, NOT_SUPPORTED))
            }
            Operations::Open | Operations::Registered => Err(unknown(PERSISTED_QUERY_NOT_FOUND, NOT_FOUND)),
        }
    }
}

/// Clients look at the code or at the message, and both are Apollo's: they send the text upon it.
const NOT_FOUND: &str = "PersistedQueryNotFound";
/// Likewise; they send texts from then on.
const NOT_SUPPORTED: &str = "PersistedQueryNotSupported";
const MISMATCH: &str = "\"sha256Hash\" is not the SHA-256 hash of \"query\".";
const NOT_REGISTERED: &str = "The client may only send operations that are registered, and this one is not.";

fn no_text(name: &str) -> String {
    format!("The request has no \"query\", and no saved operation is named \"{name}\".")
}

fn several(name: &str) -> String {
    format!("Several saved operations are named \"{name}\"; say which one by its hash.")
}
