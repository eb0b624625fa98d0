//! Owns which headers a connector may send, and the reading of `headers: [...]`.

use super::model::{Header, HeaderValue};
use super::reader::{Arguments, Reader};
use super::template::HeaderTemplate;
use apollo_compiler::Node;
use apollo_compiler::ast::Value;

const CODE: &str = "INVALID_HTTP_HEADER_NAME";

/// Headers that belong to one connection, or that the client library computes.
const RESERVED: [&str; 11] = [
    "connection",
    "content-length",
    "host",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Which names are refused beyond the reserved ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HeaderRules {
    Http,
    /// Also `grpc-*` and `content-type`, which belong to the protocol.
    Grpc,
}

pub(super) fn read_headers(reader: &mut Reader<'_>, node: Option<&Node<Value>>, rules: HeaderRules) -> Vec<Header> {
    let mut headers: Vec<Header> = Vec::new();
    let Some(node) = node else { return headers };
    let items = node.as_list().unwrap_or(std::slice::from_ref(node));
    for item in items {
        let Some(header) = read_header(reader, item, rules) else { continue };
        if headers.iter().any(|known| known.name == header.name) {
            reader.error("HTTP_HEADER_NAME_COLLISION", item, format!("header `{}` is named twice", header.name));
            continue;
        }
        headers.push(header);
    }
    headers
}

fn read_header(reader: &mut Reader<'_>, item: &Node<Value>, rules: HeaderRules) -> Option<Header> {
    let fields = Arguments::of_object(reader, CODE, item)?;
    fields.only(reader, CODE, &["name", "from", "value"]);
    let Some(name_node) = fields.get("name") else {
        reader.error(CODE, item, "a header needs a `name`");
        return None;
    };
    let name = header_name(reader, name_node, rules)?;
    let value = match (fields.get("from"), fields.get("value")) {
        (Some(from), None) => HeaderValue::From(header_name(reader, from, HeaderRules::Http)?),
        (None, Some(value)) => {
            let template = reader.parse("INVALID_HTTP_HEADER_VALUE", value, HeaderTemplate::parse)?;
            reader.warn_of_bare_variables(value);
            HeaderValue::Template(template)
        }
        (None, None) | (Some(_), Some(_)) => {
            reader.error("INVALID_HEADER_SOURCE", item, format!("header `{name}` has either `from` or `value`"));
            return None;
        }
    };
    Some(Header { name, value })
}

fn header_name(reader: &mut Reader<'_>, node: &Node<Value>, rules: HeaderRules) -> Option<String> {
    let name = reader.string(CODE, node)?.to_ascii_lowercase();
    let Some(refusal) = refusal(&name, rules) else { return Some(name) };
    reader.error(CODE, node, format!("`{name}` {refusal}"));
    None
}

/// Why no connector may send a header of this name, in words that follow it.
pub(crate) fn refusal(name: &str, rules: HeaderRules) -> Option<&'static str> {
    let name = name.to_ascii_lowercase();
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || !name.bytes().all(token) {
        Some("is not the name of a header")
    } else if RESERVED.contains(&name.as_str()) {
        Some("belongs to a connection and is never forwarded")
    } else if name == "accept-encoding" {
        Some("asks for compressed answers, which connectors do not read")
    } else if rules == HeaderRules::Grpc && (name.starts_with("grpc-") || name == "content-type") {
        Some("belongs to gRPC itself")
    } else {
        None
    }
}
