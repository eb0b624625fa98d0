//! Owns the naive executor: one server that has the whole schema and all the data. It is what weft is measured against.

use std::cell::RefCell;

use apollo_compiler::Schema;
use apollo_compiler::ast::Value as Literal;
use apollo_compiler::executable::ExecutableDocument;
use apollo_compiler::resolvers::{Execution, FieldError, ObjectValue, ResolveInfo, ResolvedValue};
use apollo_compiler::response::{ExecutionResponse, JsonMap, JsonValue};
use apollo_compiler::validation::Valid;

use super::data::{Object, Value, required, value};
use super::faults::{Faults, FieldFaultKind};
use super::schema::{ObjectKind, World};

pub struct Naive<'w> {
    pub world: &'w World,
    pub schema: &'w Valid<Schema>,
    pub faults: &'w Faults,
    /// An answer whose nulls are taken over wherever they stand, to see whether all else follows from them.
    pub nulls: Option<&'w JsonValue>,
    /// Whether what fields are given from contexts counts.
    pub contexts: bool,
}

impl Naive<'_> {
    /// Executes the document's operation; the calls of mutation fields are added to `log`.
    pub fn execute(
        &self,
        document: &Valid<ExecutableDocument>,
        variables: &JsonMap,
        log: &RefCell<Vec<String>>,
    ) -> Result<ExecutionResponse, String> {
        let kind = match document.operations.get(None).map(|operation| operation.is_mutation()) {
            Ok(true) => ObjectKind::Mutation,
            _ => ObjectKind::Query,
        };
        let def = self.world.objects.iter().find(|object| object.kind == kind).ok_or("no root type")?;
        let root = Node { naive: self, object: Object { def, id: 0 }, outer: None, seen: self.nulls, log };
        let variables = with_defaults(document, variables);
        let execution = Execution::new(self.schema, document).raw_variable_values(&variables);
        execution.enable_schema_introspection(true).execute_sync(&root).map_err(|error| error.message().to_string())
    }
}

/// The variables with their defaults as if they had been given: apollo-compiler coerces only what was.
fn with_defaults(document: &ExecutableDocument, given: &JsonMap) -> JsonMap {
    let mut all = given.clone();
    let variables = document.operations.get(None).map(|operation| operation.variables.as_slice()).unwrap_or_default();
    for variable in variables {
        if let Some(default) = &variable.default_value
            && !all.contains_key(variable.name.as_str())
        {
            all.insert(variable.name.as_str(), json_of(default));
        }
    }
    all
}

pub fn json_of(literal: &Literal) -> JsonValue {
    match literal {
        Literal::Null | Literal::Variable(_) => JsonValue::Null,
        Literal::Enum(name) => JsonValue::from(name.as_str()),
        Literal::String(text) => JsonValue::from(text.as_str()),
        Literal::Float(number) => number.try_to_f64().map_or(JsonValue::Null, JsonValue::from),
        Literal::Int(number) => number.try_to_i32().map_or(JsonValue::Null, JsonValue::from),
        Literal::Boolean(value) => JsonValue::from(*value),
        Literal::List(items) => items.iter().map(|item| json_of(item)).collect(),
        Literal::Object(fields) => {
            JsonValue::Object(fields.iter().map(|(name, value)| (name.as_str().into(), json_of(value))).collect())
        }
    }
}

struct Node<'a> {
    naive: &'a Naive<'a>,
    object: Object<'a>,
    /// What it is in.
    outer: Option<&'a Node<'a>>,
    seen: Option<&'a JsonValue>,
    log: &'a RefCell<Vec<String>>,
}

impl ObjectValue for Node<'_> {
    fn type_name(&self) -> &str {
        &self.object.def.name
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Result<ResolvedValue<'a>, FieldError> {
        let world = self.naive.world;
        let field = self.object.def.field(info.field_name()).ok_or_else(|| self.unknown_field_error(info))?;
        if self.naive.faults.withholds(self.object, &field.name) {
            return Err(FieldError { message: "refused".to_owned() });
        }
        if self.object.def.kind == ObjectKind::Mutation {
            self.log.borrow_mut().push(super::call_text(&field.name, info.arguments()));
        }
        let key = info.field_selections().first().map(|field| field.response_key().as_str()).unwrap_or_default();
        // Where the answer has nothing because something above is null, there is nothing to see.
        let seen = self.seen.and_then(|seen| seen.get(key));
        match self.naive.faults.of(world, self.object, &field.name) {
            Some(FieldFaultKind::Error | FieldFaultKind::Wrong | FieldFaultKind::Refused) => {
                return Err(FieldError { message: "fault".to_owned() });
            }
            Some(FieldFaultKind::Null) => return Ok(ResolvedValue::null()),
            None => {}
        }
        let required = required(world, self.object, field);
        let mut arguments = info.arguments().clone();
        if self.naive.contexts {
            let around = std::iter::successors(self.outer, |node| node.outer).map(|node| node.object);
            let given = super::contexts::arguments(world, field, around);
            arguments.extend(given.into_iter().map(|(name, value)| (name.into(), value)));
        }
        Ok(self.resolved(value(world, self.object, field, &arguments, required.as_ref()), seen))
    }
}

impl<'a> Node<'a> {
    fn resolved(&'a self, value: Value<'a>, seen: Option<&'a JsonValue>) -> ResolvedValue<'a> {
        if seen == Some(&JsonValue::Null) {
            return ResolvedValue::null();
        }
        match value {
            Value::Null => ResolvedValue::null(),
            Value::Leaf(leaf) => ResolvedValue::Leaf(leaf),
            Value::Object(object) => {
                ResolvedValue::object(Node { naive: self.naive, object, outer: Some(self), seen, log: self.log })
            }
            Value::List(items) => ResolvedValue::list(
                items
                    .into_iter()
                    .enumerate()
                    .map(move |(at, item)| self.resolved(item, seen.and_then(|seen| seen.get(at)))),
            ),
        }
    }
}
