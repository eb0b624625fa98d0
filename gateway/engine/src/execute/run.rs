//! Owns a plan's state while it runs: which fetches still wait, which calls can start, and what these are sent.
//!
//! A call starts when all of its fetches can. One slow backend must not hold up what does not need it: where some fetches
//! of a call can start and others still wait, the call waits for them no longer than the operation has taken so far. So
//! nothing comes later than at twice its time; and where backends are about equally fast, there is one request.

use std::borrow::Cow;
use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;
use weft_federation::operation::BoundOperation;
use weft_federation::plan::{CallId, FetchId};
use weft_federation::schema::Id;

use super::batch::{Batch, BatchWriter, EntityList, Target, Targets};
use super::entities::Whom;
use super::errors::SubgraphError;
use super::explain::{Blocked, Explainer, Why};
use super::receive::{Cause, Receiver};
use super::representations::{Missing, RepresentationWriter};
use crate::connector::{Part, Prepared};
use crate::prepared::PreparedPlan;
use crate::response::{ObjectId, ResponseArena};

/// What a call waits at least, for an operation that has just begun.
const MIN_WAIT: Duration = Duration::from_millis(1);

/// A plan while it runs.
pub struct Run<'a> {
    prepared: &'a PreparedPlan,
    arena: ResponseArena,
    started: Instant,
    /// When the answers must be there.
    deadline: Instant,
    /// Per fetch, how many it still waits for.
    waiting: Vec<usize>,
    /// Calls that can start now.
    ready: Vec<Start<'a>>,
    /// Requests of calls that have started, of which each has several.
    queued: Vec<(Sent<'a>, Batch)>,
    /// Of the fetches that have several requests, how many are not answered.
    unanswered: HashMap<FetchId, usize>,
    /// Calls of which some fetches can start and others still wait.
    partial: Vec<Partial>,
    /// Requests that went wrong in part or as a whole.
    failed: Vec<(Sent<'a>, Cause)>,
    /// Objects that a fetch could not be asked for.
    blocked: Vec<Blocked>,
    /// Per fetch, how many objects there were when it was written: it was not asked for those that came later.
    known: Vec<usize>,
}

/// A request that is to be sent.
struct Start<'a> {
    call: CallId,
    fetches: Cow<'a, [FetchId]>,
}

/// A request that is out: for some fetches of a call, mostly all of them.
pub struct Sent<'a> {
    pub call: CallId,
    /// Never empty.
    pub fetches: Cow<'a, [FetchId]>,
    /// The objects that its entities are for.
    targets: Targets,
    /// Which request of its fetch it is, where that has several.
    part: usize,
}

struct Partial {
    call: CallId,
    /// The fetches that can start.
    fetches: Vec<FetchId>,
    /// When they do, with the others or without; set once it is clear that there is something to wait for.
    due: Option<Instant>,
}

impl<'a> Run<'a> {
    pub fn new(prepared: &'a PreparedPlan, operation: &BoundOperation, deadline: Instant) -> Self {
        let plan = &prepared.plan;
        let mut run = Self {
            prepared,
            arena: ResponseArena::new(&plan.shape, operation.root),
            started: Instant::now(),
            deadline,
            waiting: plan.fetches.iter().map(|fetch| fetch.depends_on.len()).collect(),
            ready: vec![],
            queued: vec![],
            unanswered: HashMap::new(),
            partial: vec![],
            failed: vec![],
            blocked: vec![],
            known: vec![0; plan.fetches.len()],
        };
        for call in &plan.calls {
            let waits_for_none = |id: &FetchId| run.waiting[id.index()] == 0;
            if call.fetches.iter().all(waits_for_none) {
                run.ready.push(Start { call: call.id, fetches: Cow::Borrowed(&call.fetches) });
            } else if call.fetches.iter().any(waits_for_none) {
                let fetches = call.fetches.iter().copied().filter(waits_for_none).collect();
                run.partial.push(Partial { call: call.id, fetches, due: None });
            }
        }
        run
    }

