//! Owns the passes over the steps: each takes calls away without changing what is answered.

use std::collections::HashMap;

use super::demand::{Demands, Item};
use super::graph::PlannerGraph;
use super::shape::{ROOT, Shape};
use super::steps::{Entry, Group, GroupId, Groups, Place, PlaceId};
use crate::schema::Id;

/// Places that were merged into others.
type Moved = HashMap<PlaceId, PlaceId>;

/// The steps of a plan while they are being improved. A group that was merged away is `None`.
pub(super) struct Draft<'a> {
    pub graph: &'a PlannerGraph,
    pub groups: Vec<Option<Group>>,
    pub places: Vec<Place>,
}

/// What tells which fields representations have: their inputs are demands on slots.
#[derive(Clone, Copy)]
pub(super) struct Inputs<'a> {
    pub shape: &'a Shape,
    pub demands: &'a Demands,
}

impl Draft<'_> {
    pub fn get(&self, id: GroupId) -> Option<&Group> {
        self.groups.get(id.index())?.as_ref()
    }

    /// Merges root calls of a mutation that follow each other in one subgraph: it runs them in series itself.
    ///
    /// Only where nothing else has to happen in between.
    pub fn merge_mutation_roots(&mut self) {
        let roots: Vec<GroupId> =
            self.ids().filter(|id| self.get(*id).is_some_and(|g| g.position == ROOT && self.is_root(g))).collect();
        let mut first = 0;
        for at in 1..roots.len() {
            let (into, from) = (roots[first], roots[at]);
            let only_it_between = self.get(from).is_some_and(|group| group.depends_on.iter().all(|id| *id <= into));
            if only_it_between && self.are_alike(into, from) {
                self.merge(into, from);
            } else {
                first = at;
            }
        }
    }

    /// Merges calls that look objects of one position up in one subgraph: those of several types, and those
    /// of one type that wait for different things, if the plan gets no deeper by it.
    pub fn merge_lookups(&mut self, inputs: Inputs<'_>) {
        let mut alike: HashMap<_, Vec<GroupId>> = HashMap::new();
        for id in self.ids() {
            if let Some(group) = self.get(id) {
                alike.entry((group.position, group.subgraph, group.connector)).or_default().push(id);
            }
        }
        let mut rows: Vec<Vec<GroupId>> = alike.into_values().filter(|row| row.len() > 1).collect();
        rows.sort_unstable();
        for row in rows {
            for (at, into) in row.iter().enumerate() {
                for from in &row[at + 1..] {
                    if self.may_merge(*into, *from, inputs) {
                        self.merge(*into, *from);
                    }
                }
            }
        }
    }

    fn ids(&self) -> impl Iterator<Item = GroupId> + '_ {
        (0..self.groups.len()).map(GroupId::from_index).filter(|id| self.get(*id).is_some())
    }

    fn is_root(&self, group: &Group) -> bool {
        group.entries.iter().all(|entry| self.graph.lookup(entry.lookup).key.is_empty())
    }

    /// In the same place, subgraph and manner. Connectors are alike only if it is the very same call.
    fn are_alike(&self, a: GroupId, b: GroupId) -> bool {
        let (Some(a), Some(b)) = (self.get(a), self.get(b)) else { return false };
        let same = a.position == b.position && a.subgraph == b.subgraph && a.connector == b.connector;
        let one_call = |entry: &Entry| self.graph.lookup(entry.lookup).field.is_none();
        same && self.is_root(a) == self.is_root(b)
            && match a.connector {
                None => true,
                Some(_) => {
                    a.entries.len() == 1
                        && b.entries.len() == 1
                        && a.entries[0].lookup == b.entries[0].lookup
                        && one_call(&a.entries[0])
                }
            }
    }

    fn may_merge(&self, into: GroupId, from: GroupId, inputs: Inputs<'_>) -> bool {
        if !self.are_alike(into, from) {
            return false;
        }
        let (Some(a), Some(b)) = (self.get(into), self.get(from)) else { return false };
        // One representation of an object has one key, and one value for a field. And what both need together may never
        // be there for objects that only one of the calls is for.
        let differ = |one: &Entry, other: &Entry| {
            one.lookup != other.lookup
                || (one.origins != other.origins && !same_items(&one.inputs, &other.inputs))
                || inputs.conflict(&one.inputs, &other.inputs)
        };
        // An interface object's subgraph is asked the same of objects of all types, so all have to bring what that needs.
        let is_untyped = |entry: &Entry| self.graph.node(self.graph.lookup(entry.lookup).enters).is_interface_object;
        let lacks = |one: &Entry, other: &Entry| is_untyped(one) && !inputs.are_same(&one.inputs, &other.inputs);
        let conflict = |one: &Entry, other: &Entry| {
            if one.ty == other.ty { differ(one, other) } else { lacks(one, other) }
        };
        let conflicts = |entry: &Entry| b.entries.iter().any(|other| conflict(entry, other));
        if self.is_root(a) || a.entries.iter().any(conflicts) {
            return false;
        }
        if self.reaches(into, from) || self.reaches(from, into) {
            return false;
        }
        if a.depends_on == b.depends_on {
            return true;
        }
        let merged: Groups = a.depends_on.union(&b.depends_on).copied().collect();
        self.depth(None) == self.depth(Some((into, from, &merged)))
    }

    /// Whether `from` waits, directly or not, for `to`.
    fn reaches(&self, from: GroupId, to: GroupId) -> bool {
        let mut waiting = vec![from];
        let mut seen = Groups::new();
        while let Some(id) = waiting.pop() {
            if id == to {
                return true;
            }
            if seen.insert(id) {
                waiting.extend(self.get(id).iter().flat_map(|group| group.depends_on.iter().copied()));
            }
        }
        false
    }

    /// The calls in sequence; with two groups taken as one, if asked.
    fn depth(&self, merged: Option<(GroupId, GroupId, &Groups)>) -> usize {
        fn of(
            draft: &Draft<'_>,
            id: GroupId,
            merged: Option<(GroupId, GroupId, &Groups)>,
            known: &mut [Option<usize>],
        ) -> usize {
            if let Some(depth) = known[id.index()] {
                return depth;
            }
            let before = match (merged, draft.get(id)) {
                (Some((a, b, groups)), _) if id == a || id == b => groups,
                (_, Some(group)) => &group.depends_on,
                (_, None) => return 0,
            };
            let depth = 1 + before.iter().map(|id| of(draft, *id, merged, known)).max().unwrap_or(0);
            known[id.index()] = Some(depth);
            depth
        }
        let mut known = vec![None; self.groups.len()];
        self.ids().map(|id| of(self, id, merged, &mut known)).max().unwrap_or(0)
    }

    fn merge(&mut self, into: GroupId, from: GroupId) {
        let Some(gone) = self.groups[from.index()].take() else { return };
        for group in self.groups.iter_mut().flatten() {
            if group.depends_on.remove(&from) {
                group.depends_on.insert(into);
            }
        }
        let Some(mut kept) = self.groups[into.index()].take() else { return };
        kept.depends_on.extend(gone.depends_on);
        kept.depends_on.remove(&into);
        let mut moved = Moved::new();
        for entry in gone.entries {
            match kept.entries.iter_mut().find(|known| known.ty == entry.ty && known.lookup == entry.lookup) {
                Some(known) => {
                    let new =
                        entry.inputs.into_iter().filter(|input| !known.inputs.contains(input)).collect::<Vec<_>>();
                    known.inputs.extend(new);
                    known.origins.extend(entry.origins);
                    let place = known.place;
                    self.merge_places(place, entry.place, &mut moved);
                }
                None => kept.entries.push(entry),
            }
        }
        kept.contexts.extend(gone.contexts);
        self.groups[into.index()] = Some(kept);
        self.follow(&moved);
    }

    /// Lets objects come from where their places were moved to.
    fn follow(&mut self, moved: &Moved) {
        for entry in self.groups.iter_mut().flatten().flat_map(|group| &mut group.entries) {
            if entry.origins.iter().any(|origin| moved.contains_key(origin)) {
                entry.origins =
                    entry.origins.iter().map(|origin| moved.get(origin).copied().unwrap_or(*origin)).collect();
            }
        }
    }

    fn merge_places(&mut self, into: PlaceId, from: PlaceId, moved: &mut Moved) {
        // Entries of objects that were untyped share their place.
        if into == from {
            return;
        }
        moved.insert(from, into);
        for ask in std::mem::take(&mut self.places[from.index()].fields) {
            let known = self.places[into.index()].fields.iter_mut();
            match known.into_iter().find(|known| known.slot == ask.slot && known.condition == ask.condition) {
                Some(known) => {
                    known.types = known.types.union(&ask.types);
                    if let (Some(into), Some(from)) = (known.child, ask.child) {
                        self.merge_places(into, from, moved);
                    }
                }
                None => self.places[into.index()].fields.push(ask),
            }
        }
    }
}

