//! Owns what one must be to see something, and how it is read from `@authenticated`, `@requiresScopes` and `@policy`.

use std::sync::Arc;

use apollo_compiler::Node;
use apollo_compiler::ast::{Directive, Type, Value};

/// The names that lead to a claim, such as `org`, `id` for `$claims.org.id`.
pub type ClaimPath = Arc<[Box<str>]>;

/// One of the sets is enough, and all of a set is needed. Sorted, so that what means the same is the same.
pub type Alternatives = Arc<[Box<[Box<str>]>]>;

/// What a client must be.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Need {
    /// Known by a credential.
    Authenticated,
    /// Holder of all scopes of one of the sets.
    Scopes(Alternatives),
    /// One for whom all policies of one of the sets hold.
    Policies(Alternatives),
    /// Known by a credential with this claim, which is a value of this type of the supergraph's.
    Claim(ClaimPath, Type),
}

/// A directive that demands something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Demand {
    Authenticated,
    RequiresScopes,
    Policy,
}

impl Demand {
    pub const ALL: [Self; 3] = [Self::Authenticated, Self::RequiresScopes, Self::Policy];

    /// The name of its specification, and its own unless it was renamed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Authenticated => "authenticated",
            Self::RequiresScopes => "requiresScopes",
            Self::Policy => "policy",
        }
    }

    /// What a directive demands.
    pub fn read(self, directive: &Directive) -> Need {
        let sets = |argument| alternatives(directive.specified_argument_by_name(argument));
        match self {
            Self::Authenticated => Need::Authenticated,
            Self::RequiresScopes => Need::Scopes(sets("scopes")),
            Self::Policy => Need::Policies(sets("policies")),
        }
    }
}

/// Reads `[["a", "b"], ["c"]]`. A set of which something is no text is none that can be held; left out, it would let in
/// everyone who holds the rest.
fn alternatives(value: Option<&Node<Value>>) -> Alternatives {
    let mut sets: Vec<Box<[Box<str>]>> = vec![];
    for set in value.map(list).unwrap_or_default() {
        let names: Option<Vec<Box<str>>> = list(set).iter().map(|name| name.as_str().map(Box::from)).collect();
        let Some(mut names) = names else { continue };
        names.sort_unstable();
        names.dedup();
        sets.push(names.into());
    }
    sets.sort_unstable();
    sets.dedup();
    sets.into()
}

/// One value stands for a list of one, as in any input.
pub(crate) fn list(value: &Node<Value>) -> &[Node<Value>] {
    value.as_list().unwrap_or(std::slice::from_ref(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_the_same_is_the_same_and_what_cannot_be_read_is_held_by_nobody() {
        let read = |argument: &str| {
            let text = format!("type Query {{ a: Int @requiresScopes{argument} }}");
            let document = apollo_compiler::ast::Document::parse(text, "test").expect("it parses");
            let query = document.definitions[0].as_object_type_definition().expect("a type").clone();
            match Demand::RequiresScopes.read(&query.fields[0].directives[0]) {
                Need::Scopes(sets) => sets.iter().map(|set| set.join("&")).collect::<Vec<_>>().join("|"),
                other => panic!("{other:?}"),
            }
        };
        let cases = [
            (r#"(scopes: [["b", "a"], ["c"]])"#, "a&b|c"),
            (r#"(scopes: [["c"], ["a", "b", "a"], ["c"]])"#, "a&b|c"),
            (r#"(scopes: ["a", "b"])"#, "a|b"),
            (r#"(scopes: "a")"#, "a"),
            (r#"(scopes: [["a", 1], ["b"]])"#, "b"),
            (r#"(scopes: [[1]])"#, ""),
            ("(scopes: [])", ""),
            ("", ""),
        ];
        for (argument, expected) in cases {
            assert_eq!(read(argument), expected, "{argument}");
        }
    }
}
