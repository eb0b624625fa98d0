//! Owns the rules of directives with a field set: `@key`, `@requires`, `@provides`.

use apollo_compiler::Name;
use apollo_compiler::Node;
use apollo_compiler::ast::{Directive, FieldDefinition, Selection};
use apollo_compiler::schema::ExtendedType;

use crate::diagnostics::Diagnostic;
use crate::schema::subgraph::facts;
use crate::schema::subgraph::field_set::{self, FieldSet, Problem, Step};
use crate::schema::subgraph::spec::ROWS;
use crate::schema::subgraph::{Federation, SpecDirective, Subgraph, Validated};

/// The codes of one directive.
struct Codes {
    directive: SpecDirective,
    invalid_type: &'static str,
    invalid_fields: &'static str,
    directive_inside: &'static str,
    on_interface: &'static str,
}

const KEY: Codes = Codes {
    directive: SpecDirective::Key,
    invalid_type: "KEY_INVALID_FIELDS_TYPE",
    invalid_fields: "KEY_INVALID_FIELDS",
    directive_inside: "KEY_DIRECTIVE_IN_FIELDS_ARG",
    on_interface: "KEY_UNSUPPORTED_ON_INTERFACE",
};
const REQUIRES: Codes = Codes {
    directive: SpecDirective::Requires,
    invalid_type: "REQUIRES_INVALID_FIELDS_TYPE",
    invalid_fields: "REQUIRES_INVALID_FIELDS",
    directive_inside: "REQUIRES_DIRECTIVE_IN_FIELDS_ARG",
    on_interface: "REQUIRES_UNSUPPORTED_ON_INTERFACE",
};
const PROVIDES: Codes = Codes {
    directive: SpecDirective::Provides,
    invalid_type: "PROVIDES_INVALID_FIELDS_TYPE",
    invalid_fields: "PROVIDES_INVALID_FIELDS",
    directive_inside: "PROVIDES_DIRECTIVE_IN_FIELDS_ARG",
    on_interface: "PROVIDES_UNSUPPORTED_ON_INTERFACE",
};

/// One application, and where it stands.
struct Application<'a> {
    codes: &'static Codes,
    /// `type "T"` or `field "T.f"`.
    on: String,
    /// The type that the field set is about.
    target: &'a Name,
    directive: &'a Node<Directive>,
}

impl<'a> Application<'a> {
    fn of_key(name: &'a Name, directive: &'a Node<Directive>) -> Self {
        Self { codes: &KEY, on: format!("type \"{name}\""), target: name, directive }
    }
}

pub fn keys(subgraph: &Subgraph<Validated>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (name, ty) in subgraph.types() {
        for directive in ty.directives().get_all(KEY.directive.canonical()) {
            // Before 2.3 a key on an interface had no meaning; Federation 1 tools wrote it, and it is dropped there.
            if ty.is_interface() && matches!(subgraph.federation, Federation::Two(..3)) {
                let message =
                    format!("Cannot use @key on interface \"{name}\": @key is not yet supported on interfaces");
                let problems = found.len();
                let application = Application::of_key(name, &directive.node);
                check(subgraph, &application, &mut found, &mut |step, problems| key_field(subgraph, &step, problems));
                if found.len() == problems {
                    found.push(subgraph.error(KEY.on_interface, message, directive.location()));
                }
                continue;
            }
            let application = Application::of_key(name, &directive.node);
            check(subgraph, &application, &mut found, &mut |step, problems| key_field(subgraph, &step, problems));
        }
    }
    found
}

fn key_field(subgraph: &Subgraph<Validated>, step: &Step<'_>, problems: &mut Vec<(&'static str, String)>) {
    let coordinate = format!("{}.{}", step.parent, step.definition.name);
    if !step.definition.arguments.is_empty() {
        problems.push((
            "KEY_FIELDS_HAS_ARGS",
            format!("field {coordinate} cannot be included because it has arguments (fields with argument are not allowed in @key)"),
        ));
    }
    // A list of objects is allowed, odd as it is.
    let kind = match subgraph.schema.types.get(step.definition.ty.inner_named_type()) {
        Some(ExtendedType::Interface(_)) => "Interface",
        Some(ExtendedType::Union(_)) => "Union",
        _ => return,
    };
    problems.push((
        "KEY_FIELDS_SELECT_INVALID_TYPE",
        format!("field \"{coordinate}\" is a {kind} type which is not allowed in @key"),
    ));
}

