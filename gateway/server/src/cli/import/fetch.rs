//! Owns getting a document by its URL.

use std::time::Duration;

use reqwest::redirect::Policy;

use crate::download::{DownloadError, download};

/// How long a server may take for all of it.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The largest document, in bytes: the longest that are published have some ten million.
const MAX_DOCUMENT: usize = 128 * 1024 * 1024;

/// Why there is no document, in words that follow "cannot get".
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    #[error(transparent)]
    Download(#[from] DownloadError),
    #[error("the answer is not UTF-8 text")]
    NotText,
    #[error("cannot start: {0}")]
    Start(#[from] std::io::Error),
}

/// The text, and the URL that it is at after redirects. Blocks.
pub fn fetch(url: &str) -> Result<(String, String), FetchError> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(get(url))
}

async fn get(url: &str) -> Result<(String, String), FetchError> {
    let client = reqwest::Client::builder().no_proxy().redirect(Policy::limited(5)).timeout(TIMEOUT).build();
    let document = download(client.map_err(DownloadError::from)?.get(url), MAX_DOCUMENT).await?;
    let text = String::from_utf8(document.body.into()).map_err(|_| FetchError::NotText)?;
    Ok((text, document.url))
}
