//! Owns `supergraph.yaml`, with the keys that Rover knows: which subgraphs there are, and where their schemas are.

use std::sync::Arc;

use indexmap::IndexMap;
use serde::Deserialize;
use weft_federation::diagnostics::{Diagnostic, Source, Span};

use super::yaml::{self, CODE, Located, Lookup};

/// The file as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawConfig {
    federation_version: Option<Located<String>>,
    subgraphs: IndexMap<String, RawSubgraph>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSubgraph {
    routing_url: Option<String>,
    schema: Schema,
}

/// Where a schema is, and where that is said.
#[derive(Debug, Deserialize)]
#[serde(try_from = "RawSchema")]
struct Schema(Located<SchemaLocation>);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSchema {
    file: Option<Located<String>>,
    subgraph_url: Option<Located<String>>,
}

impl TryFrom<RawSchema> for Schema {
    type Error = &'static str;

    fn try_from(raw: RawSchema) -> Result<Self, &'static str> {
        let at = |span, value| Self(Located { value, span });
        match (raw.file, raw.subgraph_url) {
            (Some(file), None) => Ok(at(file.span, SchemaLocation::File(file.value))),
            (None, Some(url)) => Ok(at(url.span, SchemaLocation::Url(url.value))),
            (Some(_), Some(_)) | (None, None) => Err("a schema has either `file` or `subgraph_url`"),
        }
    }
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
    pub fn parse(source: &Arc<Source>, environment: Lookup<'_>) -> Result<Self, Vec<Diagnostic>> {
        let (raw, found) = yaml::read::<RawConfig>(source, environment);
        let mut resolver = Resolver { source, found };
        let subgraphs = raw.map(|raw| resolver.config(raw)).unwrap_or_default();
        if resolver.found.is_empty() { Ok(Self { subgraphs }) } else { Err(resolver.found) }
    }
}

struct Resolver<'a> {
    source: &'a Arc<Source>,
    found: Vec<Diagnostic>,
}

impl Resolver<'_> {
    fn config(&mut self, raw: RawConfig) -> Vec<SubgraphConfig> {
        let is_read = self.found.is_empty();
        if let Some(version) = &raw.federation_version
            && version.value.trim_start_matches(['=', 'v']).split('.').next() != Some("2")
        {
            let message = format!("federation_version \"{}\" is not supported", version.value);
            let help = "write 2; subgraphs of Federation 1 are upgraded as they are composed";
            let place = yaml::span(self.source, &version.span);
            self.found.push(Diagnostic::error(CODE, message).at(place, "").help(help));
        }
        // One that is there but wrong is told of already.
        if raw.subgraphs.is_empty() && is_read {
            self.found
                .push(Diagnostic::error(CODE, "there are no subgraphs to compose").help("name one in `subgraphs`"));
        }
        raw.subgraphs.into_iter().map(|(name, subgraph)| self.subgraph(name, subgraph)).collect()
    }

    fn subgraph(&self, name: String, raw: RawSubgraph) -> SubgraphConfig {
        let Schema(Located { value: schema, span }) = raw.schema;
        let routing_url = match (raw.routing_url, &schema) {
            (Some(url), _) => Some(url),
            // As in Rover: who answers introspection answers queries.
            (None, SchemaLocation::Url(url)) => Some(url.clone()),
            (None, SchemaLocation::File(_)) => None,
        };
        SubgraphConfig { name, routing_url, schema, schema_span: yaml::span(self.source, &span) }
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
                "supergraph.yaml:3:5: error[INVALID_CONFIG]: there is no key `routing` here",
            ),
            (
                "subgraphs:\n  a: { routing_url: '${env.A}', schema: { file: '${env.B}' } }",
                "supergraph.yaml:2:21: error[INVALID_CONFIG]: the environment variable A is not set\n\
                 supergraph.yaml:2:49: error[INVALID_CONFIG]: the environment variable B is not set",
            ),
            (
                "subgraphs:\n  a: { schema: {} }",
                "supergraph.yaml:2:8: error[INVALID_CONFIG]: a schema has either `file` or `subgraph_url`",
            ),
            ("subgraphs: [", "supergraph.yaml:1:12: error[INVALID_CONFIG]: unclosed bracket '['"),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text), expected, "{text}");
        }
    }
}
