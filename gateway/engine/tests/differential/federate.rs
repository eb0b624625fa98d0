//! Owns what makes a schema hard to answer: `@requires`, `@provides`, `@override`, `@inaccessible`.

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
        provides(rng, world, at);
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

/// Interface objects are given fields that they compute from what the interface has elsewhere.
fn interface_objects(rng: &mut Rng, world: &mut World) {
    for interface in world.interfaces.clone().into_iter().filter(InterfaceDef::is_entity) {
        let Some(common) =
            interface.local.values().next().and_then(|local| local.fields.iter().find(|name| *name != "id"))
        else {
            continue;
        };
        for sub in interface.objects.iter().filter(|_| rng.chance(60)).copied().collect::<Vec<_>>() {
            let name = format!("h{sub}");
            let non_null = vec![rng.chance(30)];
            for at in 0..world.objects.len() {
                if !interface.members().contains(&world.objects[at].name) {
                    continue;
                }
                externalize(world, at, common, sub);
                world.objects[at].fields.push(FieldDef {
                    name: name.clone(),
                    base: "String".to_owned(),
                    non_null: non_null.clone(),
                    args: vec![],
                    homes: [(sub, Home::new(Role::Requires(vec![Sel::leaf(common)])))].into(),
                    source: Source::Random,
                    inaccessible: false,
                    progressive: false,
                    contributed: Some(interface.name.clone()),
                });
            }
        }
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
    let nullable = vec![rng.chance(30)];
    let leaf = ["Int", "String", "Blob"][rng.below(3)];
    let object = &mut world.objects[at];
    object.fields.push(FieldDef {
        contributed: None,
        name: format!("q{}", object.fields.len()),
        base: leaf.to_owned(),
        non_null: nullable,
        args: vec![],
        homes: [(sub, Home::new(Role::Requires(set)))].into(),
        source: Source::Random,
        inaccessible: false,
        progressive: false,
    });
}

/// A selection of what the subgraph itself has of a type; empty if it has nothing or the type is a leaf.
fn below(rng: &mut Rng, world: &World, base: &str, sub: Sub, depth: usize) -> Vec<Sel> {
    if let Some(object) = world.object(base) {
        return own_fields(rng, world, object, sub, depth);
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
fn externalize(world: &mut World, at: usize, name: &str, sub: Sub) {
    for field in world.objects[at].fields.iter_mut().filter(|field| field.name == name) {
        field.homes.values_mut().for_each(|home| home.weak.clear());
        field.homes.insert(sub, Home::new(Role::External));
    }
}

/// Fields of a type say that they bring more of an entity than the subgraph has of it elsewhere.
fn provides(rng: &mut Rng, world: &mut World, at: usize) {
    for nth in 0..world.objects[at].fields.len() {
        let field = world.objects[at].fields[nth].clone();
        for (sub, home) in &field.homes {
            // All members have one field in common, and each would be given a set of its own.
            if field.contributed.is_some() || !matches!(home.role, Role::Resolves) || !rng.chance(30) {
                continue;
            }
            let set = match world.objects.iter().position(|object| object.name == field.base) {
                Some(target) => provided(rng, world, target, *sub),
                None if world.is_abstract(&field.base) && !world.is_interface_object(&field.base, *sub) => {
                    let members = world.local_choices(&field.base, *sub).unwrap_or_default();
                    let mut set = vec![];
                    for member in members {
                        let Some(target) = world.objects.iter().position(|object| object.name == member) else {
                            continue;
                        };
                        let below = provided(rng, world, target, *sub);
                        if !below.is_empty() {
                            set.push(Sel::On { ty: member, below });
                        }
                    }
                    set
                }
                None => vec![],
            };
            if let Some(home) = world.objects[at].fields[nth].homes.get_mut(sub) {
                home.provides = set;
            }
        }
    }
}

fn provided(rng: &mut Rng, world: &mut World, target: usize, sub: Sub) -> Vec<Sel> {
    let object = &world.objects[target];
    if object.kind != ObjectKind::Entity || !object.has_key_in(sub) {
        return vec![];
    }
    let foreign = object.fields.iter().filter(|field| {
        let is_open = field.homes.get(&sub).is_none_or(|home| matches!(home.role, Role::External));
        let computed = field.homes.values().any(|home| !matches!(home.role, Role::Resolves | Role::External));
        is_open
            && field.contributed.is_none()
            && !computed
            && field.source == Source::Random
            && field.args.is_empty()
            && !world.is_composite(&field.base)
    });
    let names: Vec<String> = foreign.map(|field| field.name.clone()).collect();
    let names: Vec<String> = rng.some(&names, 50).into_iter().take(2).collect();
    for name in &names {
        externalize(world, target, name, sub);
    }
    names.iter().map(|name| Sel::leaf(name)).collect()
}
