//! Owns what a document says of the service as a whole: where it is, what it wants to be shown, how its errors look.

use std::collections::HashSet;

use super::operation::{Operation, json_media};
use super::shape::{self, Kind, PropertySchema};
use super::tree::Node;
use crate::connect::headers::{HeaderRules, refusal};
use crate::connect::template::BaseUrl;
use crate::import::mapping::quoted;
use crate::import::model::{Header, Item};
use crate::import::names::screaming;

/// The URL of the first server. `document` is where the document was read from, if that is a URL.
pub fn base_url(servers: &[Node], document: Option<&str>) -> Result<String, String> {
    let server = servers.first();
    let template = server.and_then(|server| server.text("url")).unwrap_or("/");
    let mut url = template.to_owned();
    for (name, variable) in server.into_iter().flat_map(|server| server.entries("variables")) {
        let value = variable.text("default").or_else(|| variable.items("enum").first().and_then(Node::as_str));
        url = url.replace(&format!("{{{name}}}"), value.unwrap_or_default());
    }
    let absolute = if has_scheme(&url) {
        url
    } else {
        document.and_then(|document| resolve(document, &url)).ok_or_else(|| {
            format!("its server is `{template}`, which does not say on which host; give one with --base-url")
        })?
    };
    checked(&absolute)
}

/// The URL as connectors have it. The error says what is wrong with it.
pub fn checked(url: &str) -> Result<String, String> {
    match BaseUrl::parse(url) {
        Ok(base) => Ok(match base.query {
            Some(query) => format!("{}?{query}", base.prefix),
            None => base.prefix,
        }),
        Err(error) => Err(format!("its server `{url}` is no base URL: {error}; give one with --base-url")),
    }
}

fn has_scheme(url: &str) -> bool {
    url.starts_with("http://") || url.starts_with("https://")
}

/// A relative URL, as seen from the document's.
fn resolve(document: &str, url: &str) -> Option<String> {
    let (scheme, rest) = document.split_once("://")?;
    if let Some(authority) = url.strip_prefix("//") {
        return Some(format!("{scheme}://{authority}"));
    }
    let rest = rest.split(['?', '#']).next()?;
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    if url.starts_with('/') {
        return Some(format!("{scheme}://{host}{url}"));
    }
    let mut segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    segments.pop();
    for segment in url.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            segment => segments.push(segment),
        }
    }
    Some(format!("{scheme}://{host}/{}", segments.join("/")))
}

/// What a source sends with every request, so that the service knows who asks.
#[derive(Debug, Default)]
pub struct Security {
    pub headers: Vec<Header>,
    pub query: Vec<Item>,
    pub comments: Vec<String>,
}

impl Security {
    fn has(&self, header: &str) -> bool {
        self.headers.iter().any(|known| match known {
            Header::Value { name, .. } => name.eq_ignore_ascii_case(header),
            Header::From(_) => false,
        })
    }
}

