//! Owns random `@provides`: fields that bring more of an entity than their subgraph has of it elsewhere, at once or
//! through what they lead to.

use super::rng::Rng;
use super::schema::{FieldDef, Home, ObjectDef, ObjectKind, Role, Sel, Source, Sub, World};

/// Objects under objects in one selection.
const MAX_DEPTH: usize = 2;

/// Gives some fields of a type a `@provides`.
pub fn provides(rng: &mut Rng, world: &mut World, at: usize) {
    for nth in 0..world.objects[at].fields.len() {
        let field = world.objects[at].fields[nth].clone();
        // All members have one field in common.
        let shares = |object: &ObjectDef| field.contributed.is_some() && object.field(&field.name).is_some();
        if world.objects[..at].iter().any(shares) {
            continue;
        }
        for (sub, home) in &field.homes {
            if !matches!(home.role, Role::Resolves) || !rng.chance(30) {
                continue;
            }
            let set = brought(rng, world, &field.base, *sub, 0);
            let (objects, others) = world.objects.split_at_mut(at + 1);
            let others = others.iter_mut().filter(|object| shares(object));
            for object in objects.last_mut().into_iter().chain(others) {
                let same = object.fields.iter_mut().filter(|known| known.name == field.name);
                same.filter_map(|known| known.homes.get_mut(sub)).for_each(|home| home.provides.clone_from(&set));
            }
        }
    }
}

/// What is brought of a type; empty if there is nothing.
fn brought(rng: &mut Rng, world: &mut World, base: &str, sub: Sub, depth: usize) -> Vec<Sel> {
    if let Some(at) = world.objects.iter().position(|object| object.name == base) {
        return of_object(rng, world, at, sub, depth);
    }
    if !world.is_abstract(base) || world.is_interface_object(base, sub) {
        return vec![];
    }
    let mut set = vec![];
    for member in world.local_choices(base, sub).unwrap_or_default() {
        let Some(at) = world.objects.iter().position(|object| object.name == member) else { continue };
        let below = of_object(rng, world, at, sub, depth);
        if !below.is_empty() {
            set.push(Sel::On { ty: member, below });
        }
    }
    set
}

fn of_object(rng: &mut Rng, world: &mut World, at: usize, sub: Sub, depth: usize) -> Vec<Sel> {
    let object = &world.objects[at];
    let is_entity = object.kind == ObjectKind::Entity && object.has_key_in(sub);
    let fields = object.fields.clone();
    let foreign: Vec<&FieldDef> = fields.iter().filter(|field| is_entity && is_foreign(field, sub)).collect();
    let (objects, leaves): (Vec<_>, Vec<_>) = foreign.into_iter().partition(|field| world.is_composite(&field.base));
    let mut set = vec![];
    for field in rng.some(&leaves, 50).into_iter().take(2) {
        bring(world, at, &field.name, sub);
        set.push(Sel::leaf(&field.name));
    }
    if depth == MAX_DEPTH {
        return set;
    }
    // Another's objects, with what the subgraph has of them itself.
    for field in rng.some(&objects, 25).into_iter().take(1) {
        let below = super::federate::below(rng, world, &field.base, sub, depth);
        let mut also = (*field).clone();
        also.homes.insert(sub, Home { provided: true, ..Home::new(Role::External) });
        let is_something = world.choices(&also).is_none_or(|choices| !choices.is_empty());
        if !below.is_empty() && is_something {
            bring(world, at, &field.name, sub);
            set.push(Sel::field(&field.name, below));
        }
    }
    // Its own, with what others have of them.
    let is_own = |field: &&FieldDef| {
        matches!(field.homes.get(&sub), Some(Home { role: Role::Resolves, .. }))
            && field.args.is_empty()
            && field.contributed.is_none()
            && world.is_composite(&field.base)
    };
    let own: Vec<&FieldDef> = fields.iter().filter(is_own).collect();
    for field in rng.some(&own, 40).into_iter().take(2) {
        let below = brought(rng, world, &field.base, sub, depth + 1);
        if !below.is_empty() {
            set.push(Sel::field(&field.name, below));
        }
    }
    set
}

fn bring(world: &mut World, at: usize, name: &str, sub: Sub) {
    super::federate::externalize(world, at, name, sub);
    let fields = world.objects[at].fields.iter_mut().filter(|field| field.name == name);
    fields.filter_map(|field| field.homes.get_mut(&sub)).for_each(|home| home.provided = true);
}

/// Whether the subgraph has the field at most as another's.
fn is_foreign(field: &FieldDef, sub: Sub) -> bool {
    let is_open = field.homes.get(&sub).is_none_or(|home| matches!(home.role, Role::External));
    let computed = field.homes.values().any(|home| !matches!(home.role, Role::Resolves | Role::External));
    is_open && !computed && field.contributed.is_none() && field.source == Source::Random && field.args.is_empty()
}

/// Whether some field of the subgraph brings the other one along.
pub fn is_provided(world: &World, object: &str, field: &str, sub: Sub) -> bool {
    let mut fields = world.objects.iter().flat_map(|object| &object.fields);
    fields.any(|providing| {
        let set = providing.homes.get(&sub).map(|home| &home.provides[..]);
        set.is_some_and(|set| brings(world, &providing.base, set, object, field))
    })
}

/// Whether a selection of the type `base` has the field.
fn brings(world: &World, base: &str, set: &[Sel], object: &str, field: &str) -> bool {
    set.iter().any(|sel| match sel {
        Sel::On { ty, below } => brings(world, ty, below, object, field),
        Sel::Field { name, below, .. } => {
            let next = world.object(base).and_then(|object| object.field(name));
            (base == object && name == field)
                || next.is_some_and(|next| brings(world, &next.base, below, object, field))
        }
    })
}
