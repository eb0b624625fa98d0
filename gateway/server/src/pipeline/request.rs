//! Owns a client's request as GraphQL-over-HTTP parameters: read from a JSON body or a query string, typed, and not yet
//! parsed as GraphQL.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

/// The parameters of one request. They borrow from the body; the text is copied only where JSON escapes it.
///
/// At least one of text, hash, id and name is there.
#[derive(Debug)]
pub struct ClientRequest<'a> {
    /// The text of the document.
    pub query: Option<Cow<'a, str>>,
    /// That of a persisted query, as Apollo's clients send it, with the text or without.
    pub hash: Option<Cow<'a, str>>,
    /// What a document is known by, as the appendix on persisted documents has it, and Relay.
    pub id: Option<Cow<'a, str>>,
    pub operation_name: Option<Cow<'a, str>>,
    /// A JSON object.
    pub variables: Option<&'a RawValue>,
}

/// Why a request is not a well-formed GraphQL-over-HTTP request, in words for the client.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(Cow<'static, str>);

impl Malformed {
    fn new(message: impl Into<Cow<'static, str>>) -> Self {
        Self(message.into())
    }
}

/// The members of the body as they came, so that one of a wrong type can be named.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "a JSON object")]
struct RawRequest<'a> {
    #[serde(borrow)]
    query: Option<&'a RawValue>,
    #[serde(borrow)]
    document_id: Option<&'a RawValue>,
    #[serde(borrow, rename = "doc_id")]
    doc_id: Option<&'a RawValue>,
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    operation_name: Option<&'a RawValue>,
    #[serde(borrow)]
    variables: Option<&'a RawValue>,
    #[serde(borrow)]
    extensions: Option<&'a RawValue>,
}

impl<'a> ClientRequest<'a> {
    /// Reads the body of a POST.
    pub fn from_json(body: &'a [u8]) -> Result<Self, Malformed> {
        match body.trim_ascii_start().first() {
            None => return Err(Malformed::new("The request has no body; send a JSON object with a \"query\".")),
            Some(b'[') => {
                return Err(Malformed::new("Batches are not supported: send one request at a time, as a JSON object."));
            }
            Some(_) => {}
        }
        let raw: RawRequest<'a> = serde_json::from_slice(body)
            .map_err(|error| Malformed::new(format!("The body is not a GraphQL request in JSON: {error}.")))?;
        let query = string("query", raw.query)?;
        // Beside a text it may be anything.
        let id = match &query {
            Some(text) if !text.is_empty() => None,
            None | Some(_) => match (string("documentId", raw.document_id)?, string("doc_id", raw.doc_id)?) {
                (Some(id), _) | (None, Some(id)) => Some(id),
                (None, None) => string("id", raw.id)?,
            },
        };
        Self {
            query,
            hash: hash(object("extensions", raw.extensions)?)?,
            id,
            operation_name: string("operationName", raw.operation_name)?,
            variables: object("variables", raw.variables)?,
        }
        .checked()
    }

    /// Reads the parameters of a GET.
    pub fn from_query(parameters: &'a QueryParameters) -> Result<Self, Malformed> {
        let extensions = object("extensions", json("extensions", parameters.extensions.as_deref())?)?;
        Self {
            query: parameters.query.as_deref().map(Cow::Borrowed),
            hash: hash(extensions)?,
            id: parameters.document_id.as_deref().map(Cow::Borrowed),
            operation_name: parameters.operation_name.as_deref().map(Cow::Borrowed),
            variables: object("variables", json("variables", parameters.variables.as_deref())?)?,
        }
        .checked()
    }

    /// A client that names what it asks for may send an empty text with it.
    fn checked(mut self) -> Result<Self, Malformed> {
        let is_named = self.hash.is_some() || self.id.is_some() || self.operation_name.is_some();
        match &self.query {
            None if !is_named => Err(no_query()),
            Some(text) if text.is_empty() && is_named => {
                self.query = None;
                Ok(self)
            }
            None | Some(_) => Ok(self),
        }
    }
}

/// The parameters of a query string, decoded.
#[derive(Debug, Default)]
pub struct QueryParameters {
    query: Option<String>,
    document_id: Option<String>,
    operation_name: Option<String>,
    variables: Option<String>,
    extensions: Option<String>,
}

