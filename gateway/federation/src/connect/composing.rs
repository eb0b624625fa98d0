//! Owns the part that connectors have in composition: the keys that they imply, their own check, and the
//! descriptors that travel with the supergraph.

use std::collections::HashMap;

use apollo_compiler::{Name, Schema};

use super::mapping::FieldTree;
use super::model::{Connectors, Protocol};
use super::read::read_subgraph;
use crate::compose::{ConnectorHooks, ImpliedKey, SourceRewrite};
use crate::diagnostics::Diagnostic;
use crate::schema::subgraph::field_set::fields_of;
use crate::schema::subgraph::{Parsed, SpecDirective, Subgraph, Validated};

/// Reads each subgraph's connectors once. `protos` gives a `.proto` file by the subgraph's name and the file's.
pub struct Composing<'p> {
    protos: &'p dyn Fn(&str, &str) -> Option<Vec<u8>>,
    read: HashMap<String, (Connectors, Vec<Diagnostic>)>,
}

impl<'p> Composing<'p> {
    pub fn new(protos: &'p dyn Fn(&str, &str) -> Option<Vec<u8>>) -> Self {
        Self { protos, read: HashMap::new() }
    }

    /// The subgraph's connectors, read from its file as its team wrote it, so that findings show that.
    fn of<State>(&mut self, subgraph: &Subgraph<State>) -> &(Connectors, Vec<Diagnostic>) {
        self.read.entry(subgraph.name.clone()).or_insert_with(|| {
            let name = subgraph.name.as_str();
            let builder =
                Schema::builder().adopt_orphan_extensions().parse(&subgraph.source.text, &subgraph.source.path);
            let schema = match builder.build() {
                Ok(schema) => schema,
                // The file links its definitions instead of having them; what is truly wrong, ingestion has found.
                Err(errors) => errors.partial,
            };
            let protos = self.protos;
            let (connectors, found) =
                read_subgraph(name, &schema, &subgraph.source, &move |file: &str| protos(name, file));
            (connectors, found.into_iter().map(|diagnostic| diagnostic.in_subgraph(name)).collect())
        })
    }
}

impl ConnectorHooks for Composing<'_> {
    fn implied_keys(&mut self, subgraph: &Subgraph<Parsed>) -> Vec<ImpliedKey> {
        let (connectors, _) = self.of(subgraph);
        let mut keys: Vec<ImpliedKey> = vec![];
        for connector in &connectors.connectors {
            let Some(key) = connector.key().filter(|key| !key.is_whole()) else { continue };
            let type_name = match &connector.coordinate.field {
                None => Name::new(&connector.coordinate.type_name).ok(),
                Some(field) => subgraph
                    .schema
                    .type_field(&connector.coordinate.type_name, field)
                    .ok()
                    .map(|field| field.ty.inner_named_type().clone()),
            };
            let Some(type_name) = type_name else { continue };
            // What the type does not have is told of where it is read.
            if !has_all(&subgraph.schema, &type_name, &key) {
                continue;
            }
            let key = ImpliedKey { type_name, fields: key.to_string() };
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        keys
    }

    fn check(&mut self, subgraph: &Subgraph<Validated>) -> (Vec<SourceRewrite>, Vec<Diagnostic>) {
        let (connectors, found) = self.of(subgraph);
        let mut found = found.clone();
        if !connectors.connectors.is_empty() {
            found.extend(contextual_arguments(subgraph));
        }
        let rewrites = connectors.sources.iter().filter_map(|source| match &source.protocol {
            Protocol::Http(_) => None,
            Protocol::Grpc(grpc) => Some(SourceRewrite {
                source: source.name.clone(),
                argument: "grpc",
                field: "descriptors",
                value: grpc.descriptors.to_base64(),
            }),
        });
        (rewrites.collect(), found)
    }
}

/// Whether a type has fields along all paths of a key.
fn has_all(schema: &Schema, type_name: &str, key: &FieldTree) -> bool {
    key.fields.iter().all(|(name, below)| match schema.type_field(type_name, name) {
        Ok(field) => has_all(schema, field.ty.inner_named_type(), below),
        Err(_) => false,
    })
}

