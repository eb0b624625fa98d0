//! Owns what `--include` names: operations, tags, paths, services or methods, with `*` for any text.

/// Which of the patterns fits one of the names that a thing has. All things are wanted where there are no patterns.
pub fn wanted(patterns: &[String], names: &[&str], used: &mut [bool]) -> bool {
    let mut found = patterns.is_empty();
    for (at, pattern) in patterns.iter().enumerate() {
        if names.iter().any(|name| fits(pattern, name)) {
            found = true;
            if let Some(used) = used.get_mut(at) {
                *used = true;
            }
        }
    }
    found
}

/// Whether the text is the pattern, where each `*` stands for any text.
fn fits(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    // `split` gives at least one part.
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn a_star_is_any_text() {
        let cases = [
            ("users", "users", true),
            ("users", "users/list", false),
            ("/users/*", "/users/{id}", true),
            ("/users/*", "/users", false),
            ("*List*", "usersListAll", true),
            ("a*a", "a", false),
            ("*", "", true),
        ];
        for (pattern, text, expected) in cases {
            assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
        }
    }
}
