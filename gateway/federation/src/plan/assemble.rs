//! Owns assembling: merged steps become the plan's fetches, in an order in which each stands behind what it
//! depends on, with the response names that upstream operations use.

use std::collections::{BTreeSet, HashMap};

use apollo_compiler::Name;

use super::calls;
use super::contexts::{Setter, around};
use super::demand::{DemandId, Demands};
use super::graph::PlannerGraph;
use super::passes::Draft;
use super::query_plan::{
    ContextSource, ContextValue, ContextValueId, FetchContent, FetchEntry, FetchField, FetchId, FetchNode,
    FetchSelection, QueryPlan, RepresentationField, RepresentationPlan,
};
use super::shape::{Content, Position, PositionId, Shape, SlotId};
use super::steps::{Entry, Group, GroupId, PlaceId};
use super::typenames;
use crate::operation::OperationKind;
use crate::schema::{Arguments, Id, Model, SubgraphId, TypeId, TypeSet, Wrapping};

pub(super) fn assemble(
    model: &Model,
    kind: OperationKind,
    draft: &Draft<'_>,
    demands: &Demands,
    mut shape: Shape,
) -> QueryPlan {
    let order = order(draft);
    let ids: HashMap<GroupId, FetchId> =
        order.iter().enumerate().map(|(at, group)| (*group, FetchId::from_index(at))).collect();
    let assembler = Assembler { model, draft, demands, shape: &shape };
    let mut fetches: Vec<FetchNode> = vec![];
    for id in &order {
        let Some(group) = draft.get(*id) else { continue };
        let mut depends_on: Vec<FetchId> = group.depends_on.iter().filter_map(|id| ids.get(id).copied()).collect();
        depends_on.sort_unstable();
        fetches.push(assembler.fetch(ids[id], kind, group, depends_on));
    }
    typenames::ask_where_needed(&shape, &mut fetches);
    lay_out(&mut shape, &fetches);
    keep_apart(&mut shape, &fetches);
    let trigger = match kind {
        OperationKind::Subscription if !fetches.is_empty() => Some(take_trigger(&mut fetches)),
        OperationKind::Query | OperationKind::Mutation | OperationKind::Subscription => None,
    };
    let calls = calls::group(&fetches);
    QueryPlan { kind, trigger, fetches, calls, shape }
}

/// Every group behind those that it depends on; else in the order in which they were found.
fn order(draft: &Draft<'_>) -> Vec<GroupId> {
    let mut needed: HashMap<GroupId, usize> = HashMap::new();
    let mut dependents: HashMap<GroupId, Vec<GroupId>> = HashMap::new();
    let mut ready: BTreeSet<GroupId> = BTreeSet::new();
    for id in (0..draft.groups.len()).map(GroupId::from_index) {
        let Some(group) = draft.get(id) else { continue };
        needed.insert(id, group.depends_on.len());
        group.depends_on.iter().for_each(|before| dependents.entry(*before).or_default().push(id));
        if group.depends_on.is_empty() {
            ready.insert(id);
        }
    }
    let mut order: Vec<GroupId> = Vec::with_capacity(needed.len());
    // Dependencies have no cycle, so all become ready: a station stands behind those that it needs, and passes keep it so.
    while let Some(id) = ready.pop_first() {
        order.push(id);
        for dependent in dependents.get(&id).into_iter().flatten() {
            if let Some(left) = needed.get_mut(dependent) {
                *left -= 1;
                if *left == 0 {
                    ready.insert(*dependent);
                }
            }
        }
    }
    order
}

/// The first fetch of a subscription starts each event; the others follow, numbered from zero.
fn take_trigger(fetches: &mut Vec<FetchNode>) -> FetchNode {
    let trigger = fetches.remove(0);
    for fetch in fetches {
        fetch.id = FetchId(fetch.id.0 - 1);
        fetch.depends_on.retain(|id| *id != trigger.id);
        for id in &mut fetch.depends_on {
            *id = FetchId(id.0 - 1);
        }
    }
    trigger
}

