//! Owns `weft.yaml`: [`Raw`] is the file as it is written, a file a section, and [`Config`] what follows from it.

mod api_keys;
mod apq;
mod authentication;
#[cfg(test)]
mod authentication_tests;
mod authorization;
mod bff;
mod connectors;
mod guards;
mod headers;
mod identity;
mod keys;
mod limits;
mod names;
mod paths;
mod rate_limit;
#[cfg(test)]
mod rate_limit_tests;
mod supergraph;
#[cfg(test)]
mod tests;
mod tiers;
mod timeouts;
mod tls;
mod traffic;
mod usage;
mod variables;

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use weft_engine::ConnectorsConfig;
use weft_federation::diagnostics::{Diagnostic, Source};
use weft_federation::operation::Policies;

use super::or_variable;
use super::values::ListenAddress;
use super::yaml::{self, CODE};
use crate::auth::{AuthenticationConfig, Schemes};
use crate::files::Files;
use crate::rate_limit::{RateLimitConfig, RateLimits};
use names::Named;
use timeouts::Timeouts;

pub use tiers::{Bound, Tier};

/// The tier of clients that name none. It need not be there, and then bounds nothing.
pub const DEFAULT_TIER: &str = "default";

/// The configuration of a gateway.
///
/// Every key may be left out. A key that is not known is an error. Durations are written `250ms`, `30s`, `5m` or `1h`; sizes
/// `512B`, `64kB`, `2MB`, `1GB` (powers of 1000) or `64KiB`, `2MiB`, `1GiB` (powers of 1024). In values `${env.NAME}` and
/// `${env.NAME:-default}` stand for variables of the environment; quote them inside of `{ }`. Paths are relative to the
/// file's folder.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(title = "weft.yaml")]
struct Raw {
    /// Where the gateway listens, as `host:port`; port 0 takes any that is free. Without it the variables `HOST` and `PORT`
    /// count. `--listen` goes before it.
    #[schemars(extend("default" = "127.0.0.1:4000"), example = "0.0.0.0:4000")]
    listen: Option<ListenAddress>,
    /// The supergraph that is served.
    supergraph: supergraph::Supergraph,
    /// For development: introspection is allowed, and `Server-Timing` tells what took how long. `--dev` turns it on too.
    #[schemars(extend("default" = false))]
    dev: Option<bool>,
    /// Whether clients may ask for the schema. Without it they may where `dev` is on.
    #[schemars(extend("default" = false))]
    introspection: Option<bool>,
    /// How long requests and calls may take, and where subgraphs are.
    traffic: traffic::Traffic,
    /// Which headers subgraphs are sent. By itself that is `x-request-id` alone; the rules come after it, those for all before
    /// those for the subgraph, each upon what the former have made. For REST and gRPC services they come after the headers
    /// that `@source` and `@connect` name.
    headers: headers::Headers,
    /// Whether the label of a progressive `@override` is active. One that is not here is not.
    #[schemars(example = BTreeMap::from([("rollout", true)]))]
    override_labels: BTreeMap<String, bool>,
    /// Values for the connectors of REST and gRPC services.
    connectors: connectors::Connectors,
    /// What a client's request may be at most.
    limits: limits::Limits,
    /// Clients with a schema of their own.
    bff: bff::Bff,
    /// Bounds by name. A client takes those that its `client.yaml` names, or else those of `default` if there are such, and can only
    /// tighten them.
    tiers: BTreeMap<String, tiers::RawTier>,
    /// How often callers may ask: by what they are counted, under the `rate` of their tier. Without it nobody is limited. See
    /// [rate-limits.md](rate-limits.md).
    rate_limit: Option<rate_limit::RateLimit>,
    /// Automatic persisted queries: clients send the hash of an operation, and its text only where the hash is not known.
    apq: apq::Apq,
    /// Who uses what.
    usage: usage::Usage,
    /// Who clients are. Without it nobody is asked.
    authentication: authentication::Authentication,
    /// What callers need, and what they may see with it.
    authorization: authorization::Authorization,
}

