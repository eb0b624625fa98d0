//! Owns connectors as data: everything that `@source` and `@connect` say, parsed and checked.

use std::collections::BTreeSet;

use super::grpc::{Descriptors, MethodDescriptor};
use super::located::Located;
use super::mapping::{FieldTree, Selection, Use, UseRoot, Variable};
use super::template::{BaseUrl, HeaderTemplate, UrlParts, UrlTemplate};

/// A mapping, and where it stands.
pub type Mapping = Located<Selection>;

/// The sources and connectors of a subgraph or of a whole supergraph.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Connectors {
    pub sources: Vec<Source>,
    pub connectors: Vec<Connector>,
}

impl Connectors {
    /// Adds those of another subgraph.
    pub fn extend(&mut self, other: Connectors) {
        let offset = self.sources.len();
        self.sources.extend(other.sources);
        self.connectors.extend(other.connectors.into_iter().map(|mut connector| {
            connector.source = connector.source.map(|at| at + offset);
            connector
        }));
    }

    /// Whether some answer hangs on a client's header, beside its credential: a call sends it on, or a mapping reads it.
    pub fn forward_headers(&self) -> bool {
        let own = self.connectors.iter().flat_map(|connector| connector.request.headers());
        let mut headers = self.sources.iter().flat_map(|source| &source.headers).chain(own);
        headers.any(|header| matches!(&header.value, HeaderValue::From(name) if name != "authorization"))
            || self.uses().any(|found| found.root == UseRoot::Variable(Variable::Request) && !is_credential(&found))
    }

    /// What all mappings and templates read.
    pub(super) fn uses(&self) -> impl Iterator<Item = Use> {
        let of_sources = self.sources.iter().flat_map(Source::mapping_uses);
        let of_connectors = self.connectors.iter().flat_map(Connector::mapping_uses);
        of_sources.chain(of_connectors).flat_map(|mapping| mapping.uses)
    }

    pub fn source_of(&self, connector: &Connector) -> Option<&Source> {
        self.sources.get(connector.source?)
    }

    /// The headers that a connector's requests carry: its own, and those of its source that it does not name itself.
    pub fn headers<'c>(&'c self, connector: &'c Connector) -> Vec<&'c Header> {
        let own = connector.request.headers();
        let inherited = self.source_of(connector).map_or(&[][..], |source| &source.headers);
        let inherited = inherited.iter().filter(|header| own.iter().all(|mine| mine.name != header.name));
        own.iter().chain(inherited).collect()
    }

    /// Which variables of the environment their mappings and templates read.
    pub fn env_names(&self) -> EnvNames {
        let mut names = BTreeSet::new();
        for found in self.uses() {
            match (found.root, found.path.first()) {
                (UseRoot::Variable(Variable::Env), Some(name)) => drop(names.insert(name.name.clone())),
                (UseRoot::Variable(Variable::Env), None) if found.whole => return EnvNames::All,
                (UseRoot::Variable(_) | UseRoot::Response, _) => {}
            }
        }
        EnvNames::These(names)
    }

    /// The variables that the mappings of a connector and its source read.
    pub fn variables(&self, connector: &Connector) -> BTreeSet<Variable> {
        let of_source = self.source_of(connector).map(Source::mapping_uses).unwrap_or_default();
        let uses = of_source.into_iter().chain(connector.mapping_uses()).flat_map(|mapping| mapping.uses);
        let variables = uses.filter_map(|found| match found.root {
            UseRoot::Variable(variable) => Some(variable),
            UseRoot::Response => None,
        });
        variables.collect()
    }

