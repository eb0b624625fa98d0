//! Owns what a fetch knows of the request that it is for.

use http::HeaderMap;
use tokio::time::Instant;

/// The client's request, as far as backends are concerned.
#[derive(Debug, Clone, Copy)]
pub struct RequestContext<'a> {
    /// The client's headers. What of them is sent on is said by each source's configuration.
    pub headers: &'a HeaderMap,
    /// When the answers must be there. Calls that are still out then are given up, and their fields become null.
    pub deadline: Instant,
    pub errors: ErrorDetail,
}

/// What the client learns of an error of a backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ErrorDetail {
    /// What the backend said, and which one it was.
    #[default]
    Full,
    /// That there was one, and its code.
    Masked,
}
