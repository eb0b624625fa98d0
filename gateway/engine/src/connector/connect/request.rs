//! Owns rendering a connector's templates into one request.

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use prost::Message;
use url::Url;
use weft_federation::connect::grpc::encode;
use weft_federation::connect::mapping::{Vars, write_json};
use weft_federation::connect::template::{render_form, render_url};
use weft_federation::connect::{Connector, HeaderValue as HeaderSource, HttpMethod, Request};

use super::backends::Backends;
use super::metadata;
use crate::connector::headers::{self as rules, Key};
use crate::connector::http as transport;
use crate::execute::{ErrorOrigin, SubgraphError};

/// The content type by which a connector asks for its body to be a form: this exactly.
const FORM: &str = "application/x-www-form-urlencoded";

/// The longest URL that the HTTP client takes. Servers take far less, and say so themselves.
const MAX_URL: usize = 65534;

/// A request as it is sent.
pub enum Rendered {
    Http { method: Method, uri: Uri, headers: HeaderMap, body: Option<Bytes> },
    Grpc { message: Bytes, headers: HeaderMap },
}

impl Rendered {
    /// All that makes the request what it is within its operation, beside its connector.
    pub fn key(&self) -> Vec<u8> {
        self.key_with(Key::push_headers)
    }

    /// The same for calls that other clients' operations may share.
    pub fn shared_key(&self, backends: &Backends, connector: &Connector, client: &HeaderMap) -> Vec<u8> {
        self.key_with(|key, headers| push_shared_headers(key, headers, (backends, connector), client))
    }

    fn key_with(&self, push_headers: impl FnOnce(&mut Key, &HeaderMap)) -> Vec<u8> {
        let (target, headers, body) = match self {
            Self::Http { method, uri, headers, body } => {
                (format!("{method} {uri}"), headers, body.as_deref().unwrap_or_default())
            }
            Self::Grpc { message, headers } => (String::new(), headers, &message[..]),
        };
        let mut key = Key::default();
        key.push(target.as_bytes());
        push_headers(&mut key, headers);
        key.push(body);
        key.0
    }
}

/// What of a connector's headers makes calls of several operations equal.
pub(super) fn push_shared_headers(
    key: &mut Key,
    sent: &HeaderMap,
    (backends, connector): (&Backends, &Connector),
    client: &HeaderMap,
) {
    let templated = |name: &HeaderName| {
        backends.connectors().headers(connector).iter().any(|header| match &header.value {
            HeaderSource::From(_) => false,
            HeaderSource::Template(_) => header.name.eq_ignore_ascii_case(name.as_str()),
        })
    };
    key.push_shared_headers(sent, client, templated);
}

/// Renders the request. What fails is the input's or the connector's fault, never the backend's.
pub fn render(
    backends: &Backends,
    connector: &Connector,
    vars: &Vars<'_>,
    client: &HeaderMap,
    origin: &ErrorOrigin,
) -> Result<Rendered, SubgraphError> {
    let refuse = |reason: &dyn std::fmt::Display| {
        let message = format!("The request to the subgraph \"{}\" cannot be made: {reason}.", origin.service);
        SubgraphError::new(origin, "BAD_USER_INPUT", message)
    };
    let body = connector.request.body().map(|body| body.eval_request(vars).0);
    let mut headers = headers(backends, connector, vars, client).map_err(|reason| refuse(&reason))?;
    match &connector.request {
        Request::Http(request) => {
            let mut parts = backends.connectors().url_parts(connector).unwrap_or_default();
            if let Some(base) = backends.base_of(connector) {
                parts.base = Some(base);
            }
            let url = render_url(&parts, vars).map_err(|reason| refuse(&reason))?;
            let url = Url::parse(&url).map_err(|reason| refuse(&reason))?;
            let uri = transport::uri(&url).map_err(|reason| match url.as_str().len() {
                length if length > MAX_URL => {
                    refuse(&format!("its URL has {length} bytes, which no HTTP server takes"))
                }
                _ => refuse(&reason),
            })?;
            headers.entry(ACCEPT).or_insert(HeaderValue::from_static("application/json"));
            let body = match body {
                Some(value) => {
                    let kind = headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static("application/json"));
                    if kind == FORM {
                        Some(render_form(&value).map_err(|reason| refuse(&reason))?.into())
                    } else {
                        let mut json = vec![];
                        write_json(&value, &mut json);
                        Some(Bytes::from(json))
                    }
                }
                None => {
                    // Servers and proxies refuse a POST that does not say that it has nothing (411).
                    if let HttpMethod::Post | HttpMethod::Put | HttpMethod::Patch = request.method {
                        headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
                    }
                    None
                }
            };
            Ok(Rendered::Http { method: method(request.method), uri, headers, body })
        }
        Request::Grpc(request) => {
            let value = body.unwrap_or_else(|| weft_federation::connect::mapping::Value::Object(vec![]));
            let message = encode(&value, &request.method.input()).map_err(|reason| refuse(&reason))?;
            Ok(Rendered::Grpc { message: message.encode_to_vec().into(), headers })
        }
    }
}

fn method(method: HttpMethod) -> Method {
    match method {
        HttpMethod::Get => Method::GET,
        HttpMethod::Post => Method::POST,
        HttpMethod::Put => Method::PUT,
        HttpMethod::Patch => Method::PATCH,
        HttpMethod::Delete => Method::DELETE,
    }
}

pub fn headers(
    backends: &Backends,
    connector: &Connector,
    vars: &Vars<'_>,
    client: &HeaderMap,
) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    for header in backends.connectors().headers(connector) {
        // Names were checked where the schema was composed.
        let Ok(name) = HeaderName::from_bytes(header.name.as_bytes()) else { continue };
        match (&header.value, &connector.request) {
            (HeaderSource::From(from), Request::Http(_)) => {
                for value in client.get_all(from.as_str()) {
                    headers.append(name.clone(), value.clone());
                }
            }
            (HeaderSource::From(from), Request::Grpc(_)) => metadata::forward(from, &name, client, &mut headers)?,
            (HeaderSource::Template(template), request) => {
                let value = match request {
                    Request::Grpc(_) if metadata::is_binary(name.as_str()) => {
                        let text = template.render_bytes(vars).map_err(|error| error.to_string())?;
                        text.map(|text| metadata::encode(text.as_bytes()))
                    }
                    Request::Grpc(_) | Request::Http(_) => {
                        let text = template.render(vars).map_err(|error| error.to_string())?;
                        let value = text.map(|text| HeaderValue::from_str(&text)).transpose();
                        value.map_err(|_| format!("`{name}` is no header"))?
                    }
                };
                if let Some(value) = value {
                    headers.insert(name, value);
                }
            }
        }
    }
    // What the gateway's configuration says goes before what the schema does.
    let configured = backends.header_rules(connector);
    match &connector.request {
        Request::Http(_) => rules::apply(configured, client, &mut headers),
        Request::Grpc(_) => {
            metadata::apply(configured, client, &mut headers)?;
            metadata::check(&headers)?;
        }
    }
    Ok(headers)
}
