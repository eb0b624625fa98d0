//! Owns the reading of one `@source` and one `@connect`, whichever file they come from.

use super::grpc::{Descriptors, ProtoLoader};
use super::headers::{HeaderRules, read_headers};
use super::mapping::{ExpressionKind, Output, Path, Root, Selection, SelectionBody, StepKind};
use super::model::{
    Batch, Connector, Coordinate, ErrorMappings, GrpcRequest, GrpcSource, HttpMethod, HttpRequest, HttpSource, Mapping,
    Protocol, Request, Source,
};
use super::reader::{Arguments, Reader};
use super::template::{BaseUrl, UrlTemplate};
use crate::diagnostics::Diagnostic;
use crate::suggest::closest;
use apollo_compiler::Node;
use apollo_compiler::ast::Value;

/// Where a directive is applied.
pub(super) struct Applied<'a> {
    pub arguments: &'a Arguments,
    pub additions: bool,
    /// The directive, for what is wrong with the whole.
    pub span: Option<crate::diagnostics::Span>,
}

impl Applied<'_> {
    fn wrong(&self, reader: &mut Reader<'_>, code: &'static str, message: impl Into<String>) {
        reader.error_help(code, self.span.clone(), message, None);
    }

    fn needs_additions(&self, reader: &mut Reader<'_>, node: &Node<Value>, what: &str) {
        if !self.additions {
            let span = reader.span(node);
            let help = "add `@link(url: \"https://specs.weft.dev/connect/v0.1\")` to the schema".to_owned();
            reader.error_help("WEFT_LINK_MISSING", span, format!("{what} is an addition of weft"), Some(help));
        }
    }
}

/// A source whose name is known. Its content is missing if that was wrong: then its connectors are not blamed for it.
pub(super) struct ReadSource {
    pub name: String,
    pub source: Option<Source>,
}

pub(super) fn read_source(
    reader: &mut Reader<'_>,
    applied: &Applied<'_>,
    protos: &dyn ProtoLoader,
) -> Option<ReadSource> {
    const CODE: &str = "INVALID_SOURCE";
    let arguments = applied.arguments;
    arguments.only(reader, CODE, &["name", "http", "grpc", "errors", "isSuccess"]);
    let Some(name_node) = arguments.get("name") else {
        applied.wrong(reader, "EMPTY_SOURCE_NAME", "a source needs a name");
        return None;
    };
    let name = reader.string("INVALID_SOURCE_NAME", name_node)?;
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if name.is_empty() {
        reader.error("EMPTY_SOURCE_NAME", name_node, "a source's name is not empty");
    } else if !name.starts_with(|c: char| c.is_ascii_alphabetic()) || !name.chars().all(fits) || name.len() > 64 {
        let message = "a source's name begins with a letter and has up to 64 letters, digits, `_` and `-`";
        reader.error("INVALID_SOURCE_NAME", name_node, message);
    }
    let errors = read_errors(reader, arguments.get("errors"));
    let is_success = read_is_success(reader, arguments.get("isSuccess"));
    let protocol = match (arguments.get("http"), arguments.get("grpc")) {
        (Some(http), None) => read_http_source(reader, http),
        (None, Some(grpc)) => {
            applied.needs_additions(reader, grpc, "`grpc`");
            read_grpc_source(reader, grpc, protos)
        }
        (None, None) => {
            applied.wrong(reader, CODE, format!("source `{name}` says neither `http` nor `grpc`"));
            None
        }
        (Some(_), Some(grpc)) => {
            reader.error(CODE, grpc, format!("source `{name}` is either `http` or `grpc`, not both"));
            None
        }
    };
    let source = protocol.map(|(protocol, headers)| Source {
        name: name.clone(),
        subgraph: reader.subgraph.clone(),
        protocol,
        headers,
        errors,
        is_success,
    });
    Some(ReadSource { name, source })
}

type ReadProtocol = (Protocol, Vec<super::model::Header>);