/// Reads the schemes that any of the operations asks for, by itself or, where it says nothing, by the document. Keys come from environment variables, whose names begin with
/// that of the source.
pub fn security(root: &Node, operations: &[Operation<'_>], source: &str) -> Security {
    let mut used: HashSet<&str> = HashSet::new();
    let asked = operations.iter().flat_map(|operation| match operation.node.get("security") {
        Some(_) => operation.node.items("security"),
        None => root.items("security"),
    });
    for requirement in asked {
        if let Node::Map(schemes) = requirement {
            used.extend(schemes.keys().map(String::as_str));
        }
    }
    let mut security = Security::default();
    let components = root.get("components");
    for (name, scheme) in components.into_iter().flat_map(|components| components.entries("securitySchemes")) {
        let Ok((scheme, _)) = root.resolve(scheme) else { continue };
        if !used.contains(name) {
            continue;
        }
        let variable = format!("{}_{}", screaming(source), screaming(name));
        let header = scheme.text("name").unwrap_or_default();
        match (scheme.text("type"), scheme.text("in")) {
            (Some("http" | "oauth2" | "openIdConnect"), _) => {
                let header = Header::From("authorization".to_owned());
                if !security.headers.contains(&header) {
                    security.comments.push(format!("{name}: what the client sends as `authorization` is sent on."));
                    security.headers.push(header);
                }
            }
            (Some("apiKey"), Some("header")) if header.eq_ignore_ascii_case("authorization") => {
                let header = Header::From("authorization".to_owned());
                if !security.headers.contains(&header) {
                    security.comments.push(format!("{name}: what the client sends as `authorization` is sent on."));
                    security.headers.push(header);
                }
            }
            (Some("apiKey"), Some("header")) if refusal(header, HeaderRules::Http).is_some() => {
                let why = refusal(header, HeaderRules::Http).unwrap_or_default();
                security.comments.push(format!("{name}: not sent: `{header}` {why}."));
            }
            (Some("apiKey"), Some("header")) if security.has(header) => {
                security.comments.push(format!("{name}: not sent, since it is the header {header} too."));
            }
            (Some("apiKey"), Some("header")) => {
                security.comments.push(format!("{name}: the key is in the environment variable {variable}."));
                let value = format!("{{$env.{variable}}}");
                security.headers.push(Header::Value { name: header.to_owned(), value });
            }
            (Some("apiKey"), Some("query")) if !header.is_empty() => {
                security.comments.push(format!("{name}: the key is in the environment variable {variable}."));
                security.query.push(Item::leaf(format!("{}: $env.{variable}", quoted(header))));
            }
            (kind, _) => {
                let kind = kind.unwrap_or("unknown");
                security.comments.push(format!("{name}: this {kind} scheme is not sent."));
            }
        }
    }
    security
}

/// Where most of the described errors have their message, as a mapping.
pub fn error_message(root: &Node, operations: &[Operation<'_>]) -> Option<String> {
    let mut counts: Vec<(String, usize)> = vec![];
    for operation in operations {
        let is_error = |status: &str| status.starts_with(['4', '5']) || status == "default";
        let errors = operation.node.entries("responses").filter(|(status, _)| is_error(status));
        for (_, response) in errors {
            let Some(path) = message_of(root, response) else { continue };
            match counts.iter_mut().find(|(known, _)| *known == path) {
                Some((_, count)) => *count += 1,
                None => counts.push((path, 1)),
            }
        }
    }
    // Of equals the first.
    let most = counts.into_iter().rev().max_by_key(|(_, count)| *count);
    // A name alone would be a field of an object.
    most.map(|(path, _)| if path.contains('.') { path } else { format!("$.{path}") })
}

fn message_of(root: &Node, response: &Node) -> Option<String> {
    let (response, _) = root.resolve(response).ok()?;
    message_in(root, json_media(response)?.get("schema")?, true)
}

fn message_in(root: &Node, schema: &Node, deeper: bool) -> Option<String> {
    let Kind::Object(properties) = shape::read(root, schema).ok()?.kind else { return None };
    let node = |wanted: &str| {
        properties.iter().find(|property| property.name == wanted).and_then(|property| match property.schema {
            PropertySchema::Node(node) => Some(node),
            PropertySchema::Scalar(_) => None,
        })
    };
    let is_text = |node: &Node| matches!(shape::read(root, node).map(|shape| shape.kind), Ok(Kind::Scalar("String")));
    for name in ["message", "detail", "error_description", "error", "title"] {
        let Some(found) = node(name) else { continue };
        if is_text(found) {
            return Some(name.to_owned());
        }
        if deeper && let Some(inner) = message_in(root, found, false) {
            return Some(format!("{name}.{inner}"));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_resolved_or_asked_for() {
        let document = Some("https://example.org/docs/v1/openapi.json?x=1");
        let cases = [
            (r#"[{"url": "https://api.example.org/v1/"}]"#, None, Ok("https://api.example.org/v1")),
            (r#"[{"url": "/v1"}]"#, document, Ok("https://example.org/v1")),
            (r#"[{"url": "../v2/"}]"#, document, Ok("https://example.org/docs/v2")),
            (r#"[{"url": "//other.org/v1"}]"#, document, Ok("https://other.org/v1")),
            ("[]", document, Ok("https://example.org")),
            (
                r#"[{"url": "https://{region}.example.org", "variables": {"region": {"default": "eu"}}}]"#,
                None,
                Ok("https://eu.example.org"),
            ),
            (r#"[{"url": "/v1"}]"#, None, Err("give one with --base-url")),
            (r#"[{"url": "https://{host}/"}]"#, None, Err("is no base URL")),
        ];
        for (servers, document, expected) in cases {
            let Node::List(servers) = serde_json::from_str(servers).expect("JSON") else { panic!("a list") };
            match (base_url(&servers, document), expected) {
                (Ok(url), Ok(expected)) => assert_eq!(url, expected),
                (Err(error), Err(expected)) => assert!(error.contains(expected), "{error}"),
                (found, expected) => panic!("{found:?}, not {expected:?}"),
            }
        }
    }
}
