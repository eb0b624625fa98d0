//! Owns prepared plans: a plan with everything that can be worked out before a request comes. It is what caches hold.

use std::sync::Arc;

use weft_federation::operation::BoundOperation;
use weft_federation::plan::{FetchId, QueryPlan};
use weft_federation::schema::{Id, Model};

use crate::connector::{Connectors, Prepared};
use crate::execute::RepresentationWriter;

/// A plan and, for each of its fetches, how it is sent.
#[derive(Debug)]
pub struct PreparedPlan {
    pub plan: QueryPlan,
    /// A subscription's source.
    pub(crate) trigger: Option<Prepared>,
    pub(crate) fetches: Vec<PreparedFetch>,
    pub(crate) model: Arc<Model>,
}

#[derive(Debug)]
pub(crate) struct PreparedFetch {
    pub call: Prepared,
    /// For entities.
    pub representations: Option<RepresentationWriter>,
    /// The fetches that wait for this one.
    pub dependents: Vec<FetchId>,
}

impl PreparedPlan {
    /// Prepares every fetch of `plan`, which must come from `operation` and from the supergraph of `connectors`.
    pub fn new(plan: QueryPlan, operation: &BoundOperation, connectors: &Connectors) -> Self {
        let model = Arc::clone(connectors.model());
        let mut fetches: Vec<PreparedFetch> = plan
            .fetches
            .iter()
            .map(|fetch| PreparedFetch {
                call: connectors.prepare(fetch, operation),
                representations: RepresentationWriter::new(fetch, &plan.shape, &model),
                dependents: vec![],
            })
            .collect();
        for fetch in &plan.fetches {
            for before in &fetch.depends_on {
                fetches[before.index()].dependents.push(fetch.id);
            }
        }
        let trigger = plan.trigger.as_ref().map(|fetch| connectors.prepare(fetch, operation));
        Self { plan, trigger, fetches, model }
    }
}
