//! Owns the rules for subgraphs' names, and the order in which names are listed.

use std::cmp::Ordering;

use apollo_compiler::Name;
use apollo_compiler::collections::HashMap;

use crate::diagnostics::Diagnostic;
use crate::schema::subgraph::SubgraphInput;

/// Names that cannot be used, or are used twice. The inputs are sorted by name.
pub fn check(inputs: &[SubgraphInput]) -> Vec<Diagnostic> {
    const CODE: &str = "INVALID_SUBGRAPH_NAME";
    let mut found = Vec::new();
    for input in inputs {
        if input.name == "_" {
            found.push(
                Diagnostic::error(CODE, "Invalid name _ for a subgraph: this name is reserved")
                    .in_subgraph(&input.name),
            );
        } else if input.name.is_empty() {
            found.push(Diagnostic::error(CODE, format!("The subgraph in {} has no name", input.source.path)));
        }
    }
    for pair in inputs.windows(2) {
        if pair[0].name == pair[1].name {
            found.push(
                Diagnostic::error(CODE, format!("A subgraph named \"{}\" already exists", pair[0].name))
                    .in_subgraph(&pair[0].name)
                    .help("give each subgraph a name of its own"),
            );
        }
    }
    if inputs.is_empty() {
        found.push(Diagnostic::error("NO_QUERIES", "There are no subgraphs to compose"));
    }
    found
}

/// The values of `join__Graph`, one for each subgraph name: upper case, with `_` for what a GraphQL name cannot hold,
/// and a number where that makes two alike.
pub fn graph_enum_values<'a>(names: impl Iterator<Item = &'a str>) -> Vec<Name> {
    let bases: Vec<String> = names
        .map(|name| {
            let mut base: String = name
                .chars()
                .map(|c| if c.is_ascii_alphanumeric() || c == '_' { c.to_ascii_uppercase() } else { '_' })
                .collect();
            if base.starts_with(|c: char| c.is_ascii_digit()) {
                base.insert(0, '_');
            }
            // A name that ends like a numbered one must not collide with it.
            if let Some((_, digits)) = base.rsplit_once('_')
                && !digits.is_empty()
                && digits.bytes().all(|byte| byte.is_ascii_digit())
            {
                base.push('_');
            }
            base
        })
        .collect();
    let mut total: HashMap<&str, usize> = HashMap::default();
    for base in &bases {
        *total.entry(base).or_default() += 1;
    }
    let mut seen: HashMap<&str, usize> = HashMap::default();
    bases
        .iter()
        .map(|base| {
            if total[base.as_str()] == 1 {
                return Name::new_unchecked(base);
            }
            let number = seen.entry(base).or_default();
            *number += 1;
            Name::new_unchecked(&format!("{base}_{number}"))
        })
        .collect()
}

/// The order in which a supergraph lists types and directives: as a dictionary does, `_` before digits before
/// letters, letters by case only where nothing else tells them apart (lower case first).
pub fn dictionary_order(a: &str, b: &str) -> Ordering {
    let rank = |byte: u8| match byte {
        b'_' => (0, 0),
        b'0'..=b'9' => (1, byte),
        other => (2, other.to_ascii_lowercase()),
    };
    a.bytes().map(rank).cmp(b.bytes().map(rank)).then_with(|| b.cmp(a))
}

/// A list as people write it: `"a", "b" and "c"`.
pub fn quoted_list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = names.into_iter().map(|name| format!("\"{name}\"")).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    }
}

/// The same with what is listed before it: `subgraph "a"` or `subgraphs "a" and "b"`.
pub fn subgraph_list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    format!("subgraph{} {}", if names.len() == 1 { "" } else { "s" }, quoted_list(names))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn graph_values_are_names_and_differ() {
        for (names, expected) in [
            (&["accounts", "b-c"][..], &["ACCOUNTS", "B_C"][..]),
            (&["1st"], &["_1ST"]),
            (&["a-b", "a_b", "a_b_1"], &["A_B_1", "A_B_2", "A_B_1_"]),
        ] {
            assert_eq!(graph_enum_values(names.iter().copied()), expected);
        }
    }

    #[test]
    fn dictionary_order_ignores_case_first() {
        let mut names =
            ["link__Import", "Query", "I", "join__Graph", "join__FieldSet", "T", "In", "a1", "a_b", "ab", "AB"];
        names.sort_by(|a, b| dictionary_order(a, b));
        assert_eq!(
            names,
            ["a_b", "a1", "ab", "AB", "I", "In", "join__FieldSet", "join__Graph", "link__Import", "Query", "T"]
        );
    }
}
