//! Owns the proof that a plan is right: every field that the client asked for is fetched, for every object that can
//! be there, and every fetch has its inputs from fetches that it waits for.
//!
//! It follows the plan as the executor would, knows nothing of the search, and shares no code with it.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use super::query_plan::{
    ContextSource, ContextValueId, FetchContent, FetchEntry, FetchField, FetchId, FetchNode, FetchSelection, QueryPlan,
    RepresentationField,
};
use super::shape::{PositionId, ProjectedField, ProjectionId, ProjectionKind, ProjectionSource, ROOT, SlotId};
use crate::operation::OperationKind;
use crate::schema::{Id, Model, TypeId};

/// Says what is wrong with a plan, if something is.
pub fn verify(model: &Model, plan: &QueryPlan) -> Result<(), Vec<String>> {
    let mut fetches: Vec<(Option<FetchId>, &FetchNode)> = plan.trigger.iter().map(|fetch| (None, fetch)).collect();
    fetches.extend(plan.fetches.iter().map(|fetch| (Some(fetch.id), fetch)));
    let mut verifier = Verifier { model, plan, fetches, giving: RefCell::default(), found: vec![] };
    verifier.fetches();
    verifier.calls();
    let roots: Vec<Made<'_>> = verifier
        .fetches
        .iter()
        .filter(|(_, fetch)| fetch.position == ROOT && matches!(fetch.entry, FetchEntry::Root(_)))
        .map(|(id, fetch)| Made { fetch: *id, selection: &fetch.selection })
        .collect();
    let types: BTreeSet<TypeId> = plan.shape.positions[ROOT.index()].types.iter().collect();
    verifier.projection(plan.shape.root, ROOT, &types, Around { made: &roots, up: None }, &mut vec![]);
    if verifier.found.is_empty() { Ok(()) } else { Err(verifier.found) }
}

/// Objects of a position, as one selection of one fetch makes or adds to them. `fetch` is `None` for the trigger.
#[derive(Clone, Copy)]
struct Made<'a> {
    fetch: Option<FetchId>,
    selection: &'a FetchSelection,
}

/// How objects were made, and the object that they are in.
#[derive(Clone, Copy)]
struct Around<'v, 'a> {
    made: &'v [Made<'a>],
    up: Option<&'v Object<'v, 'a>>,
}

/// An object of one type, and how it was made.
#[derive(Clone, Copy)]
struct Object<'v, 'a> {
    position: PositionId,
    ty: TypeId,
    around: Around<'v, 'a>,
}

/// The slots that an object has, with who gave them.
type Slots<'a> = BTreeMap<SlotId, Vec<(Option<FetchId>, &'a FetchField)>>;

/// What an object has.
struct Given<'a> {
    slots: Slots<'a>,
    /// The fetches that tell its type; `None` stands for a subscription's trigger.
    typed: BTreeSet<Option<FetchId>>,
}

struct Verifier<'a> {
    model: &'a Model,
    plan: &'a QueryPlan,
    fetches: Vec<(Option<FetchId>, &'a FetchNode)>,
    /// Fetches whose contexts are looked for: what these need is not theirs to give.
    giving: RefCell<BTreeSet<FetchId>>,
    found: Vec<String>,
}

impl<'a> Verifier<'a> {
    /// What can be seen of each fetch alone.
    fn fetches(&mut self) {
        for (at, fetch) in self.plan.fetches.iter().enumerate() {
            if fetch.id.index() != at {
                self.found.push(format!("fetch {} stands at {at}", fetch.id.0));
            }
            if fetch.depends_on.iter().any(|needed| needed.index() >= at) {
                self.found.push(format!("fetch {at} depends on one that does not stand before it"));
            }
            self.selection(fetch, &fetch.selection);
        }
    }

