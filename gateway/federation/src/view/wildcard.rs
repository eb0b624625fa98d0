//! Owns `all: true`: it brings the fields of the supergraph's type, and the types that they lead to, under their own names.
//!
//! What is written stays as it is written, and is merged with what comes. Types come whole, and with them their interfaces.

use std::collections::HashSet;

use apollo_compiler::ast::{FieldDefinition, Type};
use apollo_compiler::collections::IndexMap;
use apollo_compiler::schema::{Component, ExtendedType};
use apollo_compiler::{Name, Schema};

use super::build::ViewInput;
use super::context::{Api, did_you_mean, fields_of};
use super::directives::From;
use super::implements;
use super::read::Places;
use super::types::{own, root_of};
use crate::diagnostics::{Diagnostic, Span};
use crate::schema::list;
use crate::suggest::closest;

/// Completes the schema. Where a wildcard is not allowed that is told, and it is expanded all the same: what else is wrong
/// is then told too.
pub(super) fn expand(
    schema: &mut Schema,
    places: &mut Places,
    api: Api<'_>,
    input: &ViewInput,
    found: &mut Vec<Diagnostic>,
) {
    let wildcards = wildcards(schema, places, api, input, found);
    if wildcards.is_empty() {
        return;
    }
    let mut reached = Reached { schema, api, waiting: vec![], pulled: HashSet::new(), followed: HashSet::new() };
    for Wildcard { ours, theirs, except, at } in &wildcards {
        if let Some(at) = at {
            places.wildcards.insert(ours.clone(), at.clone());
        }
        let added = api.ty(theirs).and_then(fields_of).into_iter().flatten();
        let added: Vec<_> = added.filter(|(name, _)| except.iter().all(|left_out| left_out != name.as_str())).collect();
        let Some(fields) = reached.schema.types.get_mut(ours).and_then(fields_of_mut) else { continue };
        for (name, field) in added {
            fields.entry(name.clone()).or_insert_with(|| field.clone());
        }
        reached.written(ours, theirs, at.as_ref());
    }
    while let Some((name, at)) = reached.waiting.pop() {
        if let Some(at) = &at {
            places.wildcards.entry(name.clone()).or_insert_with(|| at.clone());
        }
        reached.whole(&name, at.as_ref());
    }
    let pulled = reached.pulled;
    let whole = api.schema.types.iter().filter(|(name, _)| pulled.contains(*name));
    schema.types.extend(whole.map(|(name, ty)| (name.clone(), implements::none(ty.clone()))));
    let of_wildcards = wildcards.iter().map(|wildcard| (wildcard.ours.clone(), wildcard.theirs.clone()));
    let completed: Vec<(Name, Name)> = of_wildcards.chain(in_order(api, &pulled)).collect();
    implements::complete(schema, api, &completed);
}

/// A type with `all: true`.
struct Wildcard {
    ours: Name,
    theirs: Name,
    except: Vec<String>,
    at: Option<Span>,
}

fn wildcards(
    schema: &Schema,
    places: &Places,
    api: Api<'_>,
    input: &ViewInput,
    found: &mut Vec<Diagnostic>,
) -> Vec<Wildcard> {
    let mut wildcards = vec![];
    for (name, ty) in own(schema) {
        let from = From::of(ty.directives().get("from").map(|directive| &directive.node));
        // On other types it means nothing, which is told where they are mapped.
        if !from.all || fields_of(ty).is_none() {
            continue;
        }
        let at = from.directive.and_then(|directive| places.of(directive));
        if !input.wildcard {
            let message =
                format!("`{name}` takes all that the supergraph has, and the client `{}` may not", input.client);
            let help = "list the fields that its users need; `all: true` is for clients with `exposure: internal`";
            found.push(Diagnostic::error("WILDCARD_NOT_ALLOWED", message).at(at.clone(), "").help(help));
        }
        let root = root_of(schema, name).and_then(|root| api.schema.root_operation(root));
        let theirs = match from.ty.and_then(|ty| ty.as_str()) {
            Some(written) => written,
            None => root.unwrap_or(name).as_str(),
        };
        // One that is not there is told where types are mapped.
        let Some(theirs) = api.ty(theirs) else { continue };
        let Some(fields) = fields_of(theirs) else { continue };
        let mut except = vec![];
        for left_out in from.except.map(list).unwrap_or_default() {
            let Some(field) = left_out.as_str() else { continue };
            if !fields.contains_key(field) {
                let message = format!("the supergraph's `{}` has no field `{field}` to leave out", theirs.name());
                let near = did_you_mean(closest(field, fields.keys().map(Name::as_str)));
                let help = near.unwrap_or_else(|| "take it out".to_owned());
                found.push(Diagnostic::error("UNKNOWN_PATH", message).at(places.of(left_out), "").help(help));
            }
            except.push(field.to_owned());
        }
        wildcards.push(Wildcard { ours: name.clone(), theirs: theirs.name().clone(), except, at });
    }
    wildcards
}

