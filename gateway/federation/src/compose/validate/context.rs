//! Owns the rules of `@context` and `@fromContext` within one subgraph.

use apollo_compiler::Name;
use apollo_compiler::ast::{FieldDefinition, InputValueDefinition, Selection, Type};
use apollo_compiler::collections::IndexMap;
use apollo_compiler::parser::SourceSpan;
use apollo_compiler::schema::ExtendedType;

use crate::diagnostics::Diagnostic;
use crate::schema::subgraph::field_set::{self, FieldSet, fields_of};
use crate::schema::subgraph::{SpecDirective, Subgraph, Validated, facts};

/// The types that set a context, by its name.
type Contexts<'a> = IndexMap<&'a str, Vec<&'a Name>>;

pub fn check(subgraph: &Subgraph<Validated>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let contexts = contexts(subgraph, &mut found);
    on_directives(subgraph, &mut found);
    for (name, ty) in subgraph.types() {
        for field in fields_of(ty).into_iter().flat_map(|fields| fields.values()) {
            for argument in &field.arguments {
                let Some(directive) = argument.directives.get(SpecDirective::FromContext.canonical()) else { continue };
                if let Some(problem) = misplaced(subgraph, name, ty, field, argument) {
                    found.push(subgraph.error("CONTEXT_NOT_SET", problem, directive.location()));
                    continue;
                }
                let text = directive.specified_argument_by_name("field").and_then(|value| value.as_str());
                let use_ = Use {
                    coordinate: format!("{name}.{}({}:)", field.name, argument.name),
                    text: text.unwrap_or_default(),
                    expected: &argument.ty,
                    at: directive.location(),
                };
                use_.check(subgraph, &contexts, name, &mut found);
            }
        }
    }
    found
}

/// Where an argument cannot be taken from a context.
fn misplaced(
    subgraph: &Subgraph<Validated>,
    name: &Name,
    ty: &ExtendedType,
    field: &FieldDefinition,
    argument: &InputValueDefinition,
) -> Option<String> {
    let coordinate = format!("{name}.{}({}:)", field.name, argument.name);
    let declared = facts::interfaces_of(ty).find(|interface| {
        subgraph.schema.get_interface(interface).is_some_and(|interface| interface.fields.contains_key(&field.name))
    });
    if ty.is_interface() {
        Some(format!(
            "@fromContext argument cannot be used on a field that exists on an abstract type \"{coordinate}\"."
        ))
    } else if let Some(interface) = declared {
        Some(format!(
            "@fromContext argument cannot be used on a field implementing an interface field \"{interface}.{}\".",
            field.name
        ))
    } else if argument.default_value.is_some() {
        Some(format!("@fromContext arguments may not have a default value: \"{coordinate}\"."))
    } else {
        None
    }
}

/// The arguments of directives are no field's.
fn on_directives(subgraph: &Subgraph<Validated>, found: &mut Vec<Diagnostic>) {
    for definition in subgraph.schema.directive_definitions.values() {
        for argument in &definition.arguments {
            let Some(directive) = argument.directives.get(SpecDirective::FromContext.canonical()) else { continue };
            let message = format!(
                "@fromContext argument cannot be used on a directive definition \"@{}({}:)\".",
                definition.name, argument.name
            );
            found.push(subgraph.error("CONTEXT_NOT_SET", message, directive.location()));
        }
    }
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
    /// The argument's type.
    expected: &'a Type,
    at: Option<SourceSpan>,
}

impl Use<'_> {
    fn check(
        &self,
        subgraph: &Subgraph<Validated>,
        contexts: &Contexts<'_>,
        parent: &Name,
        found: &mut Vec<Diagnostic>,
    ) {
        let Self { coordinate, text, at, .. } = self;
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
        if selection.trim().is_empty() {
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
        let mut problems = Vec::new();
        check_selection(subgraph, types, &set, self.expected, &mut problems);
        for problem in problems {
            report(INVALID, format!("{heading}: {problem}"));
        }
    }
}

