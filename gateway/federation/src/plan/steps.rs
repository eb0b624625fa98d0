//! Owns turning decisions into steps: what is asked where becomes groups of selections, each one call.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use smallvec::SmallVec;

use super::contexts::Setter;
use super::demand::{DemandId, Item, Whom};
use super::error::PlanError;
use super::graph::{ContextId, LookupId, NodeId};
use super::search::{Assignment, Cover, Decision, Nodes, Search, Untyped, Via};
use super::shape::{PositionId, SlotId};
use crate::connect::ConnectorId;
use crate::schema::{FieldId, FieldSet, Id, SubgraphId, TypeId, TypeSet};

crate::schema::ids! {
    /// A call to be made.
    GroupId,
    /// A selection set within a group.
    PlaceId,
}

pub(super) type Groups = BTreeSet<GroupId>;

/// Where the groups are put that answer something, if somebody waits for them.
type Answers<'g> = Option<&'g mut Groups>;

/// A call to be made.
#[derive(Debug, Clone)]
pub(super) struct Group {
    pub subgraph: SubgraphId,
    pub connector: Option<ConnectorId>,
    pub position: PositionId,
    pub depends_on: Groups,
    /// One per type; a call at a root has one, without inputs.
    pub entries: Vec<Entry>,
    pub contexts: GivenContexts,
}

/// What is handed in from contexts, by slot and field.
pub(super) type GivenContexts = BTreeMap<(SlotId, FieldId), Vec<Given>>;

/// A contextual argument, and the objects around that give its value.
#[derive(Debug, Clone)]
pub(super) struct Given {
    pub context: ContextId,
    /// From the nearest on.
    pub sources: Vec<(Setter, DemandId)>,
}

#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub lookup: LookupId,
    pub ty: TypeId,
    pub inputs: Vec<Item>,
    /// Where the objects come from: those of one position can come from several places, and have other fields then.
    pub origins: BTreeSet<PlaceId>,
    pub place: PlaceId,
}

/// A selection set within a group: what is asked of the objects of one position at one node.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub position: PositionId,
    pub node: NodeId,
    pub fields: Vec<Ask>,
    group: GroupId,
}

#[derive(Debug, Clone)]
pub(super) struct Ask {
    pub slot: SlotId,
    /// Asked on this member of the place's type; `None` on the type itself.
    pub condition: Option<TypeId>,
    pub types: TypeSet,
    pub child: Option<PlaceId>,
}

/// Fields that a plan may ask for, counted in each selection that asks.
const MAX_ASKS: usize = 100_000;

/// What tells groups apart before they are merged. Calls at one depth that differ only in what they wait for are one: it
/// gets no deeper by waiting for all.
#[derive(Debug, PartialEq, Eq, Hash)]
struct GroupKey {
    position: PositionId,
    lookup: LookupId,
    types: TypeSet,
    requires: Option<FieldSet>,
    only: Option<SlotId>,
    depth: u32,
}

/// A demand for what is at some places.
type Wanted = (DemandId, SmallVec<[PlaceId; 2]>);

/// A demand for what is at some places, and the places around from which contexts on: a lookup brings the objects of several
/// places to one, and what it takes from a context is to be asked around each.
type Met = (Wanted, Vec<Vec<PlaceId>>);

/// A position that is being planned: what is wanted there, and where its objects are asked.
#[derive(Debug, Clone)]
pub(super) struct Level {
    pub demand: DemandId,
    pub places: Vec<PlaceId>,
}

pub(super) struct Steps<'s, 'a> {
    pub search: &'s mut Search<'a>,
    pub groups: Vec<Group>,
    pub places: Vec<Place>,
    known: HashMap<GroupKey, GroupId>,
    /// The calls before each group's, itself included.
    depths: Vec<u32>,
    /// The demands that are met, by which groups if that was asked.
    met: HashMap<Met, Option<Groups>>,
    /// The outermost level of the trail that a demand takes contexts from, for those that do.
    reaches: HashMap<Wanted, usize>,
    /// The same, of what is being planned.
    pub reach: Option<usize>,
    asks: usize,
    /// The positions from the root down to the one that is being planned.
    pub trail: Vec<Level>,
    /// The demands on contexts that are being met.
    pub giving: Vec<DemandId>,
    /// Where planning failed for what a context takes: the second demand cannot be met where the first one's objects come
    /// from.
    pub lacking: Option<(DemandId, DemandId)>,
    /// What every further call at a root has to wait for.
    barrier: Groups,
}

