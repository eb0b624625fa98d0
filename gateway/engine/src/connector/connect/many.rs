//! Owns the calls for many entities at a time: cutting them into chunks, and giving each entity what of an answer is its own.

use std::ops::Range;

use futures_util::stream::{self, StreamExt};
use tracing::warn;
use weft_federation::connect::mapping::{FieldTree, Value};
use weft_federation::plan::FetchField;

use super::mapped::Mapped;
use super::scope::Scope;
use super::{Calls, PARALLEL, Slots, keys, part};
use crate::connector::Part;
use crate::execute::{ErrorOrigin, SubgraphError};

/// How results find the entities that they are of.
#[derive(Clone, Copy)]
pub struct Matching<'a> {
    /// The fields that tell the entities apart.
    pub entity: &'a FieldTree,
    /// Where a result has the same.
    pub item: &'a FieldTree,
    /// The field that takes all results of an entity. With none, a result is the entity.
    pub field: Option<&'a FetchField>,
}

/// What a call brought for its entities, in their order.
type Found = Result<Vec<Option<Vec<u8>>>, SubgraphError>;

impl Calls<'_> {
    pub(super) async fn many(&self, matching: Matching<'_>, max_size: usize) -> Result<Part, SubgraphError> {
        let count = self.inputs.batch.spans.len();
        let mut slots: Slots = (0..count).map(|_| None).collect();
        // What cannot be read takes no other entity with it.
        let mut asked = Vec::with_capacity(count);
        for (at, slot) in slots.iter_mut().enumerate() {
            match self.representation(at) {
                Ok(entity) => asked.push((at, entity)),
                Err(error) => *slot = Some(Err(error)),
            }
        }
        if self.exchange.shares
            && let Some(windows) = &self.exchange.backends.sharing(self.exchange.connector).windows
            && let Some(key) = self.window_key()
        {
            let places: Vec<usize> = asked.into_iter().map(|(at, _)| at).collect();
            Box::pin(self.together(windows, key, matching, max_size, (&places, &mut slots))).await?;
            return Ok(part(slots));
        }
        let ranges: Vec<Range<usize>> = chunks(asked.len(), max_size).collect();
        let mut asked = asked.into_iter();
        let chunks = ranges.into_iter().map(|range| {
            let (places, entities): (Vec<usize>, Vec<Value<'_>>) = asked.by_ref().take(range.len()).unzip();
            async move { (places, self.chunk(entities, matching).await) }
        });
        let mut calls = std::pin::pin!(stream::iter(chunks).buffer_unordered(PARALLEL));
        while let Some((places, found)) = calls.next().await {
            place(&mut slots, places.into_iter(), found);
        }
        Ok(part(slots))
    }

    async fn chunk(&self, entities: Vec<Value<'_>>, matching: Matching<'_>) -> Found {
        let wanted: Vec<Option<String>> = entities.iter().map(|entity| keys::of(entity, matching.entity)).collect();
        let batch = Some(Value::Array(entities));
        let scope = Scope { arguments: self.arguments_value()?, batch, ..Scope::default() };
        self.exchange.call(scope, false, |mapped| self.matched(mapped, &wanted, matching)).await
    }

    /// What of a batch's answer belongs to each of the keys that are wanted.
    pub(super) fn matched(
        &self,
        mapped: Result<Option<Mapped<'_>>, SubgraphError>,
        wanted: &[Option<String>],
        matching: Matching<'_>,
    ) -> Found {
        let items = list(mapped, self.exchange.origin)?;
        let found = keys::index(items, matching.item);
        let selection = &self.inputs.fetch.selection;
        let mut twice = 0_usize;
        let written = wanted.iter().map(|wanted| {
            let items = wanted.as_deref().and_then(|wanted| found.get(wanted)).map_or(&[][..], Vec::as_slice);
            let mut out = self.output();
            match matching.field {
                Some(field) => out.group(field, items),
                None => {
                    twice += usize::from(items.len() > 1);
                    out.entity(selection, *items.first()?);
                }
            }
            Some(out.json)
        });
        let written = written.collect();
        if twice > 0 {
            let ErrorOrigin { service, connector } = self.exchange.origin;
            let connector = connector.as_deref().unwrap_or_default();
            warn!(%service, connector, keys = twice, "a batch's answer has keys more than once; of each the first counts");
        }
        Ok(written)
    }
}

/// A batch's answer, which has to be a list.
fn list<'m>(
    mapped: Result<Option<Mapped<'m>>, SubgraphError>,
    origin: &ErrorOrigin,
) -> Result<Vec<Mapped<'m>>, SubgraphError> {
    mapped?
        .and_then(Mapped::items)
        .ok_or_else(|| SubgraphError::malformed(origin, "what it gives for a batch is no list"))
}

/// The ranges of at most `max_size` that `count` falls into.
pub fn chunks(count: usize, max_size: usize) -> impl Iterator<Item = Range<usize>> {
    let starts = (0..count).step_by(max_size.clamp(1, count.max(1)));
    starts.map(move |start| start..start.saturating_add(max_size).min(count))
}

/// Puts what a call brought where it belongs. One that failed takes its own entities with it, and no others.
pub fn place(slots: &mut Slots, own: impl Iterator<Item = usize>, found: Found) {
    match found {
        Ok(found) => own.zip(found).for_each(|(at, entity)| slots[at] = entity.map(Ok)),
        Err(error) => own.for_each(|at| slots[at] = Some(Err(error.clone()))),
    }
}
