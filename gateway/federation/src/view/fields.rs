//! Owns where each field of a client's object comes from.

use apollo_compiler::ast::{FieldDefinition, Value};
use apollo_compiler::{Name, Node};

use super::arguments;
use super::context::Context;
use super::directives::{self, From, FromPlace};
use super::guarantee::{Cause, Given, given};
use super::map::{FieldMap, FieldSource, Step, Treatment};
use super::output::{Fit, Unfit, fit};
use super::path::{self, FieldPath, Segment, Word};
use super::resolve::{Leg, PathPlace, resolve};
use super::treatments::{self, Limited};
use super::{invalid, needs};
use crate::diagnostics::{Diagnostic, Span};
use crate::schema::{Need, TypeId, Wrapping};

/// A field of a client's type, and the supergraph's type that it is looked for on.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub owner: &'a Name,
    pub behind: TypeId,
    pub field: &'a FieldDefinition,
}

/// `None` if it comes from nowhere, which is told.
pub(super) fn map(cx: Context<'_>, place: Place<'_>, found: &mut Vec<Diagnostic>) -> Option<FieldMap> {
    let before = found.len();
    let map = mapped(cx, place, found);
    let Place { owner, field, .. } = place;
    if cx.places.at(field.name.location()).is_none() {
        // There is nothing to see of the field where the wildcard stands.
        for diagnostic in &mut found[before..] {
            diagnostic.message = format!("`{owner}.{}` comes by `all: true`: {}", field.name, diagnostic.message);
            diagnostic.help = Some("write the field as it shall be, or leave it out with `except`".to_owned());
        }
    }
    map
}

fn mapped(cx: Context<'_>, place: Place<'_>, found: &mut Vec<Diagnostic>) -> Option<FieldMap> {
    let Place { owner, field, .. } = place;
    if invalid::is_garbled(field, cx.schema) {
        return None;
    }
    let from = From::of(field.directives.get("from"));
    directives::check(from, FromPlace::Field, cx.places, found);
    let name_at = cx.places.name(&field.name, owner);
    let Some((wrapping, base)) = Wrapping::of(&field.ty) else {
        let message = format!("`{owner}.{}` is nested in more than {} lists", field.name, Wrapping::MAX_LISTS);
        found.push(Diagnostic::error("TYPE_INCOMPATIBLE", message).at(name_at, "").help("take some of the lists out"));
        return None;
    };
    let before = found.len();
    let mut made = Made { cx, place, wrapping, base, name_at, treatment: treatments::read(cx, field, wrapping, found) };
    let (source, arguments, claims) = match field.directives.get("constant") {
        Some(constant) => {
            if let Some(directive) = from.directive {
                let message = "a field is a constant or comes from a path, not both";
                let help = "take one of the directives out";
                found.push(Diagnostic::error("DIRECTIVE_MISUSED", message).at(cx.places.of(directive), "").help(help));
            }
            arguments::refuse(cx, field, found);
            refuse_treatments(cx, field, "a constant", &["fallback", "limit", "mask", "dropUnknown"], found);
            (FieldSource::Constant(treatments::constant(cx, field, constant, found)?), vec![], vec![])
        }
        None => made.sourced(from.path, found)?,
    };
    if matches!(source, FieldSource::Here) {
        refuse_treatments(cx, field, "the object itself", &["fallback", "limit", "mask", "dropUnknown"], found);
    }
    if Some(place.behind) == cx.supergraph.model.subscription && !matches!(source, FieldSource::Path(_)) {
        let message = format!("a subscription begins at a field of the supergraph, and `{}` at none", field.name);
        let help = "name the field of the supergraph's subscription in a path";
        let at = from.path.and_then(|path| cx.places.of(path)).or_else(|| cx.places.name(&field.name, owner));
        found.push(Diagnostic::error("UNKNOWN_PATH", message).at(at, "").help(help));
    }
    let mut needs = needs::of_field(cx, owner, field, base);
    needs.extend(claims);
    if found[before..].iter().any(Diagnostic::is_error) {
        return None;
    }
    let coordinate = format!("{owner}.{}", field.name).into();
    Some(FieldMap { source, wrapping, coordinate, arguments, needs, treatment: made.treatment })
}

/// A field on its way.
struct Made<'a> {
    cx: Context<'a>,
    place: Place<'a>,
    wrapping: Wrapping,
    base: &'a Name,
    name_at: Option<Span>,
    treatment: Treatment,
}

