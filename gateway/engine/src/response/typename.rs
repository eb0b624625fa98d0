//! Owns what objects say of their type: it is read ahead, since which fields an object has hangs on it.

use weft_federation::plan::FetchSelection;

use super::arena::{ErrorRef, ObjectId};
use super::deserialize::Deserializer;
use super::json::{JsonError, RawString, Reader};
use super::layout::ObjectLayout;

impl Deserializer<'_> {
    /// Reads an entity into an object that exists, after its `__typename`, if that was asked beside the selection: it
    /// gives the object its type, or shows that the answer is another object's.
    pub fn read_entity(
        &mut self,
        selection: &FetchSelection,
        object: ObjectId,
        typename: bool,
        layout: Option<&ObjectLayout>,
    ) -> Result<bool, JsonError> {
        let told = typename && !selection.typename && self.reader.peek()? == b'{';
        if told
            && let Some(name) = typename_ahead(self.reader.clone())?
            && let Err(error) = self.take_type(selection, object, &name.text(&self.reader))
        {
            self.reader.skip()?;
            self.arena.lose(self.shape, selection, object, error);
            return Ok(true);
        }
        self.read_into(selection, object, layout)
    }

    /// Reads `__typename` ahead, wherever it is in the object, and gives the object its type.
    pub(super) fn learn_type(
        &mut self,
        selection: &FetchSelection,
        object: ObjectId,
    ) -> Result<Result<(), ErrorRef>, JsonError> {
        let Some(name) = typename_ahead(self.reader.clone())? else {
            return Ok(Err(self.malformed("an object without the __typename that was asked for")));
        };
        let name = name.text(&self.reader);
        Ok(self.take_type(selection, object, &name))
    }

    /// Gives the object the type of this name, if it can have it.
    fn take_type(&mut self, selection: &FetchSelection, object: ObjectId, name: &str) -> Result<(), ErrorRef> {
        let told = match selection.types.iter().find(|ty| *self.model.type_name(*ty) == *name) {
            Some(ty) => ty,
            // The subgraph knows the object by its interface alone.
            None if self.model.type_named(name).is_some_and(|ty| self.model.is_abstract(ty)) => return Ok(()),
            None => {
                let shown: String = name.chars().take(60).collect();
                return Err(self.malformed(&format!("an object of the type \"{shown}\", which cannot be there")));
            }
        };
        match self.arena.ty(object) {
            None => self.arena.set_type(object, told),
            Some(known) if known == told => {}
            Some(known) => {
                let (told, known) = (self.model.type_name(told), self.model.type_name(known));
                return Err(self.malformed(&format!("an object of the type \"{told}\" for one that is a \"{known}\"")));
            }
        }
        Ok(())
    }
}

/// Looks through the object that comes next for its `__typename`, if that is a string. The last one wins, as with
/// every key, but one that comes first is believed at once: backends write it there, and only once.
fn typename_ahead(mut reader: Reader<'_>) -> Result<Option<RawString>, JsonError> {
    reader.open(b'{')?;
    let mut first = true;
    let mut at = 0;
    let mut found = None;
    while let Some(key) = reader.next_key(&mut first)? {
        if key.text(&reader) == "__typename" && reader.peek()? == b'"' {
            found = Some(reader.string()?);
            if at == 0 {
                break;
            }
        } else {
            reader.skip()?;
        }
        at += 1;
    }
    Ok(found)
}