impl QueryParameters {
    /// Takes the parameters that GraphQL knows; an empty one counts as not given.
    pub fn decode(query_string: &str) -> Result<Self, Malformed> {
        let mut parameters = Self::default();
        for (name, value) in form_urlencoded::parse(query_string.as_bytes()) {
            let slot = match name.as_ref() {
                "query" => &mut parameters.query,
                "documentId" | "doc_id" | "id" => &mut parameters.document_id,
                "operationName" => &mut parameters.operation_name,
                "variables" => &mut parameters.variables,
                "extensions" => &mut parameters.extensions,
                _ => continue,
            };
            if slot.is_some() {
                return Err(Malformed::new(format!("The parameter \"{name}\" is given twice.")));
            }
            *slot = (!value.is_empty()).then(|| value.into_owned());
        }
        Ok(parameters)
    }
}

fn no_query() -> Malformed {
    Malformed::new("The request has no \"query\": send the text of a GraphQL document.")
}

/// What `extensions` says of a persisted query.
fn hash(extensions: Option<&RawValue>) -> Result<Option<Cow<'_, str>>, Malformed> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Extensions<'a> {
        #[serde(borrow)]
        persisted_query: Option<&'a RawValue>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct PersistedQuery<'a> {
        version: Option<u64>,
        #[serde(borrow)]
        sha256_hash: Option<&'a RawValue>,
    }

    let Some(extensions) = extensions else { return Ok(None) };
    let invalid = |error| Malformed::new(format!("\"extensions\" is not valid: {error}."));
    let extensions: Extensions<'_> = serde_json::from_str(extensions.get()).map_err(invalid)?;
    let Some(query) = object("persistedQuery", extensions.persisted_query)? else { return Ok(None) };
    let query: PersistedQuery<'_> = serde_json::from_str(query.get()).map_err(invalid)?;
    if query.version.is_some_and(|version| version != 1) {
        return Err(Malformed::new("\"persistedQuery\" has an unknown version; 1 is known."));
    }
    string("sha256Hash", query.sha256_hash)
}

/// A parameter that is a string; null counts as not given.
fn string<'a>(name: &str, value: Option<&'a RawValue>) -> Result<Option<Cow<'a, str>>, Malformed> {
    /// Borrows where there is nothing to unescape, which `Cow` alone never does.
    #[derive(Deserialize)]
    struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

    let Some(json) = value.map(RawValue::get).filter(|json| *json != "null") else { return Ok(None) };
    if !json.starts_with('"') {
        return Err(Malformed::new(format!("\"{name}\" must be a string.")));
    }
    let text: Text<'a> = serde_json::from_str(json)
        .map_err(|error| Malformed::new(format!("\"{name}\" is not a valid JSON string: {error}.")))?;
    Ok(Some(text.0))
}

/// A parameter that is an object; null counts as not given.
fn object<'a>(name: &str, value: Option<&'a RawValue>) -> Result<Option<&'a RawValue>, Malformed> {
    match value {
        Some(value) if value.get() == "null" => Ok(None),
        Some(value) if !value.get().starts_with('{') => {
            Err(Malformed::new(format!("\"{name}\" must be a JSON object.")))
        }
        other => Ok(other),
    }
}

