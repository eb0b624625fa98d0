//! Owns the clients of connectors' sources, and what configuration gives their templates.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use serde_json::value::RawValue;
use weft_federation::connect::mapping::Variable;
use weft_federation::connect::template::BaseUrl;
use weft_federation::connect::{Connector, ConnectorId, Connectors, Protocol, Request, Source};
use weft_federation::schema::{Id, Model};

use super::answer::Reply;
use super::grpc::GrpcClient;
use super::offload::Offload;
use super::together::Batched;
use super::window::Windows;
use crate::connector::config::{ConnectorsConfig, SourceConfig};
use crate::connector::in_flight::InFlight;
use crate::connector::{ConfigError, HeaderRule, http as transport};
use crate::execute::SubgraphError;
use crate::policy::{EndpointName, Guard, Guards};

/// All REST and gRPC services of a supergraph.
#[derive(Debug, Clone)]
pub struct Backends(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    model: Arc<Model>,
    connectors: Arc<Connectors>,
    /// Like `Connectors::sources`.
    sources: Vec<Backend>,
    /// For connectors that name their whole URL, by subgraph and origin.
    sourceless: HashMap<String, HashMap<String, Backend>>,
    /// `$config` by subgraph, and before it by subgraph and source.
    values: HashMap<String, String>,
    source_values: HashMap<(String, String), String>,
    /// `$env`, as JSON.
    env: String,
    /// What each connector's mappings read: by `ConnectorId`.
    variables: Vec<BTreeSet<Variable>>,
    offload: Offload,
}

#[derive(Debug)]
struct Backend {
    client: Client,
    /// The address that configuration sets in place of the schema's.
    base: Option<BaseUrl>,
    sharing: Sharing,
}

/// What operations share of a source, where configuration turns that on.
#[derive(Debug)]
pub struct Sharing {
    pub in_flight: Option<InFlight<Result<Reply, SubgraphError>>>,
    pub windows: Option<Windows<Batched>>,
}

impl Sharing {
    fn new(config: &SourceConfig) -> Self {
        Self {
            in_flight: config.share_in_flight.then(InFlight::default),
            windows: config.batch_window.map(Windows::new),
        }
    }
}

#[derive(Debug)]
pub enum Client {
    Http(Box<HttpClient>),
    Grpc(Box<GrpcClient>),
}

#[derive(Debug)]
pub struct HttpClient {
    pub endpoint: transport::Endpoint,
    pub config: SourceConfig,
}

/// What templates read that no request changes, as JSON.
pub struct Constants<'a> {
    pub config: Option<&'a str>,
    pub env: &'a str,
}

impl Backends {
    /// Builds the clients; what is wrong with their configuration is added to `errors`.
    pub fn new(
        model: &Arc<Model>,
        connectors: &Arc<Connectors>,
        config: &ConnectorsConfig,
        guards: &Guards,
        errors: &mut Vec<ConfigError>,
    ) -> Self {
        let offload = Offload::default();
        let mut sources = vec![];
        for source in &connectors.sources {
            let own = config.of_source(&source.subgraph, &source.name);
            match backend(source, own, guards, &offload) {
                Ok(backend) => sources.push(backend),
                Err(message) => {
                    let message = format!("source \"{}\": {message}", source.name);
                    errors.push(ConfigError { subgraph: source.subgraph.clone(), message });
                }
            }
        }
        let mut sourceless: HashMap<String, HashMap<String, Backend>> = HashMap::new();
        for connector in connectors.connectors.iter().filter(|connector| connector.source.is_none()) {
            let own = config.of(&connector.subgraph);
            let (subgraph, origin) = (&connector.subgraph, origin(connector));
            let of_subgraph = sourceless.entry(subgraph.clone()).or_default();
            if of_subgraph.contains_key(origin) {
                continue;
            }
            let name = EndpointName { subgraph: subgraph.clone(), source: Some(origin.to_owned()) };
            match http(own, guards.of(name, origin, &own.guard())) {
                Ok(client) => {
                    let backend = Backend { client, base: None, sharing: Sharing::new(own) };
                    of_subgraph.insert(origin.to_owned(), backend);
                }
                Err(message) => errors.push(ConfigError { subgraph: connector.subgraph.clone(), message }),
            }
        }
        let of_sources = config.source_values.iter().map(|((subgraph, _), json)| (subgraph, json));
        for (subgraph, json) in config.values.iter().chain(of_sources) {
            if serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(json).is_err() {
                let message = "the values of $config must be a JSON object".to_owned();
                errors.push(ConfigError { subgraph: subgraph.clone(), message });
            }
        }
        // All of the environment would be read with every call, and it is not theirs to see.
        let used = connectors.env_names();
        let env: BTreeMap<_, _> = config.env.iter().filter(|(name, _)| used.contains(name)).collect();
        let env = serde_json::to_string(&env).unwrap_or_else(|_| RawValue::NULL.get().to_owned());
        Self(Arc::new(Inner {
            model: Arc::clone(model),
            connectors: Arc::clone(connectors),
            sources,
            sourceless,
            values: config.values.clone(),
            source_values: config.source_values.clone(),
            env,
            variables: connectors.connectors.iter().map(|connector| connectors.variables(connector)).collect(),
            offload,
        }))
    }

