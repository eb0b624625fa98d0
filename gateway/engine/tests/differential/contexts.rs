//! Owns random contexts: fields whose arguments take their values from what is around their objects.

use std::collections::BTreeMap;

use apollo_compiler::response::{JsonMap, JsonValue};

use super::data::{Object, Value, required, value};
use super::federate::externalize;
use super::rng::Rng;
use super::schema::{ContextArg, FieldDef, Home, ObjectDef, ObjectKind, Role, Sel, Source, Sub, World};

/// Types whose values can be arguments: an enum that differs by subgraph is none.
const TYPES: [&str; 7] = ["Int", "Float", "String", "Boolean", "ID", "Colour", "Blob"];

/// A selection that gives one value, and the type of that.
#[derive(Debug, Clone)]
struct Choice {
    set: Vec<Sel>,
    ty: String,
}

/// Lets some fields take arguments from contexts. Worlds that get none are as they were.
pub fn generate(world: &mut World) {
    let mut rng = Rng::new(world.seed ^ 0x0063_6f6e_7465_7874);
    if !rng.chance(40) {
        return;
    }
    let places: Vec<(usize, usize)> =
        (0..world.objects.len()).flat_map(|at| (0..world.objects[at].fields.len()).map(move |nth| (at, nth))).collect();
    for (at, nth) in places {
        if let Some(sub) = taker(world, at, nth).filter(|_| rng.chance(30)) {
            for _ in 0..1 + rng.below(2) {
                if let Some(arg) = argument(&mut rng, world, (at, nth), sub) {
                    world.objects[at].fields[nth].contexts.push(arg);
                }
            }
        }
    }
}

/// The subgraph of a field that can take values from contexts.
fn taker(world: &World, at: usize, nth: usize) -> Option<Sub> {
    let (object, field) = (&world.objects[at], &world.objects[at].fields[nth]);
    let [sub] = field.homes.keys().copied().collect::<Vec<_>>()[..] else { return None };
    let is_own = matches!(field.homes[&sub].role, Role::Resolves | Role::Requires(_)) && field.contributed.is_none();
    // What interfaces have and what is selected somewhere takes none.
    let is_common = field.name.starts_with('c') || field.source != Source::Random;
    let fits = object.kind == ObjectKind::Entity && object.is_resolvable_in(sub) && is_own && !is_common;
    (fits && !is_selected(world, &field.name)).then_some(sub)
}

/// Whether some field set has a field of this name.
fn is_selected(world: &World, name: &str) -> bool {
    fn selects(set: &[Sel], name: &str) -> bool {
        set.iter().any(|sel| match sel {
            Sel::Field { name: field, below, .. } => field == name || selects(below, name),
            Sel::On { below, .. } => selects(below, name),
        })
    }
    let fields = world.objects.iter().flat_map(|object| &object.fields);
    fields.flat_map(sets).any(|set| selects(set, name))
}

/// The field sets of a field's directives.
fn sets(field: &FieldDef) -> impl Iterator<Item = &[Sel]> {
    let required = field.homes.values().filter_map(|home| match &home.role {
        Role::Requires(set) => Some(&set[..]),
        Role::Resolves | Role::External | Role::Overridden | Role::Overrides(_) => None,
    });
    let provided = field.homes.values().map(|home| &home.provides[..]);
    required.chain(provided).chain(field.contexts.iter().flat_map(|arg| arg.setters.values().map(|set| &set[..])))
}

/// An argument for the field, of a context that there is in the subgraph or of a new one.
fn argument(rng: &mut Rng, world: &mut World, (at, nth): (usize, usize), sub: Sub) -> Option<ContextArg> {
    let known = contexts(world, sub);
    let old = rng.pick(&known.iter().collect::<Vec<_>>()).copied().filter(|_| rng.chance(50));
    let (context, setters) = match old {
        Some((name, setters)) => (name.clone(), setters.clone()),
        None => (format!("k{sub}k{}", known.len()), some_setters(rng, world, sub)),
    };
    let count = world.objects[at].fields[nth].contexts.len();
    let ty = [String::new(), "[".to_owned()][usize::from(rng.chance(20))].clone() + TYPES[rng.below(TYPES.len())];
    let ty = if ty.starts_with('[') { ty + "]" } else { ty };
    let mut arg = ContextArg { name: format!("k{count}"), context, ty: ty.clone(), setters: BTreeMap::new() };
    for name in &setters {
        let setter = world.objects.iter().position(|object| object.name == *name)?;
        if world.objects[setter].kind == ObjectKind::Query && !has(world, setter, sub, &ty, (at, nth)) {
            let made = root_field(world, sub, &ty);
            world.objects[setter].fields.push(made);
        }
        let fits: Vec<Choice> =
            choices(world, setter, sub, (at, nth), 0).into_iter().filter(|choice| choice.ty == ty).collect();
        match rng.pick(&fits) {
            Some(choice) => {
                // Another's field becomes known to the subgraph, at the top of the set alone.
                if let [Sel::Field { name, .. }] = &choice.set[..]
                    && name != "__typename"
                {
                    externalize(world, setter, name, sub);
                }
                arg.setters.insert(name.clone(), choice.set.clone());
            }
            // A context that there is has the setters that it has.
            None if old.is_some() => return None,
            None => {}
        }
    }
    (!arg.setters.is_empty()).then_some(arg)
}

