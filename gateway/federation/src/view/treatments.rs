//! Owns what becomes of a value on its way: constants, fallbacks, limits, masks, and items that are dropped.

use apollo_compiler::Node;
use apollo_compiler::ast::{Directive, FieldDefinition, Type, Value as Literal};
use apollo_compiler::schema::ExtendedType;

use super::context::{Context, did_you_mean};
use super::literal::{self, Typed};
use super::map::{Fallback, ListStep, Mask, Step, Template, Treatment};
use super::resolve::Leg;
use crate::diagnostics::Diagnostic;
use crate::schema::{Value, Wrapping, list};
use crate::suggest::closest;

const MISUSED: &str = "DIRECTIVE_MISUSED";

/// Arguments of the supergraph that say how many items a list has, where no `@listSize` says which do.
const SLICING: [&str; 2] = ["first", "limit"];

pub(super) fn read(
    cx: Context<'_>,
    field: &FieldDefinition,
    wrapping: Wrapping,
    found: &mut Vec<Diagnostic>,
) -> Treatment {
    let get = |name: &str| field.directives.get(name);
    Treatment {
        fallback: get("fallback").and_then(|directive| fallback(cx, field, directive, found)),
        limit: get("limit").and_then(|directive| limit(cx, directive, wrapping, found)),
        mask: get("mask").and_then(|directive| mask(cx, field, directive, found)),
        drop_unknown: get("dropUnknown").is_some_and(|directive| drops_unknown(cx, field, directive, wrapping, found)),
        values: None,
    }
}

/// The JSON of `@constant`.
pub(super) fn constant(
    cx: Context<'_>,
    field: &FieldDefinition,
    directive: &Node<Directive>,
    found: &mut Vec<Diagnostic>,
) -> Option<Box<str>> {
    value(cx, &field.ty, directive, found)
}

fn fallback(
    cx: Context<'_>,
    field: &FieldDefinition,
    directive: &Node<Directive>,
    found: &mut Vec<Diagnostic>,
) -> Option<Fallback> {
    let argument = |name: &str| directive.specified_argument_by_name(name);
    let on = argument("on");
    let causes: Vec<&str> = match on {
        Some(on) => list(on).iter().filter_map(|cause| cause.as_enum()).map(|cause| cause.as_str()).collect(),
        None => vec!["ERROR"],
    };
    if causes.is_empty() {
        let help = "write `on: [ERROR]`, `on: [NULL]` or both";
        let at = on.and_then(|on| cx.places.of(on));
        found.push(Diagnostic::error(MISUSED, "a fallback on nothing is never taken").at(at, "").help(help));
    }
    Some(Fallback {
        // One that is wrong was told, and nothing more needs to be said of it.
        value: value(cx, &field.ty, directive, found).unwrap_or_default(),
        on_error: causes.contains(&"ERROR"),
        on_null: causes.contains(&"NULL"),
        report: argument("report").and_then(|report| report.to_bool()).unwrap_or(false),
    })
}

/// A directive's literal of the client's type, as JSON. One that does not fit is told.
fn value(cx: Context<'_>, ty: &Type, directive: &Node<Directive>, found: &mut Vec<Diagnostic>) -> Option<Box<str>> {
    let Some(literal) = directive.specified_argument_by_name("value") else {
        let message = format!("`@{}` has no value", directive.name);
        let help = format!("write `@{}(value: …)`", directive.name);
        found.push(Diagnostic::error(MISUSED, message).at(cx.places.of(directive), "").help(help));
        return None;
    };
    let read = Value::from_ast(literal, &|_| None)?;
    if !typed(cx, ty, literal, &read, found) {
        return None;
    }
    let mut json = String::new();
    write_output(ty, &read, &mut json);
    Some(json.into())
}

