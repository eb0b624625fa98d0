//! Owns collecting: a bound operation, with its conditions decided, becomes the shape of its response and
//! the demand for what is in it ("CollectFields" of the GraphQL specification, for every type that an object can be).

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use apollo_compiler::Name;

use super::demand::{Demand, DemandId, Demands, Item, add_slot};
use super::error::PlanError;
use super::runtime::{Runtime, Sources};
use super::shape::{
    Content, Position, PositionId, ProjectedField, Projection, ProjectionClass, ProjectionId, ProjectionKind,
    ProjectionSource, ROOT, Shape, SlotId, ViewedSource,
};
use super::work::Work;
use crate::operation::{BoundOperation, Field, FieldTarget, OperationKind, Premise, Selection, SelectionSet, Sight};
use crate::schema::{Arguments, FieldId, Id, Model, NameId, TypeId, TypeSet, Wrapping, write_json_string};
use crate::view::{FieldSource, Treatment, TypeNames};

/// Fields under fields, fragments aside. Validation lets 129 through, and a client's view may make several of one. Planning
/// recurses: without optimization this many leave little of a thread's stack, with it three quarters.
const MAX_DEPTH: usize = 150;
/// Fields collected, counted for each type that they differ for.
const MAX_FIELDS: usize = 100_000;
/// Fragments looked into, counted for each type that they are looked into for.
const MAX_FRAGMENTS: usize = 5_000_000;

pub(super) struct Collected {
    pub shape: Shape,
    pub demands: Demands,
    pub root: DemandId,
}

/// With a `runtime`, what is selected on types that not all sources know is left out.
pub(super) fn collect<'o>(
    model: &'o Model,
    operation: &'o BoundOperation,
    bits: u64,
    runtime: Option<Runtime<'o>>,
    work: &'o Work<'o>,
) -> Result<Collected, PlanError> {
    let is_serial = operation.kind == OperationKind::Mutation;
    let (shape, demands) = (Shape::default(), Demands::default());
    let premises = &operation.conditions;
    let mut collector =
        Collector { model, bits, premises, is_serial, runtime, work, shape, demands, fields: 0, fragments: 0 };
    let types = TypeSet::one(operation.root);
    let all = Known { types: types.clone(), sources: Sources::new() };
    collector.shape.positions.push(Position { parent: None, types, slots: vec![], width: 0, apart: false });
    let view: View<'_> = vec![&operation.selection_set];
    let (root, projections) = collector.position(ROOT, &[view], &all, 0)?;
    // One view went in, so one projection came out.
    collector.shape.root = projections.first().copied().unwrap_or_default();
    Ok(Collected { shape: collector.shape, demands: collector.demands, root })
}

/// What the projections of a position are made of.
struct Here<'v, 'o> {
    /// The names of its types.
    names: &'v TypeNames,
    views: &'v [View<'o>],
    /// The place of the first one.
    first: usize,
}

/// The selection sets that one response key merges.
type View<'o> = Vec<&'o SelectionSet>;

struct Collector<'o> {
    model: &'o Model,
    bits: u64,
    /// What the bits stand for.
    premises: &'o [Premise],
    /// Whether the root's fields are calls that run one after the other.
    is_serial: bool,
    runtime: Option<Runtime<'o>>,
    /// Collecting has bounds of its own, so that none of it is spent.
    work: &'o Work<'o>,
    shape: Shape,
    demands: Demands,
    fields: usize,
    fragments: usize,
}

/// What is known of a position's objects: the types that all their sources know; and the sources, where they matter.
struct Known {
    types: TypeSet,
    sources: Sources,
}

/// The fields of one response key, for objects of one type.
#[derive(Clone)]
struct Entry<'o> {
    key: &'o Name,
    target: Target<'o>,
    nodes: Vec<&'o Field>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Target<'o> {
    Field {
        field: FieldId,
        name: NameId,
        wrapping: Wrapping,
        leaf: Option<TypeId>,
        arguments: &'o Arguments,
        /// Where each is a call of its own, the view that it is in and its response key there.
        call: Option<Call<'o>>,
    },
    Typename,
    Introspection,
    /// The object itself, through another view.
    Here,
    Constant,
    /// The place of the premise that does not hold.
    Denied(usize),
    /// Selected on a type that not all sources know; null.
    Unshared {
        name: NameId,
        wrapping: Wrapping,
    },
}