/// A parameter of a query string that carries JSON.
fn json<'a>(name: &str, text: Option<&'a str>) -> Result<Option<&'a RawValue>, Malformed> {
    text.map(serde_json::from_str)
        .transpose()
        .map_err(|error| Malformed::new(format!("The parameter \"{name}\" is not valid JSON: {error}.")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(request: Result<ClientRequest<'_>, Malformed>) -> String {
        match request {
            Ok(request) => format!(
                "{} | {} | {}",
                [&request.query, &request.hash, &request.id].map(|part| part.as_deref().unwrap_or("-")).join(" "),
                request.operation_name.as_deref().unwrap_or("-"),
                request.variables.map_or("-", RawValue::get)
            ),
            Err(malformed) => malformed.to_string(),
        }
    }

    #[test]
    fn a_json_body_is_a_request_or_says_what_is_wrong() {
        let cases = [
            (r#"{"query":"{a}"}"#, "{a} - - | - | -"),
            (r#" {"query":"{a}","operationName":"A","variables":{"x":1}}"#, r#"{a} - - | A | {"x":1}"#),
            (r#"{"query":"{\n a}","operationName":null,"variables":null,"extensions":null}"#, "{\n a} - - | - | -"),
            (r#"{"query":"{a}","unknown":[1]}"#, "{a} - - | - | -"),
            (r#"{}"#, "The request has no \"query\": send the text of a GraphQL document."),
            (r#"{"query":"{a}","id":7}"#, "{a} - - | - | -"),
            (r#"{"documentId":"sha256:a","id":"b"}"#, "- - sha256:a | - | -"),
            (r#"{"doc_id":"a","query":null}"#, "- - a | - | -"),
            (r#"{"id":"a","query":""}"#, "- - a | - | -"),
            (r#"{"id":7}"#, "\"id\" must be a string."),
            (r#"{"operationName":"A"}"#, "- - - | A | -"),
            (r#"{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"ab"}}}"#, "- ab - | - | -"),
            (r#"{"query":"{a}","extensions":{"persistedQuery":{"sha256Hash":"ab"}}}"#, "{a} ab - | - | -"),
            (r#"{"query":"{a}","extensions":{"persistedQuery":null,"other":1}}"#, "{a} - - | - | -"),
            (
                r#"{"extensions":{"persistedQuery":{}}}"#,
                "The request has no \"query\": send the text of a GraphQL document.",
            ),
            (r#"{"extensions":{"persistedQuery":{"sha256Hash":7}}}"#, "\"sha256Hash\" must be a string."),
            (r#"{"extensions":{"persistedQuery":[]}}"#, "\"persistedQuery\" must be a JSON object."),
            (
                r#"{"extensions":{"persistedQuery":{"version":2,"sha256Hash":"ab"}}}"#,
                "\"persistedQuery\" has an unknown version; 1 is known.",
            ),
            (r#"{"query":null}"#, "The request has no \"query\": send the text of a GraphQL document."),
            (r#"{"query":1}"#, "\"query\" must be a string."),
            (r#"{"query":"{a}","operationName":{}}"#, "\"operationName\" must be a string."),
            (r#"{"query":"{a}","variables":[1]}"#, "\"variables\" must be a JSON object."),
            (r#"{"query":"{a}","variables":"{}"}"#, "\"variables\" must be a JSON object."),
            (r#"{"query":"{a}","extensions":true}"#, "\"extensions\" must be a JSON object."),
            (r#"[{"query":"{a}"}]"#, "Batches are not supported: send one request at a time, as a JSON object."),
            ("", "The request has no body; send a JSON object with a \"query\"."),
            (
                r#"{"query""#,
                "The body is not a GraphQL request in JSON: EOF while parsing an object at line 1 column 8.",
            ),
            (
                r#""{a}""#,
                "The body is not a GraphQL request in JSON: invalid type: string \"{a}\", expected a JSON object at line 1 \
                 column 5.",
            ),
        ];
        for (body, expected) in cases {
            assert_eq!(show(ClientRequest::from_json(body.as_bytes())), expected, "{body}");
        }
    }

    #[test]
    fn the_text_is_borrowed_where_nothing_is_escaped() {
        let request = ClientRequest::from_json(br#"{"query":"{a}"}"#).expect("well-formed");
        assert!(matches!(request.query, Some(Cow::Borrowed(_))));
    }

    #[test]
    fn a_query_string_is_a_request_or_says_what_is_wrong() {
        let cases = [
            ("query=%7Ba%7D", "{a} - - | - | -"),
            ("query=query+null%7Ba%7D&operationName=null", "query null{a} - - | null | -"),
            ("query=%7Ba%7D&operationName=&variables=&other=1", "{a} - - | - | -"),
            ("query=%7Ba%7D&variables=%7B%22x%22%3A1%7D", r#"{a} - - | - | {"x":1}"#),
            ("documentId=sha256:a", "- - sha256:a | - | -"),
            ("extensions=%7B%22persistedQuery%22:%7B%22version%22:1,%22sha256Hash%22:%22ab%22%7D%7D", "- ab - | - | -"),
            ("", "The request has no \"query\": send the text of a GraphQL document."),
            ("query=a&query=b", "The parameter \"query\" is given twice."),
            ("query=a&variables=%5B%5D", "\"variables\" must be a JSON object."),
            (
                "query=a&variables=x",
                "The parameter \"variables\" is not valid JSON: expected value at line 1 column 1.",
            ),
        ];
        for (query_string, expected) in cases {
            let shown = match QueryParameters::decode(query_string) {
                Ok(parameters) => show(ClientRequest::from_query(&parameters)),
                Err(malformed) => malformed.to_string(),
            };
            assert_eq!(shown, expected, "{query_string}");
        }
    }
}