    /// Whether its mappings can use an answer that is one text: none takes keys of it. `succeeded` tells which of them look
    /// at it.
    pub fn takes_text(&self, connector: &Connector, succeeded: bool) -> bool {
        let source = self.source_of(connector);
        let is_success = connector.is_success.as_ref().or(source.and_then(|source| source.is_success.as_ref()));
        let own = &connector.errors;
        let errors = source.map_or(own, |source| &source.errors);
        let [message, extensions] =
            [own.message.as_ref().or(errors.message.as_ref()), own.extensions.as_ref().or(errors.extensions.as_ref())];
        let looking = match succeeded {
            true => [Some(&connector.selection), None, is_success],
            false => [message, extensions, is_success],
        };
        let mut uses = looking.into_iter().flatten().flat_map(|mapping| mapping.uses());
        !uses.any(|found| found.root == UseRoot::Response && !found.path.is_empty())
    }

    /// The parts of which an HTTP connector's URL is made; none for gRPC.
    pub fn url_parts<'c>(&'c self, connector: &'c Connector) -> Option<UrlParts<'c>> {
        let Request::Http(request) = &connector.request else { return None };
        let source = match self.source_of(connector).map(|source| &source.protocol) {
            Some(Protocol::Http(source)) => Some(source),
            Some(Protocol::Grpc(_)) | None => None,
        };
        Some(UrlParts {
            base: source.map(|source| &source.base),
            source_path: source.and_then(|source| source.path.as_deref()),
            source_query: source.and_then(|source| source.query.as_deref()),
            template: Some(&request.url),
            path: request.path.as_deref(),
            query: request.query.as_deref(),
        })
    }
}

/// `$request.headers.authorization`
fn is_credential(found: &Use) -> bool {
    let names = found.path.iter().map(|segment| segment.name.as_str());
    names.take(2).eq(["headers", "authorization"])
}

/// Variables of the environment that connectors read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EnvNames {
    These(BTreeSet<String>),
    /// A mapping takes `$env` as a whole.
    All,
}

impl EnvNames {
    pub fn contains(&self, name: &str) -> bool {
        match self {
            Self::These(names) => names.contains(name),
            Self::All => true,
        }
    }
}

/// Where a service is: `@source`.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    pub name: String,
    /// Name of the subgraph that declares it. Two subgraphs may each have a source of one name.
    pub subgraph: String,
    pub protocol: Protocol,
    pub headers: Vec<Header>,
    pub errors: ErrorMappings,
    pub is_success: Option<Mapping>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Protocol {
    Http(HttpSource),
    Grpc(GrpcSource),
}

#[derive(Debug, Clone, PartialEq)]
pub struct HttpSource {
    pub base: BaseUrl,
    pub path: Option<Mapping>,
    pub query: Option<Mapping>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct GrpcSource {
    /// `http://host:port` or `https://host:port`.
    pub address: String,
    /// Full name of the service that a connector's `method` is of.
    pub service: Option<String>,
    /// Pruned to the methods that connectors call.
    pub descriptors: Descriptors,
}

/// A header or gRPC metadata entry to send. The name is in lower case.
#[derive(Debug, Clone, PartialEq)]
pub struct Header {
    pub name: String,
    pub value: HeaderValue,
}

#[derive(Debug, Clone, PartialEq)]
pub enum HeaderValue {
    /// Forwarded from the client's request, by this name in lower case.
    From(String),
    Template(Located<HeaderTemplate>),
}

/// What a failed call's error says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ErrorMappings {
    pub message: Option<Mapping>,
    pub extensions: Option<Mapping>,
}

/// How a field or a type is resolved: `@connect`.
#[derive(Debug, Clone, PartialEq)]
pub struct Connector {
    pub subgraph: String,
    pub coordinate: Coordinate,
    /// Which of several on one coordinate, from 0.
    pub ordinal: usize,
    pub id: Option<String>,
    /// Index into [`Connectors::sources`].
    pub source: Option<usize>,
    pub request: Request,
    pub batch: Option<Batch>,
    pub selection: Mapping,
    pub entity: bool,
    pub errors: ErrorMappings,
    pub is_success: Option<Mapping>,
}

