//! Owns what calls have brought, written as JSON, and its way into the fetch's part.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;

use super::Slots;
use crate::connector::{About, Gaps, Part, PartError, PartForm};
use crate::execute::{ErrorOrigin, SubgraphError};

/// More problems within values of custom scalars than this are not told of: they have no place, and stand for the others.
const MAX_WITHIN: usize = 20;

/// The most that all calls of a fetch may bring, in bytes as it is written. Where its values are is kept in 32 bits.
const MAX_PART: usize = 1 << 30;

/// Mapped values as JSON.
#[derive(Debug, Clone, Default)]
pub struct Written {
    pub json: Vec<u8>,
    /// Nulls that stand for what JSON cannot say: where each ends, and what was to be there.
    pub nulls: Vec<(usize, Arc<str>)>,
    /// The same within values of custom scalars, whose insides have no place of their own.
    pub within: Vec<Arc<str>>,
}

/// The part of a root field, of which one thing was written.
pub fn root_part(found: Vec<Option<Written>>, origin: &ErrorOrigin) -> Part {
    let mut whole = Whole::default();
    found.into_iter().flatten().for_each(|written| whole.push(written));
    whole.into_part(vec![], origin)
}

/// The entities in order, and the errors of those that failed.
pub fn part(slots: Slots, origin: &ErrorOrigin) -> Part {
    let mut whole = Whole { body: vec![b'['], ..Whole::default() };
    let mut errors = vec![];
    for (at, slot) in slots.into_iter().enumerate() {
        if at > 0 {
            whole.body.push(b',');
        }
        match slot {
            Some(Ok(written)) if whole.has_room(&written) => whole.push(written),
            None => whole.body.extend_from_slice(b"null"),
            Some(failed) => {
                let what = || SubgraphError::malformed(origin, &format!("all of it is larger than {MAX_PART} bytes"));
                let error = failed.err().unwrap_or_else(what);
                whole.body.extend_from_slice(b"null");
                let at = u32::try_from(at).unwrap_or(u32::MAX);
                errors.push(PartError { error, about: About::Entity(at) });
            }
        }
    }
    whole.body.push(b']');
    whole.into_part(errors, origin)
}

/// A part's body as it grows.
#[derive(Default)]
struct Whole {
    body: Vec<u8>,
    /// Where nulls with a reason end, and which of the reasons it is.
    nulls: Vec<(usize, usize)>,
    /// Each once: a thousand nulls may have the same.
    reasons: Vec<Arc<str>>,
    known: HashMap<Arc<str>, usize>,
    within: Vec<Arc<str>>,
}

impl Whole {
    fn has_room(&self, written: &Written) -> bool {
        self.body.len() + written.json.len() <= MAX_PART
    }

    fn push(&mut self, Written { json, nulls, within }: Written) {
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
    }

    fn into_part(self, mut errors: Vec<PartError>, origin: &ErrorOrigin) -> Part {
        let malformed = |why: &Arc<str>| SubgraphError::malformed(origin, why);
        errors.extend(self.within.iter().map(|why| PartError { error: malformed(why), about: About::Value }));
        let gaps = Gaps { nulls: self.nulls, errors: self.reasons.iter().map(malformed).collect() };
        Part { body: Bytes::from(self.body), form: PartForm::Data, errors, gaps }
    }
}