type Call<'o> = (usize, &'o Name);

/// Entries are alike if they come from the same fields and promise the same.
impl PartialEq for Entry<'_> {
    fn eq(&self, other: &Self) -> bool {
        let promise = |entry: &Self| match entry.target {
            Target::Field { wrapping, leaf, .. } => Some((wrapping, leaf)),
            Target::Unshared { wrapping, .. } => Some((wrapping, None)),
            Target::Typename | Target::Introspection | Target::Here | Target::Constant | Target::Denied(_) => None,
        };
        self.key == other.key
            && promise(self) == promise(other)
            && std::mem::discriminant(&self.target) == std::mem::discriminant(&other.target)
            && self.nodes.len() == other.nodes.len()
            && self.nodes.iter().zip(&other.nodes).all(|(a, b)| std::ptr::eq(*a, *b))
    }
}

/// The types of a position for which a view collects the same entries.
struct Class<'o> {
    types: Vec<TypeId>,
    entries: Vec<Entry<'o>>,
}

/// What tells slots of one position apart. The pointers are those of the child selection sets.
#[derive(PartialEq, Eq, Hash)]
struct SlotKey<'o> {
    call: Option<Call<'o>>,
    name: NameId,
    arguments: &'o Arguments,
    wrapping: Wrapping,
    leaf: Option<TypeId>,
    children: Vec<Vec<*const SelectionSet>>,
}

/// A slot while its position is collected.
struct Gathered<'o> {
    slot: SlotId,
    types: Vec<TypeId>,
    views: Vec<View<'o>>,
    projections: Vec<ProjectionId>,
    /// Selected on an interface, by one of the views at least.
    is_on_interface: bool,
}

/// Which gathered slot holds a field of a type. The last part tells calls of their own apart.
type SlotOf<'o> = HashMap<(TypeId, NameId, &'o Arguments, Option<Call<'o>>), usize>;