/// What a connector is on: a field, or with none an object type.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Coordinate {
    pub type_name: String,
    pub field: Option<String>,
}

impl std::fmt::Display for Coordinate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.type_name)?;
        match &self.field {
            Some(field) => write!(f, ".{field}"),
            None => Ok(()),
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub enum Request {
    Http(Box<HttpRequest>),
    Grpc(GrpcRequest),
}

impl Request {
    pub fn headers(&self) -> &[Header] {
        match self {
            Self::Http(request) => &request.headers,
            Self::Grpc(request) => &request.headers,
        }
    }

    pub fn body(&self) -> Option<&Mapping> {
        match self {
            Self::Http(request) => request.body.as_ref(),
            Self::Grpc(request) => request.body.as_ref(),
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct HttpRequest {
    pub method: HttpMethod,
    pub url: Located<UrlTemplate>,
    pub path: Option<Mapping>,
    pub query: Option<Mapping>,
    pub body: Option<Mapping>,
    pub headers: Vec<Header>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HttpMethod {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl HttpMethod {
    pub const ALL: [Self; 5] = [Self::Get, Self::Post, Self::Put, Self::Patch, Self::Delete];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct GrpcRequest {
    pub method: MethodDescriptor,
    pub body: Option<Mapping>,
    pub headers: Vec<Header>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// The most keys per call; none for no limit.
    pub max_size: Option<usize>,
    /// On a field: the path in the selection's items by which they go to their parents.
    pub group_by: Option<Vec<String>>,
}

/// What a connector needs of its surroundings, as paths.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inputs {
    /// Arguments of the field.
    pub args: Option<FieldTree>,
    /// Fields of the parent, one at a time.
    pub this: Option<FieldTree>,
    /// Fields of the parents, many at a time.
    pub batch: Option<FieldTree>,
}

/// A mapping of a connector, where it stands, and when it is evaluated.
pub(super) struct MappingUse<'c> {
    pub uses: Vec<Use>,
    pub node: &'c apollo_compiler::Node<apollo_compiler::ast::Value>,
    /// There is a response by then.
    pub after_response: bool,
}

impl Connector {
    /// The paths of `$args`, `$this` and `$batch` that any of its mappings reads. Made anew with each call.
    pub fn inputs(&self) -> Inputs {
        let mut inputs = Inputs::default();
        for mapping in self.mapping_uses() {
            for found in mapping.uses.into_iter().filter(|found| found.whole) {
                let tree = match found.root {
                    UseRoot::Variable(Variable::Args) => &mut inputs.args,
                    UseRoot::Variable(Variable::This) => &mut inputs.this,
                    UseRoot::Variable(Variable::Batch) => &mut inputs.batch,
                    UseRoot::Variable(
                        Variable::Config | Variable::Env | Variable::Status | Variable::Request | Variable::Response,
                    )
                    | UseRoot::Response => continue,
                };
                let path: Vec<&str> = found.path.iter().map(|segment| segment.name.as_str()).collect();
                match tree {
                    Some(tree) => tree.merge(FieldTree::path(&path)),
                    None => *tree = Some(FieldTree::path(&path)),
                }
            }
        }
        inputs
    }

    /// The key by which it resolves an entity: what a type's connector reads of `$this` or `$batch`, and the arguments
    /// of a root field with `entity: true`. None for a connector that resolves no entity.
    pub fn key(&self) -> Option<FieldTree> {
        let inputs = self.inputs();
        match &self.coordinate.field {
            None => inputs.batch.or(inputs.this),
            Some(_) if self.entity => inputs.args,
            Some(_) => None,
        }
    }

    /// The selection for a query that wants these fields, and those by which a batch's results find their parents.
    /// Prepared with the plan.
    pub fn specialize(&self, wanted: &FieldTree) -> Selection {
        let mut wanted = wanted.clone();
        let group_by = self.batch.as_ref().and_then(|batch| batch.group_by.as_ref());
        if let Some(path) = group_by {
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            wanted.merge(FieldTree::path(&path));
        } else if self.coordinate.field.is_none()
            && let Some(key) = self.key()
        {
            wanted.merge(key);
        }
        self.selection.prune(&wanted)
    }

    /// Whether one call serves many parents.
    pub fn is_batch(&self) -> bool {
        self.inputs().batch.is_some()
    }

    /// Whether the keys of a batch stand in its URL.
    pub fn sends_batch_in_url(&self) -> bool {
        let Request::Http(request) = &self.request else { return false };
        let of_mappings = [&request.path, &request.query].into_iter().flatten().flat_map(|mapping| mapping.uses());
        let mut all = template_uses(request.url.expressions()).into_iter().chain(of_mappings);
        all.any(|found| found.root == UseRoot::Variable(Variable::Batch))
    }

    /// Whether any of its mappings reads this argument of its field, or all of them as a whole.
    pub fn reads_argument(&self, name: &str) -> bool {
        self.mapping_uses().iter().flat_map(|mapping| &mapping.uses).any(|found| {
            found.root == UseRoot::Variable(Variable::Args)
                && found.path.first().map_or(found.whole, |first| first.name == name)
        })
    }

    /// What each of its mappings reads, in the order: URL, body, headers, selection, errors.
    pub(super) fn mapping_uses(&self) -> Vec<MappingUse<'_>> {
        let mut all = Vec::new();
        if let Request::Http(request) = &self.request {
            let uses = template_uses(request.url.expressions());
            all.push(MappingUse { uses, node: request.url.node(), after_response: false });
            push_mapping(request.path.as_ref(), false, &mut all);
            push_mapping(request.query.as_ref(), false, &mut all);
        }
        push_mapping(self.request.body(), false, &mut all);
        push_headers(self.request.headers(), &mut all);
        push_mapping(Some(&self.selection), true, &mut all);
        push_mapping(self.errors.message.as_ref(), true, &mut all);
        push_mapping(self.errors.extensions.as_ref(), true, &mut all);
        push_mapping(self.is_success.as_ref(), true, &mut all);
        all
    }
}

impl Source {
    pub(super) fn mapping_uses(&self) -> Vec<MappingUse<'_>> {
        let mut all = Vec::new();
        if let Protocol::Http(source) = &self.protocol {
            push_mapping(source.path.as_ref(), false, &mut all);
            push_mapping(source.query.as_ref(), false, &mut all);
        }
        push_headers(&self.headers, &mut all);
        push_mapping(self.errors.message.as_ref(), true, &mut all);
        push_mapping(self.errors.extensions.as_ref(), true, &mut all);
        push_mapping(self.is_success.as_ref(), true, &mut all);
        all
    }
}

fn push_mapping<'c>(mapping: Option<&'c Mapping>, after_response: bool, all: &mut Vec<MappingUse<'c>>) {
    if let Some(mapping) = mapping {
        all.push(MappingUse { uses: mapping.uses(), node: mapping.node(), after_response });
    }
}

fn push_headers<'c>(headers: &'c [Header], all: &mut Vec<MappingUse<'c>>) {
    for header in headers {
        if let HeaderValue::Template(template) = &header.value {
            let uses = template_uses(template.expressions());
            all.push(MappingUse { uses, node: template.node(), after_response: false });
        }
    }
}

/// Uses in a template's expressions, with spans in the template's text.
fn template_uses<'t>(expressions: impl Iterator<Item = &'t super::template::TemplateExpression>) -> Vec<Use> {
    let mut all = Vec::new();
    for expression in expressions {
        for mut found in expression.selection.uses() {
            let shift = |span: &std::ops::Range<usize>| span.start + expression.offset..span.end + expression.offset;
            found.span = shift(&found.span);
            for segment in &mut found.path {
                segment.span = shift(&segment.span);
            }
            all.push(found);
        }
    }
    all
}
