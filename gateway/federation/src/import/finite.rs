//! Owns cutting types that never end. A selection names every field that it yields, and every field of a type has to be
//! reachable wherever the type is; so a type cannot hold itself, and not too much else.
//!
//! What is cut of an entity is all but its key: the rest is looked up. What is cut of another type is its type: the value
//! stays whole, as JSON. Input types are cut only where a body has to be mapped field by field.

use std::collections::{HashMap, HashSet};

use super::mapping::needs_mapping;
use super::model::{About, Body, Definition, JSON, Request, Schema, Type};

/// The most fields that one selection yields.
const MAX_FIELDS: usize = 600;

/// The deepest that a selection nests. The mapping language allows 64.
const MAX_DEPTH: usize = 16;

/// How far types are followed, which is on the stack. What lies deeper is cut in any case.
const MAX_CHAIN: usize = 8 * MAX_DEPTH;

pub fn cut(schema: &mut Schema) {
    let results: Vec<String> = root_fields(schema).map(|field| field.ty.inner().to_owned()).collect();
    let inputs: Vec<String> = root_fields(schema).flat_map(body_arguments).collect();
    let mapped = needs_mapping(schema);
    let mut cutter = Cutter { schema, mapped, states: HashMap::new(), is_cut: false };
    for name in results.iter().chain(&inputs) {
        cutter.visit(name, 0);
    }
    if cutter.is_cut {
        schema.use_scalar(JSON);
    }
    drop_unreachable(schema);
}

/// Types without a field, which GraphQL does not have, are JSON.
pub fn replace_empty(schema: &mut Schema) {
    let is_empty = |definition: &Definition| match definition {
        Definition::Object(object) => object.fields.is_empty(),
        Definition::Input(input) => input.fields.is_empty(),
        Definition::Enum { .. } | Definition::Scalar { .. } => false,
    };
    let empty: HashSet<String> =
        schema.types.iter().filter(|(_, it)| is_empty(it)).map(|(name, _)| name.clone()).collect();
    if empty.is_empty() {
        return;
    }
    let replace = |ty: &mut Type| {
        if empty.contains(ty.inner()) {
            ty.set_inner(JSON);
        }
    };
    for field in schema.roots.iter_mut().flat_map(|root| &mut root.fields) {
        replace(&mut field.ty);
        field.arguments.iter_mut().for_each(|argument| replace(&mut argument.ty));
    }
    for definition in schema.types.values_mut() {
        match definition {
            Definition::Object(object) => object.fields.iter_mut().for_each(|field| replace(&mut field.ty)),
            Definition::Input(input) => input.fields.iter_mut().for_each(|field| replace(&mut field.ty)),
            Definition::Enum { .. } | Definition::Scalar { .. } => {}
        }
    }
    schema.types.retain(|name, _| !empty.contains(name));
    schema.use_scalar(JSON);
}

fn root_fields(schema: &Schema) -> impl Iterator<Item = &super::model::Field> {
    schema.roots.iter().flat_map(|root| &root.fields)
}

/// The types of the arguments that make a field's body.
fn body_arguments(field: &super::model::Field) -> Vec<String> {
    let Some(connect) = &field.connect else { return vec![] };
    let (Request::Http { body, .. } | Request::Grpc { body, .. }) = &connect.request;
    let arguments = field.arguments.iter().filter(|argument| match body {
        Some(Body::Argument { name, .. }) => argument.name == *name,
        Some(Body::Arguments) => true,
        None => false,
    });
    arguments.map(|argument| argument.ty.inner().to_owned()).collect()
}

#[derive(Debug, Clone, Copy)]
enum State {
    /// Its fields are being looked at.
    Open,
    Done(Extent),
}

/// How much a selection of a type is.
#[derive(Debug, Clone, Copy, Default)]
struct Extent {
    fields: usize,
    depth: usize,
}

struct Cutter<'s> {
    schema: &'s mut Schema,
    mapped: HashSet<String>,
    states: HashMap<String, State>,
    is_cut: bool,
}