impl Inputs<'_> {
    /// Whether representations have the same fields, whatever the types that they are for.
    fn are_same(self, one: &[Item], other: &[Item]) -> bool {
        let slot = |item: &Item| &self.shape.slots[item.slot.index()];
        let alike = |a: &Item, b: &Item| {
            let leaves = a.child.is_none() && b.child.is_none();
            let named = slot(a).name == slot(b).name && slot(a).arguments == slot(b).arguments;
            named && (leaves || (a.slot == b.slot && a.child == b.child))
        };
        let within = |one: &[Item], other: &[Item]| one.iter().all(|a| other.iter().any(|b| alike(a, b)));
        within(one, other) && within(other, one)
    }

    /// Whether one object would be represented with two values for a field: it is wanted with different arguments.
    fn conflict(self, one: &[Item], other: &[Item]) -> bool {
        let name = |item: &Item| self.shape.slots[item.slot.index()].name;
        let pairs = one.iter().flat_map(|a| other.iter().map(move |b| (a, b)));
        let mut namesakes = pairs.filter(|(a, b)| name(a) == name(b) && !a.types.intersect(&b.types).is_empty());
        namesakes.any(|(a, b)| match (a.child, b.child) {
            (Some(a_child), Some(b_child)) if a.slot == b.slot => {
                a_child != b_child && self.conflict(&self.demands.get(a_child).items, &self.demands.get(b_child).items)
            }
            _ => a.slot != b.slot,
        })
    }
}

fn same_items(one: &[Item], other: &[Item]) -> bool {
    one.len() == other.len() && one.iter().all(|item| other.contains(item))
}
