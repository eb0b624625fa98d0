//! Owns running the fetches of a plan as a DAG: each starts the moment that those it depends on have ended.
//!
//! Everything happens on the caller's task. Dropping the future ends the calls that are out.

use bytes::Bytes;
use futures_util::stream::{FuturesUnordered, StreamExt};
use weft_federation::operation::{BoundOperation, Variables};
use weft_federation::plan::{FetchId, FetchNode};
use weft_federation::schema::Id;
use weft_federation::view::ClientSchema;

use super::errors::SubgraphError;
use super::explain::explain;
use super::receive::{Cause, Receiver};
use super::representations::{Batch, Missing, Targets};
use crate::connector::{Inputs, Reads};
use crate::context::RequestContext;
use crate::introspect::introspect;
use crate::prepared::PreparedPlan;
use crate::response::{ObjectId, ResponseArena, project};

/// A response, ready to be sent.
#[derive(Debug)]
pub struct ExecutionResult {
    /// `{"data":...,"errors":[...]}`
    pub body: Bytes,
    pub error_count: usize,
}

/// Runs a plan and writes the client's answer. `client` must be the schema that `operation` was bound to.
pub async fn execute(
    prepared: &PreparedPlan,
    operation: &BoundOperation,
    client: &ClientSchema,
    variables: &Variables,
    context: &RequestContext<'_>,
) -> ExecutionResult {
    let arena = fetch_all(prepared, operation, variables, context).await;
    let introspection = introspect(operation, client, variables);
    let projected = project(&prepared.plan.shape, &arena, &introspection);
    ExecutionResult { body: projected.body, error_count: projected.error_count }
}

/// Runs the fetches of a plan.
pub(super) async fn fetch_all(
    prepared: &PreparedPlan,
    operation: &BoundOperation,
    variables: &Variables,
    context: &RequestContext<'_>,
) -> ResponseArena {
    let mut run = Run::new(prepared, operation);
    let reads = Reads::default();
    let mut calls = FuturesUnordered::new();
    let mut ready: Vec<FetchId> =
        prepared.plan.fetches.iter().filter(|fetch| fetch.depends_on.is_empty()).map(|fetch| fetch.id).collect();
    loop {
        while let Some(id) = ready.pop() {
            match run.start(id) {
                Some(batch) => {
                    let call = &prepared.fetches[id.index()].call;
                    let fetch = prepared.plan.fetch(id);
                    let inputs = Inputs { fetch, variables, context, reads: &reads, batch };
                    calls.push(async move { (id, call.fetch(inputs).await) });
                }
                None => run.end(id, &mut ready),
            }
        }
        let Some((id, result)) = calls.next().await else { break };
        let cause = run.receiver(id).receive(result);
        run.causes.extend(cause.map(|cause| (id, cause)));
        run.end(id, &mut ready);
    }
    drop(calls);
    run.explain();
    run.arena
}

/// A plan while it runs.
struct Run<'a> {
    prepared: &'a PreparedPlan,
    arena: ResponseArena,
    /// Per fetch, how many it still waits for.
    waiting: Vec<usize>,
    /// Per fetch that is out, the objects that its entities are for.
    targets: Vec<Option<Targets>>,
    /// The fetches that went wrong in part or as a whole.
    causes: Vec<(FetchId, Cause)>,
}

impl<'a> Run<'a> {
    fn new(prepared: &'a PreparedPlan, operation: &BoundOperation) -> Self {
        let fetches = &prepared.plan.fetches;
        Self {
            prepared,
            arena: ResponseArena::new(&prepared.plan.shape, operation.root),
            waiting: fetches.iter().map(|fetch| fetch.depends_on.len()).collect(),
            targets: fetches.iter().map(|_| None).collect(),
            causes: vec![],
        }
    }

    fn fetch(&self, id: FetchId) -> &'a FetchNode {
        self.prepared.plan.fetch(id)
    }

    /// Works out what a fetch sends. `None` if there is nothing to ask.
    fn start(&mut self, id: FetchId) -> Option<Batch> {
        let PreparedPlan { plan, fetches, .. } = self.prepared;
        let fetch = &fetches[id.index()];
        let Some(writer) = &fetch.representations else { return Some(Batch::default()) };
        let prefix = fetch.call.body_prefix();
        let mut body = Vec::with_capacity(prefix.len() + 512);
        body.extend_from_slice(prefix);
        let written = writer.write(&plan.shape, &self.arena, &self.fetch(id).selection, body);
        for (object, missing) in written.blocked {
            let error = match missing {
                Missing::Nothing => continue,
                Missing::Error(error) => error,
                Missing::Null(coordinate) => {
                    let message = format!("Cannot return null for the non-nullable field {coordinate}.");
                    self.arena.new_error(SubgraphError::internal(message))
                }
            };
            self.arena.attach(object, error);
        }
        self.arena.commit();
        if written.batch.spans.is_empty() {
            return None;
        }
        self.targets[id.index()] = Some(written.targets);
        Some(written.batch)
    }

    fn receiver(&mut self, id: FetchId) -> Receiver<'_> {
        let PreparedPlan { plan, fetches, model } = self.prepared;
        Receiver {
            shape: &plan.shape,
            model,
            arena: &mut self.arena,
            fetch: plan.fetch(id),
            origin: &fetches[id.index()].call.origin,
            targets: self.targets[id.index()].as_ref(),
        }
    }

    /// Gives what is still missing now the error of the fetch that was to bring it. What is told nowhere then is told without
    /// a place.
    fn explain(&mut self) {
        // The order in which fetches end does not show.
        self.causes.sort_by_key(|(id, _)| *id);
        for (id, cause) in &self.causes {
            let objects = match &self.targets[id.index()] {
                Some(targets) => targets.all(),
                None => &[ObjectId::ROOT],
            };
            let PreparedPlan { plan, .. } = self.prepared;
            let found = explain(&plan.shape, &mut self.arena, &plan.fetch(*id).selection, objects, cause.error);
            if !found && !cause.is_told {
                self.arena.add_unlocated(cause.error);
            }
        }
    }

    /// Notes that a fetch has ended, and which can start now.
    fn end(&mut self, id: FetchId, ready: &mut Vec<FetchId>) {
        for dependent in &self.prepared.fetches[id.index()].dependents {
            let waiting = &mut self.waiting[dependent.index()];
            *waiting -= 1;
            if *waiting == 0 {
                ready.push(*dependent);
            }
        }
    }
}
