//! Owns batches that several operations fill, where a source has a window for that.
//!
//! Operations share a batch only if they would send the same but for the entities: the same connector, arguments and headers.
//! Each then reads the answers by its own mapping, and takes its own entities.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::stream::{self, StreamExt};
use weft_federation::connect::mapping::{Value, Variable};
use weft_federation::schema::Id;

use super::answer::Reply;
use super::exchange::OwnCall;
use super::many::{Matching, chunks, place};
use super::request;
use super::scope::{Scope, read_entity};
use super::window::{Entity, Windows};
use super::{Calls, PARALLEL, Slots, keys};
use crate::connector::headers::Key;
use crate::execute::SubgraphError;

/// The chunks of a batch, for all who put entities in.
pub type Batched = Arc<[Chunk]>;

/// One call: what it asked for, and what came.
#[derive(Debug)]
pub struct Chunk {
    entities: Vec<Entity>,
    reply: Result<Reply, SubgraphError>,
}

impl Calls<'_> {
    /// What has to be equal for two operations' entities to go together. `None` if the headers or arguments cannot be made, which is
    /// then told by the call that is made alone.
    pub(super) fn window_key(&self) -> Option<Vec<u8>> {
        let exchange = &self.exchange;
        let client = exchange.context.headers;
        let scope = exchange.with_constants(Scope { arguments: self.arguments_value().ok()?, ..Scope::default() });
        let sent = request::headers(exchange.backends, exchange.connector, &scope.vars(), client).ok()?;
        let mut key = Key::default();
        key.push(&exchange.id.index().to_be_bytes());
        key.push(self.arguments.unwrap_or_default().as_bytes());
        request::push_shared_headers(&mut key, &sent, (exchange.backends, exchange.connector), client);
        // A template may put any of them anywhere.
        if exchange.backends.reads(exchange.id, Variable::Request) {
            key.push(b"");
            key.push_shared_headers(client, client, |_| false);
        }
        Some(key.0)
    }

    /// Puts the entities at these places into the open batch, and takes what came for them.
    pub(super) async fn together(
        &self,
        windows: &Windows<Batched>,
        key: Vec<u8>,
        matching: Matching<'_>,
        max_size: usize,
        (own_places, slots): (&[usize], &mut Slots),
    ) -> Result<(), SubgraphError> {
        let batch = &self.inputs.batch;
        let own: Vec<Entity> = own_places.iter().map(|at| Entity::from(batch.get(*at))).collect();
        let exchange = &self.exchange;
        let call = OwnCall::new(exchange.backends, exchange.id, exchange.origin);
        let arguments = self.arguments.map(str::to_owned);
        let client = exchange.context.headers.clone();
        let load = move |entities: Vec<Entity>| async move {
            let (call, arguments, client) = (&call, arguments.as_deref(), &client);
            let calls = chunks(entities.len(), max_size).map(|range| {
                let entities = entities[range].to_vec();
                async move {
                    let reply = call.batch(&entities, arguments, client).await;
                    Chunk { entities, reply }
                }
            });
            stream::iter(calls).buffered(PARALLEL).collect::<Vec<_>>().await.into()
        };
        let batched = windows.join(key, &own, load).await;

        let places: HashMap<&Entity, usize> = own.iter().zip(own_places).map(|(entity, at)| (entity, *at)).collect();
        for Chunk { entities, reply } in batched.iter() {
            let own: Vec<(usize, &Entity)> =
                entities.iter().filter_map(|entity| Some((*places.get(entity)?, entity))).collect();
            if own.is_empty() {
                continue;
            }
            let found = match reply {
                Err(error) => Err(error.clone()),
                Ok(reply) => {
                    let key = |(_, entity): &(usize, &Entity)| {
                        Ok(keys::of(&read_entity(entity, exchange.origin)?, matching.entity))
                    };
                    let wanted = own.iter().map(key).collect::<Result<Vec<_>, SubgraphError>>()?;
                    let all: Result<_, _> =
                        entities.iter().map(|entity| read_entity(entity, exchange.origin)).collect();
                    let batch = Some(Value::Array(all?));
                    let scope = Scope { arguments: self.arguments_value()?, batch, ..Scope::default() };
                    let scope = exchange.with_constants(scope);
                    exchange.take(reply, scope, false, matching.form(wanted, &self.inputs.fetch.selection)).await
                }
            };
            place(slots, own.into_iter().map(|(at, _)| at), found);
        }
        Ok(())
    }
}
