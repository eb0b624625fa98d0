//! Owns the rules of `@override` that one subgraph alone can break.

use crate::diagnostics::Diagnostic;
use crate::schema::subgraph::field_set::fields_of;
use crate::schema::subgraph::{SpecDirective, Subgraph, Validated};

pub fn check(subgraph: &Subgraph<Validated>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (name, ty) in subgraph.types() {
        for (field_name, field) in fields_of(ty).into_iter().flatten() {
            let Some(directive) = field.directives.get(SpecDirective::Override.canonical()) else { continue };
            let at = directive.location();
            if ty.is_interface() {
                let message = format!(
                    "@override cannot be used on field \"{name}.{field_name}\" on subgraph \"{}\": @override is not supported on interface type fields.",
                    subgraph.name
                );
                found.push(subgraph.error("OVERRIDE_ON_INTERFACE", message, at));
            }
            let label = directive.specified_argument_by_name("label").and_then(|value| value.as_str());
            if let Some(label) = label
                && !is_label(label)
            {
                let message = format!(
                    "Invalid @override label \"{label}\" on field \"{name}.{field_name}\" on subgraph \"{}\": labels must start with a letter and after that may contain alphanumerics, underscores, minuses, colons, periods, or slashes. Alternatively, labels may be of the form \"percent(x)\" where x is a float between 0-100 inclusive.",
                    subgraph.name
                );
                found.push(subgraph.error("OVERRIDE_LABEL_INVALID", message, at));
            }
        }
    }
    found
}

fn is_label(label: &str) -> bool {
    if let Some(percent) = label.strip_prefix("percent(").and_then(|rest| rest.strip_suffix(')')) {
        // At most two digits before the point, or exactly 100: so the reference reads it.
        let (whole, fraction) = percent.split_once('.').unwrap_or((percent, "0"));
        let digits = |text: &str, most: usize| {
            (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
        };
        return percent == "100" || (digits(whole, 2) && digits(fraction, 8));
    }
    label.starts_with(|c: char| c.is_ascii_alphabetic())
        && label.chars().all(|c| c.is_ascii_alphanumeric() || "_-:./".contains(c))
}

#[cfg(test)]
mod tests {
    use super::is_label;

    #[test]
    fn labels() {
        for (label, good) in [
            ("beta", true),
            ("a_b-c:d.e/f", true),
            ("percent(5)", true),
            ("percent(100)", true),
            ("percent(0.12345678)", true),
            ("percent(100.1)", false),
            ("percent(100.00)", false),
            ("percent(1.123456789)", false),
            ("percent()", false),
            ("1beta", false),
            ("", false),
        ] {
            assert_eq!(is_label(label), good, "{label:?}");
        }
    }
}