fn read_http_source(reader: &mut Reader<'_>, node: &Node<Value>) -> Option<ReadProtocol> {
    let fields = Arguments::of_object(reader, "INVALID_SOURCE", node)?;
    fields.only(reader, "INVALID_SOURCE", &["baseURL", "headers", "path", "queryParams"]);
    let path = reader.mapping("INVALID_URL", fields.get("path"));
    let query = reader.mapping("INVALID_URL", fields.get("queryParams"));
    let headers = read_headers(reader, fields.get("headers"), HeaderRules::Http);
    let Some(base_node) = fields.get("baseURL") else {
        reader.error("INVALID_URL", node, "`http` needs a `baseURL`");
        return None;
    };
    let base = reader.parse("INVALID_URL", base_node, BaseUrl::parse)?;
    Some((Protocol::Http(HttpSource { base: (*base).clone(), path, query }), headers))
}

fn read_grpc_source(reader: &mut Reader<'_>, node: &Node<Value>, protos: &dyn ProtoLoader) -> Option<ReadProtocol> {
    let fields = Arguments::of_object(reader, "INVALID_SOURCE", node)?;
    fields.only(reader, "INVALID_SOURCE", &["address", "service", "proto", "headers", "descriptors"]);
    let headers = read_headers(reader, fields.get("headers"), HeaderRules::Grpc);
    let address = match fields.get("address") {
        Some(node) => {
            let base = reader.parse("INVALID_URL", node, BaseUrl::parse)?;
            if base.query.is_some() || base.prefix.matches('/').count() > 2 {
                reader.error("INVALID_URL", node, "the address of a gRPC service is `http://host:port`, with no path");
            }
            base.prefix.clone()
        }
        None => {
            reader.error("INVALID_URL", node, "`grpc` needs an `address`");
            return None;
        }
    };
    let descriptors = read_descriptors(reader, &fields, node, protos)?;
    let service = match fields.get("service") {
        Some(service_node) => {
            let service = reader.string("UNKNOWN_GRPC_SERVICE", service_node)?;
            let known = descriptors.services();
            if !known.contains(&service) {
                let near = closest(&service, known.iter().map(String::as_str));
                let help = near.map(|near| format!("did you mean `{near}`?")).or_else(|| list("there are", &known));
                let span = reader.span(service_node);
                reader.error_help("UNKNOWN_GRPC_SERVICE", span, format!("there is no service `{service}`"), help);
                return None;
            }
            Some(service)
        }
        None => None,
    };
    Some((Protocol::Grpc(GrpcSource { address, service, descriptors }), headers))
}

fn list(start: &str, names: &[String]) -> Option<String> {
    (!names.is_empty()).then(|| format!("{start} {}", names.join(", ")))
}

/// From the supergraph's embedded set, or else from the files.
fn read_descriptors(
    reader: &mut Reader<'_>,
    fields: &Arguments,
    node: &Node<Value>,
    protos: &dyn ProtoLoader,
) -> Option<Descriptors> {
    const CODE: &str = "INVALID_PROTO";
    if let Some(embedded) = fields.get("descriptors") {
        let text = reader.string(CODE, embedded)?;
        return match Descriptors::from_base64(&text) {
            Ok(descriptors) => Some(descriptors),
            Err(error) => {
                reader.error(CODE, embedded, format!("the embedded descriptors cannot be read: {error}"));
                None
            }
        };
    }
    let proto_node = match fields.get("proto") {
        Some(found) => found,
        None => {
            reader.error(CODE, node, "`grpc` needs `proto`: the files that describe the service");
            return None;
        }
    };
    let files: Option<Vec<String>> = match proto_node.as_list() {
        Some(items) => items.iter().map(|item| reader.string(CODE, item)).collect(),
        None => reader.string(CODE, proto_node).map(|file| vec![file]),
    };
    match Descriptors::compile(&files?, protos) {
        Ok(descriptors) => Some(descriptors),
        Err(error) => {
            reader.error(CODE, proto_node, error.to_string());
            None
        }
    }
}