/// Gives the slots that are used their places in the objects' memory, and counts what brings the objects.
fn lay_out(shape: &mut Shape, fetches: &[FetchNode]) {
    fn selected(selection: &FetchSelection, in_list: bool, positions: &mut [Position], used: &mut Vec<SlotId>) {
        for field in &selection.fields {
            used.push(field.slot);
            if let FetchContent::Objects(child) = &field.content {
                let in_list = in_list || field.wrapping.is_list();
                let position = &mut positions[child.position.index()];
                position.sources += 1;
                position.in_list |= in_list;
                selected(child, in_list, positions, used);
            }
        }
    }
    let mut used = vec![];
    for fetch in fetches {
        let in_list = matches!(fetch.entry, FetchEntry::Entities { .. });
        selected(&fetch.selection, in_list, &mut shape.positions, &mut used);
    }
    for projection in &shape.projections {
        let fields = projection.classes.iter().flat_map(|class| &class.fields);
        used.extend(fields.filter_map(|field| field.source.slot()));
    }
    used.sort_unstable();
    used.dedup();
    for position in &mut shape.positions {
        position.slots.retain(|slot| used.binary_search(slot).is_ok());
        position.width = 0;
        for slot in &position.slots {
            shape.slots[slot.index()].index = position.width;
            position.width += 1;
        }
    }
}

/// Marks the positions whose objects differ by what they are in, where a context is taken from around them.
fn keep_apart(shape: &mut Shape, fetches: &[FetchNode]) {
    for fetch in fetches {
        let sources = fetch.contexts.iter().flat_map(|value| &value.sources);
        let depth = |position| around(shape, position).count();
        let Some(outermost) = sources.map(|source| depth(source.position)).min() else { continue };
        let mut within: Vec<PositionId> = vec![fetch.position];
        within.extend(around(shape, fetch.position).map(|(position, _)| position));
        let count = within.len() - 1 - outermost;
        for position in &within[..count] {
            shape.positions[position.index()].apart = true;
        }
    }
}

struct Assembler<'a> {
    model: &'a Model,
    draft: &'a Draft<'a>,
    demands: &'a Demands,
    shape: &'a Shape,
}