type Sourced = (FieldSource, Vec<super::map::ArgumentMap>, Vec<Need>);

impl<'a> Made<'a> {
    fn sourced(&mut self, text: Option<&'a Node<Value>>, found: &mut Vec<Diagnostic>) -> Option<Sourced> {
        let place = PathPlace { places: self.cx.places, text, field: self.name_at.clone() };
        let path = match text.map(|text| text.as_str()) {
            None => FieldPath::Segments(vec![same_name(&self.place.field.name)]),
            Some(None) => {
                let help = "write it in quotes: `path: \"user.name\"`";
                found.push(
                    Diagnostic::error("INVALID_PATH", "a path is a string").at(place.span(&(0..0)), "").help(help),
                );
                return None;
            }
            Some(Some(text)) => match path::parse(text) {
                Ok(path) => path,
                Err(wrong) => {
                    let diagnostic = Diagnostic::error("INVALID_PATH", wrong.message).at(place.span(&wrong.span), "");
                    let help = wrong.help.unwrap_or_else(|| path::GRAMMAR.to_owned());
                    found.push(diagnostic.help(help));
                    return None;
                }
            },
        };
        match path {
            FieldPath::Here => {
                arguments::refuse(self.cx, self.place.field, found);
                self.here(&place, found)
            }
            FieldPath::Segments(segments) => {
                let legs = resolve(self.cx.supergraph, self.place.behind, &segments, &place, found)?;
                self.along(&legs, &place, found)
            }
        }
    }

    /// The parent itself, seen as another type.
    fn here(&self, place: &PathPlace<'_>, found: &mut Vec<Diagnostic>) -> Option<Sourced> {
        let end = self.fit(self.place.behind, place, found)?;
        let causes = unmapped(self.cx, self.base, &end, 0).into_iter().collect();
        self.check(&Given { lists: 0, causes }, place, found);
        Some((FieldSource::Here, vec![], vec![]))
    }

