//! Owns importing OpenAPI 3.0 and 3.1: operations become fields, schemas types, parameters arguments.

mod form;
mod operation;
mod parameters;
mod service;
mod shape;
mod tree;
mod types;

use std::collections::HashMap;
use std::sync::Arc;

use super::model::{LeftOut, Root, Source as ModelSource, SourceProtocol};
use super::{COLLISION, INVALID, Imported, finish, pattern};
use crate::diagnostics::{Diagnostic, Source};
use operation::Operation;
use tree::Node;
use types::Types;

/// What is asked of an import beside its document.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The name of the `@source`.
    pub name: String,
    /// Stands for the document's servers.
    pub base_url: Option<String>,
    /// Where the document was read from, for servers that are relative to it.
    pub document_url: Option<String>,
    /// Tags, paths or operationIds, with `*` for any text; none for everything.
    pub include: Vec<String>,
    /// What the names of fields and types begin with.
    pub prefix: String,
}

/// The methods that become fields, as OpenAPI writes them and as connectors do. HEAD, OPTIONS and TRACE ask for no data.
const METHODS: [(&str, &str); 5] =
    [("get", "GET"), ("post", "POST"), ("put", "PUT"), ("patch", "PATCH"), ("delete", "DELETE")];

/// Imports a document.
pub fn import(source: &Arc<Source>, options: &Options) -> Imported {
    let root = match Node::parse(source).and_then(|root| check_version(&root).map(|()| root)) {
        Ok(root) => root,
        Err(error) => return Imported::failed(error),
    };
    let mut found = vec![];
    let operations = operations(&root, options, &mut found);
    let mut types = Types::new(&root, &options.prefix);
    let message = service::error_message(&root, &operations);
    let mut sources = Sources { options, urls: vec![] };
    if let Err(why) = sources.of(root.items("servers")) {
        return Imported::failed(Diagnostic::error("IMPORT_NO_BASE_URL", format!("where is the service? {why}")));
    }
    let mut roots = [Root { name: "Query", fields: vec![] }, Root { name: "Mutation", fields: vec![] }];
    let mut owners: HashMap<(&str, String), String> = HashMap::new();
    // By the source that they use.
    let mut sent: Vec<Vec<Operation<'_>>> = vec![];
    for operation in operations {
        let servers = [operation.node.items("servers"), operation.item.items("servers"), root.items("servers")];
        let servers = servers.into_iter().find(|servers| !servers.is_empty()).unwrap_or_default();
        // A source is for what is called at it: the field goes first.
        let made = operation::field(&mut types, operation, &options.prefix)
            .and_then(|field| sources.of(servers).map(|at| (at, field)));
        match made {
            Ok((at, mut field)) => {
                let line = operation.line();
                let key = (operation.root(), field.name.clone());
                if let Some(other) = owners.get(&key) {
                    let message = format!("{other} and {line} would both be `{}.{}`", key.0, key.1);
                    let help = "give one of them an operationId of its own, or leave one out with --include";
                    found.push(Diagnostic::error(COLLISION, message).help(help));
                    continue;
                }
                owners.insert(key, line);
                sent.resize_with(sent.len().max(at + 1), Vec::new);
                sent[at].push(operation);
                if let Some(connect) = &mut field.connect {
                    connect.source = at;
                }
                if let Some(root) = roots.iter_mut().find(|root| root.name == operation.root()) {
                    root.fields.push(field);
                }
            }
            Err(why) => types.schema.left_out.push(LeftOut { what: operation.line(), why }),
        }
    }
    types.complete();
    found.append(&mut types.collisions);
    let mut schema = types.schema;
    schema.header = header(&root);
    schema.roots = roots.into();
    for (at, (name, base_url)) in sources.urls.into_iter().enumerate() {
        // What one service is shown is no other's affair.
        let operations = sent.get(at).map(Vec::as_slice).unwrap_or_default();
        let security = service::security(&root, operations, &options.name);
        schema.sources.push(ModelSource {
            comments: security.comments,
            name,
            protocol: SourceProtocol::Http { base_url, query: security.query },
            headers: security.headers,
            message: message.clone(),
        });
    }
    finish(schema, found)
}