pub fn requires(subgraph: &Subgraph<Validated>) -> Vec<Diagnostic> {
    on_fields(subgraph, &REQUIRES, |subgraph, parent, application, found| {
        check(subgraph, application, found, &mut |_, _| {});
        external_leaves(subgraph, application, parent, "REQUIRES_FIELDS_MISSING_EXTERNAL", found);
    })
}

pub fn provides(subgraph: &Subgraph<Validated>) -> Vec<Diagnostic> {
    on_fields(subgraph, &PROVIDES, |subgraph, _, application, found| {
        check(subgraph, application, found, &mut |step, problems| {
            if !step.definition.arguments.is_empty() {
                problems.push((
                    "PROVIDES_FIELDS_HAS_ARGS",
                    format!("field {}.{} cannot be included because it has arguments (fields with argument are not allowed in @provides)", step.parent, step.definition.name),
                ));
            }
        });
        external_leaves(subgraph, application, application.target, "PROVIDES_FIELDS_MISSING_EXTERNAL", found);
    })
}

/// `@provides` on what has no fields to provide.
pub fn provides_on_leaves(subgraph: &Subgraph<Validated>) -> Vec<Diagnostic> {
    let is_leaf = |name: &Name| subgraph.schema.types.get(name).is_none_or(ExtendedType::is_leaf);
    let problem = |parent: &Name, field: &FieldDefinition| {
        is_leaf(field.ty.inner_named_type()).then(|| {
            format!(
                "Invalid @provides directive on field \"{parent}.{}\": field has type \"{}\" which is not a Composite Type",
                field.name, field.ty
            )
        })
    };
    misplaced_provides(subgraph, "PROVIDES_ON_NON_OBJECT_FIELD", problem)
}

/// `@provides` on a field that the subgraph does not resolve.
pub fn provides_on_external(subgraph: &Subgraph<Validated>) -> Vec<Diagnostic> {
    let problem = |parent: &Name, field: &FieldDefinition| {
        let external = field.directives.has(SpecDirective::External.canonical());
        external.then(|| format!("Cannot have both @provides and @external on field \"{parent}.{}\"", field.name))
    };
    misplaced_provides(subgraph, "EXTERNAL_COLLISION_WITH_ANOTHER_DIRECTIVE", problem)
}

fn misplaced_provides(
    subgraph: &Subgraph<Validated>,
    code: &'static str,
    problem: impl Fn(&Name, &FieldDefinition) -> Option<String>,
) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (name, ty) in subgraph.types() {
        for field in field_set::fields_of(ty).into_iter().flat_map(|fields| fields.values()) {
            let Some(directive) = field.directives.get(PROVIDES.directive.canonical()) else { continue };
            found.extend(problem(name, field).map(|message| subgraph.error(code, message, directive.location())));
        }
    }
    found
}

type OnField<'a> = dyn FnMut(&'a Subgraph<Validated>, &'a Name, &Application<'a>, &mut Vec<Diagnostic>) + 'a;

fn on_fields<'a>(
    subgraph: &'a Subgraph<Validated>,
    codes: &'static Codes,
    mut visit: impl FnMut(&'a Subgraph<Validated>, &'a Name, &Application<'a>, &mut Vec<Diagnostic>) + 'a,
) -> Vec<Diagnostic> {
    let visit: &mut OnField<'a> = &mut visit;
    let mut found = Vec::new();
    for (name, ty) in subgraph.types() {
        for field in field_set::fields_of(ty).into_iter().flat_map(|fields| fields.values()) {
            for directive in field.directives.get_all(codes.directive.canonical()) {
                let directive_name = codes.directive.name();
                if ty.is_interface() {
                    let message = format!(
                        "Cannot use @{directive_name} on field \"{name}.{}\" of parent type \"{name}\": @{directive_name} is not yet supported within interfaces",
                        field.name
                    );
                    found.push(subgraph.error(codes.on_interface, message, directive.location()));
                }
                let target = match codes.directive {
                    SpecDirective::Provides => field.ty.inner_named_type(),
                    _ => name,
                };
                let on = format!("field \"{name}.{}\"", field.name);
                visit(subgraph, name, &Application { codes, on, target, directive }, &mut found);
            }
        }
    }
    found
}

