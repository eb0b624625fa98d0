//! Owns the events of a subscription that a gRPC stream feeds: each message, mapped.

use weft_federation::plan::FetchField;

use super::exchange::Exchange;
use super::form::Form;
use super::grpc::Messages;
use super::scope::{Scope, read_arguments};
use super::written::root_part;
use crate::connector::Part;
use crate::execute::{ErrorOrigin, SubgraphError};

/// An open stream. Dropping it resets the call.
pub struct Feed<'a> {
    exchange: Exchange<'a>,
    field: &'a FetchField,
    /// The JSON of `$args`.
    arguments: String,
    messages: Messages<'a>,
}

impl<'a> Feed<'a> {
    pub(super) async fn open(
        exchange: Exchange<'a>,
        field: &'a FetchField,
        arguments: String,
    ) -> Result<Self, SubgraphError> {
        let messages = exchange.open(scope(&arguments, exchange.origin)?).await?;
        Ok(Self { exchange, field, arguments, messages })
    }

    /// The next event's data; `None` at the stream's end. After an error there is nothing more.
    pub async fn next(&mut self) -> Option<Result<Part, SubgraphError>> {
        let reply = match self.messages.next().await? {
            Ok(reply) => reply,
            Err(error) => return Some(Err(error)),
        };
        let scope = match scope(&self.arguments, self.exchange.origin) {
            Ok(scope) => self.exchange.with_constants(scope),
            Err(error) => return Some(Err(error)),
        };
        let found = self.exchange.take(&reply, scope, false, Form::field(self.field)).await;
        Some(found.map(|found| root_part(found, self.exchange.origin)))
    }
}

fn scope<'a>(arguments: &'a str, origin: &ErrorOrigin) -> Result<Scope<'a>, SubgraphError> {
    Ok(Scope { arguments: Some(read_arguments(arguments, origin)?), ..Scope::default() })
}