/// The types that come, each under its own name.
fn in_order<'a>(api: Api<'a>, pulled: &'a HashSet<Name>) -> impl Iterator<Item = (Name, Name)> + 'a {
    let names = api.schema.types.keys().filter(|name| pulled.contains(*name));
    names.map(|name| (name.clone(), name.clone()))
}

/// Follows what types lead to.
struct Reached<'a, 's> {
    schema: &'s mut Schema,
    api: Api<'a>,
    /// With the wildcard that brings them.
    waiting: Vec<(Name, Option<Span>)>,
    pulled: HashSet<Name>,
    /// Of those, the ones that a field or a member leads to.
    followed: HashSet<Name>,
}

impl Reached<'_, '_> {
    /// A type of the file that has been completed.
    fn written(&mut self, ours: &Name, theirs: &Name, at: Option<&Span>) {
        let Some(ty) = self.schema.types.get(ours).cloned() else { return };
        self.fields(&ty, at);
        self.interfaces(theirs, at);
        if ty.is_interface() {
            self.possible(ours, theirs, at);
        }
    }

    /// A type of the supergraph that is taken whole.
    fn whole(&mut self, name: &Name, at: Option<&Span>) {
        let Some(ty) = self.api.ty(name) else { return };
        self.fields(ty, at);
        self.interfaces(name, at);
        match ty {
            ExtendedType::Interface(_) => self.possible(name, name, at),
            ExtendedType::Union(union) => union.members.iter().for_each(|member| self.reach(&member.name, at)),
            ExtendedType::InputObject(input) => {
                input.fields.values().for_each(|field| self.reach(field.ty.inner_named_type(), at));
            }
            ExtendedType::Scalar(_) | ExtendedType::Object(_) | ExtendedType::Enum(_) => {}
        }
    }

    fn reach(&mut self, name: &Name, at: Option<&Span>) {
        let is_new = !self.schema.types.contains_key(name) && self.api.ty(name).is_some_and(|ty| !ty.is_built_in());
        if is_new && self.followed.insert(name.clone()) {
            self.pulled.insert(name.clone());
            self.waiting.push((name.clone(), at.cloned()));
        }
    }

    fn fields(&mut self, ty: &ExtendedType, at: Option<&Span>) {
        for field in fields_of(ty).into_iter().flat_map(|fields| fields.values()) {
            let arguments = field.arguments.iter().map(|argument| argument.ty.as_ref());
            arguments.chain([&field.ty]).for_each(|ty: &Type| self.reach(ty.inner_named_type(), at));
        }
    }

    /// The interfaces of one of the supergraph's types. They come without the other types that have them, which only a field
    /// can lead to.
    fn interfaces(&mut self, theirs: &Name, at: Option<&Span>) {
        for interface in self.api.ty(theirs).map(implements::of).unwrap_or_default() {
            if self.schema.types.contains_key(&interface) || !self.pulled.insert(interface.clone()) {
                continue;
            }
            let Some(ty) = self.api.ty(&interface) else { continue };
            self.fields(ty, at);
        }
    }

    /// The objects that an interface can be, but for those that the file has an object for.
    fn possible(&mut self, ours: &Name, theirs: &Name, at: Option<&Span>) {
        let implementors = self.api.schema.types.values().filter(|ty| ty.is_object() && implements::has(ty, theirs));
        let names: Vec<Name> = implementors.map(|ty| ty.name().clone()).collect();
        for name in names.iter().filter(|name| !implements::is_taken(self.schema, ours, name)).collect::<Vec<_>>() {
            self.reach(name, at);
        }
    }
}

fn fields_of_mut(ty: &mut ExtendedType) -> Option<&mut IndexMap<Name, Component<FieldDefinition>>> {
    match ty {
        ExtendedType::Object(object) => Some(&mut object.make_mut().fields),
        ExtendedType::Interface(interface) => Some(&mut interface.make_mut().fields),
        ExtendedType::Scalar(_) | ExtendedType::Union(_) | ExtendedType::Enum(_) | ExtendedType::InputObject(_) => None,
    }
}
