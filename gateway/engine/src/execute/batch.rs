//! Owns what a call for entities carries: lists of representations, and the objects that wait for the answer to each.
//!
//! A representation is written straight into the body that is sent, and looked up by its bytes. One that was in its list
//! before is cut off again, and its object shares the answer of the first, whichever fetch of the list it is for.

use std::hash::BuildHasher;
use std::ops::Range;

use hashbrown::{DefaultHashBuilder, HashTable};
use weft_federation::plan::FetchId;

use super::contexts::ContextValues;
use crate::response::ObjectId;

/// A list of entities in a call, prepared with the plan.
#[derive(Debug)]
pub struct EntityList {
    /// The key of its answer, where the answer is a GraphQL response.
    pub key: Box<str>,
    /// What its representations are written behind: the start of the body, or the end of the list before.
    pub opening: Box<[u8]>,
    /// The fetches that it is for. All of them ask the same of their entities.
    pub fetches: Vec<FetchId>,
    /// Whether the entities' types are asked beside what the fetches ask: with several, a shuffled answer shows by their
    /// names, and an object of which only the interface was known learns its type.
    pub asks_typename: bool,
}

/// What is sent: the bytes, and where in them each representation is.
#[derive(Debug, Default)]
pub struct Batch {
    /// What the call's fetch hands in from contexts.
    pub contexts: ContextValues,
    pub body: Vec<u8>,
    pub spans: Vec<Range<usize>>,
}

impl Batch {
    pub fn get(&self, at: usize) -> &[u8] {
        &self.body[self.spans[at].clone()]
    }
}

/// An object that waits for an entity, and the fetch that it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    pub fetch: FetchId,
    pub object: ObjectId,
}

/// The objects that wait for the answer to each representation.
#[derive(Debug, Default)]
pub struct Targets {
    targets: Vec<Target>,
    /// Where each representation's objects end; the lists' representations follow each other.
    ends: Vec<u32>,
    /// Where each list's representations end.
    lists: Vec<u32>,
}

impl Targets {
    /// How many representations the list has.
    pub fn count(&self, list: usize) -> usize {
        let (start, end) = self.list(list);
        end - start
    }

    /// The objects of the list's representation at `at`: those of a fetch stand together.
    pub fn of(&self, list: usize, at: usize) -> &[Target] {
        let (start, _) = self.list(list);
        &self.targets[self.start(start + at)..self.start(start + at + 1)]
    }

    /// The objects of a list.
    pub fn of_list(&self, list: usize) -> &[Target] {
        let (start, end) = self.list(list);
        &self.targets[self.start(start)..self.start(end)]
    }

    pub fn all(&self) -> &[Target] {
        &self.targets
    }

    /// The range of the list's representations.
    fn list(&self, list: usize) -> (usize, usize) {
        let start = if list == 0 { 0 } else { self.lists[list - 1] };
        (start as usize, self.lists[list] as usize)
    }

    /// Where the objects of a representation start.
    fn start(&self, representation: usize) -> usize {
        if representation == 0 { 0 } else { self.ends[representation - 1] as usize }
    }
}

/// Writes the lists of one call, one after the other.
#[derive(Debug, Default)]
pub struct BatchWriter {
    batch: Batch,
    /// The representations of the list that is being written.
    known: HashTable<u32>,
    hasher: DefaultHashBuilder,
    /// Which representation each object has, in the order of the objects.
    pairs: Vec<(u32, Target)>,
    /// Where each list's representations end.
    lists: Vec<u32>,
    /// Whether the list that is being written has no representation yet.
    is_first: bool,
}

impl BatchWriter {
    /// Starts the next list of the call.
    pub fn open(&mut self, list: &EntityList) {
        let body = &mut self.batch.body;
        if body.capacity() == 0 {
            body.reserve(list.opening.len() + 512);
        }
        body.extend_from_slice(&list.opening);
        self.known.clear();
        self.is_first = true;
    }

    /// Adds an object to the list. What `write` has written before it fails is cut off again.
    pub fn add<E>(&mut self, target: Target, write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>) -> Result<(), E> {
        let Self { batch: Batch { body, spans, .. }, known, hasher, pairs, .. } = self;
        let before = body.len();
        if !self.is_first {
            body.push(b',');
        }
        let start = body.len();
        if let Err(error) = write(body) {
            body.truncate(before);
            return Err(error);
        }
        let written = &body[start..];
        let hash = hasher.hash_one(written);
        if let Some(at) = known.find(hash, |at| &body[spans[*at as usize].clone()] == written).copied() {
            body.truncate(before);
            pairs.push((at, target));
            return Ok(());
        }
        let at = row(spans.len());
        spans.push(start..body.len());
        known.insert_unique(hash, at, |at| hasher.hash_one(&body[spans[*at as usize].clone()]));
        pairs.push((at, target));
        self.is_first = false;
        Ok(())
    }

    /// How many objects were added.
    pub fn objects(&self) -> usize {
        self.pairs.len()
    }

    /// Ends the list that was opened last.
    pub fn close(&mut self) {
        self.lists.push(row(self.batch.spans.len()));
    }

    /// What is sent, and for whom. Without representations there is nothing to send.
    pub fn finish(self) -> (Batch, Targets) {
        let mut pairs = self.pairs;
        // Stable, so that the first object of each representation stays the first.
        pairs.sort_by_key(|(at, _)| *at);
        let mut ends = vec![0; self.batch.spans.len()];
        let mut targets = Vec::with_capacity(pairs.len());
        for (at, target) in pairs {
            targets.push(target);
            ends[at as usize] = row(targets.len());
        }
        (self.batch, Targets { targets, ends, lists: self.lists })
    }
}

/// A call has far fewer than 2^32 entities: the arena's limits see to it.
fn row(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}
