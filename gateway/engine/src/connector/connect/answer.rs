//! Owns judging a backend's reply: a success, nothing there, or an error as the `errors` mappings tell it.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use http::HeaderMap;
use serde_json::value::RawValue;
use weft_federation::connect::mapping::{PickError, Selection, Value, Variable, eval, parse_json};
use weft_federation::connect::{Connector, ConnectorId, ErrorMappings, Mapping, Source};

use super::backends::Backends;
use super::body::why_broken;
use super::codes;
use super::form::{Form, Found, too_large};
use super::mapped::{AnswerMapping, Mapped, is_success};
use super::offload::of_message;
use super::output::MAX_WRITTEN;
use super::scope::{Scope, headers};
use crate::execute::{BackendStatus, ErrorOrigin, SubgraphError};

/// What a backend replied, in any protocol.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: BackendStatus,
    pub headers: HeaderMap,
    pub body: Payload,
}

#[derive(Debug, Clone)]
pub enum Payload {
    /// JSON, if it is.
    Json(Bytes),
    /// A message that was decoded, and how many bytes it had.
    Value { value: Arc<Value<'static>>, size: usize },
}

impl Payload {
    /// How much there is to map, in bytes of JSON.
    pub fn size(&self) -> usize {
        match self {
            Self::Json(bytes) => bytes.len(),
            Self::Value { size, .. } => of_message(*size),
        }
    }
}

/// What it takes to judge the replies to a connector's calls.
#[derive(Debug, Clone, Copy)]
pub struct Judge<'a> {
    pub backends: &'a Backends,
    pub id: ConnectorId,
    pub connector: &'a Connector,
    pub mapping: &'a AnswerMapping,
    pub origin: &'a ErrorOrigin,
}

impl Judge<'_> {
    /// Judges the reply, and writes what it holds; nothing is written of what is not there, where `may_miss` says that this is
    /// no error.
    pub fn take(&self, reply: &Reply, scope: Scope<'_>, may_miss: bool, form: &Form<'_>) -> Found {
        self.judge(reply, scope, may_miss, |mapped| form.write(mapped, self.connector, self.origin))
    }

    /// Judges the reply, and maps what it holds; `None` stands for what is not there, where `may_miss` says that this is
    /// no error.
    fn judge<R>(
        &self,
        reply: &Reply,
        mut scope: Scope<'_>,
        may_miss: bool,
        then: impl FnOnce(Result<Option<Mapped<'_>>, SubgraphError>) -> R,
    ) -> R {
        // Most replies are made JSON of at once.
        if let Payload::Json(bytes) = &reply.body
            && codes::is_success(reply.status)
            && let Some(picked) = self.mapping.pick(bytes, MAX_WRITTEN)
        {
            return then(match &picked {
                Ok(json) => Ok(Some(Mapped::Json(json))),
                Err(PickError::Json(broken)) => Err(self.broken(reply, &broken.to_string())),
                Err(PickError::TooLarge) => Err(too_large(self.origin)),
            });
        }
        let number = match reply.status {
            BackendStatus::Http(status) => i32::from(status),
            BackendStatus::Grpc(status) => status,
        };
        let reads = |variable| self.backends.reads(self.id, variable);
        scope.status = reads(Variable::Status).then(|| Value::integer(number));
        scope.response = reads(Variable::Response).then(|| headers(&reply.headers));
        let vars = scope.vars();
        let parsed;
        let (data, broken) = match &reply.body {
            Payload::Json(bytes) => {
                let result = self.mapping.read(bytes);
                let broken = result.as_ref().err().map(ToString::to_string);
                parsed = result.unwrap_or_default();
                (&parsed, broken)
            }
            Payload::Value { value, .. } => (&**value, None),
        };
        let source = self.backends.connectors().source_of(self.connector);
        let is_success = is_success(self.connector, source);
        let succeeded = match is_success {
            Some(mapping) => matches!(eval(mapping, &vars, data).0, Value::Bool(true)),
            None => codes::is_success(reply.status),
        };
        if !succeeded {
            if may_miss && is_success.is_none() && codes::is_missing(reply.status) {
                return then(Ok(None));
            }
            let whole;
            let data = match &reply.body {
                // What is said of an error may read other things than what is made of an answer.
                Payload::Json(bytes) => {
                    whole = parse_json(bytes).unwrap_or_default();
                    &whole
                }
                Payload::Value { value, .. } => &**value,
            };
            return then(Err(self.failure(reply.status, source, data, &|mapping| eval_owned(mapping, &scope, data))));
        }
        if let Some(broken) = broken {
            return then(Err(self.broken(reply, &broken)));
        }
        then(Ok(Some(Mapped::Value(&self.mapping.eval(&vars, data)))))
    }

    fn broken(&self, reply: &Reply, broken: &str) -> SubgraphError {
        SubgraphError::malformed(self.origin, &why_broken(&reply.headers, broken))
    }

    fn failure(
        &self,
        status: BackendStatus,
        source: Option<&Source>,
        said: &Value<'_>,
        value: &dyn Fn(&Mapping) -> Value<'static>,
    ) -> SubgraphError {
        // The connector's own mapping stands before its source's.
        let either = |pick: fn(&ErrorMappings) -> Option<&Mapping>| {
            pick(&self.connector.errors).or_else(|| source.and_then(|source| pick(&source.errors)))
        };
        let shown = match status {
            BackendStatus::Http(status) => format!("the HTTP status {status}"),
            BackendStatus::Grpc(status) => match status_message(said) {
                Some(message) => format!("the gRPC status {status}: {message}"),
                None => format!("the gRPC status {status}"),
            },
        };
        let message = either(|errors| errors.message.as_ref())
            .and_then(|mapping| Some(value(mapping).scalar_text()?.into_owned()));
        let message =
            message.unwrap_or_else(|| format!("The subgraph \"{}\" answered with {shown}.", self.origin.service));
        let mut error = SubgraphError::new(self.origin, codes::code(status), message);
        error.status = Some(status);
        let extensions = either(|errors| errors.extensions.as_ref()).map(value);
        if let Some(Value::Object(fields)) = extensions {
            for (name, value) in fields {
                // Many services number their errors.
                match value.scalar_text() {
                    Some(code) if name == "code" => error.code = code.into_owned().into(),
                    _ => {
                        if let Ok(json) = RawValue::from_string(value.to_json()) {
                            error.extensions.insert(name.into_owned(), json);
                        }
                    }
                }
            }
        }
        error.bounded()
    }
}

/// The message of a `google.rpc.Status`, if it has one.
fn status_message(status: &Value<'_>) -> Option<String> {
    let Value::Object(fields) = status else { return None };
    let (_, message) = fields.iter().find(|(name, _)| name == "message")?;
    message.as_text().filter(|text| !text.is_empty()).map(Cow::into_owned)
}

fn eval_owned(mapping: &Selection, scope: &Scope<'_>, data: &Value<'_>) -> Value<'static> {
    eval(mapping, &scope.vars(), data).0.into_owned()
}
