//! Owns the part that connectors have in composition: the keys that they imply, their own check, and the
//! descriptors that travel with the supergraph.

use std::collections::HashMap;

use apollo_compiler::{Name, Schema};

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
    use crate::compose::compose;
    use crate::diagnostics::Source;
    use crate::schema::subgraph::SubgraphInput;

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
