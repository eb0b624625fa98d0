//! Owns the representations of a fetch's entities: which objects it is for, and what is sent for each, canonically.

use weft_federation::plan::{
    Content, FetchContent, FetchEntry, FetchNode, FetchSelection, PositionId, RepresentationField, RepresentationPlan,
    Shape, Slot, SlotId,
};
use weft_federation::schema::{FieldSetItem, Id, Model, SubgraphId, TypeId, TypeSet, Wrapping};

use super::batch::{BatchWriter, EntityList, Target};
use super::contexts::{ByContext, ContextReader, Trails};
use crate::response::{ErrorRef, ObjectId, ResponseArena, SlotValue};

/// Writes the representations of one fetch; prepared with the plan.
#[derive(Debug)]
pub struct RepresentationWriter {
    /// The slots from the root to the objects.
    path: Vec<SlotId>,
    kinds: Vec<Kind>,
    contexts: Vec<ContextReader>,
}

/// How objects of one type are written.
#[derive(Debug)]
struct Kind {
    ty: TypeId,
    /// The representation names an interface, so that it does for objects of any of its types.
    is_interface: bool,
    /// `{"__typename":"User"`
    prefix: Box<str>,
    fields: Vec<Field>,
}

#[derive(Debug)]
pub(super) struct Field {
    /// `"id":`
    prefix: Box<str>,
    pub index: u32,
    pub types: TypeSet,
    /// `User.id`
    pub coordinate: Box<str>,
    /// A null where this promises none means that there is nothing to look up.
    pub wrapping: Wrapping,
    /// So does any null in a key.
    is_key: bool,
    /// Where the types of its objects are written: the name of each, in quotes.
    pub typenames: Vec<(TypeId, Box<str>)>,
    /// Empty for a leaf.
    pub fields: Vec<Field>,
}

impl Field {
    /// Whether objects of different types are written differently below it.
    fn depends_on_type(&self) -> bool {
        self.fields.iter().any(|below| self.typenames.iter().any(|(ty, _)| !below.types.contains(*ty)))
    }
}

/// Why an object has no representation.
#[derive(Debug)]
pub enum Missing {
    /// A key is null, or the object is not there: an answer.
    Nothing,
    /// A field was not answered or a type not told, and no error says why yet. Once all has ended it shows at one of these
    /// objects, the nearest first, if something failed.
    Unanswered(Vec<ObjectId>),
    Error(ErrorRef),
    /// The field of this coordinate is null, which it promises not to be.
    Null(Box<str>),
    /// Nothing around the object sets the context of this name.
    Context(Box<str>),
}

impl RepresentationWriter {
    /// `None` for a fetch that enters at the root.
    pub fn new(fetch: &FetchNode, shape: &Shape, model: &Model) -> Option<Self> {
        let FetchEntry::Entities { representations, .. } = &fetch.entry else { return None };
        let kinds = representations.iter().map(|plan| kind(plan, fetch.subgraph, shape, model)).collect();
        let contexts = fetch.contexts.iter().map(|value| ContextReader::new(value, shape, model)).collect();
        Some(Self { path: path_to(shape, fetch.position), kinds, contexts })
    }

    /// Whether values from contexts are handed in with the objects.
    pub fn has_contexts(&self) -> bool {
        !self.contexts.is_empty()
    }

    /// Adds all objects that need the fetch to the list that `batch` is at. Gives those that cannot be looked up.
    pub fn write(
        &self,
        shape: &Shape,
        arena: &ResponseArena,
        fetch: &FetchNode,
        batch: &mut BatchWriter,
    ) -> Vec<(ObjectId, Missing)> {
        let mut blocked = vec![];
        for object in objects_at(shape, arena, &self.path) {
            if !needs(shape, arena, &fetch.selection, object) {
                continue;
            }
            if let Err(missing) = self.add(arena, Target { fetch: fetch.id, object }, batch) {
                blocked.push((object, missing));
            }
        }
        blocked
    }

