//! Owns the entry points: the connectors of a subgraph, and of a supergraph that somebody composed.

use super::directives::{Applied, ReadSource, read_connect, read_source};
use super::grpc::ProtoLoader;
use super::links::directive_names;
use super::model::{Connectors, Coordinate, Protocol, Request};
use super::reader::{Arguments, Reader};
use super::typing;
use crate::diagnostics::{Diagnostic, Source as File, Span};
use apollo_compiler::ast::{Directive, Value};
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::{Node, Schema};
use std::sync::Arc;

/// Reads and checks the connectors of a subgraph.
///
/// `file` is what `schema` was parsed from; `protos` gives the files that `proto:` names. All findings are returned. A
/// connector with an error in what it is made of is left out; one that only does not fit the types stays.
pub fn read_subgraph(
    name: &str,
    schema: &Schema,
    file: &Arc<File>,
    protos: &dyn ProtoLoader,
) -> (Connectors, Vec<Diagnostic>) {
    let mut reader = Reader { subgraph: name.to_owned(), source: file, diagnostics: Vec::new() };
    let Some(names) = directive_names(schema, &mut reader) else {
        return (Connectors::default(), reader.diagnostics);
    };
    let found = Found::collect(schema, |directive| {
        let kind = if directive.name == names.source.as_str() {
            DirectiveKind::Source
        } else if directive.name == names.connect.as_str() {
            DirectiveKind::Connect
        } else {
            return None;
        };
        Some((kind, Arguments::of_directive(&directive.arguments)))
    });
    let connectors = assemble(&mut reader, schema, &found, names.additions, protos);
    (connectors, reader.diagnostics)
}

/// Reads and checks the connectors that a supergraph carries as
/// `@join__directive(graphs: [...], name: "source" | "connect", args: {...})`.
///
/// gRPC sources bring their descriptors with them, so that no file is needed.
pub fn read_supergraph(schema: &Schema, file: &Arc<File>) -> (Connectors, Vec<Diagnostic>) {
    let mut all = Connectors::default();
    let mut diagnostics = Vec::new();
    let no_files = |_: &str| None;
    for (graph, name) in graphs(schema) {
        let mut reader = Reader { subgraph: name, source: file, diagnostics: Vec::new() };
        let found = Found::collect(schema, |directive| joined(directive, &graph));
        // What a supergraph has was allowed where it was composed.
        let connectors = assemble(&mut reader, schema, &found, true, &no_files);
        all.extend(connectors);
        diagnostics.append(&mut reader.diagnostics);
    }
    (all, diagnostics)
}

/// Values of `join__Graph` with the subgraphs' names.
fn graphs(schema: &Schema) -> Vec<(String, String)> {
    let Some(ExtendedType::Enum(graphs)) = schema.types.get("join__Graph") else { return Vec::new() };
    let named = graphs.values.values().map(|value| {
        let joined = value.directives.iter().find(|directive| directive.name == "join__graph");
        let name = joined.and_then(|directive| argument(directive, "name")).and_then(|name| name.as_str());
        (value.value.to_string(), name.map_or_else(|| value.value.to_string(), str::to_owned))
    });
    named.collect()
}

fn argument<'d>(directive: &'d Directive, name: &str) -> Option<&'d Node<Value>> {
    directive.arguments.iter().find(|argument| argument.name == name).map(|argument| &argument.value)
}

