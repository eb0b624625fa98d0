//! Owns the property of authorization: where a random supergraph demands something of those who ask, and who asks is random
//! too, weft answers as a naive executor does that refuses each such field of each object; and no subgraph is asked for
//! what is refused. It may be asked for it as a part of a key, for what another field is computed from, and of an interface object,
//! of which the subgraph does not know what it is.

use std::collections::{BTreeMap, BTreeSet};

use apollo_compiler::Schema;
use apollo_compiler::ast::{Argument, Directive, Value};
use apollo_compiler::schema::{Component, DirectiveList, ExtendedType};
use apollo_compiler::{Node, name};
use weft_federation::operation::Identity;

use super::compare::{Verdict, check};
use super::faults::Faults;
use super::gateway::{Failed, Gateway};
use super::operation;
use super::rng::{Rng, mix};
use super::schema::{Sel, World};
use super::{Settings, Summary, views};

/// Supergraphs made of one, each with demands of its own.
const SUPERGRAPHS: usize = 2;
const PER_SUPERGRAPH: usize = 12;
const TRIES: usize = 6;
const SCOPES: [&str; 5] = ["a", "b", "c", "d", "e"];

const DEFINITION: &str =
    "directive @requiresScopes(scopes: [[String!]!]!) on FIELD_DEFINITION | OBJECT | SCALAR | ENUM\n";

/// One of the sets of scopes has to be held.
type Sets = Vec<Vec<&'static str>>;

/// What a supergraph demands: of types, and of the fields of objects.
#[derive(Default)]
struct Demands {
    types: BTreeMap<String, Sets>,
    fields: BTreeMap<(String, String), Sets>,
}

/// What is refused to one who asks.
#[derive(Debug, Clone, Default)]
pub struct Refused {
    pub identity: Identity,
    /// By object type and name.
    pub fields: BTreeSet<(String, String)>,
    /// Names of fields that subgraphs are asked for besides: of keys, and of what other fields are given.
    pub inputs: BTreeSet<String>,
}

/// Runs cases until there are enough, or enough disagreements.
pub fn run(settings: &Settings) -> Summary {
    super::run_with(settings, &world)
}

/// Runs the cases of one world, as [`run`] does for each.
pub fn world(seed: u64) -> Summary {
    let mut summary = Summary { worlds: 1, ..Summary::default() };
    let Ok(gateway) = super::answerable(super::generate::generate(seed)) else {
        summary.refused.entry("world".to_owned()).or_default().count += 1;
        return summary;
    };
    let mut rng = Rng::new(mix(seed ^ 11));
    for _ in 0..SUPERGRAPHS {
        let (demands, sdl) = demanding(&mut rng, &gateway);
        match gateway.reloaded(&sdl) {
            Ok(demanding) => operations(&mut rng, &demanding, &demands, seed, &mut summary),
            Err(what) => summary.failures.push(format!("world {seed}: {what}\n{sdl}")),
        }
    }
    summary
}

fn operations(rng: &mut Rng, gateway: &Gateway, demands: &Demands, seed: u64, summary: &mut Summary) {
    let possible = operation::possible(gateway.api());
    let told = |what: &str, text: &str, refused: &Refused, summary: &mut Summary| {
        let Refused { fields, .. } = refused;
        summary
            .failures
            .push(format!("world {seed}: {what}\n--- operation\n{text}\n--- refused\n{fields:?}\n{}", gateway.sdl));
    };
    for _ in 0..PER_SUPERGRAPH {
        for _ in 0..TRIES {
            let operation = operation::operation(rng, gateway.api(), &possible);
            // The naive executor tells the type of everything.
            let refused = refused(rng, &gateway.world, gateway.api(), demands, !operation.text.contains("__typename"));
            let faults = Faults { refused, ..Faults::none() };
            match check(gateway, &operation, &faults) {
                Verdict::Invalid => {
                    summary.invalid += 1;
                    continue;
                }
                Verdict::Agrees(found) => {
                    summary.exact += usize::from(found.is_exact);
                    summary.faulted += usize::from(!faults.refused.fields.is_empty());
                    summary.calls += found.calls;
                }
                Verdict::Disagrees(found) => told(&found.message, &operation.text, &faults.refused, summary),
            }
            summary.cases += 1;
            break;
        }
    }
    // Through a view other ways lead to the same fields.
    let (view, client) = match views::random(rng, gateway) {
        Ok(made) => made,
        Err(found) => return summary.failures.push(format!("world {seed}: {found}")),
    };
    let possible = operation::possible(&client.schema);
    for _ in 0..PER_SUPERGRAPH {
        let operation = operation::operation(rng, &client.schema, &possible);
        let faults = Faults { refused: refused(rng, &gateway.world, gateway.api(), demands, true), ..Faults::none() };
        let found = match gateway.run_on(&client, &operation, &faults, &faults.refused.identity) {
            Ok(answered) => answered.record.violations.first().cloned(),
            Err(Failed::Invalid) => None,
            Err(Failed::Broken(message)) => Some(message),
        };
        if let Some(found) = found {
            told(&found, &format!("{}\n--- view\n{view}", operation.text), &faults.refused, summary);
        }
    }
}

