//! Owns the pass that puts fetches into calls: those that can travel together are one request upstream.

use super::query_plan::{CallId, CallNode, FetchEntry, FetchNode, levels};
use crate::schema::Id;

/// Groups fetches that look entities up in one subgraph at the same level, which is the number of fetches that must
/// follow each other before them.
///
/// What one fetch waits for is at a lower level, and so are the calls that a call waits for: no call waits for itself,
/// and the plan gets no deeper. The next root step of a mutation waits for all that belongs to the one before, so that
/// the two share no level. Calls stand behind those that they wait for.
pub(super) fn group(fetches: &[FetchNode]) -> Vec<CallNode> {
    let levels = levels(fetches);
    let mut by_level: Vec<&FetchNode> = fetches.iter().collect();
    by_level.sort_by_key(|fetch| levels[fetch.id.index()]);
    let mut calls: Vec<CallNode> = vec![];
    for same_level in by_level.chunk_by(|a, b| levels[a.id.index()] == levels[b.id.index()]) {
        let first = calls.len();
        for fetch in same_level {
            let may_join = |call: &&mut CallNode| {
                call.subgraph == fetch.subgraph && travels(fetch) && travels(&fetches[call.fetches[0].index()])
            };
            match calls[first..].iter_mut().find(may_join) {
                Some(call) => call.fetches.push(fetch.id),
                None => calls.push(CallNode {
                    id: CallId::from_index(calls.len()),
                    subgraph: fetch.subgraph,
                    fetches: vec![fetch.id],
                }),
            }
        }
    }
    calls
}

/// Whether the fetch can share its request: a connector is called for one fetch, one that hands in values from contexts has
/// a request for each of them, and what enters at a root was merged already as far as it may be.
fn travels(fetch: &FetchNode) -> bool {
    fetch.connector.is_none() && fetch.contexts.is_empty() && matches!(fetch.entry, FetchEntry::Entities { .. })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connect::ConnectorId;
    use crate::operation::OperationKind;
    use crate::plan::{FetchId, FetchSelection, ROOT};
    use crate::schema::{SubgraphId, TypeId, TypeSet};

    /// A fetch as `root` or `entities` or `connector`, of a subgraph, after others.
    fn fetch(at: usize, (kind, subgraph, after): &(&str, u32, &[u32])) -> FetchNode {
        let ty = TypeId(0);
        FetchNode {
            id: FetchId::from_index(at),
            subgraph: SubgraphId(*subgraph),
            connector: (*kind == "connector").then_some(ConnectorId(0)),
            position: ROOT,
            depends_on: after.iter().map(|id| FetchId(*id)).collect(),
            entry: match *kind {
                "root" => FetchEntry::Root(OperationKind::Query),
                _ => FetchEntry::Entities { representations: vec![], batch: true },
            },
            contexts: vec![],
            selection: FetchSelection {
                position: ROOT,
                types: TypeSet::one(ty),
                on: ty,
                typename: false,
                fields: vec![],
            },
        }
    }

    #[test]
    fn fetches_travel_together_where_they_can() {
        type Case<'a> = (&'a str, &'a [(&'a str, u32, &'a [u32])], &'a [&'a [u32]]);
        let cases: &[Case<'_>] = &[
            ("nothing", &[], &[]),
            (
                "one subgraph and level",
                &[("root", 0, &[]), ("entities", 1, &[0]), ("entities", 1, &[0])],
                &[&[0], &[1, 2]],
            ),
            ("other subgraphs", &[("root", 0, &[]), ("entities", 1, &[0]), ("entities", 2, &[0])], &[&[0], &[1], &[2]]),
            (
                "one needs the other",
                &[("root", 0, &[]), ("entities", 1, &[0]), ("entities", 1, &[0, 1])],
                &[&[0], &[1], &[2]],
            ),
            // A call of 1 and 3 would make the plan deeper.
            (
                "other levels",
                &[("root", 0, &[]), ("entities", 1, &[0]), ("entities", 2, &[0]), ("entities", 1, &[2])],
                &[&[0], &[1], &[2], &[3]],
            ),
            ("roots", &[("root", 0, &[]), ("root", 0, &[])], &[&[0], &[1]]),
            ("connectors", &[("root", 0, &[]), ("connector", 1, &[0]), ("connector", 1, &[0])], &[&[0], &[1], &[2]]),
            (
                "a connector between",
                &[("entities", 1, &[]), ("connector", 1, &[]), ("entities", 1, &[])],
                &[&[0, 2], &[1]],
            ),
            // 1 joins 4, which comes behind 3: the calls are in the order of their levels.
            (
                "calls stand behind what they wait for",
                &[
                    ("root", 0, &[]),
                    ("entities", 1, &[0]),
                    ("entities", 2, &[1]),
                    ("entities", 3, &[0]),
                    ("entities", 2, &[3]),
                ],
                &[&[0], &[1], &[3], &[2, 4]],
            ),
        ];
        for (name, given, expected) in cases {
            let fetches: Vec<FetchNode> = given.iter().enumerate().map(|(at, given)| fetch(at, given)).collect();
            let calls = group(&fetches);
            let found: Vec<Vec<u32>> =
                calls.iter().map(|call| call.fetches.iter().map(|fetch| fetch.0).collect()).collect();
            assert_eq!(found, *expected, "{name}");
            assert!(calls.iter().enumerate().all(|(at, call)| call.id.index() == at), "{name}");
        }
    }
}