fn typed(cx: Context<'_>, ty: &Type, literal: &Node<Literal>, read: &Value, found: &mut Vec<Diagnostic>) -> bool {
    let mut wrong = |message: String, help: String| {
        found.push(Diagnostic::error("FALLBACK_TYPE", message).at(cx.places.of(literal), "").help(help));
        false
    };
    let shown = {
        let mut text = String::new();
        // There are no variables in it, so that none needs a name.
        read.write_graphql(&|_| apollo_compiler::name!("variable"), &mut text);
        text
    };
    let mismatch = || format!("`{shown}` is no value of the type `{ty}`");
    match (ty, read) {
        (Type::NonNullNamed(_) | Type::NonNullList(_), Value::Null) => {
            wrong(mismatch(), "write a value that is not null, or let the field be null".to_owned())
        }
        (Type::Named(_) | Type::List(_), Value::Null) => true,
        (Type::List(item) | Type::NonNullList(item), Value::List(values)) => {
            let literals = list(literal);
            let mut all = true;
            for (literal, value) in literals.iter().zip(values) {
                all &= typed(cx, item, literal, value, found);
            }
            all
        }
        (Type::List(_) | Type::NonNullList(_), _) => wrong(mismatch(), format!("write a list: `[{shown}]`, or `[]`")),
        (Type::Named(name) | Type::NonNullNamed(name), value) => match cx.schema.types.get(name) {
            // Validation tells types that there are not.
            None => false,
            Some(ExtendedType::Object(_) | ExtendedType::Interface(_) | ExtendedType::Union(_)) => wrong(
                format!("`{name}` is an object, and no literal is one"),
                "write `null`, or `[]` for a list; fields below can have values of their own".to_owned(),
            ),
            Some(ty) => match (literal::leaf(ty, value), ty, value) {
                (Typed::Fits, _, _) => true,
                (Typed::NoSuchValue, ExtendedType::Enum(ty), Value::Enum(given)) => {
                    let near = did_you_mean(closest(given, ty.values.keys().map(|name| name.as_str())));
                    let help = near.unwrap_or_else(|| format!("write one of the values of `{name}`"));
                    wrong(mismatch(), help)
                }
                (Typed::NoSuchValue | Typed::Wrong, _, _) => wrong(mismatch(), format!("write a literal of `{name}`")),
            },
        },
    }
}

/// As a server writes a value: an `ID` is a string.
fn write_output(ty: &Type, value: &Value, out: &mut String) {
    match (ty, value) {
        (Type::List(item) | Type::NonNullList(item), Value::List(items)) => {
            out.push('[');
            for (at, value) in items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write_output(item, value, out);
            }
            out.push(']');
        }
        (Type::Named(name) | Type::NonNullNamed(name), Value::Number(text)) if name == "ID" => {
            Value::String(text.clone()).write_json(&|_| None, out);
        }
        _ => {
            // There are no variables in it, so that all of it is written.
            value.write_json(&|_| None, out);
        }
    }
}

fn limit(cx: Context<'_>, directive: &Node<Directive>, wrapping: Wrapping, found: &mut Vec<Diagnostic>) -> Option<u32> {
    let max = directive.specified_argument_by_name("max")?;
    let mut misused = |at, message: &str, help: &str| {
        found.push(Diagnostic::error(MISUSED, message).at(at, "").help(help));
        // It was told, and nothing more needs to be said of the list.
        Some(0)
    };
    if !wrapping.is_list() {
        return misused(cx.places.of(directive), "`@limit` is for lists, and this field is none", "take it out");
    }
    match max.to_i32().map(u32::try_from) {
        Some(Ok(max)) => Some(max),
        Some(Err(_)) => misused(cx.places.of(max), "a list has no fewer than 0 items", "write 0 or more"),
        // Validation tells what is no number.
        None => Some(0),
    }
}

fn mask(
    cx: Context<'_>,
    field: &FieldDefinition,
    directive: &Node<Directive>,
    found: &mut Vec<Diagnostic>,
) -> Option<Mask> {
    let argument = |name: &str| directive.specified_argument_by_name(name).filter(|value| !value.is_null());
    let mut misused = |at: &Node<Literal>, message: &str, help: &str| {
        found.push(Diagnostic::error(MISUSED, message).at(cx.places.of(at), "").help(help));
    };
    let keep_last = match argument("keepLast") {
        Some(given) => match given.to_i32().and_then(|count| u32::try_from(count).ok()) {
            Some(count) => count,
            None => {
                misused(given, "no fewer than 0 characters can be kept", "write 0 or more");
                return None;
            }
        },
        None => 0,
    };
    let character = match argument("char") {
        Some(given) => {
            let mut characters = given.as_str().unwrap_or_default().chars();
            match (characters.next(), characters.next()) {
                (Some(only), None) => only,
                _ => {
                    misused(given, "`char` is one character", "write one, such as \"*\"");
                    return None;
                }
            }
        }
        None => '*',
    };
    let scopes: Box<[Box<str>]> = match argument("unlessScopes") {
        Some(given) => list(given).iter().filter_map(|scope| scope.as_str()).map(Box::from).collect(),
        None => Box::default(),
    };
    if !matches!(&field.ty, Type::Named(name) | Type::NonNullNamed(name) if name == "String" || name == "ID") {
        let message = format!("`@mask` is for fields of the type `String` or `ID`, and this is `{}`", field.ty);
        let help = "take it out, or leave the field out of the schema";
        found.push(Diagnostic::error(MISUSED, message).at(cx.places.of(directive), "").help(help));
        return None;
    }
    // No scopes named is a mask for everyone: a set without scopes would be held by everyone.
    let unless = if scopes.is_empty() { [].into() } else { [scopes].into() };
    Some(Mask { keep_last, char: character, unless })
}

