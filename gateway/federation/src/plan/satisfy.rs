//! Owns the proof that every field of a supergraph can be reached, on every path that leads to it.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use super::alike::Alike;
use super::contexts::SetContexts;
use super::graph::{Edge, NodeId, PlannerGraph};
use super::search::{Reached, gives, reach, tellers};
use super::work::{Stopped, Work};
use crate::schema::{ContextArgument, FieldId, FieldSet, FieldSetItem, Merged, Model, SubgraphId, Supergraph, TypeId};

/// What clients may ask on some path, but no plan can give them.
#[derive(Debug)]
pub(crate) struct Unreachable {
    /// The fields that lead to it, from a root type on.
    pub path: Vec<FieldId>,
    pub lack: Lack,
    /// The subgraphs that the path comes through, which do not have it, and those that have it: why not, of each.
    pub reasons: Vec<(SubgraphId, String)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Lack {
    Field(FieldId),
    /// Which of its types an object of this interface has.
    Types(TypeId),
    /// This field, where an object sets no context that it takes a value from.
    Context(FieldId),
    /// This field of an interface, from one source for objects of all its types; each type's can be had.
    OneSource(FieldId),
}

/// Steps that the proof may take before it gives up: a second or two, and far more than supergraphs of
/// thousands of types need.
const BUDGET: u64 = 40_000_000;

/// Fields that are asked for together. A root type of connectors has a lookup for each field, and what is asked for
/// together is compared with each other.
const FIELDS_AT_ONCE: usize = 64;

/// Where objects of one type come from.
struct State {
    ty: TypeId,
    nodes: BTreeSet<NodeId>,
    /// The contexts that are set around them.
    set: SetContexts,
    path: Option<usize>,
}

/// Follows every path from the root types. The second value is false if the supergraph is too large to be proved.
pub(crate) fn unreachable(supergraph: &Supergraph<Merged>, graph: &PlannerGraph) -> (Vec<Unreachable>, bool) {
    let mut proof = Proof {
        supergraph,
        model: &supergraph.model,
        graph,
        alike: Alike::of(graph),
        steps: vec![],
        work: Work::new(BUDGET),
        told: HashMap::new(),
        asked: BTreeSet::new(),
        said: BTreeSet::new(),
        found: vec![],
    };
    let is_complete = proof.run().is_ok();
    (proof.found, is_complete)
}

struct Proof<'a> {
    supergraph: &'a Supergraph<Merged>,
    model: &'a Model,
    graph: &'a PlannerGraph,
    /// Of nodes that offer the same, one is looked at.
    alike: Alike,
    /// The fields that lead to states, each behind the one before it.
    steps: Vec<(Option<usize>, FieldId)>,
    work: Work<'static>,
    /// The nodes that tell the types of objects from interface objects.
    told: HashMap<(TypeId, Vec<NodeId>), Vec<NodeId>>,
    /// Interfaces, and sources of their objects, whose fields were looked at.
    asked: BTreeSet<(TypeId, Vec<NodeId>)>,
    said: BTreeSet<Lack>,
    found: Vec<Unreachable>,
}

