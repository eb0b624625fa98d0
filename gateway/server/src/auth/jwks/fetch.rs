//! Owns asking a server for its key set over HTTP: what is sent, and for how long its answer says that it holds.

use std::time::Duration;

use reqwest::header::{ACCEPT, AGE, CACHE_CONTROL, HeaderMap};
use reqwest::redirect::Policy;
use reqwest::{Client, Url};

use super::document;
use super::refresh::Fetched;
use crate::download::{DownloadError, download};

/// The largest answer that is read, in bytes.
const MAX_ANSWER: usize = 512 * 1024;

/// Asks one server.
#[derive(Debug, Clone)]
pub struct Server {
    url: Url,
    client: Client,
}

impl Server {
    /// The error says why there can be no client.
    pub fn new(url: &Url, timeout: Duration) -> Result<Self, String> {
        // Keys come from where the configuration says: no redirect and no proxy of the environment leads elsewhere. Between two
        // requests is more time than servers keep connections.
        let client = Client::builder()
            .no_proxy()
            .redirect(Policy::none())
            .timeout(timeout)
            .pool_max_idle_per_host(0)
            .build()
            .map_err(|error| format!("no HTTP client can be built: {error}"))?;
        Ok(Self { url: url.clone(), client })
    }

    /// Asks once. The error says why there are no keys.
    pub async fn fetch(&self) -> Result<Fetched, String> {
        let request = self.client.get(self.url.clone()).header(ACCEPT, "application/jwk-set+json, application/json");
        let document = download(request, MAX_ANSWER).await.map_err(|error| match error {
            DownloadError::Status(status) if status.is_redirection() => {
                format!(
                    "the answer is a redirect ({status}), which is not followed: `jwks_url` has to be the final address"
                )
            }
            DownloadError::Http(_) | DownloadError::Status(_) | DownloadError::TooLarge(_) => error.to_string(),
        })?;
        let published = document::read(&document.body).map_err(|reason| format!("the answer {reason}"))?;
        if published.keys.is_empty() {
            let reasons = published.left_out.join(", ");
            return Err(format!("the answer has no key that can be used; {reasons}").trim_end_matches("; ").to_owned());
        }
        Ok(Fetched { published, document: document.body, max_age: max_age(&document.headers) })
    }
}

/// For how long an answer may still be kept, if it says so (RFC 9111, 4.2).
fn max_age(headers: &HeaderMap) -> Option<Duration> {
    let values = headers.get_all(CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
    let mut directives =
        values.flat_map(|value| value.split(',')).map(|directive| directive.trim().to_ascii_lowercase());
    let said = directives.find_map(|directive| match directive.split_once('=') {
        Some(("max-age", seconds)) => seconds.trim_matches('"').parse().ok(),
        None if directive == "no-store" || directive == "no-cache" => Some(0),
        Some(_) | None => None,
    })?;
    let age = headers.get(AGE).and_then(|age| age.to_str().ok()?.trim().parse().ok()).unwrap_or(0);
    Some(Duration::from_secs(u64::saturating_sub(said, age)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderValue;

    #[test]
    fn an_answer_says_for_how_long_it_holds() {
        let cases: [(&[&str], Option<&str>, Option<u64>); 9] = [
            (&["max-age=600"], None, Some(600)),
            (&["public, MAX-AGE=600, must-revalidate"], None, Some(600)),
            (&["public", "max-age=\"600\""], None, Some(600)),
            (&["max-age=600"], Some("100"), Some(500)),
            (&["max-age=600"], Some("700"), Some(0)),
            (&["no-store"], None, Some(0)),
            (&["s-maxage=600"], None, None),
            (&["max-age=soon"], None, None),
            (&[], None, None),
        ];
        for (values, age, expected) in cases {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(CACHE_CONTROL, HeaderValue::from_static(value));
            }
            headers.extend(age.map(|age| (AGE, HeaderValue::from_static(age))));
            assert_eq!(max_age(&headers), expected.map(Duration::from_secs), "{values:?} {age:?}");
        }
    }
}
