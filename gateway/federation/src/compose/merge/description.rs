//! Owns the merge of descriptions: the one that most subgraphs give, the first of them on a tie.

use super::{Merge, most_frequent};

pub(crate) fn merge<'t>(
    merge: &mut Merge<'_>,
    what: &str,
    descriptions: impl Iterator<Item = Option<&'t str>>,
) -> Option<String> {
    let counts = most_frequent(descriptions.flatten().filter(|text| !text.is_empty()), |a, b| a == b);
    if counts.len() > 1 {
        merge.hint(
            "INCONSISTENT_DESCRIPTION",
            format!("Element \"{what}\" has inconsistent descriptions across subgraphs; the supergraph uses the most frequent one"),
        );
    }
    counts.first().map(|(text, _)| (*text).to_owned())
}
