//! Owns the subgraphs: each answers upstream operations from the same data, and only what it has.
//!
//! What no gateway may ask is noted as a violation: invalid operations, fields that the subgraph does not resolve where they
//! are asked, representations that match no key or lack what is required.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use apollo_compiler::Schema;
use apollo_compiler::executable::ExecutableDocument;
use apollo_compiler::resolvers::{Execution, FieldError, ObjectValue, ResolveInfo, ResolvedValue};
use apollo_compiler::response::{JsonMap, JsonValue};
use apollo_compiler::validation::Valid;
use serde_json::json;
use weft_engine::connector::{FakeAnswer, FakeCall};

use super::data::{INSTANCES, Object, Value, from_wire, member_of, pick, pick_data, required, to_wire, value, wrong};
use super::faults::{Faults, FieldFaultKind, SubgraphFault};
use super::render::{Form, render};
use super::rng::hash;
use super::schema::{FieldDef, InterfaceDef, ObjectKind, Role, Sel, Sub, World};

/// The message of what is refused.
const REFUSED: &str = "refused";

/// What happened at the subgraphs in one case.
#[derive(Debug, Default)]
pub struct Record {
    pub violations: Vec<String>,
    /// The calls of mutation fields.
    pub log: Vec<String>,
    /// Upstream operations, as `subgraph: body`.
    pub calls: Vec<String>,
    /// Whether a subgraph's fault was served.
    pub faulted: bool,
    /// The subgraphs that told an error of a field without the place where it made a null.
    pub placeless: BTreeSet<String>,
}

/// All subgraphs of a world, with what goes wrong in a case.
pub struct Subgraphs {
    pub world: Arc<World>,
    /// By subgraph, as they are asked.
    pub schemas: Arc<Vec<Valid<Schema>>>,
    pub faults: Faults,
    /// Whether the label of progressive overrides is active.
    pub label: bool,
    pub record: Mutex<Record>,
}

/// The schemas that the servers of all subgraphs have.
pub fn served(world: &World) -> Result<Vec<Valid<Schema>>, String> {
    let one = |sub| {
        Schema::parse_and_validate(render(world, sub, Form::Served), "served.graphql").map_err(|e| e.errors.to_string())
    };
    (0..world.subgraphs).map(one).collect()
}

impl Subgraphs {
    /// Answers a call; `None` if the subgraph cannot be reached.
    pub fn answer(&self, call: &FakeCall) -> Option<FakeAnswer> {
        self.note(|record| record.calls.push(format!("{}: {}", call.subgraph, call.body)));
        let sub: Sub = call.subgraph.strip_prefix('s')?.parse().ok()?;
        let fault = match self.faults.of_subgraph(sub) {
            Some(SubgraphFault::Flaky) if hash(self.world.seed, &[&call.body]).is_multiple_of(2) => None,
            fault => fault,
        };
        let mut answer = match self.execute(sub, call, fault) {
            Ok(answer) => answer,
            Err(violation) => {
                self.note(|record| record.violations.push(format!("{}: {violation}: {}", call.subgraph, call.body)));
                json!({"errors": [{"message": violation}]})
            }
        };
        let delay = self.delay(call);
        let answered = |answer: &serde_json::Value| FakeAnswer::ok(to_wire(&answer.to_string())).after(delay);
        let Some(fault) = fault else { return Some(answered(&answer)) };
        let of_entities = fault.takes_entities()
            || matches!(fault, SubgraphFault::ShortList | SubgraphFault::LongList | SubgraphFault::Mixed);
        if of_entities && !call.operation.contains("_entities(") {
            return Some(answered(&answer));
        }
        self.note(|record| record.faulted = true);
        match fault {
            SubgraphFault::Unreachable | SubgraphFault::Flaky => return None,
            SubgraphFault::Status => return Some(FakeAnswer::ok("oh no").status(500).after(delay)),
            SubgraphFault::NoJson => return Some(FakeAnswer::ok("{\"data\":{\"").after(delay)),
            SubgraphFault::NoResponse => return Some(FakeAnswer::ok("{\"data\":[{}]}").after(delay)),
            SubgraphFault::StatusAndData => return Some(answered(&answer).status(503)),
            SubgraphFault::NoData => answer = json!({"data": null, "errors": [{"message": "down"}]}),
            SubgraphFault::Unlocated => {
                if answer.get("errors").is_some() {
                    self.note(|record| record.placeless.extend([call.subgraph.clone()]));
                }
                answer["errors"] = json!([{"message": "somewhere"}]);
            }
            SubgraphFault::ShortList
            | SubgraphFault::LongList
            | SubgraphFault::Mixed
            | SubgraphFault::LostEntities
            | SubgraphFault::FailedEntities
            | SubgraphFault::FailedFields => {
                let mut errors = vec![];
                // A call has one list of entities or several, under names of their own.
                for (key, list) in answer["data"].as_object_mut().into_iter().flatten() {
                    let Some(entities) = list.as_array_mut() else { continue };
                    match fault {
                        SubgraphFault::ShortList => drop(entities.pop()),
                        SubgraphFault::LongList => entities.push(serde_json::Value::Null),
                        SubgraphFault::Mixed if !self.names_interface(call) => mix_up(entities),
                        SubgraphFault::Mixed => {}
                        _ => errors.extend(take_entities(fault, key, entities)),
                    }
                }
                if let Some(known) = answer["errors"].as_array_mut() {
                    known.extend(errors);
                } else if !errors.is_empty() {
                    answer["errors"] = errors.into();
                }
            }
        }
        if self.faults.refuses {
            refuse(&mut answer, "");
        }
        Some(answered(&answer))
    }