/// A supergraph with demands at some of its types and fields. Interfaces have none: what is demanded hangs on the object.
fn demanding(rng: &mut Rng, gateway: &Gateway) -> (Demands, String) {
    let mut demands = Demands::default();
    let mut schema = Schema::parse(&gateway.sdl, "supergraph.graphql").unwrap_or_else(|failed| failed.partial);
    let served: BTreeSet<&str> = gateway.api().types.keys().map(|name| name.as_str()).collect();
    for (name, ty) in schema.types.iter_mut().filter(|(name, ty)| served.contains(name.as_str()) && !ty.is_built_in()) {
        let of_type = rng.chance(8).then(|| sets(rng));
        if let Some(sets) = &of_type
            && matches!(ty, ExtendedType::Object(_) | ExtendedType::Scalar(_) | ExtendedType::Enum(_))
        {
            demands.types.insert(name.to_string(), sets.clone());
            demand_of_type(ty, sets);
        }
        let ExtendedType::Object(object) = ty else { continue };
        for (field, definition) in &mut object.make_mut().fields {
            if rng.chance(20) {
                let sets = sets(rng);
                definition.make_mut().directives.push(Node::new(directive(&sets)));
                demands.fields.insert((name.to_string(), field.to_string()), sets);
            }
        }
    }
    (demands, format!("{DEFINITION}{schema}"))
}

fn sets(rng: &mut Rng) -> Sets {
    let count = 1 + rng.below(2);
    let set = |rng: &mut Rng| (0..1 + rng.below(2)).filter_map(|_| rng.pick(&SCOPES).copied()).collect();
    (0..count).map(|_| set(rng)).collect()
}

fn demand_of_type(ty: &mut ExtendedType, sets: &Sets) {
    let push = |directives: &mut DirectiveList| directives.push(Component::new(directive(sets)));
    match ty {
        ExtendedType::Object(ty) => push(&mut ty.make_mut().directives),
        ExtendedType::Scalar(ty) => push(&mut ty.make_mut().directives),
        ExtendedType::Enum(ty) => push(&mut ty.make_mut().directives),
        ExtendedType::Interface(_) | ExtendedType::Union(_) | ExtendedType::InputObject(_) => {}
    }
}

fn directive(sets: &Sets) -> Directive {
    let list = |items: Vec<Value>| Value::List(items.into_iter().map(Node::new).collect());
    let set = |set: &Vec<&str>| list(set.iter().map(|scope| Value::String((*scope).to_owned())).collect());
    let value = Node::new(list(sets.iter().map(set).collect()));
    let argument = Argument { name: name!("scopes"), value };
    Directive { name: name!("requiresScopes"), arguments: vec![Node::new(argument)] }
}

/// A random one who asks, and what is refused to them. Unless it is `by_types`, they hold all that types demand.
fn refused(rng: &mut Rng, world: &World, api: &Schema, demands: &Demands, by_types: bool) -> Refused {
    let mut held: BTreeSet<&str> = rng.some(&SCOPES, 50).into_iter().collect();
    if !by_types {
        held.extend(demands.types.values().filter_map(|sets| sets.first()).flatten());
    }
    let is_met =
        |sets: Option<&Sets>| sets.is_none_or(|sets| sets.iter().any(|set| set.iter().all(|it| held.contains(it))));
    let mut fields = BTreeSet::new();
    for (object, ty) in &api.types {
        let ExtendedType::Object(definition) = ty else { continue };
        for (field, definition) in &definition.fields {
            let own = demands.fields.get(&(object.to_string(), field.to_string()));
            let types = [object.as_str(), definition.ty.inner_named_type().as_str()];
            if !is_met(own) || !types.iter().all(|ty| is_met(demands.types.get(*ty))) {
                fields.insert((object.to_string(), field.to_string()));
            }
        }
    }
    let claims = serde_json::json!({ "scp": held });
    let identity = Identity::verified(claims.as_object().cloned().unwrap_or_default());
    Refused { identity, fields, inputs: inputs(world) }
}

/// The names in all keys, and in what fields are given.
fn inputs(world: &World) -> BTreeSet<String> {
    fn names(set: &[Sel], found: &mut BTreeSet<String>) {
        for sel in set {
            match sel {
                Sel::Field { name, below, .. } => {
                    found.insert(name.clone());
                    names(below, found);
                }
                Sel::On { below, .. } => names(below, found),
            }
        }
    }
    let mut found = BTreeSet::new();
    for object in &world.objects {
        object.keys.iter().for_each(|key| names(&key.fields, &mut found));
        for field in &object.fields {
            for home in field.homes.values() {
                if let super::schema::Role::Requires(set) = &home.role {
                    names(set, &mut found);
                }
            }
            field.contexts.iter().flat_map(|arg| arg.setters.values()).for_each(|set| names(set, &mut found));
        }
    }
    found
}