impl Cutter<'_> {
    fn visit(&mut self, name: &str, chain: usize) -> Option<Extent> {
        match self.states.get(name) {
            Some(State::Open) => return None,
            Some(State::Done(extent)) => return Some(*extent),
            None => {}
        }
        if chain > MAX_CHAIN {
            return Some(Extent { fields: 1, depth: MAX_DEPTH });
        }
        let targets: Vec<String> = match self.schema.types.get(name) {
            Some(Definition::Object(object)) => object.fields.iter().map(|field| field.ty.inner().to_owned()).collect(),
            Some(Definition::Input(input)) if self.mapped.contains(name) => {
                input.fields.iter().map(|field| field.ty.inner().to_owned()).collect()
            }
            Some(Definition::Input(_) | Definition::Enum { .. } | Definition::Scalar { .. }) | None => {
                return Some(Extent { fields: 1, depth: 0 });
            }
        };
        self.states.insert(name.to_owned(), State::Open);
        let mut extents: Vec<Extent> = vec![];
        for (at, target) in targets.iter().enumerate() {
            let extent = match self.visit(target, chain + 1) {
                Some(extent) if extent.depth < MAX_DEPTH => extent,
                Some(_) => self.cut_field(name, at, "nests too deep"),
                None => self.cut_field(name, at, "leads back here"),
            };
            extents.push(extent);
        }
        let mut total: usize = extents.iter().map(|extent| extent.fields).sum();
        while total > MAX_FIELDS {
            // The last of the largest; a type of that many plain fields stays as it is.
            let largest = extents.iter().enumerate().max_by_key(|(_, extent)| extent.fields);
            let Some((at, extent)) = largest.filter(|(_, extent)| extent.fields > 1) else { break };
            total -= extent.fields;
            extents[at] = self.cut_field(name, at, "has more fields than a selection should");
            total += extents[at].fields;
        }
        let depth = extents.iter().map(|extent| extent.depth).max().unwrap_or_default() + 1;
        let extent = Extent { fields: total.max(1), depth };
        self.states.insert(name.to_owned(), State::Done(extent));
        Some(extent)
    }

    fn cut_field(&mut self, name: &str, at: usize, why: &str) -> Extent {
        let target_key = |schema: &Schema, target: &str| match schema.types.get(target) {
            Some(Definition::Object(object)) => object.key.is_some(),
            _ => false,
        };
        let target = match self.schema.types.get(name) {
            Some(Definition::Object(object)) => object.fields.get(at).map(|field| field.ty.inner().to_owned()),
            Some(Definition::Input(input)) => input.fields.get(at).map(|field| field.ty.inner().to_owned()),
            Some(Definition::Enum { .. } | Definition::Scalar { .. }) | None => None,
        };
        let is_entity = target.is_some_and(|target| target_key(self.schema, &target));
        match self.schema.types.get_mut(name) {
            Some(Definition::Object(object)) => {
                if let Some(field) = object.fields.get_mut(at) {
                    if is_entity {
                        field.key_only = true;
                        return Extent { fields: 1, depth: 1 };
                    }
                    as_json(&mut field.ty, &mut field.about, why);
                    self.is_cut = true;
                }
            }
            Some(Definition::Input(input)) => {
                if let Some(field) = input.fields.get_mut(at) {
                    as_json(&mut field.ty, &mut field.about, why);
                    self.is_cut = true;
                }
            }
            Some(Definition::Enum { .. } | Definition::Scalar { .. }) | None => {}
        }
        Extent { fields: 1, depth: 0 }
    }
}

fn as_json(ty: &mut Type, about: &mut About, why: &str) {
    about.comments.push(format!("JSON, since {} {why}.", ty.inner()));
    ty.set_inner(JSON);
}

/// Types that only what was cut has used.
fn drop_unreachable(schema: &mut Schema) {
    let mut reached: HashSet<String> = HashSet::new();
    let mut waiting: Vec<String> = vec![];
    for field in root_fields(schema) {
        waiting.push(field.ty.inner().to_owned());
        waiting.extend(field.arguments.iter().map(|argument| argument.ty.inner().to_owned()));
    }
    while let Some(name) = waiting.pop() {
        match schema.types.get(&name) {
            Some(Definition::Object(object)) if !reached.contains(&name) => {
                waiting.extend(object.fields.iter().map(|field| field.ty.inner().to_owned()));
            }
            Some(Definition::Input(input)) if !reached.contains(&name) => {
                waiting.extend(input.fields.iter().map(|field| field.ty.inner().to_owned()));
            }
            _ => {}
        }
        reached.insert(name);
    }
    schema.types.retain(|name, _| reached.contains(name));
}

#[cfg(test)]
mod tests {
    use super::super::model::{Connect, Field, Object, Root, Selected, Wire};
    use super::*;

    #[test]
    fn a_long_chain_of_types_is_cut() {
        let field = |ty: String, connect: Option<Connect>| Field {
            name: "next".to_owned(),
            about: About::default(),
            arguments: vec![],
            ty: Type::named(ty),
            wire: Wire::key("next"),
            key_only: false,
            connect,
        };
        let request = Request::Grpc { method: "Get".to_owned(), body: None };
        let connect = Connect { entity: false, source: 0, request, selection: Selected::Fields };
        let root = Root { name: "Query", fields: vec![field("T0".to_owned(), Some(connect))] };
        let mut schema = Schema { roots: vec![root], ..Schema::default() };
        for at in 0..50_000 {
            let object = Object { fields: vec![field(format!("T{}", at + 1), None)], ..Object::default() };
            schema.types.insert(format!("T{at}"), Definition::Object(object));
        }
        schema.use_scalar(JSON);
        cut(&mut schema);
        assert!(schema.types.len() <= MAX_DEPTH + 2, "{} types are left", schema.types.len());
    }
}