/// What does not fit when the selection is made on the types that set the context: either a selection for all of them, or
/// one for each object type that they can be.
fn check_selection(
    subgraph: &Subgraph<Validated>,
    types: &[&Name],
    set: &FieldSet,
    expected: &Type,
    problems: &mut Vec<String>,
) {
    let conditions: Vec<(Option<&Name>, &[Selection])> = set
        .selections
        .iter()
        .filter_map(|selection| match selection {
            Selection::InlineFragment(fragment) => {
                Some((fragment.type_condition.as_ref(), fragment.selection_set.as_slice()))
            }
            Selection::Field(_) | Selection::FragmentSpread(_) => None,
        })
        .collect();
    if conditions.is_empty() {
        for ty in types {
            problems.extend(fits(subgraph, ty, &set.selections, expected));
        }
        return;
    }
    if conditions.len() < set.selections.len() {
        problems.push("multiple selections are made".to_owned());
        return;
    }
    let mut used = vec![false; conditions.len()];
    for ty in types {
        let mut any = false;
        for (index, (condition, selections)) in conditions.iter().enumerate() {
            let Some(condition) = condition else {
                problems.push("a fragment has no type condition".to_owned());
                return;
            };
            if subgraph.schema.get_object(condition).is_none() {
                problems.push(format!("type conditions must be an object type, but \"{condition}\" is none"));
            } else if condition == ty || subgraph.schema.is_subtype(ty, condition) {
                (any, used[index]) = (true, true);
                problems.extend(fits(subgraph, condition, selections, expected));
            }
        }
        if !any {
            problems.push(format!("no type condition matches the location \"{ty}\""));
        }
    }
    for ((condition, _), _) in conditions.iter().zip(used).filter(|(_, used)| !used) {
        let condition = condition.map(Name::as_str).unwrap_or_default();
        problems.push(format!("type condition \"{condition}\" is never used."));
    }
}

/// What does not fit of a selection on one type.
fn fits(subgraph: &Subgraph<Validated>, ty: &Name, selections: &[Selection], expected: &Type) -> Option<String> {
    let set = FieldSet { text: String::new(), selections: selections.to_vec() };
    let problems = field_set::walk(&subgraph.schema, ty, &set, &mut |_| {});
    if let Some(problem) = problems.into_iter().next() {
        return Some(match problem {
            field_set::Problem::Invalid(message) => format!("for type \"{ty}\": {message}"),
            field_set::Problem::Directive { text, .. } => format!("directives are not allowed, found {text}"),
        });
    }
    match selected(subgraph, ty, selections) {
        Err(problem) => Some(problem),
        Ok(None) => None,
        Ok(Some(found)) if found == *expected => None,
        Ok(Some(found)) => {
            Some(format!("the type of the selection \"{found}\" does not match the expected type \"{expected}\""))
        }
    }
}

/// The type of the one leaf, in the lists that are on the way to it; any of it may be null. `None` for `__typename`.
fn selected(subgraph: &Subgraph<Validated>, ty: &Name, selections: &[Selection]) -> Result<Option<Type>, String> {
    let [Selection::Field(field)] = selections else {
        return Err("multiple selections are made".to_owned());
    };
    if field.name == "__typename" {
        return Ok(None);
    }
    let Ok(definition) = subgraph.schema.type_field(ty, &field.name) else { return Ok(None) };
    let inner = definition.ty.inner_named_type();
    let leaf = match field.selection_set.is_empty() {
        true => Some(Type::Named(inner.clone())),
        false => selected(subgraph, inner, &field.selection_set)?,
    };
    Ok(leaf.map(|leaf| in_lists(&definition.ty, leaf)))
}

fn in_lists(ty: &Type, leaf: Type) -> Type {
    match ty {
        Type::Named(_) | Type::NonNullNamed(_) => leaf,
        Type::List(inner) | Type::NonNullList(inner) => Type::List(Box::new(in_lists(inner, leaf))),
    }
}
