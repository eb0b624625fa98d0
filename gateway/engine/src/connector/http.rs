//! Owns HTTP to backends: the client's settings, reading a body within its limit, naming what fails, and what of that says
//! something of the backend.
//!
//! The client is hyper's pooled one and not reqwest around it: reqwest copies the headers twice and parses the URL
//! twice for every call (`docs/performance.md` has the figures), and what it adds a gateway must not do: redirects,
//! proxies of the environment, cookies.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::InvalidHeaderValue;
use http::uri::InvalidUri;
use http::{HeaderMap, HeaderValue, Method, Uri};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Incoming};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::{self, connect::HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::Instant;
use url::Url;

use super::config::SourceConfig;
use super::unreachable::unreachable;
use crate::execute::{ErrorOrigin, SubgraphError};
use crate::policy::{Again, Attempt, Effect, Guard, Verdict, retry_after};

/// Shorter than the keep-alive of common servers (Node.js: 5 s), so that it is we who close a connection.
const POOL_IDLE: Duration = Duration::from_secs(4);

type Client = legacy::Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

pub type Request = http::Request<Full<Bytes>>;

/// A client that goes where it is sent and nowhere else: no redirects, no proxy of the environment.
fn client(config: &SourceConfig) -> Result<Client, String> {
    let mut tcp = HttpConnector::new();
    // The TLS connector around it takes `https`.
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(config.connect_timeout));
    let tls = HttpsConnectorBuilder::new();
    let tls = match &config.tls {
        Some(own) => {
            tls.with_tls_config(own.client_config().map_err(|error| format!("no HTTP client can be built: {error}"))?)
        }
        None => tls
            .with_provider_and_platform_verifier(rustls::crypto::aws_lc_rs::default_provider())
            .map_err(|error| format!("no HTTP client can be built: {error}"))?,
    };
    let connector = tls.https_or_http().enable_all_versions().wrap_connector(tcp);
    // It sends a request again where the connection that it waited for had been closed before. Nothing was sent then, so that
    // this is no harm to a mutation.
    Ok(legacy::Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(POOL_IDLE)
        .pool_max_idle_per_host(256)
        .build(connector))
}

/// An address as the client takes it.
pub fn uri(url: &Url) -> Result<Uri, InvalidUri> {
    Uri::try_from(url.as_str())
}

/// What `Host` says of an address: not who asks, and not the port that goes without saying.
pub fn host(uri: &Uri) -> Result<HeaderValue, InvalidHeaderValue> {
    let host = uri.host().unwrap_or_default();
    match uri.port() {
        Some(port) => HeaderValue::try_from(format!("{host}:{port}")),
        None => HeaderValue::from_str(host),
    }
}

pub fn request(method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Request {
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = method;
    *request.uri_mut() = uri;
    *request.headers_mut() = headers;
    request
}

/// An answer that was read to its end.
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// A place that requests are sent to.
#[derive(Debug)]
pub struct Endpoint {
    client: Client,
    guard: Arc<Guard>,
    /// The largest answer that is read, in bytes.
    max_body: usize,
}

impl Endpoint {
    /// The error says why no client can be built.
    pub fn new(config: &SourceConfig, guard: Arc<Guard>) -> Result<Self, String> {
        Ok(Self { client: client(config)?, guard, max_body: config.max_body })
    }

    pub fn guard(&self) -> &Arc<Guard> {
        &self.guard
    }

    /// Sends what `request` makes, as often as that is needed and allowed, and reads the whole answer: within the source's time and
    /// size, and by the client's deadline.
    pub async fn send(
        &self,
        effect: Effect,
        deadline: Instant,
        origin: &ErrorOrigin,
        mut request: impl FnMut() -> Request,
    ) -> Result<Answer, SubgraphError> {
        self.guard.call(effect, deadline, origin, |_| self.attempt(request(), origin)).await
    }

    async fn attempt(&self, request: Request, origin: &ErrorOrigin) -> Attempt<Answer> {
        let response = match self.client.request(request).await {
            Ok(response) => response,
            Err(error) => {
                let again = if error.is_connect() { Again::All } else { Again::Reads { after: None } };
                return Attempt { result: Err(unreachable(origin, &error)), verdict: Verdict::Failed(again) };
            }
        };
        let (head, body) = response.into_parts();
        match read(body, self.max_body).await {
            Ok(body) => {
                let (status, headers) = (head.status.as_u16(), head.headers);
                let verdict = verdict(status, &headers);
                Attempt { result: Ok(Answer { status, headers, body }), verdict }
            }
            Err(Unread::Cut(error)) => {
                let verdict = Verdict::Failed(Again::Reads { after: None });
                Attempt { result: Err(unreachable(origin, &error)), verdict }
            }
            Err(Unread::TooLarge) => {
                let what = format!("it is larger than {} bytes", self.max_body);
                Attempt { result: Err(SubgraphError::malformed(origin, &what)), verdict: Verdict::Answered }
            }
        }
    }
}

/// What a status says of the backend. Who asks for the wrong thing is no failure of it.
fn verdict(status: u16, headers: &HeaderMap) -> Verdict {
    match status {
        502..=504 => Verdict::Failed(Again::Reads { after: retry_after(headers) }),
        500..=599 => Verdict::Failed(Again::None),
        _ => Verdict::Answered,
    }
}

/// Why a body was not read to its end.
enum Unread {
    TooLarge,
    /// The connection broke.
    Cut(hyper::Error),
}

async fn read(mut body: Incoming, limit: usize) -> Result<Bytes, Unread> {
    let expected = body.size_hint().exact().and_then(|length| usize::try_from(length).ok());
    if expected.is_some_and(|length| length > limit) {
        return Err(Unread::TooLarge);
    }
    let Some(first) = next(&mut body).await? else { return Ok(Bytes::new()) };
    let mut whole = Whole::One(first);
    loop {
        if whole.len() > limit {
            return Err(Unread::TooLarge);
        }
        match next(&mut body).await? {
            Some(chunk) => whole = whole.and(&chunk, expected),
            None => return Ok(whole.into_bytes()),
        }
    }
}

/// A body as far as it has come. Most come whole and are not copied.
enum Whole {
    One(Bytes),
    Many(BytesMut),
}

impl Whole {
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

/// The next piece of a body. A body of a stated length ends with its last byte: nobody is asked, and waited for, whether
/// there is more.
async fn next(body: &mut Incoming) -> Result<Option<Bytes>, Unread> {
    while !body.is_end_stream() {
        let Some(frame) = body.frame().await else { return Ok(None) };
        // What is no data is a trailer.
        if let Ok(data) = frame.map_err(Unread::Cut)?.into_data() {
            return Ok(Some(data));
        }
    }
    Ok(None)
}
