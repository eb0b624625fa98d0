//! Owns the manifests of persisted operations that other tools write: Apollo's, and the plain map from hash to text that Relay's
//! compiler and GraphQL Code Generator write.

use std::sync::Arc;

use indexmap::IndexMap;
use serde::Deserialize;
use weft_federation::diagnostics::{Diagnostic, Source, Span};

use super::OPERATION_INVALID;

const APOLLO: &str = "apollo-persisted-query-manifest";

/// An operation in a manifest.
#[derive(Debug, PartialEq, Eq)]
pub struct Entry {
    /// What clients name it by.
    pub id: String,
    /// Its text. The path says which entry of the manifest it is.
    pub text: Arc<Source>,
}

/// <https://www.apollographql.com/docs/graphos/routing/security/persisted-queries>
#[derive(Deserialize)]
struct Apollo {
    format: String,
    version: u32,
    operations: Vec<ApolloOperation>,
}

#[derive(Deserialize)]
struct ApolloOperation {
    id: String,
    body: String,
}

/// Reads a manifest in either form.
pub fn read(source: &Arc<Source>) -> Result<Vec<Entry>, Diagnostic> {
    let entry = |(id, body): (String, String)| {
        let text = Source::new(format!("{}#{id}", source.path), body);
        Entry { id, text }
    };
    // A map of texts has only texts in it, and a manifest of Apollo's has a list.
    if let Ok(map) = serde_json::from_str::<IndexMap<String, String>>(&source.text)
        && !map.contains_key("format")
    {
        return Ok(map.into_iter().map(entry).collect());
    }
    let manifest: Apollo = serde_json::from_str(&source.text).map_err(|error| {
        let at = source.offset(error.line(), error.column());
        invalid(source, at, &format!("this is no manifest of persisted operations: {error}"))
    })?;
    if (manifest.format.as_str(), manifest.version) != (APOLLO, 1) {
        let message = format!("the format \"{}\" in version {} is not known", manifest.format, manifest.version);
        return Err(invalid(source, 0, &message));
    }
    Ok(manifest.operations.into_iter().map(|operation| entry((operation.id, operation.body))).collect())
}

fn invalid(source: &Arc<Source>, at: usize, message: &str) -> Diagnostic {
    let help = format!("a manifest is a map from hashes to texts, or one of \"format\": \"{APOLLO}\", \"version\": 1");
    Diagnostic::error(OPERATION_INVALID, message).at(Span::new(source, at..at), "").help(help)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_read_and_others_are_told() {
        let cases = [
            (r#"{"abc":"{ a }","def":"{ b }"}"#, Ok("abc={ a } def={ b }")),
            ("{}", Ok("")),
            (
                r#"{"format":"apollo-persisted-query-manifest","version":1,"operations":[
                    {"id":"abc","name":"A","type":"query","body":"query A { a }","clientName":"web"}]}"#,
                Ok("abc=query A { a }"),
            ),
            (
                r#"{"format":"apollo-persisted-query-manifest","version":2,"operations":[]}"#,
                Err(
                    "m.json:1:1: error[OPERATION_INVALID]: the format \"apollo-persisted-query-manifest\" in version 2 is not known",
                ),
            ),
            (
                "{\n  \"abc\": 7\n}",
                Err(
                    "m.json:3:1: error[OPERATION_INVALID]: this is no manifest of persisted operations: missing field `format` at line 3 column 1",
                ),
            ),
            (
                "[",
                Err(
                    "m.json:1:1: error[OPERATION_INVALID]: this is no manifest of persisted operations: EOF while parsing a list at line 1 column 1",
                ),
            ),
        ];
        for (text, expected) in cases {
            let read = read(&Source::new("m.json", text));
            let shown = read
                .map(|entries| {
                    let shown = entries.iter().map(|entry| format!("{}={}", entry.id, entry.text.text));
                    shown.collect::<Vec<_>>().join(" ")
                })
                .map_err(|found| found.to_string());
            assert_eq!(shown.as_deref().map_err(String::as_str), expected, "{text}");
        }
    }
}