    /// Adds all objects that need the fetch, each to the batch for the values that it has from contexts. Gives those that
    /// cannot be looked up.
    pub fn write_by_context(
        &self,
        shape: &Shape,
        arena: &ResponseArena,
        fetch: &FetchNode,
        list: &EntityList,
    ) -> (ByContext, Vec<(ObjectId, Missing)>) {
        let mut batches = ByContext::new();
        let mut blocked = vec![];
        let trails = Trails::new(shape, arena, &self.path);
        for (at, object) in trails.objects().iter().copied().enumerate() {
            if !needs(shape, arena, &fetch.selection, object) {
                continue;
            }
            let added = trails.read(arena, &self.contexts, at).and_then(|values| {
                let batch = batches.entry(values).or_insert_with(|| {
                    let mut batch = BatchWriter::default();
                    batch.open(list);
                    batch
                });
                self.add(arena, Target { fetch: fetch.id, object }, batch)
            });
            if let Err(missing) = added {
                blocked.push((object, missing));
            }
        }
        batches.retain(|_, batch| batch.objects() > 0);
        (batches, blocked)
    }

    /// The objects that need the fetch and came after it was written, when there were `known` objects; and why each could
    /// not be looked up now either.
    pub fn late(
        &self,
        shape: &Shape,
        arena: &ResponseArena,
        fetch: &FetchNode,
        known: usize,
    ) -> Vec<(ObjectId, Option<Missing>)> {
        if arena.object_count() == known {
            return vec![];
        }
        let mut late = vec![];
        let mut scratch = BatchWriter::default();
        let trails = Trails::new(shape, arena, &self.path);
        for (at, object) in trails.objects().iter().copied().enumerate() {
            if object.index() >= known && needs(shape, arena, &fetch.selection, object) {
                let target = Target { fetch: fetch.id, object };
                let values = trails.read(arena, &self.contexts, at);
                late.push((object, values.and_then(|_| self.add(arena, target, &mut scratch)).err()));
            }
        }
        late
    }

    /// Adds an object, unless the fetch is for none of its type.
    fn add(&self, arena: &ResponseArena, target: Target, batch: &mut BatchWriter) -> Result<(), Missing> {
        let within = Within { object: target.object, outer: None };
        let ty = arena.ty(target.object);
        let Some(kind) = self.kind_of(ty) else {
            return if ty.is_none() { Err(within.unanswered(arena)) } else { Ok(()) };
        };
        batch.add(target, |body| {
            body.extend_from_slice(kind.prefix.as_bytes());
            write_fields(arena, within, &kind.fields, false, body)
        })
    }

    fn kind_of(&self, ty: Option<TypeId>) -> Option<&Kind> {
        match ty {
            Some(ty) => self.kinds.iter().find(|kind| kind.ty == ty),
            // Of an object that came from an interface object only the interface is known.
            None => self.kinds.iter().find(|kind| kind.is_interface),
        }
    }
}

fn path_to(shape: &Shape, position: PositionId) -> Vec<SlotId> {
    let mut path = vec![];
    let mut position = position;
    while let Some(slot) = shape.positions[position.index()].parent {
        path.push(slot);
        position = shape.slots[slot.index()].position;
    }
    path.reverse();
    path
}

fn kind(plan: &RepresentationPlan, subgraph: SubgraphId, shape: &Shape, model: &Model) -> Kind {
    let named = model.type_named(&plan.typename);
    let keys = key_names(plan.ty, named, subgraph, model);
    let mut fields: Vec<Field> = plan.fields.iter().map(|plan| field(plan, shape, model)).collect();
    // Where no key is known to hold any of them, all are what the lookup goes by.
    let is_key = |field: &RepresentationField| keys.contains(&field.name.as_str());
    let no_key = !plan.fields.iter().any(is_key);
    for (field, plan) in fields.iter_mut().zip(&plan.fields) {
        if no_key || is_key(plan) {
            mark_key(field);
        }
    }
    let is_interface = named.is_some_and(|ty| model.is_abstract(ty));
    Kind { ty: plan.ty, is_interface, prefix: format!("{{\"__typename\":\"{}\"", plan.typename).into(), fields }
}