impl<'o> Collector<'o> {
    /// Collects a position seen through several views; gives the demand, and a projection for each view.
    fn position(
        &mut self,
        position: PositionId,
        views: &[View<'o>],
        known: &Known,
        depth: usize,
    ) -> Result<(DemandId, Vec<ProjectionId>), PlanError> {
        if depth > MAX_DEPTH {
            return Err(PlanError::too_complex(format!("fields are nested deeper than {MAX_DEPTH} levels")));
        }
        let types = self.shape.positions[position.index()].types.clone();
        let mut views = views.to_vec();
        let mut classes: Vec<Vec<Class<'o>>> = Vec::with_capacity(views.len());
        while let Some(view) = views.get(classes.len()) {
            let seen = self.classes(view, &types, &known.types)?;
            // What is seen of the same objects through another view is collected with them.
            for view in seen.iter().flat_map(|class| &class.entries).filter(|entry| entry.is_here()).map(child_view) {
                if !views.iter().any(|known| same(known, &view)) {
                    views.push(view);
                }
            }
            classes.push(seen);
        }
        if self.is_serial && position == ROOT {
            set_apart(&mut classes);
        }
        let (mut gathered, by_field) = self.slots(position, &types, &views, &classes);

        let mut items = Vec::with_capacity(gathered.len());
        for slot in &mut gathered {
            let set: TypeSet = slot.types.iter().copied().collect();
            self.shape.slots[slot.slot.index()].types = set.clone();
            let content = self.shape.slots[slot.slot.index()].content.clone();
            let child = match content {
                Content::Leaf(_) => None,
                Content::Objects(child) => {
                    let possible = set.iter().filter_map(|ty| {
                        let field = self.model.field_of(ty, self.shape.slots[slot.slot.index()].name)?;
                        Some(self.model.ty(self.model.field(field).base).possible.iter())
                    });
                    let possible: TypeSet = possible.flatten().collect();
                    let below = self.below(known, slot, &possible)?;
                    self.shape.positions[child.index()].types = possible;
                    let (demand, projections) = self.position(child, &slot.views, &below, depth + 1)?;
                    slot.projections = projections;
                    Some(demand)
                }
            };
            items.push(Item { slot: slot.slot, types: set, child });
        }
        let typenames = self.typenames(&types);
        let on_interface = gathered.iter().filter(|slot| slot.is_on_interface).map(|slot| slot.slot).collect();
        let mut projections = Vec::with_capacity(views.len());
        let mut typed = false;
        let first = self.shape.projections.len();
        for (view, classes) in views.iter().zip(classes) {
            let names = match sight(view) {
                Sight::Named(names) => names,
                Sight::Plain | Sight::Through => &typenames,
            };
            let here = Here { names, views: &views, first };
            let classes = classes.into_iter().flat_map(|class| split_by_slots(class, &by_field));
            let classes: Vec<_> =
                classes.map(|class| self.project(class, &here, &gathered, &by_field)).collect::<Result<_, _>>()?;
            let shown: usize = classes.iter().map(|class| class.types.len()).sum();
            let differ = classes.len() > 1 || shown < types.len() || classes.iter().any(shows_typename);
            typed |= types.len() > 1 && differ;
            projections.push(ProjectionId::from_index(self.shape.projections.len()));
            let kind = match sight(view) {
                Sight::Plain => ProjectionKind::Objects,
                Sight::Named(_) => ProjectionKind::View,
                Sight::Through => ProjectionKind::Through,
            };
            self.shape.projections.push(Projection { position, classes, kind });
        }
        let demand = self.demands.add(Demand { position, items, on_interface, typed });
        Ok((demand, projections))
    }

    /// What is known of the objects in a slot.
    fn below(&mut self, known: &Known, slot: &Gathered<'o>, possible: &TypeSet) -> Result<Known, PlanError> {
        let Some(runtime) = &mut self.runtime else {
            return Ok(Known { types: possible.clone(), sources: Sources::new() });
        };
        let name = self.shape.slots[slot.slot.index()].name;
        let (sources, types) = runtime.below(&known.sources, &slot.types, name, possible)?;
        Ok(Known { types, sources })
    }

    /// The slots that the views need, and which slot each type's field is in.
    fn slots(
        &mut self,
        position: PositionId,
        types: &TypeSet,
        views: &[View<'o>],
        classes: &[Vec<Class<'o>>],
    ) -> (Vec<Gathered<'o>>, SlotOf<'o>) {
        let mut gathered: Vec<Gathered<'o>> = vec![];
        let mut known: HashMap<SlotKey<'o>, usize> = HashMap::new();
        let mut by_field = HashMap::new();
        for ty in types.iter() {
            // What all views together want of each field of this type, in the order of the first view that does.
            let mut wanted: Vec<(FieldId, Target<'o>, Vec<View<'o>>, bool)> = vec![];
            let mut places: HashMap<(NameId, &'o Arguments, Option<Call<'o>>), usize> = HashMap::new();
            for entry in entries_of(ty, views, classes) {
                let Target::Field { name, arguments, call, .. } = entry.target else { continue };
                // The class was collected for a type like this one; the field's own definition is this type's.
                let Some(field) = self.model.field_of(ty, name) else { continue };
                let at = *places.entry((name, arguments, call)).or_insert_with(|| {
                    wanted.push((field, entry.target, vec![], false));
                    wanted.len() - 1
                });
                let view = child_view(entry);
                wanted[at].3 |= entry.nodes.iter().any(|node| self.is_on_interface(node));
                if !view.is_empty() && !wanted[at].2.iter().any(|known| same(known, &view)) {
                    wanted[at].2.push(view);
                }
            }
            for (field, target, views, is_on_interface) in wanted {
                let Target::Field { name, wrapping, leaf, arguments, call, .. } = target else { continue };
                let children =
                    views.iter().map(|view| view.iter().map(|set| std::ptr::from_ref(*set)).collect()).collect();
                let key = SlotKey { call, name, arguments, wrapping, leaf, children };
                let at = *known.entry(key).or_insert_with(|| {
                    let slot = add_slot(self.model, &mut self.shape, position, field, Arc::clone(arguments));
                    gathered.push(Gathered { slot, types: vec![], views, projections: vec![], is_on_interface: false });
                    gathered.len() - 1
                });
                gathered[at].types.push(ty);
                gathered[at].is_on_interface |= is_on_interface;
                by_field.insert((ty, name, arguments, call), at);
            }
        }
        (gathered, by_field)
    }

    fn project(
        &self,
        class: Class<'o>,
        here: &Here<'_, 'o>,
        gathered: &[Gathered<'o>],
        by_field: &SlotOf<'o>,
    ) -> Result<ProjectionClass, PlanError> {
        let mut fields = Vec::with_capacity(class.entries.len());
        let first = class.types.first().copied();
        for entry in &class.entries {
            let mut prefix = String::from(if fields.is_empty() { '{' } else { ',' });
            write_json_string(entry.key, &mut prefix);
            prefix.push(':');
            let (wrapping, source, name) = match &entry.target {
                Target::Typename => {
                    (Wrapping::NON_NULL, ProjectionSource::Typename(Arc::clone(here.names)), "__typename")
                }
                Target::Introspection => (Wrapping::default(), ProjectionSource::Introspection, entry.key.as_str()),
                Target::Unshared { name, wrapping } => {
                    (*wrapping, ProjectionSource::Unshared, self.model.name(*name).as_str())
                }
                Target::Here => {
                    let view = child_view(entry);
                    let at =
                        here.views.iter().position(|known| same(known, &view)).ok_or_else(|| inconsistent(entry))?;
                    let below = ProjectionId::from_index(here.first + at);
                    (Wrapping::NON_NULL, ProjectionSource::Here(below), entry.key.as_str())
                }
                Target::Constant | Target::Denied(_) => {
                    (Wrapping::default(), self.without_slot(entry)?, entry.key.as_str())
                }
                Target::Field { name, wrapping, arguments, call, .. } => {
                    let Some(at) = first.and_then(|ty| by_field.get(&(ty, *name, *arguments, *call))) else { continue };
                    let slot = &gathered[*at];
                    let view = child_view(entry);
                    let below = slot.views.iter().position(|known| same(known, &view)).map(|at| slot.projections[at]);
                    (*wrapping, self.slot_source(entry, slot.slot, below), self.model.name(*name).as_str())
                }
            };
            let view = entry.nodes.first().and_then(|node| node.view.as_ref());
            let promised = wrapping;
            let (wrapping, coordinate) = match (view, first) {
                (Some(view), _) => (view.map.wrapping, view.map.coordinate.clone()),
                (None, Some(ty)) => (wrapping, format!("{}.{name}", self.model.type_name(ty)).into()),
                (None, None) => (wrapping, name.into()),
            };
            let (key, prefix) = (entry.key.clone(), prefix.into());
            fields.push(ProjectedField { key, prefix, wrapping, promised, source, coordinate });
        }
        Ok(ProjectionClass { types: class.types.into_iter().collect(), fields })
    }

    /// What is asked of nobody.
    fn without_slot(&self, entry: &Entry<'o>) -> Result<ProjectionSource, PlanError> {
        let map = entry.nodes.first().and_then(|node| node.view.as_ref()).map(|view| &view.map);
        match (&entry.target, map.map(|map| &map.source)) {
            (Target::Denied(premise), _) => match &self.premises[*premise] {
                Premise::Need(need) => Ok(ProjectionSource::Denied(need.clone())),
                Premise::Variable(_) => Err(inconsistent(entry)),
            },
            (_, Some(FieldSource::Constant(json))) => Ok(ProjectionSource::Constant(json.clone())),
            (_, Some(FieldSource::Path(_) | FieldSource::Here | FieldSource::Members(_)) | None) => {
                Err(inconsistent(entry))
            }
        }
    }

    /// What is read from a slot.
    fn slot_source(&self, entry: &Entry<'o>, slot: SlotId, below: Option<ProjectionId>) -> ProjectionSource {
        let plain = || match below {
            Some(below) => ProjectionSource::Objects(slot, below),
            None => ProjectionSource::Leaf(slot),
        };
        let Some(node) = entry.nodes.first() else { return plain() };
        let Some(view) = &node.view else { return plain() };
        let FieldSource::Path(steps) = &view.map.source else { return plain() };
        let Some(step) = steps.get(view.step) else { return plain() };
        let mut treatment = if view.step == 0 { view.map.treatment.clone() } else { Treatment::default() };
        if view.unmasked.is_some_and(|bit| self.bits >> bit & 1 == 1) {
            treatment.mask = None;
        }
        let is_through = matches!(node.selection_set.sight, Sight::Through);
        // Who looks through an object finds a source of this kind.
        if view.step == 0 && !is_through && step.lists.is_empty() && treatment == Treatment::default() {
            return plain();
        }
        let lists = step.lists.iter().copied().collect();
        ProjectionSource::Viewed(Box::new(ViewedSource { slot, below, lists, treatment }))
    }

    /// The names of types, as JSON strings.
    fn typenames(&self, types: &TypeSet) -> TypeNames {
        let name = |ty| {
            let mut json = String::new();
            write_json_string(self.model.type_name(ty), &mut json);
            (ty, json.into_boxed_str())
        };
        types.iter().map(name).collect()
    }

    /// Splits a position's types by what a view collects for them. Of what no client sees nothing is collected.
    fn classes(&mut self, view: &View<'o>, types: &TypeSet, known: &TypeSet) -> Result<Vec<Class<'o>>, PlanError> {
        let mut classes: Vec<Class<'o>> = vec![];
        let is_seen = |ty: &TypeId| match sight(view) {
            Sight::Plain | Sight::Through => !self.model.ty(*ty).is_inaccessible,
            Sight::Named(names) => names.binary_search_by_key(ty, |(known, _)| *known).is_ok(),
        };
        for ty in types.iter().filter(is_seen) {
            let mut entries = vec![];
            let mut seen = HashSet::new();
            for set in view {
                self.fields_of(ty, known.contains(ty), set, &mut entries, &mut seen)?;
            }
            match classes.iter_mut().find(|class| class.entries == entries) {
                Some(class) => class.types.push(ty),
                None => classes.push(Class { types: vec![ty], entries }),
            }
        }
        Ok(classes)
    }

    fn fields_of(
        &mut self,
        ty: TypeId,
        is_known: bool,
        set: &'o SelectionSet,
        entries: &mut Vec<Entry<'o>>,
        seen: &mut HashSet<*const SelectionSet>,
    ) -> Result<(), PlanError> {
        for selection in &set.selections {
            self.work.go_on()?;
            match selection {
                Selection::Fragment(fragment) => {
                    self.fragments += 1;
                    if self.fragments > MAX_FRAGMENTS {
                        let message = format!(
                            "it has more than {MAX_FRAGMENTS} fragments, counted for each type that they are tried for"
                        );
                        return Err(PlanError::too_complex(message));
                    }
                    let applies = fragment.types.as_ref().is_none_or(|types| types.contains(ty));
                    let taken = fragment.conditions.iter().all(|condition| condition.holds(self.bits));
                    if applies && taken && seen.insert(Arc::as_ptr(&fragment.selection_set)) {
                        self.fields_of(ty, is_known, &fragment.selection_set, entries, seen)?;
                    }
                }
                Selection::Field(field) => {
                    if !field.conditions.iter().all(|condition| condition.holds(self.bits)) {
                        continue;
                    }
                    self.fields += 1;
                    if self.fields > MAX_FIELDS {
                        let message = format!(
                            "it asks for more than {MAX_FIELDS} fields, counted for each type that they differ for"
                        );
                        return Err(PlanError::too_complex(message));
                    }
                    match entries.iter_mut().find(|entry| entry.key == &field.key) {
                        Some(entry) => {
                            entry.nodes.push(field);
                            if matches!(entry.target, Target::Unshared { .. }) {
                                entry.target = self.target(ty, is_known, field)?;
                            }
                        }
                        None => {
                            let target = self.target(ty, is_known, field)?;
                            entries.push(Entry { key: &field.key, target, nodes: vec![field] });
                        }
                    }
                }
            }
        }
        Ok(())
    }

    fn is_on_interface(&self, field: &Field) -> bool {
        matches!(field.target, FieldTarget::Field(asked) if self.model.is_abstract(self.model.field(asked).parent))
    }

    fn target(&self, ty: TypeId, is_known: bool, field: &'o Field) -> Result<Target<'o>, PlanError> {
        let needs = field.view.iter().flat_map(|view| &view.needs);
        if let Some(denied) = needs.copied().find(|bit| self.bits >> bit & 1 == 0) {
            return Ok(Target::Denied(denied.into()));
        }
        Ok(match field.target {
            FieldTarget::Here => Target::Here,
            FieldTarget::Constant => Target::Constant,
            FieldTarget::Typename => Target::Typename,
            FieldTarget::Introspection => Target::Introspection,
            FieldTarget::Field(asked) => {
                let name = self.model.field(asked).name;
                let field_id = self.model.field_of(ty, name).ok_or_else(|| {
                    PlanError::internal(format!("{} has no field {}", self.model.type_name(ty), self.model.name(name)))
                })?;
                let def = self.model.field(field_id);
                // What is selected on an interface can be asked of it, also of objects whose type is not known.
                if !is_known && !self.is_on_interface(field) {
                    return Ok(Target::Unshared { name, wrapping: def.wrapping });
                }
                let leaf = (!self.model.is_composite(def.base)).then_some(def.base);
                let arguments = &field.arguments;
                Target::Field { field: field_id, name, wrapping: def.wrapping, leaf, arguments, call: None }
            }
        })
    }
}

impl Entry<'_> {
    fn is_here(&self) -> bool {
        matches!(self.target, Target::Here)
    }
}

/// A mistake of ours: what was bound does not fit together.
fn inconsistent(entry: &Entry<'_>) -> PlanError {
    PlanError::internal(format!("the view of the field \"{}\" does not fit its operation", entry.key))
}

/// How the objects of a view are seen.
fn sight<'o>(view: &View<'o>) -> &'o Sight {
    view.first().map_or(&Sight::Plain, |set| &set.sight)
}

/// What all views of a position want of objects of one type, in the order of the response.
fn entries_of<'c, 'o>(ty: TypeId, views: &[View<'o>], classes: &'c [Vec<Class<'o>>]) -> Vec<&'c Entry<'o>> {
    let mut entries = vec![];
    let mut seen = vec![false; views.len()];
    for at in 0..views.len() {
        add_entries(at, ty, views, classes, &mut seen, &mut entries);
    }
    entries
}

fn add_entries<'c, 'o>(
    view: usize,
    ty: TypeId,
    views: &[View<'o>],
    classes: &'c [Vec<Class<'o>>],
    seen: &mut [bool],
    entries: &mut Vec<&'c Entry<'o>>,
) {
    if std::mem::replace(&mut seen[view], true) {
        return;
    }
    for entry in classes[view].iter().filter(|class| class.types.contains(&ty)).flat_map(|class| &class.entries) {
        if entry.is_here() {
            let below = child_view(entry);
            if let Some(at) = views.iter().position(|known| same(known, &below)) {
                add_entries(at, ty, views, classes, seen, entries);
            }
        } else {
            entries.push(entry);
        }
    }
}

fn shows_typename(class: &ProjectionClass) -> bool {
    class.fields.iter().any(|field| matches!(field.source, ProjectionSource::Typename(_)))
}

/// A mutation's root fields are calls, and one that is asked for under two keys is made twice.
fn set_apart(classes: &mut [Vec<Class<'_>>]) {
    for (view, classes) in classes.iter_mut().enumerate() {
        for entry in classes.iter_mut().flat_map(|class| &mut class.entries) {
            if let Target::Field { call, .. } = &mut entry.target {
                *call = Some((view, entry.key));
            }
        }
    }
}

/// Splits a class whose types keep the same field in different slots, because another view wants more of some.
fn split_by_slots<'o>(class: Class<'o>, by_field: &SlotOf<'o>) -> Vec<Class<'o>> {
    let mut split: Vec<(Vec<Option<usize>>, Class<'o>)> = vec![];
    for ty in class.types {
        let slots = class.entries.iter().map(|entry| match entry.target {
            Target::Field { name, arguments, call, .. } => by_field.get(&(ty, name, arguments, call)).copied(),
            Target::Typename
            | Target::Introspection
            | Target::Unshared { .. }
            | Target::Here
            | Target::Constant
            | Target::Denied(_) => None,
        });
        let slots: Vec<Option<usize>> = slots.collect();
        match split.iter_mut().find(|(known, _)| *known == slots) {
            Some((_, class)) => class.types.push(ty),
            None => split.push((slots, Class { types: vec![ty], entries: class.entries.clone() })),
        }
    }
    split.into_iter().map(|(_, class)| class).collect()
}

/// The selection sets under an entry, each once; none under a leaf.
fn child_view<'o>(entry: &Entry<'o>) -> View<'o> {
    let mut view: View<'o> = vec![];
    match entry.target {
        Target::Field { leaf: None, .. } | Target::Here => {
            let mut seen = HashSet::new();
            let sets = entry.nodes.iter().map(|node| &*node.selection_set);
            view.extend(sets.filter(|set| seen.insert(std::ptr::from_ref(*set))));
        }
        Target::Field { leaf: Some(_), .. }
        | Target::Typename
        | Target::Introspection
        | Target::Unshared { .. }
        | Target::Constant
        | Target::Denied(_) => {}
    }
    view
}

fn same(a: &View<'_>, b: &View<'_>) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| std::ptr::eq(*a, *b))
}