/// What a directive checks of each field, leaving codes and messages.
type CheckStep<'v> = dyn FnMut(Step<'_>, &mut Vec<(&'static str, String)>) + 'v;

/// What holds for every field set: it is a string, it parses, it fits the types, and no directive is inside.
fn check<'a>(
    subgraph: &'a Subgraph<Validated>,
    application: &Application<'a>,
    found: &mut Vec<Diagnostic>,
    visit: &mut CheckStep<'_>,
) {
    let codes = application.codes;
    let name = codes.directive.name();
    let raw = application.directive.specified_argument_by_name("fields");
    let heading = || {
        let shown = raw.map(ToString::to_string).unwrap_or_default();
        format!("On {}, for @{name}(fields: {shown}):", application.on)
    };
    let mut report = |code: &'static str, message: String| {
        found.push(subgraph.error(code, format!("{} {message}", heading()), application.directive.location()));
    };
    let Some(text) = facts::fields_text(application.directive) else {
        report(codes.invalid_type, "Invalid value for argument \"fields\": must be a string.".to_owned());
        return;
    };
    let set = match FieldSet::parse(text) {
        Ok(set) => set,
        Err(message) => return report(codes.invalid_fields, message),
    };
    let mut problems = Vec::new();
    let invalid = field_set::walk(&subgraph.schema, application.target, &set, &mut |step| visit(step, &mut problems));
    for problem in invalid {
        match problem {
            Problem::Invalid(message) => report(codes.invalid_fields, message),
            Problem::Directive { name: directive, .. } if !is_known_directive(subgraph, &directive) => {
                report(codes.invalid_fields, format!("Unknown directive \"@{directive}\""));
            }
            Problem::Directive { text: directive, .. } => report(
                codes.directive_inside,
                format!("cannot have directive applications in the @{name}(fields:) argument but found {directive}."),
            ),
        }
    }
    for (code, message) in problems {
        report(code, message);
    }
}

fn is_known_directive(subgraph: &Subgraph<Validated>, name: &str) -> bool {
    // Built-in directives are among the definitions; the specifications' are there under canonical names.
    subgraph.schema.directive_definitions.contains_key(name)
        || ROWS.iter().any(|row| subgraph.links.local_name(row.directive).as_deref() == Some(name))
}

/// A leaf that the subgraph itself resolves has no place in `@requires` or `@provides`.
fn external_leaves(
    subgraph: &Subgraph<Validated>,
    application: &Application<'_>,
    target: &Name,
    code: &'static str,
    found: &mut Vec<Diagnostic>,
) {
    // Federation 1 allowed it.
    if subgraph.federation == Federation::One {
        return;
    }
    let Some(Ok(set)) = facts::fields_text(application.directive).map(FieldSet::parse) else { return };
    let mut leaves = Vec::new();
    resolved_leaves(subgraph, target, &set.selections, false, &mut leaves);
    for coordinate in leaves {
        let name = application.codes.directive.name();
        let message = format!(
            "On {}, for @{name}(fields: \"{}\"): field \"{coordinate}\" should not be part of a @{name} since it is already provided by this subgraph (it is not marked @external)",
            application.on, set.text
        );
        found.push(subgraph.error(code, message, application.directive.location()));
    }
}

fn resolved_leaves(
    subgraph: &Subgraph<Validated>,
    parent: &Name,
    selections: &[Selection],
    under_external: bool,
    leaves: &mut Vec<String>,
) {
    for selection in selections {
        match selection {
            Selection::FragmentSpread(_) => {}
            Selection::InlineFragment(fragment) => {
                let condition = fragment.type_condition.as_ref().unwrap_or(parent);
                resolved_leaves(subgraph, condition, &fragment.selection_set, under_external, leaves);
            }
            Selection::Field(field) => {
                let Ok(definition) = subgraph.schema.type_field(parent, &field.name) else { continue };
                if field.name == "__typename" {
                    continue;
                }
                let external = under_external || is_external_somewhere(subgraph, parent, &field.name);
                if field.selection_set.is_empty() {
                    if !external {
                        leaves.push(format!("{parent}.{}", field.name));
                    }
                } else {
                    resolved_leaves(subgraph, definition.ty.inner_named_type(), &field.selection_set, external, leaves);
                }
            }
        }
    }
}

/// For a field of an interface: whether it is external in some implementation, since it cannot be on the interface.
fn is_external_somewhere(subgraph: &Subgraph<Validated>, parent: &Name, field: &Name) -> bool {
    let facts = subgraph.facts();
    facts.is_external(parent, field)
        || (subgraph.schema.get_interface(parent).is_some()
            && subgraph.schema.types.iter().any(|(name, ty)| {
                facts::interfaces_of(ty).any(|interface| interface == parent) && facts.is_external(name, field)
            }))
}
