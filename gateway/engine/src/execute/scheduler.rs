//! Owns running the calls of a plan as a DAG: each starts the moment that the fetches in it can.
//!
//! Everything happens on the caller's task. Dropping the future ends the calls that are out.

use bytes::Bytes;
use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::time::timeout_at;
use weft_federation::operation::{BoundOperation, Variables};
use weft_federation::schema::Id;
use weft_federation::view::ClientSchema;

use super::batch::Batch;
use super::errors::SubgraphError;
use super::run::{Run, Sent};
use crate::connector::{Inputs, Part, Reads};
use crate::context::{ErrorDetail, RequestContext};
use crate::introspect::introspect;
use crate::prepared::PreparedPlan;
use crate::response::{Projected, ResponseArena, project};

/// A response, ready to be sent.
#[derive(Debug)]
pub struct ExecutionResult {
    /// `{"data":...,"errors":[...]}`
    pub body: Bytes,
    pub error_count: usize,
    /// In how many places a view's fallback stands in for an error.
    pub degraded_count: usize,
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
    respond(prepared, operation, client, variables, context, arena)
}

/// Answers one event of a subscription: what its source sent, if it has one, and the fetches that follow.
pub(super) async fn execute_event(
    prepared: &PreparedPlan,
    operation: &BoundOperation,
    client: &ClientSchema,
    variables: &Variables,
    context: &RequestContext<'_>,
    event: Option<Result<Part, SubgraphError>>,
) -> ExecutionResult {
    let mut run = Run::new(prepared, operation, context.deadline);
    if let Some(event) = event {
        run.receive_event(event);
    }
    let arena = fetch_rest(run, prepared, variables, context).await;
    respond(prepared, operation, client, variables, context, arena)
}

fn respond(
    prepared: &PreparedPlan,
    operation: &BoundOperation,
    client: &ClientSchema,
    variables: &Variables,
    context: &RequestContext<'_>,
    mut arena: ResponseArena,
) -> ExecutionResult {
    match context.errors {
        ErrorDetail::Full => {}
        ErrorDetail::Masked => arena.mask_errors(),
    }
    let introspection = introspect(operation, client, variables);
    let projected = project(&prepared.plan.shape, &arena, &introspection);
    let Projected { body, error_count, degraded_count } = projected;
    ExecutionResult { body, error_count, degraded_count }
}

/// Runs the fetches of a plan.
async fn fetch_all(
    prepared: &PreparedPlan,
    operation: &BoundOperation,
    variables: &Variables,
    context: &RequestContext<'_>,
) -> ResponseArena {
    fetch_rest(Run::new(prepared, operation, context.deadline), prepared, variables, context).await
}

async fn fetch_rest<'a>(
    mut run: Run<'a>,
    prepared: &'a PreparedPlan,
    variables: &Variables,
    context: &RequestContext<'_>,
) -> ResponseArena {
    let reads = &Reads::default();
    let call = |(sent, batch): (Sent<'a>, Batch)| async move {
        let fetch = prepared.plan.fetch(sent.fetches[0]);
        let inputs = Inputs { fetch, variables, context, reads, batch };
        let result = prepared.calls[sent.call.index()].fetch(inputs).await;
        (sent, result)
    };
    let mut out = None;
    loop {
        let mut last = None;
        while let Some(started) = run.start() {
            if let Some(before) = last.replace(started) {
                out.get_or_insert_with(FuturesUnordered::new).push(call(before));
            }
        }
        let others = out.as_ref().is_some_and(|out| !out.is_empty());
        let due = run.due();
        let answered = match (last, due) {
            (None, _) if !others => break,
            // A call that is alone needs no set of calls.
            (Some(started), None) if !others => Some(call(started).await),
            (started, due) => {
                let out = out.get_or_insert_with(FuturesUnordered::new);
                out.extend(started.map(call));
                match due {
                    None => out.next().await,
                    Some(due) => timeout_at(due, out.next()).await.unwrap_or_else(|_| {
                        run.release(due);
                        None
                    }),
                }
            }
        };
        if let Some((sent, result)) = answered {
            run.receive(sent, result);
        }
    }
    drop(out);
    run.finish()
}
