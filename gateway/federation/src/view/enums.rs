//! Owns the values of enums: from the supergraph to clients, and back.

use std::collections::HashMap;

use apollo_compiler::Name;
use apollo_compiler::schema::{EnumType, ExtendedType};

use super::context::{Api, did_you_mean};
use super::directives::{self, From, FromPlace};
use super::map::EnumMap;
use super::reach::Uses;
use super::read::Places;
use crate::diagnostics::Diagnostic;
use crate::suggest::closest;

impl EnumMap {
    /// Whether what clients see is ever other than what the supergraph says.
    pub(super) fn differs(&self) -> bool {
        self.catch_all.is_some() || self.read.iter().any(|(theirs, ours)| theirs != ours)
    }
}

/// `behind` is the supergraph's name of the type.
pub(super) fn map(
    ty: &EnumType,
    behind: &Name,
    api: Api<'_>,
    places: &Places,
    uses: &Uses,
    found: &mut Vec<Diagnostic>,
) -> Option<EnumMap> {
    let ExtendedType::Enum(theirs) = api.ty(behind)? else { return None };
    let mut map = EnumMap { name: Some(behind.clone()), ..EnumMap::default() };
    let mut taken: HashMap<&Name, &Name> = HashMap::new();
    for value in ty.values.values() {
        let from = From::of(value.directives.get("from"));
        directives::check(from, FromPlace::Name, places, found);
        let is_catch_all = value.directives.get("catchAll");
        let ours = &value.value;
        let at = || from.name.and_then(|name| places.of(name)).or_else(|| places.name(ours, &ty.name));
        if let Some(directive) = is_catch_all {
            if let Some(first) = &map.catch_all {
                let message = format!("`{}` catches all already with `{first}`", ty.name);
                let help = "leave `@catchAll` on one of the values";
                found.push(Diagnostic::error("DIRECTIVE_MISUSED", message).at(places.of(directive), "").help(help));
            } else {
                map.catch_all = Some(ours.clone());
            }
        }
        let name = from.name.and_then(|name| name.as_str()).unwrap_or(ours);
        let Some(target) = theirs.values.get(name) else {
            // One that catches all need not be a value of the supergraph's.
            if is_catch_all.is_none() || from.name.is_some() {
                let message = format!("the supergraph's enum `{behind}` has no value `{name}`");
                let help = did_you_mean(closest(name, theirs.values.keys().map(Name::as_str)));
                let help = help.unwrap_or_else(|| "say which value it is with `@from(name: \"…\")`".to_owned());
                found.push(Diagnostic::error("UNKNOWN_PATH", message).at(at(), "").help(help));
            } else if let Some(place) = uses.as_input(&ty.name) {
                let message = format!("clients can hand in `{ours}`, which is no value of the supergraph's `{behind}`");
                let help = format!("declare an enum without `{ours}` for what clients hand in");
                found.push(
                    Diagnostic::error("CATCHALL_AS_INPUT", message)
                        .at(at(), "")
                        .at(places.at(place.location()), "handed in here")
                        .help(help),
                );
            }
            continue;
        };
        map.written.push((ours.clone(), target.value.clone()));
        if let Some(first) = taken.insert(&target.value, ours) {
            let message = format!("`{first}` and `{ours}` are both the supergraph's `{name}`");
            let help = "leave one of them, or name another value behind it";
            found.push(Diagnostic::error("AMBIGUOUS_MEMBER", message).at(at(), "").help(help));
            continue;
        }
        map.read.push((target.value.clone(), ours.clone()));
    }
    let missing: Vec<String> =
        theirs.values.keys().filter(|value| !taken.contains_key(value)).map(|value| format!("`{value}`")).collect();
    if let (None, false, Some(_)) = (&map.catch_all, missing.is_empty(), uses.as_output(&ty.name)) {
        let message = format!("`{}` has nothing for {} of the supergraph's `{behind}`", ty.name, missing.join(", "));
        let help = "add the values, or one with `@catchAll` for all that is not there";
        let at = places.name(&ty.name, &ty.name);
        found.push(Diagnostic::error("ENUM_NOT_EXHAUSTIVE", message).at(at, "").help(help));
    }
    Some(map)
}