    pub fn model(&self) -> &Model {
        &self.0.model
    }

    /// Where large answers are read and mapped.
    pub fn offload(&self) -> &Offload {
        &self.0.offload
    }

    pub fn connectors(&self) -> &Connectors {
        &self.0.connectors
    }

    /// Sources and clients are built together: a connector that is read has both.
    fn of(&self, connector: &Connector) -> &Backend {
        match connector.source {
            Some(at) => &self.0.sources[at],
            None => &self.0.sourceless[&connector.subgraph][origin(connector)],
        }
    }

    /// Of all endpoints.
    pub fn guards(&self) -> impl Iterator<Item = &Arc<Guard>> {
        self.0.sources.iter().chain(self.0.sourceless.values().flat_map(HashMap::values)).map(|backend| match &backend
            .client
        {
            Client::Http(client) => client.endpoint.guard(),
            Client::Grpc(client) => client.guard(),
        })
    }

    pub fn client_of(&self, connector: &Connector) -> &Client {
        &self.of(connector).client
    }

    pub fn sharing(&self, connector: &Connector) -> &Sharing {
        &self.of(connector).sharing
    }

    /// The address that configuration sets in place of the schema's.
    pub fn base_of(&self, connector: &Connector) -> Option<&BaseUrl> {
        self.of(connector).base.as_ref()
    }

    pub fn config_of(&self, connector: &Connector) -> &SourceConfig {
        match self.client_of(connector) {
            Client::Http(client) => &client.config,
            Client::Grpc(client) => client.config(),
        }
    }

    /// Which headers configuration says are sent.
    pub fn header_rules(&self, connector: &Connector) -> &[HeaderRule] {
        &self.config_of(connector).headers
    }

    /// Whether a mapping reads the variable: if none does, it need not have a value.
    pub fn reads(&self, id: ConnectorId, variable: Variable) -> bool {
        self.0.variables.get(id.index()).is_none_or(|variables| variables.contains(&variable))
    }

    pub fn constants(&self, connector: &Connector) -> Constants<'_> {
        let source = self.0.connectors.source_of(connector);
        let own = source.and_then(|source| self.0.source_values.get(&(source.subgraph.clone(), source.name.clone())));
        let config = own.or_else(|| self.0.values.get(&connector.subgraph));
        Constants { config: config.map(String::as_str), env: &self.0.env }
    }
}

fn backend(source: &Source, config: &SourceConfig, guards: &Guards, offload: &Offload) -> Result<Backend, String> {
    let guard = |address| {
        let name = EndpointName { subgraph: source.subgraph.clone(), source: Some(source.name.clone()) };
        guards.of(name, address, &config.guard())
    };
    match &source.protocol {
        Protocol::Http(http_source) => {
            let base = config.url.as_deref().map(BaseUrl::parse).transpose().map_err(|error| error.to_string())?;
            let address = &base.as_ref().unwrap_or(&http_source.base).prefix;
            let client = http(config, guard(address))?;
            Ok(Backend { client, base, sharing: Sharing::new(config) })
        }
        Protocol::Grpc(source) => {
            let address = config.url.as_deref().unwrap_or(&source.address);
            let client = Client::Grpc(Box::new(GrpcClient::new(address, config, guard(address), offload)?));
            Ok(Backend { client, base: None, sharing: Sharing::new(config) })
        }
    }
}

fn http(config: &SourceConfig, guard: Arc<Guard>) -> Result<Client, String> {
    Ok(Client::Http(Box::new(HttpClient {
        endpoint: transport::Endpoint::new(config, guard)?,
        config: config.clone(),
    })))
}

/// Scheme and authority that a connector without a source names.
fn origin(connector: &Connector) -> &str {
    match &connector.request {
        Request::Http(request) => request.url.origin.as_deref().unwrap_or_default(),
        Request::Grpc(_) => "",
    }
}
