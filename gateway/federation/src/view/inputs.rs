//! Owns what clients hand in: whether an argument or input field fits the supergraph's, and input objects as a whole.

use std::collections::HashMap;

use apollo_compiler::ast::{InputValueDefinition, Type};
use apollo_compiler::schema::{ExtendedType, InputObjectType};
use apollo_compiler::{Name, Node};

use super::context::{Context, did_you_mean};
use super::directives::{self, From, FromPlace};
use super::map::InputMap;
use crate::diagnostics::Diagnostic;
use crate::suggest::closest;

/// Whether an argument of the client's fits one of the supergraph's, whose type and default are given.
///
/// The rule is that for variables: what can be null or missing does not fit what must be there, unless one of both has a
/// default.
pub(super) fn fits(
    cx: Context<'_>,
    ours: &InputValueDefinition,
    theirs: &Type,
    has_default: bool,
) -> Result<(), Misfit> {
    let is_given = ours.ty.is_non_null() || ours.default_value.as_ref().is_some_and(|value| !value.is_null());
    if theirs.is_non_null() && !is_given && !has_default {
        return Err(Misfit::Nullable);
    }
    fits_inside(cx, &ours.ty, theirs)
}

/// The same for fields of input objects, of which a default is no promise: a variable in a literal has no default there, and
/// a null in a variable is handed on.
fn fits_as_field(cx: Context<'_>, ours: &InputValueDefinition, theirs: &InputValueDefinition) -> Result<(), Misfit> {
    if theirs.ty.is_non_null() && !ours.ty.is_non_null() {
        return Err(Misfit::Nullable);
    }
    fits_inside(cx, &ours.ty, &theirs.ty)
}

/// Why an input does not fit.
pub(super) enum Misfit {
    /// It can be null.
    Nullable,
    /// Its type is wrong, or of nothing in the supergraph.
    Type,
    /// The client's type had an error of its own.
    Unknown,
}

fn fits_inside(cx: Context<'_>, ours: &Type, theirs: &Type) -> Result<(), Misfit> {
    match (ours, theirs) {
        (Type::List(ours) | Type::NonNullList(ours), Type::List(theirs) | Type::NonNullList(theirs)) => {
            if theirs.is_non_null() && !ours.is_non_null() {
                return Err(Misfit::Nullable);
            }
            fits_inside(cx, ours, theirs)
        }
        (Type::Named(ours) | Type::NonNullNamed(ours), Type::Named(theirs) | Type::NonNullNamed(theirs)) => {
            let behind = cx.types.other(ours).ok_or(Misfit::Unknown)?;
            if behind == theirs { Ok(()) } else { Err(Misfit::Type) }
        }
        (Type::List(_) | Type::NonNullList(_), Type::Named(_) | Type::NonNullNamed(_))
        | (Type::Named(_) | Type::NonNullNamed(_), Type::List(_) | Type::NonNullList(_)) => Err(Misfit::Type),
    }
}

/// The diagnostic for an input that does not fit; `what` is the supergraph's, such as `Query.user(id:)`.
pub(super) fn misfit(
    cx: Context<'_>,
    misfit: &Misfit,
    ours: &Node<InputValueDefinition>,
    theirs: &Type,
    what: &str,
) -> Option<Diagnostic> {
    let (name, ty) = (&ours.name, &ours.ty);
    let (message, help) = match misfit {
        Misfit::Nullable => (
            format!("`{name}` can be null or left out, and `{what}` is `{theirs}`"),
            format!("declare it `{}`; with a default value it can be left out all the same", suggested(cx, ty, theirs)),
        ),
        Misfit::Type => {
            let behind = cx.types.other(ty.inner_named_type()).filter(|name| *name != ty.inner_named_type());
            let behind = behind.map(|name| format!(" (`{name}` in the supergraph)")).unwrap_or_default();
            (
                format!("`{name}` is `{ty}`{behind}, and `{what}` is `{theirs}`"),
                format!("declare it `{}`", suggested(cx, ty, theirs)),
            )
        }
        Misfit::Unknown => return None,
    };
    let at = cx.places.of(&ours.ty).or_else(|| cx.places.of(ours));
    Some(Diagnostic::error("TYPE_INCOMPATIBLE", message).at(at, "").help(help))
}

/// The supergraph's type as the client would write it.
fn suggested(cx: Context<'_>, ours: &Type, theirs: &Type) -> String {
    let base = theirs.inner_named_type();
    let is_ours = cx.types.other(ours.inner_named_type()) == Some(base);
    let alias = || cx.types.others.iter().filter(|(_, behind)| *behind == base).map(|(ours, _)| ours).min();
    let ours = if is_ours { Some(ours.inner_named_type()) } else { alias() };
    theirs.to_string().replace(base.as_str(), ours.unwrap_or(base))
}

/// An input object; what it has that is wrong is told.
pub(super) fn object(cx: Context<'_>, input: &InputObjectType, found: &mut Vec<Diagnostic>) -> Option<InputMap> {
    let behind = cx.types.other(&input.name)?;
    let ExtendedType::InputObject(theirs) = cx.supergraph.ty(behind)? else { return None };
    let mut fields = HashMap::new();
    let mut taken: HashMap<&Name, &Name> = HashMap::new();
    for field in input.fields.values() {
        let from = From::of(field.directives.get("from"));
        directives::check(from, FromPlace::Name, cx.places, found);
        let name = from.name.and_then(|name| name.as_str()).unwrap_or(&field.name);
        let at = || from.name.and_then(|name| cx.places.of(name)).or_else(|| cx.places.name(&field.name, &input.name));
        let Some(target) = theirs.fields.get(name) else {
            let message = format!("the supergraph's `{behind}` has no field `{name}`");
            let help = did_you_mean(closest(name, theirs.fields.keys().map(Name::as_str)));
            let help =
                help.unwrap_or_else(|| "say which field it is with `@from(name: \"…\")`, or take it out".to_owned());
            found.push(Diagnostic::error("UNKNOWN_PATH", message).at(at(), "").help(help));
            continue;
        };
        if let Some(first) = taken.insert(&target.name, &field.name) {
            let message = format!("`{first}` and `{}` are both `{behind}.{name}`", field.name);
            let help = "leave one of them";
            found.push(Diagnostic::error("DIRECTIVE_MISUSED", message).at(at(), "").help(help));
        }
        if let Err(wrong) = fits_as_field(cx, field, target) {
            found.extend(misfit(cx, &wrong, field, &target.ty, &format!("{behind}.{name}")));
        }
        fields.insert(field.name.clone(), target.name.clone());
    }
    for missing in theirs.fields.values().filter(|field| field.is_required() && !taken.contains_key(&field.name)) {
        let message = format!("`{behind}.{}` must be given, and `{}` has no field for it", missing.name, input.name);
        let help = format!("add `{}: {}`", missing.name, suggested(cx, &missing.ty, &missing.ty));
        let at = cx.places.name(&input.name, &input.name);
        found.push(Diagnostic::error("ARG_REQUIRED_UNBOUND", message).at(at, "").help(help));
    }
    if theirs.directives.has("oneOf") && !input.directives.has("oneOf") {
        let message = format!("`{behind}` takes exactly one of its fields, and `{}` does not say so", input.name);
        let at = cx.places.name(&input.name, &input.name);
        found.push(Diagnostic::error("TYPE_INCOMPATIBLE", message).at(at, "").help("add `@oneOf` to it"));
    }
    Some(InputMap { name: behind.clone(), fields })
}
