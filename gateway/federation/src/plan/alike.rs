//! Owns which nodes of connectors offer the same. An API's endpoints give the same types with the same selections over
//! and over; what follows from one of these nodes follows from all of them.

use std::collections::HashMap;

use super::graph::{Node, NodeId, PlannerGraph};
use crate::schema::{NameId, SubgraphId, TypeId};

/// For each node of a graph the first one that offers the same, which may be itself.
pub(super) struct Alike {
    first: HashMap<NodeId, NodeId>,
}

/// All that a connector's node is, but for the connector: its targets stand for all that are like them.
#[derive(PartialEq, Eq, Hash)]
struct Offer {
    subgraph: SubgraphId,
    ty: TypeId,
    fields: Vec<(NameId, Option<NodeId>)>,
}

impl Alike {
    pub fn of(graph: &PlannerGraph) -> Self {
        let mut alike = Self { first: HashMap::new() };
        let mut known: HashMap<Offer, NodeId> = HashMap::new();
        // The nodes under a selection stand before the one that has them.
        for (id, node) in graph.nodes() {
            if let Some(offer) = alike.offer(node) {
                let first = *known.entry(offer).or_insert(id);
                alike.first.insert(id, first);
            }
        }
        alike
    }

    pub fn first(&self, node: NodeId) -> NodeId {
        self.first.get(&node).copied().unwrap_or(node)
    }

    /// `None` for a node that stands for itself alone: of a GraphQL subgraph, of an abstract type, or above one.
    fn offer(&self, node: &Node) -> Option<Offer> {
        if node.connector.is_none() || !node.members.is_empty() {
            return None;
        }
        let mut fields = Vec::with_capacity(node.fields.len());
        for (name, edge) in &node.fields {
            if !edge.is_plain() {
                return None;
            }
            let target = match edge.target {
                None => None,
                Some(target) => Some(*self.first.get(&target)?),
            };
            fields.push((*name, target));
        }
        Some(Offer { subgraph: node.subgraph, ty: node.ty, fields })
    }
}

#[cfg(test)]
mod tests {
    use crate::compose::{compose, prove_composed};
    use crate::connect::Composing;
    use crate::diagnostics::{Diagnostic, Source};
    use crate::schema::Supergraph;
    use crate::schema::subgraph::SubgraphInput;

    /// A service of connectors, and users in so many fields of so many answers; the findings of its proof.
    fn prove(endpoints: usize, fields: usize) -> Vec<Diagnostic> {
        let selection: String = (0..fields).map(|at| format!("u{at} {{ id }} ")).collect();
        let endpoint = |at| {
            format!("e{at}: T @connect(source: \"api\", http: {{ GET: \"/e{at}\" }}, selection: \"{selection}\")\n")
        };
        let endpoints: String = (0..endpoints).map(endpoint).collect();
        let fields: String = (0..fields).map(|at| format!("u{at}: User ")).collect();
        let sdl = format!(
            r#"extend schema
              @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key"])
              @link(url: "https://specs.apollo.dev/connect/v0.3", import: ["@source", "@connect"])
              @source(name: "api", http: {{ baseURL: "http://127.0.0.1:9" }})
            type Query {{ {endpoints} }}
            type T {{ {fields} }}
            type User @connect(source: "api", http: {{ GET: "/users", queryParams: "id: $batch.id" }}, selection: "id name")
              {{ id: ID! name: String }}"#
        );
        let source = Source::new("rest.graphql", sdl);
        let input = SubgraphInput { name: "rest".to_owned(), url: String::new(), source };
        let no_protos = |_: &str, _: &str| None;
        let composition = compose(vec![input], &mut Composing::new(&no_protos));
        let text = composition.supergraph.unwrap_or_else(|| panic!("{:#?}", composition.diagnostics));
        let merged = Supergraph::load(&Source::new("supergraph.graphql", text)).expect("what weft composed loads");
        prove_composed(merged, &composition.definitions).1
    }

    /// Compared each with each other, these would be more steps than the proof may take.
    #[test]
    fn many_endpoints_and_many_places_of_a_type_are_proved() {
        for (endpoints, fields) in [(200, 50), (3_000, 1)] {
            assert_eq!(prove(endpoints, fields), [], "{endpoints} endpoints, {fields} fields");
        }
    }
}
