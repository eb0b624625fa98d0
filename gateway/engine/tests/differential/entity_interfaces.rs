//! Owns random interfaces with a key, which some subgraphs have as interface objects.
//!
//! Their implementations are entities of their own. All subgraphs that know the interface know all of them, those that
//! have it as an object know none.

use super::generate::Generator;
use super::schema::{FieldDef, Home, InterfaceDef, KeyDef, LocalInterface, ObjectKind, Role, Sel, Source, Sub};

/// The interfaces and their implementations.
pub fn generate(generator: &mut Generator) {
    let all: Vec<Sub> = (0..generator.world.subgraphs).collect();
    if all.len() < 2 || !generator.rng.chance(35) {
        return;
    }
    // Each subgraph knows the interface, has it as an object, knows the implementations alone, or nothing of it.
    let (mut interface, mut objects, mut alone) = (vec![], vec![], vec![]);
    for sub in all {
        match generator.rng.below(10) {
            0..4 => interface.push(sub),
            4..7 => objects.push(sub),
            7 => alone.push(sub),
            _ => {}
        }
    }
    if interface.is_empty() || objects.is_empty() {
        return;
    }
    let members: Vec<String> = (0..1 + generator.rng.below(3)).map(|at| format!("M{at}")).collect();
    let common = generator.rng.chance(70).then(|| ["Int", "String", "Mood"][generator.rng.below(3)]);
    let nullable = generator.rng.chance(50);
    for name in &members {
        let known: Vec<Sub> = interface.iter().chain(&alone).copied().collect();
        generator.object(name.clone(), ObjectKind::Entity, known.clone());
        let homes = |subs: &[Sub]| subs.iter().map(|sub| (*sub, Home::new(Role::Resolves))).collect();
        let field = |name: &str, base: &str, non_null, subs: &[Sub], source| FieldDef {
            name: name.to_owned(),
            base: base.to_owned(),
            non_null: vec![non_null],
            args: vec![],
            homes: homes(subs),
            source,
            inaccessible: false,
            progressive: false,
            contributed: None,
            contexts: vec![],
        };
        let everywhere: Vec<Sub> = known.iter().chain(&objects).copied().collect();
        let Some(object) = generator.world.objects.last_mut() else { return };
        object.keys =
            vec![KeyDef { fields: vec![Sel::leaf("id")], subs: known.iter().map(|sub| (*sub, true)).collect() }];
        object.fields = vec![field("id", "ID", true, &everywhere, Source::Identity)];
        object.fields.extend(common.map(|base| field("cj", base, !nullable, &interface, Source::Random)));
    }
    let fields: Vec<String> = ["id"].into_iter().chain(common.map(|_| "cj")).map(str::to_owned).collect();
    let local = LocalInterface { members, fields };
    let local = interface.into_iter().map(|sub| (sub, local.clone())).collect();
    generator.world.interfaces.push(InterfaceDef { name: "J0".to_owned(), local, objects });
}

/// What interface objects bring to all implementations.
pub fn contribute(generator: &mut Generator) {
    for interface in generator.world.interfaces.clone().into_iter().filter(InterfaceDef::is_entity) {
        for owner in &interface.objects {
            for nth in 0..1 + generator.rng.below(3) {
                let base = generator.base(&[*owner], 45);
                let mut homes = vec![*owner];
                for other in interface.objects.iter().filter(|sub| *sub != owner) {
                    if generator.rng.chance(20) && generator.is_present(&base, *other) {
                        homes.push(*other);
                    }
                }
                let places: Vec<usize> = (0..generator.world.objects.len())
                    .filter(|at| interface.members().contains(&generator.world.objects[*at].name))
                    .collect();
                let Some((first, others)) = places.split_first() else { continue };
                generator.named_field(*first, &format!("g{owner}{nth}"), base, &homes, true);
                let Some(made) = generator.world.objects[*first].fields.last_mut() else { continue };
                made.contributed = Some(interface.name.clone());
                let made = made.clone();
                others.iter().for_each(|at| generator.world.objects[*at].fields.push(made.clone()));
            }
        }
    }
}
