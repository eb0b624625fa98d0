//! Owns the best plan there is, by trying all: which lookups are made of the objects of each place, and where each
//! field is taken from. It shares the planner's graph, and nothing of its search.

use std::collections::{BTreeMap, BTreeSet};

use weft_federation::operation::{FieldTarget, Selection, SelectionSet};
use weft_federation::plan::graph::{Lookup, NodeId, PlannerGraph};
use weft_federation::schema::{FieldSet, FieldSetItem, Id, Model, NameId, SubgraphId, TypeId};

/// Calls in sequence, and calls in all.
pub type Cost = (usize, usize);

/// The costs of which none is beaten in both parts by another one.
type Front = BTreeSet<Cost>;

/// Where objects are: a node, and the calls before what is there.
type Site = (NodeId, usize);

/// More lookups than this of the objects of one type are too many to try all sets of.
const MAX_LOOKUPS: usize = 8;

pub struct Oracle<'a> {
    pub model: &'a Model,
    pub graph: &'a PlannerGraph,
    known: BTreeMap<(*const SelectionSet, TypeId, Vec<Site>), Option<Front>>,
    pub is_too_large: bool,
}

/// A lookup with what is handed in for `@requires`.
struct Visit<'a> {
    lookup: &'a Lookup,
    requires: Option<&'a FieldSet>,
}

/// What is wanted of the objects of one type.
type Wanted<'o> = Vec<(NameId, Option<(TypeId, &'o SelectionSet)>)>;

/// Ways to meet what is wanted of the objects of one type: the calls that are made here, beside the costs below.
type Ways = Vec<(BTreeSet<(SubgraphId, usize)>, Front)>;

impl<'a> Oracle<'a> {
    pub fn new(model: &'a Model, graph: &'a PlannerGraph) -> Self {
        Self { model, graph, known: BTreeMap::new(), is_too_large: false }
    }

    /// The least cost, in the order of its parts; `None` if there is no plan.
    pub fn best(&mut self, root: TypeId, set: &SelectionSet) -> Option<Cost> {
        self.place(set, root, &[])?.first().copied()
    }

    /// The costs of what is selected of objects of the type `ty` that are at all of `sites`, with the depth of these.
    fn place(&mut self, set: &SelectionSet, ty: TypeId, sites: &[Site]) -> Option<Front> {
        let key = (std::ptr::from_ref(set), ty, sites.to_vec());
        if let Some(known) = self.known.get(&key) {
            return known.clone();
        }
        let reached = sites.iter().map(|(_, depth)| *depth).max().unwrap_or(0);
        let mut all: Ways = vec![(BTreeSet::new(), Front::from([(reached, 0)]))];
        for member in self.model.ty(ty).possible.iter() {
            let narrowed = sites.iter().filter_map(|(node, depth)| Some((self.graph.narrow(*node, member)?, *depth)));
            let narrowed: Vec<Site> = narrowed.collect();
            if narrowed.is_empty() && !sites.is_empty() {
                continue;
            }
            let mut wanted = vec![];
            self.wanted(set, member, &mut wanted);
            let ways = self.ways(member, &narrowed, &wanted, self.model.is_abstract(ty));
            // Calls of several types are one, in one subgraph at one depth.
            let mut both: Ways = vec![];
            for (calls, below) in &all {
                for (more, other) in &ways {
                    both.push((calls.union(more).copied().collect(), beside(below, other)));
                }
            }
            all = both;
        }
        let mut front = Front::new();
        for (calls, below) in all {
            let depth = calls.iter().map(|(_, depth)| *depth).max().unwrap_or(0);
            front.extend(below.into_iter().map(|(deep, count)| (deep.max(depth), count + calls.len())));
        }
        let front = (!front.is_empty()).then(|| thinned(front));
        self.known.insert(key, front.clone());
        front
    }

