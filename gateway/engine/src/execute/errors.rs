//! Owns what goes wrong at a backend, and the one place where that becomes an error that a client reads.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use apollo_compiler::ast::Type;
use serde_json::value::RawValue;
use weft_federation::plan::SlotId;
use weft_federation::schema::write_json_string;
use weft_federation::view::Need;

/// The longest message of a backend that is told on, in bytes: one error may be told in as many places as there are objects.
const MAX_MESSAGE: usize = 4096;

/// The longest code of a backend that is told on, in bytes.
const MAX_CODE: usize = 256;

/// How much of extensions is told on, in bytes of JSON.
const MAX_EXTENSIONS: usize = 8192;

/// The message of an error whose own is not told.
const MASKED: &str = "This could not be loaded.";

/// Whose failure an error is; prepared with a fetch, and shared by all its errors.
#[derive(Debug, Clone, Default)]
pub struct ErrorOrigin {
    /// The subgraph's name.
    pub service: Arc<str>,
    /// The connector's coordinate, such as `Query.user`.
    pub connector: Option<Arc<str>>,
}

/// The status that a backend answered with, where it is worth telling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BackendStatus {
    Http(u16),
    Grpc(i32),
}

/// A step of the path below the place where an error is kept, for what a backend's null has swallowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RestSegment {
    Slot(SlotId),
    Index(u32),
}

/// What one backend failed to do. Where it shows is said by the place that it is kept at.
#[derive(Debug, Clone)]
pub struct SubgraphError {
    pub message: Box<str>,
    /// One of the gateway's `extensions.code`, or the backend's own.
    pub code: Cow<'static, str>,
    pub origin: Option<ErrorOrigin>,
    pub status: Option<BackendStatus>,
    /// The backend's other extensions, as raw JSON.
    pub extensions: BTreeMap<String, Box<RawValue>>,
    /// How much deeper than its place the error arose.
    pub rest: Box<[RestSegment]>,
}

impl SubgraphError {
    pub fn new(origin: &ErrorOrigin, code: &'static str, message: impl Into<Box<str>>) -> Self {
        Self {
            message: message.into(),
            code: Cow::Borrowed(code),
            origin: Some(origin.clone()),
            status: None,
            extensions: BTreeMap::new(),
            rest: Box::default(),
        }
    }

    /// Cuts down what a backend said to what is told on: the message and the code are shortened, and extensions that are too
    /// large are left out, which the message then says.
    #[must_use]
    pub fn bounded(mut self) -> Self {
        let left_out = self.bound_extensions();
        if self.message.len() > MAX_MESSAGE || left_out {
            let kept = shortened(&self.message, MAX_MESSAGE);
            let cut = if kept.len() < self.message.len() { "…" } else { "" };
            let note = if left_out { " (Extensions of this error are too large, and left out.)" } else { "" };
            self.message = format!("{kept}{cut}{note}").into();
        }
        if self.code.len() > MAX_CODE {
            self.code = Cow::Owned(shortened(&self.code, MAX_CODE).to_owned());
        }
        self
    }

    /// Leaves extensions out from the first on that does not fit; true if there is one.
    fn bound_extensions(&mut self) -> bool {
        let before = self.extensions.len();
        let mut total = 0;
        self.extensions.retain(|name, value| {
            total += name.len() + value.get().len();
            total <= MAX_EXTENSIONS
        });
        self.extensions.len() < before
    }

    /// Takes out what a backend said, and which one it was. What the gateway itself says stays.
    pub fn mask(&mut self) {
        if self.origin.take().is_some() {
            self.message = MASKED.into();
            self.status = None;
            self.extensions.clear();
        }
    }

    /// An answer that is not what was asked for. `what` goes on from "The answer of the subgraph … cannot be used: ".
    pub fn malformed(origin: &ErrorOrigin, what: &str) -> Self {
        let message = format!("The answer of the subgraph \"{}\" cannot be used: {what}.", origin.service);
        Self::new(origin, "SUBREQUEST_MALFORMED_RESPONSE", message)
    }

    /// No answer in time.
    pub fn timeout(origin: &ErrorOrigin) -> Self {
        let message = format!("The subgraph \"{}\" did not answer in time.", origin.service);
        Self::new(origin, "SUBGRAPH_TIMEOUT", message)
    }

    /// No answer at all.
    pub fn unavailable(origin: &ErrorOrigin) -> Self {
        let message = format!("The subgraph \"{}\" cannot be reached.", origin.service);
        Self::new(origin, "SUBREQUEST_UNAVAILABLE", message)
    }

    /// No call, since too many have failed.
    pub fn circuit_open(origin: &ErrorOrigin) -> Self {
        let message =
            format!("The subgraph \"{}\" is not asked for now: too many calls to it have failed.", origin.service);
        Self::new(origin, "CIRCUIT_OPEN", message)
    }

    /// No call, since so many others are out.
    pub fn overloaded(origin: &ErrorOrigin, limit: usize) -> Self {
        let message = format!(
            "The subgraph \"{}\" is not asked: {limit} calls to it are out, which is as many as there may be.",
            origin.service
        );
        Self::new(origin, "OVERLOADED", message)
    }

