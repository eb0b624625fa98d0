//! Owns the arguments of a path's steps: what the path says, what a client gives, and what is missing.

use apollo_compiler::ast::{FieldDefinition, InputValueDefinition, Type};
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::{Name, Node};

use super::context::{Context, did_you_mean};
use super::directives::{self, From, FromPlace};
use super::inputs::{fits, misfit};
use super::literal::{self, Typed};
use super::map::{ArgumentMap, Template};
use super::path::{PathArgument, PathValue, PathValueKind, Word};
use super::resolve::{Leg, PathPlace};
use crate::diagnostics::Diagnostic;
use crate::schema::{ClaimPath, Need, Value, Wrapping};
use crate::suggest::closest;

/// The arguments of all steps.
pub(super) struct Bound {
    /// The client's.
    pub arguments: Vec<ArgumentMap>,
    /// By step; sorted by name.
    pub steps: Vec<Vec<(Name, Template)>>,
    /// What the path reads from a credential.
    pub claims: Vec<Need>,
}

pub(super) fn bind(
    cx: Context<'_>,
    field: &FieldDefinition,
    legs: &[Leg<'_>],
    place: &PathPlace<'_>,
    found: &mut Vec<Diagnostic>,
) -> Bound {
    let given: Vec<Given<'_>> = field.arguments.iter().map(|argument| Given::new(cx, argument, found)).collect();
    let mut binder = Binder { cx, place, given, claims: vec![], found };
    let mut steps: Vec<_> = legs.iter().map(|leg| binder.written(leg)).collect();
    if let (Some(leg), Some(step)) = (legs.last(), steps.last_mut()) {
        binder.passed_on(leg, step);
    }
    for (leg, step) in legs.iter().zip(&mut steps) {
        binder.required(leg, step);
        step.sort_by(|a, b| a.0.cmp(&b.0));
    }
    let Binder { given, claims, .. } = binder;
    Bound { arguments: given.into_iter().map(|given| given.map(cx)).collect(), steps, claims }
}

/// Tells of arguments on a field that has no path to hand them to.
pub(super) fn refuse(cx: Context<'_>, field: &FieldDefinition, found: &mut Vec<Diagnostic>) {
    for argument in &field.arguments {
        let message =
            format!("`{}` leads nowhere: no field of the supergraph is asked for `{}`", argument.name, field.name);
        let at = cx.places.at(argument.name.location());
        found.push(Diagnostic::error("UNKNOWN_PATH", message).at(at, "").help("take the argument out"));
    }
}

/// An argument of the client's.
struct Given<'a> {
    definition: &'a Node<InputValueDefinition>,
    from: From<'a>,
    is_used: bool,
    /// Where it goes null is none.
    is_needed: bool,
}

impl<'a> Given<'a> {
    fn new(cx: Context<'a>, definition: &'a Node<InputValueDefinition>, found: &mut Vec<Diagnostic>) -> Self {
        let from = From::of(definition.directives.get("from"));
        directives::check(from, FromPlace::Name, cx.places, found);
        Self { definition, from, is_used: false, is_needed: false }
    }

    fn map(self, cx: Context<'_>) -> ArgumentMap {
        let ours = &self.definition.ty;
        let base = cx.types.other(ours.inner_named_type()).unwrap_or(ours.inner_named_type());
        let mut ty = match Wrapping::of(ours) {
            Some((wrapping, _)) => wrapping.display(base),
            None => ours.to_string(),
        };
        // A default stands in for a value that is left out, ours or the supergraph's, so that there always is one.
        if self.is_needed && !ours.is_non_null() {
            ty.push('!');
        }
        ArgumentMap { name: self.definition.name.clone(), ty }
    }
}

struct Binder<'a, 'f> {
    cx: Context<'a>,
    place: &'f PathPlace<'f>,
    given: Vec<Given<'a>>,
    claims: Vec<Need>,
    found: &'f mut Vec<Diagnostic>,
}

