//! Owns what is written of a mapped answer: the field or the entity that was asked for, or each entity of a batch.

use std::borrow::Cow;

use tracing::warn;
use weft_federation::connect::Connector;
use weft_federation::connect::mapping::FieldTree;
use weft_federation::plan::{FetchField, FetchSelection};

use super::keys;
use super::mapped::Mapped;
use super::output::{MAX_WRITTEN, Output};
use super::written::Brought;
use crate::execute::{ErrorOrigin, SubgraphError};

/// What a call brought: for each of its entities, or the root, in their order.
pub type Found = Result<Vec<Option<Brought>>, SubgraphError>;

/// What to write.
#[derive(Debug)]
pub enum Form<'a> {
    /// An object with the field alone.
    Field(Cow<'a, FetchField>),
    /// An entity with these fields.
    Entity(Cow<'a, FetchSelection>),
    Batch(Batch<'a>),
}

/// A list, of which each entity takes what has its key.
#[derive(Debug)]
pub struct Batch<'a> {
    /// The entities' keys.
    pub wanted: Vec<Option<String>>,
    /// Where an item has its key.
    pub key: Cow<'a, FieldTree>,
    pub each: Each<'a>,
}

#[derive(Debug)]
pub enum Each<'a> {
    /// The entity is the first item with its key.
    First(Cow<'a, FetchSelection>),
    /// All items with its key are the value of a field of the entity.
    Group(Cow<'a, FetchField>),
}

impl<'a> Form<'a> {
    pub fn field(field: &'a FetchField) -> Self {
        Self::Field(Cow::Borrowed(field))
    }

    pub fn entity(selection: &'a FetchSelection) -> Self {
        Self::Entity(Cow::Borrowed(selection))
    }

    /// The form with nothing borrowed.
    pub fn into_owned(self) -> Form<'static> {
        match self {
            Self::Field(field) => Form::Field(Cow::Owned(field.into_owned())),
            Self::Entity(selection) => Form::Entity(Cow::Owned(selection.into_owned())),
            Self::Batch(Batch { wanted, key, each }) => Form::Batch(Batch {
                wanted,
                key: Cow::Owned(key.into_owned()),
                each: match each {
                    Each::First(selection) => Each::First(Cow::Owned(selection.into_owned())),
                    Each::Group(field) => Each::Group(Cow::Owned(field.into_owned())),
                },
            }),
        }
    }

    /// Writes a mapped answer; `None` for one that says that there is nothing.
    pub fn write(
        &self,
        mapped: Result<Option<Mapped<'_>>, SubgraphError>,
        connector: &Connector,
        origin: &ErrorOrigin,
    ) -> Found {
        let value = mapped?;
        let mut written = vec![];
        match self {
            Self::Field(field) => {
                let mut out = Output::of(connector, MAX_WRITTEN);
                out.field(field, value);
                written.push(Some(Brought::Written(out.finish().ok_or_else(|| too_large(origin))?)));
            }
            Self::Entity(selection) => {
                let Some(value) = value else { return Ok(vec![None]) };
                let mut out = Output::of(connector, MAX_WRITTEN);
                out.entity(selection, value);
                written.push(Some(Brought::Written(out.finish().ok_or_else(|| too_large(origin))?)));
            }
            Self::Batch(batch) => written = batch.write(value, connector, origin)?,
        }
        Ok(written)
    }
}

impl Batch<'_> {
    fn write(&self, value: Option<Mapped<'_>>, connector: &Connector, origin: &ErrorOrigin) -> Found {
        let items = value.and_then(Mapped::items);
        let items = items.ok_or_else(|| SubgraphError::malformed(origin, "what it gives for a batch is no list"))?;
        let found = keys::index(items, &self.key);
        let mut twice = 0_usize;
        let mut left = MAX_WRITTEN;
        let mut written = Vec::with_capacity(self.wanted.len());
        for wanted in &self.wanted {
            let items = wanted.as_deref().and_then(|wanted| found.get(wanted)).map_or(&[][..], Vec::as_slice);
            let mut out = Output::of(connector, left);
            match (&self.each, items.first()) {
                (Each::Group(field), _) => out.group(field, items),
                (Each::First(selection), Some(first)) => {
                    twice += usize::from(items.len() > 1);
                    out.entity(selection, *first);
                }
                (Each::First(_), None) => {
                    written.push(None);
                    continue;
                }
            }
            let entity = out.finish().ok_or_else(|| too_large(origin))?;
            left -= entity.json.len();
            written.push(Some(Brought::Written(entity)));
        }
        warn_of_repeats(twice, origin);
        Ok(written)
    }
}

/// Says that so many keys came more than once, if any.
pub fn warn_of_repeats(keys: usize, ErrorOrigin { service, connector }: &ErrorOrigin) {
    if keys > 0 {
        let connector = connector.as_deref().unwrap_or_default();
        warn!(%service, connector, keys, "a batch's answer has keys more than once; of each the first counts");
    }
}

/// That a call's answer is larger than what is written of one.
pub fn too_large(origin: &ErrorOrigin) -> SubgraphError {
    SubgraphError::malformed(origin, &format!("what its mapping makes of it is larger than {MAX_WRITTEN} bytes"))
}
