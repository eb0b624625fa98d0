//! Owns getting a document by its URL.

use std::time::Duration;

use bytes::BytesMut;
use reqwest::redirect::Policy;

/// How long a server may take for all of it.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The largest document, in bytes: the longest that are published have some ten million.
const MAX_DOCUMENT: usize = 128 * 1024 * 1024;

/// Why there is no document, in words that follow "cannot get".
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    #[error("{}", innermost(.0))]
    Http(#[from] reqwest::Error),
    #[error("the answer has the status {0}")]
    Status(reqwest::StatusCode),
    #[error("the answer is larger than {MAX_DOCUMENT} bytes")]
    TooLarge,
    #[error("the answer is not UTF-8 text")]
    NotText,
    #[error("cannot start: {0}")]
    Start(#[from] std::io::Error),
}

/// The cause that people understand is the last one: "connection refused", not "error sending request".
fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

/// The text, and the URL that it is at after redirects. Blocks.
pub fn fetch(url: &str) -> Result<(String, String), FetchError> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(get(url))
}

async fn get(url: &str) -> Result<(String, String), FetchError> {
    let client = reqwest::Client::builder().no_proxy().redirect(Policy::limited(5)).timeout(TIMEOUT).build()?;
    let mut response = client.get(url).send().await?;
    if !response.status().is_success() {
        return Err(FetchError::Status(response.status()));
    }
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > MAX_DOCUMENT {
            return Err(FetchError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    let text = String::from_utf8(body.to_vec()).map_err(|_| FetchError::NotText)?;
    Ok((text, response.url().to_string()))
}
