//! Owns HTTP to backends: the client's settings, reading a body within its limit, and naming what fails.
//!
//! The client is hyper's pooled one and not reqwest around it: reqwest copies the headers twice and parses the URL
//! twice for every call (`docs/performance.md` has the figures), and what it adds a gateway must not do: redirects,
//! proxies of the environment, cookies.

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
use tokio::time::{Instant, timeout_at};
use url::Url;

use super::config::SourceConfig;
use super::unreachable::unreachable;
use crate::execute::{ErrorOrigin, SubgraphError};

/// Shorter than the keep-alive of common servers (Node.js: 5 s), so that it is we who close a connection.
const POOL_IDLE: Duration = Duration::from_secs(4);

/// Cheap to clone; the clones share their connections.
pub type Client = legacy::Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

pub type Request = http::Request<Full<Bytes>>;

/// A client that goes where it is sent and nowhere else: no redirects, no proxy of the environment.
pub fn client(config: &SourceConfig) -> Result<Client, String> {
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

/// Sends a request and reads the whole answer, within the source's time and size and by the client's deadline.
pub async fn send(
    client: &Client,
    request: Request,
    config: &SourceConfig,
    deadline: Instant,
    origin: &ErrorOrigin,
) -> Result<Answer, SubgraphError> {
    let answer = async {
        let response = client.request(request).await.map_err(|error| unreachable(origin, &error))?;
        let (head, body) = response.into_parts();
        Ok(Answer {
            status: head.status.as_u16(),
            headers: head.headers,
            body: read(body, config.max_body, origin).await?,
        })
    };
    // One timer for both limits: each costs as much as reading a small answer.
    let end = deadline.min(Instant::now() + config.timeout);
    timeout_at(end, answer).await.unwrap_or_else(|_| Err(SubgraphError::timeout(origin)))
}

async fn read(mut body: Incoming, limit: usize, origin: &ErrorOrigin) -> Result<Bytes, SubgraphError> {
    let too_large = || SubgraphError::malformed(origin, &format!("it is larger than {limit} bytes"));
    let expected = body.size_hint().exact().and_then(|length| usize::try_from(length).ok());
    if expected.is_some_and(|length| length > limit) {
        return Err(too_large());
    }
    let Some(first) = next(&mut body, origin).await? else { return Ok(Bytes::new()) };
    let mut whole = Whole::One(first);
    loop {
        if whole.len() > limit {
            return Err(too_large());
        }
        match next(&mut body, origin).await? {
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
async fn next(body: &mut Incoming, origin: &ErrorOrigin) -> Result<Option<Bytes>, SubgraphError> {
    while !body.is_end_stream() {
        let Some(frame) = body.frame().await else { return Ok(None) };
        // What is no data is a trailer.
        if let Ok(data) = frame.map_err(|error| unreachable(origin, &error))?.into_data() {
            return Ok(Some(data));
        }
    }
    Ok(None)
}
