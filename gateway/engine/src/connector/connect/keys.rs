//! Owns matching a batch's results to what was asked: by the text of their keys, so that `1` is `"1"`.

use std::collections::HashMap;

use weft_federation::connect::mapping::{FieldTree, Reads, Value};

use super::mapped::Mapped;

/// A value's key: the text of each of its fields with its length, so that no two keys read alike. `None` where a part is
/// missing.
pub fn of(value: &Value<'_>, key: &FieldTree) -> Option<String> {
    let mut out = String::new();
    write(value, key, &mut out)?;
    Some(out)
}

fn write(value: &Value<'_>, key: &FieldTree, out: &mut String) -> Option<()> {
    if key.is_whole() {
        let text = value.scalar_text()?;
        out.push_str(&text.len().to_string());
        out.push(':');
        out.push_str(&text);
        return Some(());
    }
    key.fields.iter().try_for_each(|(name, below)| write(value.get(name)?, below, out))
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
