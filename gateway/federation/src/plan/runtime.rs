//! Owns which types the objects of a shared field can have: those that are known to every source which can be asked for it.
//!
//! Whoever resolves a shared field gives the same value. So where one source's union lacks a member, an object of that
//! type is nothing that all of them can give, and whether its fields were there would hang on the source that a plan
//! happens to ask. They are null, whatever the plan: what is selected on such a type is asked of nobody.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use super::contexts::SetContexts;
use super::error::PlanError;
use super::graph::{NodeId, PlannerGraph};
use super::search::{Reached, reach};
use super::work::Work;
use crate::operation::BoundOperation;
use crate::schema::{FieldDef, FieldId, Model, NameId, TypeId, TypeSet};

/// Steps that may be taken beside those of the search.
const BUDGET: u64 = 5_000_000;

/// Per type, the nodes that the objects of a position can come from, whichever source gives them.
pub(super) type Sources = BTreeMap<TypeId, Vec<NodeId>>;

/// Names of the fields whose sources do not all know the same types.
pub(super) fn partial_fields(model: &Model) -> impl Iterator<Item = NameId> {
    let is_partial = |field: &&FieldDef| {
        let sources = field.joins.iter().filter(|join| !join.overridden);
        let known = sources.filter_map(|join| {
            let base = join.ty.map_or(field.base, |(_, base)| base);
            let is_interface_object = model.join(base, join.subgraph).is_some_and(|join| join.is_interface_object);
            (!is_interface_object).then(|| model.possible_in(base, join.subgraph))
        });
        let mut known = known.filter(|types| !types.is_empty());
        known.next().is_some_and(|first| known.any(|other| other != first))
    };
    fields(model).filter(|field| model.is_abstract(field.base)).filter(is_partial).map(|field| field.name)
}

/// Names of the fields that take values from contexts: whether these are set hangs on the types of the objects around, and
/// those are the ones that their sources can give.
pub(super) fn contextual_fields(model: &Model) -> impl Iterator<Item = NameId> {
    let is_contextual = |field: &&FieldDef| field.joins.iter().any(|join| !join.contexts.is_empty());
    fields(model).filter(is_contextual).map(|field| field.name)
}

fn fields(model: &Model) -> impl Iterator<Item = &FieldDef> {
    model.type_ids().flat_map(|ty| &model.ty(ty).fields).map(|field| model.field(*field))
}

/// Whether an operation selects a field of one of these names.
pub(super) fn selects(model: &Model, operation: &BoundOperation, names: &HashSet<NameId>) -> bool {
    !names.is_empty() && operation.fields().any(|field| names.contains(&model.field(field).name))
}

/// What can be asked of the objects of one type at some nodes, for one field.
type Asked = (TypeId, Vec<NodeId>, FieldId);

/// Follows an operation through all sources at once.
pub(super) struct Runtime<'a> {
    model: &'a Model,
    graph: &'a PlannerGraph,
    work: Work<'a>,
    known: HashMap<Asked, Rc<[NodeId]>>,
    /// Whichever are set where a field is asked: who else is asked for it does not hang on them.
    contexts: SetContexts,
}

impl<'a> Runtime<'a> {
    pub fn new(model: &'a Model, graph: &'a PlannerGraph, work: &Work<'a>) -> Self {
        let work = work.beside(BUDGET);
        Self { model, graph, work, known: HashMap::new(), contexts: graph.context_ids().collect() }
    }

    /// The sources of the objects in a field of objects of some types, and which types those objects can have.
    pub fn below(
        &mut self,
        from: &Sources,
        types: &[TypeId],
        name: NameId,
        possible: &TypeSet,
    ) -> Result<(Sources, TypeSet), PlanError> {
        let mut sources = Sources::new();
        let mut known: TypeSet = TypeSet::default();
        for ty in types {
            let Some(field) = self.model.field_of(*ty, name) else { continue };
            let nodes = from.get(ty).cloned().unwrap_or_default();
            let targets = self.targets((*ty, nodes, field))?;
            for child in possible.iter() {
                let narrowed: Vec<NodeId> = targets.iter().filter_map(|node| self.graph.narrow(*node, child)).collect();
                if narrowed.len() == targets.len() {
                    known = known.union(&TypeSet::one(child));
                }
                let at = sources.entry(child).or_default();
                at.extend(narrowed.iter().filter(|node| !at.contains(node)).copied().collect::<Vec<_>>());
            }
        }
        sources.values_mut().for_each(|nodes| nodes.sort_unstable());
        Ok((sources, known))
    }

    /// The nodes that a field leads to, in all sources that can be asked for it.
    fn targets(&mut self, asked: Asked) -> Result<Rc<[NodeId]>, PlanError> {
        if let Some(known) = self.known.get(&asked) {
            return Ok(Rc::clone(known));
        }
        let (ty, nodes, field) = &asked;
        let reached: Vec<Reached> = reach(self.model, self.graph, *ty, (nodes, &self.contexts), &[*field], &self.work)?;
        let targets: Rc<[NodeId]> = reached.into_iter().flat_map(|reached| reached.targets).collect();
        self.known.insert(asked, Rc::clone(&targets));
        Ok(targets)
    }
}
