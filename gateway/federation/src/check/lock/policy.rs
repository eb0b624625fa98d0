//! Owns what a client's policy allows its operations, as far as its users feel it when it becomes less.

use std::fmt;

use apollo_compiler::Node;
use apollo_compiler::ast::{Definition, Directive, Document};

/// What `client.yaml` itself says; what holds where it says nothing may be otherwise in each environment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    pub depth: Option<u32>,
    pub cost: Option<u32>,
    /// In milliseconds.
    pub timeout: Option<u32>,
    /// Whether only operations that were registered are taken.
    pub registered: bool,
}

impl Policy {
    /// Reads what [`fmt::Display`] writes.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let document = Document::parse(format!("scalar Line {text}"), "line").ok()?;
        let [Definition::ScalarTypeDefinition(scalar)] = document.definitions.as_slice() else { return None };
        let [directive] = scalar.directives.0.as_slice() else { return None };
        let number = |name: &str| argument(directive, name)?.to_i32().and_then(|number| u32::try_from(number).ok());
        let policy = Self {
            depth: number("depth"),
            cost: number("cost"),
            timeout: number("timeout"),
            registered: argument(directive, "registered").and_then(|value| value.to_bool()).unwrap_or(false),
        };
        // All of it is understood if it would be written so again.
        (policy.to_string() == text).then_some(policy)
    }

    /// What is stricter than it was, as people are told.
    pub fn stricter(&self, old: &Self) -> Vec<String> {
        let bounds = [
            ("limits.depth", "", old.depth, self.depth),
            ("limits.cost", "", old.cost, self.cost),
            ("timeout", " ms", old.timeout, self.timeout),
        ];
        let mut told = vec![];
        for (key, unit, old, new) in bounds {
            match (old, new) {
                (Some(old), Some(new)) if new < old => {
                    told.push(format!("`{key}` is now {new}{unit}, no longer {old}{unit}"));
                }
                (None, Some(new)) => told.push(format!("`{key}` is now {new}{unit}")),
                (Some(_) | None, Some(_) | None) => {}
            }
        }
        if self.registered && !old.registered {
            told.push("`operations` is now `registered`, no longer `open`".to_owned());
        }
        told
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let numbers = [("depth", self.depth), ("cost", self.cost), ("timeout", self.timeout)];
        let numbers = numbers.iter().filter_map(|(name, number)| Some(format!("{name}: {}", (*number)?)));
        let registered = self.registered.then(|| "registered: true".to_owned());
        let arguments: Vec<String> = numbers.chain(registered).collect();
        match arguments.as_slice() {
            [] => f.write_str("@policy"),
            arguments => write!(f, "@policy({})", arguments.join(", ")),
        }
    }
}

fn argument<'a>(directive: &'a Node<Directive>, name: &str) -> Option<&'a Node<apollo_compiler::ast::Value>> {
    directive.specified_argument_by_name(name)
}

#[cfg(test)]
mod tests {
    use super::Policy;

    #[test]
    fn policies_are_read_as_they_are_written_and_compared() {
        let cases: [(&str, &str, &[&str]); 7] = [
            ("@policy", "@policy(depth: 6)", &["`limits.depth` is now 6"]),
            ("@policy(depth: 6, cost: 500, timeout: 3000)", "@policy(depth: 6, cost: 500, timeout: 3000)", &[]),
            ("@policy(depth: 6, timeout: 3000)", "@policy(depth: 7, cost: 9)", &["`limits.cost` is now 9"]),
            ("@policy(depth: 6)", "@policy(depth: 5)", &["`limits.depth` is now 5, no longer 6"]),
            ("@policy(timeout: 3000)", "@policy(timeout: 2000)", &["`timeout` is now 2000 ms, no longer 3000 ms"]),
            ("@policy(registered: true)", "@policy(depth: 2)", &["`limits.depth` is now 2"]),
            (
                "@policy(depth: 2)",
                "@policy(depth: 2, registered: true)",
                &["`operations` is now `registered`, no longer `open`"],
            ),
        ];
        for (old, new, expected) in cases {
            let read = |text: &str| Policy::parse(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((read(old).to_string(), read(new).to_string()), (old.to_owned(), new.to_owned()));
            assert_eq!(read(new).stricter(&read(old)), expected, "{old} -> {new}");
        }
        for wrong in ["", "@policy()", "@policy(depth: -1)", "@policy(dept: 1)", "@policy(depth: 1) @x", "depth: 1"] {
            assert_eq!(Policy::parse(wrong), None, "{wrong}");
        }
    }
}
