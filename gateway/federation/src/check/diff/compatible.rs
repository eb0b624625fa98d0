//! Owns which types can stand in for others without anybody noticing.

use apollo_compiler::ast::Type;

/// Whether who was promised `old` can be given `new`.
pub(super) fn as_output(old: &Type, new: &Type) -> bool {
    match (old, new) {
        (Type::Named(old), Type::Named(new) | Type::NonNullNamed(new))
        | (Type::NonNullNamed(old), Type::NonNullNamed(new)) => old == new,
        (Type::List(old), Type::List(new) | Type::NonNullList(new))
        | (Type::NonNullList(old), Type::NonNullList(new)) => as_output(old, new),
        (Type::NonNullNamed(_), Type::Named(_) | Type::List(_) | Type::NonNullList(_))
        | (Type::NonNullList(_), Type::List(_) | Type::Named(_) | Type::NonNullNamed(_))
        | (Type::Named(_), Type::List(_) | Type::NonNullList(_))
        | (Type::List(_), Type::Named(_) | Type::NonNullNamed(_)) => false,
    }
}

/// Whether what was written for `old` can be taken as `new`.
pub(super) fn as_input(old: &Type, new: &Type) -> bool {
    // What is taken for `old` is given to `new`.
    as_output(new, old)
}

#[cfg(test)]
mod tests {
    use super::{as_input, as_output};
    use apollo_compiler::ast::Type;

    #[test]
    fn types_that_can_stand_in_for_others() {
        // Old and new, as output and as input.
        let cases = [
            ("A", "A", true, true),
            ("A", "B", false, false),
            ("A", "A!", true, false),
            ("A!", "A", false, true),
            ("A!", "A!", true, true),
            ("[A]", "[A]!", true, false),
            ("[A]!", "[A]", false, true),
            ("[A]", "[A!]!", true, false),
            ("[A!]", "[A]", false, true),
            ("[A!]", "[A]!", false, false),
            ("A", "[A]", false, false),
            ("[A]", "A", false, false),
            ("[A]!", "A!", false, false),
            ("[[A]]", "[[A!]]", true, false),
        ];
        for (old, new, output, input) in cases {
            let parse = |text: &str| Type::parse(text, "case").expect("a type");
            let (parsed_old, parsed_new) = (parse(old), parse(new));
            let found = (as_output(&parsed_old, &parsed_new), as_input(&parsed_old, &parsed_new));
            assert_eq!(found, (output, input), "{old} -> {new}");
        }
    }
}
