//! Owns finding connectors by id, and telling which subgraphs are made of them.

use super::model::{Connector, Connectors};
use crate::schema::Id;

crate::schema::ids! {
    /// A connector of a supergraph: its place in [`Connectors::connectors`].
    ConnectorId,
}

impl Connectors {
    pub fn get(&self, id: ConnectorId) -> Option<&Connector> {
        self.connectors.get(id.index())
    }

    pub fn iter(&self) -> impl Iterator<Item = (ConnectorId, &Connector)> {
        self.connectors.iter().enumerate().map(|(at, connector)| (ConnectorId::from_index(at), connector))
    }

    /// Whether a subgraph answers by connectors; one that does is no GraphQL server.
    pub fn serve(&self, subgraph: &str) -> bool {
        self.connectors.iter().any(|connector| connector.subgraph == subgraph)
    }

    /// Where a connector stands, such as `Query.user`; empty for an id that is not of this table.
    pub fn coordinate(&self, id: ConnectorId) -> String {
        self.get(id).map(|connector| connector.coordinate.to_string()).unwrap_or_default()
    }
}
