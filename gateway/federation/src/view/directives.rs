//! Owns reading `@from`, which has other arguments on types than on fields and on what is below them.

use apollo_compiler::Node;
use apollo_compiler::ast::{Directive, Value};

use super::read::Places;
use crate::diagnostics::Diagnostic;

const CODE: &str = "DIRECTIVE_MISUSED";

/// What a `@from` says; arguments that are null are as good as none.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct From<'s> {
    pub directive: Option<&'s Node<Directive>>,
    pub ty: Option<&'s Node<Value>>,
    pub path: Option<&'s Node<Value>>,
    pub name: Option<&'s Node<Value>>,
    pub all: bool,
    pub except: Option<&'s Node<Value>>,
}

impl<'s> From<'s> {
    pub fn of(directive: Option<&'s Node<Directive>>) -> Self {
        let Some(directive) = directive else { return Self::default() };
        let argument = |name: &str| directive.specified_argument_by_name(name).filter(|value| !value.is_null());
        Self {
            directive: Some(directive),
            ty: argument("type"),
            path: argument("path"),
            name: argument("name"),
            all: argument("all").and_then(|value| value.to_bool()).unwrap_or(false),
            except: argument("except"),
        }
    }
}

/// Where a `@from` stands, which decides what it can say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FromPlace {
    /// An object or interface: what has fields.
    Fields,
    /// A type without fields of its own.
    Type,
    Field,
    /// An argument, input field or enum value.
    Name,
}

impl FromPlace {
    fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Fields => &["type", "all", "except"],
            Self::Type => &["type"],
            Self::Field => &["path"],
            Self::Name => &["name"],
        }
    }
}

/// Tells the arguments that mean nothing where the directive stands.
pub(super) fn check(from: From<'_>, place: FromPlace, places: &Places, found: &mut Vec<Diagnostic>) {
    let Some(directive) = from.directive else { return };
    let meant = place.arguments();
    for argument in directive.arguments.iter().filter(|argument| !meant.contains(&argument.name.as_str())) {
        let (what, help) = match argument.name.as_str() {
            "type" => ("a type", "a field gets its type from where its path leads"),
            "path" => ("a field", "it is `type` on types, and `name` on arguments, input fields and enum values"),
            "name" => ("an argument, an input field or an enum value", "it is `type` on types, and `path` on fields"),
            "all" | "except" => (
                "an object type or interface",
                "it brings the supergraph's fields; other types come with the fields that have them",
            ),
            // Validation tells arguments that there are not.
            _ => continue,
        };
        let message = format!("`{}` of `@from` is for {what}", argument.name);
        found.push(Diagnostic::error(CODE, message).at(places.of(argument), "").help(help));
    }
    if directive.arguments.is_empty() {
        let message = "this `@from` says nothing";
        let help = format!("give it `{}:`, or take it out: without it the name is the supergraph's", meant[0]);
        found.push(Diagnostic::error(CODE, message).at(places.of(directive), "").help(help));
    }
    if let (FromPlace::Fields, false, Some(except)) = (place, from.all, from.except) {
        let message = "`except` says what `all: true` leaves out, and there is none";
        let help = "add `all: true`; without it a type has the fields that are written";
        found.push(Diagnostic::error(CODE, message).at(places.of(except), "").help(help));
    }
}
