//! Owns random schemas: entities with their keys, value types, abstract types, and the fields that join them.
//!
//! What it makes can be answered most of the time, but not always: composition decides. Federation's directives are
//! added by [`super::federate`].

use std::collections::BTreeMap;

use super::federate::federate;
use super::rng::Rng;
use super::schema::{
    ArgDef, Choices, Default, FieldDef, Home, InterfaceDef, KeyDef, LocalInterface, ObjectDef, ObjectKind, Role, Sel,
    Source, Sub, World,
};

const LEAVES: [&str; 8] = ["Int", "Float", "String", "Boolean", "ID", "Colour", "Mood", "Blob"];

/// The types of arguments, and defaults for them as literal and JSON.
const ARGUMENTS: [(&str, &[(&str, &str)]); 11] = [
    ("Int", &[("3", "3"), ("null", "null")]),
    ("Int!", &[("7", "7")]),
    ("String", &[("\"x\\\"y\"", "\"x\\\"y\"")]),
    ("Boolean!", &[("true", "true")]),
    ("Colour", &[("RED", "\"RED\"")]),
    ("[Int!]", &[("[1, 2]", "[1,2]")]),
    ("Filter", &[("{low: 5}", "{\"low\":5}")]),
    ("Filter!", &[("{low: 2}", "{\"low\":2}")]),
    ("[Colour!]", &[("[BLUE]", "[\"BLUE\"]")]),
    ("Blob", &[("{k: [1, null, {x: \"y\"}]}", "{\"k\":[1,null,{\"x\":\"y\"}]}")]),
    ("[[Int]]", &[("[[1, null], null]", "[[1,null],null]")]),
];

/// The world of a seed.
pub fn generate(seed: u64) -> World {
    let mut generator = Generator { rng: Rng::new(seed), world: empty(seed) };
    generator.enums();
    generator.objects();
    generator.keys();
    generator.interfaces();
    super::entity_interfaces::generate(&mut generator);
    generator.unions();
    generator.fields();
    super::entity_interfaces::contribute(&mut generator);
    generator.roots();
    federate(&mut generator.rng, &mut generator.world);
    super::contexts::generate(&mut generator.world);
    super::repair::tidy(&mut generator.world);
    generator.world
}

fn empty(seed: u64) -> World {
    World { seed, subgraphs: 0, objects: vec![], interfaces: vec![], unions: vec![], enums: vec![] }
}

pub struct Generator {
    pub rng: Rng,
    pub world: World,
}

impl Generator {
    fn enums(&mut self) {
        self.world.subgraphs = 2 + self.rng.below(4);
        let colours = ["RED", "GREEN", "BLUE"].map(str::to_owned).to_vec();
        let moods = ["GOOD", "BAD", "UGLY"].map(str::to_owned);
        let (mut colour, mut mood) = (BTreeMap::new(), BTreeMap::new());
        for sub in 0..self.world.subgraphs {
            // Only what is no input may differ.
            colour.insert(sub, colours.clone());
            let mut some = vec![moods[0].clone()];
            some.extend(self.rng.some(&moods[1..], 70));
            mood.insert(sub, some);
        }
        self.world.enums.push(Choices { name: "Colour".into(), local: colour });
        self.world.enums.push(Choices { name: "Mood".into(), local: mood });
    }

    fn presence(&mut self) -> Vec<Sub> {
        let all: Vec<Sub> = (0..self.world.subgraphs).collect();
        let mut some = self.rng.some(&all, 65);
        if some.is_empty() {
            some.push(self.rng.below(all.len()));
        }
        some
    }

    pub fn object(&mut self, name: String, kind: ObjectKind, presence: Vec<Sub>) {
        self.world.objects.push(ObjectDef { name, kind, presence, fields: vec![], keys: vec![] });
    }

    fn objects(&mut self) {
        let all: Vec<Sub> = (0..self.world.subgraphs).collect();
        self.object("Query".into(), ObjectKind::Query, all.clone());
        if self.rng.chance(35) {
            self.object("Mutation".into(), ObjectKind::Mutation, all);
        }
        for at in 0..1 + self.rng.below(4) {
            let presence = self.presence();
            self.object(format!("E{at}"), ObjectKind::Entity, presence);
        }
        for at in 0..self.rng.below(4) {
            let presence = self.presence();
            self.object(format!("V{at}"), ObjectKind::Value, presence);
        }
    }

    /// The places of the objects of a kind.
    fn of_kind(&self, kind: ObjectKind) -> Vec<usize> {
        (0..self.world.objects.len()).filter(|at| self.world.objects[*at].kind == kind).collect()
    }

