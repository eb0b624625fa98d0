//! Owns "did you mean": the known name that is nearest to a mistaken one.

/// The nearest candidate by edit distance, or `None` if none is near. Ties go to the first.
pub(super) fn closest<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    // A third of the name may be wrong, and of a long one not much more.
    let limit = ((name.chars().count() + 1) / 3).clamp(1, 3);
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let distance = edit_distance(&name.to_lowercase(), &candidate.to_lowercase());
        if distance <= limit && best.is_none_or(|(known, _)| distance < known) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// Levenshtein's distance, with one row kept.
fn edit_distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (at, mine) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = at + 1;
        for (other_at, other) in right.iter().enumerate() {
            let substituted = diagonal + usize::from(mine != *other);
            diagonal = row[other_at + 1];
            row[other_at + 1] = substituted.min(diagonal + 1).min(row[other_at] + 1);
        }
    }
    row[right.len()]
}
