//! Owns preparing how an answer is read as it came: from what a mapping picks and what a fetch asks, a [`Layout`].
//!
//! Where there is none, JSON is made of the answer in the fetch's words and that is read.

use weft_federation::connect::mapping::{Braces, End, FieldTree, Member, Pick, Picks, Walk as Path};
use weft_federation::plan::{FetchContent, FetchField, FetchSelection, Leaf};

use crate::response::{EntityLayout, KeyLayout, Later, Layout, MadeLayout, ObjectLayout, Walk};

/// For the value of a field.
pub fn of_field(picks: &Picks, field: &FetchField) -> Option<Layout> {
    Builder::default().walk(picks.root(), field).map(Layout::Field)
}

/// For a list of entities that these fields tell apart.
pub fn of_entities(picks: &Picks, selection: &FetchSelection, key: &FieldTree) -> Option<Layout> {
    let Path { keys, end: End::Braces(braces) } = picks.root() else { return None };
    let mut names = vec![];
    key_names(braces, &braces.members, key, &mut names)?;
    let entity = Builder::default().object(braces, selection)?;
    Some(Layout::Entities(EntityLayout { list: keys.clone(), entity, key: names }))
}

/// The backend's names of key fields that are values of the entity's own.
fn key_names(braces: &Braces, members: &[Member], key: &FieldTree, names: &mut Vec<String>) -> Option<()> {
    key.fields.iter().try_for_each(|(name, below)| match &members.iter().find(|member| member.name == *name)?.value {
        Pick::Source { slot, walk: Path { keys, end: End::Copy } } if keys.is_empty() && below.is_whole() => {
            names.push(braces.sources.get(*slot)?.clone());
            Some(())
        }
        Pick::Object(members) if !below.is_whole() => key_names(braces, members, below, names),
        Pick::Source { .. } | Pick::Object(_) | Pick::Constant(_) => None,
    })
}

#[derive(Default)]
struct Builder {
    /// How many objects have a layout so far.
    objects: usize,
}

impl Builder {
    fn walk(&mut self, path: &Path, field: &FetchField) -> Option<Walk> {
        let object = match (&field.content, &path.end) {
            // Any list that the keys lead through would be its value, which is nowhere as it is.
            (FetchContent::Leaf(Leaf::Custom), End::Copy) if !path.keys.is_empty() => return None,
            (FetchContent::Leaf(_), End::Copy) => None,
            (FetchContent::Objects(selection), End::Braces(braces)) => Some(self.object(braces, selection)?),
            (FetchContent::Leaf(_), End::Braces(_)) | (FetchContent::Objects(_), End::Copy) => return None,
        };
        Some(Walk { keys: path.keys.clone(), object })
    }

    fn object(&mut self, braces: &Braces, selection: &FetchSelection) -> Option<ObjectLayout> {
        // What type an object is would have to be known before its fields are read.
        if selection.typename {
            return None;
        }
        let id = self.objects;
        self.objects += 1;
        let unread = |name: &String| KeyLayout { name: name.clone(), field: None, is_noted: false };
        let mut layout = ObjectLayout { id, keys: braces.sources.iter().map(unread).collect(), later: vec![] };
        for (at, field) in selection.fields.iter().enumerate() {
            match value_of(&braces.members, field) {
                None => {}
                Some(Pick::Source { slot, walk }) => {
                    let walk = self.walk(walk, field)?;
                    let key = layout.keys.get_mut(*slot)?;
                    if key.field.is_none() {
                        key.field = Some((at, walk));
                    } else {
                        key.is_noted = true;
                        layout.later.push((at, Later::Key(*slot, walk)));
                    }
                }
                Some(Pick::Object(members)) => {
                    let made = self.made(members, field, &mut layout.keys)?;
                    layout.later.push((at, Later::Object(made)));
                }
                Some(Pick::Constant(_)) => return None,
            }
        }
        Some(layout)
    }

    fn made(&mut self, members: &[Member], field: &FetchField, keys: &mut [KeyLayout]) -> Option<MadeLayout> {
        let FetchContent::Objects(selection) = &field.content else { return None };
        if selection.typename || field.wrapping.is_list() {
            return None;
        }
        let mut made = MadeLayout { fields: vec![], keys: vec![] };
        for (at, field) in selection.fields.iter().enumerate() {
            let later = match value_of(members, field) {
                None => continue,
                Some(Pick::Source { slot, walk }) => {
                    keys.get_mut(*slot)?.is_noted = true;
                    made.keys.push(*slot);
                    Later::Key(*slot, self.walk(walk, field)?)
                }
                Some(Pick::Object(members)) => {
                    let below = self.made(members, field, keys)?;
                    made.keys.extend(&below.keys);
                    Later::Object(below)
                }
                Some(Pick::Constant(_)) => return None,
            };
            made.fields.push((at, later));
        }
        Some(made)
    }
}

/// What a mapping gives for a field; `None` if it does not.
fn value_of<'m>(members: &'m [Member], field: &FetchField) -> Option<&'m Pick> {
    members.iter().find(|member| member.name == *field.name).map(|member| &member.value)
}
