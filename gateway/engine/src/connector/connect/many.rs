//! Owns the calls for many entities at a time: cutting them into chunks, and putting what came where it belongs.

use std::borrow::Cow;
use std::ops::Range;

use futures_util::stream::{self, StreamExt};
use weft_federation::connect::mapping::{FieldTree, Value};
use weft_federation::plan::{FetchField, FetchSelection};

use super::form::{Batch, Each, Form, Found};
use super::scope::Scope;
use super::written::part;
use super::{Calls, PARALLEL, Slots, keys};
use crate::connector::Part;
use crate::execute::SubgraphError;

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

impl<'a> Matching<'a> {
    /// The entities with these keys.
    pub fn form(self, wanted: Vec<Option<String>>, selection: &'a FetchSelection) -> Form<'a> {
        let each = match self.field {
            Some(field) => Each::Group(Cow::Borrowed(field)),
            None => Each::First(Cow::Borrowed(selection)),
        };
        Form::Batch(Batch { wanted, key: Cow::Borrowed(self.item), each })
    }
}

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
            return Ok(part(slots, self.exchange.origin));
        }
        // One call needs no set of calls.
        if asked.len() <= max_size {
            let (places, entities): (Vec<usize>, Vec<Value<'_>>) = asked.into_iter().unzip();
            if !places.is_empty() {
                let found = self.chunk(entities, matching).await;
                place(&mut slots, places.into_iter(), found);
            }
            return Ok(part(slots, self.exchange.origin));
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
        Ok(part(slots, self.exchange.origin))
    }

    async fn chunk(&self, entities: Vec<Value<'_>>, matching: Matching<'_>) -> Found {
        let wanted: Vec<Option<String>> = entities.iter().map(|entity| keys::of(entity, matching.entity)).collect();
        let batch = Some(Value::Array(entities));
        let scope = Scope { arguments: self.arguments_value()?, batch, ..Scope::default() };
        self.exchange.call(scope, false, matching.form(wanted, &self.inputs.fetch.selection)).await
    }
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
