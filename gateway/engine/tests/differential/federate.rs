//! Owns what makes a schema hard to answer: `@requires`, `@override`, `@inaccessible`, and with [`super::provides`] `@provides`.

use super::rng::Rng;
use super::schema::{FieldDef, Home, InterfaceDef, ObjectDef, ObjectKind, Role, Sel, Source, Sub, World};

/// Adds federation's directives at random.
pub fn federate(rng: &mut Rng, world: &mut World) {
    for at in 0..world.objects.len() {
        match world.objects[at].kind {
            ObjectKind::Entity => {
                overrides(rng, world, at);
                for sub in 0..world.subgraphs {
                    if world.objects[at].is_resolvable_in(sub) && rng.chance(40) {
                        requires(rng, world, at, sub);
                    }
                }
            }
            ObjectKind::Query | ObjectKind::Mutation | ObjectKind::Value => {}
        }
    }
    interface_objects(rng, world);
    for at in 0..world.objects.len() {
        super::provides::provides(rng, world, at);
        if world.entity_interface(&world.objects[at].name).is_some() {
            continue;
        }
        let common = |field: &FieldDef| field.name.starts_with('c');
        if world.objects[at].fields.len() < 3 {
            continue;
        }
        for field in world.objects[at].fields.iter_mut().skip(1) {
            if field.source == Source::Random && !common(field) && rng.chance(3) {
                field.inaccessible = true;
            }
        }
    }
}

/// Interface objects are given fields that they compute from what the interface has elsewhere, or from what other
/// interface objects bring.
fn interface_objects(rng: &mut Rng, world: &mut World) {
    for interface in world.interfaces.clone().into_iter().filter(InterfaceDef::is_entity) {
        let Some(member) = interface.members().first().and_then(|name| world.object(name)) else { continue };
        let contributed = member.fields.clone();
        let common =
            interface.local.values().next().and_then(|local| local.fields.iter().find(|name| *name != "id").cloned());
        let places: Vec<usize> =
            (0..world.objects.len()).filter(|at| interface.members().contains(&world.objects[*at].name)).collect();
        for sub in rng.some(&interface.objects, 60) {
            let is_needed = |field: &&FieldDef| field.contributed.is_some() && is_simple(world, field, sub);
            let others: Vec<&FieldDef> = contributed.iter().filter(is_needed).collect();
            let mut set: Vec<String> = common.clone().into_iter().filter(|_| rng.chance(70)).collect();
            set.extend(rng.some(&others, 40).into_iter().take(2).map(|field| field.name.clone()));
            if set.is_empty() {
                continue;
            }
            let mut made = computed(rng, format!("h{sub}"), sub, set.iter().map(|name| Sel::leaf(name)).collect());
            made.contributed = Some(interface.name.clone());
            for at in &places {
                set.iter().for_each(|name| externalize(world, *at, name, sub));
                world.objects[*at].fields.push(made.clone());
            }
        }
        // An implementation computes from what it gets by its interface.
        for at in places {
            for sub in interface.local.keys().copied().filter(|_| rng.chance(30)).collect::<Vec<_>>() {
                let is_needed = |field: &&FieldDef| field.contributed.is_some() && is_simple(world, field, sub);
                let fields = world.objects[at].fields.clone();
                let Some(needed) = rng.pick(&fields.iter().filter(is_needed).collect::<Vec<_>>()).copied() else {
                    continue;
                };
                externalize(world, at, &needed.name, sub);
                let name = format!("q{}", world.objects[at].fields.len());
                let made = computed(rng, name, sub, vec![Sel::leaf(&needed.name)]);
                world.objects[at].fields.push(made);
            }
        }
    }
}

/// Whether the field is a leaf that can be selected as it is, and the subgraph does not have it.
fn is_simple(world: &World, field: &FieldDef, sub: Sub) -> bool {
    let without_args = field.args.iter().all(|arg| !arg.ty.ends_with('!') || arg.default.is_some());
    !field.homes.contains_key(&sub) && !field.inaccessible && without_args && !world.is_composite(&field.base)
}

/// A field that a subgraph computes from others.
fn computed(rng: &mut Rng, name: String, sub: Sub, set: Vec<Sel>) -> FieldDef {
    FieldDef {
        name,
        base: ["Int", "String", "Blob"][rng.below(3)].to_owned(),
        non_null: vec![rng.chance(30)],
        args: vec![],
        homes: [(sub, Home::new(Role::Requires(set)))].into(),
        source: Source::Random,
        inaccessible: false,
        progressive: false,
        contributed: None,
        contexts: vec![],
    }
}

