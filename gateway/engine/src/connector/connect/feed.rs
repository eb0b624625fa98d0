//! Owns the events of a subscription that a gRPC stream feeds: each message, mapped.

use weft_federation::plan::FetchField;

use super::exchange::Exchange;
use super::grpc::Messages;
use super::mapped::Mapped;
use super::output::Output;
use super::scope::{Scope, read_arguments};
use crate::connector::{About, Part, PartError, PartForm};
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
        let written = |mapped: Result<Option<Mapped<'_>>, SubgraphError>| {
            mapped.map(|value| {
                let mut out = Output::of(self.exchange.connector);
                out.field(self.field, value);
                out.json
            })
        };
        let body = self.exchange.judge(&reply, scope, false, written);
        let notes = self.exchange.take_notes().into_iter();
        let errors = notes.map(|error| PartError { error, about: About::Value }).collect();
        Some(body.map(|body| Part { body: body.into(), form: PartForm::Data, errors }))
    }
}

fn scope<'a>(arguments: &'a str, origin: &ErrorOrigin) -> Result<Scope<'a>, SubgraphError> {
    Ok(Scope { arguments: Some(read_arguments(arguments, origin)?), ..Scope::default() })
}