    /// Whether a representation names an interface: then nobody knows the types of the entities before the answer.
    fn names_interface(&self, call: &FakeCall) -> bool {
        let mut interfaces = self.world.interfaces.iter().filter(|interface| interface.is_entity());
        interfaces.any(|interface| call.body.contains(&format!("\"__typename\":\"{}\"", interface.name)))
    }

    /// How long the answer takes, so that some calls do not wait for all that they could carry. It is virtual time.
    fn delay(&self, call: &FakeCall) -> Duration {
        let draw = hash(self.world.seed, &["delay", &call.subgraph, &call.body]);
        // Some are at once, some about equal, some far apart.
        Duration::from_millis([0, 0, 2, 3, 5, 50][(draw % 6) as usize])
    }

    fn note(&self, note: impl FnOnce(&mut Record)) {
        // A panic in another call is that call's failure.
        note(&mut self.record.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
    }

    fn execute(&self, sub: Sub, call: &FakeCall, fault: Option<SubgraphFault>) -> Result<serde_json::Value, String> {
        let schema = self.schemas.get(sub).ok_or("no such subgraph")?;
        let mut document = ExecutableDocument::parse_and_validate(schema, call.operation.as_str(), "upstream.graphql")
            .map_err(|invalid| format!("an invalid operation: {}", invalid.errors))?;
        let body: serde_json::Value =
            serde_json::from_str(&from_wire(&call.body)).map_err(|error| error.to_string())?;
        if body["query"] != call.operation {
            return Err("the body has another text".to_owned());
        }
        let variables: JsonMap =
            serde_json::from_value(body["variables"].clone()).map_err(|error| format!("variables: {error}"))?;
        let mutates = document.operations.get(None).is_ok_and(|operation| operation.is_mutation());
        let kind = if mutates { ObjectKind::Mutation } else { ObjectKind::Query };
        let def = self.world.objects.iter().find(|object| object.kind == kind).ok_or("no root type")?;
        let mut lax = None;
        if self.faults.lax || (!self.faults.strict && !self.faults.fields.is_empty()) {
            // Not validated: it breaks the promises of its interfaces.
            let text = render(&self.world, sub, Form::Lax(&self.faults.wild()));
            let schema = Schema::parse(text, "lax.graphql").map_err(|invalid| invalid.errors.to_string())?;
            let schema = lax.insert(Valid::assume_valid(schema));
            let parsed = ExecutableDocument::parse(schema, call.operation.as_str(), "upstream.graphql");
            document = Valid::assume_valid(parsed.map_err(|invalid| invalid.errors.to_string())?);
        }
        // A call that is lost must not have been made.
        let is_lost = matches!(
            fault,
            Some(
                SubgraphFault::Unreachable
                    | SubgraphFault::Flaky
                    | SubgraphFault::Status
                    | SubgraphFault::NoJson
                    | SubgraphFault::NoResponse
                    | SubgraphFault::NoData
            )
        );
        let root = Node {
            subgraphs: self,
            sub,
            object: Object { def, id: 0 },
            provided: vec![],
            representation: None,
            is_lost,
        };
        let execution = Execution::new(lax.as_ref().unwrap_or(schema), &document).raw_variable_values(&variables);
        let response = execution.execute_sync(&root).map_err(|error| format!("{}", error.message()))?;
        let mut response = serde_json::to_value(&response).map_err(|error| error.to_string())?;
        // The executor has no codes for errors.
        refuse(&mut response, REFUSED);
        Ok(response)
    }

    /// The object of a representation that names an interface.
    fn of_interface(&self, interface: &InterfaceDef, representation: &JsonValue) -> Result<Object<'_>, String> {
        let key = [Sel::leaf("id")];
        let told = pick(representation, &key)?;
        let object = |id| Some(Object { def: self.world.object(member_of(interface, id)?)?, id });
        let mut known = (0..INSTANCES).filter_map(object);
        let found = known.find(|object| pick_data(&self.world, *object, &key) == told);
        found.ok_or_else(|| format!("no such {}", interface.name))
    }

