//! Owns query planning: from a bound operation to the fetches that answer it.
//!
//! ```text
//! bound operation ── collect ──> shape + demands ── search ──> decisions ── steps ──> groups ── passes ── assemble, calls ──> plan
//! ```

mod alike;
mod assemble;
mod calls;
mod collect;
mod connectors;
mod contexts;
mod demand;
mod error;
pub mod explain;
mod footprint;
mod given;
pub mod graph;
mod passes;
mod provides;
mod query_plan;
mod runtime;
mod satisfy;
mod search;
mod shape;
mod steps;
mod typenames;
mod unbatched;
pub mod verify;
mod work;

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

pub use error::PlanError;
pub use graph::LookupId;
pub use query_plan::{
    CallId, CallNode, ContextSource, ContextValue, ContextValueId, FetchContent, FetchEntry, FetchField, FetchId,
    FetchNode, FetchSelection, QueryPlan, RepresentationField, RepresentationPlan,
};
pub use shape::{
    Content, Leaf, Position, PositionId, ProjectedField, Projection, ProjectionClass, ProjectionId, ProjectionKind,
    ProjectionSource, ROOT, Shape, Slot, SlotId, ViewedSource,
};

use crate::connect::Connectors;
use crate::operation::{BoundOperation, OperationKind};
use crate::schema::{Model, NameId, Satisfiable, Supergraph};
pub(crate) use satisfy::{Lack, Unreachable};
pub(crate) use unbatched::{Calls as UnbatchedCalls, Unbatched, UnbatchedInView};

use demand::{Demand, DemandId};
use graph::PlannerGraph;
use work::Work;

/// Steps that the search for a plan may take: far above what operations written by people need, and below a second.
const BUDGET: u64 = 4_000_000;

/// Plans operations on one supergraph.
#[derive(Debug)]
pub struct Planner {
    model: Arc<Model>,
    connectors: Arc<Connectors>,
    graph: PlannerGraph,
    /// Names of the fields for which it matters from where their objects come, or those around them.
    followed: HashSet<NameId>,
}

impl Planner {
    /// Plans with no label of a progressive override active: the fields stay with the subgraphs that they had.
    pub fn new(supergraph: &Supergraph<Satisfiable>) -> Self {
        Self::with_labels(supergraph, &BTreeSet::new())
    }

    /// Plans with these labels of progressive overrides active.
    pub fn with_labels(supergraph: &Supergraph<Satisfiable>, active: &BTreeSet<&str>) -> Self {
        let (model, connectors) = (Arc::clone(&supergraph.model), Arc::clone(&supergraph.connectors));
        Self::build(model, connectors, active)
    }

    /// A planner on the same supergraph with these labels active, and no others.
    pub fn relabelled(&self, active: &BTreeSet<&str>) -> Self {
        let (model, connectors) = (Arc::clone(&self.model), Arc::clone(&self.connectors));
        Self::build(model, connectors, active)
    }

    fn build(model: Arc<Model>, connectors: Arc<Connectors>, active: &BTreeSet<&str>) -> Self {
        let graph = PlannerGraph::build(&model, &connectors, active);
        let followed = runtime::partial_fields(&model).chain(runtime::contextual_fields(&model)).collect();
        Self { model, connectors, graph, followed }
    }

    /// Plans an operation for one value of its condition bits. The same input gives the same plan.
    pub fn plan(&self, operation: &BoundOperation, bits: u64) -> Result<QueryPlan, PlanError> {
        self.plan_while(operation, bits, &|| true)
    }

    /// Plans for as long as `is_wanted` says that somebody waits for the plan. It is asked often, so it has to be quick.
    pub fn plan_while(
        &self,
        operation: &BoundOperation,
        bits: u64,
        is_wanted: &dyn Fn() -> bool,
    ) -> Result<QueryPlan, PlanError> {
        let work = Work::wanted(BUDGET, is_wanted);
        let is_partial = runtime::selects(&self.model, operation, &self.followed);
        let runtime = is_partial.then(|| runtime::Runtime::new(&self.model, &self.graph, &work));
        let collect::Collected { shape, mut demands, root } =
            collect::collect(&self.model, operation, bits, runtime, &work)?;
        // The root fields of a mutation run one after the other; all others have no order.
        let mut roots = vec![root];
        if operation.kind == OperationKind::Mutation {
            let items = demands.get(root).items.clone();
            roots =
                items.into_iter().map(|item| demands.add(Demand { items: vec![item], ..Demand::new(ROOT) })).collect();
        }
        let mut search = search::Search::new(&self.model, &self.graph, shape, demands, &work);
        let (groups, places) = steps(&mut search, &roots)?;
        let groups = groups.into_iter().map(Some).collect();
        let search::Search { shape, demands, .. } = search;
        let mut draft = passes::Draft { graph: &self.graph, groups, places };
        if operation.kind == OperationKind::Mutation {
            draft.merge_mutation_roots();
        }
        draft.merge_lookups(passes::Inputs { shape: &shape, demands: &demands });
        let plan = assemble::assemble(&self.model, operation.kind, &draft, &demands, shape);
        debug_assert_eq!(verify::verify(&self.model, &plan), Ok(()));
        Ok(plan)
    }
}

/// Finds the steps to what is wanted. Sources are chosen for that alone; where they cannot give what a context takes of their
/// objects, they are chosen once more, for both.
fn steps(
    search: &mut search::Search<'_>,
    roots: &[DemandId],
) -> Result<(Vec<steps::Group>, Vec<steps::Place>), PlanError> {
    let mut first: Option<PlanError> = None;
    loop {
        let mut steps = steps::Steps::new(search);
        let planned = steps.roots(roots);
        let steps::Steps { groups, places, lacking, .. } = steps;
        let Err(error) = planned else { return Ok((groups, places)) };
        // What is wanted together only once may be had in no way; then it is the context's value that is lacking.
        let error = first.filter(|first| first.code == error.code).unwrap_or(error);
        if !lacking.is_some_and(|(demand, taken)| search.join(demand, taken)) {
            return Err(error);
        }
        first = Some(error);
    }
}

/// What clients can see of a supergraph but no plan can reach; the flag is false if it was too large to be proved.
///
/// Progressive overrides are proved where all are active and where none is: states between these are not looked at.
pub(crate) fn unreachable(supergraph: &Supergraph<crate::schema::Merged>) -> (Vec<Unreachable>, bool) {
    let prove = |active: &BTreeSet<&str>| {
        let graph = PlannerGraph::build(&supergraph.model, &supergraph.connectors, active);
        satisfy::unreachable(supergraph, &graph)
    };
    let labels = supergraph.model.override_labels();
    let (mut found, mut is_complete) = prove(&BTreeSet::new());
    if !labels.is_empty() {
        let (more, is_complete_too) = prove(&labels);
        let is_new = |lack: &Unreachable| found.iter().all(|known| known.lack != lack.lack);
        let more: Vec<Unreachable> = more.into_iter().filter(is_new).collect();
        found.extend(more);
        is_complete &= is_complete_too;
    }
    (found, is_complete)
}
