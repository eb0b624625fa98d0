//! Owns [`Layout`]: where an answer in a backend's own words has what a fetch asks, so that it is read into the arena at
//! once, with no JSON in the fetch's words between.
//!
//! Fields are told by their index in the [`FetchSelection`](weft_federation::plan::FetchSelection) that is read.

/// Where the data of a fetch is in an answer.
#[derive(Debug)]
pub enum Layout {
    /// The value of the one field that is asked for.
    Field(Walk),
    /// Objects, each of them an entity.
    Entities(EntityLayout),
}

impl Layout {
    /// Where the fields of an entity are.
    pub fn entity(&self) -> Option<&ObjectLayout> {
        match self {
            Self::Field(_) => None,
            Self::Entities(layout) => Some(&layout.entity),
        }
    }
}

/// Where the entities of a batch are.
#[derive(Debug)]
pub struct EntityLayout {
    /// The keys that lead to the list of them.
    pub list: Vec<String>,
    pub entity: ObjectLayout,
    /// The keys whose values tell the entities apart.
    pub key: Vec<String>,
}

/// Keys to follow, and what is where they lead. Of a list on the way each item goes its own way.
#[derive(Debug)]
pub struct Walk {
    pub keys: Vec<String>,
    /// Where the fields of objects are; none for leaves.
    pub object: Option<ObjectLayout>,
}

/// Where the fields of an object are.
#[derive(Debug)]
pub struct ObjectLayout {
    /// Which of its layout's objects this is, from 0.
    pub id: usize,
    /// The keys that are looked at.
    pub keys: Vec<KeyLayout>,
    /// The fields that are filled once all keys are known.
    pub later: Vec<(usize, Later)>,
}

#[derive(Debug)]
pub struct KeyLayout {
    pub name: String,
    /// The field that is read from its value.
    pub field: Option<(usize, Walk)>,
    /// Whether its value is looked at later.
    pub is_noted: bool,
}

/// A field that is not read where its value comes.
#[derive(Debug)]
pub enum Later {
    /// From the value of this key, which another field has read.
    Key(usize, Walk),
    /// `user: { id: userId }`: an object of the same object's keys.
    Object(MadeLayout),
}

/// Where the fields of an object are that the backend does not have as one.
#[derive(Debug)]
pub struct MadeLayout {
    pub fields: Vec<(usize, Later)>,
    /// The keys that it is made of.
    pub keys: Vec<usize>,
}
