//! Owns the variables of a connector's templates and mappings: `$args`, `$this`, `$batch` and the rest.

use http::HeaderMap;
use weft_federation::connect::mapping::{Value, Variable, Vars, parse_json};
use weft_federation::operation::Variables;
use weft_federation::plan::FetchField;
use weft_federation::schema::{Model, write_json_string};

use crate::execute::{ErrorOrigin, SubgraphError};

/// The values of one call. What is absent has no value.
#[derive(Debug, Default)]
pub struct Scope<'a> {
    pub arguments: Option<Value<'a>>,
    pub this: Option<Value<'a>>,
    pub batch: Option<Value<'a>>,
    pub config: Option<Value<'a>>,
    pub env: Option<Value<'a>>,
    pub request: Option<Value<'a>>,
    pub status: Option<Value<'a>>,
    pub response: Option<Value<'a>>,
}

impl Scope<'_> {
    /// The values with nothing borrowed.
    pub fn into_owned(self) -> Scope<'static> {
        let Self { arguments, this, batch, config, env, request, status, response } = self;
        let owned = |value: Option<Value<'_>>| value.map(Value::into_owned);
        Scope {
            arguments: owned(arguments),
            this: owned(this),
            batch: owned(batch),
            config: owned(config),
            env: owned(env),
            request: owned(request),
            status: owned(status),
            response: owned(response),
        }
    }

    pub fn vars(&self) -> Vars<'_> {
        let values = [
            (Variable::Args, &self.arguments),
            (Variable::This, &self.this),
            (Variable::Batch, &self.batch),
            (Variable::Config, &self.config),
            (Variable::Env, &self.env),
            (Variable::Request, &self.request),
            (Variable::Status, &self.status),
            (Variable::Response, &self.response),
        ];
        values.into_iter().fold(Vars::default(), |vars, (variable, value)| match value {
            Some(value) => vars.with(variable, value),
            None => vars,
        })
    }
}

/// `$args` as JSON: what the client gave, and the schema's defaults for the rest.
pub fn arguments(field: &FetchField, model: &Model, variables: &Variables) -> String {
    let mut json = String::from("{");
    let given = |name: &str| field.arguments.iter().find(|(given, _)| given == name).map(|(_, value)| value);
    for argument in &model.field(field.field).arguments {
        let start = json.len();
        if start > 1 {
            json.push(',');
        }
        write_json_string(&argument.name, &mut json);
        json.push(':');
        let written = given(&argument.name).is_some_and(|value| value.write_json(&|id| variables.get(id), &mut json))
            || argument.default.as_ref().is_some_and(|value| value.write_json(&|_| None, &mut json));
        if !written {
            json.truncate(start);
        }
    }
    json.push('}');
    json
}

/// Reads `$args`. What cannot be read must not be sent as if nothing had been given: without its conditions a call asks for
/// more, or does more, than was meant.
pub fn read_arguments<'a>(json: &'a str, origin: &ErrorOrigin) -> Result<Value<'a>, SubgraphError> {
    parse_json(json.as_bytes()).map_err(|error| {
        let ErrorOrigin { service, .. } = origin;
        let why = error.message;
        let message =
            format!("The request to the subgraph \"{service}\" cannot be made: its arguments cannot be read: {why}.");
        SubgraphError::new(origin, "BAD_USER_INPUT", message)
    })
}

/// Reads what a call is told of an entity, which came from other subgraphs.
pub fn read_entity<'a>(json: &'a [u8], origin: &ErrorOrigin) -> Result<Value<'a>, SubgraphError> {
    parse_json(json).map_err(|error| {
        let ErrorOrigin { service, .. } = origin;
        let why = error.message;
        let message = format!(
            "The request to the subgraph \"{service}\" cannot be made: what other subgraphs answered of the entity cannot be read: {why}."
        );
        SubgraphError::new(origin, "SUBREQUEST_MALFORMED_RESPONSE", message)
    })
}

/// Headers as `$request.headers` and `$response.headers` are: each name has a list of values.
pub fn headers(headers: &HeaderMap) -> Value<'static> {
    let values = |name| {
        let texts = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
        Value::Array(texts.map(|text| Value::string(text.to_owned())).collect())
    };
    let fields = headers.keys().map(|name| (name.as_str().to_owned().into(), values(name))).collect();
    Value::Object(vec![("headers".into(), Value::Object(fields))])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_is_never_nothing() {
        let origin = ErrorOrigin { service: "shop".into(), connector: None };
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(600), "]".repeat(600));
        for json in [r#"{"q":"\ud800","tenant":"t1"}"#, r#"{"\udc00":1}"#, &deep] {
            let error = read_arguments(json, &origin).expect_err(json);
            assert_eq!(error.code, "BAD_USER_INPUT", "{error:?}");
            let error = read_entity(json.as_bytes(), &origin).expect_err(json);
            assert_eq!(error.code, "SUBREQUEST_MALFORMED_RESPONSE", "{error:?}");
        }
        assert_eq!(
            read_arguments(r#"{"q":"\ud83d\ude00"}"#, &origin).expect("it is JSON").to_json(),
            r#"{"q":"\ud83d\ude00"}"#
        );
    }
}
