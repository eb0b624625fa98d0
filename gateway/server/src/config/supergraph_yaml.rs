//! Owns `supergraph.yaml`, with the keys that Rover knows: which subgraphs there are, and where their schemas are.

use std::sync::Arc;

use indexmap::IndexMap;
use serde::Deserialize;
use serde_saphyr::{Location, Spanned};
use weft_federation::diagnostics::{Diagnostic, Source, Span};

use super::environment::expand;

const CODE: &str = "INVALID_CONFIG";

/// The file as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawConfig {
    federation_version: Option<Spanned<String>>,
    subgraphs: IndexMap<String, Spanned<RawSubgraph>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSubgraph {
    routing_url: Option<Spanned<String>>,
    schema: Spanned<RawSchema>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSchema {
    file: Option<Spanned<String>>,
    subgraph_url: Option<Spanned<String>>,
}

/// The file with its variables expanded and its values checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SupergraphConfig {
    /// In the order of the file.
    pub subgraphs: Vec<SubgraphConfig>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubgraphConfig {
    pub name: String,
    /// Absent where the schema is a file and nothing says where the subgraph listens.
    pub routing_url: Option<String>,
    pub schema: SchemaLocation,
    /// Where the file says where the schema is.
    pub schema_span: Span,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SchemaLocation {
    /// A path, relative to the folder of the configuration.
    File(String),
    /// A running subgraph, which is asked for its SDL.
    Url(String),
}

impl SupergraphConfig {
    /// Reads the text of a `supergraph.yaml`; `environment` gives the value of a variable. All that is wrong is returned.
    pub fn parse(source: &Arc<Source>, environment: &dyn Fn(&str) -> Option<String>) -> Result<Self, Vec<Diagnostic>> {
        let raw: RawConfig = serde_saphyr::from_str(&source.text).map_err(|error| vec![syntax(source, &error)])?;
        let mut resolver = Resolver { source, environment, found: vec![] };
        let config = resolver.config(raw);
        if resolver.found.is_empty() { Ok(config) } else { Err(resolver.found) }
    }
}

fn syntax(source: &Arc<Source>, error: &serde_saphyr::Error) -> Diagnostic {
    let place = error.location().map(|location| span(source, location));
    // The excerpt is drawn from the span, so the message goes without one, and without the place that it ends with.
    let text = error.without_snippet().to_string();
    let message = text.split(" at line ").next().unwrap_or(&text).to_owned();
    Diagnostic::error(CODE, message).at(place, "")
}

fn span(source: &Arc<Source>, location: Location) -> Span {
    let bytes = location.span();
    // Beyond usize only on a machine whose files could not be that long.
    let start = usize::try_from(bytes.byte_offset().unwrap_or_default()).unwrap_or(usize::MAX);
    let length = usize::try_from(bytes.byte_len().unwrap_or_default()).unwrap_or_default();
    let start = start.min(source.text.len());
    Span::new(source, start..start.saturating_add(length).min(source.text.len()))
}

struct Resolver<'a> {
    source: &'a Arc<Source>,
    environment: &'a dyn Fn(&str) -> Option<String>,
    found: Vec<Diagnostic>,
}

impl Resolver<'_> {
    fn config(&mut self, raw: RawConfig) -> SupergraphConfig {
        if let Some(version) = &raw.federation_version
            && version.value.trim_start_matches(['=', 'v']).split('.').next() != Some("2")
        {
            let message = format!("federation_version \"{}\" is not supported", version.value);
            let help = "write 2; subgraphs of Federation 1 are upgraded as they are composed";
            self.found.push(Diagnostic::error(CODE, message).at(span(self.source, version.referenced), "").help(help));
        }
        if raw.subgraphs.is_empty() {
            self.found
                .push(Diagnostic::error(CODE, "there are no subgraphs to compose").help("name one in `subgraphs`"));
        }
        let subgraphs = raw.subgraphs.into_iter().filter_map(|(name, subgraph)| self.subgraph(name, subgraph.value));
        SupergraphConfig { subgraphs: subgraphs.collect() }
    }

    fn subgraph(&mut self, name: String, raw: RawSubgraph) -> Option<SubgraphConfig> {
        let routing_url = raw.routing_url.map(|url| self.expand(&url));
        let schema_span = span(self.source, raw.schema.referenced);
        let (schema, place) = match (raw.schema.value.file, raw.schema.value.subgraph_url) {
            (Some(file), None) => (SchemaLocation::File(self.expand(&file)?), file.referenced),
            (None, Some(url)) => (SchemaLocation::Url(self.expand(&url)?), url.referenced),
            (Some(_), Some(_)) | (None, None) => {
                let message = "a schema has either `file` or `subgraph_url`";
                self.found.push(Diagnostic::error(CODE, message).in_subgraph(name).at(schema_span, ""));
                return None;
            }
        };
        let routing_url = match (routing_url, &schema) {
            (Some(url), _) => Some(url?),
            // As in Rover: who answers introspection answers queries.
            (None, SchemaLocation::Url(url)) => Some(url.clone()),
            (None, SchemaLocation::File(_)) => None,
        };
        Some(SubgraphConfig { name, routing_url, schema, schema_span: span(self.source, place) })
    }

    fn expand(&mut self, value: &Spanned<String>) -> Option<String> {
        expand(&value.value, self.environment)
            .map_err(|message| {
                self.found.push(Diagnostic::error(CODE, message).at(span(self.source, value.referenced), ""));
            })
            .ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> String {
        let source = Source::new("supergraph.yaml", text);
        let environment = |name: &str| (name == "HOST").then(|| "localhost".to_owned());
        match SupergraphConfig::parse(&source, &environment) {
            Ok(config) => {
                let lines = config.subgraphs.iter().map(|subgraph| {
                    let (line, _) = source.line_column(subgraph.schema_span.start);
                    format!("{} {:?} {:?} line {line}", subgraph.name, subgraph.routing_url, subgraph.schema)
                });
                lines.collect::<Vec<_>>().join("\n")
            }
            Err(found) => found.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
        }
    }

    #[test]
    fn a_file_is_resolved_or_every_fault_has_its_place() {
        let cases = [
            (
                "federation_version: =2.9.0\nsubgraphs:\n  a:\n    routing_url: http://${env.HOST}/\n    schema:\n      file: a.graphql\n  b:\n    schema:\n      subgraph_url: http://b/\n",
                "a Some(\"http://localhost/\") File(\"a.graphql\") line 6\nb Some(\"http://b/\") Url(\"http://b/\") line 9",
            ),
            (
                "federation_version: 2\nsubgraphs:\n  a: { schema: { file: a.graphql } }",
                "a None File(\"a.graphql\") line 3",
            ),
            (
                "federation_version: 1\nsubgraphs: {}",
                "supergraph.yaml:1:21: error[INVALID_CONFIG]: federation_version \"1\" is not supported\n\
                 error[INVALID_CONFIG]: there are no subgraphs to compose",
            ),
            (
                "subgraphs:\n  a:\n    routing: x\n    schema: { file: a }",
                "supergraph.yaml:3:5: error[INVALID_CONFIG]: unknown field `routing`, expected one of routing_url, schema",
            ),
            (
                "subgraphs:\n  a: { routing_url: '${env.A}', schema: { file: '${env.B}' } }",
                "supergraph.yaml:2:21: error[INVALID_CONFIG]: the environment variable A is not set\n\
                 supergraph.yaml:2:49: error[INVALID_CONFIG]: the environment variable B is not set",
            ),
            (
                "subgraphs:\n  a: { schema: {} }",
                "supergraph.yaml:2:16: error[INVALID_CONFIG]: [a] a schema has either `file` or `subgraph_url`",
            ),
            ("subgraphs: [", "supergraph.yaml:1:12: error[INVALID_CONFIG]: expected mapping start"),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text), expected, "{text}");
        }
    }
}
