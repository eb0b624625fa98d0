//! Owns the form of the labels of progressive overrides.

pub(crate) fn is_valid(label: &str) -> bool {
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
    use super::is_valid;

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
            assert_eq!(is_valid(label), good, "{label:?}");
        }
    }
}
