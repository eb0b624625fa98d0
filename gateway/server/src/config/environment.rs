//! Owns the environment: its variables, and `${env.NAME}` and `${env.NAME:-default}` in configuration values.

use std::collections::BTreeMap;

/// The variables of this process that are text.
pub fn variables() -> BTreeMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// Replaces every `${env.…}` of a value by what `lookup` says. The error says what is wrong with which one.
pub fn expand(value: &str, lookup: &dyn Fn(&str) -> Option<String>) -> Result<String, String> {
    let mut expanded = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(start) = rest.find("${") {
        expanded.push_str(&rest[..start]);
        let inner = &rest[start + 2..];
        let end = inner.find('}').ok_or_else(|| format!("\"{}\" has no closing brace", &rest[start..]))?;
        let expression = &inner[..end];
        let (name, default) = match expression.split_once(":-") {
            Some((name, default)) => (name, Some(default)),
            None => (expression, None),
        };
        let variable = name
            .strip_prefix("env.")
            .filter(|variable| !variable.is_empty())
            .ok_or_else(|| format!("\"${{{expression}}}\" is not of the form ${{env.NAME}}"))?;
        match (lookup(variable), default) {
            (Some(text), _) => expanded.push_str(&text),
            (None, Some(default)) => expanded.push_str(default),
            (None, None) => return Err(format!("the environment variable {variable} is not set")),
        }
        rest = &inner[end + 1..];
    }
    expanded.push_str(rest);
    Ok(expanded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_expanded_or_named() {
        let lookup = |name: &str| (name == "HOST").then(|| "h".to_owned());
        let cases = [
            ("plain", Ok("plain")),
            ("http://${env.HOST}/x", Ok("http://h/x")),
            ("${env.HOST}${env.PORT:-80}", Ok("h80")),
            ("${env.HOST:-other}", Ok("h")),
            ("$HOST {x}", Ok("$HOST {x}")),
            ("${env.NONE}", Err("the environment variable NONE is not set")),
            ("${HOST}", Err("\"${HOST}\" is not of the form ${env.NAME}")),
            ("a ${env.HOST", Err("\"${env.HOST\" has no closing brace")),
        ];
        for (value, expected) in cases {
            let expected = expected.map(str::to_owned).map_err(str::to_owned);
            assert_eq!(expand(value, &lookup), expected, "{value}");
        }
    }
}
