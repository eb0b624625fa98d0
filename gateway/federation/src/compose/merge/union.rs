//! Owns the merge of union types: every member that any subgraph has.

use apollo_compiler::Name;
use apollo_compiler::schema::ExtendedType;

use super::Merge;
use crate::compose::merged::{Applied, MergedKind, MergedType};

pub(crate) fn merge(merge: &mut Merge<'_>, name: &Name) -> MergedType {
    let sources = merge.sources(name);
    let members = merge.union_members.get(name).cloned().unwrap_or_default();
    let mut joins = merge.join_types(name, &sources);
    for member in &members {
        let mut missing = false;
        for source in &sources {
            let ExtendedType::Union(union) = source.node else { continue };
            if union.members.iter().any(|found| found.name == *member) {
                let graph = merge.graph(source.subgraph);
                joins.push(Applied::new("join__unionMember").graph(graph).string("member", member));
            } else {
                missing = true;
            }
        }
        if missing {
            merge.hint(
                "INCONSISTENT_UNION_MEMBER",
                format!(
                    "Union type \"{name}\" includes member type \"{member}\" in some but not all defining subgraphs"
                ),
            );
        }
    }
    merge.merged_type(name, &sources, joins, MergedKind::Union { members })
}