    /// That each fetch is in one call, that what is in one call may be, and that calls wait only for calls before them.
    fn calls(&mut self) {
        let plan = self.plan;
        let mut call_of: BTreeMap<FetchId, usize> = BTreeMap::new();
        for (at, call) in plan.calls.iter().enumerate() {
            if call.id.index() != at {
                self.found.push(format!("call {} stands at {at}", call.id.0));
            }
            for id in &call.fetches {
                if call_of.insert(*id, at).is_some() {
                    self.found.push(format!("fetch {} is in two calls", id.0));
                }
                let Some(fetch) = plan.fetches.get(id.index()) else {
                    self.found.push(format!("call {at} has a fetch {} that there is not", id.0));
                    continue;
                };
                let is_lookup = fetch.connector.is_none()
                    && fetch.contexts.is_empty()
                    && matches!(fetch.entry, FetchEntry::Entities { .. });
                if fetch.subgraph != call.subgraph || call.fetches.len() > 1 && !is_lookup {
                    self.found.push(format!("fetch {} cannot be in call {at}", id.0));
                }
            }
            let roots: BTreeSet<_> = call.fetches.iter().map(|id| self.roots_before(*id)).collect();
            if plan.kind == OperationKind::Mutation && roots.len() > 1 {
                self.found.push(format!("call {at} is for several steps of a mutation"));
            }
        }
        for fetch in &plan.fetches {
            let Some(at) = call_of.get(&fetch.id) else {
                self.found.push(format!("fetch {} is in no call", fetch.id.0));
                continue;
            };
            if fetch.depends_on.iter().any(|needed| call_of.get(needed).is_some_and(|before| before >= at)) {
                self.found.push(format!("call {at} depends on one that does not stand before it"));
            }
        }
    }

    /// The fetches of root fields that a fetch waits for.
    fn roots_before(&self, fetch: FetchId) -> BTreeSet<FetchId> {
        let is_root = |id: &FetchId| {
            self.plan.fetches.get(id.index()).is_some_and(|fetch| matches!(fetch.entry, FetchEntry::Root(_)))
        };
        self.before(fetch).into_iter().flatten().filter(is_root).collect()
    }

    fn selection(&mut self, fetch: &FetchNode, selection: &FetchSelection) {
        let mut names: BTreeMap<&str, &FetchField> = BTreeMap::new();
        // What a mutation is asked twice it has to do twice.
        let is_call = selection.position == ROOT && matches!(fetch.entry, FetchEntry::Root(OperationKind::Mutation));
        for field in &selection.fields {
            let slot = &self.plan.shape.slots[field.slot.index()];
            if slot.position != selection.position {
                self.found.push(format!("fetch {}: {} is put into another position's slot", fetch.id.0, field.name));
            }
            let position = &self.plan.shape.positions[slot.position.index()];
            if position.slots.get(slot.index as usize) != Some(&field.slot) {
                self.found.push(format!("fetch {}: the slot of {} has no place in memory", fetch.id.0, field.name));
            }
            if let Some(other) = names.insert(&field.response_name, field)
                && (other.name != field.name
                    || other.arguments != field.arguments
                    || is_call && other.slot != field.slot)
            {
                self.found.push(format!("fetch {}: two fields answer as {}", fetch.id.0, field.response_name));
            }
            if fetch.connector.is_none() && self.model.field_join(field.field, fetch.subgraph).is_none() {
                let subgraph = &self.model.subgraph(fetch.subgraph).name;
                self.found.push(format!(
                    "fetch {}: {subgraph} has no {}",
                    fetch.id.0,
                    self.model.coordinate(field.field)
                ));
            }
            self.contextual(fetch, selection, field);
            if let FetchContent::Objects(child) = &field.content {
                self.selection(fetch, child);
            }
        }
    }

    /// That a field has its contextual arguments, and is asked where they can be handed in.
    fn contextual(&mut self, fetch: &FetchNode, selection: &FetchSelection, field: &FetchField) {
        let join = self.model.field_join(field.field, fetch.subgraph);
        let wanted = join.map_or(&[][..], |join| &join.contexts).iter().map(|argument| &argument.name);
        if !wanted.eq(field.contexts.iter().map(|(name, _)| name)) {
            let field = self.model.coordinate(field.field);
            self.found.push(format!("fetch {}: {field} lacks arguments from contexts", fetch.id.0));
        }
        let is_handed = matches!(fetch.entry, FetchEntry::Entities { .. }) && selection.position == fetch.position;
        let is_there = |(_, value): &(_, ContextValueId)| value.index() < fetch.contexts.len();
        let are_handed = is_handed && field.contexts.iter().all(is_there);
        if !field.contexts.is_empty() && !are_handed {
            let field = self.model.coordinate(field.field);
            self.found.push(format!("fetch {}: {field} is asked where no context is handed in", fetch.id.0));
        }
    }

