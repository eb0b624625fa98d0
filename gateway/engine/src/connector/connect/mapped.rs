//! Owns what is made of a reply that tells no error: how its mapping is run, and what comes of it.

use std::borrow::Cow;
use std::sync::Arc;

use weft_federation::connect::mapping::{
    FieldTree, JsonError, PickError, Picks, Reads, Selection, Value, Vars, eval, json_items, parse_json_read,
};
use weft_federation::connect::{Connector, Mapping, Request, Source};

use crate::response::Layout;

/// A connector's mapping, prepared for what a fetch asks.
#[derive(Debug)]
pub struct AnswerMapping {
    selection: Selection,
    /// What of the reply that takes, and what tells whether it is an error.
    reads: Reads,
    /// The short way, where nothing but the mapping looks at the reply, and what it makes need not be written again.
    picks: Option<Picks>,
    /// The shorter way: by it, not even JSON is made of the reply.
    layout: Option<Arc<Layout>>,
}

/// What a mapping made.
#[derive(Debug, Clone, Copy)]
pub enum Mapped<'m> {
    Value(&'m Value<'m>),
    /// One value in JSON, as the fetch is to read it.
    Json(&'m [u8]),
}

impl AnswerMapping {
    /// `keeps_names` tells that the fetch reads all values by the names that the mapping gives them, and `layout` tells how it
    /// can be read by others.
    pub fn new(
        connector: &Connector,
        source: Option<&Source>,
        wanted: &FieldTree,
        keeps_names: bool,
        layout: impl FnOnce(&Picks) -> Option<Layout>,
    ) -> Self {
        let selection = connector.specialize(wanted);
        let is_success = is_success(connector, source);
        let reads = Reads::of(std::iter::once(&selection).chain(is_success.map(|mapping| &**mapping)));
        let is_json = match connector.request {
            Request::Http(_) => true,
            Request::Grpc(_) => false,
        };
        let picks = if is_json && is_success.is_none() { Picks::of(&selection, wanted) } else { None };
        let layout = picks.as_ref().and_then(layout).map(Arc::new);
        Self { selection, reads, picks: picks.filter(|_| keeps_names), layout }
    }

    /// How a successful reply is read as it came, if it can be.
    pub fn layout(&self) -> Option<&Arc<Layout>> {
        self.layout.as_ref()
    }

    /// Reads of a body what the mappings read, which is null where there is none.
    pub fn read<'a>(&self, body: &'a [u8]) -> Result<Value<'a>, JsonError> {
        if body.is_empty() { Ok(Value::Null) } else { parse_json_read(body, &self.reads) }
    }

    pub fn eval<'a>(&'a self, vars: &Vars<'a>, data: &Value<'a>) -> Value<'a> {
        eval(&self.selection, vars, data).0
    }

    /// Makes JSON of a successful body at once, where that can be done: at most `max` bytes.
    pub fn pick(&self, body: &[u8], max: usize) -> Option<Result<Vec<u8>, PickError>> {
        let picks = self.picks.as_ref()?;
        if body.is_empty() {
            return Some(Ok(b"null".to_vec()));
        }
        let mut json = vec![];
        Some(picks.write(body, max, &mut json).map(|()| json))
    }
}

/// The connector's own mapping stands before its source's.
pub fn is_success<'a>(connector: &'a Connector, source: Option<&'a Source>) -> Option<&'a Mapping> {
    connector.is_success.as_ref().or(source.and_then(|source| source.is_success.as_ref()))
}

impl<'m> Mapped<'m> {
    /// The items of a list; `None` for other values.
    pub fn items(self) -> Option<Vec<Mapped<'m>>> {
        match self {
            Self::Value(value) => Some(value.as_array()?.iter().map(Mapped::Value).collect()),
            Self::Json(json) => Some(json_items(json)?.into_iter().map(|item| Mapped::Json(item.as_bytes())).collect()),
        }
    }

    /// The value, or what is read of it.
    pub fn read(self, reads: &Reads) -> Cow<'m, Value<'m>> {
        match self {
            Self::Value(value) => Cow::Borrowed(value),
            // It is JSON, since a mapping has made it.
            Self::Json(json) => Cow::Owned(parse_json_read(json, reads).unwrap_or_default()),
        }
    }
}