    fn wanted<'o>(&self, set: &'o SelectionSet, ty: TypeId, wanted: &mut Wanted<'o>) {
        for selection in &set.selections {
            match selection {
                Selection::Fragment(fragment) => {
                    if fragment.types.as_ref().is_none_or(|types| types.contains(ty)) {
                        self.wanted(&fragment.selection_set, ty, wanted);
                    }
                }
                Selection::Field(field) => {
                    let FieldTarget::Field(id) = field.target else { continue };
                    let def = self.model.field(id);
                    let below = self.model.is_composite(def.base).then_some((def.base, &*field.selection_set));
                    wanted.push((def.name, below));
                }
            }
        }
    }

    /// If they may wait, a lookup can be made a step later than it could be, to share the call with another type's.
    fn ways(&mut self, ty: TypeId, bases: &[Site], wanted: &Wanted<'_>, may_wait: bool) -> Ways {
        if wanted.is_empty() {
            return vec![(BTreeSet::new(), Front::from([(0, 0)]))];
        }
        let visits = self.visits(ty, bases);
        if visits.len() > MAX_LOOKUPS {
            self.is_too_large = true;
            return vec![];
        }
        let mut ways: BTreeMap<BTreeSet<(SubgraphId, usize)>, Front> = BTreeMap::new();
        for subset in 0..1_usize << visits.len() {
            let mut late = if may_wait { subset } else { 0 };
            loop {
                if let Some((calls, below)) = self.way(&visits, subset, late, bases, wanted) {
                    ways.entry(calls).or_default().extend(below);
                }
                if late == 0 {
                    break;
                }
                late = (late - 1) & subset;
            }
        }
        ways.into_iter().map(|(calls, below)| (calls, thinned(below))).collect()
    }

    /// The way in which the lookups in `subset` are made, those in `late` a step later than they could be.
    fn way(
        &mut self,
        visits: &[Visit<'a>],
        subset: usize,
        late: usize,
        bases: &[Site],
        wanted: &Wanted<'_>,
    ) -> Option<(BTreeSet<(SubgraphId, usize)>, Front)> {
        let chosen = visits.iter().enumerate().filter(|(at, _)| subset >> at & 1 == 1);
        let chosen: Vec<(&Visit<'_>, bool)> = chosen.map(|(at, visit)| (visit, late >> at & 1 == 1)).collect();
        let sites = self.entered(&chosen, bases)?;
        let calls = sites[bases.len()..].iter();
        let calls = calls.map(|((node, depth), _)| (self.graph.node(*node).subgraph, *depth)).collect();
        let mut below = Front::from([(0, 0)]);
        for (name, child) in wanted {
            below = beside(&below, &self.field(&sites, *name, *child)?);
        }
        Some((calls, below))
    }

    /// Every lookup of the type, and again for each set of fields that something requires there.
    fn visits(&self, ty: TypeId, bases: &[Site]) -> Vec<Visit<'a>> {
        let graph = self.graph;
        let mut visits = vec![];
        for lookup in graph.lookups_of(ty) {
            let lookup = graph.lookup(*lookup);
            if !bases.iter().any(|(node, _)| *node == lookup.enters) {
                visits.push(Visit { lookup, requires: None });
            }
            let mut known: Vec<&FieldSet> = vec![];
            for requires in graph.node(lookup.enters).fields.values().filter_map(|edge| edge.requires.as_ref()) {
                if !known.contains(&requires) {
                    known.push(requires);
                    visits.push(Visit { lookup, requires: Some(requires) });
                }
            }
        }
        visits
    }

    /// The sites when all of these lookups are made, each as early as it can be or a step later; `None` if one cannot be.
    fn entered<'v>(&self, visits: &[(&Visit<'v>, bool)], bases: &[Site]) -> Option<Vec<(Site, Option<&'v FieldSet>)>> {
        let mut sites: Vec<(Site, Option<&FieldSet>)> = bases.iter().map(|site| (*site, None)).collect();
        let mut waiting = visits.to_vec();
        // By depth, so that what is there is there at the least depth.
        for depth in 0..=2 * visits.len() + bases.iter().map(|(_, depth)| *depth).max().unwrap_or(0) {
            let is_there = |item: &FieldSetItem, late: usize| match item {
                FieldSetItem::Field { name, .. } => {
                    sites.iter().any(|site| site.0.1 + late <= depth && self.offers(*site, *name).is_some())
                }
                FieldSetItem::Typename | FieldSetItem::Narrow { .. } => true,
            };
            let (now, later): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|(visit, is_late)| {
                let required = visit.requires.into_iter().flat_map(|requires| &requires.items);
                let mut inputs = visit.lookup.key.items.iter().chain(required);
                depth >= usize::from(*is_late) && inputs.all(|input| is_there(input, usize::from(*is_late)))
            });
            waiting = later;
            sites.extend(now.into_iter().map(|(visit, _)| ((visit.lookup.enters, depth + 1), visit.requires)));
        }
        waiting.is_empty().then_some(sites)
    }

    /// Whether a field can be taken from a site; inside, where it leads.
    fn offers(&self, (site, handed): (Site, Option<&FieldSet>), name: NameId) -> Option<Option<NodeId>> {
        let edge = self.graph.edge(site.0, name)?;
        (edge.requires.is_none() || edge.requires.as_ref() == handed).then_some(edge.target)
    }

    /// The costs of a field taken from one of the sites, or what is under it from two or three.
    fn field(
        &mut self,
        sites: &[(Site, Option<&FieldSet>)],
        name: NameId,
        child: Option<(TypeId, &SelectionSet)>,
    ) -> Option<Front> {
        let offers: Vec<(Option<NodeId>, usize, bool)> = sites
            .iter()
            .filter_map(|site| {
                Some((self.offers(*site, name)?, site.0.1, self.graph.edge(site.0.0, name)?.requires.is_none()))
            })
            .collect();
        let Some((base, set)) = child else { return (!offers.is_empty()).then(|| Front::from([(0, 0)])) };
        let mut front = Front::new();
        for subset in 1..1_usize << offers.len().min(MAX_LOOKUPS) {
            let chosen: Vec<_> =
                offers.iter().enumerate().filter(|(at, _)| subset >> at & 1 == 1).map(|(_, offer)| *offer).collect();
            if chosen.len() > 3 || chosen.len() > 1 && chosen.iter().any(|(_, _, is_plain)| !is_plain) {
                continue;
            }
            let mut below: Vec<Site> = chosen.iter().filter_map(|(node, depth, _)| Some(((*node)?, *depth))).collect();
            below.sort_unstable_by_key(|(node, depth)| (node.index(), *depth));
            front.extend(self.place(set, base, &below).into_iter().flatten());
        }
        (!front.is_empty()).then(|| thinned(front))
    }
}

/// What is met side by side.
fn beside(one: &Front, other: &Front) -> Front {
    let all = one.iter().flat_map(|a| other.iter().map(|b| (a.0.max(b.0), a.1 + b.1)));
    thinned(all.collect())
}

/// Without those that are no better than another one.
fn thinned(front: Front) -> Front {
    let mut kept = Front::new();
    let mut least = usize::MAX;
    // In order of depth, so that a deeper one has to have fewer calls.
    for (depth, calls) in front {
        if calls < least {
            kept.insert((depth, calls));
            least = calls;
        }
    }
    kept
}
