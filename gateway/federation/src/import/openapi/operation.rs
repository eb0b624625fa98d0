//! Owns one operation: as a field of `Query` or `Mutation`, with its connector.

use super::form;
use super::parameters::{self, Parameters};
use super::shape::{self, Kind};
use super::tree::Node;
use super::types::{Direction, Types, Value, description_of};
use crate::import::model::{About, Argument, Body, Connect, Definition, Field, JSON, Request, Selected, Type, Wire};
use crate::import::names;

/// An operation where it stands in the document.
#[derive(Debug, Clone, Copy)]
pub struct Operation<'d> {
    pub path: &'d str,
    /// In capitals.
    pub method: &'static str,
    /// The entry under `paths`, for what its operations share.
    pub item: &'d Node,
    pub node: &'d Node,
    /// Its `operationId` is, as a name, that of another operation too.
    pub shares_id: bool,
}

impl Operation<'_> {
    /// `GET /users/{id}`
    pub fn line(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    pub fn root(&self) -> &'static str {
        if self.method == "GET" { "Query" } else { "Mutation" }
    }

    /// The field's name: of its `operationId`, if that is its own, or else of method and path.
    pub fn name(&self) -> Option<String> {
        if let Some(id) = self.node.text("operationId").filter(|_| !self.shares_id) {
            return names::camel(id);
        }
        let mut text = self.method.to_ascii_lowercase();
        for segment in self.path.split('/').filter(|segment| !segment.is_empty()) {
            match segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
                Some(parameter) => text.push_str(&format!("-by-{parameter}")),
                None => text.push_str(&format!("-{segment}")),
            }
        }
        names::camel(&text)
    }
}

/// The field for an operation, of the first source. The error says why there is none.
pub fn field<'d>(types: &mut Types<'d>, operation: Operation<'d>, prefix: &str) -> Result<Field, String> {
    let own = operation.name().ok_or("neither its operationId nor its path has a letter")?;
    let place = names::pascal(&own).unwrap_or_default();
    let name = if prefix.is_empty() { Some(own) } else { names::camel(&format!("{prefix}-{place}")) };
    let name = name.ok_or("its name has no letter")?;
    let mut parameters = parameters::read(types, operation.item, operation.node, &place)?;
    let url = url(operation.path, &mut parameters)?;
    let body = body(types, operation, &place, &mut parameters)?;
    let result = result(types, operation.node, &place)?;
    types.complete();
    if let Some(why) = parameters.arguments.iter().find_map(|argument| types.incomplete(&argument.ty)) {
        return Err(why.to_owned());
    }
    let Value { mut ty, convert, note, .. } = result.unwrap_or_else(done);
    let selection = match types.schema.types.get(ty.inner()) {
        Some(Definition::Object(_)) => Selected::Fields,
        _ if convert.starts_with("$(") => Selected::Value(convert),
        _ => Selected::Value(format!("${convert}")),
    };
    ty = ty.nullable();
    let about = About {
        description: description(operation.node),
        comments: note.into_iter().chain(parameters.comments).collect(),
        deprecated: operation.node.is_true("deprecated").then(String::new),
    };
    let request =
        Request::Http { method: operation.method, url, query: parameters.query, headers: parameters.headers, body };
    let connect = Connect { entity: false, source: 0, request, selection };
    Ok(Field {
        name,
        about,
        arguments: parameters.arguments,
        ty,
        wire: Wire::default(),
        key_only: false,
        connect: Some(connect),
    })
}

/// What an answer without content is: that it came.
fn done() -> Value {
    Value { ty: Type::named("Boolean"), nullable: true, convert: "$(true)".to_owned(), note: None }
}

fn description(operation: &Node) -> Option<String> {
    let text = |key| operation.text(key).map(str::trim).filter(|text| !text.is_empty());
    match (text("summary"), text("description")) {
        (Some(summary), Some(description)) if summary != description => Some(format!("{summary}\n\n{description}")),
        (Some(text), _) | (None, Some(text)) => Some(text.to_owned()),
        (None, None) => None,
    }
}

/// The path as a template.
fn url(path: &str, parameters: &mut Parameters) -> Result<String, String> {
    if path.contains('#') {
        return Err("its path has a fragment, which is never sent".to_owned());
    }
    let mut url = String::new();
    let mut rest = path;
    while let Some(open) = rest.find(['{', '}']) {
        let close = rest[open..].find('}').filter(|_| rest[open..].starts_with('{'));
        let Some(close) = close.map(|close| open + close) else {
            return Err("the braces in its path do not match".to_owned());
        };
        url.push_str(&rest[..open]);
        let name = &rest[open + 1..close];
        let expression = match parameters.path.iter().find(|(known, _)| known == name) {
            Some((_, expression)) => expression.clone(),
            None => undeclared(name, parameters)?,
        };
        url.push_str(&format!("{{{expression}}}"));
        rest = &rest[close + 1..];
    }
    url.push_str(rest);
    Ok(if url.starts_with('/') { url } else { format!("/{url}") })
}

/// A parameter that is in the path alone.
fn undeclared(wire_name: &str, parameters: &mut Parameters) -> Result<String, String> {
    let name = names::camel(wire_name).ok_or_else(|| format!("`{{{wire_name}}}` in its path has no letter"))?;
    if parameters.arguments.iter().any(|known| known.name == name) {
        return Err(format!("two of its parameters would be the argument `{name}`"));
    }
    let ty = Type::named(if names::is_id(wire_name) { "ID" } else { "String" }).non_null();
    let expression = format!("$args.{name}");
    let wire = Wire::key(wire_name);
    parameters.arguments.push(Argument { name, about: About::default(), ty, default: None, wire });
    Ok(expression)
}