impl Binder<'_, '_> {
    /// What the path itself says.
    fn written(&mut self, leg: &Leg<'_>) -> Vec<(Name, Template)> {
        let mut bound = vec![];
        for argument in &leg.segment.arguments {
            let name = &argument.name.text;
            let coordinate = self.cx.supergraph.model.coordinate(leg.field);
            let Some(target) = leg.definition.argument_by_name(name) else {
                let names = leg.definition.arguments.iter().map(|argument| argument.name.as_str());
                let message = format!("the supergraph's `{coordinate}` has no argument `{name}`");
                self.unknown(&argument.name, message, names);
                continue;
            };
            let what = format!("{coordinate}({name}:)");
            let slot = Slot { ty: &target.ty, has_default: target.default_value.is_some(), what: &what };
            bound.extend(self.template(&argument.value, slot).map(|template| (name.clone(), template)));
        }
        bound
    }

    /// What the client gives and the path does not name goes to the last step.
    fn passed_on(&mut self, leg: &Leg<'_>, bound: &mut Vec<(Name, Template)>) {
        let coordinate = self.cx.supergraph.model.coordinate(leg.field);
        for at in 0..self.given.len() {
            let Given { definition, from, is_used, .. } = self.given[at];
            if is_used && from.name.is_none() {
                continue;
            }
            let name = from.name.and_then(|name| name.as_str()).unwrap_or(&definition.name);
            let place = from.name.and_then(|name| self.cx.places.of(name));
            let place = place.or_else(|| self.cx.places.at(definition.name.location()));
            let Some(target) = leg.definition.argument_by_name(name) else {
                let message =
                    format!("the argument `{}` leads nowhere: `{coordinate}` has no `{name}`", definition.name);
                let names = leg.definition.arguments.iter().map(|argument| argument.name.as_str());
                let help = match closest(name, names) {
                    Some(near) => format!("did you mean `@from(name: \"{near}\")`?"),
                    None => format!("use it as `${}` in the path, or take it out", definition.name),
                };
                self.found.push(Diagnostic::error("UNKNOWN_PATH", message).at(place, "").help(help));
                continue;
            };
            if bound.iter().any(|(known, _)| *known == target.name) {
                let message =
                    format!("`{coordinate}({name}:)` has a value already, and `{}` is another", definition.name);
                let help = format!("write `{name}: ${}` in the path, or rename one of the two", definition.name);
                self.found.push(Diagnostic::error("DIRECTIVE_MISUSED", message).at(place, "").help(help));
                continue;
            }
            let what = format!("{coordinate}({name}:)");
            self.use_of(at, Slot { ty: &target.ty, has_default: target.default_value.is_some(), what: &what });
            bound.push((target.name.clone(), Template::Argument(at)));
        }
    }

    fn required(&mut self, leg: &Leg<'_>, bound: &[(Name, Template)]) {
        for argument in leg.definition.arguments.iter().filter(|argument| argument.is_required()) {
            let name = &argument.name;
            let is_written = leg.segment.arguments.iter().any(|written| written.name.text == *name);
            if is_written || bound.iter().any(|(known, _)| known == name) {
                continue;
            }
            let coordinate = self.cx.supergraph.model.coordinate(leg.field);
            let message = format!("`{coordinate}` must be given `{name}: {}`, and nothing gives it", argument.ty);
            let help = match self.place.text {
                Some(_) => format!(
                    "write `{}({name}: …)` in the path: a literal, an argument of this field such as `${name}`, or \
                     `$claims.…`",
                    leg.segment.name.text
                ),
                None => format!("declare the argument `{name}: {}`, or bind it in a path", argument.ty),
            };
            let at = self.place.span(&leg.segment.name.span);
            self.found.push(Diagnostic::error("ARG_REQUIRED_UNBOUND", message).at(at, "").help(help));
        }
    }

