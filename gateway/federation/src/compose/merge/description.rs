//! Owns the merge of descriptions: the one that most subgraphs give, the first of them on a tie.

use super::{Merge, most_frequent};

pub(crate) fn merge<'t>(
    merge: &mut Merge<'_>,
    what: &str,
    descriptions: impl Iterator<Item = Option<&'t str>>,
) -> Option<String> {
    let given: Vec<&str> = descriptions.flatten().collect();
    let counts = most_frequent(given.iter().copied().filter(|text| !text.is_empty()), |a, b| a == b);
    if counts.len() > 1 {
        merge.hint(
            "INCONSISTENT_DESCRIPTION",
            format!("Element \"{what}\" has inconsistent descriptions across subgraphs; the supergraph uses the most frequent one"),
        );
    }
    // One that says nothing is better than none only for the reference's bytes.
    counts.first().map(|(text, _)| *text).or(given.first().copied()).map(str::to_owned)
}
