//! Owns which of the supergraph's types stands behind each of a client's.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use apollo_compiler::ast::OperationType;
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::{Name, Schema};

use super::context::{Api, did_you_mean, kind};
use super::definitions::is_machinery;
use super::directives::{self, From, FromPlace};
use super::map::TypeMap;
use super::read::Places;
use crate::diagnostics::{Diagnostic, Span};
use crate::schema::{TypeId, TypeSet, write_json_string};
use crate::suggest::closest;

/// What is missing here had an error.
#[derive(Debug, Default)]
pub(super) struct Types {
    /// Objects, interfaces and unions.
    pub composites: HashMap<Name, Arc<TypeMap>>,
    /// The supergraph's names of enums, input objects and scalars.
    pub others: HashMap<Name, Name>,
}

impl Types {
    pub fn composite(&self, client: &str) -> Option<&Arc<TypeMap>> {
        self.composites.get(client)
    }

    /// The supergraph's name of an enum, input object or scalar.
    pub fn other(&self, client: &str) -> Option<&Name> {
        self.others.get(client)
    }
}

/// The types of a client's schema that are its own, in the order of its files.
pub(super) fn own(schema: &Schema) -> impl Iterator<Item = (&Name, &ExtendedType)> {
    schema.types.iter().filter(|(name, ty)| !ty.is_built_in() && !is_machinery(name))
}

pub(super) fn map(schema: &Schema, places: &Places, api: Api<'_>, found: &mut Vec<Diagnostic>) -> Types {
    let mut types = Types::default();
    let mut behind = vec![];
    for (name, ty) in schema.types.iter().filter(|(_, ty)| ty.is_built_in()) {
        if ty.is_scalar() {
            types.others.insert(name.clone(), name.clone());
        }
    }
    for (name, ty) in own(schema) {
        let Some(theirs) = one(schema, places, api, name, ty, found) else { continue };
        match api.model.type_named(theirs.name()) {
            Some(id) if ty.is_object() || ty.is_interface() || ty.is_union() => behind.push((name, ty, id)),
            Some(_) | None => {
                types.others.insert(name.clone(), theirs.name().clone());
            }
        }
    }
    let objects: HashMap<&Name, TypeId> =
        behind.iter().filter(|(_, ty, _)| ty.is_object()).map(|(name, _, id)| (*name, *id)).collect();
    for (name, ty, id) in &behind {
        let members = Members { schema, places, api, objects: &objects }.of(name, ty, *id, found);
        types.composites.insert((*name).clone(), Arc::new(type_map(*id, members)));
    }
    types
}

fn type_map(ty: TypeId, members: Vec<(TypeId, &Name)>) -> TypeMap {
    let mut named: Vec<(TypeId, Box<str>)> = members
        .into_iter()
        .map(|(id, name)| {
            let mut json = String::new();
            write_json_string(name, &mut json);
            (id, json.into())
        })
        .collect();
    named.sort();
    TypeMap { ty, possible: named.iter().map(|(id, _)| *id).collect(), members: named.into() }
}

/// The supergraph's type behind a client's.
fn one<'a>(
    schema: &Schema,
    places: &Places,
    api: Api<'a>,
    name: &Name,
    ty: &ExtendedType,
    found: &mut Vec<Diagnostic>,
) -> Option<&'a ExtendedType> {
    let from = From::of(ty.directives().get("from").map(|directive| &directive.node));
    let place = if ty.is_object() || ty.is_interface() { FromPlace::Fields } else { FromPlace::Type };
    directives::check(from, place, places, found);
    let root = root_of(schema, name);
    let written = from.ty.and_then(|value| value.as_str());
    let theirs = match (written, root) {
        (Some(theirs), _) => theirs,
        (None, Some(root)) => api.schema.root_operation(root).map_or(name.as_str(), |name| name.as_str()),
        (None, None) => name.as_str(),
    };
    let at = from.ty.and_then(|value| places.of(value)).or_else(|| places.name(name, name));
    let Some(definition) = api.ty(theirs).filter(|_| !theirs.starts_with("__")) else {
        found.push(unknown(api, theirs, ty, at, written.is_some()));
        return None;
    };
    if !fits(ty, definition) {
        let message = format!("`{name}` is {}, and the supergraph's `{theirs}` is {}", kind(ty), kind(definition));
        let help = match (ty, definition) {
            (ExtendedType::Object(_), ExtendedType::Interface(_) | ExtendedType::Union(_)) => {
                format!("declare `{name}` as {}, or take one of the types that `{theirs}` can be", kind(definition))
            }
            _ => format!("declare `{name}` as {}, or name another type with `@from(type:)`", kind(definition)),
        };
        found.push(Diagnostic::error("TYPE_INCOMPATIBLE", message).at(at, "").help(help));
        return None;
    }
    if let Some(root) = root
        && api.schema.root_operation(root).is_none_or(|expected| expected != theirs)
    {
        let message = format!("a {root} begins at `{name}`, and on the supergraph it does not begin at `{theirs}`");
        let help = match api.schema.root_operation(root) {
            Some(expected) => format!("the root is `@from(type: \"{expected}\")`; `{theirs}` can be behind its fields"),
            None => format!("the supergraph has no {root}; take the type out"),
        };
        found.push(Diagnostic::error("TYPE_INCOMPATIBLE", message).at(at, "").help(help));
        return None;
    }
    Some(definition)
}

