//! Owns the merge of interface types, those that some subgraph has as an interface object included.

use apollo_compiler::Name;

use super::{Merge, object};
use crate::compose::merged::{MergedKind, MergedType};

pub(crate) fn merge(merge: &mut Merge<'_>, name: &Name) -> MergedType {
    let sources = merge.sources(name);
    let fields = object::merge_fields(merge, name, &sources, true);
    let implements = merge.implements.get(name).cloned().unwrap_or_default();
    let mut joins = merge.join_implements(&sources);
    joins.extend(merge.join_types(name, &sources));
    merge.merged_type(name, &sources, joins, MergedKind::Interface { implements, fields })
}
