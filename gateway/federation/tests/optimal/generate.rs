//! Owns small random supergraphs and operations: entities with one or two keys, fields that several subgraphs share,
//! `@requires`, `@provides`, values with parts, and a union.

use std::fmt::Write as _;

/// SplitMix64 of Steele, Lea and Flood.
pub struct Rng(pub u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        // The remainder is below the bound.
        (self.next() % bound as u64) as usize
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// Some of the first `count` numbers, at least one.
    fn some(&mut self, count: usize, percent: usize) -> Vec<usize> {
        let mut some: Vec<usize> = (0..count).filter(|_| self.chance(percent)).collect();
        if some.is_empty() {
            some.push(self.below(count));
        }
        some
    }
}

const ENTITIES: usize = 3;

/// What a field leads to.
#[derive(Clone, Copy, PartialEq)]
enum To {
    Leaf,
    Entity(usize),
    Value,
    Union,
}

struct Field {
    name: String,
    to: To,
    subgraphs: Vec<usize>,
    /// One of the field's subgraphs, and the leaf that it requires there.
    requires: Option<(usize, String)>,
    /// One of its subgraphs, and the leaf that it provides there.
    provides: Option<(usize, String)>,
}

pub struct World {
    subgraphs: usize,
    /// Each with the keys that it has in each subgraph.
    entities: Vec<(Vec<Vec<&'static str>>, Vec<Field>)>,
    value: Vec<Field>,
    roots: Vec<Field>,
}

impl World {
    pub fn generate(rng: &mut Rng) -> Self {
        let subgraphs = 2 + rng.below(3);
        let mut entities = vec![];
        for _ in 0..ENTITIES {
            let with_sku = rng.chance(40);
            let mut keys = vec![];
            for _ in 0..subgraphs {
                keys.push(match (with_sku, rng.below(4)) {
                    (false, _) | (true, 0) => vec!["id"],
                    (true, 1) => vec!["sku"],
                    (true, _) => vec!["id", "sku"],
                });
            }
            entities.push((keys, fields(rng, subgraphs)));
        }
        let parts = (0..3).map(|at| plain(format!("p{at}"), To::Leaf, rng.some(subgraphs, 50)));
        let mut world = Self { subgraphs, value: parts.collect(), entities, roots: vec![] };
        for at in 0..3 {
            let to = if rng.chance(25) { To::Union } else { To::Entity(rng.below(ENTITIES)) };
            world.roots.push(plain(format!("r{at}"), to, rng.some(subgraphs, 35)));
        }
        world.provide(rng);
        world
    }

    /// Lets some fields that lead to an entity give a leaf that their subgraph lacks.
    fn provide(&mut self, rng: &mut Rng) {
        let leaves: Vec<Vec<(String, Vec<usize>)>> = self
            .entities
            .iter()
            .map(|(_, fields)| {
                let leaves = fields.iter().filter(|field| field.to == To::Leaf && field.requires.is_none());
                leaves.map(|field| (field.name.clone(), field.subgraphs.clone())).collect()
            })
            .collect();
        let all = self.entities.iter_mut().flat_map(|(_, fields)| fields).chain(&mut self.roots);
        for field in all {
            let To::Entity(to) = field.to else { continue };
            if !rng.chance(25) {
                continue;
            }
            let sub = field.subgraphs[rng.below(field.subgraphs.len())];
            let lacking = leaves[to].iter().find(|(_, subgraphs)| !subgraphs.contains(&sub));
            field.provides = lacking.map(|(name, _)| (sub, name.clone()));
        }
    }

