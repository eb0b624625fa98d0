//! Owns HTTP to backends: the client's settings, reading a body within its limit, and naming what fails.

use std::error::Error as _;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use reqwest::{Client, Request, Response};

use super::config::SourceConfig;
use crate::execute::{ErrorOrigin, SubgraphError};

/// Shorter than the keep-alive of common servers (Node.js: 5 s), so that it is we who close a connection.
const POOL_IDLE: Duration = Duration::from_secs(4);

/// A client that goes where it is sent and nowhere else: no redirects, no proxy of the environment.
pub fn client(config: &SourceConfig) -> Result<Client, String> {
    Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .tcp_nodelay(true)
        .connect_timeout(config.connect_timeout)
        .pool_idle_timeout(POOL_IDLE)
        .pool_max_idle_per_host(256)
        .build()
        .map_err(|error| format!("no HTTP client can be built: {error}"))
}

/// An answer that was read to its end.
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// Sends a request and reads the whole answer, within the source's time and size.
pub async fn send(
    client: &Client,
    request: Request,
    config: &SourceConfig,
    origin: &ErrorOrigin,
) -> Result<Answer, SubgraphError> {
    let answer = async {
        let mut response = client.execute(request).await.map_err(|error| describe(&error, origin))?;
        let status = response.status().as_u16();
        let headers = std::mem::take(response.headers_mut());
        Ok(Answer { status, headers, body: body(response, config.max_body, origin).await? })
    };
    tokio::time::timeout(config.timeout, answer).await.unwrap_or_else(|_| Err(SubgraphError::timeout(origin)))
}

async fn body(mut response: Response, limit: usize, origin: &ErrorOrigin) -> Result<Bytes, SubgraphError> {
    let too_large = || SubgraphError::malformed(origin, &format!("it is larger than {limit} bytes"));
    let expected = response.content_length().and_then(|length| usize::try_from(length).ok());
    if expected.is_some_and(|length| length > limit) {
        return Err(too_large());
    }
    let Some(first) = next(&mut response, origin).await? else { return Ok(Bytes::new()) };
    let mut whole = Body::One(first);
    loop {
        if whole.len() > limit {
            return Err(too_large());
        }
        match next(&mut response, origin).await? {
            Some(chunk) => whole = whole.and(&chunk, expected),
            None => return Ok(whole.into_bytes()),
        }
    }
}

/// A body as far as it has come. Most come whole and are not copied.
enum Body {
    One(Bytes),
    Many(BytesMut),
}

impl Body {
    fn len(&self) -> usize {
        match self {
            Self::One(bytes) => bytes.len(),
            Self::Many(bytes) => bytes.len(),
        }
    }

    fn and(self, chunk: &[u8], expected: Option<usize>) -> Self {
        let mut many = match self {
            Self::Many(many) => many,
            Self::One(one) => {
                // The length that a backend states is a hint; only what it sends takes much memory.
                let hint = expected.unwrap_or(0).min(1 << 20);
                let mut many = BytesMut::with_capacity(hint.max(one.len() + chunk.len()));
                many.extend_from_slice(&one);
                many
            }
        };
        many.extend_from_slice(chunk);
        Self::Many(many)
    }

    fn into_bytes(self) -> Bytes {
        match self {
            Self::One(bytes) => bytes,
            Self::Many(bytes) => bytes.freeze(),
        }
    }
}

async fn next(response: &mut Response, origin: &ErrorOrigin) -> Result<Option<Bytes>, SubgraphError> {
    response.chunk().await.map_err(|error| describe(&error, origin))
}

/// What went wrong, without what only operators may know: addresses and system errors.
fn describe(error: &reqwest::Error, origin: &ErrorOrigin) -> SubgraphError {
    let timed_out = error.is_timeout() && !error.is_connect();
    if timed_out {
        return SubgraphError::timeout(origin);
    }
    if error.is_connect() || error.is_request() || error.is_body() || error.is_decode() || error.source().is_some() {
        return SubgraphError::unavailable(origin);
    }
    SubgraphError::new(origin, "SUBREQUEST_FAILED", format!("The subgraph \"{}\" cannot be called.", origin.service))
}