/// The operation that begins at a type.
pub(super) fn root_of(schema: &Schema, name: &Name) -> Option<OperationType> {
    let roots = [OperationType::Query, OperationType::Mutation, OperationType::Subscription];
    roots.into_iter().find(|root| schema.root_operation(*root).is_some_and(|root| root == name))
}

fn unknown(api: Api<'_>, name: &str, ty: &ExtendedType, at: Option<Span>, is_written: bool) -> Diagnostic {
    let is_hidden = api.model.type_named(name).is_some();
    let message = match is_hidden {
        true => format!("the supergraph keeps its type `{name}` from clients: it is `@inaccessible`"),
        false => format!("the supergraph has no type `{name}`"),
    };
    let candidates = api.type_names().filter(|name| api.ty(name).is_some_and(|theirs| fits(ty, theirs)));
    let help = did_you_mean(closest(name, candidates)).unwrap_or_else(|| match is_written {
        _ if ty.is_scalar() => "use one of the supergraph's scalars, or one that every schema has".to_owned(),
        true => "name one of the supergraph's types".to_owned(),
        false => format!("say which of the supergraph's types it is: `{name} @from(type: \"…\")`"),
    });
    Diagnostic::error("UNKNOWN_TYPE", message).at(at, "").help(help)
}

fn fits(ours: &ExtendedType, theirs: &ExtendedType) -> bool {
    match ours {
        ExtendedType::Scalar(_) => theirs.is_scalar(),
        ExtendedType::Object(_) => theirs.is_object(),
        ExtendedType::Interface(_) | ExtendedType::Union(_) => theirs.is_interface() || theirs.is_union(),
        ExtendedType::Enum(_) => theirs.is_enum(),
        ExtendedType::InputObject(_) => theirs.is_input_object(),
    }
}

/// Finds the objects that a client can see a value as.
struct Members<'a> {
    schema: &'a Schema,
    places: &'a Places,
    api: Api<'a>,
    objects: &'a HashMap<&'a Name, TypeId>,
}

impl<'a> Members<'a> {
    fn of(
        &self,
        name: &'a Name,
        ty: &'a ExtendedType,
        id: TypeId,
        found: &mut Vec<Diagnostic>,
    ) -> Vec<(TypeId, &'a Name)> {
        let named: Vec<&'a Name> = match ty {
            ExtendedType::Object(_) => return vec![(id, name)],
            ExtendedType::Union(union) => union.members.iter().map(|member| &member.name).collect(),
            ExtendedType::Interface(_) => self.implementors(name),
            ExtendedType::Scalar(_) | ExtendedType::Enum(_) | ExtendedType::InputObject(_) => return vec![],
        };
        let possible: &TypeSet = &self.api.model.ty(id).possible;
        let mut members: Vec<(TypeId, &Name)> = vec![];
        let mut told = HashSet::new();
        for member in named {
            let Some(theirs) = self.objects.get(member).copied() else { continue };
            let at = || self.place(ty, member);
            let (ours, behind) = (self.api.model.type_name(id), self.api.model.type_name(theirs));
            if !possible.contains(theirs) {
                let message = format!("`{member}` is never `{name}`: the supergraph's `{ours}` is never `{behind}`");
                let help = format!("take `{member}` out of `{name}`, or name another type behind one of them");
                found.push(Diagnostic::error("TYPE_INCOMPATIBLE", message).at(at(), "").help(help));
            } else if let Some((_, first)) = members.iter().find(|(known, _)| *known == theirs) {
                if told.insert(theirs) {
                    let message = format!(
                        "`{first}` and `{member}` are both the supergraph's `{behind}`, and both are in `{name}`"
                    );
                    let help = format!("leave one of them in `{name}`; two types from one are fine elsewhere");
                    let mut diagnostic = Diagnostic::error("AMBIGUOUS_MEMBER", message).at(at(), "").help(help);
                    diagnostic = diagnostic.at(self.place(ty, first), "the other");
                    found.push(diagnostic);
                }
            } else {
                members.push((theirs, member));
            }
        }
        members
    }

    fn implementors(&self, interface: &Name) -> Vec<&'a Name> {
        let objects = self.schema.types.iter().filter(|(_, ty)| {
            ty.as_object()
                .is_some_and(|object| object.implements_interfaces.iter().any(|known| known.name == *interface))
        });
        objects.map(|(name, _)| name).collect()
    }

    /// Where a type says of a member that it is one, or the member says it itself.
    fn place(&self, ty: &ExtendedType, member: &Name) -> Option<Span> {
        let written = match ty {
            ExtendedType::Union(union) => union.members.get(member).map(|member| &member.name),
            _ => None,
        };
        match written {
            Some(written) => self.places.name(written, ty.name()),
            None => {
                let object = self.schema.get_object(member)?;
                let interface = object.implements_interfaces.get(ty.name()).map(|known| &known.name);
                self.places.name(interface.unwrap_or(&object.name), member)
            }
        }
    }
}