/// The names of the fields that keys of the type have in the subgraph, at their top.
fn key_names(ty: TypeId, named: Option<TypeId>, subgraph: SubgraphId, model: &Model) -> Vec<&str> {
    let joins = [Some(ty), named].into_iter().flatten().filter_map(|ty| model.join(ty, subgraph));
    let items = joins.flat_map(|join| &join.keys).flat_map(|key| &key.fields.items);
    let name = |item: &FieldSetItem| match item {
        FieldSetItem::Field { name, .. } => Some(*name),
        FieldSetItem::Narrow { .. } | FieldSetItem::Typename => None,
    };
    items.filter_map(name).map(|name| model.name(name).as_str()).collect()
}

pub(super) fn field(plan: &RepresentationField, shape: &Shape, model: &Model) -> Field {
    let slot = &shape.slots[plan.slot.index()];
    let typenames = match slot.content {
        Content::Objects(position) if plan.fields.is_empty() || is_abstract(slot, model) => {
            quoted_names(&shape.positions[position.index()].types, model)
        }
        Content::Objects(_) | Content::Leaf(_) => vec![],
    };
    let parent = slot.types.iter().next().map_or("", |ty| model.type_name(ty).as_str());
    Field {
        prefix: format!("\"{}\":", plan.name).into(),
        coordinate: format!("{parent}.{}", plan.name).into(),
        index: slot.index,
        types: plan.types.clone(),
        wrapping: slot.wrapping,
        is_key: false,
        typenames,
        fields: plan.fields.iter().map(|below| field(below, shape, model)).collect(),
    }
}

/// The names of types, in quotes.
pub(super) fn quoted_names(types: &TypeSet, model: &Model) -> Vec<(TypeId, Box<str>)> {
    types.iter().map(|ty| (ty, format!("\"{}\"", model.type_name(ty)).into())).collect()
}

/// Whether the field is of an interface or union: then a backend has to be told what the objects are, even if there is one
/// type alone that they can be.
fn is_abstract(slot: &Slot, model: &Model) -> bool {
    let mut fields = slot.types.iter().filter_map(|ty| model.field_of(ty, slot.name));
    fields.any(|field| model.is_abstract(model.field(field).base))
}

fn mark_key(field: &mut Field) {
    field.is_key = true;
    field.fields.iter_mut().for_each(mark_key);
}

/// Whether the object has the slot: another type's slot may be in the same place.
pub(super) fn has_slot(arena: &ResponseArena, object: ObjectId, slot: &Slot) -> bool {
    arena.ty(object).is_none_or(|ty| slot.types.contains(ty))
}

/// All objects at the end of a path of slots, each once.
fn objects_at(shape: &Shape, arena: &ResponseArena, path: &[SlotId]) -> Vec<ObjectId> {
    let mut objects = vec![ObjectId::ROOT];
    let mut visited = vec![false; arena.object_count()];
    for slot in path {
        let slot = &shape.slots[slot.index()];
        let mut next = vec![];
        for object in objects {
            if has_slot(arena, object, slot) {
                collect(arena, arena.slot(object, slot.index), &mut visited, &mut next);
            }
        }
        objects = next;
    }
    objects
}

pub(super) fn collect(arena: &ResponseArena, value: SlotValue, visited: &mut [bool], objects: &mut Vec<ObjectId>) {
    match value {
        SlotValue::Object(object) => visit(object, visited, objects),
        SlotValue::List { start, len } => {
            for item in arena.items(start, len) {
                match *item {
                    SlotValue::Object(object) => visit(object, visited, objects),
                    list => collect(arena, list, visited, objects),
                }
            }
        }
        SlotValue::Absent | SlotValue::Null | SlotValue::Leaf { .. } | SlotValue::Error(_) | SlotValue::Lost(_) => {}
    }
}

#[inline]
fn visit(object: ObjectId, visited: &mut [bool], objects: &mut Vec<ObjectId>) {
    if !std::mem::replace(&mut visited[object.index()], true) {
        objects.push(object);
    }
}

