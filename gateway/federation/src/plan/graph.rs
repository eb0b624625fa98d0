//! Owns the planner graph: what can be asked where, and how one gets there.
//!
//! A *node* is a type as one source gives it. A source is a GraphQL subgraph, or one connector, or the fields
//! under one `@provides`; so what is available on a path only is a node of its own. *Edges* move by
//! a field or narrow to a member of an abstract type. A *lookup* enters a node from anywhere, given
//! a key: root fields are lookups of the root types with an empty key.
//!
//! Satisfiability and planning both read this graph and nothing else, so they cannot disagree.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::provides::Provides;
use crate::connect::ConnectorId;
use crate::schema::{ContextArgument, FieldSet, Id, Model, NameId, SubgraphId, TypeId, TypeKind};

crate::schema::ids! {
    /// A type as one source gives it.
    NodeId,
    /// A way into a type of a subgraph.
    LookupId,
    /// A contextual argument of a field in one subgraph.
    ContextId,
}

/// A type as one source gives it.
#[derive(Debug)]
pub struct Node {
    pub subgraph: SubgraphId,
    pub connector: Option<ConnectorId>,
    pub ty: TypeId,
    /// Under a `@provides` or in a connector's selection: what is here is not there elsewhere.
    pub is_path: bool,
    /// The fields that can be asked here, on the node's own type.
    pub fields: BTreeMap<NameId, Edge>,
    /// Of an abstract type: each member that the source knows. An interface object is all its members at once.
    pub members: BTreeMap<TypeId, NodeId>,
    /// The source holds an interface as an object, and cannot tell the members apart.
    pub is_interface_object: bool,
}

impl Node {
    /// Whether objects of an abstract type tell here which of its members they are.
    pub fn tells_types(&self) -> bool {
        !self.members.is_empty() && !self.is_interface_object
    }
}

/// Moving by a field.
#[derive(Debug, Clone)]
pub struct Edge {
    /// Where it leads; `None` for a leaf.
    pub target: Option<NodeId>,
    /// What must be handed in, on the same object, before it can be asked.
    pub requires: Option<FieldSet>,
    /// And the arguments that must be handed in, from objects around it.
    pub contexts: Vec<ContextId>,
}

impl Edge {
    pub(super) fn plain(target: Option<NodeId>) -> Self {
        Self { target, requires: None, contexts: vec![] }
    }

    /// Whether it can be asked wherever its node is.
    pub fn is_plain(&self) -> bool {
        self.requires.is_none() && self.contexts.is_empty()
    }
}

/// How the planner enters a type in a source.
#[derive(Debug)]
pub struct Lookup {
    pub id: LookupId,
    /// The type of the objects that are looked up; the root types are looked up from nothing. It is an interface
    /// where objects are looked up of which no more is known.
    pub entity: TypeId,
    pub key: FieldSet,
    /// Whether one call answers for many objects.
    pub batch: bool,
    pub enters: NodeId,
    /// A connector on a field: the lookup gives that field and no other, with that field's arguments.
    pub field: Option<NameId>,
    pub subgraph: SubgraphId,
    pub connector: Option<ConnectorId>,
}

#[derive(Debug, Default)]
pub struct PlannerGraph {
    nodes: Vec<Node>,
    lookups: Vec<Lookup>,
    by_entity: HashMap<TypeId, Vec<LookupId>>,
    contexts: Vec<ContextArgument>,
}

impl PlannerGraph {
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.index()]
    }

    pub fn nodes(&self) -> impl Iterator<Item = (NodeId, &Node)> {
        self.nodes.iter().enumerate().map(|(at, node)| (NodeId::from_index(at), node))
    }

    pub fn lookup(&self, id: LookupId) -> &Lookup {
        &self.lookups[id.index()]
    }

    pub fn lookups(&self) -> impl Iterator<Item = &Lookup> {
        self.lookups.iter()
    }

    pub fn context(&self, id: ContextId) -> &ContextArgument {
        &self.contexts[id.index()]
    }

    pub fn context_ids(&self) -> impl Iterator<Item = ContextId> + use<> {
        (0..self.contexts.len()).map(ContextId::from_index)
    }

    /// The ways into `ty`, in a fixed order.
    pub fn lookups_of(&self, ty: TypeId) -> &[LookupId] {
        self.by_entity.get(&ty).map_or(&[], Vec::as_slice)
    }

    /// The node that an object of the type `ty` is at, when its source has put it at `node`.
    pub fn narrow(&self, node: NodeId, ty: TypeId) -> Option<NodeId> {
        let at = self.node(node);
        if at.ty == ty { Some(node) } else { at.members.get(&ty).copied() }
    }

    pub fn edge(&self, node: NodeId, name: NameId) -> Option<&Edge> {
        self.node(node).fields.get(&name)
    }

    pub(super) fn add_node(&mut self, node: Node) -> NodeId {
        self.nodes.push(node);
        NodeId::from_index(self.nodes.len() - 1)
    }

    pub(super) fn node_mut(&mut self, id: NodeId) -> &mut Node {
        &mut self.nodes[id.index()]
    }

    fn add_context(&mut self, context: &ContextArgument) -> ContextId {
        let known = self.contexts.iter().position(|known| known == context);
        ContextId::from_index(known.unwrap_or_else(|| {
            self.contexts.push(context.clone());
            self.contexts.len() - 1
        }))
    }

    pub(super) fn add_lookup(
        &mut self,
        entity: TypeId,
        key: FieldSet,
        batch: bool,
        enters: NodeId,
        field: Option<NameId>,
    ) {
        let id = LookupId::from_index(self.lookups.len());
        let Node { subgraph, connector, .. } = *self.node(enters);
        self.lookups.push(Lookup { id, entity, key, batch, enters, field, subgraph, connector });
        self.by_entity.entry(entity).or_default().push(id);
    }

    /// Builds the graph as it is when these labels of progressive overrides are active.
    pub fn build(model: &Model, connectors: &crate::connect::Connectors, active: &BTreeSet<&str>) -> Self {
        let mut builder = Builder { model, active, graph: Self::default(), plain: HashMap::new() };
        for subgraph in model.subgraph_ids() {
            if !connectors.serve(&model.subgraph(subgraph).name) {
                builder.subgraph(subgraph);
            }
        }
        super::connectors::add(model, connectors, &mut builder.graph);
        builder.graph
    }
}