impl Proof<'_> {
    fn run(&mut self) -> Result<(), Stopped> {
        let model = self.model;
        let mut seen: HashMap<TypeId, Vec<(BTreeSet<NodeId>, SetContexts)>> = HashMap::new();
        let roots = [model.query, model.mutation, model.subscription].into_iter().flatten();
        let root = |ty| State { ty, nodes: BTreeSet::new(), set: SetContexts::new(), path: None };
        let mut waiting: VecDeque<State> = roots.map(root).collect();
        while let Some(state) = waiting.pop_front() {
            // From more places one gets at least as far, and within more contexts.
            let known = seen.entry(state.ty).or_default();
            self.work.spend(known.len())?;
            if known.iter().any(|(nodes, set)| nodes.is_subset(&state.nodes) && set.is_subset(&state.set)) {
                continue;
            }
            known.retain(|(nodes, set)| !(state.nodes.is_subset(nodes) && state.set.is_subset(set)));
            known.push((state.nodes.clone(), state.set.clone()));
            let nodes: Vec<NodeId> = state.nodes.iter().copied().collect();
            let from = (&nodes[..], &state.set);
            let mut reached = vec![];
            for fields in model.ty(state.ty).fields.chunks(FIELDS_AT_ONCE) {
                reached.extend(reach(model, self.graph, state.ty, from, fields, &self.work)?);
            }
            let set = self.set_below(&state, &nodes)?;
            for field in &reached {
                if !self.is_visible(field.field) {
                    continue;
                }
                if field.is_reachable {
                    self.follow(&state, &set, field, &mut waiting)?;
                } else {
                    let reasons = || field_reasons(model, self.graph, (state.ty, field.field), from, &reached);
                    let lack = self.lack(state.ty, field.field, &state.set);
                    let reasons = if self.said.contains(&lack) { vec![] } else { reasons() };
                    self.say(state.path, lack, reasons);
                }
            }
        }
        Ok(())
    }

    /// What is lacking where a field cannot be reached.
    fn lack(&self, ty: TypeId, field: FieldId, set: &SetContexts) -> Lack {
        let lookups = self.graph.lookups_of(ty).iter().map(|lookup| self.graph.lookup(*lookup));
        let mut edges = lookups.filter_map(|lookup| self.graph.edge(lookup.enters, self.model.field(field).name));
        let is_unset = edges.any(|edge| edge.contexts.iter().any(|context| !set.contains(context)));
        if is_unset { Lack::Context(field) } else { Lack::Field(field) }
    }

    /// The contexts that are set around what is in objects that come from `nodes`. One that the nearest object sets, but
    /// cannot give a value for, is not set.
    fn set_below(&mut self, state: &State, nodes: &[NodeId]) -> Result<SetContexts, Stopped> {
        let mut set = state.set.clone();
        for id in self.graph.context_ids() {
            let context = self.graph.context(id);
            if !context.types.contains(state.ty) {
                continue;
            }
            let from = (nodes, &state.set);
            if gives(self.model, self.graph, state.ty, from, id, &self.work)? {
                set.insert(id);
            } else {
                set.remove(&id);
            }
        }
        Ok(set)
    }

    /// Queues the objects that a field leads to, type by type, with the contexts that are `set` around them.
    fn follow(
        &mut self,
        state: &State,
        set: &SetContexts,
        field: &Reached,
        waiting: &mut VecDeque<State>,
    ) -> Result<(), Stopped> {
        if field.targets.is_empty() {
            return Ok(());
        }
        self.steps.push((state.path, field.field));
        let path = Some(self.steps.len() - 1);
        self.one_source(path, self.model.field(field.field).base, &field.targets)?;
        for ty in self.model.ty(self.model.field(field.field).base).possible.iter() {
            // There is no object of an interface that nothing implements.
            if self.model.is_abstract(ty) {
                continue;
            }
            let narrowed = field.targets.iter().filter_map(|node| self.graph.narrow(*node, ty));
            let mut nodes: BTreeSet<NodeId> = narrowed.map(|node| self.alike.first(node)).collect();
            let is_untyped = nodes.iter().all(|node| self.graph.node(*node).is_interface_object);
            if is_untyped && let Some(first) = nodes.first() {
                if !self.is_visible_type(ty) {
                    continue;
                }
                let interface = self.graph.node(*first).ty;
                let tellers = self.tellers(interface, nodes.iter().copied().collect())?;
                if tellers.is_empty() {
                    let reasons = type_reasons(self.model, self.graph, interface, &nodes);
                    self.say(path, Lack::Types(interface), reasons);
                    continue;
                }
                nodes.extend(tellers.iter().filter_map(|node| self.graph.narrow(*node, ty)));
            }
            if !nodes.is_empty() {
                waiting.push_back(State { ty, nodes, set: set.clone(), path });
            }
        }
        Ok(())
    }

    /// Looks for fields of an interface that no source of its objects can give for all of them, though together they can.
    fn one_source(&mut self, path: Option<usize>, interface: TypeId, sources: &[NodeId]) -> Result<(), Stopped> {
        let model = self.model;
        if sources.len() < 2 || !self.asked.insert((interface, sources.to_vec())) {
            return Ok(());
        }
        for field in &model.ty(interface).fields {
            if !model.is_abstract(interface) || !self.is_visible(*field) {
                continue;
            }
            let mut by_one = false;
            for source in sources {
                by_one = by_one || self.give(interface, *field, &[*source])?;
            }
            if !by_one && self.give(interface, *field, sources)? {
                let reasons = sources.iter().map(|source| one_source_reason(model, self.graph, *field, *source));
                self.say(path, Lack::OneSource(*field), reasons.collect());
            }
        }
        Ok(())
    }

    /// Whether objects from these sources have an interface's field, whichever of the first source's types they are.
    fn give(&mut self, interface: TypeId, field: FieldId, sources: &[NodeId]) -> Result<bool, Stopped> {
        let name = self.model.field(field).name;
        for ty in self.model.ty(interface).possible.iter() {
            if sources.first().is_none_or(|first| self.graph.narrow(*first, ty).is_none()) {
                continue;
            }
            let Some(field) = self.model.field_of(ty, name) else { continue };
            let nodes: Vec<NodeId> = sources.iter().filter_map(|source| self.graph.narrow(*source, ty)).collect();
            // Contexts are another matter: whoever is asked needs them.
            let from = (&nodes[..], &self.graph.context_ids().collect());
            let reached = reach(self.model, self.graph, ty, from, &[field], &self.work)?;
            if !reached.iter().all(|reached| reached.is_reachable) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn tellers(&mut self, interface: TypeId, nodes: Vec<NodeId>) -> Result<Vec<NodeId>, Stopped> {
        let key = (interface, nodes);
        if let Some(known) = self.told.get(&key) {
            return Ok(known.clone());
        }
        let found = tellers(self.model, self.graph, interface, &key.1, &self.work)?;
        self.told.insert(key, found.clone());
        Ok(found)
    }

    /// Notes what cannot be reached, once, on the first path that was found.
    fn say(&mut self, path: Option<usize>, lack: Lack, reasons: Vec<(SubgraphId, String)>) {
        if !self.said.insert(lack) {
            return;
        }
        let mut fields = vec![];
        let mut at = path;
        while let Some((before, field)) = at.and_then(|at| self.steps.get(at)) {
            fields.push(*field);
            at = *before;
        }
        fields.reverse();
        self.found.push(Unreachable { path: fields, lack, reasons });
    }

    fn is_visible(&self, field: FieldId) -> bool {
        let def = self.model.field(field);
        self.supergraph.api.type_field(self.model.type_name(def.parent), self.model.name(def.name)).is_ok()
    }

    fn is_visible_type(&self, ty: TypeId) -> bool {
        self.supergraph.api.types.contains_key(self.model.type_name(ty))
    }
}

/// Why a field cannot be asked for: of the subgraphs that the objects come from, and of those that have it.
fn field_reasons(
    model: &Model,
    graph: &PlannerGraph,
    (ty, field): (TypeId, FieldId),
    (nodes, set): (&[NodeId], &SetContexts),
    reached: &[Reached],
) -> Vec<(SubgraphId, String)> {
    let name = model.field(field).name;
    let coordinate = model.coordinate(field);
    let mut reasons: BTreeMap<SubgraphId, String> = BTreeMap::new();
    for node in nodes {
        let subgraph = graph.node(*node).subgraph;
        let join = model.field_join(field, subgraph);
        let edge = graph.edge(*node, name);
        if let Some(unset) = edge.and_then(|edge| unset_context(model, graph, edge, set)) {
            reasons.insert(subgraph, format!("the path comes through it, but {coordinate} {unset}"));
            continue;
        }
        let reason = match (join, edge.and_then(|edge| edge.requires.as_ref())) {
            (_, Some(requires)) => {
                let requires = missing(model, requires, reached);
                format!("the path comes through it, but {coordinate} @requires {requires}")
            }
            (Some(join), None) if join.external => {
                format!("the path comes through it, but {coordinate} is @external there")
            }
            (Some(_) | None, None) => format!("the path comes through it, but it does not resolve {coordinate}"),
        };
        reasons.insert(subgraph, reason);
    }
    for join in model.field(field).joins.iter().filter(|join| !join.external && !join.overridden) {
        let lookups = graph.lookups_of(ty).iter().map(|lookup| graph.lookup(*lookup));
        let lookups = lookups.filter(|lookup| lookup.subgraph == join.subgraph);
        let lookups = lookups.filter_map(|lookup| Some((lookup, graph.edge(lookup.enters, name)?)));
        let unset = lookups.clone().find_map(|(_, edge)| unset_context(model, graph, edge, set));
        if let Some(unset) = unset {
            reasons.entry(join.subgraph).or_insert(format!("it has {coordinate}, which {unset}"));
            continue;
        }
        let keys: Vec<String> = lookups.map(|(lookup, _)| missing(model, &lookup.key, reached)).collect();
        let requires = join.requires.as_ref().map(|requires| missing(model, requires, reached));
        let reason = match (keys.is_empty(), requires) {
            (true, _) => format!("it has {coordinate}, but {} has no resolvable @key there", model.type_name(ty)),
            (false, None) => format!("it has {coordinate}, but is entered by {}", keys.join(", or by ")),
            (false, Some(requires)) => {
                format!("it has {coordinate}, but is entered by {} and @requires {requires}", keys.join(", or by "))
            }
        };
        reasons.entry(join.subgraph).or_insert(reason);
    }
    reasons.into_iter().collect()
}

/// Which context of those that a field needs is not set around it.
fn unset_context(model: &Model, graph: &PlannerGraph, edge: &Edge, set: &SetContexts) -> Option<String> {
    let unset = edge.contexts.iter().find(|id| !set.contains(*id))?;
    let ContextArgument { name, context, types, .. } = graph.context(*unset);
    let setters: Vec<&str> = types.iter().map(|ty| model.type_name(ty).as_str()).collect();
    let setters = if setters.is_empty() { String::new() } else { format!(" (a {})", setters.join(" or ")) };
    Some(format!("takes `{name}` from the context \"{context}\", which no object around it{setters} gives a value for"))
}

/// The types of objects from a source that lack a field there.
fn one_source_reason(model: &Model, graph: &PlannerGraph, field: FieldId, source: NodeId) -> (SubgraphId, String) {
    let (name, interface) = (model.field(field).name, model.field(field).parent);
    let lacks = |ty: &TypeId| graph.narrow(source, *ty).is_some_and(|node| graph.edge(node, name).is_none());
    let types = model.ty(interface).possible.iter().filter(lacks);
    let types: Vec<String> = types.map(|ty| format!("{}.{}", model.type_name(ty), model.name(name))).collect();
    let reason = format!("the path comes through it, but it does not resolve {}", types.join(" and "));
    (graph.node(source).subgraph, reason)
}

/// A field set, with what of it cannot be had.
fn missing(model: &Model, fields: &FieldSet, reached: &[Reached]) -> String {
    let is_missing = |item: &&FieldSetItem| match item {
        FieldSetItem::Field { name, .. } => {
            reached.iter().any(|reached| model.field(reached.field).name == *name && !reached.is_reachable)
        }
        FieldSetItem::Narrow { .. } | FieldSetItem::Typename => false,
    };
    let names: Vec<String> = fields.items.iter().filter(is_missing).filter_map(|item| item_name(model, item)).collect();
    let shown = fields.display(model);
    match names[..] {
        [] => format!("\"{shown}\", not all of which can be had here"),
        _ => format!("\"{shown}\", of which {} cannot be had here", names.join(" and ")),
    }
}

fn item_name(model: &Model, item: &FieldSetItem) -> Option<String> {
    match item {
        FieldSetItem::Field { name, .. } => Some(model.name(*name).to_string()),
        FieldSetItem::Narrow { .. } | FieldSetItem::Typename => None,
    }
}

/// Why no subgraph can tell the types of objects of an interface.
fn type_reasons(
    model: &Model,
    graph: &PlannerGraph,
    interface: TypeId,
    nodes: &BTreeSet<NodeId>,
) -> Vec<(SubgraphId, String)> {
    let name = model.type_name(interface);
    let mut reasons: BTreeMap<SubgraphId, String> = BTreeMap::new();
    for node in nodes {
        let reason = format!("the path comes through it, where {name} is an @interfaceObject, which cannot tell");
        reasons.insert(graph.node(*node).subgraph, reason);
    }
    for join in model.ty(interface).joins.iter().filter(|join| !join.is_interface_object) {
        let keys = join.keys.iter().filter(|key| key.resolvable);
        let keys: Vec<String> = keys.map(|key| format!("\"{}\"", key.fields.display(model))).collect();
        let reason = if keys.is_empty() {
            format!("it could tell, but its interface {name} has no resolvable @key")
        } else {
            format!("it could tell, but is entered by {}, which cannot be had here", keys.join(" or "))
        };
        reasons.entry(join.subgraph).or_insert(reason);
    }
    reasons.into_iter().collect()
}
