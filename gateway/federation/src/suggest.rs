//! Owns "did you mean": the known name that is nearest to a mistaken one.

/// The nearest candidate by edit distance, or `None` if none is near. Ties go to the first.
pub fn closest<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
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

/// Edits of one character, and swaps of two neighbours: the distance called optimal string alignment.
fn edit_distance(left: &str, right: &str) -> usize {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (at, mine) in left.iter().enumerate() {
        let mut next = vec![at + 1];
        for (other_at, other) in right.iter().enumerate() {
            let substituted = row[other_at] + usize::from(mine != other);
            let mut least = substituted.min(row[other_at + 1] + 1).min(next[other_at] + 1);
            if at > 0 && other_at > 0 && left[at - 1] == *other && right[other_at - 1] == *mine {
                least = least.min(before[other_at - 1] + 1);
            }
            next.push(least);
        }
        before = std::mem::replace(&mut row, next);
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::closest;

    #[test]
    fn suggests_what_is_near() {
        let cases = [
            ("frist", Some("first")),
            ("lits", Some("list")),
            ("FIRST", Some("first")),
            ("firs", Some("first")),
            ("x", None),
            ("something", None),
        ];
        for (name, expected) in cases {
            assert_eq!(closest(name, ["first", "list"]), expected, "{name}");
        }
    }
}
