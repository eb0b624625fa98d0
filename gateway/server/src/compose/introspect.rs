//! Owns asking a running subgraph for its SDL, as the subgraph specification of federation says: `{ _service { sdl } }`.

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::redirect::Policy;
use serde::Deserialize;

use crate::download::{DownloadError, download};

/// How long a subgraph may take for its answer.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The largest answer, in bytes.
const MAX_ANSWER: usize = 32 * 1024 * 1024;

/// Why there is no SDL, in words that follow "does not give its schema:".
#[derive(Debug, thiserror::Error)]
pub enum IntrospectError {
    #[error(transparent)]
    Download(#[from] DownloadError),
    #[error("its answer is no GraphQL response: {0}")]
    NotGraphql(#[from] serde_json::Error),
    #[error("it says: {0}")]
    Refused(String),
    #[error("its answer has no data._service.sdl")]
    NoSdl,
    #[error("cannot start: {0}")]
    Start(#[from] std::io::Error),
}

#[derive(Deserialize)]
struct Response<'a> {
    #[serde(borrow)]
    data: Option<Data<'a>>,
    #[serde(borrow, default)]
    errors: Vec<Message<'a>>,
}

#[derive(Deserialize)]
struct Data<'a> {
    #[serde(borrow, rename = "_service")]
    service: Option<Service<'a>>,
}

#[derive(Deserialize)]
struct Service<'a> {
    #[serde(borrow)]
    sdl: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    message: Cow<'a, str>,
}

/// Asks the subgraph at `url`. Blocks; meant for commands, not for a server.
pub fn fetch_sdl(url: &str) -> Result<String, IntrospectError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    // On a thread of its own, since the caller's may be one of another runtime, on which none can block.
    let asked = std::thread::scope(|scope| scope.spawn(|| runtime.block_on(ask(url))).join());
    let answer = asked.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
    read(&answer)
}

async fn ask(url: &str) -> Result<Bytes, IntrospectError> {
    let client = reqwest::Client::builder().no_proxy().redirect(Policy::none()).timeout(TIMEOUT).build();
    let request = client
        .map_err(DownloadError::from)?
        .post(url)
        .header(CONTENT_TYPE, "application/json")
        .header(ACCEPT, "application/json")
        .body(r#"{"query":"{ _service { sdl } }"}"#);
    Ok(download(request, MAX_ANSWER).await?.body)
}

fn read(answer: &[u8]) -> Result<String, IntrospectError> {
    let response: Response<'_> = serde_json::from_slice(answer)?;
    if let Some(sdl) = response.data.and_then(|data| data.service).and_then(|service| service.sdl) {
        return Ok(sdl.into_owned());
    }
    match response.errors.into_iter().next() {
        Some(error) => Err(IntrospectError::Refused(error.message.into_owned())),
        None => Err(IntrospectError::NoSdl),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_gives_the_sdl_or_says_why_not() {
        let cases = [
            (r#"{"data":{"_service":{"sdl":"type Query\n"}}}"#, "type Query\n"),
            (r#"{"data":null,"errors":[{"message":"no","x":1},{"message":"b"}]}"#, "it says: no"),
            (r#"{"data":{"_service":null}}"#, "its answer has no data._service.sdl"),
            ("<html>", "its answer is no GraphQL response: expected value at line 1 column 1"),
        ];
        for (answer, expected) in cases {
            let shown = read(answer.as_bytes()).unwrap_or_else(|error| error.to_string());
            assert_eq!(shown, expected, "{answer}");
        }
    }
}