    /// All fetches that one waits for, itself included. The trigger has ended before any.
    fn before(&self, fetch: FetchId) -> BTreeSet<Option<FetchId>> {
        let mut before = BTreeSet::from([None]);
        let mut waiting = vec![fetch];
        while let Some(id) = waiting.pop() {
            if before.insert(Some(id)) {
                waiting.extend(
                    self.plan.fetches.get(id.index()).iter().flat_map(|fetch| fetch.depends_on.iter().copied()),
                );
            }
        }
        before
    }

    /// What an object of a type has in the end: what it was made with, and what lookups add.
    fn given(&self, object: Object<'_, 'a>) -> Given<'a> {
        let Object { position, ty, around } = object;
        let mut given = Given { slots: Slots::new(), typed: BTreeSet::new() };
        for made in around.made {
            add(&mut given.slots, made.fetch, made.selection, ty);
            if made.selection.typename || made.selection.types.len() == 1 {
                given.typed.insert(made.fetch);
            }
        }
        let mut waiting: Vec<(Option<FetchId>, &'a FetchNode)> =
            self.fetches.iter().copied().filter(|(_, fetch)| fetch.position == position).collect();
        loop {
            let ready = waiting.iter().position(|(id, fetch)| match (&fetch.entry, id) {
                (FetchEntry::Entities { representations, .. }, Some(id)) => {
                    representations.iter().any(|representation| {
                        representation.ty == ty
                            && self.may_write(&representation.typename, &given, *id)
                            && self.has(&representation.fields, object, &given.slots, *id)
                            && self.has_contexts(fetch, object)
                    })
                }
                _ => false,
            });
            let Some(ready) = ready else { return given };
            let (id, fetch) = waiting.remove(ready);
            add(&mut given.slots, id, &fetch.selection, ty);
            if fetch.selection.typename {
                given.typed.insert(id);
            }
        }
    }

    /// Whether a fetch can name the object's type: it was told before, or the representation names an interface.
    fn may_write(&self, typename: &str, given: &Given<'a>, fetch: FetchId) -> bool {
        let is_interface = self.model.type_named(typename).is_some_and(|ty| self.model.is_abstract(ty));
        is_interface || !given.typed.is_disjoint(&self.before(fetch))
    }

    /// Whether a representation's fields are there before the fetch that sends it.
    fn has(&self, fields: &[RepresentationField], object: Object<'_, 'a>, given: &Slots<'a>, fetch: FetchId) -> bool {
        let before = self.before(fetch);
        fields.iter().filter(|field| field.types.contains(object.ty)).all(|field| {
            let Some(sources) = given.get(&field.slot) else { return false };
            let sources: Vec<_> = sources.iter().filter(|(id, _)| *id != Some(fetch) && before.contains(id)).collect();
            if sources.is_empty() || field.fields.is_empty() {
                return !sources.is_empty();
            }
            let made: Vec<Made<'a>> = sources.iter().filter_map(|(id, source)| made_by(*id, source)).collect();
            types_of(&made).into_iter().all(|child| {
                made.first().is_some_and(|first| {
                    let around = Around { made: &made, up: Some(&object) };
                    let child = Object { position: first.selection.position, ty: child, around };
                    let given = self.given(child);
                    self.has(&field.fields, child, &given.slots, fetch)
                })
            })
        })
    }

    /// Whether the contexts that a fetch hands in for an object are there before it: each from the nearest object around
    /// this one that sets it.
    fn has_contexts(&self, fetch: &FetchNode, object: Object<'_, 'a>) -> bool {
        if fetch.contexts.is_empty() {
            return true;
        }
        if !self.giving.borrow_mut().insert(fetch.id) {
            return false;
        }
        let fields = fetch.selection.fields.iter().filter(|field| field.types.contains(object.ty));
        let mut wanted = fields.flat_map(|field| {
            let join = self.model.field_join(field.field, fetch.subgraph);
            join.into_iter().flat_map(|join| &join.contexts).zip(&field.contexts)
        });
        let found = wanted.all(|(argument, (_, value))| {
            let mut around = std::iter::successors(object.around.up, |object| object.around.up);
            let Some(setter) = around.find(|object| argument.types.contains(object.ty)) else { return false };
            let sources = fetch.contexts.get(value.index()).map_or(&[][..], |value| &value.sources);
            let is_setter =
                |source: &&ContextSource| source.position == setter.position && source.types.contains(setter.ty);
            let Some(source) = sources.iter().find(is_setter) else { return false };
            let given = self.given(*setter);
            if source.fields.is_empty() {
                return !given.typed.is_disjoint(&self.before(fetch.id));
            }
            let has_field = source.fields.iter().any(|field| field.types.contains(setter.ty));
            has_field && self.has(&source.fields, *setter, &given.slots, fetch.id)
        });
        self.giving.borrow_mut().remove(&fetch.id);
        found
    }

