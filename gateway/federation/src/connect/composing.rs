//! Owns the part that connectors have in composition: the keys that they imply, their own check, and the
//! descriptors that travel with the supergraph.

use std::collections::HashMap;
use std::sync::Arc;

use apollo_compiler::{Name, Schema};

use super::model::{Connectors, Protocol};
use super::read::read_subgraph;
use crate::compose::{ConnectorHooks, ImpliedKey, SourceRewrite};
use crate::diagnostics::{Diagnostic, Source};
use crate::schema::subgraph::{Parsed, Subgraph, Validated};

/// Reads each subgraph's connectors once. `protos` gives a `.proto` file by the subgraph's name and the file's.
pub struct Composing<'p> {
    protos: &'p dyn Fn(&str, &str) -> Option<Vec<u8>>,
    read: HashMap<String, Read>,
}

struct Read {
    source: Arc<Source>,
    schema: Schema,
    connectors: Connectors,
    found: Vec<Diagnostic>,
}

/// A subgraph with connectors, as its team wrote it.
pub struct ConnectedSubgraph<'c> {
    pub name: &'c str,
    pub source: &'c Arc<Source>,
    pub schema: &'c Schema,
    pub connectors: &'c Connectors,
}

impl<'p> Composing<'p> {
    pub fn new(protos: &'p dyn Fn(&str, &str) -> Option<Vec<u8>>) -> Self {
        Self { protos, read: HashMap::new() }
    }

    /// The subgraphs with connectors that were composed, by name.
    pub fn subgraphs(&self) -> Vec<ConnectedSubgraph<'_>> {
        let subgraphs = self.read.iter().map(|(name, Read { source, schema, connectors, .. })| ConnectedSubgraph {
            name,
            source,
            schema,
            connectors,
        });
        let mut subgraphs: Vec<_> = subgraphs.collect();
        subgraphs.sort_by_key(|subgraph| subgraph.name);
        subgraphs
    }

    /// The subgraph's connectors, read from its file as its team wrote it, so that findings show that.
    fn of<State>(&mut self, subgraph: &Subgraph<State>) -> &Read {
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
            let found = found.into_iter().map(|diagnostic| diagnostic.in_subgraph(name)).collect();
            Read { source: Arc::clone(&subgraph.source), schema, connectors, found }
        })
    }
}

impl ConnectorHooks for Composing<'_> {
    fn implied_keys(&mut self, subgraph: &Subgraph<Parsed>) -> Vec<ImpliedKey> {
        let Read { connectors, .. } = self.of(subgraph);
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
        let Read { connectors, found, .. } = self.of(subgraph);
        let rewrites = connectors.sources.iter().filter_map(|source| match &source.protocol {
            Protocol::Http(_) => None,
            Protocol::Grpc(grpc) => Some(SourceRewrite {
                source: source.name.clone(),
                argument: "grpc",
                field: "descriptors",
                value: grpc.descriptors.to_base64(),
            }),
        });
        (rewrites.collect(), found.clone())
    }
}