    /// The next request to send, with its representations. Fetches that have nothing to ask end at once.
    pub fn start(&mut self) -> Option<(Sent<'a>, Batch)> {
        if let Some(queued) = self.queued.pop() {
            return Some(queued);
        }
        while let Some(Start { call, mut fetches }) = self.ready.pop() {
            let prepared = self.call(call);
            if prepared.lists.is_empty() {
                return Some((Sent { call, fetches, targets: Targets::default(), part: 0 }, Batch::default()));
            }
            if let ([id], [list]) = (&fetches[..], &prepared.lists[..])
                && let Some(writer) = self.by_context(*id)
            {
                self.queue(call, *id, list, writer);
                match self.queued.pop() {
                    Some(queued) => return Some(queued),
                    None => continue,
                }
            }
            let (batch, targets, idle) = self.write(prepared, &fetches);
            if !idle.is_empty() {
                fetches.to_mut().retain(|id| !idle.contains(id));
                self.ended(&idle);
            }
            if !fetches.is_empty() {
                return Some((Sent { call, fetches, targets, part: 0 }, batch));
            }
        }
        None
    }

    /// Takes in the answer to a request.
    pub fn receive(&mut self, sent: Sent<'a>, result: Result<Part, SubgraphError>) {
        let Prepared { origin, lists, .. } = self.call(sent.call);
        let plan = &self.prepared.plan;
        let whom = match &lists[..] {
            [] => Whom::Root(plan.fetch(sent.fetches[0])),
            lists => Whom::Entities { lists, targets: &sent.targets },
        };
        let receiver = Receiver { plan, model: &self.prepared.model, arena: &mut self.arena, origin, whom };
        let cause = receiver.receive(result);
        let unanswered = self.unanswered.get_mut(&sent.fetches[0]).map(|count| {
            *count -= 1;
            *count
        });
        if unanswered.is_none_or(|count| count == 0) {
            self.ended(&sent.fetches);
        }
        self.failed.extend(cause.map(|cause| (sent, cause)));
    }

    /// Takes in what a subscription's source sent, which all calls wait for.
    pub fn receive_event(&mut self, event: Result<Part, SubgraphError>) {
        let PreparedPlan { plan, trigger, model, .. } = self.prepared;
        let (Some(fetch), Some(call)) = (&plan.trigger, trigger) else { return };
        let (origin, whom) = (&call.origin, Whom::Root(fetch));
        Receiver { plan, model, arena: &mut self.arena, origin, whom }.receive(event);
    }

    /// When the next call starts that waits for some of its fetches; `None` if there is no such call.
    pub fn due(&mut self) -> Option<Instant> {
        if self.partial.is_empty() {
            return None;
        }
        let now = Instant::now();
        // A backend that takes all the time there is leaves some for what does not need it.
        let most = self.deadline.saturating_duration_since(now) / 2;
        let wait = now.saturating_duration_since(self.started).max(MIN_WAIT).min(most);
        self.partial.iter_mut().map(|partial| *partial.due.get_or_insert(now + wait)).min()
    }

    /// Lets calls start that were to wait until `now`, without the fetches that still wait.
    pub fn release(&mut self, now: Instant) {
        let is_due = |partial: &mut Partial| partial.due.is_some_and(|due| due <= now);
        for Partial { call, fetches, .. } in self.partial.extract_if(.., is_due) {
            self.ready.push(Start { call, fetches: Cow::Owned(fetches) });
        }
    }

    /// What was fetched. What is still missing has the error of the call that was to bring it; an error that is told
    /// nowhere then is told without a place.
    pub fn finish(mut self) -> ResponseArena {
        if self.failed.is_empty() && self.blocked.is_empty() {
            return self.arena;
        }
        // The order in which calls end does not show.
        self.failed.sort_by_key(|(sent, _)| (sent.fetches[0], sent.part));
        self.blocked.sort_by_key(|blocked| (blocked.target.fetch, blocked.target.object));
        let PreparedPlan { plan, calls, fetches, .. } = self.prepared;
        let mut explainer = Explainer::new(plan, &mut self.arena);
        for (sent, cause) in &self.failed {
            let root = [Target { fetch: sent.fetches[0], object: ObjectId::ROOT }];
            let is_root = calls[sent.call.index()].lists.is_empty();
            explainer.failed(&sent.fetches, if is_root { &root } else { sent.targets.all() }, *cause);
        }
        // What a fetch waits for comes before it.
        let mut blocked = self.blocked.into_iter().peekable();
        for fetch in &plan.fetches {
            while let Some(Blocked { target, why }) = blocked.next_if(|blocked| blocked.target.fetch == fetch.id) {
                explainer.blocked(target, &why);
            }
            if let Some(writer) = &fetches[fetch.id.index()].representations {
                explainer.late(fetch, writer, self.known[fetch.id.index()]);
            }
        }
        explainer.finish();
        self.arena
    }

