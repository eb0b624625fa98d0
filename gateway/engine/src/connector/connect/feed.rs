//! Owns the events of a subscription that a gRPC stream feeds: each message, mapped.

use weft_federation::connect::mapping::{Value, parse_json};
use weft_federation::plan::FetchField;

use super::exchange::Exchange;
use super::grpc::Messages;
use super::output::Output;
use super::scope::Scope;
use crate::connector::{About, Part, PartError, PartForm};
use crate::execute::SubgraphError;

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
        let messages = exchange.open(scope(&arguments)).await?;
        Ok(Self { exchange, field, arguments, messages })
    }

    /// The next event's data; `None` at the stream's end. After an error there is nothing more.
    pub async fn next(&mut self) -> Option<Result<Part, SubgraphError>> {
        let reply = match self.messages.next().await? {
            Ok(reply) => reply,
            Err(error) => return Some(Err(error)),
        };
        let scope = self.exchange.with_constants(scope(&self.arguments));
        let written = |mapped: Result<Option<&Value<'_>>, SubgraphError>| {
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

fn scope(arguments: &str) -> Scope<'_> {
    // It was written as JSON by the gateway itself.
    Scope { arguments: parse_json(arguments.as_bytes()).ok(), ..Scope::default() }
}