fn read_errors(reader: &mut Reader<'_>, node: Option<&Node<Value>>) -> ErrorMappings {
    const CODE: &str = "INVALID_ERRORS";
    let Some(fields) = node.and_then(|node| Arguments::of_object(reader, CODE, node)) else {
        return ErrorMappings::default();
    };
    fields.only(reader, CODE, &["message", "extensions"]);
    let message = reader.mapping(CODE, fields.get("message"));
    if let Some(message) = &message {
        warn_of_object(reader, message);
    }
    ErrorMappings { message, extensions: reader.mapping(CODE, fields.get("extensions")) }
}

fn read_is_success(reader: &mut Reader<'_>, node: Option<&Node<Value>>) -> Option<Mapping> {
    const CODE: &str = "INVALID_IS_SUCCESS";
    let mapping = reader.mapping(CODE, node)?;
    if let Output::Object(fields) = mapping.output() {
        let help = match fields.as_slice() {
            [only] => format!("for the value that is there write `$.{}`", only.name),
            _ => "write a condition, such as `$.errors->size->eq(0)`".to_owned(),
        };
        let span = reader.span(mapping.node());
        reader.error_help(CODE, span, "`isSuccess` makes an object, which is never true", Some(help));
    }
    Some(mapping)
}

/// A name alone is a selection of one field: `message` makes an object of it, where a text is wanted.
fn warn_of_object(reader: &mut Reader<'_>, message: &Mapping) {
    let Output::Object(fields) = message.output() else { return };
    let text = "`errors.message` makes an object, which is no message; errors are told without it";
    let help = match fields.as_slice() {
        [only] => format!("for the text that is there write `$.{}`", only.name),
        _ => "write a path to the text, such as `$.message`".to_owned(),
    };
    let span = reader.span(message.node());
    reader.push(Diagnostic::warning("ERROR_MESSAGE_IS_OBJECT", text).at(span, "").help(help));
}

/// Reads one `@connect`. `None` if something is wrong that leaves no connector; what it was has been said.
pub(super) fn read_connect(
    reader: &mut Reader<'_>,
    applied: &Applied<'_>,
    coordinate: Coordinate,
    ordinal: usize,
    sources: &[ReadSource],
) -> Option<Connector> {
    const CODE: &str = "INVALID_CONNECTOR";
    let arguments = applied.arguments;
    let known = ["source", "id", "http", "grpc", "batch", "errors", "isSuccess", "selection", "entity"];
    arguments.only(reader, CODE, &known);
    let source = arguments.get("source").map(|node| find_source(reader, node, sources));
    let id = arguments.get("id").and_then(|node| reader.string(CODE, node));
    let errors = read_errors(reader, arguments.get("errors"));
    let is_success = read_is_success(reader, arguments.get("isSuccess"));
    let entity = arguments.get("entity").and_then(|node| node.to_bool()).unwrap_or(false);
    let batch = arguments.get("batch").and_then(|node| read_batch(reader, applied, node));
    let selection = match arguments.get("selection") {
        Some(node) => reader.mapping("INVALID_SELECTION", Some(node)),
        None => {
            applied.wrong(reader, "INVALID_SELECTION", format!("the connector of `{coordinate}` needs a `selection`"));
            None
        }
    };
    // One that is not there is as one that is broken: what else is wrong is said all the same.
    let found = source.map(|at| at.and_then(|at| sources.get(at)).and_then(|read| read.source.as_ref()));
    let request = match (arguments.get("http"), arguments.get("grpc")) {
        (Some(http), None) => read_http_request(reader, http, found).map(|request| Request::Http(Box::new(request))),
        (None, Some(grpc)) => {
            applied.needs_additions(reader, grpc, "`grpc`");
            read_grpc_request(reader, grpc, found).map(Request::Grpc)
        }
        (None, None) => {
            applied.wrong(reader, CODE, format!("the connector of `{coordinate}` says neither `http` nor `grpc`"));
            None
        }
        (Some(_), Some(grpc)) => {
            reader.error(CODE, grpc, "a connector is either `http` or `grpc`, not both");
            None
        }
    };
    let source = match source {
        Some(found) => Some(found?),
        None => None,
    };
    let (request, selection) = (request?, selection?);
    let subgraph = reader.subgraph.clone();
    Some(Connector { subgraph, coordinate, ordinal, id, source, request, batch, selection, entity, errors, is_success })
}

