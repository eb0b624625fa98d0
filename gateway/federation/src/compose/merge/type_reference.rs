//! Owns the merge of types of fields and arguments: the widest for what comes out, the narrowest for what goes in.

use apollo_compiler::ast::Type;

use super::{Merge, SubgraphIndex};

/// Which way values flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Output,
    Input,
}

/// A merged type, and whether all subgraphs have just that one.
pub struct MergedReference {
    pub ty: Type,
    pub same: bool,
}

/// `Err` holds the types that do not go together, each with its subgraphs, the most frequent first.
pub(crate) fn merge(
    merge: &Merge<'_>,
    direction: Direction,
    sources: &[(SubgraphIndex, &Type)],
) -> Result<Option<MergedReference>, String> {
    let Some(((_, first), rest)) = sources.split_first() else { return Ok(None) };
    let mut merged = *first;
    let mut same = true;
    for (_, ty) in rest {
        if *ty == merged {
            continue;
        }
        same = false;
        let (wider, narrower) = (is_subtype(merge, merged, ty), is_subtype(merge, ty, merged));
        merged = match direction {
            Direction::Output if wider => merged,
            Direction::Output if narrower => ty,
            Direction::Input if wider => ty,
            Direction::Input if narrower => merged,
            Direction::Output | Direction::Input => return Err(disagreement(merge, sources)),
        };
    }
    Ok(Some(MergedReference { ty: merged.clone(), same }))
}

/// Whether every value of `subtype` is a value of `supertype`.
pub(crate) fn is_subtype(merge: &Merge<'_>, supertype: &Type, subtype: &Type) -> bool {
    match (supertype, subtype) {
        (Type::Named(a), Type::Named(b) | Type::NonNullNamed(b)) | (Type::NonNullNamed(a), Type::NonNullNamed(b)) => {
            a == b || merge.is_subtype(a, b)
        }
        (Type::List(a), Type::List(b) | Type::NonNullList(b)) | (Type::NonNullList(a), Type::NonNullList(b)) => {
            is_subtype(merge, a, b)
        }
        _ => false,
    }
}

/// `it has type "Int" in subgraph "a" but type "String" in subgraph "b"`.
pub(crate) fn disagreement(merge: &Merge<'_>, sources: &[(SubgraphIndex, &Type)]) -> String {
    let mut groups: Vec<(&Type, Vec<&str>)> = Vec::new();
    for (subgraph, ty) in sources {
        match groups.iter_mut().find(|(other, _)| other == ty) {
            Some((_, names)) => names.push(merge.name(*subgraph)),
            None => groups.push((ty, vec![merge.name(*subgraph)])),
        }
    }
    let parts: Vec<String> = groups
        .into_iter()
        .map(|(ty, names)| format!("type \"{ty}\" in {}", crate::compose::names::subgraph_list(names)))
        .collect();
    format!("it has {}", parts.join(" but "))
}
