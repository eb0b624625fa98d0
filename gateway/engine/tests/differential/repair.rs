//! Owns taking parts out of a world without leaving what refers to them, and making a world answerable: most random
//! ones have some field that cannot be reached, and little has to change.

use std::collections::{BTreeMap, BTreeSet};

use super::schema::{
    ContextArg, FieldDef, Home, InterfaceDef, LocalInterface, ObjectDef, ObjectKind, Role, Sel, Source, Sub, World,
};

/// Changes the world so that a field that could not be reached, `Type.field`, can be or is gone; or what contexts are not
/// set for, in the fields of a `Type`. False if nothing can be done.
pub fn repair(world: &mut World, coordinate: &str) -> bool {
    let Some((object, field)) = coordinate.split_once('.') else { return forget_contexts(world, coordinate) };
    let Some(at) = world.objects.iter().position(|known| known.name == object) else {
        let is_interface = world.interfaces.iter().any(|interface| interface.is_entity() && interface.name == object);
        if is_interface && field != "id" {
            remove_field(world, object, field);
        }
        return is_interface && field != "id";
    };
    if world.objects[at].kind == ObjectKind::Entity && share_id(world, at) {
        return true;
    }
    let is_key = world.objects[at].field(field).is_some_and(|field| field.source != Source::Random);
    if is_key || world.objects[at].field(field).is_none() {
        return false;
    }
    remove_field(world, object, field);
    true
}

/// Takes the arguments from contexts out of an object's fields that are most likely to be set nowhere.
fn forget_contexts(world: &mut World, object: &str) -> bool {
    let weak: [fn(&ContextArg) -> bool; 3] =
        [|arg| !arg.setters.contains_key("Query"), |arg| !arg.setters.contains_key("Mutation"), |_| true];
    let mut fields: Vec<&mut FieldDef> =
        world.objects.iter_mut().filter(|known| known.name == object).flat_map(|known| &mut known.fields).collect();
    let count = |fields: &[&mut FieldDef]| fields.iter().map(|field| field.contexts.len()).sum::<usize>();
    let before = count(&fields);
    for is_weak in weak {
        fields.iter_mut().for_each(|field| field.contexts.retain(|arg| !is_weak(arg)));
        if count(&fields) < before {
            tidy(world);
            return true;
        }
    }
    false
}

/// Gives the entity a key that all its subgraphs have; false if it has it already.
fn share_id(world: &mut World, at: usize) -> bool {
    let subs: Vec<Sub> = (0..world.subgraphs).filter(|sub| world.objects[at].has_key_in(*sub)).collect();
    let object = &mut world.objects[at];
    let is_id = |set: &[Sel]| matches!(set, [Sel::Field { name, .. }] if name == "id");
    if !object.keys.iter().any(|key| is_id(&key.fields)) {
        object.keys.push(super::schema::KeyDef { fields: vec![Sel::leaf("id")], subs: Default::default() });
    }
    if object.field("id").is_none() {
        object.fields.push(FieldDef {
            name: "id".to_owned(),
            base: "ID".to_owned(),
            non_null: vec![true],
            args: vec![],
            homes: Default::default(),
            source: Source::Identity,
            inaccessible: false,
            progressive: false,
            contributed: None,
            contexts: vec![],
        });
    }
    let mut changed = false;
    for key in object.keys.iter_mut().filter(|key| is_id(&key.fields)) {
        for sub in &subs {
            changed |= key.subs.insert(*sub, true) != Some(true);
        }
    }
    for field in object.fields.iter_mut().filter(|field| field.name == "id") {
        for sub in &subs {
            field.homes.entry(*sub).or_insert_with(|| Home::new(Role::Resolves));
        }
    }
    changed
}

/// Takes a field out, and what speaks of it.
pub fn remove_field(world: &mut World, object: &str, field: &str) {
    let mut objects = vec![object.to_owned()];
    let interfaces = world.interfaces.iter().filter(|interface| interface.is_entity());
    let related = |interface: &&InterfaceDef| {
        interface.name == object || interface.members().iter().any(|member| member == object)
    };
    objects.extend(interfaces.filter(related).flat_map(|interface| interface.members().to_vec()));
    for known in world.objects.iter_mut().filter(|known| objects.contains(&known.name)) {
        known.fields.retain(|known| known.name != field);
    }
    objects.iter().for_each(|object| forget_field(world, object, field));
    tidy(world);
}

/// Takes out what speaks of a field that is gone.
fn forget_field(world: &mut World, object: &str, field: &str) {
    for interface in &mut world.interfaces {
        // What the interface has in one subgraph, those that implement it in another must have too.
        let is_member = |local: &LocalInterface| local.members.iter().any(|member| member == object);
        if interface.local.values().any(is_member) {
            interface.local.retain(|_, local| {
                local.fields.retain(|name| name != field);
                !local.fields.is_empty()
            });
        }
    }
}

/// Takes out of all field sets what their subgraphs do not have.
fn prune_sets(world: &mut World) {
    let known = world.clone();
    for object in &mut world.objects {
        for field in &mut object.fields {
            for (sub, home) in &mut field.homes {
                prune(&known, &field.base, *sub, &mut home.provides);
                if let Role::Requires(set) = &mut home.role {
                    prune(&known, &object.name, *sub, set);
                }
                for arg in &mut field.contexts {
                    arg.setters.retain(|ty, set| {
                        prune(&known, ty, *sub, set);
                        !set.is_empty()
                    });
                }
            }
            field.contexts.retain(|arg| !arg.setters.is_empty());
        }
    }
    agree_on_setters(world);
}

