//! Owns the gateway's own fields, `__schema` and `__type`: answered from the client's schema.

use apollo_compiler::response::JsonMap;
use apollo_compiler::validation::Valid;
use serde_json::value::RawValue;
use weft_federation::operation::{BoundOperation, Variables};
use weft_federation::schema::{Id, VariableId};
use weft_federation::view::ClientSchema;

use crate::response::IntrospectionAnswers;

/// Answers the introspection fields of an operation, by the client's keys; empty if it has none.
pub fn introspect(operation: &BoundOperation, client: &ClientSchema, variables: &Variables) -> IntrospectionAnswers {
    let Some(introspection) = &operation.introspection else { return vec![] };
    let document = &introspection.document;
    let name = introspection.operation_name.as_deref();
    let Ok(bound) = document.operations.get(name) else { return vec![] };
    // Introspection fields take strings and booleans alone, which `coerce` has checked.
    let variables = Valid::assume_valid(values(operation, variables));
    let answer = apollo_compiler::introspection::partial_execute(
        &client.schema,
        &client.implementers,
        document,
        bound,
        &variables,
    );
    // What fails is absent, and projection reports what is promised and absent.
    let data = answer.ok().and_then(|answer| answer.data).unwrap_or_default();
    data.into_iter().map(|(key, value)| (key.as_str().to_owned(), value.to_string().into_boxed_str())).collect()
}

fn values(operation: &BoundOperation, variables: &Variables) -> JsonMap {
    let mut values = JsonMap::new();
    for (at, definition) in operation.variables.iter().enumerate() {
        let json = variables.get(VariableId::from_index(at));
        let value = json.and_then(|json| serde_json::from_str::<&RawValue>(json).ok());
        if let Some(value) = value.and_then(|value| serde_json::from_str(value.get()).ok()) {
            values.insert(definition.name.as_str(), value);
        }
    }
    values
}
