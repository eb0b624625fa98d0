//! Owns reading the data of an answer: root fields into the root, lists of entities each into the objects that wait for
//! them, by index. A list that is not as long as what was sent is refused, and the answer with it.

use weft_federation::plan::{FetchContent, FetchField, FetchNode, QueryPlan};
use weft_federation::schema::Id;

use super::batch::{EntityList, Target, Targets};
use crate::connector::Place;
use crate::response::{Deserializer, ErrorRef, JsonError, Layout, ObjectId, ObjectLayout, ResponseArena, SlotValue};

/// Whom an answer is for.
#[derive(Clone, Copy)]
pub enum Whom<'a> {
    /// The root fields of a fetch.
    Root(&'a FetchNode),
    Entities {
        lists: &'a [EntityList],
        targets: &'a Targets,
    },
}

/// Why an answer cannot be used at all.
pub enum Broken {
    Json(JsonError),
    Shape(String),
}

impl From<JsonError> for Broken {
    fn from(error: JsonError) -> Self {
        Self::Json(error)
    }
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Json(error) => error.fmt(f),
            Self::Shape(message) => f.write_str(message),
        }
    }
}

/// How much of its data an answer had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Found {
    #[default]
    Nothing,
    /// Some lists, but not all.
    Some,
    All,
}

/// Reads the `data` of a GraphQL response. The entities that are null are added to `nulls`, as list and index.
pub fn read_data(
    deserializer: &mut Deserializer<'_>,
    plan: &QueryPlan,
    whom: Whom<'_>,
    nulls: &mut Vec<(usize, usize)>,
) -> Result<Found, Broken> {
    let (lists, targets) = match whom {
        Whom::Root(fetch) => return read_root(deserializer, fetch),
        Whom::Entities { lists, targets } => (lists, targets),
    };
    match deserializer.reader.peek()? {
        b'n' => {
            deserializer.reader.word("null")?;
            return Ok(Found::Nothing);
        }
        b'{' => deserializer.reader.open(b'{')?,
        _ => return Err(Broken::Shape("its data is no object".into())),
    }
    let mut first = true;
    let mut found = vec![false; lists.len()];
    while let Some(key) = deserializer.reader.next_key(&mut first)? {
        let key = key.text(&deserializer.reader);
        match lists.iter().position(|list| *list.key == *key) {
            Some(at) => found[at] = read_list(deserializer, plan, (at, &lists[at]), targets, nulls)?,
            None => {
                deserializer.reader.skip()?;
            }
        }
    }
    Ok(match found.iter().filter(|found| **found).count() {
        0 => Found::Nothing,
        all if all == lists.len() => Found::All,
        _ => Found::Some,
    })
}

/// Reads entities from their places into the objects that wait for them. Those that have none are added to `nulls`.
pub fn read_places(
    deserializer: &mut Deserializer<'_>,
    plan: &QueryPlan,
    whom: Whom<'_>,
    places: &[Option<Place>],
    nulls: &mut Vec<(usize, usize)>,
) -> Result<Found, Broken> {
    let Whom::Entities { lists: [list], targets } = whom else {
        return Err(Broken::Shape("it is one list of entities, which was not asked for".into()));
    };
    let count = targets.count(0);
    if places.len() != count {
        return Err(Broken::Shape(format!("it has {} entities where {count} were asked for", places.len())));
    }
    let start = deserializer.reader.clone();
    for (at, place) in places.iter().enumerate() {
        let targets = targets.of(0, at);
        let found = match place {
            Some(Place { range, layout }) => {
                deserializer.reader = start.at(range.start);
                read_entity(deserializer, plan, list, targets, layout.as_deref().and_then(Layout::entity))?
            }
            None => false,
        };
        if !found {
            nulls.push((0, at));
        }
    }
    Ok(Found::All)
}

/// Reads the data of a root field in the backend's own words.
pub fn read_own(deserializer: &mut Deserializer<'_>, whom: Whom<'_>, layout: &Layout) -> Result<Found, Broken> {
    let (Whom::Root(FetchNode { selection, .. }), Layout::Field(walk)) = (whom, layout) else {
        return Err(Broken::Shape("it is a root field, which was not asked for".into()));
    };
    if let Some(field) = selection.fields.first() {
        deserializer.read_field(field, ObjectId::ROOT, walk)?;
    }
    Ok(Found::All)
}

/// Reads the data of root fields, which comes alone.
pub fn read_bare(deserializer: &mut Deserializer<'_>, whom: Whom<'_>) -> Result<Found, Broken> {
    match whom {
        Whom::Root(fetch) => read_root(deserializer, fetch),
        Whom::Entities { .. } => Err(Broken::Shape("it is no list of entities".into())),
    }
}

fn read_root(deserializer: &mut Deserializer<'_>, fetch: &FetchNode) -> Result<Found, Broken> {
    match deserializer.reader.peek()? {
        b'{' | b'n' => {
            let found = deserializer.read_into(&fetch.selection, ObjectId::ROOT, None)?;
            Ok(if found { Found::All } else { Found::Nothing })
        }
        _ => Err(Broken::Shape("its data is no object".into())),
    }
}