/// A directive that a subgraph's element had, as its supergraph hands it on.
fn joined(directive: &Directive, graph: &str) -> Option<(DirectiveKind, Arguments)> {
    if directive.name != "join__directive" {
        return None;
    }
    let graphs = argument(directive, "graphs")?.as_list()?;
    if !graphs.iter().any(|value| value.as_enum().is_some_and(|name| name.as_str() == graph)) {
        return None;
    }
    let kind = match argument(directive, "name")?.as_str()? {
        "source" | "connect__source" => DirectiveKind::Source,
        "connect" | "connect__connect" => DirectiveKind::Connect,
        _ => return None,
    };
    let fields = argument(directive, "args")?.as_object()?;
    Some((kind, Arguments::of_fields(fields)))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum DirectiveKind {
    Source,
    Connect,
}

/// The directives of one subgraph, where they were found.
struct Found {
    sources: Vec<(Arguments, Directed)>,
    connects: Vec<(Arguments, Directed, Coordinate)>,
    misplaced: Vec<(Directed, String)>,
}

/// The directive itself, for its span.
type Directed = Node<Directive>;

impl Found {
    fn collect(schema: &Schema, read: impl Fn(&Directive) -> Option<(DirectiveKind, Arguments)>) -> Self {
        let mut found = Self { sources: Vec::new(), connects: Vec::new(), misplaced: Vec::new() };
        for directive in schema.schema_definition.directives.iter() {
            if let Some((DirectiveKind::Source, arguments)) = read(directive) {
                found.sources.push((arguments, directive.node.clone()));
            }
        }
        for (name, definition) in &schema.types {
            let (directives, fields) = match definition {
                ExtendedType::Object(object) => (&object.directives, &object.fields),
                ExtendedType::Interface(interface) => {
                    for field in interface.fields.values() {
                        for directive in field.directives.iter() {
                            if let Some((DirectiveKind::Connect, _)) = read(directive) {
                                found.misplaced.push((directive.clone(), format!("{name}.{}", field.name)));
                            }
                        }
                    }
                    continue;
                }
                ExtendedType::Scalar(_)
                | ExtendedType::Union(_)
                | ExtendedType::Enum(_)
                | ExtendedType::InputObject(_) => continue,
            };
            for directive in directives.iter() {
                if let Some((DirectiveKind::Connect, arguments)) = read(directive) {
                    let coordinate = Coordinate { type_name: name.to_string(), field: None };
                    found.connects.push((arguments, directive.node.clone(), coordinate));
                }
            }
            for field in fields.values() {
                for directive in field.directives.iter() {
                    if let Some((DirectiveKind::Connect, arguments)) = read(directive) {
                        let coordinate =
                            Coordinate { type_name: name.to_string(), field: Some(field.name.to_string()) };
                        found.connects.push((arguments, directive.clone(), coordinate));
                    }
                }
            }
        }
        found
    }
}

fn assemble(
    reader: &mut Reader<'_>,
    schema: &Schema,
    found: &Found,
    additions: bool,
    protos: &dyn ProtoLoader,
) -> Connectors {
    let mut sources: Vec<ReadSource> = Vec::new();
    for (arguments, directive) in &found.sources {
        let span = reader.span(directive);
        let applied = Applied { arguments, additions, span: span.clone() };
        let Some(read) = read_source(reader, &applied, protos) else { continue };
        if sources.iter().any(|known| known.name == read.name) {
            duplicate_source(reader, &read.name, span);
            continue;
        }
        sources.push(read);
    }
    for (directive, coordinate) in &found.misplaced {
        let message = format!("`{coordinate}` is an interface's field; connect the fields of its object types");
        reader.error("CONNECTORS_UNSUPPORTED_ABSTRACT_TYPE", directive, message);
    }
    let mut connectors = Vec::new();
    for (arguments, directive, coordinate) in &found.connects {
        let applied = Applied { arguments, additions, span: reader.span(directive) };
        let ordinal = found.connects.iter().filter(|(_, _, other)| other == coordinate);
        let ordinal = ordinal.take_while(|(_, other, _)| !other.ptr_eq(directive)).count();
        let Some(mut connector) = read_connect(reader, &applied, coordinate.clone(), ordinal, &sources) else {
            continue;
        };
        typing::check(reader, schema, &mut connector, &applied);
        connectors.push(connector);
    }
    for source in sources.iter().filter_map(|read| read.source.as_ref()) {
        typing::check_source(reader, source);
    }
    let mut all = settle(sources, connectors);
    prune_descriptors(&mut all);
    all
}

fn duplicate_source(reader: &mut Reader<'_>, name: &str, span: Option<Span>) {
    reader.error_help("DUPLICATE_SOURCE_NAME", span, format!("there are two sources `{name}`"), None);
}

/// Drops the sources that could not be read, and the connectors that need one of them.
fn settle(sources: Vec<ReadSource>, connectors: Vec<super::model::Connector>) -> Connectors {
    let mut places = Vec::with_capacity(sources.len());
    let mut kept = Vec::new();
    for read in sources {
        places.push(read.source.is_some().then_some(kept.len()));
        kept.extend(read.source);
    }
    let connectors = connectors.into_iter().filter_map(|mut connector| {
        if let Some(at) = connector.source {
            connector.source = Some(places.get(at).copied().flatten()?);
        }
        Some(connector)
    });
    Connectors { connectors: connectors.collect(), sources: kept }
}

/// Cuts each gRPC source's descriptors to the methods called, and points the connectors at the smaller set.
fn prune_descriptors(all: &mut Connectors) {
    for (at, source) in all.sources.iter_mut().enumerate() {
        let Protocol::Grpc(grpc) = &mut source.protocol else { continue };
        let mut requests: Vec<_> = all
            .connectors
            .iter_mut()
            .filter(|connector| connector.source == Some(at))
            .filter_map(|connector| match &mut connector.request {
                Request::Grpc(request) => Some(request),
                Request::Http(_) => None,
            })
            .collect();
        let methods: Vec<_> = requests.iter().map(|request| request.method.clone()).collect();
        grpc.descriptors = grpc.descriptors.prune(&methods);
        for request in &mut requests {
            let service = request.method.parent_service().full_name().to_owned();
            if let Some(method) = grpc.descriptors.method(&service, request.method.name()) {
                request.method = method;
            }
        }
    }
}
