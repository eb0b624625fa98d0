//! Owns prepared plans: a plan with everything that can be worked out before a request comes. It is what caches hold.

use std::sync::Arc;

use weft_federation::operation::BoundOperation;
use weft_federation::plan::{CallId, FetchId, FetchNode, ProjectionSource, QueryPlan};
use weft_federation::schema::{Id, Model, Need};

use crate::connector::{Connectors, Prepared};
use crate::execute::RepresentationWriter;

/// A plan, how each of its calls is sent, and what each of its fetches sends.
#[derive(Debug)]
pub struct PreparedPlan {
    pub plan: QueryPlan,
    /// The fields that are refused to those whom the plan is for, each once.
    pub refused: Vec<Refused>,
    /// A subscription's source.
    pub(crate) trigger: Option<Prepared>,
    /// By `CallId`.
    pub(crate) calls: Vec<Prepared>,
    /// By `FetchId`.
    pub(crate) fetches: Vec<PreparedFetch>,
    pub(crate) model: Arc<Model>,
}

/// A field that is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// In the client's terms.
    pub coordinate: Box<str>,
    /// What it is refused for want of.
    pub need: Need,
}

#[derive(Debug)]
pub(crate) struct PreparedFetch {
    pub call: CallId,
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
                call: CallId::default(),
                representations: RepresentationWriter::new(fetch, &plan.shape, &model),
                dependents: vec![],
            })
            .collect();
        for fetch in &plan.fetches {
            for before in &fetch.depends_on {
                fetches[before.index()].dependents.push(fetch.id);
            }
        }
        let mut calls = vec![];
        for call in &plan.calls {
            call.fetches.iter().for_each(|fetch| fetches[fetch.index()].call = call.id);
            let together: Vec<&FetchNode> = call.fetches.iter().map(|fetch| plan.fetch(*fetch)).collect();
            calls.push(connectors.prepare(&together, operation));
        }
        let trigger = plan.trigger.as_ref().map(|fetch| connectors.prepare(&[fetch], operation));
        Self { refused: refused(&plan), plan, trigger, calls, fetches, model }
    }

    /// What the plan takes in memory, in bytes: a sum over what it holds.
    pub fn footprint(&self) -> usize {
        let fetches = self.fetches.iter().zip(&self.plan.fetches).map(|(prepared, fetch)| {
            // Representations and connectors repeat what the plan says of the fetch, in other words.
            size_of_val(prepared) + size_of_val(&prepared.dependents[..]) + fetch.footprint()
        });
        let calls = self.trigger.iter().chain(&self.calls).map(Prepared::footprint);
        let refused = self.refused.iter().map(|refused| size_of_val(refused) + refused.coordinate.len());
        size_of_val(self)
            + self.plan.footprint()
            + fetches.sum::<usize>()
            + calls.sum::<usize>()
            + refused.sum::<usize>()
    }
}

/// The most that is said of one operation.
const MAX_REFUSED: usize = 100;

fn refused(plan: &QueryPlan) -> Vec<Refused> {
    let mut refused: Vec<Refused> = vec![];
    let fields =
        plan.shape.projections.iter().flat_map(|projection| &projection.classes).flat_map(|class| &class.fields);
    for field in fields {
        let ProjectionSource::Denied(need) = &field.source else { continue };
        let found = Refused { coordinate: field.coordinate.clone(), need: need.clone() };
        if !refused.contains(&found) && refused.len() < MAX_REFUSED {
            refused.push(found);
        }
    }
    refused
}
