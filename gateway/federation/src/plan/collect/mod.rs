//! Owns collecting: a bound operation, with its conditions decided, becomes the shape of its response and
//! the demand for what is in it ("CollectFields" of the GraphQL specification, for every type that an object can be).

mod entries;
mod project;
mod runs;
mod selves;
mod slots;

use super::demand::{Demand, DemandId, Demands, Item};
use super::error::PlanError;
use super::runtime::{Runtime, Sources};
use super::shape::{Content, Position, PositionId, Projection, ProjectionId, ProjectionKind, ROOT, Shape};
use super::work::Work;
use crate::operation::{BoundOperation, OperationKind, Premise, SelectionSet, Sight};
use crate::schema::{Id, Model, NeedId, TypeSet};
use entries::{Class, child_view, set_apart};
use project::{Here, shows_typename};
use slots::{Gathered, split_by_slots};

/// Fields under fields, fragments aside. Validation lets 129 through, and a client's view may make several of one. Planning
/// recurses: without optimization this many leave little of a thread's stack, with it three quarters.
const MAX_DEPTH: usize = 150;

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
    let (premises, demanded) = (&operation.conditions[..], &operation.demanded[..]);
    let mut collector = Collector {
        model,
        bits,
        premises,
        demanded,
        is_serial,
        runtime,
        work,
        shape,
        demands,
        fields: 0,
        fragments: 0,
    };
    let types = TypeSet::one(operation.root);
    let all = Known { types: types.clone(), sources: Sources::new() };
    collector.shape.positions.push(Position::new(None, types));
    let view: View<'_> = vec![&operation.selection_set];
    let (root, projections) = collector.position(ROOT, &[view], &all, 0)?;
    // One view went in, so one projection came out.
    collector.shape.root = projections.first().copied().unwrap_or_default();
    runs::find(&mut collector.shape);
    Ok(Collected { shape: collector.shape, demands: collector.demands, root })
}

/// The selection sets that one response key merges.
type View<'o> = Vec<&'o SelectionSet>;

struct Collector<'o> {
    model: &'o Model,
    bits: u64,
    /// What the bits stand for.
    premises: &'o [Premise],
    /// The bits of what the supergraph demands.
    demanded: &'o [(NeedId, u8)],
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

impl Known {
    /// Those of the types that some source gives. Where there is no source there is nothing to go by.
    fn possible(&self, types: TypeSet) -> TypeSet {
        let given: TypeSet = self.sources.iter().filter(|(_, nodes)| !nodes.is_empty()).map(|(ty, _)| *ty).collect();
        if given.is_empty() { types } else { types.intersect(&given) }
    }
}

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
            let is_below = position != ROOT || !classes.is_empty();
            let mut entries = seen.iter().flat_map(|class| &class.entries);
            if let Some(entry) = entries.find(|entry| is_below && entry.is_introspection()) {
                return Err(PlanError::introspection_below(entry.key));
            }
            // What is seen of the same objects through another view is collected with them.
            for view in seen.iter().flat_map(|class| &class.entries).filter(|entry| entry.is_here()).map(child_view) {
                if !views.iter().any(|known| same(known, &view)) {
                    views.push(view);
                }
            }
            classes.push(seen);
        }
        selves::check(&views, &classes)?;
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
                    let possible = below.possible(possible);
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
        let demand = self.demands.add(Demand { items, on_interface, typed, ..Demand::new(position) });
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
}

/// How the objects of a view are seen.
fn sight<'o>(view: &View<'o>) -> &'o Sight {
    view.first().map_or(&Sight::Plain, |set| &set.sight)
}

fn same(a: &View<'_>, b: &View<'_>) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| std::ptr::eq(*a, *b))
}
