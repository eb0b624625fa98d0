//! Owns what connectors add to the planner graph: nodes that hold what a selection gives, and lookups
//! that say what it takes. A connector is not made into a subgraph of its own.

use std::collections::BTreeMap;

use super::graph::{Edge, Node, NodeId, PlannerGraph};
use crate::connect::mapping::{FieldTree, Output};
use crate::connect::{Connector, ConnectorId, Connectors};
use crate::schema::{FieldId, FieldSet, FieldSetItem, Model, NameId, SubgraphId, TypeId};

pub(super) fn add(model: &Model, connectors: &Connectors, graph: &mut PlannerGraph) {
    for (id, connector) in connectors.iter() {
        // A supergraph's connectors are of its own subgraphs, types and fields; what is not was reported where it was read.
        let Some(subgraph) = model.subgraph_named(&connector.subgraph) else { continue };
        let Some(parent) = model.type_named(&connector.coordinate.type_name) else { continue };
        let mut adder = Adder { model, graph, subgraph, connector: id };
        match &connector.coordinate.field {
            None => adder.on_type(parent, connector),
            Some(field) => {
                if let Some(field) = model.name_id(field) {
                    adder.on_field(parent, field, connector);
                }
            }
        }
    }
}

struct Adder<'a> {
    model: &'a Model,
    graph: &'a mut PlannerGraph,
    subgraph: SubgraphId,
    connector: ConnectorId,
}

impl Adder<'_> {
    fn on_type(&mut self, ty: TypeId, connector: &Connector) {
        let Some(key) = connector.key() else { return };
        let node = self.given(ty, &connector.selection.output());
        let key = self.key(&key);
        self.graph.add_lookup(ty, key, connector.is_batch(), node, None);
    }

    fn on_field(&mut self, parent: TypeId, name: NameId, connector: &Connector) {
        let Some(field) = self.model.field_of(parent, name).filter(|field| self.is_answered(*field)) else { return };
        let base = self.model.field(field).base;
        let is_composite = self.model.is_composite(base);
        let target = is_composite.then(|| self.given(base, &connector.selection.output()));
        let holder = self.node(parent, BTreeMap::from([(name, Edge::plain(target))]));
        let is_root = [self.model.query, self.model.mutation, self.model.subscription].contains(&Some(parent));
        if is_root {
            self.graph.add_lookup(parent, FieldSet::default(), true, holder, Some(name));
        } else {
            let inputs = connector.inputs();
            let key = inputs.batch.or(inputs.this).map(|tree| self.key(&tree)).unwrap_or_default();
            self.graph.add_lookup(parent, key, connector.is_batch(), holder, Some(name));
        }
        if let (true, Some(key), Some(node)) = (connector.entity, connector.key(), target) {
            let key = self.key(&key);
            self.graph.add_lookup(base, key, false, node, None);
        }
    }

    /// A node with what a selection gives of a type, and so on under it.
    fn given(&mut self, ty: TypeId, output: &Output<'_>) -> NodeId {
        let mut fields = BTreeMap::new();
        if let Output::Object(given) = output {
            for given in given {
                let field = self.model.field_named(ty, given.name).filter(|field| self.is_answered(*field));
                let Some(field) = field else { continue };
                let base = self.model.field(field).base;
                let target = self.model.is_composite(base).then(|| self.given(base, &given.output));
                fields.insert(self.model.field(field).name, Edge::plain(target));
            }
        }
        self.node(ty, fields)
    }

    /// Nothing hands values from contexts to a connector, so that a field which takes any is not answered by one.
    fn is_answered(&self, field: FieldId) -> bool {
        self.model.field_join(field, self.subgraph).is_none_or(|join| join.contexts.is_empty())
    }

    fn node(&mut self, ty: TypeId, fields: BTreeMap<NameId, Edge>) -> NodeId {
        self.graph.add_node(Node {
            subgraph: self.subgraph,
            connector: Some(self.connector),
            ty,
            is_path: true,
            fields,
            members: BTreeMap::new(),
            is_interface_object: false,
        })
    }

    fn key(&self, tree: &FieldTree) -> FieldSet {
        let mut items: Vec<FieldSetItem> = tree
            .fields
            .iter()
            .filter_map(|(name, inner)| {
                let name = self.model.name_id(name)?;
                Some(FieldSetItem::Field { name, arguments: [].into(), selections: self.key(inner) })
            })
            .collect();
        items.sort();
        FieldSet { items }
    }
}
