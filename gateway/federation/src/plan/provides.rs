//! Owns what can be asked under a `@provides`: nodes of their own, since it can be asked on that path only.
//!
//! Such a node is a type together with what all selections that lead to it bring. A field that is reached by one `@provides` may
//! have another of its own; then both hold below it, and nowhere else.

use std::collections::{BTreeMap, HashMap};

use super::graph::{Edge, Node, NodeId, PlannerGraph};
use crate::schema::{FieldSet, FieldSetItem, Model, NameId, SubgraphId, TypeId};

/// The nodes under `@provides` of one subgraph.
pub(super) struct Provides<'a> {
    model: &'a Model,
    subgraph: SubgraphId,
    /// By type and by what is brought. Those that a type of its own supergraph refers to again and again are finite: what is
    /// brought is always a part of some directive's selection.
    nodes: HashMap<(TypeId, FieldSet), NodeId>,
    /// Those that have edges to them, but nothing in them yet.
    empty: Vec<(NodeId, NodeId, FieldSet)>,
}

impl<'a> Provides<'a> {
    pub fn new(model: &'a Model, subgraph: SubgraphId) -> Self {
        Self { model, subgraph, nodes: HashMap::new(), empty: vec![] }
    }

    /// The node of a type with what is brought on the way to it, which has all that `plain` has.
    pub fn node(&mut self, graph: &mut PlannerGraph, plain: NodeId, mut brought: FieldSet) -> NodeId {
        brought.items.sort();
        brought.items.dedup();
        if brought.items.is_empty() {
            return plain;
        }
        let Node { subgraph, connector, ty, is_interface_object, .. } = *graph.node(plain);
        if let Some(known) = self.nodes.get(&(ty, brought.clone())) {
            return *known;
        }
        let (fields, members) = (BTreeMap::new(), BTreeMap::new());
        let node =
            graph.add_node(Node { subgraph, connector, ty, is_path: true, fields, members, is_interface_object });
        self.nodes.insert((ty, brought.clone()), node);
        self.empty.push((node, plain, brought));
        node
    }

    /// Fills the nodes, once all plain nodes are complete. `plain` finds these.
    pub fn fill(&mut self, graph: &mut PlannerGraph, plain: &HashMap<(SubgraphId, TypeId), NodeId>) {
        while let Some((node, from, brought)) = self.empty.pop() {
            let ty = graph.node(node).ty;
            let mut members = graph.node(from).members.clone();
            for (member, target) in &mut members {
                *target = match *target == from {
                    // An interface object is all its members.
                    true => node,
                    false => self.node(graph, *target, FieldSet { items: self.of_type(&brought, *member) }),
                };
            }
            let mut fields = graph.node(from).fields.clone();
            for (name, below) in by_field(self.of_type(&brought, ty)) {
                let Some(field) = self.model.field_of(ty, name) else { continue };
                let join = self.model.field_join(field, self.subgraph);
                let is_leaf = below.is_empty();
                let own = fields.get(&name);
                let edge = match own {
                    _ if is_leaf => Edge::plain(None),
                    Some(Edge { target: None, .. }) => continue,
                    None | Some(Edge { target: Some(_), .. }) => {
                        let base = join.and_then(|join| join.ty).map_or(self.model.field(field).base, |(_, base)| base);
                        let Some(target) = plain.get(&(self.subgraph, base)) else { continue };
                        let always = own.and(join).and_then(|join| join.provides.as_ref());
                        let items = always.into_iter().flat_map(|always| &always.items).cloned().chain(below);
                        let target = self.node(graph, *target, FieldSet { items: items.collect() });
                        Edge { target: Some(target), ..own.cloned().unwrap_or_else(|| Edge::plain(None)) }
                    }
                };
                fields.insert(name, edge);
            }
            let into = graph.node_mut(node);
            (into.fields, into.members) = (fields, members);
        }
    }

    /// What of a selection is for objects of a type, or for all objects of an abstract one.
    fn of_type(&self, brought: &FieldSet, ty: TypeId) -> Vec<FieldSetItem> {
        let mut items = vec![];
        for item in &brought.items {
            match item {
                FieldSetItem::Typename => {}
                FieldSetItem::Field { .. } => items.push(item.clone()),
                FieldSetItem::Narrow { ty: on, selections } => {
                    if *on == ty || self.model.ty(*on).possible.contains(ty) {
                        items.extend(self.of_type(selections, ty));
                    }
                }
            }
        }
        items
    }
}

/// The fields of a selection, each with all that is selected of it.
fn by_field(items: Vec<FieldSetItem>) -> BTreeMap<NameId, Vec<FieldSetItem>> {
    let mut fields: BTreeMap<NameId, Vec<FieldSetItem>> = BTreeMap::new();
    for item in items {
        if let FieldSetItem::Field { name, selections, .. } = item {
            fields.entry(name).or_default().extend(selections.items);
        }
    }
    fields
}
