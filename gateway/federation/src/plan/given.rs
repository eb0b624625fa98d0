//! Owns the steps that give contextual arguments their values: what is selected on the objects around an entity is asked
//! there, before the entity is looked up.

use super::contexts::{Setter, around, setters};
use super::demand::{DemandId, Whom};
use super::error::PlanError;
use super::graph::{ContextId, LookupId};
use super::shape::{PositionId, SlotId};
use super::steps::{Given, GivenContexts, Groups, Steps, outermost};
use crate::schema::{FieldId, Id};

impl Steps<'_, '_> {
    /// Asks for the values of a slot's contextual arguments, if it is `only` for it that the lookup is made; the groups
    /// that answer them are added to `answers`.
    pub(super) fn contexts(
        &mut self,
        position: PositionId,
        lookup: LookupId,
        only: Option<SlotId>,
        answers: &mut Groups,
    ) -> Result<GivenContexts, PlanError> {
        let Some(slot) = only else { return Ok(GivenContexts::new()) };
        let (graph, model) = (self.search.graph, self.search.model);
        let (enters, name) = (graph.lookup(lookup).enters, self.search.shape.slots[slot.index()].name);
        let field = model.field_of(graph.node(enters).ty, name);
        let contexts = graph.edge(enters, name).map_or(&[][..], |edge| &edge.contexts);
        let Some(field) = field.filter(|_| !contexts.is_empty()) else { return Ok(GivenContexts::new()) };
        let mut given = Vec::with_capacity(contexts.len());
        for context in contexts {
            given.push(self.give(*context, position, field, answers)?);
        }
        Ok(GivenContexts::from([((slot, field), given)]))
    }

    fn give(
        &mut self,
        context: ContextId,
        position: PositionId,
        field: FieldId,
        answers: &mut Groups,
    ) -> Result<Given, PlanError> {
        let argument = self.search.graph.context(context);
        let lacks = |steps: &Self| {
            let field = steps.search.model.coordinate(field);
            let (name, context) = (&argument.name, &argument.context);
            PlanError::unreachable(format!("the value of {field}({name}:), which is of the context \"{context}\""))
        };
        let Some(setters) = setters(&self.search.shape, position, &argument.types) else { return Err(lacks(self)) };
        let mut sources = Vec::with_capacity(setters.len());
        for setter in setters {
            let demand = self.demand_of(context, &setter);
            // A context that is given by what it is itself needed for would never be.
            if self.giving.contains(&demand) {
                return Err(lacks(self));
            }
            self.giving.push(demand);
            if !self.demand_around(setter.position, demand, answers)? {
                return Err(lacks(self));
            }
            self.giving.pop();
            sources.push((setter, demand));
        }
        Ok(Given { context, sources })
    }

    /// What a context wants of the objects of one position that set it.
    fn demand_of(&mut self, context: ContextId, setter: &Setter) -> DemandId {
        let search = &mut *self.search;
        let model = search.model;
        let slot = search.shape.positions[setter.position.index()].parent;
        let base = slot.and_then(|slot| {
            let slot = &search.shape.slots[slot.index()];
            let mut fields = slot.types.iter().filter_map(|ty| model.field_of(ty, slot.name));
            fields.next().map(|field| model.field(field).base)
        });
        // The root is of its own type.
        let ty = base.or_else(|| setter.on_path.iter().next()).unwrap_or_default();
        let whom = Whom { ty, types: setter.on_path.clone() };
        let selection = &search.graph.context(context).selection;
        search.demands.require(model, &mut search.shape, setter.position, &whom, selection)
    }

    /// Asks for something at a position around the one that is being planned. False if it is not to be had where the
    /// objects there come from.
    fn demand_around(
        &mut self,
        position: PositionId,
        demand: DemandId,
        answers: &mut Groups,
    ) -> Result<bool, PlanError> {
        let depth = around(&self.search.shape, position).count();
        self.reach = outermost(self.reach, Some(depth));
        let within = self.trail.split_off(depth);
        let (outer, places) = match within.first() {
            Some(level) => (Some(level.demand), level.places.clone()),
            None => (None, vec![]),
        };
        let nodes = self.nodes(&places);
        let is_there = self.search.best(demand, &nodes)?.is_some();
        if is_there {
            self.demand(demand, &places, Some(answers))?;
        } else {
            self.lacking = outer.map(|outer| (outer, demand));
        }
        self.trail.extend(within);
        Ok(is_there)
    }
}