fn drops_unknown(
    cx: Context<'_>,
    field: &FieldDefinition,
    directive: &Node<Directive>,
    wrapping: Wrapping,
    found: &mut Vec<Diagnostic>,
) -> bool {
    let is_abstract = match cx.schema.types.get(field.ty.inner_named_type()) {
        Some(ty) => ty.is_interface() || ty.is_union(),
        None => true,
    };
    if !wrapping.is_list() || !is_abstract {
        let message = format!("`@dropUnknown` is for lists of interfaces and unions, and this is `{}`", field.ty);
        let at = cx.places.of(directive);
        found.push(Diagnostic::error(MISUSED, message).at(at, "").help("take it out"));
        return false;
    }
    true
}

/// Whether something says how many items a list has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Limited {
    Yes,
    No,
}

/// Lets the supergraph give no more than `max` items where it can be told so.
///
/// The argument is that of the list that is the client's: of the last `[]`, or of the last step. Items of one further out
/// are more or fewer than those of the client.
pub(super) fn clamp(cx: Context<'_>, legs: &[Leg<'_>], steps: &mut [Step], max: Option<u32>) -> Limited {
    let opened = legs.iter().rposition(|leg| leg.segment.lists.iter().any(|(step, _)| *step == ListStep::Each));
    let Some(at) = opened.or_else(|| legs.len().checked_sub(1)) else { return Limited::No };
    let (leg, step) = (&legs[at], &mut steps[at]);
    let is_outermost = leg.segment.lists.first().is_none_or(|(step, _)| *step == ListStep::Each);
    let is_one = leg.segment.lists.len() <= 1;
    if !is_outermost || !is_one || !cx.supergraph.model.field(leg.field).wrapping.is_list() {
        return Limited::No;
    }
    let is_slicing = |name: &str| {
        leg.definition
            .argument_by_name(name)
            .filter(|argument| argument.ty.inner_named_type() == "Int" && !argument.ty.is_list())
    };
    let named = &cx.supergraph.model.field(leg.field).slicing;
    let mut names = named.iter().map(|name| name.as_str()).chain(SLICING);
    let Some(argument) = names.find_map(is_slicing) else { return Limited::No };
    let given = step.arguments.iter().position(|(name, _)| *name == argument.name);
    let Some(max) = max else {
        return if given.is_some() || argument.default_value.is_some() { Limited::Yes } else { Limited::No };
    };
    let default = || argument.default_value.as_ref().and_then(|value| Value::from_ast(value, &|_| None));
    let value = match given {
        Some(at) => Some(step.arguments.remove(at).1),
        None => default().map(Template::Literal),
    };
    step.arguments.push((argument.name.clone(), at_most(value, max)));
    step.arguments.sort_by(|a, b| a.0.cmp(&b.0));
    Limited::Yes
}

/// What is known now is worked out now.
fn at_most(value: Option<Template>, max: u32) -> Template {
    let number = |count: u32| Template::Literal(Value::Number(count.to_string().into()));
    match value {
        None | Some(Template::Literal(Value::Null)) => number(max),
        Some(Template::Literal(Value::Number(text))) => match text.parse::<i64>() {
            Ok(count) if count <= i64::from(max) => Template::Literal(Value::Number(text)),
            Ok(_) | Err(_) => number(max),
        },
        Some(
            value @ (Template::Literal(_)
            | Template::Argument(_)
            | Template::Claim { .. }
            | Template::List(_)
            | Template::Object(_)
            | Template::AtMost { .. }),
        ) => Template::AtMost { value: Some(Box::new(value)), max },
    }
}