impl<'s, 'a> Steps<'s, 'a> {
    pub fn new(search: &'s mut Search<'a>) -> Self {
        let (known, met, reaches) = (HashMap::new(), HashMap::new(), HashMap::new());
        let (groups, places, depths) = (vec![], vec![], vec![]);
        let (trail, giving, lacking, reach) = (vec![], vec![], None, None);
        let barrier = Groups::new();
        Self { search, groups, places, known, depths, met, reaches, reach, asks: 0, trail, giving, lacking, barrier }
    }

    /// Plans demands at the root, one after the other.
    pub fn roots(&mut self, demands: &[DemandId]) -> Result<(), PlanError> {
        demands.iter().try_for_each(|demand| self.root(*demand))
    }

    /// Plans a demand at the root, after everything that was planned before.
    fn root(&mut self, demand: DemandId) -> Result<(), PlanError> {
        let decision = self.search.best(demand, &Nodes::new())?;
        let Some(decision) = decision else { return Err(self.unreachable(demand)) };
        let before = self.groups.len();
        self.meet(demand, &decision, &[], None)?;
        // These wait themselves for all that was before them.
        if self.groups.len() > before {
            self.barrier = (before..self.groups.len()).map(GroupId::from_index).collect();
        }
        Ok(())
    }

    fn unreachable(&mut self, demand: DemandId) -> PlanError {
        let items = self.search.demands.get(demand).items.iter();
        let names =
            items.map(|item| self.search.model.name(self.search.shape.slots[item.slot.index()].name).to_string());
        PlanError::unreachable(format!("all that is selected under {}", names.collect::<Vec<_>>().join(", ")))
    }

    /// Asks for a demand's items at places.
    pub(super) fn demand(
        &mut self,
        demand: DemandId,
        places: &[PlaceId],
        mut answers: Answers<'_>,
    ) -> Result<(), PlanError> {
        let wanted = (demand, SmallVec::from_slice(places));
        let known = self.met.get(&self.met_key(&wanted));
        let is_met = match (known, &mut answers) {
            (Some(_), None) => true,
            (Some(Some(known)), Some(answers)) => {
                answers.extend(known);
                true
            }
            (Some(None), Some(_)) | (None, _) => false,
        };
        if is_met {
            self.reach = outermost(self.reach, self.reaches.get(&wanted).copied());
            return Ok(());
        }
        let nodes = self.nodes(places);
        let decision = self.search.best(demand, &nodes)?;
        // The search took this way because it ends; that it does not is a fault of ours.
        let Some(decision) = decision else { return Err(self.unreachable(demand)) };
        let before = self.reach.take();
        let mut groups = answers.is_some().then(Groups::new);
        self.meet(demand, &decision, places, groups.as_mut())?;
        // What is taken from levels below is the same whatever is around.
        let reach = self.reach.filter(|reach| *reach < self.trail.len());
        if let Some(reach) = outermost(reach, self.reaches.get(&wanted).copied()) {
            self.reaches.insert(wanted.clone(), reach);
        }
        self.reach = outermost(before, reach);
        if let (Some(answers), Some(groups)) = (answers, &groups) {
            answers.extend(groups);
        }
        self.met.insert(self.met_key(&wanted), groups);
        Ok(())
    }

    fn met_key(&self, wanted: &Wanted) -> Met {
        let reached = self.reaches.get(wanted).and_then(|reach| self.trail.get(*reach..)).unwrap_or_default();
        (wanted.clone(), reached.iter().map(|level| level.places.clone()).collect())
    }

    pub fn nodes(&self, places: &[PlaceId]) -> Nodes {
        places.iter().map(|place| self.places[place.index()].node).collect()
    }