/// The contexts of a subgraph, and the types that set them.
fn contexts(world: &World, sub: Sub) -> BTreeMap<String, Vec<String>> {
    let fields = world.objects.iter().flat_map(|object| &object.fields).filter(|field| field.homes.contains_key(&sub));
    let one = |arg: &ContextArg| (arg.context.clone(), arg.setters.keys().cloned().collect());
    fields.flat_map(|field| &field.contexts).map(one).collect()
}

/// Types that set a new context; mostly the roots do, so that it is set everywhere.
fn some_setters(rng: &mut Rng, world: &World, sub: Sub) -> Vec<String> {
    let is_here = |object: &&ObjectDef| world.stand_in(&object.name, sub).is_none() && object.is_in(sub);
    let is_root = |object: &&ObjectDef| matches!(object.kind, ObjectKind::Query | ObjectKind::Mutation);
    let (roots, others): (Vec<_>, Vec<_>) = world.objects.iter().filter(is_here).partition(is_root);
    let mut setters = rng.some(&others, 50);
    if rng.chance(85) {
        setters.extend(roots);
    }
    setters.into_iter().map(|object| object.name.clone()).collect()
}

/// Whether the subgraph can take a value of the type from the object.
fn has(world: &World, setter: usize, sub: Sub, ty: &str, taker: (usize, usize)) -> bool {
    choices(world, setter, sub, taker, 0).iter().any(|choice| choice.ty == ty)
}

fn root_field(world: &World, sub: Sub, ty: &str) -> FieldDef {
    let count = world.objects.iter().map(|object| object.fields.len()).sum::<usize>();
    FieldDef {
        name: format!("z{count}"),
        base: ty.trim_matches(['[', ']']).to_owned(),
        non_null: vec![false; 1 + usize::from(ty.starts_with('['))],
        args: vec![],
        homes: [(sub, Home::new(Role::Resolves))].into(),
        source: Source::Random,
        inaccessible: false,
        progressive: false,
        contributed: None,
        contexts: vec![],
    }
}

/// What the subgraph can select of an object, for the field that takes it.
fn choices(world: &World, setter: usize, sub: Sub, taker: (usize, usize), depth: usize) -> Vec<Choice> {
    let object = &world.objects[setter];
    let mut found = vec![Choice { set: vec![Sel::leaf("__typename")], ty: "String".to_owned() }];
    // To select fields of a mutation is to run them.
    if object.kind == ObjectKind::Mutation {
        return found;
    }
    for (nth, field) in object.fields.iter().enumerate() {
        let is_own = matches!(field.homes.get(&sub), Some(Home { role: Role::Resolves, .. }));
        let is_foreign = depth == 0
            && object.kind == ObjectKind::Entity
            && object.has_key_in(sub)
            && field.source == Source::Random
            && !field.homes.contains_key(&sub);
        let is_plain = field.args.is_empty() && field.contexts.is_empty() && !field.inaccessible;
        if !is_plain || (setter, nth) == taker || !(is_own || is_foreign) || field.contributed.is_some() {
            continue;
        }
        let lists = field.non_null.len() - 1;
        let wrapped = |ty: &str| format!("{}{ty}{}", "[".repeat(lists), "]".repeat(lists));
        if TYPES.contains(&&*field.base) {
            found.push(Choice { set: vec![Sel::leaf(&field.name)], ty: wrapped(&field.base) });
        }
        let below = world.objects.iter().position(|known| known.name == field.base);
        if let Some(below) = below.filter(|_| depth == 0 && is_own && world.stand_in(&field.base, sub).is_none()) {
            for choice in choices(world, below, sub, taker, 1) {
                found.push(Choice { set: vec![Sel::field(&field.name, choice.set)], ty: wrapped(&choice.ty) });
            }
        }
    }
    found
}

/// The arguments of a field of an object that is in others, from the nearest on.
pub fn arguments<'w>(
    world: &'w World,
    field: &FieldDef,
    around: impl Iterator<Item = Object<'w>> + Clone,
) -> Vec<(String, JsonValue)> {
    let one = |arg: &ContextArg| {
        let setter = around.clone().find_map(|object| Some((object, arg.setters.get(&object.def.name)?)));
        (arg.name.clone(), setter.map_or(JsonValue::Null, |(object, set)| selected(world, object, set)))
    };
    field.contexts.iter().map(one).collect()
}

/// The one value that a set selects of an object.
fn selected(world: &World, object: Object<'_>, set: &[Sel]) -> JsonValue {
    let Some(Sel::Field { name, below, .. }) = set.first() else { return JsonValue::Null };
    if name == "__typename" {
        return JsonValue::from(object.def.name.as_str());
    }
    let Some(field) = object.def.field(name) else { return JsonValue::Null };
    selected_value(world, value(world, object, field, &JsonMap::new(), required(world, object, field).as_ref()), below)
}

fn selected_value(world: &World, value: Value<'_>, below: &[Sel]) -> JsonValue {
    match value {
        Value::Null => JsonValue::Null,
        Value::Leaf(leaf) => leaf,
        Value::Object(object) => selected(world, object, below),
        Value::List(items) => items.into_iter().map(|item| selected_value(world, item, below)).collect(),
    }
}