    fn keys(&mut self) {
        let entities = self.of_kind(ObjectKind::Entity);
        for (nth, at) in entities.iter().copied().enumerate() {
            let presence = self.world.objects[at].presence.clone();
            let other = (nth > 0 && self.rng.chance(30)).then(|| entities[self.rng.below(nth)]);
            let (with_sku, with_pair, with_info) = (self.rng.chance(35), self.rng.chance(25), self.rng.chance(25));
            for sub in presence {
                let mut any = false;
                if with_sku && self.rng.chance(60) {
                    self.key(at, sub, &[("sku", "String", Source::Identity)], vec![Sel::leaf("sku")]);
                    any = true;
                }
                if with_pair && self.rng.chance(60) {
                    let fields = [("high", "Int", Source::High), ("low", "ID", Source::Low)];
                    self.key(at, sub, &fields, vec![Sel::leaf("high"), Sel::leaf("low")]);
                    any = true;
                }
                if with_info && self.rng.chance(60) {
                    self.info(at, nth, sub);
                    any = true;
                }
                if let Some(other) = other.filter(|_| self.rng.chance(60))
                    && self.world.objects[other].field("id").is_some_and(|id| id.is_resolved_in(sub))
                {
                    let name = self.world.objects[other].name.clone();
                    let set = vec![Sel::field("owner", vec![Sel::leaf("id")])];
                    self.key(at, sub, &[("owner", &name, Source::Identity)], set);
                    any = true;
                }
                if !any || self.rng.chance(70) {
                    self.key(at, sub, &[("id", "ID", Source::Identity)], vec![Sel::leaf("id")]);
                }
            }
        }
    }

    /// A key with an object in it.
    fn info(&mut self, at: usize, nth: usize, sub: Sub) {
        let name = format!("K{nth}");
        if self.world.object(&name).is_none() {
            let presence = self.world.objects[at].presence.clone();
            self.object(name.clone(), ObjectKind::Value, presence);
            let code = field("code", "ID", vec![true], Source::Identity);
            let size = field("size", "Int", vec![false], Source::Random);
            if let Some(info) = self.world.objects.last_mut() {
                info.fields = vec![code, size];
            }
        }
        let has_size = self.rng.chance(60);
        let Some(info) = self.world.objects.iter_mut().find(|object| object.name == name) else { return };
        info.fields[0].homes.insert(sub, Home::new(Role::Resolves));
        if has_size {
            info.fields[1].homes.insert(sub, Home::new(Role::Resolves));
        }
        let set = vec![Sel::field("info", vec![Sel::leaf("code")])];
        self.key(at, sub, &[("info", &name, Source::Identity)], set);
    }

    fn key(&mut self, at: usize, sub: Sub, fields: &[(&str, &str, Source)], set: Vec<Sel>) {
        let resolvable = !self.rng.chance(8);
        let object = &mut self.world.objects[at];
        for (name, base, source) in fields {
            if object.field(name).is_none() {
                object.fields.push(field(name, base, vec![true], *source));
            }
            for known in object.fields.iter_mut().filter(|known| known.name == *name) {
                known.homes.insert(sub, Home::new(Role::Resolves));
            }
        }
        let text = super::schema::write_selections(&set);
        let known = object.keys.iter_mut().find(|key| super::schema::write_selections(&key.fields) == text);
        match known {
            Some(key) => {
                key.subs.insert(sub, resolvable);
            }
            None => object.keys.push(KeyDef { fields: set, subs: BTreeMap::from([(sub, resolvable)]) }),
        }
    }

    fn interfaces(&mut self) {
        for at in 0..self.rng.below(3) {
            let candidates: Vec<usize> = (0..self.world.objects.len())
                .filter(|at| {
                    let object = &self.world.objects[*at];
                    matches!(object.kind, ObjectKind::Entity | ObjectKind::Value) && !object.name.starts_with('K')
                })
                .collect();
            let mut members = self.rng.some(&candidates, 60);
            members.truncate(3);
            let mut common = vec![];
            if members.iter().all(|member| self.world.objects[*member].field("id").is_some()) && self.rng.chance(60) {
                common.push("id".to_owned());
            }
            for nth in 0..usize::from(common.is_empty()) + self.rng.below(2) {
                let name = format!("c{at}{nth}");
                self.common_field(&name, &members);
                common.push(name);
            }
            let name = format!("I{at}");
            let mut local = BTreeMap::new();
            for sub in 0..self.world.subgraphs {
                local.extend(self.local_interface(sub, &members, &common).map(|known| (sub, known)));
            }
            self.world.interfaces.push(InterfaceDef { name, local, objects: vec![] });
        }
    }