impl Assembler<'_> {
    fn graph(&self) -> &PlannerGraph {
        self.draft.graph
    }

    fn fetch(&self, id: FetchId, kind: OperationKind, group: &Group, depends_on: Vec<FetchId>) -> FetchNode {
        let is_root = group.entries.iter().all(|entry| self.graph().lookup(entry.lookup).key.is_empty());
        let mut entries: Vec<&Entry> = group.entries.iter().collect();
        entries.sort_by_key(|entry| entry.ty);
        let by_interface = entries.iter().all(|entry| self.is_by_interface(entry));
        let mut selection = FetchSelection {
            position: group.position,
            types: entries.iter().map(|entry| entry.ty).collect(),
            on: if by_interface { self.graph().lookup(entries[0].lookup).entity } else { entries[0].ty },
            typename: false,
            fields: vec![],
        };
        // Entries of objects that were untyped share their place.
        let mut places: Vec<PlaceId> = vec![];
        for entry in &entries {
            if places.contains(&entry.place) {
                continue;
            }
            places.push(entry.place);
            let mut fields = self.selection(entry.place).fields;
            if !is_root {
                let on = self.draft.places[entry.place.index()].node;
                let on = self.graph().node(on).ty;
                let types: TypeSet =
                    entries.iter().filter(|other| other.place == entry.place).map(|other| other.ty).collect();
                for field in &mut fields {
                    field.condition.get_or_insert(on);
                    field.types = field.types.intersect(&types);
                }
            }
            selection.fields.extend(fields);
        }
        selection.fields = merged(selection.fields);
        let contexts = self.contexts(group, &mut selection.fields);
        selection.typename = by_interface && self.graph().node(self.draft.places[places[0].index()].node).tells_types();
        // What a mutation asks for twice is run twice, also by one subgraph.
        let is_serial = is_root && kind == OperationKind::Mutation;
        let calls = if is_serial { Calls::Apart } else { Calls::Shared };
        name_fields(self.model, group.subgraph, vec![&mut selection], calls);
        let entry = if is_root {
            FetchEntry::Root(kind)
        } else {
            FetchEntry::Entities {
                batch: entries.iter().all(|entry| self.graph().lookup(entry.lookup).batch),
                representations: entries.iter().map(|entry| self.representation(entry)).collect(),
            }
        };
        FetchNode {
            id,
            subgraph: group.subgraph,
            connector: group.connector,
            position: group.position,
            depends_on,
            entry,
            contexts,
            selection,
        }
    }

    /// Lets the fields take what the group is given for them from contexts. A value that several take is handed in once.
    fn contexts(&self, group: &Group, fields: &mut [FetchField]) -> Vec<ContextValue> {
        let mut values: Vec<ContextValue> = vec![];
        for field in fields {
            for given in group.contexts.get(&(field.slot, field.field)).into_iter().flatten() {
                let argument = self.graph().context(given.context);
                let value = ContextValue {
                    ty: argument.ty.clone(),
                    context: argument.context.clone(),
                    sources: given.sources.iter().flat_map(|source| self.context_sources(source)).collect(),
                };
                let at = values.iter().position(|known| *known == value).unwrap_or_else(|| {
                    values.push(value);
                    values.len() - 1
                });
                field.contexts.push((argument.name.clone(), ContextValueId::from_index(at)));
            }
        }
        values
    }

    /// Of some types the value can be a field's, and of others their name.
    fn context_sources(&self, (setter, demand): &(Setter, DemandId)) -> impl Iterator<Item = ContextSource> {
        let items = self.demands.get(*demand).items.iter();
        let fields: Vec<_> = items.map(|item| self.representation_field(item.slot, &item.types, item.child)).collect();
        let has_field = |ty: &TypeId| fields.iter().any(|field| field.types.contains(*ty));
        let (by_field, by_name): (Vec<TypeId>, Vec<TypeId>) = setter.types.iter().partition(has_field);
        let position = setter.position;
        let source = move |types: Vec<TypeId>, fields| {
            (!types.is_empty()).then(|| ContextSource { position, types: types.into_iter().collect(), fields })
        };
        let named = source(by_name, vec![]);
        source(by_field, fields).into_iter().chain(named)
    }

    /// Whether objects are looked up of which only an interface is known.
    fn is_by_interface(&self, entry: &Entry) -> bool {
        self.model.is_abstract(self.graph().lookup(entry.lookup).entity)
    }

    fn selection(&self, place: PlaceId) -> FetchSelection {
        let place = &self.draft.places[place.index()];
        let node = self.graph().node(place.node);
        let position = &self.shape.positions[place.position.index()];
        let types: TypeSet = if node.members.is_empty() {
            TypeSet::one(node.ty)
        } else {
            position.types.iter().filter(|ty| node.members.contains_key(ty)).collect()
        };
        let mut fields = vec![];
        for ask in &place.fields {
            let slot = &self.shape.slots[ask.slot.index()];
            let on = ask.condition.unwrap_or(node.ty);
            // The graph has this edge because the model has this field.
            let Some(field) = self.model.field_of(on, slot.name) else { continue };
            let content = match (&slot.content, ask.child) {
                (Content::Objects(_), Some(child)) => FetchContent::Objects(self.selection(child)),
                (Content::Leaf(leaf), _) => FetchContent::Leaf(leaf.clone()),
                (Content::Objects(_), None) => continue,
            };
            let name = self.model.name(slot.name).clone();
            let join = self.model.field_join(field, node.subgraph);
            let wrapping =
                join.and_then(|join| join.ty).map_or(self.model.field(field).wrapping, |(wrapping, _)| wrapping);
            fields.push(FetchField {
                response_name: name.clone(),
                name,
                field,
                arguments: slot.arguments.clone(),
                contexts: vec![],
                condition: ask.condition,
                types: ask.types.clone(),
                slot: ask.slot,
                wrapping,
                content,
            });
        }
        // An interface object cannot tell; and where only one type is possible there is nothing to tell.
        let typename = types.len() > 1 && !node.is_interface_object;
        FetchSelection { position: place.position, types, on: node.ty, typename, fields }
    }

    fn representation(&self, entry: &Entry) -> RepresentationPlan {
        let lookup = self.graph().lookup(entry.lookup);
        let typename = self.model.type_name(self.graph().node(lookup.enters).ty).clone();
        let mut fields = vec![];
        for input in &entry.inputs {
            add_to(&mut fields, self.representation_field(input.slot, &input.types, input.child));
        }
        fields.sort_by(|a, b| a.name.cmp(&b.name));
        RepresentationPlan { lookup: entry.lookup, ty: entry.ty, typename, fields }
    }

    fn representation_field(&self, slot: SlotId, types: &TypeSet, child: Option<DemandId>) -> RepresentationField {
        let name = self.model.name(self.shape.slots[slot.index()].name).clone();
        let items = child.map_or(&[][..], |child| &self.demands.get(child).items);
        let fields = items.iter().map(|item| self.representation_field(item.slot, &item.types, item.child)).collect();
        RepresentationField { name, slot, types: types.clone(), fields }
    }
}

