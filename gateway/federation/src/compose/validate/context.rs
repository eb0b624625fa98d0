//! Owns the rules of `@context` and `@fromContext` within one subgraph.

use apollo_compiler::Name;
use apollo_compiler::ast::FieldDefinition;
use apollo_compiler::collections::IndexMap;
use apollo_compiler::parser::SourceSpan;
use apollo_compiler::schema::ExtendedType;

use crate::diagnostics::Diagnostic;
use crate::schema::subgraph::field_set::{self, FieldSet, fields_of};
use crate::schema::subgraph::{SpecDirective, Subgraph, Validated};

/// The types that set a context, by its name.
type Contexts<'a> = IndexMap<&'a str, Vec<&'a Name>>;

pub fn check(subgraph: &Subgraph<Validated>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let contexts = contexts(subgraph, &mut found);
    for (name, ty) in subgraph.types() {
        for field in fields_of(ty).into_iter().flat_map(|fields| fields.values()) {
            for argument in &field.arguments {
                let Some(directive) = argument.directives.get(SpecDirective::FromContext.canonical()) else { continue };
                let text = directive.specified_argument_by_name("field").and_then(|value| value.as_str());
                let use_ = Use {
                    coordinate: format!("{name}.{}({}:)", field.name, argument.name),
                    text: text.unwrap_or_default(),
                    at: directive.location(),
                };
                use_.check(subgraph, &contexts, name, field, &mut found);
            }
        }
    }
    found
}

fn contexts<'a>(subgraph: &'a Subgraph<Validated>, found: &mut Vec<Diagnostic>) -> Contexts<'a> {
    const CODE: &str = "CONTEXT_NAME_INVALID";
    let mut contexts = Contexts::default();
    for (ty_name, ty) in subgraph.types() {
        for directive in ty.directives().get_all(SpecDirective::Context.canonical()) {
            let Some(name) = directive.specified_argument_by_name("name").and_then(|value| value.as_str()) else {
                continue;
            };
            contexts.entry(name).or_default().push(ty_name);
            let problem = if name.contains('_') {
                "may not contain an underscore."
            } else if Name::new(name).is_err() {
                "is invalid. It should have only alphanumeric characters."
            } else {
                continue;
            };
            found.push(subgraph.error(CODE, format!("Context name \"{name}\" {problem}"), directive.location()));
        }
    }
    contexts
}

/// One `@fromContext`.
struct Use<'a> {
    coordinate: String,
    text: &'a str,
    at: Option<SourceSpan>,
}

impl Use<'_> {
    fn check(
        &self,
        subgraph: &Subgraph<Validated>,
        contexts: &Contexts<'_>,
        parent: &Name,
        field: &FieldDefinition,
        found: &mut Vec<Diagnostic>,
    ) {
        let Self { coordinate, text, at } = self;
        let mut report = |code, message: String| found.push(subgraph.error(code, message, *at));
        let Some((context, selection)) = field_set::split_context(text).filter(|(context, _)| !context.is_empty())
        else {
            report(
                "NO_CONTEXT_IN_SELECTION",
                format!("@fromContext argument does not reference a context \"{text}\"."),
            );
            return;
        };
        let Some(types) = contexts.get(context) else {
            report(
                "CONTEXT_NOT_SET",
                format!("Context \"{context}\" is used at location \"{coordinate}\" but is never set."),
            );
            return;
        };
        if selection.is_empty() {
            report(
                "NO_CONTEXT_IN_SELECTION",
                format!("Context \"{context}\" is used in \"{coordinate}\" but has no selection"),
            );
            return;
        }
        let keys = subgraph.facts().keys.get(parent);
        if !keys.is_some_and(|keys| keys.iter().any(|key| key.resolvable)) {
            report(
                "CONTEXT_NO_RESOLVABLE_KEY",
                format!("Object \"{coordinate}\" has no resolvable key but has a field with a contextual argument."),
            );
        }
        const INVALID: &str = "CONTEXT_INVALID_SELECTION";
        let heading = format!("Context \"{context}\" is used in \"{coordinate}\" but the selection is invalid");
        let set = match FieldSet::parse(selection) {
            Ok(set) => set,
            Err(message) => return report(INVALID, format!("{heading}: {message}")),
        };
        let argument = field.arguments.iter().find(|argument| coordinate.ends_with(&format!("({}:)", argument.name)));
        for ty in types {
            if let Some(problem) = fits(subgraph, ty, &set, argument.map(|argument| argument.ty.as_ref())) {
                report(INVALID, format!("{heading} for type \"{ty}\": {problem}"));
            }
        }
    }
}

/// What does not fit when the selection is made on a type that sets the context.
fn fits(
    subgraph: &Subgraph<Validated>,
    ty: &Name,
    set: &FieldSet,
    expected: Option<&apollo_compiler::ast::Type>,
) -> Option<String> {
    // Of a union, or with fragments, only some of the selection is for each type.
    let fragments = set.selections.iter().any(|selection| selection.as_field().is_none());
    if fragments || matches!(subgraph.schema.types.get(ty), Some(ExtendedType::Union(_))) {
        return None;
    }
    let mut leaves: Vec<apollo_compiler::ast::Type> = Vec::new();
    let problems = field_set::walk(&subgraph.schema, ty, set, &mut |step| {
        if step.leaf {
            leaves.push(step.definition.ty.clone());
        }
    });
    if let Some(problem) = problems.into_iter().next() {
        return Some(match problem {
            field_set::Problem::Invalid(message) => message,
            field_set::Problem::Directive { text, .. } => format!("directives are not allowed, found {text}"),
        });
    }
    match (leaves.as_slice(), expected) {
        ([leaf], Some(expected)) if leaf.inner_named_type() != expected.inner_named_type() => {
            Some(format!("the type of the selection \"{leaf}\" does not match the expected type \"{expected}\""))
        }
        ([_], _) => None,
        _ => Some("multiple selections are made".to_owned()),
    }
}
