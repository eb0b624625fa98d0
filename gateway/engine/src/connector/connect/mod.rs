//! Owns the calls to REST and gRPC services by `@connect`: one call for a root field, one per entity, or one per chunk
//! of a batch.
//!
//! Whatever the protocol, the answer is mapped and written as JSON in the shape that the fetch asked for; or it goes on as it
//! came, with a layout that says where the fetch's fields are in it.

mod answer;
mod backends;
mod body;
mod channels;
mod codes;
mod exchange;
mod feed;
mod form;
mod grpc;
#[cfg(test)]
mod grpc_tests;
mod keys;
mod layout;
mod many;
mod mapped;
mod metadata;
mod offload;
mod output;
mod own;
mod reads;
mod request;
mod scope;
#[cfg(test)]
mod tests;
mod together;
mod window;
mod written;

use std::sync::Arc;

use futures_util::stream::{self, StreamExt};
use weft_federation::connect::mapping::{FieldTree, Picks, Value};
use weft_federation::connect::{Connector, ConnectorId};
use weft_federation::operation::OperationKind;
use weft_federation::plan::{FetchEntry, FetchField, FetchNode};
use weft_federation::schema::Model;

use super::{Inputs, Part};
use crate::execute::{ErrorOrigin, SubgraphError};
use crate::policy::Effect;
use exchange::Exchange;
use form::Form;
use many::Matching;
use mapped::AnswerMapping;
use scope::{Scope, arguments, read_arguments, read_entity};
use written::{Brought, part, root_part};

pub use backends::Backends;
pub use feed::Feed;
pub use reads::Reads;

/// As many calls of one fetch are out at a time.
const PARALLEL: usize = 16;

/// A fetch by a connector, prepared with its plan.
#[derive(Debug)]
pub struct Connect {
    backends: Backends,
    id: ConnectorId,
    /// The connector's mapping, cut down to what the fetch asks.
    mapping: Arc<AnswerMapping>,
    mode: Mode,
    /// Whether equal calls may share one answer.
    is_read: bool,
    /// Whether they may share it with those of other operations. What a subscription's event asks must not have been read
    /// before the event.
    shares: bool,
    /// Looking up what a mutation has changed is a read.
    effect: Effect,
}

/// How the connector is called for what the fetch fills.
#[derive(Debug)]
enum Mode {
    /// For a root field.
    Root,
    /// For each entity: it is `$this`, or `$args` where a root field looks entities up.
    Single { by_arguments: bool },
    /// For many entities of a type, matched by these fields.
    Batch { key: FieldTree, max_size: usize },
    /// For one field of many entities: the fields that tell them apart, and the path to the same in the answer's items.
    Group { key: FieldTree, path: FieldTree, max_size: usize },
}

impl Connect {
    /// `None` for an id that is of another supergraph.
    pub fn new(
        backends: &Backends,
        id: ConnectorId,
        fetch: &FetchNode,
        kind: OperationKind,
        model: &Model,
    ) -> Option<Self> {
        let connector = backends.connectors().get(id)?;
        let is_entities = matches!(fetch.entry, FetchEntry::Entities { .. });
        // A root field with `entity: true` looks entities up too.
        let by_arguments = is_entities && connector.coordinate.field.is_some() && is_root(connector, model);
        let own_field =
            fetch.selection.fields.first().filter(|_| connector.coordinate.field.is_some() && !by_arguments);
        let (wanted, keeps_names) = match own_field {
            Some(field) => (output::wanted_of(field), output::keeps_names_of(field)),
            None => (output::wanted(&fetch.selection), output::keeps_names(&fetch.selection)),
        };
        let source = backends.connectors().source_of(connector);
        let mode = mode(connector, is_entities, by_arguments);
        let layout = |picks: &Picks| match (&mode, own_field) {
            (Mode::Root, Some(field)) => layout::of_field(picks, field),
            (Mode::Batch { key, .. }, None) if !super::asks_typename(fetch) => {
                layout::of_entities(picks, &fetch.selection, key)
            }
            // An answer that is no JSON must fail its own entity alone, and is looked through first.
            (Mode::Root | Mode::Single { .. } | Mode::Batch { .. } | Mode::Group { .. }, _) => None,
        };
        let mapping = Arc::new(AnswerMapping::new(connector, source, &wanted, keeps_names, layout));
        Some(Self {
            backends: backends.clone(),
            id,
            mapping,
            mode,
            is_read: match kind {
                OperationKind::Query | OperationKind::Subscription => true,
                // After a mutation the same question may have another answer.
                OperationKind::Mutation => false,
            },
            shares: kind == OperationKind::Query,
            effect: match fetch.entry {
                FetchEntry::Root(OperationKind::Mutation) => Effect::Writes,
                FetchEntry::Root(OperationKind::Query | OperationKind::Subscription) | FetchEntry::Entities { .. } => {
                    Effect::Reads
                }
            },
        })
    }