/// `PetStore 1.0`
fn header(root: &Node) -> Vec<String> {
    let info = |key| root.get("info").and_then(|info| info.text(key)).unwrap_or_default().trim();
    let title = format!("{} {}", info("title"), info("version"));
    let title = title.trim();
    let of = if title.is_empty() { String::new() } else { format!(" of {title}") };
    vec![format!("From the OpenAPI document{of}, by `weft import openapi`. This file is yours: edit it.")]
}

fn check_version(root: &Node) -> Result<(), Diagnostic> {
    let text = |key| match root.get(key) {
        Some(Node::String(text) | Node::Number(text)) => Some(text.as_str()),
        _ => None,
    };
    let message = match (text("openapi"), text("swagger")) {
        (Some(version), _) if version.starts_with("3.0") || version.starts_with("3.1") => return Ok(()),
        (Some(version), _) => {
            return Err(Diagnostic::error(INVALID, format!("OpenAPI {version} is not supported"))
                .help("give a document of version 3.0 or 3.1"));
        }
        (None, Some(version)) => format!("this is Swagger {version}, the format before OpenAPI 3"),
        (None, None) => {
            return Err(Diagnostic::error(INVALID, "this is no OpenAPI document: it has no `openapi: 3.x`")
                .help("give an OpenAPI document of version 3.0 or 3.1"));
        }
    };
    Err(Diagnostic::error(INVALID, message)
        .help("convert it first, such as with `npx swagger2openapi swagger.json -o openapi.json`"))
}

/// The operations that are wanted, in the order of the document.
fn operations<'d>(root: &'d Node, options: &Options, found: &mut Vec<Diagnostic>) -> Vec<Operation<'d>> {
    let mut used = vec![false; options.include.len()];
    let mut operations = vec![];
    for (path, item) in root.entries("paths") {
        let item = match root.resolve(item) {
            Ok((item, _)) => item,
            Err(why) => {
                found.push(Diagnostic::warning(super::LEFT_OUT, format!("the path {path} is left out: {why}")));
                continue;
            }
        };
        for (key, method) in METHODS {
            let Some(node) = item.get(key) else { continue };
            let mut names = vec![path];
            names.extend(node.text("operationId"));
            names.extend(node.items("tags").iter().filter_map(Node::as_str));
            if pattern::wanted(&options.include, &names, &mut used) {
                operations.push(Operation { path, method, item, node, shares_id: false });
            }
        }
    }
    let mut fields: HashMap<(&str, Option<String>), usize> = HashMap::new();
    for operation in &operations {
        *fields.entry((operation.root(), operation.name())).or_default() += 1;
    }
    for operation in &mut operations {
        operation.shares_id = fields.get(&(operation.root(), operation.name())).is_some_and(|count| *count > 1);
    }
    for (pattern, _) in options.include.iter().zip(used).filter(|(_, used)| !used) {
        let message = format!("--include {pattern} is no tag, path or operationId of the document");
        found.push(Diagnostic::warning(INVALID, message));
    }
    operations
}

/// The sources that the operations need: one for each server.
struct Sources<'o> {
    options: &'o Options,
    /// Names and base URLs.
    urls: Vec<(String, String)>,
}

impl Sources<'_> {
    /// The source for a list of servers, of which the first is taken.
    fn of(&mut self, servers: &[Node]) -> Result<usize, String> {
        let url = match &self.options.base_url {
            Some(url) => service::checked(url)?,
            None => service::base_url(servers, self.options.document_url.as_deref())?,
        };
        if let Some(at) = self.urls.iter().position(|(_, known)| *known == url) {
            return Ok(at);
        }
        let name = if self.urls.is_empty() {
            self.options.name.clone()
        } else {
            let after_scheme = url.split("://").nth(1).unwrap_or_default();
            let safe: String = after_scheme.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
            let name = format!("{}_{}", self.options.name, safe.trim_matches('_'));
            if name.len() > 64 || self.urls.iter().any(|(known, _)| *known == name) {
                return Err(format!("its server `{url}` has no name of its own as a source"));
            }
            name
        };
        self.urls.push((name, url));
        Ok(self.urls.len() - 1)
    }
}