/// Keys whose values no excerpt of the file may show.
const SECRETS: [&str; 4] = ["secret", "value", "$config", "redis"];

/// What a `weft.yaml` says, expanded and checked.
#[derive(Debug, Clone)]
pub struct Config {
    pub listen: Option<String>,
    /// Relative to where the program runs.
    pub supergraph: Option<PathBuf>,
    pub gateway: GatewayConfig,
}

/// How a gateway serves, wherever it listens and whatever it serves.
#[derive(Debug, Clone)]
pub struct GatewayConfig {
    /// Tell in `Server-Timing` what took how long, and allow introspection where nothing is said of it.
    pub dev: bool,
    pub introspection: Option<bool>,
    /// The largest body of a client's request, in bytes.
    pub max_body: usize,
    /// How many fields may be nested, where a client and its tier say nothing.
    pub max_depth: u32,
    /// From a request's arrival at the engine until its fetches must be done; what is not there then is null.
    pub request_timeout: Duration,
    /// How many requests are worked on at a time; `None` is without a bound.
    pub max_in_flight: Option<usize>,
    pub connectors: ConnectorsConfig,
    /// Whether the label of a progressive override is active, for every request.
    pub override_labels: BTreeMap<String, bool>,
    /// The folder of the clients.
    pub bff: Option<PathBuf>,
    pub tiers: BTreeMap<String, Tier>,
    /// `None` where nothing is counted.
    pub rate_limit: Option<RateLimitConfig>,
    /// Whether the supergraph's own endpoint takes automatic persisted queries.
    pub apq: bool,
    /// How often the log says who uses what; `None` where nobody counts.
    pub log_usage: Option<Duration>,
    /// `None` where nobody is authenticated.
    pub authentication: Option<AuthenticationConfig>,
    /// Nobody without a credential is let in.
    pub requires_authentication: bool,
    /// An operation is refused as a whole where one of its fields is.
    pub rejects_unauthorized: bool,
    pub policies: Arc<Policies>,
    /// What the file is warned of for, whatever the supergraph.
    pub warnings: Vec<Diagnostic>,
    /// The subgraphs and sources that it speaks of.
    named: Vec<Named>,
    timeouts: Timeouts,
}

/// As an empty `weft.yaml` has it, without an environment.
impl Default for GatewayConfig {
    fn default() -> Self {
        Config::without_file(&BTreeMap::new()).gateway
    }
}

impl GatewayConfig {
    /// Whether clients may ask for the schema, where they say nothing of their own.
    pub fn allows_introspection(&self) -> bool {
        self.introspection.unwrap_or(self.dev)
    }

    /// What of requests is counted, from nothing on.
    pub fn rate_limits(&self) -> RateLimits {
        self.rate_limit.as_ref().map(|config| RateLimits::new(config, &self.tiers)).unwrap_or_default()
    }

    /// How callers may say who they are.
    pub fn schemes(&self) -> Schemes {
        self.authentication.as_ref().map(AuthenticationConfig::schemes).unwrap_or_default()
    }
}

impl Config {
    /// What holds where there is no file.
    pub fn without_file(environment: &BTreeMap<String, String>) -> Self {
        let (empty, files) = (Source::new("", ""), Files::default());
        let mut resolving = Resolving::new(&empty, &files, environment, vec![]);
        Raw::default().resolve(&mut resolving, Path::new(""))
    }

    /// Reads the text of a `weft.yaml`. Paths in it are relative to `folder`. All that is wrong is returned.
    pub fn parse(
        source: &Arc<Source>,
        folder: &Path,
        environment: &BTreeMap<String, String>,
    ) -> Result<Self, Vec<Diagnostic>> {
        Self::parse_noting(source, folder, environment, &Files::default())
    }