    pub fn sdl(&self, sub: usize) -> String {
        let mut sdl = String::from(
            "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.7\", \
             import: [\"@key\", \"@shareable\", \"@external\", \"@requires\", \"@provides\"])\n",
        );
        let provided: Vec<(usize, &String)> = self
            .entities
            .iter()
            .flat_map(|(_, fields)| fields)
            .chain(&self.roots)
            .filter_map(|field| match (field.to, &field.provides) {
                (To::Entity(to), Some((at, name))) if *at == sub => Some((to, name)),
                _ => None,
            })
            .collect();
        // Writing to a String cannot fail.
        for (at, (keys, fields)) in self.entities.iter().enumerate() {
            let _ = write!(sdl, "type E{at}");
            for key in &keys[sub] {
                let _ = write!(sdl, " @key(fields: \"{key}\")");
            }
            sdl.push_str(" {");
            for key in &keys[sub] {
                let _ = write!(sdl, " {key}: ID");
            }
            for field in fields {
                if field.subgraphs.contains(&sub) {
                    field.render(sub, &mut sdl);
                } else if fields
                    .iter()
                    .any(|other| other.requires.as_ref().is_some_and(|(by, name)| *by == sub && *name == field.name))
                    || provided.iter().any(|(to, name)| *to == at && **name == field.name)
                {
                    let _ = write!(sdl, " {}: Int @external", field.name);
                }
            }
            sdl.push_str(" }\n");
        }
        let parts: Vec<&Field> = self.value.iter().filter(|field| field.subgraphs.contains(&sub)).collect();
        sdl.push_str("type V {");
        parts.iter().for_each(|field| field.render(sub, &mut sdl));
        sdl.push_str(" own: Int @shareable }\nunion U = E0 | E1\ntype Query {");
        self.roots.iter().filter(|field| field.subgraphs.contains(&sub)).for_each(|field| field.render(sub, &mut sdl));
        let _ = write!(sdl, " ping{sub}: Int }}");
        sdl
    }

    pub fn subgraphs(&self) -> usize {
        self.subgraphs
    }

    /// A query with a handful of fields.
    pub fn operation(&self, rng: &mut Rng) -> String {
        let mut left = 3 + rng.below(9);
        format!("{{{} }}", self.select(rng, &self.roots, 0, &mut left))
    }

    fn select(&self, rng: &mut Rng, fields: &[Field], depth: usize, left: &mut usize) -> String {
        let mut text = String::new();
        let mut chosen: Vec<usize> = (0..1 + rng.below(3)).map(|_| rng.below(fields.len())).collect();
        chosen.sort_unstable();
        chosen.dedup();
        for at in chosen {
            let field = &fields[at];
            if *left == 0 && !text.is_empty() || depth > 2 && field.to != To::Leaf {
                continue;
            }
            *left = left.saturating_sub(1);
            let below = match field.to {
                To::Leaf => String::new(),
                To::Entity(to) => format!(" {{{} }}", self.select(rng, &self.entities[to].1, depth + 1, left)),
                To::Value => format!(" {{{} }}", self.select(rng, &self.value, depth + 1, left)),
                To::Union => {
                    let member = |rng: &mut Rng, to: usize, left: &mut usize| {
                        format!(" ... on E{to} {{{} }}", self.select(rng, &self.entities[to].1, depth + 1, left))
                    };
                    let (one, other) = (member(rng, 0, left), member(rng, 1, left));
                    format!(" {{{one}{other} }}")
                }
            };
            let _ = write!(text, " {}{below}", field.name);
        }
        if text.is_empty() { " __typename".to_owned() } else { text }
    }
}

fn plain(name: String, to: To, subgraphs: Vec<usize>) -> Field {
    Field { name, to, subgraphs, requires: None, provides: None }
}

fn fields(rng: &mut Rng, subgraphs: usize) -> Vec<Field> {
    let mut fields: Vec<Field> = (0..4).map(|at| plain(format!("f{at}"), To::Leaf, rng.some(subgraphs, 35))).collect();
    // Each requires what stands before it, so that there is no circle.
    for at in 1..4 {
        let sub = rng.below(subgraphs);
        let needed = rng.below(at);
        if rng.chance(25) && !fields[needed].subgraphs.contains(&sub) {
            let name = fields[needed].name.clone();
            (fields[at].subgraphs, fields[at].requires) = (vec![sub], Some((sub, name)));
        }
    }
    for at in 0..2 {
        let to = match rng.below(10) {
            0..6 => To::Entity(rng.below(ENTITIES)),
            6..8 => To::Value,
            _ => To::Union,
        };
        fields.push(plain(format!("o{at}"), to, rng.some(subgraphs, 45)));
    }
    fields
}

impl Field {
    fn render(&self, sub: usize, sdl: &mut String) {
        let ty = match self.to {
            To::Leaf => "Int".to_owned(),
            To::Entity(to) => format!("E{to}"),
            To::Value => "V".to_owned(),
            To::Union => "U".to_owned(),
        };
        let _ = write!(sdl, " {}: {ty} @shareable", self.name);
        for (directive, argument) in [("requires", &self.requires), ("provides", &self.provides)] {
            if let Some((_, name)) = argument.as_ref().filter(|(at, _)| *at == sub) {
                let _ = write!(sdl, " @{directive}(fields: \"{name}\")");
            }
        }
    }
}
