//! Owns what fields are given: a client's values and those of a path in the supergraph's terms, and what a field refuses.

use apollo_compiler::ast::{self, Type};
use apollo_compiler::executable as exe;
use apollo_compiler::response::{JsonMap, JsonValue};
use apollo_compiler::schema::ExtendedType;

use super::naive::{Naive, literal_json};
use super::spec::{Arg, Need, Source, Step, ViewField};

impl Naive<'_> {
    /// Whether the one who asks has all that a field needs.
    pub fn is_allowed(&self, field: &ViewField) -> bool {
        let identity = &self.asked.identity;
        let has_needs = match &field.needs {
            None => true,
            Some(Need::Credential) => identity.claims.is_some(),
            Some(Need::Scopes(scopes)) => scopes.iter().all(|scope| identity.holds(scope)),
        };
        let Source::Path(steps) = &field.source else { return has_needs };
        let mut args = steps.iter().flat_map(|step| &step.args);
        has_needs && args.all(|(_, arg)| self.has_claims(arg))
    }

    fn has_claims(&self, arg: &Arg) -> bool {
        match arg {
            Arg::Literal { .. } | Arg::Client(_) => true,
            Arg::Claim(path) => self.asked.identity.claim(path).is_some(),
            Arg::List(items) => items.iter().all(|item| self.has_claims(item)),
            Arg::Object(fields) => fields.iter().all(|(_, value)| self.has_claims(value)),
        }
    }

    /// What a step of a path gives to an argument of the supergraph's, as that takes it; `None` if there is nothing.
    pub fn given(
        &self,
        step: &Step,
        argument: &ast::InputValueDefinition,
        field: &ViewField,
        node: &exe::Field,
    ) -> Option<JsonValue> {
        let written = step.args.iter().find(|(name, _)| *name == argument.name.as_str());
        let passed_on = step.passed_on.iter().find(|(name, _)| *name == argument.name.as_str());
        let given = match (written, passed_on) {
            (Some((_, Arg::Client(client))), _) | (None, Some((_, client))) => {
                match self.argument(field, client, node) {
                    // What a client may leave null, and the supergraph may not, is left out.
                    Some(JsonValue::Null) if argument.ty.is_non_null() && self.may_be_null(field, client) => {
                        self.default_of(field, client, node)
                    }
                    given => given,
                }
            }
            (Some((_, arg)), _) => self.value_of(arg, field, node),
            (None, None) => None,
        };
        let default = || argument.default_value.as_ref().map(|value| literal_json(value));
        given.or_else(default).map(|value| self.coerced(&argument.ty, value))
    }

    fn value_of(&self, arg: &Arg, field: &ViewField, node: &exe::Field) -> Option<JsonValue> {
        match arg {
            Arg::Literal { json, .. } => Some(serde_json::from_str(json).expect("it is JSON")),
            Arg::Client(name) => self.argument(field, name, node),
            Arg::Claim(path) => self.asked.identity.claim(path),
            Arg::List(items) => {
                Some(items.iter().map(|item| self.value_of(item, field, node).unwrap_or_default()).collect())
            }
            Arg::Object(fields) => {
                let mut out = JsonMap::new();
                for (name, value) in fields {
                    // The subgraphs' executor takes a variable that was not given for null, in an object.
                    let is_variable = matches!(value, Arg::Client(client) if is_variable(client, node));
                    if let Some(value) = self.value_of(value, field, node).or(is_variable.then_some(JsonValue::Null)) {
                        out.insert(name.as_str(), value);
                    }
                }
                Some(JsonValue::Object(out))
            }
        }
    }

    /// A value as an input of the supergraph takes it: one for a list of it, and with the defaults of what is left out.
    fn coerced(&self, ty: &Type, value: JsonValue) -> JsonValue {
        match (value, ty) {
            (JsonValue::Null, _) => JsonValue::Null,
            (JsonValue::Array(items), Type::List(item) | Type::NonNullList(item)) => {
                items.into_iter().map(|value| self.coerced(item, value)).collect()
            }
            (value, Type::List(item) | Type::NonNullList(item)) => JsonValue::Array(vec![self.coerced(item, value)]),
            (JsonValue::Object(mut fields), Type::Named(ty) | Type::NonNullNamed(ty)) => {
                let Some(ExtendedType::InputObject(input)) = self.api.types.get(ty) else {
                    return JsonValue::Object(fields);
                };
                let mut out = JsonMap::new();
                for (name, def) in &input.fields {
                    let default = || def.default_value.as_ref().map(|value| literal_json(value));
                    if let Some(value) = fields.remove(name.as_str()).or_else(default) {
                        out.insert(name.as_str(), self.coerced(&def.ty, value));
                    }
                }
                JsonValue::Object(out)
            }
            (value, _) => value,
        }
    }

    /// Whether an argument of the supergraph takes a value: there must be no null where its type has none.
    pub fn takes(&self, ty: &Type, value: &JsonValue) -> bool {
        match (value, ty) {
            (JsonValue::Null, _) => !ty.is_non_null(),
            (JsonValue::Array(items), Type::List(item) | Type::NonNullList(item)) => {
                items.iter().all(|value| self.takes(item, value))
            }
            (value, Type::List(item) | Type::NonNullList(item)) => self.takes(item, value),
            (JsonValue::Object(fields), Type::Named(ty) | Type::NonNullNamed(ty)) => {
                let Some(ExtendedType::InputObject(input)) = self.api.types.get(ty) else { return true };
                fields
                    .iter()
                    .all(|(name, value)| input.fields.get(name.as_str()).is_none_or(|def| self.takes(&def.ty, value)))
            }
            (JsonValue::Bool(_) | JsonValue::Number(_) | JsonValue::String(_) | JsonValue::Array(_), _) => true,
        }
    }

    /// A client's argument in the supergraph's terms; `None` if there is none.
    fn argument(&self, field: &ViewField, name: &str, node: &exe::Field) -> Option<JsonValue> {
        let arg = field.args.iter().find(|arg| arg.name == name)?;
        let default = node.definition.argument_by_name(name).and_then(|def| def.default_value.as_deref());
        let given = node.specified_argument_by_name(name).map(|value| &**value);
        self.input(&arg.ty, given, default)
    }

    fn may_be_null(&self, field: &ViewField, client: &str) -> bool {
        field.args.iter().any(|arg| arg.name == client && !arg.ty.is_non_null())
    }

    fn default_of(&self, field: &ViewField, client: &str, node: &exe::Field) -> Option<JsonValue> {
        let arg = field.args.iter().find(|arg| arg.name == client)?;
        let default = node.definition.argument_by_name(client).and_then(|def| def.default_value.as_deref());
        self.input(&arg.ty, default, None).filter(|value| *value != JsonValue::Null)
    }

    pub fn input(&self, ty: &Type, given: Option<&ast::Value>, default: Option<&ast::Value>) -> Option<JsonValue> {
        let default = || default.and_then(|default| self.input(ty, Some(default), None));
        Some(match (given, ty) {
            (None, _) => return default(),
            (Some(ast::Value::Variable(name)), _) => {
                let operation = self.document.operations.get(None).ok()?;
                let def = operation.variables.iter().find(|def| def.name == *name)?;
                match self.asked.operation.variables.get(name.as_str()) {
                    Some(given) => self.upstream(&def.ty, given),
                    None => match &def.default_value {
                        Some(value) => return self.input(&def.ty, Some(value), None),
                        None => return default(),
                    },
                }
            }
            (Some(ast::Value::Null), _) => JsonValue::Null,
            (Some(ast::Value::List(items)), Type::List(item) | Type::NonNullList(item)) => {
                let items = items.iter().map(|value| self.input(item, Some(value), None).unwrap_or_default());
                JsonValue::Array(items.collect())
            }
            (Some(value), Type::List(item) | Type::NonNullList(item)) => {
                JsonValue::Array(vec![self.input(item, Some(value), None).unwrap_or_default()])
            }
            (Some(ast::Value::Object(fields)), Type::Named(ty) | Type::NonNullNamed(ty)) => {
                let Some(ExtendedType::InputObject(input)) = self.client.types.get(ty) else {
                    return given.map(literal_json);
                };
                let mut out = JsonMap::new();
                for (name, def) in &input.fields {
                    let given = fields.iter().find(|(field, _)| field == name).map(|(_, value)| &**value);
                    let value = self.input(&def.ty, given, def.default_value.as_deref());
                    // The subgraphs' executor takes a variable that was not given for null, in an object.
                    let value = value.or_else(|| given.map(|_| JsonValue::Null));
                    if let Some(value) = value {
                        out.insert(self.field_behind(ty, name), value);
                    }
                }
                JsonValue::Object(out)
            }
            (Some(ast::Value::Enum(name)), _) => self.upstream(ty, &JsonValue::from(name.as_str())),
            (Some(value), _) => self.upstream(ty, &literal_json(value)),
        })
    }

    /// What the supergraph calls a field of a client's input type.
    fn field_behind(&self, ty: &str, field: &str) -> &str {
        let known = self.view.inputs.iter().filter(|input| input.name == ty).flat_map(|input| &input.fields);
        let mut known = known.filter(|known| known.name == field);
        known.next().map(|known| known.from.as_str()).expect("it was validated")
    }

    /// A client's JSON in the supergraph's terms.
    fn upstream(&self, ty: &Type, json: &JsonValue) -> JsonValue {
        match (json, ty) {
            (JsonValue::Null, _) => JsonValue::Null,
            (JsonValue::Array(items), Type::List(item) | Type::NonNullList(item)) => {
                JsonValue::Array(items.iter().map(|value| self.upstream(item, value)).collect())
            }
            (value, Type::List(item) | Type::NonNullList(item)) => JsonValue::Array(vec![self.upstream(item, value)]),
            (JsonValue::Object(fields), Type::Named(ty) | Type::NonNullNamed(ty)) => {
                let Some(ExtendedType::InputObject(input)) = self.client.types.get(ty) else { return json.clone() };
                let mut out = JsonMap::new();
                for (name, def) in &input.fields {
                    let value = match (fields.get(name.as_str()), &def.default_value) {
                        (Some(value), _) => Some(self.upstream(&def.ty, value)),
                        (None, default) => self.input(&def.ty, default.as_deref(), None),
                    };
                    if let Some(value) = value {
                        out.insert(self.field_behind(ty, name), value);
                    }
                }
                JsonValue::Object(out)
            }
            (JsonValue::String(text), Type::Named(ty) | Type::NonNullNamed(ty)) => {
                let known = self.view.enums.iter().find(|known| known.name == ty.as_str());
                let value = known.and_then(|known| known.values.iter().find(|(_, client)| client == text.as_str()));
                value.map_or_else(|| json.clone(), |(upstream, _)| JsonValue::from(upstream.as_str()))
            }
            (JsonValue::Number(number), Type::Named(ty) | Type::NonNullNamed(ty)) if ty == "ID" => {
                JsonValue::from(number.to_string())
            }
            _ => json.clone(),
        }
    }
}

/// Whether a variable is given for the argument.
fn is_variable(client: &str, node: &exe::Field) -> bool {
    node.specified_argument_by_name(client).is_some_and(|value| matches!(&**value, ast::Value::Variable(_)))
}