    fn along(&mut self, legs: &[Leg<'_>], place: &PathPlace<'_>, found: &mut Vec<Diagnostic>) -> Option<Sourced> {
        let cx = self.cx;
        let last = legs.last()?;
        let end = last.narrow.unwrap_or(cx.supergraph.model.field(last.field).base);
        let bound = arguments::bind(cx, self.place.field, legs, place, found);
        let end = self.fit(end, place, found)?;
        let mut given = given(cx.supergraph, legs);
        let innermost = given.lists;
        // An item that is dropped leaves no null.
        if !(self.treatment.drop_unknown && innermost > 0) {
            given.causes.extend(unmapped(cx, self.base, &end, innermost));
        }
        self.check(&given, place, found);
        self.treatment.values = end.values;
        let mut steps: Vec<Step> = legs
            .iter()
            .zip(bound.steps)
            .map(|(leg, arguments)| Step {
                field: leg.field,
                arguments,
                narrow: leg.narrow,
                lists: leg.segment.lists.iter().map(|(step, _)| *step).collect(),
            })
            .collect();
        let limited = treatments::clamp(cx, legs, &mut steps, self.treatment.limit);
        if limited == Limited::No && self.wrapping.is_list() && self.treatment.limit.is_none() {
            self.warn_unlimited(legs, found);
        }
        Some((FieldSource::Path(steps), bound.arguments, bound.claims))
    }

    fn fit(&self, theirs: TypeId, place: &PathPlace<'_>, found: &mut Vec<Diagnostic>) -> Option<Fit> {
        match fit(self.cx, self.base, theirs) {
            Ok(fit) => Some(fit),
            Err(Unfit::Unknown) => None,
            Err(Unfit::Told { message, help }) => {
                found.push(self.incompatible(message, place).help(help));
                None
            }
        }
    }

    /// At the path, or at the client's type where there is none.
    fn incompatible(&self, message: String, place: &PathPlace<'_>) -> Diagnostic {
        let ty = self.cx.places.ty(&self.place.field.ty).or_else(|| self.name_at.clone());
        let at = place.text.and_then(|text| self.cx.places.of(text)).or(ty);
        Diagnostic::error("TYPE_INCOMPATIBLE", message).at(at, "")
    }

    /// Whether the client has the lists that the path gives, and no promise that it does not keep.
    fn check(&self, given: &Given, place: &PathPlace<'_>, found: &mut Vec<Diagnostic>) {
        let (ours, ty) = (self.wrapping.lists(), &self.place.field.ty);
        if given.lists != ours {
            let message = format!("the path gives {}, and `{ty}` is {}", lists(given.lists), lists(ours));
            let help = match given.lists.checked_sub(ours) {
                Some(1) => format!("declare the field as a list: `[{ty}]`, or take one item of a list with `[0]`"),
                Some(_) => format!("declare the field with {}", lists(given.lists)),
                None => "take the surplus list out of the field's type; `[]` within `[]` are one list".to_owned(),
            };
            found.push(self.incompatible(message, place).help(help));
            return;
        }
        let covered = self.treatment.fallback.as_ref().is_some_and(|fallback| fallback.on_error && fallback.on_null);
        let mut wrapping = self.wrapping;
        for level in 0..=ours {
            if wrapping.is_non_null()
                && !covered
                && let Some(cause) = given.cause_at(level)
            {
                found.push(self.not_guaranteed(cause, level, place));
                return;
            }
            wrapping = wrapping.item();
        }
    }

    fn not_guaranteed(&self, cause: &Cause, level: u8, place: &PathPlace<'_>) -> Diagnostic {
        let (ty, Place { owner, field, .. }) = (&self.place.field.ty, self.place);
        let promise = match level {
            0 => "there is no null",
            _ => "no item is null",
        };
        let message = format!("`{owner}.{}: {ty}` promises that {promise}, and {}", field.name, cause.why);
        let nullable = match (level, ty.to_string().strip_suffix('!')) {
            (0, Some(nullable)) => format!("declare the field as `{nullable}`"),
            _ => "let the items be null".to_owned(),
        };
        let help = cause.help.as_ref().map(|help| format!("{help}; or ")).unwrap_or_default();
        let help = format!("{help}{nullable}, or add `@fallback(value: …, on: [ERROR, NULL])`");
        let at = self.cx.places.ty(ty).or_else(|| self.name_at.clone());
        let mut diagnostic = Diagnostic::error("NON_NULL_NOT_GUARANTEED", message).at(at, "").help(help);
        if let (Some(_), Some(span)) = (place.text, &cause.span) {
            diagnostic = diagnostic.at(place.span(span), "here");
        }
        diagnostic
    }

    fn warn_unlimited(&self, legs: &[Leg<'_>], found: &mut Vec<Diagnostic>) {
        // What a wildcard brings is what the supergraph's team decided.
        let Some(at) = self.cx.places.at(self.place.field.name.location()) else { return };
        let list = legs.iter().rfind(|leg| self.cx.supergraph.model.field(leg.field).wrapping.is_list());
        let Some(list) = list.map(|leg| self.cx.supergraph.model.coordinate(leg.field)) else { return };
        let message = format!("nothing limits how many items `{list}` gives");
        let help = "add `@limit(max: …)`";
        found.push(Diagnostic::warning("UNLIMITED_LIST", message).at(at, "").help(help));
    }
}

/// The path of a field without one.
fn same_name(name: &Name) -> Segment {
    Segment { name: Word { text: name.clone(), span: 0..0 }, arguments: vec![], narrow: None, lists: vec![] }
}

fn unmapped(cx: Context<'_>, base: &Name, end: &Fit, level: u8) -> Option<Cause> {
    let ty = cx.supergraph.model.type_name(end.unmapped?);
    let why = format!("what the path leads to can be `{ty}`, for which `{base}` has nothing");
    let help = match level {
        0 => format!("add a type for `{ty}`"),
        _ => format!("add a type for `{ty}`, or leave such items out with `@dropUnknown`"),
    };
    Some(Cause { level, span: None, why, help: Some(help) })
}

fn lists(count: u8) -> String {
    match count {
        0 => "no list".to_owned(),
        1 => "a list".to_owned(),
        count => format!("{count} lists within each other"),
    }
}

/// Refuses directives that would change what cannot be changed.
fn refuse_treatments(
    cx: Context<'_>,
    field: &FieldDefinition,
    what: &str,
    names: &[&str],
    found: &mut Vec<Diagnostic>,
) {
    for directive in names.iter().filter_map(|name| field.directives.get(name)) {
        let message = format!("`{}` is {what}, and `@{}` does nothing for it", field.name, directive.name);
        let at = cx.places.of(directive);
        found.push(Diagnostic::error("DIRECTIVE_MISUSED", message).at(at, "").help("take the directive out"));
    }
}