    /// Gives the members of an interface a field of the same type.
    fn common_field(&mut self, name: &str, members: &[usize]) {
        let entities = self.of_kind(ObjectKind::Entity);
        let base = match self.rng.pick(&entities).filter(|_| self.rng.chance(25)) {
            Some(entity) => self.world.objects[*entity].name.clone(),
            None => LEAVES[self.rng.below(5)].to_owned(),
        };
        let non_null = self.wrapping();
        let args = self.args();
        for member in members {
            let everywhere = self.world.objects[*member].kind == ObjectKind::Value || self.rng.chance(60);
            let subs = self.world.objects[*member].presence.clone();
            let mut subs: Vec<Sub> = subs.into_iter().filter(|sub| self.is_present(&base, *sub)).collect();
            if !everywhere && !subs.is_empty() {
                subs = vec![subs[self.rng.below(subs.len())]];
            }
            let mut made = field(name, &base, non_null.clone(), Source::Random);
            made.args.clone_from(&args);
            made.homes = subs.into_iter().map(|sub| (sub, Home::new(Role::Resolves))).collect();
            if !made.homes.is_empty() {
                self.world.objects[*member].fields.push(made);
            }
        }
    }

    fn local_interface(&mut self, sub: Sub, members: &[usize], common: &[String]) -> Option<LocalInterface> {
        let has = |object: &ObjectDef, name: &str| object.field(name).is_some_and(|field| field.is_resolved_in(sub));
        // All that the interface has anywhere its members must have somewhere.
        let complete = |object: &ObjectDef| common.iter().all(|name| object.field(name).is_some());
        let objects = members.iter().map(|member| &self.world.objects[*member]).filter(|object| complete(object));
        let first = common.iter().find(|name| objects.clone().any(|object| has(object, name)))?;
        let local: Vec<&ObjectDef> = objects.filter(|object| has(object, first)).collect();
        let fields = common.iter().filter(|name| local.iter().all(|object| has(object, name))).cloned().collect();
        let mut members: Vec<String> = local.iter().map(|object| object.name.clone()).collect();
        if members.len() > 1 && self.rng.chance(20) {
            members.remove(self.rng.below(members.len()));
        }
        (!self.rng.chance(15)).then_some(LocalInterface { members, fields })
    }

    fn unions(&mut self) {
        for at in 0..self.rng.below(3) {
            let all: Vec<(String, Vec<Sub>)> = self
                .world
                .objects
                .iter()
                .filter(|object| matches!(object.kind, ObjectKind::Entity | ObjectKind::Value))
                .map(|object| (object.name.clone(), object.presence.clone()))
                .collect();
            let members = self.rng.some(&all, 60);
            let mut local = BTreeMap::new();
            for sub in 0..self.world.subgraphs {
                let present = members.iter().filter(|(name, _)| self.is_present(name, sub));
                let present: Vec<String> = present.map(|(name, _)| name.clone()).collect();
                let some = self.rng.some(&present, 80);
                if !some.is_empty() {
                    local.insert(sub, some);
                }
            }
            self.world.unions.push(Choices { name: format!("U{at}"), local });
        }
    }

    /// Whether a subgraph can have a field of the type.
    pub fn is_present(&self, base: &str, sub: Sub) -> bool {
        match self.world.object(base) {
            Some(object) if object.kind == ObjectKind::Entity => object.has_key_in(sub),
            Some(object) => object.presence.contains(&sub) && !base.starts_with('K'),
            None if self.world.is_abstract(base) => {
                self.world.local_choices(base, sub).is_some_and(|choices| !choices.is_empty())
            }
            None => true,
        }
    }

    fn wrapping(&mut self) -> Vec<bool> {
        let lists = match self.rng.below(10) {
            0..6 => 0,
            6..9 => 1,
            _ => 2,
        };
        (0..=lists).map(|_| self.rng.chance(40)).collect()
    }

    fn args(&mut self) -> Vec<ArgDef> {
        let count = if self.rng.chance(25) { 1 + self.rng.below(2) } else { 0 };
        let names = ["a", "id"];
        let args = names.iter().take(count).map(|name| {
            let (ty, defaults) = ARGUMENTS[self.rng.below(ARGUMENTS.len())];
            // One more than there are: none.
            let default =
                defaults.get(self.rng.below(defaults.len() + usize::from(!ty.ends_with('!') || ty == "Int!")));
            let default = default.map(|(literal, json)| Default { literal, json });
            ArgDef { name: (*name).to_owned(), ty: ty.to_owned(), default }
        });
        args.collect()
    }

