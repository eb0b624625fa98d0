//! Owns the calls to GraphQL subgraphs.

mod request;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use bytes::Bytes;
use futures_util::FutureExt;
use http::header::{ACCEPT, CONTENT_TYPE, HOST};
use http::{HeaderMap, HeaderValue, Method, Uri};
use tokio::time::{Instant, timeout_at};
use url::Url;

use super::config::SourceConfig;
use super::headers::Key;
use super::in_flight::InFlight;
use super::{About, Gaps, Inputs, Part, PartError, PartForm, headers, http as transport};
use crate::execute::{BackendStatus, ErrorOrigin, SubgraphError};
use crate::policy::{EndpointName, Guard, Guards};

pub use request::Request;

/// A GraphQL server.
#[derive(Debug, Clone)]
pub struct GraphQl(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    endpoint: transport::Endpoint,
    uri: Uri,
    headers: HeaderMap,
    config: SourceConfig,
    /// Where operations share what they read at the same time.
    in_flight: Option<InFlight<Result<(u16, Bytes), SubgraphError>>>,
}

impl GraphQl {
    /// The server of a subgraph at `url`, unless the configuration says another address. The error says what is wrong with it.
    pub fn new(subgraph: &str, url: &str, config: &SourceConfig, guards: &Guards) -> Result<Self, String> {
        let url = config.url.as_deref().unwrap_or(url);
        let parsed = Url::parse(url).map_err(|error| {
            format!("its address \"{url}\" is no URL ({error}); set routing_url in supergraph.yaml or url in weft.yaml")
        })?;
        if !matches!(parsed.scheme(), "http" | "https") {
            return Err(format!("its address \"{url}\" must start with http:// or https://"));
        }
        let invalid = |error: &dyn std::error::Error| format!("its address \"{url}\" cannot be called: {error}");
        let uri = transport::uri(&parsed).map_err(|error| invalid(&error))?;
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let accepted = HeaderValue::from_static("application/graphql-response+json, application/json");
        headers.insert(ACCEPT, accepted);
        // The client would write it anew for every call.
        headers.insert(HOST, transport::host(&uri).map_err(|error| invalid(&error))?);
        if config.batch_window.is_some() {
            return Err(
                "batch_window is for REST and gRPC services with batch connectors, and this is a GraphQL server; \
                take it out of weft.yaml"
                    .to_owned(),
            );
        }
        let in_flight = config.share_in_flight.then(InFlight::default);
        let name = EndpointName { subgraph: subgraph.to_owned(), source: None };
        let endpoint = transport::Endpoint::new(config, guards.of(name, url, &config.guard()))?;
        Ok(Self(Arc::new(Inner { endpoint, uri, headers, config: config.clone(), in_flight })))
    }

    pub fn guard(&self) -> &Arc<Guard> {
        self.0.endpoint.guard()
    }

    pub async fn fetch(
        &self,
        request: &Request,
        inputs: Inputs<'_>,
        origin: &ErrorOrigin,
    ) -> Result<Part, SubgraphError> {
        let Inner { endpoint, uri, headers: fixed, config, in_flight } = &*self.0;
        let headers = || {
            let mut headers = fixed.clone();
            headers::apply(&config.headers, inputs.context.headers, &mut headers);
            headers
        };
        let (deadline, effect) = (inputs.context.deadline, request.effect);
        let body: Bytes = request.body(inputs.batch, inputs.variables).into();
        let Some(in_flight) = in_flight.as_ref().filter(|_| request.is_read) else {
            // The headers are made anew for a further attempt: to keep them for one that is seldom needed costs more.
            let call = || transport::request(Method::POST, uri.clone(), headers(), body.clone());
            let answer = endpoint.send(effect, deadline, origin, call).await?;
            return Ok(part(answer.status, answer.body, origin));
        };
        let sent = headers();
        let mut key = Key::default();
        key.push_shared_headers(&sent, inputs.context.headers, |_| false);
        key.push(&body);
        let call = || {
            let (server, origin) = (Arc::clone(&self.0), origin.clone());
            async move {
                let Inner { endpoint, uri, config, .. } = &*server;
                let call = || transport::request(Method::POST, uri.clone(), sent.clone(), body.clone());
                let answer = endpoint.send(effect, Instant::now() + config.timeout, &origin, call).await?;
                Ok((answer.status, answer.body))
            }
            .boxed()
        };
        let answer = timeout_at(deadline, in_flight.join(key.0, call)).await;
        let (status, body) = answer.unwrap_or_else(|_| Err(SubgraphError::timeout(origin)))?;
        Ok(part(status, body, origin))
    }
}

/// An answer as it goes into the response: a status that tells of failure is an error beside those in the body.
pub fn part(status: u16, body: Bytes, origin: &ErrorOrigin) -> Part {
    let mut errors = vec![];
    if !(200..300).contains(&status) {
        let message = format!("The subgraph \"{}\" answered with the HTTP status {status}.", origin.service);
        let mut error = SubgraphError::new(origin, "SUBREQUEST_HTTP_ERROR", message);
        error.status = Some(BackendStatus::Http(status));
        errors.push(PartError { error, about: About::Fetch });
    }
    Part { body, form: PartForm::GraphQl, errors, gaps: Gaps::default() }
}