/// Adds a field to a representation; what several requirements want under one field is written there once.
fn add_to(fields: &mut Vec<RepresentationField>, field: RepresentationField) {
    match fields.iter_mut().find(|known| known.slot == field.slot) {
        Some(known) => {
            known.types = known.types.union(&field.types);
            field.fields.into_iter().for_each(|field| add_to(&mut known.fields, field));
        }
        None => fields.push(field),
    }
}

/// What has to be the same for two fields to share a response name (GraphQL, "Field Selection Merging").
#[derive(PartialEq, Eq)]
struct Signature {
    name: Name,
    arguments: Arguments,
    contexts: Vec<(Name, ContextValueId)>,
    wrapping: Wrapping,
    leaf: Option<TypeId>,
    /// Where calls are apart; and where nothing tells an object's type, so that a key of the answer is one slot's alone.
    slot: Option<SlotId>,
}

/// Whether fields with the same name and arguments are one call.
#[derive(Clone, Copy)]
enum Calls {
    Shared,
    Apart,
}

/// Fields that are asked for objects of several types in the very same way, taken as one.
fn merged(fields: Vec<FetchField>) -> Vec<FetchField> {
    let mut kept: Vec<FetchField> = vec![];
    for field in fields {
        let known = kept.iter_mut().find(|known| known.slot == field.slot && known.condition == field.condition);
        match known {
            Some(known) => {
                known.types = known.types.union(&field.types);
                if let (FetchContent::Objects(into), FetchContent::Objects(from)) = (&mut known.content, field.content)
                {
                    let all = std::mem::take(&mut into.fields).into_iter().chain(from.fields);
                    into.fields = merged(all.collect());
                }
            }
            None => kept.push(field),
        }
    }
    kept
}

/// Gives aliases where selections that merge in the response would collide. The selections given share their place in it.
fn name_fields(model: &Model, subgraph: SubgraphId, selections: Vec<&mut FetchSelection>, calls: Calls) {
    let mut taken: Vec<(Name, Signature, Vec<&mut FetchSelection>)> = vec![];
    for selection in selections {
        let is_untyped = selection.types.len() > 1
            && model.join(selection.on, subgraph).is_some_and(|join| join.is_interface_object);
        for field in &mut selection.fields {
            let base = model.field(field.field).base;
            let signature = Signature {
                name: field.name.clone(),
                arguments: field.arguments.clone(),
                contexts: field.contexts.clone(),
                wrapping: field.wrapping,
                leaf: (!model.is_composite(base)).then_some(base),
                slot: match calls {
                    Calls::Shared => is_untyped.then_some(field.slot),
                    Calls::Apart => Some(field.slot),
                },
            };
            let at = match taken.iter().position(|(_, known, _)| *known == signature) {
                Some(at) => at,
                None => {
                    let name = free_name(&field.name, &taken);
                    taken.push((name, signature, vec![]));
                    taken.len() - 1
                }
            };
            field.response_name = taken[at].0.clone();
            if let FetchContent::Objects(child) = &mut field.content {
                taken[at].2.push(child);
            }
        }
    }
    for (_, _, children) in taken {
        if !children.is_empty() {
            name_fields(model, subgraph, children, Calls::Shared);
        }
    }
}

/// The field's own name, or the first of `name_1`, `name_2`, … that nothing else has.
fn free_name(name: &Name, taken: &[(Name, Signature, Vec<&mut FetchSelection>)]) -> Name {
    let is_free = |candidate: &str| taken.iter().all(|(known, _, _)| known != candidate);
    if is_free(name) {
        return name.clone();
    }
    let numbered = (1_u32..).map(|number| format!("{name}_{number}")).find(|candidate| is_free(candidate));
    // A name with digits and an underscore behind it is a name.
    numbered.map_or_else(|| name.clone(), |text| Name::new_unchecked(&text))
}