    fn meet(
        &mut self,
        demand: DemandId,
        decision: &Decision,
        places: &[PlaceId],
        mut answers: Answers<'_>,
    ) -> Result<(), PlanError> {
        self.trail.push(Level { demand, places: places.to_vec() });
        for (item, at) in &decision.at_once {
            let place = places[*at];
            if let Some(answers) = &mut answers {
                answers.insert(self.places[place.index()].group);
            }
            let child = self.ask(place, None, &item.types, item.slot)?;
            if let (Some(demand), Some(child)) = (item.child, child) {
                self.demand(demand, &[child], answers.as_deref_mut())?;
            }
        }
        let mut places = places.to_vec();
        let mut after = Groups::new();
        if let Some(Untyped { whom, cover, teller }) = &decision.untyped {
            let at = self.cover(whom, cover, &places, &after, answers.as_deref_mut())?;
            if let Some(teller) = teller {
                after.insert(self.places[at[teller.index()].index()].group);
                if let Some(answers) = &mut answers {
                    answers.extend(&after);
                }
            }
            places.extend(at);
        }
        for (ty, cover) in &decision.by_type {
            self.cover(&Whom::one(*ty), cover, &places, &after, answers.as_deref_mut())?;
        }
        self.trail.pop();
        Ok(())
    }

    /// Asks for what a cover says, with lookups that also wait for `after`; gives the places of its stations.
    fn cover(
        &mut self,
        whom: &Whom,
        cover: &Cover,
        places: &[PlaceId],
        after: &Groups,
        mut answers: Answers<'_>,
    ) -> Result<Vec<PlaceId>, PlanError> {
        // A station stands behind those that it needs, so their places are there.
        let mut at: Vec<PlaceId> = Vec::with_capacity(cover.stations.len());
        for station in &cover.stations {
            match &station.via {
                Via::Base(base) => at.push(places[*base]),
                Via::Lookup { lookup, requires, only } => {
                    let mut depends_on = after.clone();
                    for input in &station.inputs {
                        self.assign(whom, input, &at, Some(&mut depends_on))?;
                    }
                    let contexts = self.contexts(cover.position, *lookup, *only, &mut depends_on)?;
                    depends_on.extend(self.teller(whom, places, &depends_on));
                    if self.search.graph.lookup(*lookup).key.is_empty() {
                        depends_on.extend(self.barrier.iter().copied());
                    }
                    let before = depends_on.iter().map(|id| self.depths[id.index()]).max().unwrap_or(0);
                    let key = GroupKey {
                        position: cover.position,
                        lookup: *lookup,
                        types: whom.types.clone(),
                        requires: requires.clone(),
                        only: *only,
                        depth: before + 1,
                    };
                    let group = self.group(whom, key, depends_on, &station.inputs, places.first().copied());
                    self.groups[group.index()].contexts.extend(contexts);
                    at.push(self.groups[group.index()].entries[0].place);
                }
            }
        }
        for slot in &cover.slots {
            self.assign(whom, slot, &at, answers.as_deref_mut())?;
        }
        Ok(at)
    }

    /// The call that a lookup of one type has to wait for besides: where objects come from several places, an interface
    /// object among them, what is sent for them may be there before their type is.
    fn teller(&self, whom: &Whom, places: &[PlaceId], before: &Groups) -> Option<GroupId> {
        let place = |id: &PlaceId| &self.places[id.index()];
        let tells = |id: &&PlaceId| !self.search.graph.node(place(id).node).is_interface_object;
        let mut tellers = places.iter().filter(tells).map(|id| place(id).group);
        let first = tellers.clone().next()?;
        let is_needed = !self.search.model.is_abstract(whom.ty) && !places.iter().all(|id| tells(&id));
        (is_needed && !tellers.any(|group| before.contains(&group))).then_some(first)
    }