/// Adds the argument for a request's body.
fn body<'d>(
    types: &mut Types<'d>,
    operation: Operation<'d>,
    place: &str,
    parameters: &mut Parameters,
) -> Result<Option<Body>, String> {
    let Some(body) = operation.node.get("requestBody") else { return Ok(None) };
    let (body, reference) = types.root.resolve(body)?;
    let required = body.is_true("required");
    let content = match (json_media(body), form::media(body)) {
        (Some(media), _) => Content::Json(media),
        (None, Some(media)) => Content::Form(media),
        (None, None) => {
            let sent: Vec<&str> = body.entries("content").map(|(name, _)| name).collect();
            if sent.is_empty() || (operation.method == "GET" && !required) {
                return Ok(None);
            }
            return Err(format!("its body is {}, and connectors send JSON and forms without files", sent.join(", ")));
        }
    };
    if operation.method == "GET" {
        if required {
            return Err("it is a GET with a body, which connectors do not send".to_owned());
        }
        if !content.is_empty() {
            parameters.comments.push("The body is not sent: this is a GET.".to_owned());
        }
        return Ok(None);
    }
    let shared = reference.and_then(|reference| reference.rsplit('/').next()).and_then(names::pascal);
    let place = shared.unwrap_or_else(|| place.to_owned());
    let value = match content {
        Content::Json(media) => match media.get("schema") {
            Some(schema) => types.value(schema, Direction::Input, &place, "")?,
            None => json(types),
        },
        Content::Form(media) => match types.form(media, &place)? {
            Some(value) => value,
            None => return Ok(None),
        },
    };
    if let Content::Form(_) = content {
        parameters.headers.push(form::header());
    }
    let taken = |name: &str| parameters.arguments.iter().any(|argument| argument.name == name);
    let name = ["input", "body", "requestBody"].into_iter().find(|name| !taken(name));
    let name = name.ok_or("its parameters leave no name for the body")?.to_owned();
    let about =
        About { description: description_of(body), comments: value.note.into_iter().collect(), deprecated: None };
    let ty = value.ty.non_null_if(required);
    let is_object = matches!(types.schema.types.get(ty.inner()), Some(Definition::Input(_))) && !ty.is_list();
    let wire = Wire { key: None, convert: value.convert };
    parameters.arguments.push(Argument { name: name.clone(), about, ty, default: None, wire });
    // Only an object can be left out and still be sent, as an empty one.
    Ok(Some(Body::Argument { name, required: required || !is_object }))
}

/// What is sent of a body.
#[derive(Clone, Copy)]
enum Content<'d> {
    Json(&'d Node),
    Form(&'d Node),
}

impl Content<'_> {
    /// Whether nothing can be said in it: some documents give every operation a form.
    fn is_empty(self) -> bool {
        match self {
            Self::Json(_) => false,
            Self::Form(media) => media.get("schema").is_some_and(form::is_empty),
        }
    }
}

fn json(types: &mut Types<'_>) -> Value {
    types.schema.use_scalar(JSON);
    Value { ty: Type::named(JSON), nullable: true, convert: String::new(), note: None }
}

/// The JSON among the contents of a body or a response.
pub fn json_media(holder: &Node) -> Option<&Node> {
    let is_json = |name: &str| {
        let name = name.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        matches!(name.as_str(), "application/json" | "text/json" | "*/*" | "application/*") || name.ends_with("+json")
    };
    let exact = holder.entries("content").find(|(name, _)| name.starts_with("application/json"));
    exact.or_else(|| holder.entries("content").find(|(name, _)| is_json(name))).map(|(_, media)| media)
}

/// What an operation answers when all is well; none where that has no content.
fn result<'d>(types: &mut Types<'d>, operation: &'d Node, place: &str) -> Result<Option<Value>, String> {
    let responses: Vec<(&str, &Node)> = operation.entries("responses").collect();
    let mut good: Vec<(&str, &Node)> =
        responses.iter().copied().filter(|(status, _)| status.starts_with('2')).collect();
    if good.is_empty() {
        good = responses.iter().copied().filter(|(status, _)| *status == "default").collect();
    }
    let mut others: Vec<&str> = vec![];
    for (_, response) in &good {
        let (response, reference) = types.root.resolve(response)?;
        let Some(media) = json_media(response) else {
            others.extend(response.entries("content").map(|(name, _)| name));
            continue;
        };
        let Some(schema) = media.get("schema") else { return Ok(Some(json(types))) };
        let shared = reference.and_then(|reference| reference.rsplit('/').next()).and_then(names::pascal);
        let place = format!("{}Result", shared.unwrap_or_else(|| place.to_owned()));
        return types.value(schema, Direction::Output, &item_place(types.root, schema, &place), "").map(Some);
    }
    if others.is_empty() {
        return Ok(None);
    }
    Err(format!("it answers with {}, and connectors read JSON", others.join(", ")))
}

/// The items of a list are no result, each of them is an item.
fn item_place(root: &Node, schema: &Node, place: &str) -> String {
    match shape::read(root, schema).map(|shape| shape.kind) {
        Ok(Kind::List(_)) => format!("{}Item", place.strip_suffix("Result").unwrap_or(place)),
        Ok(Kind::Scalar(_) | Kind::Enum(_) | Kind::Object(_)) | Err(_) => place.to_owned(),
    }
}