/// Reads a list of entities, each into the objects that wait for it. False for a null.
fn read_list(
    deserializer: &mut Deserializer<'_>,
    plan: &QueryPlan,
    (index, list): (usize, &EntityList),
    targets: &Targets,
    nulls: &mut Vec<(usize, usize)>,
) -> Result<bool, Broken> {
    match deserializer.reader.peek()? {
        b'n' => {
            deserializer.reader.word("null")?;
            return Ok(false);
        }
        b'[' => deserializer.reader.open(b'[')?,
        _ => return Err(Broken::Shape("its entities are no list".into())),
    }
    let mut first = true;
    let mut at = 0;
    let count = targets.count(index);
    while deserializer.reader.next_item(&mut first)? {
        if at == count {
            return Err(Broken::Shape(format!("it has more entities than the {at} that were asked for")));
        }
        if !read_entity(deserializer, plan, list, targets.of(index, at), None)? {
            nulls.push((index, at));
        }
        at += 1;
    }
    if at < count {
        return Err(Broken::Shape(format!("it has {at} entities where {count} were asked for")));
    }
    Ok(true)
}

/// Reads an entity into all objects that wait for it. What can have the same as one before gets it from there. False for a null.
fn read_entity(
    deserializer: &mut Deserializer<'_>,
    plan: &QueryPlan,
    list: &EntityList,
    targets: &[Target],
    layout: Option<&ObjectLayout>,
) -> Result<bool, JsonError> {
    deserializer.reader.peek()?;
    let start = deserializer.reader.clone();
    let mut end = None;
    let mut source: Option<(Target, Option<ErrorRef>)> = None;
    for target in targets {
        let object = target.object;
        if let Some((from, errors)) = source
            && copy(deserializer, plan, from, *target)
        {
            if let Some(errors) = errors {
                deserializer.arena.attach(object, errors);
            }
            continue;
        }
        deserializer.reader = start.clone();
        let errors_before = deserializer.arena.object_errors(object);
        let selection = &plan.fetch(target.fetch).selection;
        if !deserializer.read_entity(selection, object, list.asks_typename, layout)? {
            return Ok(false);
        }
        end.get_or_insert_with(|| deserializer.reader.clone());
        // Within a fetch the first object is the source of all.
        if source.is_none_or(|(known, _)| known.fetch != target.fetch) {
            let errors = deserializer.arena.object_errors(object).filter(|errors| Some(*errors) != errors_before);
            source = Some((*target, errors));
        }
    }
    match end {
        Some(end) => deserializer.reader = end,
        // A representation is there for at least one object.
        None => {
            deserializer.reader.skip()?;
        }
    }
    Ok(true)
}

/// There is no such entity: its fields are null, which is an answer.
pub fn answer_null(arena: &mut ResponseArena, plan: &QueryPlan, Target { fetch, object }: Target) {
    let ty = arena.ty(object);
    for field in plan.fetch(fetch).selection.fields.iter().filter(|field| ty.is_none_or(|ty| field.types.contains(ty)))
    {
        let index = plan.shape.slots[field.slot.index()].index;
        if !arena.slot(object, index).is_filled() {
            arena.set_slot(object, index, SlotValue::Null);
        }
    }
}

/// Gives `to` what `from` got from the answer. False if that does not do: `to` has objects of its own there, or an
/// answer's type to learn, or it is of another fetch and so of another place, which keeps its objects apart, or what is asked
/// of the objects differs by what they are in.
fn copy(deserializer: &mut Deserializer<'_>, plan: &QueryPlan, from: Target, to: Target) -> bool {
    let Deserializer { shape, arena, .. } = deserializer;
    let ty = arena.ty(to.object);
    if arena.ty(from.object) != ty {
        return false;
    }
    // Fetches of one list ask the same, field by field.
    let fields = plan.fetch(from.fetch).selection.fields.iter().zip(&plan.fetch(to.fetch).selection.fields);
    let has = |field: &FetchField| ty.is_none_or(|ty| field.types.contains(ty));
    for (source, field) in fields {
        if !has(field) {
            continue;
        }
        let holds_objects = matches!(field.content, FetchContent::Objects(_));
        if field.content.selection().is_some_and(|below| shape.positions[below.position.index()].apart) {
            return false;
        }
        if from.fetch != to.fetch && (holds_objects || !has(source)) {
            return false;
        }
        let index = shape.slots[field.slot.index()].index;
        if arena.slot(to.object, index).is_filled() {
            if holds_objects {
                return false;
            }
            continue;
        }
        let value = arena.slot(from.object, shape.slots[source.slot.index()].index);
        // An error is put into a list in place, once for each fetch.
        if from.fetch != to.fetch && matches!(value, SlotValue::List { .. }) {
            return false;
        }
        if holds_objects {
            arena.share(value);
        }
        match value {
            SlotValue::Lost(error) => arena.lose_slot(to.object, index, error),
            SlotValue::Absent
            | SlotValue::Null
            | SlotValue::Error(_)
            | SlotValue::Leaf { .. }
            | SlotValue::Object(_)
            | SlotValue::List { .. } => arena.set_slot(to.object, index, value),
        }
    }
    true
}