    fn entity(&self, sub: Sub, representation: &JsonValue) -> Result<Object<'_>, String> {
        let name = representation.get("__typename").and_then(JsonValue::as_str).ok_or("no __typename")?;
        let interfaces = self.world.interfaces.iter().filter(|interface| interface.is_entity());
        let mut here = interfaces.filter(|known| known.objects.contains(&sub) || known.local.contains_key(&sub));
        if let Some(interface) = here.find(|interface| interface.name == name) {
            return self.of_interface(interface, representation);
        }
        let def = self.world.object(name).ok_or_else(|| format!("no type {name}"))?;
        let keys: Vec<&[Sel]> =
            def.keys.iter().filter(|key| key.subs.get(&sub) == Some(&true)).map(|key| &*key.fields).collect();
        let told = keys.iter().find_map(|key| Some((key, pick(representation, key).ok()?)));
        let (key, told) = told.ok_or_else(|| format!("no key of {name}"))?;
        let mut known = (0..INSTANCES).map(|id| Object { def, id });
        known.find(|object| pick_data(&self.world, *object, key) == told).ok_or_else(|| format!("no such {name}"))
    }
}

/// Makes refusals of the errors with such messages.
fn refuse(answer: &mut serde_json::Value, message: &str) {
    for error in answer.get_mut("errors").and_then(|errors| errors.as_array_mut()).into_iter().flatten() {
        if error["message"].as_str().is_some_and(|found| found.contains(message)) {
            error["extensions"]["code"] = json!("FORBIDDEN");
        }
    }
}

/// Lets neighbours of different types change places.
fn mix_up(entities: &mut [serde_json::Value]) {
    for pair in entities.chunks_exact_mut(2) {
        let told = |at: usize| pair[at]["__typename"].as_str();
        if told(0).is_some() && told(1).is_some() && told(0) != told(1) {
            pair.swap(0, 1);
        }
    }
}

/// Makes every other entity null; gives the errors that explain it.
fn take_entities(fault: SubgraphFault, list: &str, entities: &mut [serde_json::Value]) -> Vec<serde_json::Value> {
    let mut errors = vec![];
    for (at, entity) in entities.iter_mut().enumerate().step_by(2) {
        let mut fields = entity.as_object().into_iter().flat_map(|fields| fields.keys());
        let field = fields.rfind(|name| *name != "__typename").cloned();
        match (fault, field) {
            _ if entity.is_null() => continue,
            (SubgraphFault::FailedEntities, _) | (SubgraphFault::FailedFields, None) => {
                errors.push(json!({"message": "gone", "path": [list, at]}));
            }
            (SubgraphFault::FailedFields, Some(field)) => {
                errors.push(json!({"message": "gone", "path": [list, at, field]}));
            }
            _ => {}
        }
        *entity = serde_json::Value::Null;
    }
    errors
}

struct Node<'a> {
    subgraphs: &'a Subgraphs,
    sub: Sub,
    object: Object<'a>,
    /// What the way here brings besides.
    provided: Vec<&'a Sel>,
    representation: Option<JsonValue>,
    is_lost: bool,
}

impl ObjectValue for Node<'_> {
    fn type_name(&self) -> &str {
        let name = &self.object.def.name;
        self.subgraphs.world.stand_in(name, self.sub).map_or(name, |interface| &interface.name)
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Result<ResolvedValue<'a>, FieldError> {
        if info.field_name() == "_entities" {
            return Ok(self.entities(info));
        }
        let world = &*self.subgraphs.world;
        let field = self.object.def.field(info.field_name()).ok_or_else(|| self.unknown_field_error(info))?;
        if self.is_refused(field) {
            let violation = format!("s{}: {}.{} is refused, and asked", self.sub, self.object.def.name, field.name);
            self.subgraphs.note(|record| record.violations.push(violation));
        }
        if self.object.def.kind == ObjectKind::Mutation && !self.is_lost {
            let call = super::call_text(&field.name, info.arguments());
            self.subgraphs.note(|record| record.log.push(call));
        }
        let required = self.allowed(field).map_err(|violation| {
            let violation = format!("s{}: {}.{}: {violation}", self.sub, self.object.def.name, field.name);
            self.subgraphs.note(|record| record.violations.push(violation.clone()));
            FieldError { message: violation }
        })?;
        match self.subgraphs.faults.of(world, self.object, &field.name) {
            Some(FieldFaultKind::Error) => return Err(FieldError { message: "fault".to_owned() }),
            Some(FieldFaultKind::Refused) => return Err(FieldError { message: REFUSED.to_owned() }),
            Some(FieldFaultKind::Null) => return Ok(ResolvedValue::null()),
            Some(FieldFaultKind::Wrong) if self.subgraphs.faults.strict => {
                return Err(FieldError { message: "fault".to_owned() });
            }
            Some(FieldFaultKind::Wrong) => return Ok(ResolvedValue::leaf(wrong(self.object, field))),
            None => {}
        }
        let mut provided: Vec<&Sel> =
            field.homes.get(&self.sub).map(|home| home.provides.iter().collect()).unwrap_or_default();
        for sel in self.provided_here() {
            if let Sel::Field { name, below, .. } = sel
                && *name == field.name
            {
                provided.extend(below);
            }
        }
        let mut arguments = info.arguments().clone();
        for arg in &field.contexts {
            if !arguments.contains_key(arg.name.as_str()) {
                let violation = format!("s{}: {}.{}: no {}", self.sub, self.object.def.name, field.name, arg.name);
                self.subgraphs.note(|record| record.violations.push(violation));
            }
            if self.subgraphs.faults.lose_silently() {
                arguments.remove(arg.name.as_str());
            }
        }
        Ok(self.resolved(value(world, self.object, field, &arguments, required.as_ref()), provided))
    }
}