    fn call(&self, id: CallId) -> &'a Prepared {
        &self.prepared.calls[id.index()]
    }

    /// Writes what fetches of a call send, and says which of them send nothing.
    fn write(&mut self, call: &Prepared, fetches: &[FetchId]) -> (Batch, Targets, Vec<FetchId>) {
        let PreparedPlan { plan, fetches: prepared, .. } = self.prepared;
        let mut batch = BatchWriter::default();
        let mut idle = vec![];
        for list in &call.lists {
            batch.open(list);
            for id in list.fetches.iter().filter(|id| fetches.contains(id)) {
                let before = batch.objects();
                self.known[id.index()] = self.arena.object_count();
                if let Some(writer) = &prepared[id.index()].representations {
                    let blocked = writer.write(&plan.shape, &self.arena, plan.fetch(*id), &mut batch);
                    self.tell(*id, blocked);
                }
                if batch.objects() == before {
                    idle.push(*id);
                }
            }
            batch.close();
        }
        self.arena.commit();
        let (batch, targets) = batch.finish();
        (batch, targets, idle)
    }

    /// What writes the fetch's representations, if it has a request for each of the values from contexts.
    fn by_context(&self, id: FetchId) -> Option<&'a RepresentationWriter> {
        self.prepared.fetches[id.index()].representations.as_ref().filter(|writer| writer.has_contexts())
    }

    /// Queues a fetch's requests, one for each of the values that its objects have from contexts.
    fn queue(&mut self, call: CallId, id: FetchId, list: &EntityList, writer: &RepresentationWriter) {
        let plan = &self.prepared.plan;
        self.known[id.index()] = self.arena.object_count();
        let (batches, blocked) = writer.write_by_context(&plan.shape, &self.arena, plan.fetch(id), list);
        self.tell(id, blocked);
        self.arena.commit();
        if batches.is_empty() {
            self.ended(&[id]);
            return;
        }
        self.unanswered.insert(id, batches.len());
        // The last one is sent first.
        for (part, (contexts, mut batch)) in batches.into_iter().enumerate().rev() {
            batch.close();
            let (batch, targets) = batch.finish();
            let sent = Sent { call, fetches: Cow::Owned(vec![id]), targets, part };
            self.queued.push((sent, Batch { contexts, ..batch }));
        }
    }

    /// Tells why objects cannot be looked up.
    fn tell(&mut self, fetch: FetchId, blocked: Vec<(ObjectId, Missing)>) {
        for (object, missing) in blocked {
            let target = Target { fetch, object };
            let error = match missing {
                Missing::Nothing => continue,
                Missing::Unanswered(objects) => {
                    self.blocked.push(Blocked { target, why: Why::Unanswered(objects) });
                    continue;
                }
                Missing::Error(error) => error,
                Missing::Null(coordinate) => {
                    let message = format!("Cannot return null for the non-nullable field {coordinate}.");
                    self.arena.new_error(SubgraphError::internal(message))
                }
                Missing::Context(name) => {
                    let message = format!("Nothing around the object sets the context \"{name}\".");
                    self.arena.new_error(SubgraphError::internal(message))
                }
            };
            self.arena.attach(object, error);
            self.blocked.push(Blocked { target, why: Why::Error(error) });
        }
    }

    /// Notes that fetches have ended, and what can start now.
    fn ended(&mut self, fetches: &[FetchId]) {
        let prepared = self.prepared;
        for id in fetches {
            for dependent in &prepared.fetches[id.index()].dependents {
                let waiting = &mut self.waiting[dependent.index()];
                *waiting -= 1;
                if *waiting == 0 {
                    self.may_start(*dependent);
                }
            }
        }
    }

    /// A fetch waits for nothing any more: its call starts, unless there are others to wait for.
    fn may_start(&mut self, id: FetchId) {
        let call = &self.prepared.plan.calls[self.prepared.fetches[id.index()].call.index()];
        if let [_] = call.fetches[..] {
            self.ready.push(Start { call: call.id, fetches: Cow::Borrowed(&call.fetches) });
            return;
        }
        let known = self.partial.iter().position(|partial| partial.call == call.id);
        let at = known.unwrap_or_else(|| {
            self.partial.push(Partial { call: call.id, fetches: vec![], due: None });
            self.partial.len() - 1
        });
        self.partial[at].fetches.push(id);
        if call.fetches.iter().all(|id| self.waiting[id.index()] == 0) {
            let fetches = self.partial.swap_remove(at).fetches;
            self.ready.push(Start { call: call.id, fetches: Cow::Owned(fetches) });
        }
    }
}
