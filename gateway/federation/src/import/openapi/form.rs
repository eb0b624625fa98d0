//! Owns bodies that are forms: which of a form's fields connectors can send, and how each is written.
//!
//! OpenAPI's `encoding` says for each field how it is written. Connectors write what is nested with brackets, `a[b]` and
//! `a[0]`, which is OpenAPI's `deepObject`; the rest is done by a conversion, or not at all.

use super::shape::{self, Kind, Property, PropertySchema};
use super::tree::Node;
use crate::import::model::{Argument, Definition, Header, JSON, Schema, Type};

const MEDIA: &str = "application/x-www-form-urlencoded";

/// How a field of a form is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// As connectors write it.
    Plain,
    /// A list as one text.
    Joined(&'static str),
    /// As the text of its JSON.
    Json { is_said: bool },
}

/// The fields of a form that can be sent.
#[derive(Debug, Default)]
pub struct Fields<'d> {
    pub sent: Vec<(Property<'d>, Style)>,
    /// Comments about the others.
    pub lost: Vec<String>,
}

/// The form among the contents of a body.
pub fn media(body: &Node) -> Option<&Node> {
    let is_form = |name: &str| name.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(MEDIA);
    body.entries("content").find(|(name, _)| is_form(name)).map(|(_, media)| media)
}

/// Whether an object's schema says that it has nothing in it.
pub fn is_empty(schema: &Node) -> bool {
    let is_closed = schema.get("additionalProperties") == Some(&Node::Bool(false));
    (schema.get("properties").is_some() || is_closed) && schema.entries("properties").next().is_none()
}

/// What makes connectors send a form.
pub fn header() -> Header {
    Header::Value { name: "content-type".to_owned(), value: MEDIA.to_owned() }
}

/// Decides for each property how it is written. The error says why the form cannot be sent: it needs one that cannot be.
pub fn fields<'d>(root: &'d Node, media: &'d Node, properties: Vec<Property<'d>>) -> Result<Fields<'d>, String> {
    let mut fields = Fields::default();
    for property in properties {
        let encoding = media.get("encoding").and_then(|encoding| encoding.get(property.name));
        match style(root, &property, encoding)? {
            Ok(style) => fields.sent.push((property, style)),
            Err(why) if property.required => {
                return Err(format!("its form needs the field `{}`, and {why}", property.name));
            }
            Err(why) => fields.lost.push(format!("The field `{}` is not here: {why}.", property.name)),
        }
    }
    Ok(fields)
}

/// How a property is written, or why connectors cannot write it so. The outer error is the schema's.
fn style(root: &Node, property: &Property<'_>, encoding: Option<&Node>) -> Result<Result<Style, &'static str>, String> {
    let text = |key| encoding.and_then(|encoding| encoding.text(key));
    let (style, explode) = (text("style"), encoding.and_then(|encoding| encoding.get("explode")));
    if style.is_none() && explode.is_none() && text("contentType").is_some_and(|media| media.ends_with("json")) {
        return Ok(Ok(Style::Json { is_said: true }));
    }
    let PropertySchema::Node(schema) = property.schema else { return Ok(Ok(Style::Plain)) };
    let is_scalar = |schema| -> Result<bool, String> {
        Ok(match shape::read(root, schema)?.kind {
            Kind::Scalar(name) => name != JSON || !is_free_object(root, schema),
            Kind::Enum(_) => true,
            Kind::List(_) | Kind::Object(_) => false,
        })
    };
    let items = match shape::read(root, schema)?.kind {
        Kind::List(items) => items,
        Kind::Scalar(_) | Kind::Enum(_) | Kind::Object(_) => {
            return Ok(match (is_scalar(schema)?, style) {
                (true, _) | (false, Some("deepObject")) => Ok(Style::Plain),
                (false, None) if explode.is_none() => Ok(Style::Json { is_said: false }),
                (false, _) => Err("connectors write an object as `a[b]`, and here its members are fields of their own"),
            });
        }
    };
    let separator = match (style, explode) {
        (Some("deepObject"), _) => return Ok(Ok(Style::Plain)),
        (Some("spaceDelimited"), None | Some(Node::Bool(false))) => Some(" "),
        (Some("pipeDelimited"), None | Some(Node::Bool(false))) => Some("|"),
        (None | Some("form"), Some(Node::Bool(false))) => Some(","),
        _ => None,
    };
    Ok(match separator {
        Some(separator) if items.map_or(Ok(true), is_scalar)? => Ok(Style::Joined(separator)),
        Some(_) => Err("its items are no texts to join"),
        None => Err("connectors write a list as `a[0]`, and here its name is repeated"),
    })
}

/// An object of which nothing more is known.
fn is_free_object(root: &Node, schema: &Node) -> bool {
    let schema = root.resolve(schema).map_or(schema, |(schema, _)| schema);
    schema.text("type") == Some("object") || schema.get("additionalProperties").is_some()
}

/// Gives the field of an input type what its style needs.
pub fn write(schema: &mut Schema, field: &mut Argument, style: Style) {
    match style {
        Style::Plain => {}
        Style::Joined(separator) => field.wire.convert.push_str(&format!("->joinNotNull('{separator}')")),
        Style::Json { is_said } => {
            let is_object = matches!(schema.types.get(field.ty.inner()), Some(Definition::Input(_)));
            if is_object || field.ty.is_list() {
                // No mapping renames what is inside of a text.
                let required = matches!(field.ty, Type::NonNull(_));
                field.ty = Type::named(JSON).non_null_if(required);
                schema.use_scalar(JSON);
            }
            field.wire.convert.push_str("?->jsonStringify");
            if !is_said {
                field.about.comments.push("Sent as the text of its JSON: the document does not say how.".to_owned());
            }
        }
    }
}
