//! Owns reading the whole answer of a server that is asked for a document: within a size, and with words for what went wrong.

use bytes::{Bytes, BytesMut};
use reqwest::header::HeaderMap;
use reqwest::{RequestBuilder, StatusCode};

/// Why there is no document.
#[derive(Debug, thiserror::Error)]
pub enum DownloadError {
    #[error("{}", innermost(.0))]
    Http(#[from] reqwest::Error),
    #[error("the answer has the status {0}")]
    Status(StatusCode),
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
}

/// The cause that people understand is the last one: "connection refused", not "error sending request".
fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

/// An answer that was read to its end.
pub struct Document {
    /// Where it was, after redirects.
    pub url: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// Sends a request, and reads its answer if that is no larger than `limit`, in bytes. Its time is the request's own.
pub async fn download(request: RequestBuilder, limit: usize) -> Result<Document, DownloadError> {
    let mut response = request.send().await?;
    if !response.status().is_success() {
        return Err(DownloadError::Status(response.status()));
    }
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > limit {
            return Err(DownloadError::TooLarge(limit));
        }
        body.extend_from_slice(&chunk);
    }
    let headers = std::mem::take(response.headers_mut());
    Ok(Document { url: response.url().to_string(), headers, body: body.freeze() })
}
