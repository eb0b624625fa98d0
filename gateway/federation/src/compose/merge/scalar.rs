//! Owns the merge of scalar types.

use apollo_compiler::Name;

use super::Merge;
use crate::compose::merged::{MergedKind, MergedType};

pub(crate) fn merge(merge: &mut Merge<'_>, name: &Name) -> MergedType {
    let sources = merge.sources(name);
    let joins = merge.join_types(name, &sources);
    merge.merged_type(name, &sources, joins, MergedKind::Scalar)
}
