//! Owns what calls have brought, and its way into the fetch's part.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;

use super::Slots;
use crate::connector::{About, Gaps, Part, PartError, PartForm, Place};
use crate::execute::{ErrorOrigin, SubgraphError};
use crate::response::Layout;

/// More problems within values of custom scalars than this are not told of: they have no place, and stand for the others.
const MAX_WITHIN: usize = 20;

/// The most that all calls of a fetch may bring, in bytes. Where its values are is kept in 32 bits.
const MAX_PART: usize = 1 << 30;

/// What a call has brought for an entity, or for the root.
#[derive(Debug, Clone)]
pub enum Brought {
    Written(Written),
    Own(Own),
}

/// Mapped values as JSON, in the fetch's words.
#[derive(Debug, Clone, Default)]
pub struct Written {
    pub json: Vec<u8>,
    /// Nulls that stand for what JSON cannot say: where each ends, and what was to be there.
    pub nulls: Vec<(usize, Arc<str>)>,
    /// The same within values of custom scalars, whose insides have no place of their own.
    pub within: Vec<Arc<str>>,
}

/// A place in an answer that is read as it came, in the backend's own words.
#[derive(Debug, Clone)]
pub struct Own {
    pub body: Bytes,
    pub range: Range<usize>,
    pub layout: Arc<Layout>,
}

/// The part of a root field, of which one thing was brought.
pub fn root_part(found: Vec<Option<Brought>>, origin: &ErrorOrigin) -> Part {
    let mut whole = Whole::default();
    let mut form = PartForm::Data;
    for brought in found.into_iter().flatten() {
        match brought {
            Brought::Written(written) => drop(whole.push(written)),
            Brought::Own(Own { body, layout, .. }) => {
                whole.push_body(body);
                form = PartForm::Own(layout);
            }
        }
    }
    whole.into_part(form, vec![], origin)
}

/// The entities in order, and the errors of those that failed.
pub fn part(slots: Slots, origin: &ErrorOrigin) -> Part {
    let mut whole = Whole::default();
    let mut errors = vec![];
    let mut places = Vec::with_capacity(slots.len());
    for (at, slot) in slots.into_iter().enumerate() {
        let place = slot.map(|brought| whole.place(brought?, origin)).transpose();
        places.push(place.unwrap_or_else(|error| {
            let at = u32::try_from(at).unwrap_or(u32::MAX);
            errors.push(PartError { error, about: About::Entity(at) });
            None
        }));
    }
    whole.into_part(PartForm::Entities(places), errors, origin)
}

/// A part's body as it grows.
#[derive(Default)]
struct Whole {
    /// The answer that was put in last, and where.
    last: Option<(Bytes, usize)>,
    /// All of it, unless it is that answer alone: most parts are one answer, which is not copied.
    body: Vec<u8>,
    /// Where nulls with a reason end, and which of the reasons it is.
    nulls: Vec<(usize, usize)>,
    /// Each once: a thousand nulls may have the same.
    reasons: Vec<Arc<str>>,
    known: HashMap<Arc<str>, usize>,
    within: Vec<Arc<str>>,
}

impl Whole {
    fn place(&mut self, brought: Brought, origin: &ErrorOrigin) -> Result<Place, SubgraphError> {
        let is_known = |body: &Bytes, last: &Bytes| body.as_ptr() == last.as_ptr() && body.len() == last.len();
        let start = match &brought {
            Brought::Own(Own { body, .. }) => {
                self.last.as_ref().filter(|(last, _)| is_known(body, last)).map(|(_, start)| *start)
            }
            Brought::Written(_) => None,
        };
        let more = match &brought {
            Brought::Written(written) => written.json.len(),
            Brought::Own(own) => own.body.len(),
        };
        if start.is_none() && self.len() + more > MAX_PART {
            return Err(SubgraphError::malformed(origin, &format!("all of it is larger than {MAX_PART} bytes")));
        }
        Ok(match brought {
            Brought::Written(written) => Place { range: self.push(written), layout: None },
            Brought::Own(Own { body, range, layout }) => {
                let start = start.unwrap_or_else(|| self.push_body(body));
                Place { range: start + range.start..start + range.end, layout: Some(layout) }
            }
        })
    }

    fn len(&self) -> usize {
        let last = self.last.as_ref().map_or(0, |(last, start)| start + last.len());
        last.max(self.body.len())
    }

    /// Puts an answer in and gives where it starts.
    fn push_body(&mut self, body: Bytes) -> usize {
        self.copy_last();
        let start = self.body.len();
        if start > 0 {
            self.body.extend_from_slice(&body);
        }
        self.last = Some((body, start));
        start
    }

    /// Copies the one answer that there is, if it is not there yet: more is to come after it.
    fn copy_last(&mut self) {
        if self.body.is_empty()
            && let Some((last, _)) = &self.last
        {
            self.body.extend_from_slice(last);
        }
    }

    /// Puts in what was written, and gives where it is.
    fn push(&mut self, Written { json, nulls, within }: Written) -> Range<usize> {
        self.copy_last();
        let start = self.body.len();
        // The first is taken as it is: most parts have one.
        if start == 0 {
            self.body = json;
        } else {
            self.body.extend_from_slice(&json);
        }
        for (end, why) in nulls {
            let reasons = &mut self.reasons;
            let reason = *self.known.entry(why).or_insert_with_key(|why| {
                reasons.push(Arc::clone(why));
                reasons.len() - 1
            });
            self.nulls.push((start + end, reason));
        }
        for why in within {
            if self.within.len() < MAX_WITHIN && !self.within.contains(&why) {
                self.within.push(why);
            }
        }
        start..self.body.len()
    }

    fn into_part(self, form: PartForm, mut errors: Vec<PartError>, origin: &ErrorOrigin) -> Part {
        let malformed = |why: &Arc<str>| SubgraphError::malformed(origin, why);
        errors.extend(self.within.iter().map(|why| PartError { error: malformed(why), about: About::Value }));
        let gaps = Gaps { nulls: self.nulls, errors: self.reasons.iter().map(malformed).collect() };
        let body = match self.last {
            Some((last, _)) if self.body.is_empty() => last,
            Some(_) | None => Bytes::from(self.body),
        };
        Part { body, form, errors, gaps }
    }
}