/// Builds the nodes and lookups of GraphQL subgraphs.
struct Builder<'a> {
    model: &'a Model,
    active: &'a BTreeSet<&'a str>,
    graph: PlannerGraph,
    plain: HashMap<(SubgraphId, TypeId), NodeId>,
}

impl Builder<'_> {
    fn subgraph(&mut self, subgraph: SubgraphId) {
        let model = self.model;
        let held: Vec<TypeId> =
            model.type_ids().filter(|ty| model.is_composite(*ty) && model.join(*ty, subgraph).is_some()).collect();
        for ty in &held {
            let is_interface_object = model.join(*ty, subgraph).is_some_and(|join| join.is_interface_object);
            let node = self.graph.add_node(Node {
                subgraph,
                connector: None,
                ty: *ty,
                is_path: false,
                fields: BTreeMap::new(),
                members: BTreeMap::new(),
                is_interface_object,
            });
            self.plain.insert((subgraph, *ty), node);
        }
        for ty in &held {
            self.members(subgraph, *ty);
        }
        // Objects first: what an interface offers depends on what its members do.
        let is_interface = |ty: &TypeId| model.ty(*ty).kind == TypeKind::Interface;
        let mut provides = Provides::new(model, subgraph);
        for ty in held.iter().filter(|ty| !is_interface(ty)).chain(held.iter().filter(|ty| is_interface(ty))) {
            self.fields(subgraph, *ty, &mut provides);
        }
        provides.fill(&mut self.graph, &self.plain);
        for ty in &held {
            self.lookups(subgraph, *ty);
        }
    }

    fn members(&mut self, subgraph: SubgraphId, ty: TypeId) {
        let node = self.plain[&(subgraph, ty)];
        if !self.model.is_abstract(ty) {
            return;
        }
        if self.graph.node(node).is_interface_object {
            let members = self.model.ty(ty).possible.iter().map(|member| (member, node));
            self.graph.node_mut(node).members = members.collect();
            return;
        }
        for member in self.model.possible_in(ty, subgraph).iter() {
            if let Some(target) = self.plain.get(&(subgraph, member)) {
                self.graph.node_mut(node).members.insert(member, *target);
            }
        }
    }

    fn fields(&mut self, subgraph: SubgraphId, ty: TypeId, provides: &mut Provides<'_>) {
        let node = self.plain[&(subgraph, ty)];
        for field in &self.model.ty(ty).fields {
            let def = self.model.field(*field);
            let Some(join) = self.model.field_join(*field, subgraph) else { continue };
            if join.external || join.overridden || !join.is_chosen(self.active) {
                continue;
            }
            // An interface's field can be asked at once only where every member has it for the asking.
            let Node { members, is_interface_object, .. } = self.graph.node(node);
            let asked_at_once =
                members.values().all(|member| self.graph.edge(*member, def.name).is_some_and(Edge::is_plain));
            if !asked_at_once && !is_interface_object {
                continue;
            }
            let base = join.ty.map_or(def.base, |(_, base)| base);
            let mut target = self.plain.get(&(subgraph, base)).copied();
            if let (Some(target), Some(brought)) = (&mut target, &join.provides) {
                *target = provides.node(&mut self.graph, *target, brought.clone());
            }
            if target.is_none() && self.model.is_composite(base) {
                continue;
            }
            let contexts = join.contexts.iter().map(|context| self.graph.add_context(context)).collect();
            let edge = Edge { target, requires: join.requires.clone(), contexts };
            self.graph.node_mut(node).fields.insert(def.name, edge);
        }
    }

    fn lookups(&mut self, subgraph: SubgraphId, ty: TypeId) {
        let model = self.model;
        let node = self.plain[&(subgraph, ty)];
        let is_root = [model.query, model.mutation, model.subscription].contains(&Some(ty));
        if is_root {
            self.graph.add_lookup(ty, FieldSet::default(), true, node, None);
            return;
        }
        let Some(join) = model.join(ty, subgraph) else { return };
        // An interface's key looks up objects of which no more is known than that they implement it. Where it is, the
        // subgraph tells the types of what comes back; the members themselves are entered by their own keys there.
        let mut entities = vec![ty];
        if join.is_interface_object {
            entities.extend(model.ty(ty).possible.iter());
        }
        for key in join.keys.iter().filter(|key| key.resolvable) {
            for entity in &entities {
                self.graph.add_lookup(*entity, key.fields.clone(), true, node, None);
            }
        }
    }
}