impl<'a> Node<'a> {
    /// Whether nobody may ask for the field of this object on behalf of the one who asks. Where the subgraph has an interface
    /// object, it does not know of which type the object is, and the gateway may not either.
    fn is_refused(&self, field: &FieldDef) -> bool {
        let Subgraphs { world, faults, .. } = self.subgraphs;
        faults.withholds(self.object, &field.name)
            && !faults.refused.inputs.contains(&field.name)
            && world.stand_in(&self.object.def.name, self.sub).is_none()
    }

    /// Whether the subgraph resolves the field here; gives what the field is computed from.
    fn allowed(&self, field: &FieldDef) -> Result<Option<JsonValue>, String> {
        let home = field.homes.get(&self.sub).ok_or("is not here")?;
        match &home.role {
            Role::Overrides(_) if field.progressive && !self.subgraphs.label => Err("has not taken over".to_owned()),
            Role::Overridden if field.progressive && !self.subgraphs.label => Ok(None),
            Role::Resolves | Role::Overrides(_) => Ok(None),
            Role::Overridden => Err("is overridden".to_owned()),
            Role::External if self.provides(&field.name) => Ok(None),
            Role::External => Err("is external".to_owned()),
            Role::Requires(set) => {
                let representation = self.representation.as_ref().ok_or("is asked without what it requires")?;
                let told = pick(representation, set).map_err(|lack| format!("a representation has {lack}"))?;
                // What was lost elsewhere is null here, and would make another value.
                let is_lost = self.subgraphs.faults.lose_silently();
                Ok(if is_lost { required(&self.subgraphs.world, self.object, field) } else { Some(told) })
            }
        }
    }

    fn provides(&self, name: &str) -> bool {
        let is = |sel: &Sel| matches!(sel, Sel::Field { name: field, .. } if field == name);
        self.provided_here().into_iter().any(is)
    }

    /// What the way here brings besides of an object of this type.
    fn provided_here(&self) -> Vec<&'a Sel> {
        let here = self.provided.iter().flat_map(|sel| match sel {
            Sel::On { ty, below } if *ty == self.object.def.name => below.iter().collect(),
            Sel::On { .. } => vec![],
            Sel::Field { .. } => vec![*sel],
        });
        here.collect()
    }

    fn resolved(&'a self, value: Value<'a>, provided: Vec<&'a Sel>) -> ResolvedValue<'a> {
        match value {
            Value::Null => ResolvedValue::null(),
            Value::Leaf(leaf) => ResolvedValue::Leaf(leaf),
            Value::Object(object) => ResolvedValue::object(self.child(object, provided, None)),
            Value::List(items) => {
                ResolvedValue::list(items.into_iter().map(move |item| self.resolved(item, provided.clone())))
            }
        }
    }

    fn child(&self, object: Object<'a>, provided: Vec<&'a Sel>, representation: Option<JsonValue>) -> Node<'a> {
        Node { subgraphs: self.subgraphs, sub: self.sub, object, provided, representation, is_lost: self.is_lost }
    }

    fn entities(&'a self, info: &'a ResolveInfo<'a>) -> ResolvedValue<'a> {
        let representations = info.arguments().get("representations").and_then(JsonValue::as_array);
        let items = representations.map(Vec::as_slice).unwrap_or_default().iter();
        ResolvedValue::list(items.map(|representation| match self.subgraphs.entity(self.sub, representation) {
            Ok(object) => ResolvedValue::object(self.child(object, vec![], Some(representation.clone()))),
            Err(violation) => {
                let violation = format!("s{}: a representation has {violation}: {representation}", self.sub);
                self.subgraphs.note(|record| record.violations.push(violation));
                ResolvedValue::null()
            }
        }))
    }
}