    fn projection(
        &mut self,
        projection: ProjectionId,
        position: PositionId,
        types: &BTreeSet<TypeId>,
        around: Around<'_, 'a>,
        path: &mut Vec<String>,
    ) {
        let plan = self.plan;
        for ty in types.iter().filter(|ty| !self.model.ty(**ty).is_inaccessible) {
            let Some(class) =
                plan.shape.projections[projection.index()].classes.iter().find(|class| class.types.contains(*ty))
            else {
                if plan.shape.projections[projection.index()].kind != ProjectionKind::Objects {
                    continue;
                }
                self.found.push(format!("{}: nothing says what a {} shows", path.join("."), self.model.type_name(*ty)));
                continue;
            };
            let object = Object { position, ty: *ty, around };
            let given = self.given(object);
            let classes = plan.shape.projections[projection.index()].classes.len();
            let shows_type = |field: &ProjectedField| matches!(field.source, ProjectionSource::Typename(_));
            let names = plan.shape.positions[position.index()].types.len();
            let is_shown = |ty: &TypeId| {
                let classes = &plan.shape.projections[projection.index()].classes;
                classes.iter().any(|class| class.types.contains(*ty))
            };
            let some_hidden = !types.iter().all(is_shown);
            if given.typed.is_empty()
                && (classes > 1 || some_hidden || names > 1 && class.fields.iter().any(shows_type))
            {
                self.found.push(format!("{}: nobody tells the types of the objects", path.join(".")));
            }
            let given = given.slots;
            for field in &class.fields {
                path.push(field.key.to_string());
                if let ProjectionSource::Here(below) = field.source {
                    self.projection(below, position, &BTreeSet::from([*ty]), around, path);
                }
                match (field.source.slot().map(|slot| given.get(&slot)), field.source.below()) {
                    (Some(None), _) => self.missing(*ty, path),
                    (Some(Some(sources)), Some(child)) => {
                        let made: Vec<Made<'a>> =
                            sources.iter().filter_map(|(id, source)| made_by(*id, source)).collect();
                        if let Some(first) = made.first() {
                            let around = Around { made: &made, up: Some(&object) };
                            self.projection(child, first.selection.position, &types_of(&made), around, path);
                        }
                    }
                    (Some(Some(_)) | None, _) => {}
                }
                path.pop();
            }
        }
    }

    fn missing(&mut self, ty: TypeId, path: &[String]) {
        self.found.push(format!(
            "{} is fetched by nobody for objects of type {}",
            path.join("."),
            self.model.type_name(ty)
        ));
    }
}

fn add<'a>(given: &mut Slots<'a>, fetch: Option<FetchId>, selection: &'a FetchSelection, ty: TypeId) {
    for field in selection.fields.iter().filter(|field| field.types.contains(ty)) {
        given.entry(field.slot).or_default().push((fetch, field));
    }
}

fn made_by<'a>(fetch: Option<FetchId>, field: &'a FetchField) -> Option<Made<'a>> {
    match &field.content {
        FetchContent::Objects(selection) => Some(Made { fetch, selection }),
        FetchContent::Leaf(_) => None,
    }
}

/// The types that objects can have: each selection makes the same objects, so those that all of them know.
fn types_of(made: &[Made<'_>]) -> BTreeSet<TypeId> {
    let mut all = made.iter().map(|made| made.selection.types.iter().collect::<BTreeSet<_>>());
    let first = all.next().unwrap_or_default();
    all.fold(first, |known, types| known.intersection(&types).copied().collect())
}