    /// Asks for one slot at its stations, and for all that is wanted under it.
    fn assign(
        &mut self,
        whom: &Whom,
        assignment: &Assignment,
        stations: &[PlaceId],
        mut answers: Answers<'_>,
    ) -> Result<(), PlanError> {
        let mut children: SmallVec<[PlaceId; 2]> = SmallVec::new();
        for station in &assignment.stations {
            let place = stations[station.index()];
            let node = self.search.graph.node(self.places[place.index()].node);
            let condition = (node.ty != whom.ty && !node.is_interface_object).then_some(whom.ty);
            if let Some(answers) = &mut answers {
                answers.insert(self.places[place.index()].group);
            }
            let types = self.types(whom, assignment.slot);
            children.extend(self.ask(place, condition, &types, assignment.slot)?);
        }
        match assignment.child {
            Some(demand) => self.demand(demand, &children, answers),
            None => Ok(()),
        }
    }

    /// Adds a field to a place; gives the place under it, if it holds objects.
    fn ask(
        &mut self,
        place: PlaceId,
        condition: Option<TypeId>,
        types: &TypeSet,
        slot: SlotId,
    ) -> Result<Option<PlaceId>, PlanError> {
        let here = &mut self.places[place.index()];
        // What is asked of all is not asked of one again.
        let covers = |ask: &Ask| ask.condition.is_none() && types.is_subset(&ask.types);
        let mut known = here.fields.iter_mut().filter(|ask| ask.slot == slot);
        if let Some(known) = known.find(|ask| ask.condition == condition || covers(ask)) {
            if !types.is_subset(&known.types) {
                known.types = known.types.union(types);
            }
            return Ok(known.child);
        }
        self.search.work.go_on()?;
        self.asks += 1;
        if self.asks > MAX_ASKS {
            return Err(PlanError::too_complex(format!("its plan asks for more than {MAX_ASKS} fields")));
        }
        let (group, node) = (here.group, here.node);
        let asked_at = match condition {
            Some(ty) => self.search.graph.narrow(node, ty).unwrap_or(node),
            None => node,
        };
        let name = self.search.shape.slots[slot.index()].name;
        let target = self.search.graph.edge(asked_at, name).and_then(|edge| edge.target);
        let child = match (&self.search.shape.slots[slot.index()].content, target) {
            (super::shape::Content::Objects(position), Some(target)) => Some(self.place(group, *position, target)),
            _ => None,
        };
        self.places[place.index()].fields.push(Ask { slot, condition, types: types.clone(), child });
        Ok(child)
    }

    /// Those of the objects that have the slot: what is asked of an interface can lie in a slot for each type.
    fn types(&self, whom: &Whom, slot: SlotId) -> TypeSet {
        whom.types.intersect(&self.search.shape.slots[slot.index()].types)
    }

    fn place(&mut self, group: GroupId, position: PositionId, node: NodeId) -> PlaceId {
        self.places.push(Place { position, node, fields: vec![], group });
        PlaceId::from_index(self.places.len() - 1)
    }

    fn group(
        &mut self,
        whom: &Whom,
        key: GroupKey,
        depends_on: Groups,
        inputs: &[Assignment],
        origin: Option<PlaceId>,
    ) -> GroupId {
        if let Some(known) = self.known.get(&key) {
            let group = &mut self.groups[known.index()];
            group.depends_on.extend(depends_on);
            group.entries.iter_mut().for_each(|entry| entry.origins.extend(origin));
            return *known;
        }
        let id = GroupId::from_index(self.groups.len());
        let GroupKey { position, lookup, depth, .. } = key;
        let at = self.search.graph.lookup(lookup);
        let place = self.place(id, position, at.enters);
        let inputs = inputs.iter().map(|i| Item { slot: i.slot, types: self.types(whom, i.slot), child: i.child });
        let inputs: Vec<Item> = inputs.collect();
        let origins = BTreeSet::from_iter(origin);
        let entry = |ty| Entry { lookup, ty, inputs: inputs.clone(), origins: origins.clone(), place };
        let entries = whom.types.iter().map(entry).collect();
        let contexts = GivenContexts::new();
        self.groups.push(Group {
            subgraph: at.subgraph,
            connector: at.connector,
            position,
            depends_on,
            entries,
            contexts,
        });
        self.depths.push(depth);
        self.known.insert(key, id);
        id
    }
}

/// The outer one of two levels.
pub(super) fn outermost(one: Option<usize>, other: Option<usize>) -> Option<usize> {
    one.into_iter().chain(other).min()
}