/// Nothing hands values from contexts to connectors: a finding for each argument that takes one.
fn contextual_arguments(subgraph: &Subgraph<Validated>) -> Vec<Diagnostic> {
    let mut found = vec![];
    for (name, ty) in subgraph.types() {
        for field in fields_of(ty).into_iter().flat_map(|fields| fields.values()) {
            for argument in &field.arguments {
                let Some(directive) = argument.directives.get(SpecDirective::FromContext.canonical()) else { continue };
                let message = format!(
                    "`{name}.{}({}:)` takes its value from a context, which a subgraph with connectors cannot do",
                    field.name, argument.name
                );
                let finding =
                    subgraph.error("CONNECTORS_UNSUPPORTED_FEDERATION_DIRECTIVE", message, directive.location());
                found
                    .push(finding.help(
                        "read what the connector needs with `$this`, or resolve the field in a GraphQL subgraph",
                    ));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::{compose, prove_composed};
    use crate::diagnostics::Source;
    use crate::schema::Supergraph;
    use crate::schema::subgraph::SubgraphInput;

    /// What is wrong with connectors is said once, with its place and with what to do.
    #[test]
    fn mistakes_of_connectors_are_told_once() {
        const IMPORT: &str = r#", import: ["@source", "@connect"]"#;
        const RIGHT: &str = r#"extend schema
              @link(url: "https://specs.apollo.dev/federation/v2.12")
              @link(url: "https://specs.apollo.dev/connect/v0.3", import: ["@source", "@connect"])
              @source(name: "api", http: { baseURL: "http://api.example" })
            type Query {
              shop(id: ID!, kind: ID): Shop
                @connect(source: "api", entity: true, http: { GET: "/shops/{$args.id}" }, selection: "id name")
            }
            type Shop { id: ID! name: String }"#;
        let cases = [
            (RIGHT.to_owned(), None),
            (
                RIGHT.replace(IMPORT, "").replace("@source", "@connect__source").replace("@connect(", "@conect("),
                Some(("INVALID_GRAPHQL", "`@conect`")),
            ),
            (RIGHT.replace(IMPORT, "").replace("@source", "@connect__source"), None),
            (RIGHT.replace(IMPORT, ""), Some(("INVALID_GRAPHQL", r#"import: ["@source", "@connect"])"#))),
            (
                RIGHT.replace("{$args.id}", "{$args.id}?k={$args.kind}"),
                Some(("ENTITY_ARGUMENT_MISMATCH", "give the argument the name of the field")),
            ),
        ];
        for (sdl, expected) in cases {
            let input = SubgraphInput {
                name: "shop".into(),
                url: "http://shop".into(),
                source: Source::new("shop.graphql", &*sdl),
            };
            let found = compose(vec![input], &mut Composing::new(&|_, _| None)).diagnostics;
            let errors: Vec<&Diagnostic> = found.iter().filter(|found| found.is_error()).collect();
            assert_eq!(errors.len(), usize::from(expected.is_some()), "{sdl}: {errors:#?}");
            for (error, (code, words)) in errors.iter().zip(expected) {
                let said = format!("{} {}", error.message, error.help.as_deref().unwrap_or_default());
                assert!(error.code == code && said.contains(words), "{sdl}: {error:#?}");
                assert!(error.labels.iter().any(|label| label.span.start > 0), "{sdl}: {error:#?}");
            }
        }
    }

    /// A key helps where another subgraph has the field; where connectors have it, one of them selects it.
    #[test]
    fn a_field_that_no_connector_selects_is_told_as_that() {
        let connectors = r#"extend schema
              @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key"])
              @link(url: "https://specs.apollo.dev/connect/v0.3", import: ["@source", "@connect"])
              @source(name: "api", http: { baseURL: "http://api.example" })
            type Query { shop: Shop @connect(source: "api", http: { GET: "/shop" }, selection: "id") }
            type Shop { id: ID! name: String }"#;
        let plain = r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@shareable"])
            type Query { other: Int } type Shop { id: ID! @shareable name: String }"#;
        let cases = [
            (
                vec![connectors.to_owned()],
                "select name in a connector that gives Shop, or give it a connector of its own",
            ),
            (
                vec![
                    connectors.replace("name: String", "").replace("id: ID!", "id: ID! @federation__shareable"),
                    plain.into(),
                ],
                "give Shop a @key in one of these subgraphs",
            ),
        ];
        for (subgraphs, expected) in cases {
            let input = |(at, sdl): (usize, &String)| SubgraphInput {
                name: format!("s{at}"),
                url: "http://s".into(),
                source: Source::new("s.graphql", sdl.as_str()),
            };
            let composed =
                compose(subgraphs.iter().enumerate().map(input).collect(), &mut Composing::new(&|_, _| None));
            let text = composed.supergraph.unwrap_or_else(|| panic!("{:#?}", composed.diagnostics));
            let merged = Supergraph::load(&Source::new("supergraph.graphql", text)).expect("what weft composed loads");
            let (_, found) = prove_composed(merged, &composed.definitions);
            let helps: Vec<&str> = found.iter().filter_map(|found| found.help.as_deref()).collect();
            assert!(matches!(helps[..], [help] if help.starts_with(expected)), "{helps:?}");
        }
    }

    #[test]
    fn a_subgraph_with_connectors_takes_nothing_from_contexts() {
        let sdl = r#"
            extend schema
              @link(url: "https://specs.apollo.dev/federation/v2.8", import: ["@key", "@context", "@fromContext"])
              @link(url: "https://specs.apollo.dev/connect/v0.1", import: ["@source", "@connect"])
              @source(name: "api", http: { baseURL: "http://api.example" })
            type Query {
              shop: Shop @connect(source: "api", http: { GET: "/shop" }, selection: "id currency item { id }")
            }
            type Shop @context(name: "shop") { id: ID! currency: String item: Item }
            type Item @key(fields: "id") {
              id: ID!
              price(in: String @fromContext(field: "$shop { currency }")): Int
                @connect(source: "api", http: { GET: "/prices/{$this.id}" }, selection: "$.price")
            }"#;
        let source = Source::new("shop.graphql", sdl);
        let input = SubgraphInput { name: "shop".into(), url: "http://shop".into(), source };
        let found = compose(vec![input], &mut Composing::new(&|_, _| None)).diagnostics;
        let errors: Vec<&Diagnostic> = found.iter().filter(|found| found.is_error()).collect();
        let [error] = errors[..] else { panic!("{errors:?}") };
        assert_eq!(error.code, "CONNECTORS_UNSUPPORTED_FEDERATION_DIRECTIVE");
        let expected = "`Item.price(in:)` takes its value from a context, which a subgraph with connectors cannot do";
        assert_eq!(error.message, expected);
    }
}