/// Whether the fetch has anything to tell of the object.
fn needs(shape: &Shape, arena: &ResponseArena, selection: &FetchSelection, object: ObjectId) -> bool {
    let ty = arena.ty(object);
    if ty.is_none() {
        return true;
    }
    selection.fields.iter().filter(|field| ty.is_none_or(|ty| field.types.contains(ty))).any(|field| {
        let value = arena.slot(object, shape.slots[field.slot.index()].index);
        match field.content {
            FetchContent::Leaf(_) => !value.is_filled(),
            // Objects that are there may lack what this fetch gives of them.
            FetchContent::Objects(_) => value != SlotValue::Null,
        }
    })
}

/// An object that is being written, and those of the representation that it is in.
#[derive(Clone, Copy)]
pub(super) struct Within<'a> {
    pub object: ObjectId,
    pub outer: Option<&'a Within<'a>>,
}

impl Within<'_> {
    /// From the nearest on.
    fn objects(&self) -> impl Iterator<Item = ObjectId> {
        std::iter::successors(Some(self), |within| within.outer).map(|within| within.object)
    }

    /// The nearest object's errors: an entity whose lookup failed may hold objects that others gave, and what these lack,
    /// it lacks for the same reason.
    fn errors(&self, arena: &ResponseArena) -> Option<ErrorRef> {
        self.objects().find_map(|object| arena.object_errors(object))
    }

    /// What is missing where nobody has answered.
    pub fn unanswered(&self, arena: &ResponseArena) -> Missing {
        self.errors(arena).map_or_else(|| Missing::Unanswered(self.objects().collect()), Missing::Error)
    }
}

fn write_fields(
    arena: &ResponseArena,
    within: Within<'_>,
    fields: &[Field],
    mut first: bool,
    out: &mut Vec<u8>,
) -> Result<(), Missing> {
    let ty = arena.ty(within.object);
    for field in fields.iter().filter(|field| ty.is_none_or(|ty| field.types.contains(ty))) {
        if !std::mem::replace(&mut first, false) {
            out.push(b',');
        }
        out.extend_from_slice(field.prefix.as_bytes());
        let value = arena.slot(within.object, field.index);
        write_value(arena, value, field, field.wrapping, &within, out)?;
    }
    out.push(b'}');
    Ok(())
}

fn write_value(
    arena: &ResponseArena,
    value: SlotValue,
    field: &Field,
    wrapping: Wrapping,
    within: &Within<'_>,
    out: &mut Vec<u8>,
) -> Result<(), Missing> {
    match value {
        SlotValue::Absent => return Err(within.unanswered(arena)),
        SlotValue::Error(error) | SlotValue::Lost(error) => return Err(Missing::Error(error)),
        SlotValue::Null if wrapping.is_non_null() => {
            let promised = || Missing::Null(field.coordinate.clone());
            return Err(within.errors(arena).map_or_else(promised, Missing::Error));
        }
        SlotValue::Null if field.is_key => return Err(Missing::Nothing),
        SlotValue::Null => out.extend_from_slice(b"null"),
        SlotValue::Leaf { part, start, len } => out.extend_from_slice(arena.leaf(part, start, len)),
        SlotValue::Object(object) => {
            let within = Within { object, outer: Some(within) };
            let ty = arena.ty(object);
            if ty.is_none() && field.depends_on_type() {
                return Err(within.unanswered(arena));
            }
            out.push(b'{');
            let typename = field.typenames.iter().find(|(known, _)| ty == Some(*known));
            if let Some((_, typename)) = typename {
                out.extend_from_slice(b"\"__typename\":");
                out.extend_from_slice(typename.as_bytes());
            }
            write_fields(arena, within, &field.fields, typename.is_none(), out)?;
        }
        SlotValue::List { start, len } => {
            out.push(b'[');
            for at in 0..len {
                if at > 0 {
                    out.push(b',');
                }
                write_value(arena, arena.item(start, at), field, wrapping.item(), within, out)?;
            }
            out.push(b']');
        }
    }
    Ok(())
}
