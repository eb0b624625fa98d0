//! Owns matching a batch's results to what was asked: by the text of their keys, so that `1` is `"1"`.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write;

use weft_federation::connect::mapping::{FieldTree, Reads, Value};

use super::mapped::Mapped;

/// A value's key: the text of each of its fields with its length, so that no two keys read alike. `None` where a part is
/// missing.
pub fn of(value: &Value<'_>, key: &FieldTree) -> Option<String> {
    let mut out = String::new();
    write_of(value, key, &mut out)?;
    Some(out)
}

fn write_of(value: &Value<'_>, key: &FieldTree, out: &mut String) -> Option<()> {
    if key.is_whole() {
        return write_all([value.scalar_text()], out);
    }
    key.fields.iter().try_for_each(|(name, below)| write_of(value.get(name)?, below, out))
}

/// Writes a key of these texts. `None` if one is missing.
pub fn write_all<'t>(texts: impl IntoIterator<Item = Option<Cow<'t, str>>>, out: &mut String) -> Option<()> {
    texts.into_iter().try_for_each(|text| {
        let text = text?;
        // Writing into a string cannot fail.
        write!(out, "{}:", text.len()).ok()?;
        out.push_str(&text);
        Some(())
    })
}

/// The items by their keys, in their order. Those without a key belong to nobody.
pub fn index<'m>(items: Vec<Mapped<'m>>, key: &FieldTree) -> HashMap<String, Vec<Mapped<'m>>> {
    let reads = Reads::from(key);
    let mut index: HashMap<String, Vec<Mapped<'_>>> = HashMap::with_capacity(items.len());
    for item in items {
        if let Some(key) = of(&item.read(&reads), key) {
            index.entry(key).or_default().push(item);
        }
    }
    index
}
