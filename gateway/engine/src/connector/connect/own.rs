//! Owns finding what was asked for in an answer as it came, so that it is read from there and nothing is made of it.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use hashbrown::HashMap;

use super::form::{Batch, Each, Form, Found, warn_of_repeats};
use super::keys;
use super::written::{Brought, Own};
use crate::execute::{ErrorOrigin, SubgraphError};
use crate::response::{EntityLayout, JsonError, Layout, Reader};

/// Finds what the form is to have; `None` if that takes more than the layout says.
pub fn find(form: &Form<'_>, layout: &Arc<Layout>, body: &Bytes, origin: &ErrorOrigin) -> Option<Found> {
    // Nothing at all stands for null.
    if body.is_empty() {
        return None;
    }
    let own = |range| Brought::Own(Own { body: body.clone(), range, layout: Arc::clone(layout) });
    match (form, &**layout) {
        // Whether it is JSON is seen when it is read.
        (Form::Field(_), Layout::Field(_)) => Some(Ok(vec![Some(own(0..body.len()))])),
        (Form::Batch(Batch { wanted, each: Each::First(_), .. }), Layout::Entities(layout)) => {
            match Entities::find(body, layout, wanted) {
                Ok(entities) => {
                    warn_of_repeats(entities.repeats(), origin);
                    Some(Ok(entities.in_order().map(|range| range.map(own)).collect()))
                }
                Err(Missed::Json(error)) => Some(Err(SubgraphError::malformed(origin, &error.to_string()))),
                Err(Missed::List) => None,
            }
        }
        (Form::Field(_) | Form::Entity(_) | Form::Batch(_), Layout::Field(_) | Layout::Entities(_)) => None,
    }
}

/// Why entities were not found.
enum Missed {
    Json(JsonError),
    /// Their list is not where it was expected.
    List,
}

impl From<JsonError> for Missed {
    fn from(error: JsonError) -> Self {
        Self::Json(error)
    }
}

/// The entities that are asked for, by their keys.
struct Entities<'w> {
    wanted: &'w [Option<String>],
    known: HashMap<&'w str, Seen>,
}

/// Where the first entity of a key is.
#[derive(Default)]
struct Seen {
    first: Option<Range<usize>>,
    again: bool,
}

impl<'w> Entities<'w> {
    fn find(body: &[u8], layout: &EntityLayout, wanted: &'w [Option<String>]) -> Result<Self, Missed> {
        let mut entities =
            Self { wanted, known: wanted.iter().flatten().map(|key| (key.as_str(), Seen::default())).collect() };
        let mut reader = Reader::new(body)?.refuse_half_characters();
        if layout.list.is_empty() {
            entities.read(&mut reader, &layout.key)?;
            reader.end()?;
        } else {
            let list = follow(&mut reader, &layout.list)?;
            reader.end()?;
            entities.read(&mut reader.at(list.ok_or(Missed::List)?), &layout.key)?;
        }
        Ok(entities)
    }

    /// Notes where the items of a list are that are asked for.
    fn read(&mut self, reader: &mut Reader<'_>, names: &[String]) -> Result<(), Missed> {
        if reader.peek()? != b'[' {
            return Err(Missed::List);
        }
        reader.open(b'[')?;
        let mut values: Vec<Option<Range<usize>>> = vec![None; names.len()];
        let mut key = String::new();
        let mut first = true;
        while reader.next_item(&mut first)? {
            if reader.peek()? != b'{' {
                reader.skip()?;
                continue;
            }
            let start = reader.offset();
            values.fill(None);
            read_values(reader, names, &mut values)?;
            key.clear();
            let texts = values.iter().map(|value| reader.scalar_text(value.clone()?));
            if keys::write_all(texts, &mut key).is_some()
                && let Some(seen) = self.known.get_mut(key.as_str())
            {
                match seen.first {
                    Some(_) => seen.again = true,
                    None => seen.first = Some(start..reader.offset()),
                }
            }
        }
        Ok(())
    }

    /// Of how many keys there was more than one.
    fn repeats(&self) -> usize {
        self.known.values().filter(|seen| seen.again).count()
    }

    /// Where each is that is asked for.
    fn in_order(&self) -> impl Iterator<Item = Option<Range<usize>>> {
        self.wanted.iter().map(|wanted| self.known.get(wanted.as_deref()?)?.first.clone())
    }
}

/// Reads an object, and notes where the values of these keys are. Of a key that comes twice the last counts.
fn read_values(
    reader: &mut Reader<'_>,
    names: &[String],
    values: &mut [Option<Range<usize>>],
) -> Result<(), JsonError> {
    reader.open(b'{')?;
    let mut first = true;
    while let Some(key) = reader.next_key(&mut first)? {
        let value = reader.skip()?;
        for (name, noted) in names.iter().zip(&mut *values) {
            if key.is(name, reader) {
                *noted = Some(value.clone());
            }
        }
    }
    Ok(())
}

/// Reads a value, and gives where the keys lead in it. Lists on the way are for others to walk through.
fn follow(reader: &mut Reader<'_>, keys: &[String]) -> Result<Option<usize>, JsonError> {
    let byte = reader.peek()?;
    let Some((key, rest)) = keys.split_first() else { return reader.skip().map(|value| Some(value.start)) };
    if byte != b'{' {
        return reader.skip().map(|_| None);
    }
    let (mut first, mut found) = (true, None);
    reader.open(b'{')?;
    while let Some(name) = reader.next_key(&mut first)? {
        if name.is(key, reader) {
            found = follow(reader, rest)?;
        } else {
            reader.skip()?;
        }
    }
    Ok(found)
}