    /// A type that all of the subgraphs can have a field of.
    pub fn base(&mut self, subs: &[Sub], composite: usize) -> String {
        let objects = self.world.objects.iter();
        let objects = objects.filter(|object| matches!(object.kind, ObjectKind::Entity | ObjectKind::Value));
        let names = objects.map(|object| &object.name);
        let names = names.chain(self.world.interfaces.iter().map(|interface| &interface.name));
        let names = names.chain(self.world.unions.iter().map(|union| &union.name));
        let fits: Vec<String> =
            names.filter(|name| subs.iter().all(|sub| self.is_present(name, *sub))).cloned().collect();
        match self.rng.pick(&fits).cloned().filter(|_| self.rng.chance(composite)) {
            Some(name) => name,
            None => LEAVES[self.rng.below(LEAVES.len())].to_owned(),
        }
    }

    fn fields(&mut self) {
        for at in self.of_kind(ObjectKind::Value) {
            if self.world.objects[at].name.starts_with('K') {
                continue;
            }
            let presence = self.world.objects[at].presence.clone();
            for nth in 0..1 + self.rng.below(4) {
                let base = self.base(&presence, 30);
                // The first is everywhere, so that the type is.
                let dropped = if nth > 0 { 12 } else { 0 };
                let subs: Vec<Sub> = presence.iter().copied().filter(|_| !self.rng.chance(dropped)).collect();
                self.field(at, base, &subs);
            }
        }
        for at in self.of_kind(ObjectKind::Entity) {
            let subs: Vec<Sub> =
                (0..self.world.subgraphs).filter(|sub| self.world.objects[at].has_key_in(*sub)).collect();
            for owner in &subs {
                if !self.world.objects[at].is_resolvable_in(*owner) && self.rng.chance(80) {
                    continue;
                }
                for _ in 0..self.rng.below(4) {
                    let base = self.base(&[*owner], 55);
                    let mut homes = vec![*owner];
                    for other in subs.iter().filter(|sub| **sub != *owner) {
                        if self.rng.chance(15) && self.is_present(&base, *other) {
                            homes.push(*other);
                        }
                    }
                    self.field(at, base, &homes);
                }
            }
        }
    }

    fn field(&mut self, at: usize, base: String, subs: &[Sub]) {
        let name = format!("f{}", self.rng.below(10));
        if self.world.objects[at].field(&name).is_some() {
            return;
        }
        self.named_field(at, &name, base, subs, true);
    }

    pub fn named_field(&mut self, at: usize, name: &str, base: String, subs: &[Sub], has_args: bool) {
        let mut made = field(name, &base, self.wrapping(), Source::Random);
        if has_args {
            made.args = self.args();
        }
        // One of them promises least: that is the type in the supergraph.
        let weakest: Vec<bool> = made.non_null.iter().map(|_| self.rng.chance(12)).collect();
        let least = subs.iter().min();
        for sub in subs {
            let mut home = Home::new(Role::Resolves);
            let weak = weakest.iter().map(|weak| *weak && (Some(sub) == least || self.rng.chance(50)));
            home.weak = weak.collect();
            made.homes.insert(*sub, home);
        }
        // What subgraphs share can be something in all of them.
        while made.homes.len() > 1 && self.world.choices(&made).is_some_and(|choices| choices.is_empty()) {
            made.homes.pop_last();
        }
        self.world.objects[at].fields.push(made);
    }

    fn roots(&mut self) {
        let mut count = 0;
        for kind in [ObjectKind::Query, ObjectKind::Mutation] {
            for at in self.of_kind(kind) {
                for owner in 0..self.world.subgraphs {
                    let least = usize::from(kind == ObjectKind::Query && owner == 0);
                    for _ in 0..least + self.rng.below(3) {
                        let base = self.base(&[owner], 88);
                        let mut homes = vec![owner];
                        for other in (0..self.world.subgraphs).filter(|sub| *sub != owner) {
                            if kind == ObjectKind::Query && self.rng.chance(10) && self.is_present(&base, other) {
                                homes.push(other);
                            }
                        }
                        count += 1;
                        self.named_field(at, &format!("r{count}"), base, &homes, true);
                    }
                }
            }
        }
    }
}

fn field(name: &str, base: &str, non_null: Vec<bool>, source: Source) -> FieldDef {
    FieldDef {
        name: name.to_owned(),
        base: base.to_owned(),
        non_null,
        args: vec![],
        homes: BTreeMap::new(),
        source,
        inaccessible: false,
        progressive: false,
        contributed: None,
        contexts: vec![],
    }
}