fn overrides(rng: &mut Rng, world: &mut World, at: usize) {
    let subs: Vec<Sub> = (0..world.subgraphs).filter(|sub| world.objects[at].is_resolvable_in(*sub)).collect();
    for nth in 0..world.objects[at].fields.len() {
        let field = &world.objects[at].fields[nth];
        let (Source::Random, 1, false) = (field.source, field.homes.len(), world.is_composite(&field.base)) else {
            continue;
        };
        if field.name.starts_with('c') || field.contributed.is_some() || !rng.chance(12) {
            continue;
        }
        let Some(from) = field.homes.keys().next().copied() else { continue };
        let others: Vec<Sub> = subs.iter().copied().filter(|sub| *sub != from).collect();
        let Some(to) = rng.pick(&others).copied() else { continue };
        // A choice that only the new home makes must still be possible.
        let field = &mut world.objects[at].fields[nth];
        let mut moved = field.clone();
        moved.progressive = rng.chance(40);
        moved.homes = [(from, Home::new(Role::Overridden)), (to, Home::new(Role::Overrides(from)))].into();
        if world.choices(&moved).is_none_or(|choices| !choices.is_empty()) {
            world.objects[at].fields[nth] = moved;
        }
    }
}

/// The subgraph is given a field that it computes from others.
fn requires(rng: &mut Rng, world: &mut World, at: usize, sub: Sub) {
    let object = &world.objects[at];
    let needed = |field: &&FieldDef| {
        let is_foreign = match field.homes.get(&sub) {
            None => !field.homes.is_empty() && !field.inaccessible,
            Some(home) => matches!(home.role, Role::External),
        };
        let without_args = field.args.iter().all(|arg| !arg.ty.ends_with('!') || arg.default.is_some());
        is_foreign && field.contributed.is_none() && field.source == Source::Random && without_args
    };
    let candidates: Vec<FieldDef> = object.fields.iter().filter(needed).cloned().collect();
    let mut set = vec![];
    for field in rng.some(&candidates, 50).into_iter().take(3) {
        let below = below(rng, world, &field.base, sub, 0);
        if world.is_composite(&field.base) && below.is_empty() {
            continue;
        }
        let ints = field.args.iter().filter(|arg| arg.ty.starts_with("Int"));
        let arg = ints.map(|arg| arg.name.clone()).next().filter(|_| rng.chance(70)).map(|name| (name, 6));
        set.push(Sel::Field { name: field.name.clone(), arg, below });
        externalize(world, at, &field.name, sub);
    }
    if set.is_empty() {
        return;
    }
    let name = format!("q{}", world.objects[at].fields.len());
    let made = computed(rng, name, sub, set);
    world.objects[at].fields.push(made);
}

/// A selection of what the subgraph itself has of a type; empty if it has nothing or the type is a leaf.
pub fn below(rng: &mut Rng, world: &World, base: &str, sub: Sub, depth: usize) -> Vec<Sel> {
    if let Some(object) = world.object(base) {
        // Where an interface object stands for it, there is no such type.
        let is_known = world.stand_in(base, sub).is_none();
        return if is_known { own_fields(rng, world, object, sub, depth) } else { vec![] };
    }
    if !world.is_abstract(base) || world.is_interface_object(base, sub) {
        return vec![];
    }
    let members = world.local_choices(base, sub).unwrap_or_default();
    let members = rng.some(&members, 70);
    let objects = members.iter().filter_map(|member| world.object(member));
    let sels = objects.map(|object| Sel::On { ty: object.name.clone(), below: own_fields(rng, world, object, sub, 1) });
    sels.filter(|sel| !matches!(sel, Sel::On { below, .. } if below.is_empty())).collect()
}

fn own_fields(rng: &mut Rng, world: &World, object: &ObjectDef, sub: Sub, depth: usize) -> Vec<Sel> {
    let own = object.fields.iter().filter(|field| {
        matches!(field.homes.get(&sub), Some(Home { role: Role::Resolves, .. })) && field.args.is_empty()
    });
    let mut set = vec![];
    for field in own {
        if set.len() == 2 || rng.chance(35) {
            continue;
        }
        if !world.is_composite(&field.base) {
            set.push(Sel::leaf(&field.name));
        } else if depth == 0 {
            let below = below(rng, world, &field.base, sub, depth + 1);
            if !below.is_empty() {
                set.push(Sel::field(&field.name, below));
            }
        }
    }
    set
}

/// Lets the subgraph speak of a field that is another's. Its type has to be the same everywhere then.
pub fn externalize(world: &mut World, at: usize, name: &str, sub: Sub) {
    let is_same = |field: &&mut FieldDef| field.name == name;
    let contributed = world.objects[at].field(name).and_then(|field| field.contributed.clone());
    // What comes by an interface is one field of all its members.
    let others = world.objects.iter_mut().flat_map(|object| &mut object.fields).filter(is_same);
    let others = others.filter(|field| contributed.is_some() && field.contributed == contributed);
    others.flat_map(|field| field.homes.values_mut()).for_each(|home| home.weak.clear());
    for field in world.objects[at].fields.iter_mut().filter(is_same) {
        field.homes.values_mut().for_each(|home| home.weak.clear());
        field.homes.entry(sub).or_insert_with(|| Home::new(Role::External));
    }
}