    /// As [`Self::parse`], noting the files that are read.
    pub(crate) fn parse_noting(
        source: &Arc<Source>,
        folder: &Path,
        environment: &BTreeMap<String, String>,
        files: &Files,
    ) -> Result<Self, Vec<Diagnostic>> {
        let (raw, mut found) = yaml::read::<Raw>(source, &|name| environment.get(name).cloned());
        let shown = yaml::starred(source, &SECRETS);
        for label in found.iter_mut().flat_map(|found| &mut found.labels) {
            label.span.source = Arc::clone(&shown);
        }
        let mut resolving = Resolving::new(&shown, files, environment, found);
        let config = raw.unwrap_or_default().resolve(&mut resolving, folder);
        if resolving.found.is_empty() { Ok(config) } else { Err(resolving.found) }
    }
}

/// The JSON Schema of the file, for editors.
pub fn json_schema() -> Value {
    let mut schema = schemars::schema_for!(Raw);
    or_variable(&mut schema);
    schema.to_value()
}

/// What is gathered on the way from [`Raw`] to [`Config`].
struct Resolving<'a> {
    source: &'a Arc<Source>,
    files: &'a Files,
    environment: &'a BTreeMap<String, String>,
    found: Vec<Diagnostic>,
    /// Something was wrong with the file before, and was taken out.
    is_damaged: bool,
    warnings: Vec<Diagnostic>,
    tiers: BTreeMap<String, Tier>,
    policies: Arc<Policies>,
    named: Vec<Named>,
    timeouts: Timeouts,
}

impl<'a> Resolving<'a> {
    fn new(
        source: &'a Arc<Source>,
        files: &'a Files,
        environment: &'a BTreeMap<String, String>,
        found: Vec<Diagnostic>,
    ) -> Self {
        let is_damaged = !found.is_empty();
        let (warnings, tiers, named, timeouts) = (vec![], BTreeMap::new(), vec![], Timeouts::default());
        let policies = Arc::default();
        Self { source, files, environment, found, is_damaged, warnings, tiers, policies, named, timeouts }
    }
}

impl Resolving<'_> {
    fn error(&mut self, place: &Range<usize>, message: impl Into<String>, help: &str) {
        let place = yaml::span(self.source, place);
        self.found.push(Diagnostic::error(CODE, message).at(place, "").help(help));
    }
}

impl Raw {
    fn resolve(self, resolving: &mut Resolving<'_>, folder: &Path) -> Config {
        let dev = self.dev.unwrap_or(false);
        let (request_timeout, max_in_flight) = (self.traffic.request_timeout(), self.traffic.max_in_flight());
        let calls = self.traffic.resolve(resolving, folder);
        let rules = self.headers.resolve(resolving);
        let mut connectors = self.connectors.resolve(resolving, calls, rules);
        connectors.env.clone_from(resolving.environment);
        if self.rate_limit.is_none() {
            resolving.rates_without_limits(&self.tiers);
        }
        resolving.tiers = tiers::resolve(self.tiers, resolving);
        resolving.policies = self.authorization.policies(resolving);
        let authentication = self.authentication.resolve(resolving, folder);
        let requires_authentication = self.authorization.requires_authentication(authentication.as_ref(), resolving);
        let tiers = std::mem::take(&mut resolving.tiers);
        let rate_limit = self.rate_limit.map(|limit| limit.resolve(authentication.as_ref(), &tiers, resolving));
        let gateway = GatewayConfig {
            dev,
            introspection: self.introspection,
            max_body: self.limits.body(),
            max_depth: self.limits.depth(),
            request_timeout,
            max_in_flight,
            connectors,
            override_labels: self.override_labels,
            bff: self.bff.path(folder),
            tiers,
            rate_limit,
            apq: self.apq.is_enabled(),
            log_usage: self.usage.period(),
            authentication,
            requires_authentication,
            rejects_unauthorized: self.authorization.rejects_unauthorized(),
            policies: Arc::clone(&resolving.policies),
            warnings: std::mem::take(&mut resolving.warnings),
            named: std::mem::take(&mut resolving.named),
            timeouts: std::mem::take(&mut resolving.timeouts),
        };
        Config { listen: self.listen.map(|listen| listen.0), supergraph: self.supergraph.path(folder), gateway }
    }
}