    pub async fn fetch(&self, inputs: Inputs<'_>, origin: &ErrorOrigin) -> Result<Part, SubgraphError> {
        let Some(connector) = self.backends.connectors().get(self.id) else {
            return Err(SubgraphError::internal("A plan names a connector that is not there."));
        };
        let reads = self.is_read.then_some(inputs.reads);
        let mut exchange =
            Exchange::new(&self.backends, (self.id, connector), &self.mapping, origin, inputs.context, reads);
        exchange.shares = self.shares;
        exchange.effect = self.effect;
        let field = inputs.fetch.selection.fields.first();
        // Only a connector on a field has arguments.
        let own_field = field.filter(|_| connector.coordinate.field.is_some());
        let arguments = own_field.map(|field| arguments(field, self.backends.model(), inputs.variables));
        let calls = Calls { exchange, inputs: &inputs, arguments: arguments.as_deref(), field };
        match &self.mode {
            Mode::Root => calls.root().await,
            Mode::Single { by_arguments } => calls.single(*by_arguments).await,
            Mode::Batch { key, max_size } => {
                let matching = Matching { entity: key, item: key, field: None };
                calls.many(matching, *max_size).await
            }
            Mode::Group { key, path, max_size } => {
                let Some(field) = field else {
                    return Err(SubgraphError::internal("A plan calls a field's connector for no field."));
                };
                let matching = Matching { entity: key, item: path, field: Some(field) };
                calls.many(matching, *max_size).await
            }
        }
    }
}

impl Connect {
    /// Opens the stream that a subscription's events come from.
    pub async fn subscribe<'a>(
        &'a self,
        inputs: &Inputs<'a>,
        origin: &'a ErrorOrigin,
    ) -> Result<Feed<'a>, SubgraphError> {
        let (Some(connector), Some(field)) =
            (self.backends.connectors().get(self.id), inputs.fetch.selection.fields.first())
        else {
            return Err(SubgraphError::internal("A plan subscribes by a connector that is not there, or to no field."));
        };
        let exchange = Exchange::new(&self.backends, (self.id, connector), &self.mapping, origin, inputs.context, None);
        Feed::open(exchange, field, arguments(field, self.backends.model(), inputs.variables)).await
    }
}

fn is_root(connector: &Connector, model: &Model) -> bool {
    let parent = model.type_named(&connector.coordinate.type_name);
    parent.is_some() && [model.query, model.mutation, model.subscription].contains(&parent)
}

fn mode(connector: &Connector, is_entities: bool, by_arguments: bool) -> Mode {
    if !is_entities {
        return Mode::Root;
    }
    let batch = connector.batch.as_ref();
    let max_size = batch.and_then(|batch| batch.max_size).unwrap_or(usize::MAX).max(1);
    match connector.inputs().batch {
        None => Mode::Single { by_arguments },
        Some(key) if connector.coordinate.field.is_none() => Mode::Batch { key, max_size },
        Some(key) => {
            let path = batch.and_then(|batch| batch.group_by.as_deref()).unwrap_or_default();
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            Mode::Group { key, path: FieldTree::path(&path), max_size }
        }
    }
}

/// The calls of one fetch.
struct Calls<'a> {
    exchange: Exchange<'a>,
    inputs: &'a Inputs<'a>,
    /// The JSON of `$args`.
    arguments: Option<&'a str>,
    /// The field that the connector is on, if it is on one.
    field: Option<&'a FetchField>,
}

/// What the calls brought for each entity, or why there is nothing.
type Slots = Vec<Option<Result<Brought, SubgraphError>>>;

impl Calls<'_> {
    async fn root(&self) -> Result<Part, SubgraphError> {
        let Some(field) = self.field else {
            return Err(SubgraphError::internal("A plan calls a root connector for no field."));
        };
        let scope = Scope { arguments: self.arguments_value()?, ..Scope::default() };
        let may_miss = self.exchange.connector.entity;
        let found = self.exchange.call(scope, may_miss, Form::field(field)).await?;
        Ok(root_part(found, self.exchange.origin))
    }

    async fn single(&self, by_arguments: bool) -> Result<Part, SubgraphError> {
        let count = self.inputs.batch.spans.len();
        let calls = stream::iter(0..count)
            .map(|at| async move { (at, self.one(at, by_arguments).await) })
            .buffer_unordered(PARALLEL);
        let mut slots: Slots = (0..count).map(|_| None).collect();
        let mut calls = std::pin::pin!(calls);
        while let Some((at, result)) = calls.next().await {
            slots[at] = result.transpose();
        }
        Ok(part(slots, self.exchange.origin))
    }

    async fn one(&self, at: usize, by_arguments: bool) -> Result<Option<Brought>, SubgraphError> {
        let entity = self.representation(at)?;
        let scope = if by_arguments {
            Scope { arguments: Some(entity), ..Scope::default() }
        } else {
            Scope { arguments: self.arguments_value()?, this: Some(entity), ..Scope::default() }
        };
        let own_field = self.field.filter(|_| self.arguments.is_some() && !by_arguments);
        let form = own_field.map_or_else(|| Form::entity(&self.inputs.fetch.selection), Form::field);
        Ok(self.exchange.call(scope, true, form).await?.into_iter().next().flatten())
    }

    fn arguments_value(&self) -> Result<Option<Value<'_>>, SubgraphError> {
        self.arguments.map(|json| read_arguments(json, self.exchange.origin)).transpose()
    }

    fn representation(&self, at: usize) -> Result<Value<'_>, SubgraphError> {
        read_entity(self.inputs.batch.get(at), self.exchange.origin)
    }
}