    /// Notes that the client's argument goes to a slot, and checks that it fits.
    fn use_of(&mut self, at: usize, slot: Slot<'_>) {
        let given = &mut self.given[at];
        given.is_used = true;
        given.is_needed |= slot.ty.is_non_null();
        if let Err(wrong) = fits(self.cx, given.definition, slot.ty, slot.has_default) {
            self.found.extend(misfit(self.cx, &wrong, given.definition, slot.ty, slot.what));
        }
    }

    fn unknown<'n>(&mut self, word: &Word, message: String, names: impl Iterator<Item = &'n str>) {
        let help = did_you_mean(closest(&word.text, names));
        let help = help.unwrap_or_else(|| "take it out, or look its name up in the supergraph's schema".to_owned());
        let at = self.place.span(&word.span);
        self.found.push(Diagnostic::error("UNKNOWN_PATH", message).at(at, "").help(help));
    }

    /// A value of a path for a slot; what does not fit is told, and is `None`.
    fn template(&mut self, value: &PathValue, slot: Slot<'_>) -> Option<Template> {
        match &value.kind {
            PathValueKind::Argument(name) => {
                let Some(at) = self.given.iter().position(|given| given.definition.name == *name) else {
                    let message = format!("the field has no argument `{name}`");
                    let names: Vec<&str> = self.given.iter().map(|given| given.definition.name.as_str()).collect();
                    let help = closest(name, names).map(|near| format!("did you mean `${near}`?"));
                    let help = help.unwrap_or_else(|| format!("declare it: `{name}: {}`", slot.ty));
                    let at = self.place.span(&value.span);
                    self.found.push(Diagnostic::error("UNKNOWN_PATH", message).at(at, "").help(help));
                    return None;
                };
                self.use_of(at, slot);
                Some(Template::Argument(at))
            }
            PathValueKind::Claim(names) => {
                let path: ClaimPath = names.clone().into();
                // No claim is null, so that this says as much.
                let need = Need::Claim(path.clone(), slot.ty.clone().nullable());
                if !self.claims.contains(&need) {
                    self.claims.push(need);
                }
                Some(Template::Claim { path, ty: slot.ty.to_string() })
            }
            PathValueKind::Null
            | PathValueKind::Boolean(_)
            | PathValueKind::Int(_)
            | PathValueKind::Float(_)
            | PathValueKind::String(_)
            | PathValueKind::Enum(_)
            | PathValueKind::List(_)
            | PathValueKind::Object(_) => self.literal(value, slot),
        }
    }

    fn literal(&mut self, value: &PathValue, slot: Slot<'_>) -> Option<Template> {
        if matches!(value.kind, PathValueKind::Null) {
            return match slot.ty.is_non_null() {
                false => Some(Template::Literal(Value::Null)),
                true => self.wrong(value, slot),
            };
        }
        match slot.ty {
            Type::List(item) | Type::NonNullList(item) => {
                let item = Slot { ty: item, has_default: false, what: slot.what };
                // One value stands for a list of it.
                let items = match &value.kind {
                    PathValueKind::List(items) => items.as_slice(),
                    _ => std::slice::from_ref(value),
                };
                let items: Vec<_> = items.iter().map(|value| self.template(value, item)).collect();
                Some(list(items.into_iter().collect::<Option<_>>()?))
            }
            Type::Named(name) | Type::NonNullNamed(name) => match (self.cx.supergraph.ty(name), &value.kind) {
                (Some(ExtendedType::InputObject(input)), PathValueKind::Object(fields)) => {
                    self.object(value, input, fields)
                }
                (Some(ExtendedType::InputObject(_)) | None, _) => self.wrong(value, slot),
                (Some(ty), _) => {
                    match literal::of_path(value).filter(|value| literal::leaf(ty, value) == Typed::Fits) {
                        Some(value) => Some(Template::Literal(value)),
                        None => self.wrong(value, slot),
                    }
                }
            },
        }
    }

    fn object(
        &mut self,
        value: &PathValue,
        input: &apollo_compiler::schema::InputObjectType,
        fields: &[PathArgument],
    ) -> Option<Template> {
        let mut made = vec![];
        let mut is_whole = true;
        let is_one_of = input.directives.has("oneOf");
        if is_one_of && fields.len() != 1 {
            let message = format!("`{}` takes exactly one of its fields, and here are {}", input.name, fields.len());
            let at = self.place.span(&value.span);
            self.found.push(Diagnostic::error("TYPE_INCOMPATIBLE", message).at(at, "").help("give it one field"));
            is_whole = false;
        }
        for PathArgument { name: word, value } in fields {
            let Some(field) = input.fields.get(&word.text) else {
                let message = format!("the supergraph's `{}` has no field `{}`", input.name, word.text);
                self.unknown(word, message, input.fields.keys().map(Name::as_str));
                is_whole = false;
                continue;
            };
            let what = format!("{}.{}", input.name, word.text);
            // The one field of a `@oneOf` must have a value.
            let ty = if is_one_of { field.ty.as_ref().clone().non_null() } else { field.ty.as_ref().clone() };
            let slot = Slot { ty: &ty, has_default: field.default_value.is_some(), what: &what };
            match self.template(value, slot) {
                Some(template) => made.push((word.text.clone(), template)),
                None => is_whole = false,
            }
        }
        let is_given = |name: &Name| fields.iter().any(|field| field.name.text == *name);
        for missing in input.fields.values().filter(|field| field.is_required() && !is_given(&field.name)) {
            let message = format!("`{}.{}` must be given: it is `{}`", input.name, missing.name, missing.ty);
            let help = format!("add `{}: …`", missing.name);
            let at = self.place.span(&value.span);
            self.found.push(Diagnostic::error("ARG_REQUIRED_UNBOUND", message).at(at, "").help(help));
            is_whole = false;
        }
        made.sort_by(|a, b| a.0.cmp(&b.0));
        is_whole.then(|| object(made))
    }

    fn wrong(&mut self, value: &PathValue, slot: Slot<'_>) -> Option<Template> {
        let message = format!("this is no value for `{}`, which is `{}`", slot.what, slot.ty);
        let base = slot.ty.inner_named_type();
        let help = match self.cx.supergraph.ty(base) {
            Some(ExtendedType::Enum(ty)) => match &value.kind {
                PathValueKind::Enum(name) => did_you_mean(closest(name, ty.values.keys().map(Name::as_str))),
                _ => ty
                    .values
                    .keys()
                    .next()
                    .map(|first| format!("its values are names without quotes, such as `{first}`")),
            },
            _ => None,
        };
        let help = help.unwrap_or_else(|| format!("write a literal of the type `{}`", slot.ty));
        let at = self.place.span(&value.span);
        self.found.push(Diagnostic::error("TYPE_INCOMPATIBLE", message).at(at, "").help(help));
        None
    }
}

/// An argument or input field of the supergraph that takes a value.
#[derive(Clone, Copy)]
struct Slot<'s> {
    ty: &'s Type,
    has_default: bool,
    /// Such as `Query.user(id:)`.
    what: &'s str,
}

/// One literal, if all in it are.
fn list(items: Vec<Template>) -> Template {
    let literal = |item: &Template| match item {
        Template::Literal(value) => Some(value.clone()),
        _ => None,
    };
    match items.iter().map(literal).collect() {
        Some(values) => Template::Literal(Value::List(values)),
        None => Template::List(items),
    }
}

fn object(fields: Vec<(Name, Template)>) -> Template {
    let literal = |(name, field): &(Name, Template)| match field {
        Template::Literal(value) => Some((name.clone(), value.clone())),
        _ => None,
    };
    match fields.iter().map(literal).collect() {
        Some(values) => Template::Literal(Value::Object(values)),
        None => Template::Object(fields),
    }
}
