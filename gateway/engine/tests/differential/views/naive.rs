//! Owns the naive executor of views: each field is looked up in all the data, step by step, when it is asked for.

use std::collections::BTreeSet;

use apollo_compiler::ast::{self, Type};
use apollo_compiler::executable::{self as exe, ExecutableDocument};
use apollo_compiler::response::{JsonMap, JsonValue};
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::validation::Valid;
use apollo_compiler::{Name, Schema};

use super::super::data::{Object, Value, required, value};
use super::super::faults::{Faults, FieldFaultKind};
use super::super::gateway::Gateway;
use super::super::schema::{ObjectKind, World};
use super::spec::{Arg, Fallback, ListStep, Source, Step, View, ViewField, ViewType};

pub struct Naive<'a> {
    world: &'a World,
    api: &'a Valid<Schema>,
    client: &'a Valid<Schema>,
    view: &'a View,
    faults: &'a Faults,
    variables: &'a JsonMap,
    document: &'a Valid<ExecutableDocument>,
}

#[derive(Debug, Default)]
pub struct Expected {
    pub data: JsonValue,
    /// Paths.
    pub errors: BTreeSet<String>,
    pub degraded: BTreeSet<String>,
}

/// What is at the end of a path, in the client's lists.
#[derive(Debug, Clone)]
enum Tree<'w> {
    Null,
    Error,
    Leaf(JsonValue),
    Object(Object<'w>),
    List(Vec<Tree<'w>>),
}

/// What a path leads to: a value, or, once a `[]` was met, items of the client's list.
enum Flow<'w> {
    One(Tree<'w>),
    Many(Vec<Tree<'w>>),
}

/// A null that may not be.
struct Nulled;

type Completed = Result<JsonValue, Nulled>;

/// What was written down on the way.
#[derive(Default)]
struct Log {
    path: Vec<JsonValue>,
    /// In order, so that a fallback can take back what came since.
    errors: Vec<String>,
    degraded: Vec<String>,
}

impl Log {
    fn here(&self) -> String {
        JsonValue::Array(self.path.clone()).to_string()
    }

    fn error(&mut self) {
        let path = self.here();
        self.errors.push(path);
    }

    fn at<T>(&mut self, segment: JsonValue, work: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(segment);
        let done = work(self);
        self.path.pop();
        done
    }
}

impl<'a> Naive<'a> {
    pub fn new(
        gateway: &'a Gateway,
        client: &'a Valid<Schema>,
        view: &'a View,
        faults: &'a Faults,
        variables: &'a JsonMap,
        document: &'a Valid<ExecutableDocument>,
    ) -> Self {
        Self { world: &gateway.world, api: gateway.api(), client, view, faults, variables, document }
    }

    pub fn execute(&self) -> Result<Expected, String> {
        let operation = self.document.operations.get(None).map_err(|_| "no operation".to_owned())?;
        let kind = if operation.is_mutation() { ObjectKind::Mutation } else { ObjectKind::Query };
        let def = self.world.objects.iter().find(|object| object.kind == kind).ok_or("no root type")?;
        let ty = self.view.ty(operation.object_type()).ok_or("the root is not in the view")?;
        let mut log = Log::default();
        let data = self.object(ty, Object { def, id: 0 }, &[&operation.selection_set], &mut log);
        let data = data.unwrap_or_default();
        // Nothing is degraded where there is nothing any more.
        let degraded = log.degraded.into_iter().filter(|path| is_there(&data, path)).collect();
        Ok(Expected { data, errors: log.errors.into_iter().collect(), degraded })
    }

    fn object(&self, ty: &'a ViewType, object: Object<'a>, sets: &[&'a exe::SelectionSet], log: &mut Log) -> Completed {
        let mut fields: Vec<(&Name, Vec<&exe::Field>)> = vec![];
        for set in sets {
            self.collect(ty, set, &mut fields);
        }
        let mut out = JsonMap::new();
        for (key, nodes) in fields {
            let name = &nodes[0].name;
            if name == "__typename" {
                out.insert(key.as_str(), JsonValue::from(ty.name.as_str()));
                continue;
            }
            let field = ty.fields.iter().find(|field| field.name == name.as_str()).expect("it was validated");
            let value = log.at(JsonValue::from(key.as_str()), |log| self.field(field, object, &nodes, log))?;
            out.insert(key.as_str(), value);
        }
        Ok(JsonValue::Object(out))
    }

    fn collect(&self, ty: &ViewType, set: &'a exe::SelectionSet, fields: &mut Vec<(&'a Name, Vec<&'a exe::Field>)>) {
        for selection in &set.selections {
            if !self.is_taken(selection.directives()) {
                continue;
            }
            let (condition, below) = match selection {
                exe::Selection::Field(field) => {
                    let key = field.response_key();
                    match fields.iter_mut().find(|(known, _)| *known == key) {
                        Some((_, nodes)) => nodes.push(field),
                        None => fields.push((key, vec![field])),
                    }
                    continue;
                }
                exe::Selection::InlineFragment(fragment) => (fragment.type_condition.as_ref(), &fragment.selection_set),
                exe::Selection::FragmentSpread(spread) => {
                    let fragment = &self.document.fragments[&spread.fragment_name];
                    (Some(fragment.type_condition()), &fragment.selection_set)
                }
            };
            let is_one = |name: &Name| self.view.members(name).iter().any(|member| member.name == ty.name);
            if condition.is_none_or(is_one) {
                self.collect(ty, below, fields);
            }
        }
    }

    fn is_taken(&self, directives: &ast::DirectiveList) -> bool {
        directives.iter().all(|directive| {
            let wanted = match directive.name.as_str() {
                "skip" => false,
                "include" => true,
                _ => return true,
            };
            let value = directive.specified_argument_by_name("if").expect("it was validated");
            self.input(&Type::parse("Boolean!", "type").expect("a type"), Some(value), None)
                == Some(JsonValue::from(wanted))
        })
    }

    fn field(&self, field: &'a ViewField, object: Object<'a>, nodes: &[&'a exe::Field], log: &mut Log) -> Completed {
        let (errors, degraded) = (log.errors.len(), log.degraded.len());
        let sets: Vec<&exe::SelectionSet> = nodes.iter().map(|node| &node.selection_set).collect();
        let done = match &field.source {
            Source::Constant(json) => Ok(serde_json::from_str(json).expect("it is JSON")),
            Source::Here => {
                let ty = self.view.ty(field.ty.inner_named_type()).expect("a type of the view");
                match self.object(ty, object, &sets, log) {
                    Err(Nulled) if !field.ty.is_non_null() => Ok(JsonValue::Null),
                    done => done,
                }
            }
            Source::Path(steps) => {
                let tree = match self.step(object, steps, field, nodes[0]) {
                    Flow::One(tree) => tree,
                    Flow::Many(items) => Tree::List(items),
                };
                // Where there is a fallback, null is first of all the question whether it stands in.
                let ty = if field.fallback.is_some() { &field.ty.clone().nullable() } else { &field.ty };
                self.complete(self.cut(tree, field), ty, field, &sets, log)
            }
        };
        let is_null = !matches!(&done, Ok(value) if *value != JsonValue::Null);
        let Some(fallback) = field.fallback.as_ref().filter(|_| is_null) else { return done };
        let Fallback { value, on_error, on_null, report } = fallback;
        let failed = log.errors.len() > errors;
        if !(if failed { *on_error } else { *on_null }) {
            if !field.ty.is_non_null() {
                return done;
            }
            if !failed {
                log.error();
            }
            return Err(Nulled);
        }
        if failed {
            if !report {
                log.errors.truncate(errors);
            }
            log.degraded.truncate(degraded);
            let path = log.here();
            log.degraded.push(path);
        }
        // Of what is written in GraphQL, only an enum's value is no JSON.
        Ok(serde_json::from_str(value).unwrap_or_else(|_| JsonValue::from(value.as_str())))
    }

    /// The client's list without what is left out of it.
    fn cut(&self, tree: Tree<'a>, field: &ViewField) -> Tree<'a> {
        let Tree::List(mut items) = tree else { return tree };
        if field.drop_unknown {
            let known = self.view.members(field.ty.inner_named_type());
            items.retain(|item| match item {
                Tree::Object(object) => known.iter().any(|ty| ty.from == object.def.name),
                _ => true,
            });
        }
        items.truncate(field.limit.unwrap_or(usize::MAX));
        Tree::List(items)
    }

    fn step(&self, object: Object<'a>, steps: &'a [Step], field: &'a ViewField, node: &exe::Field) -> Flow<'a> {
        let step = &steps[0];
        let def = &self.api_field(&object.def.name, &step.field);
        let mut arguments = JsonMap::new();
        for argument in &def.arguments {
            let given = step.args.iter().find(|(name, _)| *name == argument.name.as_str());
            let given = match given {
                Some((_, Arg::Literal { json, .. })) => Some(serde_json::from_str(json).expect("it is JSON")),
                Some((_, Arg::Client(name))) => self.argument(field, name, node),
                None => None,
            };
            let default = || argument.default_value.as_ref().map(|value| literal_json(value));
            if let Some(value) = given.or_else(default) {
                arguments.insert(argument.name.as_str(), value);
            }
        }
        let found = self.raw(object, &step.field, &arguments, def.ty.is_non_null());
        self.lists(found, &step.lists, steps, field, node)
    }

    fn lists(
        &self,
        found: Tree<'a>,
        lists: &[ListStep],
        steps: &'a [Step],
        field: &'a ViewField,
        node: &exe::Field,
    ) -> Flow<'a> {
        let Some((first, rest)) = lists.split_first() else {
            return match (found, steps) {
                (Tree::Object(object), [step, ..]) if !self.is_a(object, step.narrow.as_deref()) => {
                    Flow::One(Tree::Null)
                }
                (Tree::Object(object), [_, rest @ ..]) if !rest.is_empty() => self.step(object, rest, field, node),
                (other, _) => Flow::One(other),
            };
        };
        match (found, first) {
            (Tree::List(items), ListStep::At(at)) => {
                let item = items.into_iter().nth(*at).unwrap_or(Tree::Null);
                self.lists(item, rest, steps, field, node)
            }
            (Tree::List(items), ListStep::Each) => {
                let mut all = vec![];
                for item in items {
                    match self.lists(item, rest, steps, field, node) {
                        Flow::One(tree) => all.push(tree),
                        Flow::Many(more) => all.extend(more),
                    }
                }
                Flow::Many(all)
            }
            (other, _) => Flow::One(other),
        }
    }

    fn is_a(&self, object: Object<'_>, ty: Option<&str>) -> bool {
        ty.is_none_or(|ty| ty == object.def.name || self.api.is_subtype(ty, &object.def.name))
    }

    fn api_field(&self, ty: &str, field: &str) -> &'a ast::FieldDefinition {
        self.api.type_field(ty, field).expect("the view was built")
    }

    /// A field's value in the data, as the supergraph would hand it over.
    fn raw(&self, object: Object<'a>, name: &str, arguments: &JsonMap, non_null: bool) -> Tree<'a> {
        let field = object.def.field(name).expect("the view was built");
        match self.faults.of(self.world, object, name) {
            Some(FieldFaultKind::Error | FieldFaultKind::Wrong) => return Tree::Error,
            Some(FieldFaultKind::Null) if non_null => return Tree::Error,
            Some(FieldFaultKind::Null) => return Tree::Null,
            None => {}
        }
        let required = required(self.world, object, field);
        tree(value(self.world, object, field, arguments, required.as_ref()))
    }

    /// A client's argument in the supergraph's terms; `None` if there is none.
    fn argument(&self, field: &ViewField, name: &str, node: &exe::Field) -> Option<JsonValue> {
        let arg = field.args.iter().find(|arg| arg.name == name)?;
        let default = node.definition.argument_by_name(name).and_then(|def| def.default_value.as_deref());
        let given = node.specified_argument_by_name(name).map(|value| &**value);
        self.input(&arg.ty, given, default)
    }

    fn input(&self, ty: &Type, given: Option<&ast::Value>, default: Option<&ast::Value>) -> Option<JsonValue> {
        let default = || default.and_then(|default| self.input(ty, Some(default), None));
        Some(match (given, ty) {
            (None, _) => return default(),
            (Some(ast::Value::Variable(name)), _) => {
                let operation = self.document.operations.get(None).ok()?;
                let def = operation.variables.iter().find(|def| def.name == *name)?;
                match self.variables.get(name.as_str()) {
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
                        out.insert(name.as_str(), value);
                    }
                }
                JsonValue::Object(out)
            }
            (Some(ast::Value::Enum(name)), _) => self.upstream(ty, &JsonValue::from(name.as_str())),
            (Some(value), _) => self.upstream(ty, &literal_json(value)),
        })
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
                        out.insert(name.as_str(), value);
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

    fn complete(
        &self,
        tree: Tree<'a>,
        ty: &Type,
        field: &'a ViewField,
        sets: &[&'a exe::SelectionSet],
        log: &mut Log,
    ) -> Completed {
        let errors = log.errors.len();
        let done = match (tree, ty) {
            (Tree::Null, _) => Ok(JsonValue::Null),
            (Tree::Error, _) => {
                log.error();
                Ok(JsonValue::Null)
            }
            (Tree::List(items), Type::List(item) | Type::NonNullList(item)) => {
                let mut out = vec![];
                let mut done = Ok(());
                for (at, value) in items.into_iter().enumerate() {
                    let value = log.at(JsonValue::from(at as u64), |log| self.complete(value, item, field, sets, log));
                    match value {
                        Ok(value) => out.push(value),
                        Err(Nulled) => {
                            done = Err(Nulled);
                            break;
                        }
                    }
                }
                done.map(|()| JsonValue::Array(out))
            }
            (Tree::Object(object), _) => {
                let known = self.view.members(ty.inner_named_type());
                match known.into_iter().find(|known| known.from == object.def.name) {
                    Some(ty) => self.object(ty, object, sets, log),
                    None => Ok(JsonValue::Null),
                }
            }
            (Tree::Leaf(leaf), _) => Ok(self.leaf(leaf, ty.inner_named_type(), field)),
            (Tree::List(_), _) => unreachable!("the view was built"),
        };
        match done {
            Ok(value) if value != JsonValue::Null => Ok(value),
            _ if !ty.is_non_null() => Ok(JsonValue::Null),
            _ => {
                if log.errors.len() == errors {
                    log.error();
                }
                Err(Nulled)
            }
        }
    }

    fn leaf(&self, leaf: JsonValue, ty: &str, field: &ViewField) -> JsonValue {
        if let Some(known) = self.view.enums.iter().find(|known| known.name == ty) {
            let text = leaf.as_str().unwrap_or_default();
            let client = known.values.iter().find(|(upstream, _)| upstream == text).map(|(_, client)| client);
            return client.or(known.catch_all.as_ref()).map_or(JsonValue::Null, |name| JsonValue::from(name.as_str()));
        }
        match (field.mask, leaf.as_str()) {
            (Some(keep), Some(text)) => {
                let all: Vec<char> = text.chars().collect();
                let shown = if all.len() < 2 * keep { 0 } else { keep };
                let hidden = all.len() - shown;
                JsonValue::from("*".repeat(hidden) + &all[hidden..].iter().collect::<String>())
            }
            _ => leaf,
        }
    }
}

fn tree(value: Value<'_>) -> Tree<'_> {
    match value {
        Value::Null => Tree::Null,
        Value::Leaf(JsonValue::Null) => Tree::Null,
        Value::Leaf(leaf) => Tree::Leaf(leaf),
        Value::Object(object) => Tree::Object(object),
        Value::List(items) => Tree::List(items.into_iter().map(tree).collect()),
    }
}

fn literal_json(value: &ast::Value) -> JsonValue {
    super::super::naive::json_of(value)
}

/// Whether what a path leads through is in the data.
fn is_there(data: &JsonValue, path: &str) -> bool {
    let path: JsonValue = serde_json::from_str(path).expect("it was written here");
    let segments = path.as_array().map(Vec::as_slice).unwrap_or_default();
    let step = |value: &JsonValue, segment: &JsonValue| match segment {
        JsonValue::String(key) => value.get(key.as_str()).cloned(),
        at => value.get(usize::try_from(at.as_u64()?).ok()?).cloned(),
    };
    segments.iter().try_fold(data.clone(), |value, segment| step(&value, segment)).is_some()
}