fn find_source(reader: &mut Reader<'_>, node: &Node<Value>, sources: &[ReadSource]) -> Option<usize> {
    let name = reader.string("SOURCE_NAME_MISMATCH", node)?;
    let found = sources.iter().position(|source| source.name == name);
    if found.is_none() {
        let names: Vec<String> = sources.iter().map(|source| source.name.clone()).collect();
        let near = closest(&name, names.iter().map(String::as_str));
        let help = near.map(|near| format!("did you mean `{near}`?")).or_else(|| list("there are", &names));
        let span = reader.span(node);
        reader.error_help("SOURCE_NAME_MISMATCH", span, format!("there is no source `{name}`"), help);
    }
    found
}

fn read_batch(reader: &mut Reader<'_>, applied: &Applied<'_>, node: &Node<Value>) -> Option<Batch> {
    const CODE: &str = "INVALID_BATCH";
    let fields = Arguments::of_object(reader, CODE, node)?;
    fields.only(reader, CODE, &["maxSize", "groupBy"]);
    let mut max_size = None;
    if let Some(size_node) = fields.get("maxSize") {
        match size_node.to_i32().map(usize::try_from) {
            Some(Ok(size)) if size > 0 => max_size = Some(size),
            _ => reader.error(CODE, size_node, "`maxSize` is a whole number above 0"),
        }
    }
    let mut group_by = None;
    if let Some(group_node) = fields.get("groupBy") {
        applied.needs_additions(reader, group_node, "`groupBy`");
        let mapping = reader.mapping(CODE, Some(group_node))?;
        group_by = plain_path(&mapping);
        if group_by.is_none() {
            reader.error(CODE, group_node, "`groupBy` is a path of names, such as `user.id`");
        }
    }
    Some(Batch { max_size, group_by })
}

/// The names of a selection that is nothing but a path: `id`, `user.id`, `$.user.id`.
fn plain_path(selection: &Selection) -> Option<Vec<String>> {
    let expression = match &selection.body {
        SelectionBody::Value(expression) => expression,
        SelectionBody::Object(set) => match set.fields.as_slice() {
            [only] => &only.value,
            _ => return None,
        },
    };
    let ExpressionKind::Path(Path { root: Root::Implicit | Root::Dollar, steps, selection: None }) = &expression.kind
    else {
        return None;
    };
    let names: Option<Vec<String>> = steps
        .iter()
        .map(|step| match &step.kind {
            StepKind::Key(name) => Some(name.clone()),
            StepKind::Method { .. } | StepKind::Optional => None,
        })
        .collect();
    names.filter(|names| !names.is_empty())
}

