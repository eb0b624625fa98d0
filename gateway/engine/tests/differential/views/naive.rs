//! Owns the naive executor of views: each field is looked up in all the data, step by step, when it is asked for.

use apollo_compiler::ast::{self, Type};
use apollo_compiler::executable::{self as exe, ExecutableDocument};
use apollo_compiler::response::{JsonMap, JsonValue};
use apollo_compiler::validation::Valid;
use apollo_compiler::{Name, Schema};

use super::super::data::{Object, Value, required, value};
use super::super::faults::FieldFaultKind;
use super::super::gateway::Gateway;
use super::super::schema::{ObjectKind, World};
use super::Asked;
use super::spec::{Fallback, ListStep, Source, Step, View, ViewField, ViewType};

pub struct Naive<'a> {
    world: &'a World,
    pub api: &'a Valid<Schema>,
    pub client: &'a Valid<Schema>,
    pub view: &'a View,
    pub asked: &'a Asked<'a>,
    pub document: &'a Valid<ExecutableDocument>,
}

#[derive(Debug, Default)]
pub struct Expected {
    pub data: JsonValue,
    /// Paths.
    pub errors: Vec<String>,
    pub degraded: Vec<String>,
}

/// What is at the end of a path, in the client's lists.
#[derive(Debug, Clone)]
enum Tree<'w> {
    Null,
    Failed(Failure),
    Leaf(JsonValue),
    Object(Object<'w>),
    List(Vec<Tree<'w>>),
}

/// What a path leads to: a value, or, once a `[]` was met, items of the client's list.
enum Flow<'w> {
    One(Tree<'w>),
    Many(Vec<Tree<'w>>),
}

/// How a value came to be missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Failure {
    Error,
    /// Whoever asks may not see it.
    Refusal,
}

/// Why a null is there: a failure, or because the value is null.
type Cause = Option<Failure>;

/// A value, or a null that may be where it is.
enum Completed {
    Value(JsonValue),
    Null(Cause),
    /// A null that may not be, and takes what it is in with it.
    Nulled(Failure),
}

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
        asked: &'a Asked<'a>,
        document: &'a Valid<ExecutableDocument>,
    ) -> Self {
        Self { world: &gateway.world, api: gateway.api(), client, view, asked, document }
    }

    pub fn execute(&self) -> Result<Expected, String> {
        let operation = self.document.operations.get(None).map_err(|_| "no operation".to_owned())?;
        let kind = if operation.is_mutation() { ObjectKind::Mutation } else { ObjectKind::Query };
        let def = self.world.objects.iter().find(|object| object.kind == kind).ok_or("no root type")?;
        let ty = self.view.ty(operation.object_type()).ok_or("the root is not in the view")?;
        let mut log = Log::default();
        let data = match self.object(ty, Object { def, id: 0 }, &[&operation.selection_set], &mut log) {
            Completed::Value(data) => data,
            Completed::Null(_) | Completed::Nulled(_) => JsonValue::Null,
        };
        // Nothing is degraded where there is nothing any more.
        let degraded = log.degraded.into_iter().filter(|path| is_there(&data, path)).collect();
        Ok(Expected { data, errors: log.errors, degraded })
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
            let value = match log.at(JsonValue::from(key.as_str()), |log| self.field(field, object, &nodes, log)) {
                Completed::Value(value) => value,
                Completed::Null(_) => JsonValue::Null,
                nulled @ Completed::Nulled(_) => return nulled,
            };
            out.insert(key.as_str(), value);
        }
        Completed::Value(JsonValue::Object(out))
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
        if !self.is_allowed(field) {
            log.error();
            return self.nulled(&field.ty, Some(Failure::Refusal), log);
        }
        let (errors, degraded) = (log.errors.len(), log.degraded.len());
        let sets: Vec<&exe::SelectionSet> = nodes.iter().map(|node| &node.selection_set).collect();
        let done = match &field.source {
            Source::Constant { json, .. } => Completed::Value(serde_json::from_str(json).expect("it is JSON")),
            Source::Here => {
                let ty = self.view.ty(field.ty.inner_named_type()).expect("a type of the view");
                match self.object(ty, object, &sets, log) {
                    Completed::Nulled(failure) if !field.ty.is_non_null() => Completed::Null(Some(failure)),
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
        let cause = match done {
            Completed::Value(_) => return done,
            Completed::Null(cause) => cause,
            Completed::Nulled(failure) => Some(failure),
        };
        let Some(Fallback { value, on_error, on_null, report }) = &field.fallback else { return done };
        let stands_in = match cause {
            None => *on_null,
            Some(Failure::Error) => *on_error,
            Some(Failure::Refusal) => false,
        };
        if !stands_in {
            return self.nulled(&field.ty, cause, log);
        }
        if cause.is_some() {
            if !report {
                log.errors.truncate(errors);
            }
            log.degraded.truncate(degraded);
            let path = log.here();
            log.degraded.push(path);
        }
        // Of what is written in GraphQL, only an enum's value is no JSON.
        Completed::Value(serde_json::from_str(value).unwrap_or_else(|_| JsonValue::from(value.as_str())))
    }

    /// A null where this type is promised. One that breaks the promise for no other reason is an error.
    fn nulled(&self, ty: &Type, cause: Cause, log: &mut Log) -> Completed {
        if !ty.is_non_null() {
            return Completed::Null(cause);
        }
        Completed::Nulled(cause.unwrap_or_else(|| {
            log.error();
            Failure::Error
        }))
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
            let Some(value) = self.given(step, argument, field, node) else { continue };
            // The field refuses what it does not take, and is not resolved.
            if !self.takes(&argument.ty, &value) {
                return Flow::One(Tree::Failed(Failure::Error));
            }
            arguments.insert(argument.name.as_str(), value);
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
        match self.asked.faults.of(self.world, object, name) {
            Some(FieldFaultKind::Error | FieldFaultKind::Wrong) => return Tree::Failed(Failure::Error),
            Some(FieldFaultKind::Refused) => return Tree::Failed(Failure::Refusal),
            Some(FieldFaultKind::Null) if non_null => return Tree::Failed(Failure::Error),
            Some(FieldFaultKind::Null) => return Tree::Null,
            None => {}
        }
        let required = required(self.world, object, field);
        tree(value(self.world, object, field, arguments, required.as_ref()))
    }

    fn complete(
        &self,
        tree: Tree<'a>,
        ty: &Type,
        field: &'a ViewField,
        sets: &[&'a exe::SelectionSet],
        log: &mut Log,
    ) -> Completed {
        let done = match (tree, ty) {
            (Tree::Null, _) => Completed::Null(None),
            (Tree::Failed(failure), _) => {
                log.error();
                Completed::Null(Some(failure))
            }
            (Tree::List(items), Type::List(item) | Type::NonNullList(item)) => {
                let mut out = vec![];
                for (at, value) in items.into_iter().enumerate() {
                    match log.at(JsonValue::from(at as u64), |log| self.complete(value, item, field, sets, log)) {
                        Completed::Value(value) => out.push(value),
                        Completed::Null(_) => out.push(JsonValue::Null),
                        Completed::Nulled(failure) => return self.nulled(ty, Some(failure), log),
                    }
                }
                Completed::Value(JsonValue::Array(out))
            }
            (Tree::Object(object), _) => {
                let known = self.view.members(ty.inner_named_type());
                match known.into_iter().find(|known| known.from == object.def.name) {
                    Some(ty) => self.object(ty, object, sets, log),
                    None => Completed::Null(None),
                }
            }
            (Tree::Leaf(leaf), _) => match self.leaf(leaf, ty.inner_named_type(), field) {
                JsonValue::Null => Completed::Null(None),
                leaf => Completed::Value(leaf),
            },
            (Tree::List(_), _) => unreachable!("the view was built"),
        };
        match done {
            Completed::Value(_) => done,
            Completed::Null(cause) => self.nulled(ty, cause, log),
            Completed::Nulled(failure) => self.nulled(ty, Some(failure), log),
        }
    }

    fn leaf(&self, leaf: JsonValue, ty: &str, field: &ViewField) -> JsonValue {
        if let Some(known) = self.view.enums.iter().find(|known| known.name == ty) {
            let text = leaf.as_str().unwrap_or_default();
            let client = known.values.iter().find(|(upstream, _)| upstream == text).map(|(_, client)| client);
            return client.or(known.catch_all.as_ref()).map_or(JsonValue::Null, |name| JsonValue::from(name.as_str()));
        }
        match (&field.mask, leaf.as_str()) {
            (Some(mask), Some(text)) if !mask.unless.as_ref().is_some_and(|scope| self.asked.identity.holds(scope)) => {
                let all: Vec<char> = text.chars().collect();
                let shown = if all.len() < 2 * mask.keep { 0 } else { mask.keep };
                let hidden = all.len() - shown;
                JsonValue::from(mask.char.to_string().repeat(hidden) + &all[hidden..].iter().collect::<String>())
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

pub fn literal_json(value: &ast::Value) -> JsonValue {
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
