//! Owns the values that entities have from contexts: each is read from the nearest object around the entity that sets the
//! context, as the plan says where.

use indexmap::IndexMap;
use weft_federation::plan::{ContextSource, ContextValue, PositionId, Shape, SlotId};
use weft_federation::schema::{Id, Model, TypeId, TypeSet, Wrapping};

use super::batch::BatchWriter;
use super::representations::{Field, Missing, Within, collect, field, has_slot, quoted_names};
use crate::response::{ObjectId, ResponseArena, SlotValue};

/// Reads one value of a fetch; prepared with the plan.
#[derive(Debug)]
pub struct ContextReader {
    /// The context's name.
    name: Box<str>,
    /// From the nearest on.
    sources: Vec<Source>,
}

#[derive(Debug)]
struct Source {
    /// How many slots the objects are from the root.
    depth: usize,
    types: TypeSet,
    /// The names of the types, where that is the value.
    typenames: Vec<(TypeId, Box<str>)>,
    fields: Vec<Field>,
}

/// The values that a request hands in, as JSON: one for each of its fetch's contexts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct ContextValues {
    json: Vec<u8>,
    ends: Vec<usize>,
}

/// The requests of one fetch, by the values that they hand in.
pub type ByContext = IndexMap<ContextValues, BatchWriter>;

impl ContextValues {
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| &self.json[start..*end])
    }
}

impl ContextReader {
    pub fn new(value: &ContextValue, shape: &Shape, model: &Model) -> Self {
        let source = |source: &ContextSource| Source {
            depth: depth(shape, source.position),
            types: source.types.clone(),
            typenames: if source.fields.is_empty() { quoted_names(&source.types, model) } else { vec![] },
            fields: source.fields.iter().map(|plan| field(plan, shape, model)).collect(),
        };
        Self { name: value.context.as_str().into(), sources: value.sources.iter().map(source).collect() }
    }
}

fn depth(shape: &Shape, position: PositionId) -> usize {
    let parent = |position: PositionId| Some(shape.slots[shape.positions[position.index()].parent?.index()].position);
    std::iter::successors(parent(position), |position| parent(*position)).count()
}

/// The objects at the end of a path of slots, with those that they are in.
pub struct Trails {
    /// From the root on.
    levels: Vec<Level>,
}

#[derive(Default)]
struct Level {
    /// Each once.
    objects: Vec<ObjectId>,
    /// What each is in, by its place in the level above.
    parents: Vec<usize>,
}

impl Trails {
    pub fn new(shape: &Shape, arena: &ResponseArena, path: &[SlotId]) -> Self {
        let mut visited = vec![false; arena.object_count()];
        let mut level = Level { objects: vec![ObjectId::ROOT], parents: vec![] };
        let mut levels = Vec::with_capacity(path.len() + 1);
        for slot in path {
            let slot = &shape.slots[slot.index()];
            let mut next = Level::default();
            for (at, object) in level.objects.iter().enumerate() {
                if has_slot(arena, *object, slot) {
                    collect(arena, arena.slot(*object, slot.index), &mut visited, &mut next.objects);
                    next.parents.resize(next.objects.len(), at);
                }
            }
            levels.push(std::mem::replace(&mut level, next));
        }
        levels.push(level);
        Self { levels }
    }

    /// The objects at the end of the path.
    pub fn objects(&self) -> &[ObjectId] {
        self.levels.last().map_or(&[], |level| &level.objects)
    }

    /// The values that the object at `at` has from contexts.
    pub fn read(&self, arena: &ResponseArena, contexts: &[ContextReader], at: usize) -> Result<ContextValues, Missing> {
        let mut values = ContextValues::default();
        for context in contexts {
            match self.setter(arena, context, at) {
                Some((object, source)) => write_value_of(arena, object, source, &mut values.json)?,
                None => return Err(Missing::Context(context.name.clone())),
            }
            values.ends.push(values.json.len());
        }
        Ok(values)
    }

    /// The nearest object around the one at `at` that sets the context.
    fn setter<'r>(
        &self,
        arena: &ResponseArena,
        context: &'r ContextReader,
        at: usize,
    ) -> Option<(ObjectId, &'r Source)> {
        let mut at = at;
        for depth in (1..self.levels.len()).rev() {
            at = self.levels[depth].parents[at];
            let object = self.levels[depth - 1].objects[at];
            let sets = |source: &&Source| {
                source.depth == depth - 1 && arena.ty(object).is_none_or(|ty| source.types.contains(ty))
            };
            if let Some(source) = context.sources.iter().find(sets) {
                return Some((object, source));
            }
        }
        None
    }
}

fn write_value_of(arena: &ResponseArena, object: ObjectId, source: &Source, out: &mut Vec<u8>) -> Result<(), Missing> {
    let within = Within { object, outer: None };
    if source.fields.is_empty() {
        return write_typename(arena, within, &source.typenames, out);
    }
    write_field_of(arena, within, &source.fields, out)
}

/// Writes the one field that an object of its type has.
fn write_field_of(
    arena: &ResponseArena,
    within: Within<'_>,
    fields: &[Field],
    out: &mut Vec<u8>,
) -> Result<(), Missing> {
    let field = match (arena.ty(within.object), fields) {
        (Some(ty), fields) => fields.iter().find(|field| field.types.contains(ty)),
        (None, [] | [_]) => fields.first(),
        (None, _) => return Err(within.unanswered(arena)),
    };
    match field {
        Some(field) => write(arena, within, field, arena.slot(within.object, field.index), field.wrapping, out),
        None => {
            out.extend_from_slice(b"null");
            Ok(())
        }
    }
}

fn write(
    arena: &ResponseArena,
    within: Within<'_>,
    field: &Field,
    value: SlotValue,
    wrapping: Wrapping,
    out: &mut Vec<u8>,
) -> Result<(), Missing> {
    match value {
        SlotValue::Error(error) | SlotValue::Lost(error) => return Err(Missing::Error(error)),
        SlotValue::Absent => return Err(within.unanswered(arena)),
        SlotValue::Null if wrapping.is_non_null() => {
            let promised = || Missing::Null(field.coordinate.clone());
            return Err(arena.object_errors(within.object).map_or_else(promised, Missing::Error));
        }
        SlotValue::Null => out.extend_from_slice(b"null"),
        SlotValue::Leaf { part, start, len } => out.extend_from_slice(arena.leaf(part, start, len)),
        SlotValue::Object(object) => {
            let within = Within { object, outer: Some(&within) };
            if field.fields.is_empty() {
                return write_typename(arena, within, &field.typenames, out);
            }
            write_field_of(arena, within, &field.fields, out)?;
        }
        SlotValue::List { start, len } => {
            out.push(b'[');
            for at in 0..len {
                if at > 0 {
                    out.push(b',');
                }
                write(arena, within, field, arena.item(start, at), wrapping.item(), out)?;
            }
            out.push(b']');
        }
    }
    Ok(())
}

fn write_typename(
    arena: &ResponseArena,
    within: Within<'_>,
    names: &[(TypeId, Box<str>)],
    out: &mut Vec<u8>,
) -> Result<(), Missing> {
    let Some(ty) = arena.ty(within.object) else { return Err(within.unanswered(arena)) };
    let name = names.iter().find(|(known, _)| ty == *known);
    out.extend_from_slice(name.map_or(&b"null"[..], |(_, name)| name.as_bytes()));
    Ok(())
}
