//! Owns following a path through the supergraph: which field each segment is, and what kind of value is at its end.

use std::ops::Range;

use apollo_compiler::Node;
use apollo_compiler::ast::{FieldDefinition, Value};

use super::context::{Api, did_you_mean};
use super::map::ListStep;
use super::path::{Segment, Word};
use super::read::Places;
use crate::diagnostics::{Diagnostic, Span};
use crate::schema::{FieldId, TypeId};
use crate::suggest::closest;

/// Where a path is written: in a string, or as the name of the field that has none.
#[derive(Clone)]
pub(super) struct PathPlace<'a> {
    pub places: &'a Places,
    pub text: Option<&'a Node<Value>>,
    /// The field's name.
    pub field: Option<Span>,
}

impl PathPlace<'_> {
    pub fn span(&self, part: &Range<usize>) -> Option<Span> {
        match self.text {
            Some(text) => self.places.within(text, part.clone()),
            None => self.field.clone(),
        }
    }
}

/// A segment, found in the supergraph.
pub(super) struct Leg<'a> {
    pub segment: &'a Segment,
    pub field: FieldId,
    /// As clients of the supergraph see it.
    pub definition: &'a Node<FieldDefinition>,
    pub narrow: Option<TypeId>,
}

/// `None` if the path leads nowhere, which is told.
pub(super) fn resolve<'a>(
    api: Api<'a>,
    from: TypeId,
    segments: &'a [Segment],
    place: &PathPlace<'_>,
    found: &mut Vec<Diagnostic>,
) -> Option<Vec<Leg<'a>>> {
    let mut ty = from;
    let mut legs = Vec::with_capacity(segments.len());
    for (at, segment) in segments.iter().enumerate() {
        let Some((field, definition)) = api.field(ty, &segment.name.text) else {
            found.push(unknown(api, ty, &segment.name, place));
            return None;
        };
        let def = api.model.field(field);
        if let Some(diagnostic) = wrong_lists(api, segment, field, at + 1 == segments.len(), place) {
            found.push(diagnostic);
            return None;
        }
        let narrow = match &segment.narrow {
            Some(word) => Some(narrow(api, def.base, word, place).map_err(|wrong| found.push(wrong)).ok()?),
            None => None,
        };
        ty = narrow.unwrap_or(def.base);
        legs.push(Leg { segment, field, definition, narrow });
    }
    Some(legs)
}

fn unknown(api: Api<'_>, ty: TypeId, word: &Word, place: &PathPlace<'_>) -> Diagnostic {
    let (owner, name) = (api.model.type_name(ty), &word.text);
    let is_hidden = api.model.field_named(ty, name).is_some();
    let message = match (is_hidden, api.model.is_composite(ty)) {
        (true, _) => format!("the supergraph keeps `{owner}.{name}` from clients: it is `@inaccessible`"),
        (false, true) => format!("the supergraph's `{owner}` has no field `{name}`"),
        (false, false) => format!("`{owner}` has no fields, so that no path goes through it to `{name}`"),
    };
    let near = closest(name, api.field_names(ty));
    let narrowed = || {
        let mut possible = api.model.ty(ty).possible.iter().filter(|ty| api.field(*ty, name).is_some());
        let one = api.model.type_name(possible.next()?);
        Some(format!("`{one}` has it: narrow the step before with `<{one}>`"))
    };
    let help = did_you_mean(near).or_else(|| if api.model.is_abstract(ty) { narrowed() } else { None });
    let help = help.unwrap_or_else(|| match place.text {
        Some(_) => "take the path from the supergraph's schema".to_owned(),
        None => "say where the field comes from with `@from(path: \"…\")`".to_owned(),
    });
    Diagnostic::error("UNKNOWN_PATH", message).at(place.span(&word.span), "").help(help)
}

fn wrong_lists(
    api: Api<'_>,
    segment: &Segment,
    field: FieldId,
    is_last: bool,
    place: &PathPlace<'_>,
) -> Option<Diagnostic> {
    let (lists, written) = (usize::from(api.model.field(field).wrapping.lists()), segment.lists.len());
    let (name, coordinate) = (&segment.name.text, api.model.coordinate(field));
    let ty = || api.model.field(field).wrapping.display(api.model.type_name(api.model.field(field).base));
    if let Some((_, surplus)) = segment.lists.get(lists) {
        let message = match lists {
            0 => format!("`{coordinate}` is no list: it is `{}`", ty()),
            _ => format!("`{coordinate}` has no further list in it: it is `{}`", ty()),
        };
        let help = "take the brackets out";
        return Some(Diagnostic::error("TYPE_INCOMPATIBLE", message).at(place.span(surplus), "").help(help));
    }
    if is_last || written == lists {
        return None;
    }
    let brackets: String = segment.lists.iter().map(|(step, _)| shown(*step)).collect();
    let missing = lists - written;
    let (all, first) = (format!("{brackets}{}", "[]".repeat(missing)), format!("{brackets}{}", "[0]".repeat(missing)));
    let message = format!("the path goes through the list `{coordinate}`, which is `{}`", ty());
    let help = format!("write `{name}{all}` for each of its items, or `{name}{first}` for one");
    Some(Diagnostic::error("PATH_THROUGH_LIST", message).at(place.span(&segment.name.span), "").help(help))
}

fn shown(step: ListStep) -> String {
    match step {
        ListStep::Each => "[]".to_owned(),
        ListStep::At(index) => format!("[{index}]"),
    }
}

fn narrow(api: Api<'_>, base: TypeId, word: &Word, place: &PathPlace<'_>) -> Result<TypeId, Diagnostic> {
    let of = api.model.type_name(base);
    let possible = &api.model.ty(base).possible;
    let name = &word.text;
    let Some(ty) = api.ty(name).and_then(|_| api.model.type_named(name)) else {
        let candidates =
            possible.iter().map(|ty| api.model.type_name(ty).as_str()).filter(|name| api.ty(name).is_some());
        let help = did_you_mean(closest(name, candidates));
        let help = help.unwrap_or_else(|| format!("name one of the types that `{of}` can be"));
        let message = format!("the supergraph has no type `{name}`");
        return Err(Diagnostic::error("UNKNOWN_TYPE", message).at(place.span(&word.span), "").help(help));
    };
    if possible.intersect(&api.model.ty(ty).possible).is_empty() {
        let names = possible.iter().map(|ty| api.model.type_name(ty)).filter(|name| api.ty(name).is_some());
        let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
        let message = format!("`{of}` is never `{name}`");
        let help = match names.is_empty() {
            true => "take the narrowing out".to_owned(),
            false => format!("it can be {}", names.join(", ")),
        };
        return Err(Diagnostic::error("TYPE_INCOMPATIBLE", message).at(place.span(&word.span), "").help(help));
    }
    Ok(ty)
}