    /// Whether it says that the one who asks may not see the value, in the words of whichever framework.
    pub fn refuses(&self) -> bool {
        const WORDS: [&str; 5] = ["UNAUTHENTICATED", "UNAUTHORIZED", "FORBIDDEN", "PERMISSION_DENIED", "ACCESS_DENIED"];
        let says_so = |text: &str| {
            let text = text.to_ascii_uppercase();
            WORDS.iter().any(|word| text.contains(word))
                || text.contains("NOT_AUTHORIZED")
                || text.contains("NOT_AUTHENTICATED")
        };
        let classified = self.extensions.get("classification").is_some_and(|value| says_so(value.get()));
        classified
            || says_so(&self.code)
            || matches!(self.status, Some(BackendStatus::Http(401 | 403) | BackendStatus::Grpc(7 | 16)))
    }

    /// What the one who asks may not see.
    pub fn denied(need: &Need) -> Self {
        let (code, message) = denial(need);
        Self { code: Cow::Borrowed(code), ..Self::internal(message) }
    }

    /// The client's answer is larger than the gateway writes.
    pub fn too_large(message: impl Into<Box<str>>) -> Self {
        Self { code: Cow::Borrowed("RESPONSE_TOO_LARGE"), ..Self::internal(message) }
    }

    /// A failure of the gateway itself.
    pub fn internal(message: impl Into<Box<str>>) -> Self {
        Self {
            message: message.into(),
            code: Cow::Borrowed("INTERNAL_SERVER_ERROR"),
            origin: None,
            status: None,
            extensions: BTreeMap::new(),
            rest: Box::default(),
        }
    }
}

/// What one is told who is refused a field for want of this: the code, and the message.
pub fn denial(need: &Need) -> (&'static str, String) {
    const UNAUTHORIZED: &str = "UNAUTHORIZED_FIELD_OR_TYPE";
    match need {
        Need::Authenticated => ("UNAUTHENTICATED", "This field needs a credential.".to_owned()),
        Need::Claim(path, ty) => {
            let (path, is) = (path.join("."), claim_is(ty));
            ("UNAUTHENTICATED", format!("This field needs a credential with the claim \"{path}\"{is}."))
        }
        Need::Scopes(_) => (UNAUTHORIZED, "The credential has not the scopes that this field needs.".to_owned()),
        Need::Policies(_) => (UNAUTHORIZED, "The policies that this field needs do not hold here.".to_owned()),
    }
}

/// What a claim has to be, in words that say nothing of the supergraph: of its own scalars nothing is said.
fn claim_is(ty: &Type) -> String {
    let one = match ty.inner_named_type().as_str() {
        "Int" => "a whole number of 32 bits",
        "Float" => "a number",
        "Boolean" => "true or false",
        "String" => "a text",
        "ID" => "a text or a whole number",
        _ => return String::new(),
    };
    let several = if ty.is_list() { ", or a list of such" } else { "" };
    format!(", which is {one}{several}")
}

/// The start of a text, of at most `max` bytes.
fn shortened(text: &str, max: usize) -> &str {
    let mut end = text.len().min(max);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Writes an error as the client reads it. `path` is the JSON of its path, without the brackets; `None` leaves it out.
pub fn write_client_error(error: &SubgraphError, path: Option<&str>, out: &mut String) {
    out.push_str("{\"message\":");
    write_json_string(&error.message, out);
    if let Some(path) = path {
        out.push_str(",\"path\":[");
        out.push_str(path);
        out.push(']');
    }
    out.push_str(",\"extensions\":{\"code\":");
    write_json_string(&error.code, out);
    if let Some(origin) = &error.origin {
        out.push_str(",\"service\":");
        write_json_string(&origin.service, out);
        if let Some(connector) = &origin.connector {
            out.push_str(",\"connector\":");
            write_json_string(connector, out);
        }
    }
    let status = error.status.map(|status| match status {
        BackendStatus::Http(status) => ("http", i32::from(status)),
        BackendStatus::Grpc(status) => ("grpc", status),
    });
    if let Some((protocol, status)) = status {
        out.push_str(&format!(",\"{protocol}\":{{\"status\":{status}}}"));
    }
    for (name, value) in &error.extensions {
        let ours = matches!(name.as_str(), "code" | "service") || (name == "connector" && is_connector(error));
        if ours || status.is_some_and(|(protocol, _)| protocol == name) {
            continue;
        }
        out.push(',');
        write_json_string(name, out);
        out.push(':');
        out.push_str(value.get());
    }
    out.push_str("}}");
}

fn is_connector(error: &SubgraphError) -> bool {
    error.origin.as_ref().is_some_and(|origin| origin.connector.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_masked_error_keeps_its_code_and_nothing_of_the_backend() {
        let origin = ErrorOrigin { service: "users".into(), connector: Some("Query.user".into()) };
        let detail = RawValue::from_string("\"at db1\"".to_owned()).expect("JSON");
        let ours = || SubgraphError::too_large("The answer is too large.");
        let theirs = || SubgraphError {
            status: Some(BackendStatus::Http(404)),
            extensions: [("stack".to_owned(), detail.clone())].into(),
            ..SubgraphError::new(&origin, "NOT_FOUND", "no row in db1")
        };
        let cases = [
            (theirs(), r#"{"message":"This could not be loaded.","path":["a"],"extensions":{"code":"NOT_FOUND"}}"#),
            (
                ours(),
                r#"{"message":"The answer is too large.","path":["a"],"extensions":{"code":"RESPONSE_TOO_LARGE"}}"#,
            ),
        ];
        for (mut error, expected) in cases {
            error.mask();
            let mut written = String::new();
            write_client_error(&error, Some("\"a\""), &mut written);
            assert_eq!(written, expected);
        }
    }
}