/// `source`: none if the connector names none; none inside if it could not be read.
fn read_http_request(
    reader: &mut Reader<'_>,
    node: &Node<Value>,
    source: Option<Option<&Source>>,
) -> Option<HttpRequest> {
    const CODE: &str = "INVALID_CONNECTOR";
    let fields = Arguments::of_object(reader, CODE, node)?;
    let methods = HttpMethod::ALL.map(HttpMethod::as_str);
    let known: Vec<&str> = methods.iter().copied().chain(["body", "headers", "path", "queryParams"]).collect();
    fields.only(reader, CODE, &known);
    let path = reader.mapping("INVALID_URL", fields.get("path"));
    let query = reader.mapping("INVALID_URL", fields.get("queryParams"));
    let body: Option<Mapping> = reader.mapping("INVALID_BODY", fields.get("body"));
    let headers = read_headers(reader, fields.get("headers"), HeaderRules::Http);
    let given: Vec<HttpMethod> =
        HttpMethod::ALL.into_iter().filter(|method| fields.get(method.as_str()).is_some()).collect();
    let method = match given.as_slice() {
        [method] => *method,
        [] => {
            reader.error("MISSING_HTTP_METHOD", node, "`http` needs one of GET, POST, PUT, PATCH and DELETE");
            return None;
        }
        [_, ..] => {
            reader.error("MULTIPLE_HTTP_METHODS", node, "`http` has one method, not several");
            return None;
        }
    };
    if let (HttpMethod::Get, Some(body)) = (method, &body) {
        reader.error("INVALID_BODY", body.node(), "a GET request has no body");
    }
    let url_node = fields.get(method.as_str())?;
    let url = reader.parse("INVALID_URL", url_node, UrlTemplate::parse)?;
    reader.warn_of_bare_variables(url_node);
    match (source, url.origin.is_some()) {
        (None, false) => {
            let span = reader.span(url_node);
            reader.error_help(
                "RELATIVE_CONNECT_URL_WITHOUT_SOURCE",
                span,
                "a connector without a `source` has an absolute URL",
                Some("name the `source` that the path is below, or begin with `http://` or `https://`".to_owned()),
            );
        }
        (Some(_), true) => {
            reader.error(
                "ABSOLUTE_CONNECT_URL_WITH_SOURCE",
                url_node,
                "a connector with a `source` has a relative URL",
            );
        }
        (Some(Some(Source { protocol: Protocol::Grpc(_), name, .. })), false) => {
            reader.error(CODE, node, format!("source `{name}` is a gRPC service; use `grpc` here"));
            return None;
        }
        (Some(Some(Source { protocol: Protocol::Http(_), .. }) | None), false) | (None, true) => {}
    }
    Some(HttpRequest { method, url, path, query, body, headers })
}

fn read_grpc_request(
    reader: &mut Reader<'_>,
    node: &Node<Value>,
    source: Option<Option<&Source>>,
) -> Option<GrpcRequest> {
    const CODE: &str = "INVALID_CONNECTOR";
    let fields = Arguments::of_object(reader, CODE, node)?;
    fields.only(reader, CODE, &["method", "body", "headers"]);
    let body = reader.mapping("INVALID_BODY", fields.get("body"));
    let headers = read_headers(reader, fields.get("headers"), HeaderRules::Grpc);
    let Some(method_node) = fields.get("method") else {
        reader.error("UNKNOWN_GRPC_METHOD", node, "`grpc` needs a `method`");
        return None;
    };
    let name = reader.string("UNKNOWN_GRPC_METHOD", method_node)?;
    let source = match source {
        // Without the source there is no descriptor to look at, and its own error has been told.
        Some(None) => return None,
        Some(Some(source)) => source,
        None => {
            reader.error(CODE, node, "a `grpc` connector names its `source`");
            return None;
        }
    };
    let Protocol::Grpc(grpc) = &source.protocol else {
        reader.error(CODE, node, format!("source `{}` is an HTTP service; use `http` here", source.name));
        return None;
    };
    // `pkg.Service/Method` names its service itself.
    let (service, method) = match (name.rsplit_once('/'), &grpc.service) {
        (Some((service, method)), _) => (service.to_owned(), method),
        (None, Some(service)) => (service.clone(), name.as_str()),
        (None, None) => {
            reader.error(
                "UNKNOWN_GRPC_METHOD",
                method_node,
                "write `package.Service/Method`: the source names no `service`",
            );
            return None;
        }
    };
    let Some(descriptor) = grpc.descriptors.method(&service, method) else {
        let known = grpc.descriptors.methods(&service);
        let near = closest(method, known.iter().map(String::as_str));
        let help = near.map(|near| format!("did you mean `{near}`?")).or_else(|| list("it has", &known));
        let span = reader.span(method_node);
        reader.error_help("UNKNOWN_GRPC_METHOD", span, format!("`{service}` has no method `{method}`"), help);
        return None;
    };
    Some(GrpcRequest { method: descriptor, body, headers })
}