/// Whoever takes values from a context selects something of each type that sets it: a type of which some argument takes
/// nothing any more sets it no longer.
fn agree_on_setters(world: &mut World) {
    let mut common: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for arg in world.objects.iter().flat_map(|object| &object.fields).flat_map(|field| &field.contexts) {
        let known = common.entry(arg.context.clone()).or_insert_with(|| arg.setters.keys().cloned().collect());
        known.retain(|ty| arg.setters.contains_key(ty));
    }
    for field in world.objects.iter_mut().flat_map(|object| &mut object.fields) {
        for arg in &mut field.contexts {
            arg.setters.retain(|ty, _| common[&arg.context].contains(ty));
        }
        field.contexts.retain(|arg| !arg.setters.is_empty());
    }
}

fn prune(world: &World, base: &str, sub: Sub, set: &mut Vec<Sel>) {
    set.retain_mut(|sel| match sel {
        Sel::On { ty, below } => {
            prune(world, ty, sub, below);
            !below.is_empty()
        }
        Sel::Field { name, .. } if name == "__typename" => world.object(base).is_some_and(|object| object.is_in(sub)),
        Sel::Field { name, below, .. } => {
            let field = world.object(base).and_then(|object| object.field(name));
            let Some(field) = field.filter(|field| field.homes.contains_key(&sub)) else { return false };
            let had = !below.is_empty();
            prune(world, &field.base, sub, below);
            had != below.is_empty()
        }
    });
}

/// Takes out what nothing uses any more: externals, fields that are computed from nothing, members and fields of types
/// that are gone, and fields that could have no value.
pub fn tidy(world: &mut World) {
    let mut known = names(world);
    loop {
        let before = count(world);
        empty_types(world);
        let left = names(world);
        for (object, field) in known.iter().filter(|name| !left.contains(name)) {
            forget_field(world, object, field);
        }
        known = left;
        prune_sets(world);
        for object in &mut world.objects {
            for field in &mut object.fields {
                field.homes.retain(|_, home| !matches!(&home.role, Role::Requires(set) if set.is_empty()));
            }
        }
        let used = world.clone();
        for object in &mut world.objects {
            let name = object.name.clone();
            for field in &mut object.fields {
                let field_name = field.name.clone();
                field.homes.retain(|sub, home| {
                    !matches!(home.role, Role::External) || is_used(&used, &name, &field_name, *sub)
                });
            }
            object.fields.retain(|field| {
                field.homes.values().any(|home| !matches!(home.role, Role::External | Role::Overridden))
            });
        }
        if count(world) == before {
            break;
        }
    }
}

/// All fields, as type and field.
fn names(world: &World) -> BTreeSet<(String, String)> {
    let fields = |object: &ObjectDef| {
        let name = object.name.clone();
        object.fields.iter().map(move |field| (name.clone(), field.name.clone())).collect::<Vec<_>>()
    };
    world.objects.iter().flat_map(fields).collect()
}

fn count(world: &World) -> usize {
    world.objects.iter().flat_map(|object| &object.fields).map(|field| 1 + field.homes.len()).sum()
}

/// Takes out unions' members that a subgraph has no fields of, and what is of types with no members left.
fn empty_types(world: &mut World) {
    let used = world.clone();
    let exists = |name: &String, sub: Sub| {
        let has_fields = |object: &ObjectDef| object.fields.iter().any(|field| field.homes.contains_key(&sub));
        used.object(name).is_some_and(has_fields) && used.stand_in(name, sub).is_none()
    };
    for union in &mut world.unions {
        union.local.retain(|sub, members| {
            members.retain(|member| exists(member, *sub));
            !members.is_empty()
        });
    }
    let is_there = |base: &String, sub: Sub| used.object(base).is_none() || exists(base, sub);
    let choices = world.clone();
    let is_something =
        |base: &str, sub: Sub| choices.local_choices(base, sub).is_none_or(|choices| !choices.is_empty());
    for object in &mut world.objects {
        for field in &mut object.fields {
            field.homes.retain(|sub, _| is_there(&field.base, *sub) && is_something(&field.base, *sub));
        }
        let is_possible = |field: &FieldDef| choices.choices(field).is_none_or(|choices| !choices.is_empty());
        object.fields.retain(|field| !field.homes.is_empty() && is_possible(field));
    }
}

fn is_used(world: &World, object: &str, field: &str, sub: Sub) -> bool {
    let names = |set: &[Sel]| set.iter().any(|sel| matches!(sel, Sel::Field { name, .. } if name == field));
    let required = world.object(object).into_iter().flat_map(|object| &object.fields);
    let mut required = required.filter_map(|field| field.homes.get(&sub));
    let takers = world.objects.iter().flat_map(|object| &object.fields).filter(|field| field.homes.contains_key(&sub));
    let mut taken = takers.flat_map(|field| &field.contexts).filter_map(|arg| arg.setters.get(object));
    required.any(|home| matches!(&home.role, Role::Requires(set) if names(set)))
        || taken.any(|set| names(set))
        || super::provides::is_provided(world, object, field, sub)
}
